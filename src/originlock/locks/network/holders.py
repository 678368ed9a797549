"""Managed prefix lists as holders of the edge's ranges: what each holds, is to hold, and loses, and where it lets in.

Lives here: the lists of an origin, judged. Must not live here: the changes that follow (see `prefix_lists`), lists that
somebody else's rules name.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from typing import Final

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import IPV4, AddressSet, Cidr, Family
from originlock.facts.origin import CidrSource, PrefixList, PrefixListSource, RuleKey
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Policy
from originlock.locks.network import ownership
from originlock.locks.network.standing import Standing
from originlock.locks.network.terms import families_of, lists_of
from originlock.locks.network.wanted import strangers, welcome

_LEAST_HEADROOM: Final = 2
_HEADROOM: Final = 0.25
"""How much larger than its content a list is made: it counts by its size against every group that names it, so that
much would be dear, and none would make every new range two changes (our choice)."""


def size_for(entries: int) -> int:
    """The maximum number of entries that a list of so many is made with."""
    return entries + max(_LEAST_HEADROOM, math.ceil(entries * _HEADROOM))


class Holder(msgspec.Struct, frozen=True):
    """One list, and what is wanted of it.

    Attributes:
        list: its id, or what it is called before it is made.
        held: as it is; None where it is to be made.
        wanted: every entry that it is to hold.
    """

    family: Family
    list: str
    held: PrefixList | None
    wanted: tuple[Cidr, ...]

    @property
    def entries(self) -> tuple[Cidr, ...]:
        """What it holds now."""
        return () if self.held is None or isinstance(self.held.entries, Unknown) else self.held.entries

    @property
    def missing(self) -> tuple[Cidr, ...]:
        """What is wanted and not in it."""
        return tuple(cidr for cidr in self.wanted if cidr not in self.entries)

    @property
    def size(self) -> int:
        """How large it has to be while it holds both what it has and what is wanted."""
        needed = len(self.entries) + len(self.missing)
        if self.held is None:
            return size_for(needed)
        weight = self.held.weight if isinstance(self.held.weight, int) else needed
        return weight if needed <= weight else size_for(needed)


def holders(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Holder, ...]:
    """The lists of an origin that holds the ranges in lists."""
    found = []
    for family, name in lists_of(policy, snapshot, families_of(policy, snapshot)):
        held = snapshot.prefix_lists.get(name)
        wanted = accepted.ranges.ipv4 if family == IPV4 else accepted.ranges.ipv6
        found.append(Holder(family, name, held if isinstance(held, PrefixList) else None, tuple(wanted)))
    return tuple(found)


def planned(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> dict[str, PrefixList | Unknown]:
    """The lists as they count when this plan is done, those that are to be made included."""
    after = dict(snapshot.prefix_lists)
    for holder in holders(policy, accepted, snapshot):
        after[holder.list] = PrefixList(holder.list, "", holder.family, holder.size, holder.wanted)
    return after


def leaving(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, holder: Holder
) -> tuple[Cidr, ...]:
    """What is to go: of ours what is wanted no longer; of what others put in, strangers, if the policy says so."""
    if holder.held is None or not accepted.may_remove:
        return ()
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    removing = policy.network.foreign == "remove"
    says = dict(zip(holder.entries, holder.held.descriptions, strict=False))
    newly = is_named_newly(policy, accepted, snapshot, stand, holder)
    needed = _still_needed(policy, snapshot, stand, holder) if newly else AddressSet()
    return tuple(
        cidr
        for cidr in holder.entries
        if cidr not in holder.wanted
        and (ownership.is_own_entry(says.get(cidr, "")) or (removing and strangers(AddressSet.of((cidr,)), guests)))
        and not AddressSet.of((cidr,)) & needed
    )


def _still_needed(policy: Policy, snapshot: Snapshot, stand: Standing, holder: Holder) -> AddressSet:
    """Whom entries let in now that rules of their own are to let in, where those cannot come before the entries go.

    Entries go before a group first names the list at some port; but what names it at another port already is then still
    without the rules that its group waits to be given.
    """
    if not any(_named_at(policy, snapshot, stand, holder)):
        return AddressSet()
    missing = (spec.key.source for view in stand.holds for spec in view.missing)
    served = AddressSet.of(holder.wanted)
    return AddressSet.of(source.cidr for source in missing if isinstance(source, CidrSource)) - served


def is_named_newly(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, holder: Holder) -> bool:
    """Whether this plan lets in strangers by a list where it does not let in yet, unless they leave it first."""
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    if not strangers(AddressSet.of(holder.entries), guests):
        return False
    asked = _ports_naming(policy, [spec.key for view in stand.holds for spec in view.wanted], holder)
    return any(asked - already for already in _named_at(policy, snapshot, stand, holder))


def _named_at(policy: Policy, snapshot: Snapshot, stand: Standing, holder: Holder) -> list[frozenset[int]]:
    """Those of the policy's ports at which a list lets in already: of a load balancer, or of each bare group."""
    balancer = snapshot.load_balancer
    views = [view for view in stand.views if balancer is None or view.group.id in balancer.groups]
    each = [_ports_naming(policy, [rule.key for rule in view.group.rules], holder) for view in views]
    return each if balancer is None else [frozenset().union(*each)]


def _ports_naming(policy: Policy, keys: Iterable[RuleKey], holder: Holder) -> frozenset[int]:
    naming = [key for key in keys if key.source == PrefixListSource(holder.list)]
    network = policy.network
    return frozenset(port for port in network.ports if any(key.opens(network.protocol, port) for key in naming))
