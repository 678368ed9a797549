"""What is wanted: the rules that a policy and an accepted list ask for, and who is welcome by them.

Lives here: policy and ranges to rules. Must not live here: what AWS holds.
"""

from __future__ import annotations

import datetime
import functools

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import PRIVATE, AddressSet, Cidr, family, order
from originlock.facts.origin import ALL_PORTS, CidrSource, PrefixListSource, RuleKey, RuleSpec, Source
from originlock.intent.policy import Policy
from originlock.locks.network.ownership import Purpose, says, tags_for
from originlock.locks.network.terms import Terms


@functools.lru_cache(maxsize=256)
def wanted_rules(policy: Policy, accepted: AcceptedList, today: datetime.date, terms: Terms) -> tuple[RuleSpec, ...]:
    """Every rule that is wanted, one for each port and source, sorted; an exception that has ended is not wanted.

    Where prefix lists hold the edge's ranges, a rule names the list instead; exceptions and further ranges are the
    origin's own, and stay rules.
    """
    sources: dict[Cidr, tuple[Purpose, str]] = {}
    for exemption in policy.exceptions:
        if exemption.holds_on(today):
            detail = f"{exemption.reason}, {exemption.owner}, until {exemption.expires.isoformat()}"
            sources[exemption.source] = ("exception", detail)
    for cidr in policy.network.extra_ranges:
        sources[cidr] = ("extra", policy.edge)
    if not terms.lists:
        sources |= dict.fromkeys(accepted.ranges.cidrs, ("edge", policy.edge))
    wanted: list[tuple[Source, Purpose, str]] = [
        (CidrSource(cidr), *sources[cidr]) for cidr in sorted(sources, key=order) if family(cidr) in terms.families
    ]
    wanted += [(PrefixListSource(name), "edge", policy.edge) for _, name in terms.lists]
    return tuple(
        RuleSpec(
            RuleKey(policy.network.protocol, port, port, source),
            says(policy.origin, purpose, detail),
            tags_for(policy.origin),
        )
        for port in policy.network.ports
        for source, purpose, detail in wanted
    )


@functools.lru_cache(maxsize=256)
def welcome(policy: Policy, accepted: AcceptedList, today: datetime.date) -> AddressSet:
    """All addresses that the policy lets in."""
    exceptions = tuple(e.source for e in policy.exceptions if e.holds_on(today))
    return AddressSet.of(accepted.ranges.cidrs + policy.network.extra_ranges + exceptions)


def lets_in_only_welcome(key: RuleKey, policy: Policy, guests: AddressSet) -> bool:
    """Whether a rule opens nothing beyond what is wanted: the policy's ports, to welcome addresses."""
    if key.protocol != policy.network.protocol or not isinstance(key.source, CidrSource):
        return False
    return within_ports(key, policy) and guests.covers(key.source.cidr)


def within_ports(key: RuleKey, policy: Policy) -> bool:
    """Whether a rule is about the policy's ports and no others."""
    if key.protocol != policy.network.protocol or (key.from_port, key.to_port) == ALL_PORTS:
        return False
    span = key.to_port - key.from_port + 1
    inside = sum(1 for port in policy.network.ports if key.from_port <= port <= key.to_port)
    return inside == span


def strangers(addresses: AddressSet, guests: AddressSet) -> AddressSet:
    """Those of the addresses that are public and not welcome."""
    return addresses - PRIVATE - guests
