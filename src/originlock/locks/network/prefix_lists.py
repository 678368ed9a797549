"""The network lock's word on managed prefix lists: made, sized, and their entries kept current.

Lives here: changes, promises, questions, objections and holes that are about the lists that hold the edge's ranges.
Must not live here: the rules that name them (see `wanted`, `lock`), lists that somebody else's rules name.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Final

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import IPV4, AddressSet, Cidr, Family, order
from originlock.facts.origin import PrefixList, name_of_new_prefix_list
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import addresses_in_words, count
from originlock.intent.policy import ListsAlone, Policy
from originlock.locks.network import ownership
from originlock.locks.network.standing import Standing
from originlock.locks.network.terms import families_of, list_tags, lists_of
from originlock.locks.network.wanted import strangers
from originlock.plan.acts import AddEntries, CreatePrefixList, Entry, RemoveEntries, ResizePrefixList
from originlock.plan.change import Draft, Effect, Expectation, Hole, Objection, Phase, Unread, Wait
from originlock.plan.questions import AskPrefixLists, AskTaggedPrefixLists, Question

MOST_AT_ONCE: Final = 100
"""EC2 API reference, CreateManagedPrefixList and ModifyManagedPrefixList: up to 100 entries in a request."""

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

    def leaving(self, policy: Policy, accepted: AcceptedList) -> tuple[Cidr, ...]:
        """What is to go: what we put in and is wanted no longer; of what others put in, what the policy says."""
        if self.held is None or not accepted.may_remove:
            return ()
        removing = policy.network.foreign == "remove"
        says = dict(zip(self.entries, self.held.descriptions, strict=False))
        return tuple(
            cidr
            for cidr in self.entries
            if cidr not in self.wanted and (removing or ownership.is_own_entry(says.get(cidr, "")))
        )


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


def questions(policy: Policy, snapshot: Snapshot) -> list[Question]:
    """What else must be read about the lists."""
    if policy.network.via != "prefix-list":
        return []
    if policy.network.prefix_list:
        unread = tuple(name for name in policy.network.prefix_list if name not in snapshot.prefix_lists)
        return [AskPrefixLists(unread)] if unread else []
    return [AskTaggedPrefixLists(list_tags(policy))] if list_tags(policy) not in snapshot.tagged_lists else []


def drafts(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> list[Draft]:
    """Lists made or made larger, entries put in, and afterwards those that are wanted no longer taken out."""
    if objections(policy, snapshot):
        return []
    return [draft for holder in holders(policy, accepted, snapshot) for draft in _of_list(policy, accepted, holder)]


def _of_list(policy: Policy, accepted: AcceptedList, holder: Holder) -> Iterator[Draft]:
    origin, missing = policy.origin, holder.missing
    new_name = name_of_new_prefix_list(holder.list)
    if holder.held is None and new_name is not None:
        first, missing = missing[:MOST_AT_ONCE], missing[MOST_AT_ONCE:]
        act = CreatePrefixList(new_name, holder.family, holder.size, _entries(policy, first), list_tags(policy))
        reason = (
            f"a list of our own for the IPv{holder.family} ranges of {policy.edge}, counting as {holder.size} rules"
        )
        yield Draft(origin, Phase.PREPARE, Effect.NEUTRAL, act, reason)
    elif holder.held is not None and isinstance(holder.held.weight, int) and holder.size != holder.held.weight:
        resize = ResizePrefixList(holder.list, holder.size, holder.held.weight)
        reason = f"{count(len(missing), 'more range')} than it has room for; it then counts as {holder.size} rules"
        yield Draft(origin, Phase.PREPARE, Effect.NEUTRAL, resize, reason)
    for batch in _batches(missing):
        add = AddEntries(holder.list, _entries(policy, batch))
        reason = f"{count(len(batch), 'wanted range')} not in the list yet"
        yield Draft(origin, Phase.WIDEN, Effect.WIDEN, add, reason)
    for batch in _batches(holder.leaving(policy, accepted)):
        remove = RemoveEntries(holder.list, _entries(policy, batch))
        reason = f"{count(len(batch), 'range')} no longer wanted"
        yield Draft(origin, Phase.NARROW, Effect.NARROW, remove, reason)


def _entries(policy: Policy, cidrs: tuple[Cidr, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(cidr, ownership.entry_says(policy.edge)) for cidr in sorted(cidrs, key=order))


def _batches(cidrs: tuple[Cidr, ...]) -> Iterator[tuple[Cidr, ...]]:
    listed = tuple(sorted(cidrs, key=order))
    for at in range(0, len(listed), MOST_AT_ONCE):
        yield listed[at : at + MOST_AT_ONCE]


def objections(policy: Policy, snapshot: Snapshot) -> list[Objection]:
    """Reasons not to go on that lie in the lists."""
    if policy.network.via != "prefix-list":
        return []
    if not policy.network.prefix_list:
        answer = snapshot.tagged_lists.get(list_tags(policy))
        if not isinstance(answer, Unknown):
            return []
        said = f"whether there are lists of ours already cannot be told: {answer.reason}"
        return [Objection("prefix-list", said, "let DescribeManagedPrefixLists be called", policy.origin)]
    found, families = [], set()
    for name in policy.network.prefix_list:
        held = snapshot.prefix_lists.get(name, Unknown(name, "it was not read"))
        unread = held if isinstance(held, Unknown) else held.entries
        if isinstance(unread, Unknown):
            said = f"the prefix list {name} could not be read: {unread.reason}"
            found.append(Objection("prefix-list", said, "check its id, the Region and the account", policy.origin))
        elif isinstance(held, PrefixList):
            families.add(held.family)
    missing = [f"IPv{family}" for family in families_of(policy, snapshot) if family not in families]
    if missing and not found and not isinstance(policy.target, ListsAlone):
        said = f"no prefix list for {' and '.join(missing)} is named, so the edge would be shut out there"
        remedy = "name one for each family in prefix_list; or leave it out, and lists of our own are made"
        found.append(Objection("prefix-list", said, remedy, policy.origin))
    return found


def expectations(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Expectation, ...]:
    """Every wanted range is an entry."""
    return tuple(
        Expectation(policy.origin, holder.list, entries=holder.wanted) for holder in holders(policy, accepted, snapshot)
    )


def waits(policy: Policy, snapshot: Snapshot, stand: Standing) -> tuple[Wait, ...]:
    """A group names a list only when the list holds everything, and lets go of its rules only then."""
    lists = lists_of(policy, snapshot, families_of(policy, snapshot))
    return tuple(
        Wait(policy.origin, view.group.id, before, name)
        for view in stand.holds
        for _, name in lists
        for before in (Phase.WIDEN, Phase.NARROW)
    )


def holes(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, guests: AddressSet) -> list[Hole]:
    """Entries of the lists by which strangers come in, wherever a list is named."""
    found = []
    for holder in holders(policy, accepted, snapshot):
        going = holder.leaving(policy, accepted)
        for cidr in holder.entries:
            lets_in = strangers(AddressSet.of((cidr,)), guests)
            if cidr not in holder.wanted and lets_in:
                closing = "it goes with the next `originlock apply`" if cidr in going else _HOW
                words = addresses_in_words(lets_in)
                found.append(Hole(policy.origin, holder.list, f"entry {cidr}", words, "", closing))
    return found


_HOW: Final = '--foreign remove (or foreign = "remove" in the configuration)'


def unread(policy: Policy, snapshot: Snapshot) -> tuple[Unread, ...]:
    """Lists that could not be read."""
    answer = snapshot.tagged_lists.get(list_tags(policy))
    found = [Unread(policy.origin, "", answer.what, answer.reason)] if isinstance(answer, Unknown) else []
    for name in policy.network.prefix_list:
        held = snapshot.prefix_lists.get(name)
        what = held if isinstance(held, Unknown) else held.entries if held is not None else None
        if isinstance(what, Unknown):
            found.append(Unread(policy.origin, name, what.what, what.reason))
    return tuple(found)


def basis(policy: Policy, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What a plan rests on, of the lists."""
    found = []
    for _, name in lists_of(policy, snapshot, families_of(policy, snapshot)):
        held = snapshot.prefix_lists.get(name)
        if isinstance(held, PrefixList) and not isinstance(held.entries, Unknown):
            lasting = msgspec.json.encode((held.weight, sorted(held.entries)))
            found.append((f"prefix list {name}", "sha256:" + hashlib.sha256(lasting).hexdigest()))
    return tuple(found)
