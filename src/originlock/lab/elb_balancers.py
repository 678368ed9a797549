"""Load balancers, answered as AWS answers.

Here live the actions on load balancers themselves, over moto's storage: their groups, subnets
and interfaces. Here must not live: listeners and targets (see `elb_listeners`, `elb_targets`).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult
from moto.elbv2.models import elbv2_backends

from originlock.lab import elb_paging
from originlock.lab.elb_errors import ElbCode, ElbRefusal, no_balancer
from originlock.lab.elb_groups import refuse_bad_groups
from originlock.lab.elb_seam import CorrectedElbResponse, refusing
from originlock.lab.interface_state import give_interfaces, ipv6_block, take_interfaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.elb_state import BalancerView

#: 'Elastic Load Balancing API reference', DescribeLoadBalancers, LoadBalancerArns.
MOST_NAMED: Final = 20

#: 'Elastic Load Balancing API reference', CreateLoadBalancer, Name.
_NAME: Final = re.compile(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)\Z")
_IP_ADDRESS_TYPES: Final = ("ipv4", "dualstack", "dualstack-without-public-ipv4")
_APPLICATION: Final = "application"
#: 'Service authorization reference', Elastic Load Balancing V2, resource types.
_ARN_PARTS: Final = {_APPLICATION: "app", "network": "net", "gateway": "gwy"}


class BalancerAnswers(CorrectedElbResponse):
    """The actions on load balancers."""

    # --- reads ------------------------------------------------------------------------------

    @refusing
    def describe_load_balancers(self) -> ActionResult:
        """Pages, late reads, and NotFound for each absent one; moto forgives all but the first."""
        arns = self.parameters.get("LoadBalancerArns") or []
        names = self.parameters.get("Names") or []
        if arns and names:
            raise ElbRefusal(ElbCode.VALIDATION, "Load balancer ARNs and names cannot be specified at the same time")
        if max(len(arns), len(names)) > MOST_NAMED:
            raise ElbRefusal(ElbCode.VALIDATION, f"At most {MOST_NAMED} load balancers can be specified")
        held = self.seen("balancers").balancers
        for asked in (*arns, *names):
            if not any(asked in {each.arn, each.name} for each in held):
                raise no_balancer(asked)
        asked_for = {*arns, *names}
        found, marker = elb_paging.page(
            [each for each in held if not asked_for or {each.arn, each.name} & asked_for],
            self.parameters,
            key=lambda each: each.arn,
        )
        return ActionResult({"LoadBalancers": [_described(each) for each in found], "NextMarker": marker})

    # --- groups -----------------------------------------------------------------------------

    @refusing
    def set_security_groups(self) -> ActionResult:
        """Replace the whole list, or refuse it; moto asks only whether the groups exist.

        'Elastic Load Balancing API reference', SetSecurityGroups. EC2's groups are looked up as
        a read sees them, so that one which was made a moment ago may be unknown yet.
        """
        balancer = self.named_balancer()
        asked = self._asked_groups()
        if balancer.type == "gateway" or (balancer.type == "network" and not balancer.security_groups):
            # kubernetes-sigs/cluster-api-provider-aws issue 4790.
            raise ElbRefusal(
                ElbCode.INVALID_CONFIGURATION,
                "You cannot set security groups on a Network Load Balancer "
                "which was created without any security groups.",
            )
        if not asked:
            # The code: hashicorp/terraform-provider-aws pull request 32987, for type network; the text is a guess.
            raise ElbRefusal(ElbCode.VALIDATION, "At least one security group must be specified")
        refuse_bad_groups(asked, self.seen("groups").groups, balancer.vpc_id, self.settings.quota_groups)
        balancer.security_groups = asked
        return ActionResult({"SecurityGroupIds": asked})

    def _asked_groups(self) -> list[str]:
        return list(dict.fromkeys(str(each) for each in self.parameters.get("SecurityGroups") or []))

    # --- making and unmaking ------------------------------------------------------------------

    @refusing
    def create_load_balancer(self) -> ActionResult:
        """Groups and subnets as AWS wants them, interfaces in each subnet, one of each name."""
        params = self.parameters
        name = str(params.get("Name") or "")
        kind = str(params.get("Type") or _APPLICATION)
        scheme = str(params.get("Scheme") or "internet-facing")
        address_type = str(params.get("IpAddressType") or "ipv4")
        if not _NAME.match(name):
            raise ElbRefusal(ElbCode.VALIDATION, f"The load balancer name '{name}' is not valid")
        subnets = self._asked_subnets(kind)
        self._refuse_address_type(address_type, subnets)
        vpc_id = str(subnets[0].vpc_id)
        groups = self._asked_groups()
        if not groups and kind == _APPLICATION:
            # 'Application Load Balancers', create: without groups it has the VPC's default one.
            groups = [self.ec2_backend.get_default_security_group(vpc_id).id]
        refuse_bad_groups(groups, self.seen("groups").groups, vpc_id, self.settings.quota_groups)
        wanted = (kind, scheme, address_type, {each.id for each in subnets}, set(groups))
        same = self._of_name(name, wanted)
        if same is None:
            same = self.elbv2_backend.create_load_balancer(
                name=name,
                security_groups=groups,
                subnet_ids=[each.id for each in subnets],
                scheme=scheme,
                loadbalancer_type=kind,
            )
            # moto knows no third address type, so it is not asked.
            same.ip_address_type = address_type
            # Those that moto begins with are not AWS's (see `elb_attributes`).
            same.attrs.clear()
            self._name_by_type(same)
            same.dns_name = _free_dns_name(same, self.region)
            self.elbv2_backend.tagging_service.tag_resource(same.arn, params.get("Tags"))
            self._give_interfaces(same)
        return ActionResult({"LoadBalancers": [same]})

    def _give_interfaces(self, made: Any) -> None:  # noqa: ANN401 - moto's object
        try:
            give_interfaces(made)
        except ElbRefusal:
            take_interfaces(made)
            del self.elbv2_backend.load_balancers[made.arn]
            raise

    def _name_by_type(self, balancer: Any) -> None:  # noqa: ANN401 - moto's object
        """Give a load balancer the ARN of its type; to moto all are applications."""
        balancers = self.elbv2_backend.load_balancers
        del balancers[balancer.arn]
        part = _ARN_PARTS.get(balancer.type, "app")
        balancer.arn = balancer.arn.replace(":loadbalancer/app/", f":loadbalancer/{part}/")
        balancers[balancer.arn] = balancer

    def _of_name(self, name: str, wanted: tuple[object, ...]) -> Any:  # noqa: ANN401 - moto's object
        """Return the load balancer of that name if it is as wanted, refuse if it is otherwise.

        'Elastic Load Balancing API reference', CreateLoadBalancer: idempotent for the same
        settings; DuplicateLoadBalancerName.
        """
        for held in self.elbv2_backend.load_balancers.values():
            if held.name == name:
                has = (
                    held.type,
                    held.scheme,
                    held.ip_address_type,
                    {each.id for each in held.subnets},
                    set(held.security_groups or ()),
                )
                if has == wanted:
                    return held
                raise ElbRefusal(
                    ElbCode.DUPLICATE_NAME,
                    f"A load balancer with the same name '{name}' exists, but with different settings",
                )
        return None

    @refusing
    def set_subnets(self) -> ActionResult:
        """As moto does, and the interfaces follow."""
        balancer = self.named_balancer()
        answer = super().set_subnets()
        give_interfaces(balancer)
        return answer

    @refusing
    def set_ip_address_type(self) -> ActionResult:
        """Refuse IPv6 where a subnet has none; the interfaces follow."""
        balancer = self.named_balancer()
        address_type = str(self.parameters.get("IpAddressType") or "")
        self._refuse_address_type(address_type, balancer.subnets)
        balancer.ip_address_type = address_type
        give_interfaces(balancer)
        return ActionResult({"IpAddressType": address_type})

    def delete_load_balancer(self) -> ActionResult:
        """As moto does; its addresses are free again."""
        balancer = self.elbv2_backend.load_balancers.get(str(self.parameters.get("LoadBalancerArn")))
        if balancer is not None:
            take_interfaces(balancer)
        return super().delete_load_balancer()

    def _asked_subnets(self, kind: str) -> Sequence[Any]:
        params = self.parameters
        ids = [*(params.get("Subnets") or []), *(each["SubnetId"] for each in params.get("SubnetMappings") or [])]
        known = {subnet.id: subnet for zone in self.ec2_backend.subnets.values() for subnet in zone.values()}
        for subnet_id in ids:
            if subnet_id not in known:
                raise ElbRefusal(ElbCode.NO_SUBNET, f"The subnet ID '{subnet_id}' does not exist")
        subnets = [known[each] for each in ids]
        zones = {subnet.availability_zone for subnet in subnets}
        if len(zones) < (2 if kind == _APPLICATION else 1):
            raise ElbRefusal(
                ElbCode.VALIDATION, "At least two subnets in two different Availability Zones must be specified"
            )
        if len(zones) < len(subnets) or len({subnet.vpc_id for subnet in subnets}) > 1:
            raise ElbRefusal(
                ElbCode.INVALID_CONFIGURATION, "The subnets must be of one VPC, and one for each Availability Zone"
            )
        return subnets

    def _refuse_address_type(self, address_type: str, subnets: Sequence[Any]) -> None:
        if address_type not in _IP_ADDRESS_TYPES:
            raise ElbRefusal(ElbCode.VALIDATION, f"The IP address type '{address_type}' is not valid")
        if address_type != "ipv4" and not all(ipv6_block(subnet) for subnet in subnets):
            # kubernetes-sigs/aws-load-balancer-controller issue 4852.
            raise ElbRefusal(ElbCode.VALIDATION, "You must specify subnets with an associated IPv6 CIDR block.")


def _free_dns_name(balancer: Any, region: str) -> str:  # noqa: ANN401 - moto's object
    """A name that no load balancer of any account has; moto's would be that of each account's.

    'Elastic Load Balancing user guide', schemes: that of an internal one begins with `internal-`.
    """
    backends = [backend for account in elbv2_backends.values() for backend in account.values()]
    held = [each for backend in backends for each in backend.load_balancers.values()]
    taken = {each.dns_name for each in held if each is not balancer}
    begin = "internal-" if balancer.scheme == "internal" else ""
    names = (f"{begin}{balancer.name}-{number}.{region}.elb.amazonaws.com" for number in itertools.count(1))
    return next(name for name in names if name not in taken)


def _described(balancer: BalancerView) -> Mapping[str, object]:
    """LoadBalancer, of 'Elastic Load Balancing API reference'; set up at once, so always active."""
    answer: dict[str, object] = {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": balancer.hosted_zone_id,
        "CreatedTime": balancer.created,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": "active"},
        "Type": balancer.kind,
        "AvailabilityZones": [{"ZoneName": zone, "SubnetId": subnet_id} for zone, subnet_id in balancer.zones],
        "IpAddressType": balancer.ip_address_type,
    }
    if balancer.group_ids:
        answer["SecurityGroups"] = list(balancer.group_ids)
    return answer
