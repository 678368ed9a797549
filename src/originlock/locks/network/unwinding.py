"""The way back of a load balancer's groups and of prefix lists.

Lives here: which of those changes may be undone now, and how. Must not live here: rules (see `rollback`).
A group of ours goes only when those that stay let in every wanted source; what it leaves behind is deleted last.
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.load_balancer import LoadBalancer
from originlock.facts.networks import AddressSet
from originlock.facts.origin import PrefixList, PrefixListSource, SecurityGroup, new_group, parts_of_new_group
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import count, key_in_words
from originlock.intent.policy import Policy
from originlock.locks.network.judged import judged
from originlock.locks.network.room import still_served
from originlock.locks.network.standing import Standing, group_tags
from originlock.locks.network.terms import list_tags, terms_of
from originlock.locks.network.wanted import strangers, wanted_rules, welcome
from originlock.plan.acts import (
    AddEntries,
    AttachGroups,
    Authorize,
    DeleteGroup,
    DetachGroups,
    DiscardGroup,
    DiscardPrefixList,
    Inverse,
    RemoveEntries,
    ResizePrefixList,
)
from originlock.plan.change import Draft, Effect, Expectation, Milestone, Note, Objection, Phase, Wait
from originlock.plan.questions import AskGroups, AskPrefixLists, AskTaggedGroups, AskTaggedPrefixLists, Question

_SHOWN = 5


class Unwound(msgspec.Struct, frozen=True):
    """One part of a way back.

    Attributes:
        opening: what it would open beyond what is wanted, in words.
        going: ids of groups that are deleted, so that nothing else is done to them.
    """

    drafts: tuple[Draft, ...] = ()
    opening: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    waits: tuple[Wait, ...] = ()
    going: tuple[str, ...] = ()


def questions(policy: Policy, snapshot: Snapshot, inverses: tuple[Inverse, ...]) -> list[Question]:
    """What else must be read: groups that come back, the group of our own, lists that were changed."""
    asked: list[Question] = []
    balancer = snapshot.load_balancer
    if balancer is not None:
        tags = group_tags(policy, balancer)
        if policy.network.security_group == "create" and tags not in snapshot.tagged_groups:
            asked.append(AskTaggedGroups(balancer.vpc, tags))
        unread = tuple(name for name in _coming(balancer, inverses) if name not in snapshot.groups)
        asked += [AskGroups(unread)] if unread else []
    if policy.network.via == "prefix-list" and not policy.network.prefix_list:
        tags = list_tags(policy)
        asked += [AskTaggedPrefixLists(tags)] if tags not in snapshot.tagged_lists else []
    lists = {i.prefix_list for i in inverses if isinstance(i, AddEntries | RemoveEntries)}
    lists |= set(policy.network.prefix_list)
    # Whom a group that comes back lets in is told by the lists that its rules name.
    lists |= {
        rule.key.source.prefix_list
        for name in (_coming(balancer, inverses) if balancer is not None else ())
        if isinstance(group := snapshot.groups.get(name), SecurityGroup)
        for rule in group.rules
        if isinstance(rule.key.source, PrefixListSource)
    }
    unread = tuple(sorted(name for name in lists if name not in snapshot.prefix_lists))
    return [*asked, AskPrefixLists(unread)] if unread else asked


def _coming(balancer: LoadBalancer, inverses: tuple[Inverse, ...]) -> tuple[str, ...]:
    """Groups that were detached and are to be attached again."""
    named = {name for i in inverses if isinstance(i, AttachGroups) and i.target == balancer.id for name in i.groups}
    return tuple(sorted(named.difference(balancer.groups)))


def of_balancer(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, inverses: tuple[Inverse, ...]
) -> Unwound:
    """Groups come back beside ours; ours goes if the others let in all that is wanted."""
    balancer = snapshot.load_balancer
    if balancer is None:
        return Unwound()
    origin = policy.origin
    coming = tuple(name for name in _coming(balancer, inverses) if isinstance(snapshot.groups.get(name), SecurityGroup))
    gone = tuple(name for name in _coming(balancer, inverses) if name not in coming)
    drafts, opening = [], []
    if coming:
        reason = f"{count(len(coming), 'group')} that it had before the run"
        drafts.append(Draft(origin, Phase.WIDEN, Effect.WIDEN, AttachGroups(balancer.id, coming), reason))
        opening = [f"{name} ({said})" for name in coming if (said := _opens(policy, accepted, snapshot, name))]
    staying = tuple(name for name in (*balancer.groups, *coming) if name != stand.own)
    came = any(isinstance(i, DetachGroups) and stand.own in i.groups for i in inverses)
    leaves = (
        came
        and stand.own in balancer.groups
        and accepted.may_remove
        and _all_served(policy, accepted, snapshot, staying, inverses)
    )
    if leaves and stand.own is not None:
        act = DetachGroups(balancer.id, (stand.own,), coming[0] if coming else staying[0])
        reason = "our group, which came with the run: the others let in all that is wanted"
        drafts.append(Draft(origin, Phase.NARROW, Effect.NARROW, act, reason))
    ours = snapshot.groups.get(stand.own or "")
    # By the name that the run gave it: a group that only bears our tags today is not what the run made.
    made = isinstance(ours, SecurityGroup) and any(
        isinstance(i, DiscardGroup) and i.target == new_group(ours.vpc, ours.name) for i in inverses
    )
    free = leaves or (stand.own is not None and stand.own not in balancer.groups)
    going = () if stand.own is None or not made or not free or parts_of_new_group(stand.own) else (stand.own,)
    drafts += [
        Draft(origin, Phase.TIDY, Effect.NEUTRAL, DeleteGroup(name), "our group, which nothing uses any more")
        for name in going
    ]
    notes = [f"{name}, which it had before the run, is not there any more" for name in gone]
    if came and stand.own in balancer.groups and not leaves:
        notes.append(f"{stand.own} stays attached: without it not all that is wanted would be let in")
    expected = coming if leaves else tuple(name for name in (stand.own, *coming) if name in (*balancer.groups, *coming))
    return Unwound(
        tuple(drafts),
        tuple(opening),
        tuple(Note(origin, balancer.id, said) for said in notes),
        (Expectation(origin, balancer.id, groups=expected, healthy=balancer.healthy),),
        tuple(Wait(origin, name, Phase.NARROW, balancer.id, Milestone.DONE) for name in going),
        going,
    )


def _opens(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, name: str) -> str:
    """Whom a group lets in beyond what is wanted, in words; empty if nobody."""
    group = snapshot.groups[name]
    if isinstance(group, Unknown):
        return group.reason
    view = judged(policy, accepted, snapshot, group, holds=False)
    if view.unclear:
        return f"whom {view.unclear[0][0].id} lets in is not known"
    rules = [key_in_words(opening.rule.key) for opening in view.openings]
    more = f", and {len(rules) - _SHOWN} more" if len(rules) > _SHOWN else ""
    return ", ".join(rules[:_SHOWN]) + more


def _all_served(
    policy: Policy,
    accepted: AcceptedList,
    snapshot: Snapshot,
    staying: tuple[str, ...],
    inverses: tuple[Inverse, ...],
) -> bool:
    """Whether these groups alone, with the rules that come back, let in every wanted source.

    What could not be read lets nobody in.
    """
    groups = [group for name in staying if isinstance(group := snapshot.groups.get(name), SecurityGroup)]
    keys = [rule.key for group in groups for rule in group.rules]
    named = {group.id for group in groups}
    keys += [spec.key for i in inverses if isinstance(i, Authorize) and i.group in named for spec in i.rules]
    today = snapshot.at.astimezone(datetime.UTC).date()
    rules = msgspec.structs.replace(terms_of(policy, snapshot), lists=())
    wanted = tuple(spec.key for spec in wanted_rules(policy, accepted, today, rules))
    return all(still_served(key, keys, (key,), snapshot.prefix_lists) for key in wanted)


def of_lists(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, inverses: tuple[Inverse, ...]) -> Unwound:
    """Entries come back, and those that came go if they are not wanted; the lists themselves stay."""
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    wanted = frozenset(accepted.ranges.cidrs)
    drafts: list[Draft] = []
    opening: list[str] = []
    notes: list[Note] = []
    for inverse in dict.fromkeys(inverses):
        match inverse:
            case AddEntries(name, entries):
                held = _held(snapshot, name)
                back = tuple(entry for entry in entries if held is not None and entry.cidr not in held)
                opening += [
                    f"{entry.cidr} in {name}" for entry in back if strangers(AddressSet.of((entry.cidr,)), guests)
                ]
                if back:
                    reason = f"{count(len(back), 'range')} from before the run"
                    drafts.append(Draft(policy.origin, Phase.WIDEN, Effect.WIDEN, AddEntries(name, back), reason))
            case RemoveEntries(name, entries):
                held = _held(snapshot, name)
                out = tuple(e for e in entries if held is not None and e.cidr in held and e.cidr not in wanted)
                if out and accepted.may_remove:
                    reason = f"{count(len(out), 'range')} that came with the run, and not wanted"
                    drafts.append(Draft(policy.origin, Phase.NARROW, Effect.NARROW, RemoveEntries(name, out), reason))
            case ResizePrefixList(name) | DiscardPrefixList(name):
                notes.append(Note(policy.origin, name, "the prefix list stays as large as it is"))
            case _:
                pass
    expectations = tuple(
        Expectation(policy.origin, name, entries=tuple(c for c in accepted.ranges.cidrs if c in (held or ())))
        for name in dict.fromkeys(draft.act.target for draft in drafts)
        if (held := _held(snapshot, name)) is not None
    )
    return Unwound(tuple(drafts), tuple(opening), tuple(notes), expectations)


def _held(snapshot: Snapshot, name: str) -> tuple[str, ...] | None:
    held = snapshot.prefix_lists.get(name)
    return held.entries if isinstance(held, PrefixList) and not isinstance(held.entries, Unknown) else None


def reopening(policy: Policy, opening: tuple[str, ...]) -> tuple[Objection, ...]:
    """The objection to opening beyond what is wanted, where a person has not said that it is meant."""
    if not opening:
        return ()
    return (
        Objection(
            guard="reopen",
            message=f"the rollback would open beyond what is wanted: {'; '.join(opening)}",
            remedy="say --reopen if that is what you mean",
            origin=policy.origin,
        ),
    )
