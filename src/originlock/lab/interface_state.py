"""The network interfaces of one account and Region, as frozen views.

Here lives the reading of moto's interfaces, and of those that load balancers have, of which
moto knows nothing. Here must not live: the answers about them (see `ec2_interfaces`).

What a load balancer's interface looks like is in no API reference. It is as the outputs of
DescribeNetworkInterfaces show it that users published: made by amazon-elb, described as
ELB app/NAME/ID, attached as device 1 to no instance, its public address amazon-elb's.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from originlock.lab.addresses import BALANCERS_IPV4
from originlock.lab.elb_errors import ElbCode, ElbRefusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Whom the interfaces of load balancers belong to, as EC2 names it.
BALANCER_SERVICE: Final = "amazon-elb"

#: Where a load balancer of moto's keeps what it has in each subnet.
_HELD: Final = "_originlock_interfaces"

#: Public addresses of load balancers: a documentation range (RFC 5737).
_PUBLIC: Final = ipaddress.IPv4Network(BALANCERS_IPV4)


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """What an interface is attached to; load balancers have no instance."""

    attachment_id: str
    instance_id: str | None
    instance_owner_id: str
    device_index: int
    delete_on_termination: bool


@dataclass(frozen=True, slots=True)
class InterfaceView:
    """One network interface; `groups` are pairs of id and name, the first IPv4 is the primary."""

    interface_id: str
    description: str
    interface_type: str
    owner_id: str
    requester_id: str | None
    requester_managed: bool
    vpc_id: str
    subnet_id: str
    zone: str
    mac_address: str
    groups: tuple[tuple[str, str], ...]
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    public_ip: str | None
    source_dest_check: bool
    attachment: AttachmentView | None
    tags: tuple[tuple[str, str], ...]

    @property
    def group_ids(self) -> frozenset[str]:
        """The ids of its security groups."""
        return frozenset(group_id for group_id, _ in self.groups)


@dataclass(frozen=True, slots=True)
class BalancerInterface:
    """What a load balancer has in one subnet for as long as it is there."""

    interface_id: str
    attachment_id: str
    mac_address: str
    ipv4: str
    ipv6: str | None
    public_ip: str | None
    subnet: Any

    def free(self) -> None:
        """Give its address back to the subnet."""
        self.subnet.del_subnet_ip(self.ipv4)


def give_interfaces(balancer: Any) -> None:  # noqa: ANN401 - moto's object
    """Let a load balancer have one interface in each of its subnets, and none elsewhere."""
    held: dict[str, BalancerInterface] = balancer.__dict__.setdefault(_HELD, {})
    subnets = {subnet.id: subnet for subnet in balancer.subnets}
    for subnet_id in set(held) - set(subnets):
        held.pop(subnet_id).free()
    for subnet_id, subnet in subnets.items():
        has = held.get(subnet_id) or _new_interface(balancer, subnet)
        held[subnet_id] = replace(
            has,
            ipv6=has.ipv6 or _new_ipv6(balancer, subnet),
            public_ip=(has.public_ip or _new_public()) if _is_public(balancer) else None,
        )


def take_interfaces(balancer: Any) -> None:  # noqa: ANN401 - moto's object
    """Take all interfaces from a load balancer that goes."""
    for held in balancer.__dict__.pop(_HELD, {}).values():
        held.free()


def balancer_interfaces(balancer: Any) -> tuple[BalancerInterface, ...]:  # noqa: ANN401 - moto's object
    """What a load balancer has in each of its subnets, in their order."""
    held: Mapping[str, BalancerInterface] = balancer.__dict__.get(_HELD, {})
    return tuple(held[subnet.id] for subnet in balancer.subnets if subnet.id in held)


def _new_interface(balancer: Any, subnet: Any) -> BalancerInterface:  # noqa: ANN401 - moto's objects
    return BalancerInterface(
        interface_id=f"eni-{secrets.token_hex(9)[:17]}",
        attachment_id=f"eni-attach-{secrets.token_hex(9)[:17]}",
        mac_address="02:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(5)),
        ipv4=subnet.get_available_subnet_ip(balancer),
        ipv6=None,
        public_ip=None,
        subnet=subnet,
    )


def _is_public(balancer: Any) -> bool:  # noqa: ANN401 - moto's object
    """Whether it has public IPv4 addresses."""
    scheme: str = balancer.scheme
    return scheme == "internet-facing" and str(balancer.ip_address_type) != "dualstack-without-public-ipv4"


def _new_public() -> str:
    """A public address that no load balancer of any account or Region has, as they are all on one network."""
    taken = {each.public_ip for each in _all_held()}
    free = [each for each in map(str, _PUBLIC.hosts()) if each not in taken]
    if not free:
        # Of the lab's own: AWS's quota of load balancers comes long before.
        raise ElbRefusal(ElbCode.TOO_MANY_BALANCERS, f"The lab has no more public addresses than those of {_PUBLIC}")
    return secrets.choice(free)


def _new_ipv6(balancer: Any, subnet: Any) -> str | None:  # noqa: ANN401 - moto's objects
    block = ipv6_block(subnet)
    if balancer.ip_address_type == "ipv4" or block is None:
        return None
    taken = {each.ipv6 for each in _all_held()}
    # Far above where EC2's own reserved addresses and anybody's fixed ones are.
    while (found := str(ipaddress.IPv6Network(block)[2**32 + secrets.randbelow(2**32)])) in taken:
        pass
    return found


def _all_held() -> Iterator[BalancerInterface]:
    """What all load balancers have, in every account and Region."""
    from moto.elbv2.models import elbv2_backends  # noqa: PLC0415 - only after the corrections

    for account in elbv2_backends.values():
        for backend in account.values():
            for balancer in backend.load_balancers.values():
                yield from balancer.__dict__.get(_HELD, {}).values()


def ipv6_block(subnet: Any) -> str | None:  # noqa: ANN401 - moto's object
    """Return a subnet's IPv6 block, or None."""
    for association in subnet.ipv6_cidr_block_associations.values():
        if association["ipv6CidrBlockState"]["State"] == "associated":
            return str(association["ipv6CidrBlock"])
    return None


