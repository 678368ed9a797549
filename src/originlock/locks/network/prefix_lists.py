"""The network lock's word on managed prefix lists: made, sized, and their entries kept current.

Lives here: changes, promises, questions, objections and holes that are about the lists that hold the edge's ranges.
Must not live here: which lists those are, and what leaves them (see `holders`), the rules that name them (see `wanted`,
`lock`).
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import AddressSet, Cidr, order
from originlock.facts.origin import PrefixList, name_of_new_prefix_list
from originlock.facts.snapshot import Names, Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import addresses_in_words, count
from originlock.intent.policy import ListsAlone, Policy
from originlock.locks.network import ownership
from originlock.locks.network.holders import Holder, holders, is_named_newly, leaving
from originlock.locks.network.standing import Standing
from originlock.locks.network.terms import families_of, list_tags, lists_of
from originlock.locks.network.wanted import strangers, welcome
from originlock.plan.acts import AddEntries, CreatePrefixList, Entry, RemoveEntries, ResizePrefixList
from originlock.plan.change import Draft, Effect, Expectation, Hole, Milestone, Objection, Phase, Unread, Wait
from originlock.plan.questions import AskPrefixLists, AskTaggedPrefixLists, Question

MOST_AT_ONCE: Final = 100
"""EC2 API reference, CreateManagedPrefixList and ModifyManagedPrefixList: up to 100 entries in a request."""


def questions(policy: Policy, snapshot: Snapshot) -> list[Question]:
    """What else must be read about the lists."""
    if policy.network.via != "prefix-list":
        return []
    if policy.network.prefix_list:
        unread = tuple(name for name in policy.network.prefix_list if name not in snapshot.prefix_lists)
        return [AskPrefixLists(unread)] if unread else []
    return [AskTaggedPrefixLists(list_tags(policy))] if list_tags(policy) not in snapshot.tagged_lists else []


def drafts(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing) -> list[Draft]:
    """Lists made or made larger, entries put in, and afterwards those that are wanted no longer taken out.

    Nothing where there is to be a group that names them, and none is known: who comes in by them, and in which
    families, is not known either.
    """
    if _unusable(policy, snapshot) or not (stand.holds or isinstance(policy.target, ListsAlone)):
        return []
    return [
        draft
        for holder in holders(policy, accepted, snapshot)
        for draft in _of_list(policy, holder, leaving(policy, accepted, snapshot, stand, holder))
    ]


def _of_list(policy: Policy, holder: Holder, going: tuple[Cidr, ...]) -> Iterator[Draft]:
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
    for batch in _batches(going):
        remove = RemoveEntries(holder.list, _entries(policy, batch))
        reason = f"{count(len(batch), 'range')} no longer wanted"
        yield Draft(origin, Phase.NARROW, Effect.NARROW, remove, reason)


def _entries(policy: Policy, cidrs: tuple[Cidr, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(cidr, ownership.entry_says(policy.edge)) for cidr in sorted(cidrs, key=order))


def _batches(cidrs: tuple[Cidr, ...]) -> Iterator[tuple[Cidr, ...]]:
    listed = tuple(sorted(cidrs, key=order))
    for at in range(0, len(listed), MOST_AT_ONCE):
        yield listed[at : at + MOST_AT_ONCE]


def objections(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing) -> list[Objection]:
    """Reasons not to go on that lie in the lists."""
    return _unusable(policy, snapshot) or [
        objection
        for holder in holders(policy, accepted, snapshot)
        for objection in _opening(policy, accepted, snapshot, stand, holder)
    ]


def _opening(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, holder: Holder
) -> Iterator[Objection]:
    """A list that would be named for the first time, with strangers in it."""
    if not is_named_newly(policy, accepted, snapshot, stand, holder):
        return
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    going = leaving(policy, accepted, snapshot, stand, holder)
    staying = [cidr for cidr in holder.entries if cidr not in holder.wanted and cidr not in going]
    lets_in = strangers(AddressSet.of(staying), guests)
    if lets_in:
        words = addresses_in_words(lets_in)
        yield Objection(
            guard="prefix-list",
            message=f"rules that name {holder.list} would let in strangers who are in it: {words}",
            remedy='take them out of it, or say foreign = "remove", or write down as exceptions who is meant',
            origin=policy.origin,
        )


def _unusable(policy: Policy, snapshot: Snapshot) -> list[Objection]:
    """Lists that could not be found or read, or that are not named for every family."""
    if policy.network.via != "prefix-list":
        return []
    if not policy.network.prefix_list:
        return _unusable_ours(policy, snapshot)
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


def _unusable_ours(policy: Policy, snapshot: Snapshot) -> list[Objection]:
    answer = snapshot.tagged_lists.get(list_tags(policy), Names())
    if isinstance(answer, Unknown):
        said = f"whether there are lists of ours already cannot be told: {answer.reason}"
        return [Objection("prefix-list", said, "let DescribeManagedPrefixLists be called", policy.origin)]
    return [
        Objection(
            guard="prefix-list",
            message=f"our prefix list {name} could not be read: {unread.reason}",
            remedy="let GetManagedPrefixListEntries be called",
            origin=policy.origin,
        )
        for name, unread in _unread_lists(answer, snapshot)
    ]


def _unread_lists(answer: Names, snapshot: Snapshot) -> list[tuple[str, Unknown]]:
    found = []
    for name in answer.names:
        held = snapshot.prefix_lists.get(name)
        what = held.entries if isinstance(held, PrefixList) else held
        if isinstance(what, Unknown):
            found.append((name, what))
    return found


def expectations(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Expectation, ...]:
    """Every wanted range is an entry."""
    return tuple(
        Expectation(policy.origin, holder.list, entries=holder.wanted) for holder in holders(policy, accepted, snapshot)
    )


def waits(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing) -> tuple[Wait, ...]:
    """A group names a list only when the list holds everything, and lets go of its rules only then.

    A list of which nobody has been let in by yet first loses what is not wanted. One that lets in already keeps it
    until the groups hold, and the load balancer has, whatever stands for it.
    """
    balancer, origin = snapshot.load_balancer, policy.origin
    found = []
    for holder in holders(policy, accepted, snapshot):
        newly = is_named_newly(policy, accepted, snapshot, stand, holder)
        until = Milestone.DONE if newly else Milestone.WIDENED
        targets = [view.group.id for view in stand.holds]
        found += [Wait(origin, name, Phase.WIDEN, holder.list, until) for name in targets]
        found += [Wait(origin, name, Phase.NARROW, holder.list) for name in targets]
        if balancer is not None:
            found += [Wait(origin, balancer.id, Phase.WIDEN, holder.list, until)]
            targets.append(balancer.id)
        if not newly:
            found += [Wait(origin, holder.list, Phase.NARROW, name) for name in targets]
    return tuple(found)


def holes(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, guests: AddressSet
) -> list[Hole]:
    """Entries of the lists by which strangers come in, wherever a list is named."""
    found = []
    for holder in holders(policy, accepted, snapshot):
        going = leaving(policy, accepted, snapshot, stand, holder)
        for cidr in sorted(holder.entries, key=order):
            if cidr not in holder.wanted and strangers(AddressSet.of((cidr,)), guests):
                closing = _how_to_close(accepted, going, cidr)
                found.append(Hole(policy.origin, holder.list, f"entry {cidr}", cidr, "", closing))
    return found


def _how_to_close(accepted: AcceptedList, going: tuple[Cidr, ...], cidr: Cidr) -> str:
    if not accepted.may_remove:
        return "nothing is removed while the published forms of the list disagree: apply again when they agree"
    return "it goes with the next `originlock apply`" if cidr in going else _HOW


_HOW: Final = '--foreign remove (or foreign = "remove" in the configuration)'


def unread(policy: Policy, snapshot: Snapshot) -> tuple[Unread, ...]:
    """Lists that could not be read."""
    if policy.network.via != "prefix-list":
        return ()
    answer = snapshot.tagged_lists.get(list_tags(policy), Names())
    if isinstance(answer, Unknown):
        return (Unread(policy.origin, "", answer.what, answer.reason),)
    named = Names(policy.network.prefix_list or answer.names)
    return tuple(Unread(policy.origin, name, u.what, u.reason) for name, u in _unread_lists(named, snapshot))


def basis(policy: Policy, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What a plan rests on, of the lists."""
    found = []
    for _, name in lists_of(policy, snapshot, families_of(policy, snapshot)):
        held = snapshot.prefix_lists.get(name)
        if isinstance(held, PrefixList) and not isinstance(held.entries, Unknown):
            lasting = msgspec.json.encode((held.weight, sorted(held.entries)))
            found.append((f"prefix list {name}", "sha256:" + hashlib.sha256(lasting).hexdigest()))
    return tuple(found)
