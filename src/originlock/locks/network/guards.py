"""The network lock's guards: its reasons not to go on.

Lives here: quota, hostnames that are not behind the edge, a list that shrank against own rules.
Must not live here: the guards on the published list itself (see `acceptance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from originlock.acceptance.judge import own_rules_guard
from originlock.facts.edge import AcceptedList
from originlock.facts.networks import FAMILIES, AddressSet, Cidr, Family, family, prefix_length
from originlock.facts.origin import DEFAULT_RULES_QUOTA, CidrSource, PrefixListSource, Rule, RulesQuota
from originlock.facts.snapshot import Resolution, Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Overrides, Policy
from originlock.locks.network import ownership
from originlock.locks.network.holders import planned
from originlock.locks.network.judged import JudgedGroup
from originlock.locks.network.room import Arrangement, Counts, PrefixLists, counted, ports_that_fit
from originlock.locks.network.standing import Standing
from originlock.plan.change import Objection

_WIDEST_EVER: dict[Family, int] = {4: 8, 6: 16}
"""The wall behind every edge's own limit: no list with a wider range is ever accepted, whoever asks."""


def objections(
    policy: Policy,
    accepted: AcceptedList,
    snapshot: Snapshot,
    stand: Standing,
    arrangements: Mapping[str, Arrangement],
    overrides: Overrides,
) -> tuple[Objection, ...]:
    """Every reason not to go on with this origin."""
    lists = planned(policy, accepted, snapshot)
    found = [
        *_shrunken(policy, accepted, stand.views, overrides),
        *(o for view in stand.holds for o in _quota(policy, snapshot, view, arrangements[view.group.id], lists)),
        *(o for view in stand.views for o in _outgrown(policy, snapshot, view, arrangements[view.group.id], lists)),
    ]
    if needs_hostnames(policy, accepted, stand, overrides):
        found += _hostnames(policy, accepted, snapshot)
    return tuple(found)


def quota_of(snapshot: Snapshot) -> RulesQuota:
    """The quota to reckon with: what AWS said, else the documented default."""
    return DEFAULT_RULES_QUOTA if isinstance(snapshot.quota, Unknown) else snapshot.quota


def needs_hostnames(policy: Policy, accepted: AcceptedList, stand: Standing, overrides: Overrides) -> bool:
    """Whether a way is to go by which visitors may come directly, so that the names must be behind the edge first.

    Own rules for what the edge once published let in nobody else; every other rule may.
    """
    if overrides.no_prove or not policy.hostnames or not accepted.may_remove:
        return False
    return bool(stand.leaving) or any(
        bool(view.going) or any(_may_serve_visitors(rule) for rule in view.own_unwanted) for view in stand.views
    )


def _may_serve_visitors(rule: Rule) -> bool:
    """Whether an own rule is none that a list gave: for all traffic, or wider than any edge publishes."""
    source = rule.key.source
    if isinstance(source, PrefixListSource):
        return False
    if not isinstance(source, CidrSource) or rule.key.from_port != rule.key.to_port:
        return True
    return prefix_length(source.cidr) < _WIDEST_EVER[family(source.cidr)]


