"""What Elastic Load Balancing holds at one moment, as frozen views read out of moto's backend.

Here lives the reading of moto's load balancers, listeners and target groups. Here must not live: deciding,
changing, or the interfaces that load balancers have in EC2 (see `interface_state`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from originlock.lab.trust_store_state import mutual_authentication

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class BalancerView:
    """One load balancer; `zones` are pairs of Availability Zone and subnet."""

    arn: str
    name: str
    kind: str
    scheme: str
    vpc_id: str
    ip_address_type: str
    dns_name: str
    hosted_zone_id: str
    created: str
    zones: tuple[tuple[str, str], ...]
    group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetView:
    """One registration of a target: an instance or an address, and its port."""

    target_id: str
    port: int

    def __str__(self) -> str:
        """Name the target as the lab's settings and call log do."""
        return f"{self.target_id}:{self.port}"


@dataclass(frozen=True, slots=True)
class TargetGroupView:
    """One target group; `health_port` is None where each target's own port is checked."""

    arn: str
    name: str
    target_type: str
    ipv6: bool
    health_port: int | None
    targets: tuple[TargetView, ...]
    balancer_arns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListenerView:
    """One listener; `told` is what DescribeListeners tells of it, as JSON."""

    arn: str
    balancer_arn: str
    told: bytes


def balancer_views(backend: Any) -> tuple[BalancerView, ...]:  # noqa: ANN401 - moto's backend
    """Read all load balancers of one account and Region, ordered by ARN."""
    return tuple(_balancer_view(held) for _, held in sorted(backend.load_balancers.items()))


def _balancer_view(held: Any) -> BalancerView:  # noqa: ANN401 - moto's object
    return BalancerView(
        arn=held.arn,
        name=held.name,
        kind=held.type,
        scheme=held.scheme,
        vpc_id=held.vpc_id,
        ip_address_type=held.ip_address_type,
        dns_name=held.dns_name,
        hosted_zone_id=held.canonical_hosted_zone_id,
        created=held.created_time,
        zones=tuple((subnet.availability_zone, subnet.id) for subnet in held.subnets),
        group_ids=tuple(held.security_groups or ()),
    )


def target_group_views(backend: Any) -> tuple[TargetGroupView, ...]:  # noqa: ANN401 - moto's backend
    """Read all target groups of one account and Region, ordered by ARN."""
    used: dict[str, set[str]] = {}
    for target_group_arn, balancer_arn in _forwards(backend):
        used.setdefault(target_group_arn, set()).add(balancer_arn)
    return tuple(
        _target_group_view(held, tuple(sorted(used.get(arn, ()))))
        for arn, held in sorted(backend.target_groups.items())
    )


def _forwards(backend: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - moto's backend
    """Yield pairs of target group and load balancer that forwards to it.

    Read from the rules: moto's own list has one entry for each rule, and keeps those of rules,
    listeners and load balancers that are gone.
    """
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for action in rule.actions:
                    for arn in backend._get_target_group_arns_from(action_data=action.data):  # noqa: SLF001 - no other way
                        yield arn, balancer.arn


def _target_group_view(held: Any, balancer_arns: tuple[str, ...]) -> TargetGroupView:  # noqa: ANN401 - moto's object
    checked = str(held.health_check_port)
    return TargetGroupView(
        arn=held.arn,
        name=held.name,
        target_type=held.target_type,
        ipv6=held.ip_address_type == "ipv6",
        health_port=int(checked) if checked.isdigit() else None,
        targets=tuple(
            TargetView(str(target["Id"]), int(target["Port"] or 0)) for _, target in sorted(held.targets.items())
        ),
        balancer_arns=balancer_arns,
    )


def listener_views(backend: Any) -> tuple[ListenerView, ...]:  # noqa: ANN401 - moto's backend
    """Read all listeners of one account and Region, ordered by ARN."""
    held = (each for balancer in backend.load_balancers.values() for each in balancer.listeners.values())
    return tuple(sorted(map(listener_view, held), key=lambda view: view.arn))


def listener_view(held: Any) -> ListenerView:  # noqa: ANN401 - moto's object
    """Read one listener."""
    told: dict[str, object] = {
        "ListenerArn": held.arn,
        "LoadBalancerArn": held.load_balancer_arn,
        "Port": int(held.port),
        "Protocol": held.protocol,
        "DefaultActions": [each.data for each in held.default_actions],
    }
    # Of those for SNI another call tells. moto makes structures of these.
    told["Certificates"] = [] if held.certificate is None else [held.certificate]
    if held.ssl_policy is not None:
        told["SslPolicy"] = held.ssl_policy
    mutual = mutual_authentication(held)
    if mutual:
        told["MutualAuthentication"] = mutual
    if held.alpn_policy:
        told["AlpnPolicy"] = held.alpn_policy
    return ListenerView(held.arn, held.load_balancer_arn, msgspec.json.encode(told, order="deterministic"))
