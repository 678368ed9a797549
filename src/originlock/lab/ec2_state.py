"""What AWS holds at one moment, as frozen views read out of moto's backends.

Here lives the reading of security groups and prefix lists, and the view of a whole Region, so
that describing, stale reads and the call log all see one shape. Here must not live: deciding,
changing, or serialising for the wire.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from originlock.lab.calls import IngressRule
from originlock.lab.ec2_quota import PrefixListWeight, managed_weight
from originlock.lab.ec2_rules import RuleKey, Source, SourceKind
from originlock.lab.elb_state import (
    BalancerView,
    ListenerView,
    TargetGroupView,
    balancer_views,
    listener_views,
    target_group_views,
)
from originlock.lab.interface_state import InterfaceView, interface_views
from originlock.lab.trust_store_state import TrustStoreView, trust_store_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RuleView:
    """One rule of a group, ingress or egress."""

    rule_id: str
    group_id: str
    owner_id: str
    region: str
    egress: bool
    key: RuleKey
    description: str | None
    tags: Tags

    @cached_property
    def logged(self) -> IngressRule:
        """The rule as the call log has it; made once, as every later call logs it again."""
        return IngressRule(
            group_id=self.group_id,
            rule_id=self.rule_id,
            protocol=self.key.protocol,
            from_port=self.key.from_port,
            to_port=self.key.to_port,
            source=self.key.source.value,
            tags=dict(self.tags),
        )


@dataclass(frozen=True, slots=True)
class GroupView:
    """One security group with its rules."""

    group_id: str
    name: str
    description: str
    vpc_id: str
    owner_id: str
    arn: str
    tags: Tags
    rules: tuple[RuleView, ...]

    def direction(self, *, egress: bool) -> list[RuleView]:
        """Return the rules of one direction."""
        return [rule for rule in self.rules if rule.egress is egress]


@dataclass(frozen=True, slots=True)
class PrefixListView:
    """One managed prefix list with its versions of entries (CIDR, description)."""

    list_id: str
    name: str
    family: str
    max_entries: int | None
    version: int | None
    state: str
    state_message: str | None
    owner_id: str
    arn: str
    tags: Tags
    versions: tuple[tuple[int, tuple[tuple[str, str], ...]], ...]

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """The entries of the current version; AWS's own lists show no number."""
        return dict(self.versions).get(self.version or 1, ())

    @property
    def cidrs(self) -> tuple[str, ...]:
        """The CIDRs of the current version."""
        return tuple(cidr for cidr, _ in self.entries)

    @property
    def weight(self) -> PrefixListWeight:
        """How many rules a reference to this list counts as ('Amazon VPC quotas')."""
        family = SourceKind.IPV4 if self.family == "IPv4" else SourceKind.IPV6
        entries = managed_weight(self.name) if self.owner_id == "AWS" else self.max_entries or 1
        return PrefixListWeight(family, entries)


@dataclass(frozen=True, slots=True)
class RegionView:
    """What one account and Region holds, each ordered by id."""

    groups: tuple[GroupView, ...]
    prefix_lists: tuple[PrefixListView, ...]
    interfaces: tuple[InterfaceView, ...] = ()
    balancers: tuple[BalancerView, ...] = ()
    target_groups: tuple[TargetGroupView, ...] = ()
    trust_stores: tuple[TrustStoreView, ...] = ()
    listeners: tuple[ListenerView, ...] = ()


def tags_of(backend: Any, resource_id: str) -> Tags:  # noqa: ANN401 - moto's backend is a sum of 60 untyped mixins
    """Return a resource's tags by look-up, where moto scans every tag of the Region."""
    found: Mapping[str, str] = backend.tags.get(resource_id, {})
    return tuple(sorted(found.items()))


#: Where a rule of moto's keeps its view, with what the view was made from.
_VIEW: Final = "_originlock_view"


def rule_view(backend: Any, rule: SecurityGroupRule) -> RuleView:  # noqa: ANN401 - as above
    """Return one of moto's rules as a view; the same object while the rule stays the same."""
    tags: Mapping[str, str] = backend.tags.get(rule.id, {})
    made_from = (rule.ip_protocol, rule.from_port, rule.to_port, rule.ip_range, tags)
    kept: tuple[object, RuleView] | None = rule.__dict__.get(_VIEW)
    if kept is not None and kept[0] == made_from:
        return kept[1]
    view = RuleView(
        rule_id=rule.id,
        group_id=rule.group_id,
        owner_id=rule.owner_id,
        region=backend.region_name,
        egress=rule.is_egress,
        key=RuleKey(str(rule.ip_protocol), rule.from_port, rule.to_port, _source(rule)),
        description=rule.description,
        tags=tags_of(backend, rule.id),
    )
    rule.__dict__[_VIEW] = ((*made_from[:3], dict(rule.ip_range), dict(tags)), view)
    return view


