"""Whether a load balancer can reach its targets, by what security groups let through.

Here live pure functions from a view of a Region to the health of a target. Here must not live:
moto, or the packets themselves (there are none in the lab's AWS).

'Application Load Balancers', security groups: the load balancer must be allowed to communicate
with targets on both the listener port and the health check port. So its groups must let the
check out, and those of the target must let it in.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.ec2_rules import SourceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from originlock.lab.ec2_state import RegionView, RuleView
    from originlock.lab.elb_state import BalancerView, TargetGroupView, TargetView
    from originlock.lab.interface_state import InterfaceView


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a target as the API tells it; a healthy one has no reason."""

    state: str
    reason: str | None = None
    description: str | None = None


#: 'Elastic Load Balancing API reference', TargetHealth; the descriptions are those of the
#: user guides' examples.
HEALTHY: Final = Health("healthy")
TIMEOUT: Final = Health("unhealthy", "Target.Timeout", "Request timed out")
BAD_CODE: Final = Health("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
NOT_IN_USE: Final = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
NOT_REGISTERED: Final = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
REGISTERING: Final = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
#: Health checks of functions are disabled by default (CreateTargetGroup, HealthCheckEnabled).
UNCHECKED: Final = Health(
    "unavailable", "Target.HealthCheckDisabled", "Health checks are disabled for this target group"
)


#: Whose health hangs on security groups; functions and load balancers as targets have none here.
CHECKED_TYPES: Final = frozenset({"instance", "ip"})


def health_of(region: RegionView, group: TargetGroupView, target: TargetView, unhealthy: Collection[str]) -> Health:
    """Return a registered target's health; `unhealthy` names those that answer badly, as ID or ID:PORT."""
    if group.target_type not in CHECKED_TYPES:
        return UNCHECKED
    balancers = [each for each in region.balancers if each.arn in group.balancer_arns]
    if not balancers:
        return NOT_IN_USE
    if not all(reaches(region, each, group, target) for each in balancers):
        return TIMEOUT
    return BAD_CODE if {target.target_id, str(target)} & set(unhealthy) else HEALTHY


def reaches(region: RegionView, balancer: BalancerView, group: TargetGroupView, target: TargetView) -> bool:
    """Whether every interface of a load balancer can connect to a target's checked port.

    An address that no interface of the VPC has does not answer.
    """
    found = _interface_of(region, group, target)
    theirs = [
        each for each in region.interfaces if each.requester_managed and each.description.endswith(_suffix(balancer))
    ]
    if found is None or not theirs:
        return False
    port = target.port if group.health_port is None else group.health_port
    address = target.target_id if group.target_type == "ip" else found.ipv4[0]
    return all(_connects(region, each, found, address, port) for each in theirs)


def _suffix(balancer: BalancerView) -> str:
    return balancer.arn.partition(":loadbalancer/")[2]


def _interface_of(region: RegionView, group: TargetGroupView, target: TargetView) -> InterfaceView | None:
    """Return the interface that answers for a target: an instance's primary, or the address's."""
    for each in region.interfaces:
        if group.target_type == "ip":
            if target.target_id in (*each.ipv4, *each.ipv6):
                return each
        elif each.attachment and (each.attachment.instance_id, each.attachment.device_index) == (target.target_id, 0):
            return each
    return None


def _connects(region: RegionView, source: InterfaceView, target: InterfaceView, address: str, port: int) -> bool:
    own = source.ipv6 if ":" in address else source.ipv4
    return bool(own) and (
        _admits(region, _rules(region, source, egress=True), target.group_ids, address, port)
        and _admits(region, _rules(region, target, egress=False), source.group_ids, own[0], port)
    )


def _rules(region: RegionView, interface: InterfaceView, *, egress: bool) -> Sequence[RuleView]:
    return [
        rule
        for group in region.groups
        if group.group_id in interface.group_ids
        for rule in group.direction(egress=egress)
    ]


def _admits(
    region: RegionView, rules: Iterable[RuleView], peer_groups: Collection[str], address: str, port: int
) -> bool:
    """Whether some rule lets TCP to a port through for a peer of these groups and this address."""
    return any(
        _speaks_of(rule, port) and _names(region, rule, peer_groups, ipaddress.ip_address(address)) for rule in rules
    )


def _speaks_of(rule: RuleView, port: int) -> bool:
    key = rule.key
    if key.protocol == "-1":
        return True
    return key.protocol == "tcp" and (key.from_port or 0) <= port <= (key.to_port or 0)


def _names(
    region: RegionView,
    rule: RuleView,
    peer_groups: Collection[str],
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> bool:
    source = rule.key.source
    match source.kind:
        case SourceKind.GROUP:
            return source.value in peer_groups
        case SourceKind.PREFIX_LIST:
            lists = [each for each in region.prefix_lists if each.list_id == source.value]
            return any(address in ipaddress.ip_network(cidr) for each in lists for cidr in each.cidrs)
        case SourceKind.IPV4 | SourceKind.IPV6:
            return address in ipaddress.ip_network(source.value)