def _hostnames(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> list[Objection]:
    edge = AddressSet.of(accepted.ranges.cidrs + policy.network.extra_ranges)
    found = []
    for name in policy.hostnames:
        resolution = snapshot.resolutions.get(name, Unknown(name, "it was not asked"))
        said = _not_behind(name, policy, edge, resolution)
        if said is None:
            continue
        proxy_it = f"let {policy.edge} proxy {name} first, or say --no-prove if you know better"
        look_it_up = f"see that {name} is spelt right, and that this machine can look names up; then try again"
        found.append(
            Objection(
                guard="hostname-not-behind-edge",
                message=f"a rule that lets the public in is to go, and {said}",
                remedy=look_it_up if isinstance(resolution, Unknown) else proxy_it,
                origin=policy.origin,
            )
        )
    return found


def _not_behind(name: str, policy: Policy, edge: AddressSet, resolution: Resolution | Unknown) -> str | None:
    """Why a name is not, or not known to be, behind the edge; None if all its addresses are the edge's."""
    if isinstance(resolution, Unknown):
        return f"whether {name} is behind {policy.edge} cannot be told: {resolution.reason}"
    outside = [address for address in resolution.addresses if not edge.covers_address(address)]
    if resolution.addresses and not outside:
        return None
    shown = ", ".join(outside) if outside else "no address"
    return f"{name} is not behind {policy.edge}: it resolves to {shown}"


def _shrunken(
    policy: Policy, accepted: AcceptedList, views: Sequence[JudgedGroup], overrides: Overrides
) -> list[Objection]:
    own: dict[Cidr, None] = {}
    # An adopted rule keeps the description that it had: an exception, ended or not, is none of the edge's ranges.
    apart = {*policy.network.extra_ranges, *(exemption.source for exemption in policy.exceptions)}
    # And one that was adopted for a range of the past says nothing of today's list: that range had gone before.
    apart |= set(accepted.past.settled.cidrs)
    for view in views:
        for rule in view.group.rules:
            if ownership.is_own(rule, policy.origin) and ownership.is_for_range(rule):
                source = rule.key.source
                if isinstance(source, CidrSource) and source.cidr not in apart:
                    own[source.cidr] = None
    refusal = own_rules_guard(tuple(own), accepted.ranges, overrides.accept_list)
    if refusal is None:
        return []
    return [Objection(refusal.guard, refusal.message, refusal.remedy, policy.origin, accepted.ranges.digest)]


def _quota(
    policy: Policy, snapshot: Snapshot, view: JudgedGroup, arrangement: Arrangement, lists: PrefixLists
) -> list[Objection]:
    short = arrangement.shortfall
    if not any(short.of(f) for f in FAMILIES):
        return []
    quota = quota_of(snapshot)
    kept = [rule.key for rule in view.group.rules if rule.key not in view.wanted_keys]
    each = counted([k for k in view.wanted_keys if k.from_port == policy.network.ports[0]], lists)
    fit = ports_that_fit(quota.limit, counted(kept, lists), each)
    over = " and ".join(f"{short.of(f)} IPv{f}" for f in FAMILIES if short.of(f))
    whole = counted(kept + list(view.wanted_keys), lists)
    source = "AWS says" if quota.observed else "AWS's default; it could not be asked for yours"
    return [
        Objection(
            guard="rules-quota",
            message=(
                f"{view.group.id} can hold {quota.limit} rules of each family ({source}): "
                f"{over} rules too many; {fit} of {len(policy.network.ports)} ports would fit "
                f"({each.ipv4} IPv4 and {each.ipv6} IPv6 rules each)"
            ),
            remedy=(
                f"raise the quota L-0EA8095F to at least {max(whole.ipv4, whole.ipv6)}, lock fewer ports, "
                "or take out rules that are not needed"
            ),
            origin=policy.origin,
        )
    ]


def outgrows(snapshot: Snapshot, view: JudgedGroup, lists: PrefixLists) -> bool:
    """Whether a group counts as more rules by lists alone that it names already, and that are made larger."""
    keys = [rule.key for rule in view.group.rules]
    now, then = counted(keys, snapshot.prefix_lists), counted(keys, lists)
    return any(then.of(f) > now.of(f) for f in FAMILIES)


def _outgrown(
    policy: Policy, snapshot: Snapshot, view: JudgedGroup, arrangement: Arrangement, lists: PrefixLists
) -> list[Objection]:
    """AWS takes the call that makes a list larger, and gives it up where a group that names it has no room."""
    quota = quota_of(snapshot)
    whole = counted([rule.key for rule in view.group.rules], lists)
    if whole.within(quota.limit) or arrangement.shortfall != Counts() or not outgrows(snapshot, view, lists):
        return []
    source = "AWS says" if quota.observed else "AWS's default; it could not be asked for yours"
    most = max(whole.ipv4, whole.ipv6)
    return [
        Objection(
            guard="rules-quota",
            message=(
                f"{view.group.id} can hold {quota.limit} rules of each family ({source}), and names a prefix list "
                f"that must be larger: it would then count as {most}"
            ),
            remedy=f"raise the quota L-0EA8095F to at least {most}, or take out rules that are not needed",
            origin=policy.origin,
        )
    ]
