"""EC2's network interfaces, answered as AWS answers.

Here live DescribeNetworkInterfaces, also for the interfaces of load balancers, which moto does
not have, and which groups an interface may have. Here must not live: where interfaces come from
(see `interface_state`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from moto.core.responses import ActionResult

from originlock.lab import ec2_describe, ec2_paging, ec2_wire
from originlock.lab.ec2_errors import Code, Refusal
from originlock.lab.ec2_rules import text, texts
from originlock.lab.ec2_seam import CorrectedResponse, refusing
from originlock.lab.ec2_state import read_region

if TYPE_CHECKING:
    from originlock.lab.interface_state import InterfaceView


class InterfaceAnswers(CorrectedResponse):
    """EC2's actions on network interfaces."""

    @refusing
    def describe_network_interfaces(self) -> ActionResult:
        """Those of load balancers too, filters as AWS has them, and pages.

        AWS also fails an unfiltered request of an account with very many; it says not how many.
        """
        self.error_on_dryrun()
        ids = set(texts(self.parameters, "NetworkInterfaceIds"))
        held = self.seen("interfaces").interfaces
        absent = sorted(ids - {each.interface_id for each in held})
        if absent:
            raise _no_interface(absent[0])
        filters = ec2_describe.requested_filters(self.parameters)
        for each in filters:
            # Here, as there may be no interface at all.
            if each.name not in _FIELDS and ec2_describe.tag_candidates((), each.name) is None:
                raise ec2_describe.bad_filter(each.name)
        found, token = ec2_paging.page(
            ec2_describe.select([each for each in held if not ids or each.interface_id in ids], filters, _candidates),
            self.parameters,
            limits=ec2_paging.GROUP_PAGES,
            key=lambda each: each.interface_id,
            excludes=("NetworkInterfaceIds",),
        )
        told = [ec2_wire.network_interface(each) for each in found]
        return self.answer({"networkInterfaceSet": told, "nextToken": token})

    # --- groups ---------------------------------------------------------------------------------

    @refusing
    def create_network_interface(self) -> ActionResult:
        """Refuse groups that the interface cannot have; moto makes those that do not exist."""
        subnet_id = text(self.parameters, "SubnetId") or ""
        subnets = {subnet.id: subnet for zone in self.ec2_backend.subnets.values() for subnet in zone.values()}
        if subnet_id in subnets:
            self._refuse_bad_groups(subnets[subnet_id].vpc_id)
        return super().create_network_interface()

    @refusing
    def modify_network_interface_attribute(self) -> ActionResult:
        """As above; and a load balancer's interface is not its owner's to change."""
        interface_id = text(self.parameters, "NetworkInterfaceId") or ""
        held = {each.interface_id: each for each in read_region(self.ec2_backend).interfaces}
        if interface_id not in held:
            raise _no_interface(interface_id)
        if held[interface_id].requester_managed:
            # 'EC2 user guide', requester-managed network interfaces: you cannot modify them. Code and text are guesses.
            raise Refusal(Code.NOT_YOURS, "You do not have permission to access the specified resource.")
        self._refuse_bad_groups(held[interface_id].vpc_id)
        return super().modify_network_interface_attribute()

    def _refuse_bad_groups(self, vpc_id: str) -> None:
        asked = texts(self.parameters, "Groups")
        for group_id in asked:
            self.refuse_other_network(group_id, vpc_id, peered=False)
        if len(set(asked)) > self.settings.quota_groups:
            raise Refusal(Code.GROUPS_QUOTA, "The maximum number of security groups per interface has been reached.")


def _no_interface(interface_id: str) -> Refusal:
    return Refusal(Code.NO_INTERFACE, f"The networkInterface ID '{interface_id}' does not exist")


def _candidates(each: InterfaceView, name: str) -> Iterable[str] | None:
    """Return what a filter is compared with, or None where the lab does not know the filter."""
    field = _FIELDS.get(name)
    return ec2_describe.tag_candidates(each.tags, name) if field is None else [value for value in field(each) if value]


def _attached(member: str) -> Callable[[InterfaceView], Iterable[str | None]]:
    """Return how a member of the attachment is read; what has none, or no attachment, has no value."""
    return lambda each: [None if each.attachment is None else getattr(each.attachment, member)]


#: 'EC2 API reference', DescribeNetworkInterfaces, Filters: those that the lab's interfaces can
#: have a value for.
_FIELDS: Final[Mapping[str, Callable[[InterfaceView], Iterable[str | None]]]] = {
    "addresses.private-ip-address": lambda each: each.ipv4,
    "association.public-ip": lambda each: [each.public_ip],
    "attachment.attachment-id": _attached("attachment_id"),
    "attachment.instance-id": _attached("instance_id"),
    "attachment.instance-owner-id": _attached("instance_owner_id"),
    "availability-zone": lambda each: [each.zone],
    "description": lambda each: [each.description],
    "group-id": lambda each: each.group_ids,
    "interface-type": lambda each: [each.interface_type],
    "ipv6-addresses.ipv6-address": lambda each: each.ipv6,
    "mac-address": lambda each: [each.mac_address],
    "network-interface-id": lambda each: [each.interface_id],
    "owner-id": lambda each: [each.owner_id],
    "private-ip-address": lambda each: each.ipv4,
    "requester-id": lambda each: [each.requester_id],
    "requester-managed": lambda each: ["true" if each.requester_managed else "false"],
    "status": lambda each: ["available" if each.attachment is None else "in-use"],
    "subnet-id": lambda each: [each.subnet_id],
    "vpc-id": lambda each: [each.vpc_id],
}