def _source(rule: SecurityGroupRule) -> Source:
    if rule.prefix_list_id:
        return Source(SourceKind.PREFIX_LIST, rule.prefix_list_id)
    if rule.source_group:
        return Source(SourceKind.GROUP, rule.source_group["GroupId"])
    if rule.cidr_ipv6 is not None:
        return Source(SourceKind.IPV6, rule.cidr_ipv6)
    return Source(SourceKind.IPV4, rule.cidr_ipv4 or "")


def group_view(backend: Any, group: SecurityGroup) -> GroupView:  # noqa: ANN401 - as above
    """Return one of moto's groups as a view."""
    return GroupView(
        group_id=group.id,
        name=group.name,
        description=group.description,
        vpc_id=group.vpc_id or "",
        owner_id=group.owner_id,
        arn=group.arn,
        tags=tags_of(backend, group.id),
        rules=tuple(rule_view(backend, rule) for rule in (*group.ingress_rules, *group.egress_rules)),
    )


def _prefix_list_view(backend: Any, held: Any) -> PrefixListView:  # noqa: ANN401 - as above
    return PrefixListView(
        list_id=held.id,
        name=held.prefix_list_name,
        family=held.address_family,
        max_entries=None if held.max_entries is None else int(held.max_entries),
        version=held.version,
        state=held.state,
        state_message=held.state_message,
        owner_id=held.owner_id,
        arn=held.prefix_list_arn,
        tags=tags_of(backend, held.id),
        versions=tuple(
            (number, tuple((entry["Cidr"], entry.get("Description", "")) for entry in entries))
            for number, entries in sorted(held.entries.items())
        ),
    )


def read_region(backend: Any) -> RegionView:  # noqa: ANN401 - as above
    """Read everything of one account and Region, ordered by id.

    EC2 promises no order; by (random) id is an order that no client can have expected, and
    one that pages can rely on while rules come and go.
    """
    groups = [group for vpc in backend.groups.values() for group in vpc.values()]
    elb = _elb_backend(backend.account_id, backend.region_name)
    return RegionView(
        groups=tuple(group_view(backend, group) for group in sorted(groups, key=lambda group: group.id)),
        prefix_lists=prefix_list_views(backend),
        interfaces=interface_views(backend, () if elb is None else elb.load_balancers.values()),
        balancers=() if elb is None else balancer_views(elb),
        target_groups=() if elb is None else target_group_views(elb),
        trust_stores=() if elb is None else trust_store_views(elb),
        listeners=() if elb is None else listener_views(elb),
    )


def _elb_backend(account_id: str, region: str) -> Any:  # noqa: ANN401 - as above
    """Return the load balancing of an account and Region, or None where nobody has used it yet."""
    from moto.elbv2.models import elbv2_backends  # noqa: PLC0415 - only after the corrections

    # By dict's own get: asking moto's way makes what is not there.
    account = dict.get(elbv2_backends, account_id)
    return None if account is None else dict.get(account, region)


def prefix_list_views(backend: Any) -> tuple[PrefixListView, ...]:  # noqa: ANN401 - as above
    """Read all prefix lists of one account and Region, ordered by id."""
    return tuple(_prefix_list_view(backend, held) for _, held in sorted(backend.managed_prefix_lists.items()))


@dataclass(slots=True)
class History:
    """What each account and Region held before its latest changes.

    From it come stale reads and eventual consistency ('EC2 API reference', Query requests:
    eventual consistency). Not safe for threads: callers hold the lab's one lock.
    """

    keep_seconds: float = 60.0
    _settled: float = 0.0
    _past: dict[tuple[str, str], deque[tuple[float, RegionView]]] = field(default_factory=dict)

    def record(self, region: tuple[str, str], before: RegionView) -> None:
        """Keep what a Region held before a change that has just been made."""
        past = self._past.setdefault(region, deque())
        now = time.monotonic()
        past.append((now, before))
        # The last one stays whatever its age: a stale read may ask for it.
        while len(past) > 1 and past[0][0] < now - self.keep_seconds:
            past.popleft()

    def as_seen(
        self,
        region: tuple[str, str],
        now: RegionView,
        *,
        lag_seconds: float,
        stale_in: str | None = None,
    ) -> RegionView:
        """Return what a read sees: `now`, or what was before changes too young to show.

        `stale_in` names what a stale read is about (a member of the view): it sees what was
        before that last changed, whatever else changed since.
        """
        past: Sequence[tuple[float, RegionView]] = self._past.get(region, ())
        if stale_in is not None:
            held = getattr(now, stale_in)
            return next((before for _, before in reversed(past) if getattr(before, stale_in) != held), now)
        young = [before for moment, before in past if self.is_young(moment, lag_seconds)]
        return young[0] if young else now

    def is_young(self, moment: float, lag_seconds: float) -> bool:
        """Whether a change of that moment (of the monotonic clock) does not show yet."""
        return lag_seconds > 0 and moment > max(time.monotonic() - lag_seconds, self._settled)

    def settle(self) -> None:
        """Let all that was changed until now show at once: only later changes lag."""
        self._settled = time.monotonic()

    def clear(self) -> None:
        """Forget everything."""
        self._past.clear()