def interface_views(ec2: Any, balancers: Iterable[Any]) -> tuple[InterfaceView, ...]:  # noqa: ANN401 - moto's backend
    """Read all interfaces of one account and Region, those of load balancers too, ordered by id."""
    names = {group.id: group.name for vpc in ec2.groups.values() for group in vpc.values()}
    plain = (_plain_view(ec2, held) for held in ec2.enis.values())
    theirs = (view for balancer in balancers for view in _balancer_views(ec2, balancer, names))
    return tuple(sorted((*plain, *theirs), key=lambda view: view.interface_id))


def _plain_view(ec2: Any, held: Any) -> InterfaceView:  # noqa: ANN401 - moto's objects
    primary = held.private_ip_address
    others = [each["PrivateIpAddress"] for each in held.private_ip_addresses]
    return InterfaceView(
        interface_id=held.id,
        description=held.description,
        interface_type=held.interface_type,
        owner_id=held.owner_id,
        requester_id=None if held.instance else held.requester_id,
        requester_managed=False,
        vpc_id=held.vpc_id,
        subnet_id=held.subnet_id,
        zone=held.availability_zone,
        mac_address=held.mac_address,
        groups=tuple(sorted((group.id, group.name) for group in held.group_set)),
        ipv4=(primary, *(each for each in others if each != primary)),
        ipv6=tuple(held.ipv6_addresses),
        public_ip=held.public_ip,
        source_dest_check=bool(held.source_dest_check),
        attachment=_attachment(held),
        tags=tuple(sorted(ec2.tags.get(held.id, {}).items())),
    )


def _attachment(held: Any) -> AttachmentView | None:  # noqa: ANN401 - moto's object
    if held.instance is None or not held.attachment_id:
        return None
    return AttachmentView(
        attachment_id=held.attachment_id,
        instance_id=held.instance.id,
        instance_owner_id=held.owner_id,
        device_index=int(held.device_index or 0),
        delete_on_termination=bool(held.delete_on_termination),
    )


def _balancer_views(ec2: Any, balancer: Any, names: Mapping[str, str]) -> Iterator[InterfaceView]:  # noqa: ANN401 - moto's
    held: Mapping[str, BalancerInterface] = balancer.__dict__.get(_HELD, {})
    for subnet in balancer.subnets:
        interface = held.get(subnet.id)
        if interface is None:
            continue
        yield InterfaceView(
            interface_id=interface.interface_id,
            description=f"ELB {balancer.arn.partition(':loadbalancer/')[2]}",
            interface_type="network_load_balancer" if balancer.type == "network" else "interface",
            owner_id=ec2.account_id,
            requester_id=BALANCER_SERVICE,
            requester_managed=True,
            vpc_id=balancer.vpc_id,
            subnet_id=subnet.id,
            zone=subnet.availability_zone,
            mac_address=interface.mac_address,
            groups=tuple(sorted((each, names.get(each, "")) for each in balancer.security_groups or ())),
            ipv4=(interface.ipv4,),
            ipv6=() if interface.ipv6 is None or balancer.ip_address_type == "ipv4" else (interface.ipv6,),
            public_ip=interface.public_ip,
            source_dest_check=True,
            attachment=AttachmentView(interface.attachment_id, None, BALANCER_SERVICE, 1, delete_on_termination=False),
            tags=(),
        )
