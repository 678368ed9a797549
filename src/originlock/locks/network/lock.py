"""The network lock's word on one origin: its questions, its changes, its promises.

Lives here: from policy, list and snapshot to a contribution. Must not live here: the guards' reasons (see `guards`).
"""

from __future__ import annotations

import datetime
import hashlib

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import FAMILIES, IPV4, Family, family, prefix_length
from originlock.facts.origin import (
    CidrSource,
    PrefixListSource,
    Rule,
    RulesQuota,
    SecurityGroup,
    parts_of_new_group,
)
from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.words import addresses_in_words, count, key_in_words, rule_in_words
from originlock.intent.policy import COMMAND_LINE_ORIGIN, Overrides, Policy
from originlock.locks.network import balancer, guards, ownership, prefix_lists
from originlock.locks.network.holders import planned
from originlock.locks.network.judged import JudgedGroup, Opening
from originlock.locks.network.room import AddStep, Arrangement, MakeRoomStep, Site, arranged, counted
from originlock.locks.network.standing import Standing, standing
from originlock.locks.network.terms import Door, doors_of, families_of
from originlock.locks.network.wanted import welcome, within_ports
from originlock.plan.acts import Authorize, DetachGroups, RemoveEntries, Revoke, TagRules
from originlock.plan.change import Contribution, Draft, Effect, Expectation, Hole, Note, Phase, Unread
from originlock.plan.questions import AskHostnames, AskPrefixLists, AskRulesQuota, Question

_NARROW: dict[Family, int] = {4: 16, 6: 48}
"""A source as narrow as an exception may be (at most /16 or /48) may be one that somebody forgot to write down."""


def questions(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, overrides: Overrides) -> tuple[Question, ...]:
    """What else must be read before `contribution` can decide; empty when everything is there."""
    stand = standing(policy, accepted, snapshot)
    asked: list[Question] = [*balancer.questions(policy, snapshot, stand), *prefix_lists.questions(policy, snapshot)]
    if asked:
        # Roles and terms hang on the answers, and lists that are found by their tags need not be read twice.
        return tuple(asked)
    for view in stand.views:
        # What a list counts as is not known before it is read, so that nothing can be said of the room.
        lists = _unread_prefix_lists(policy, snapshot, view.group, every=_needs_room(policy, accepted, view, snapshot))
        if lists:
            asked.append(AskPrefixLists(lists))
        elif (
            not _fits(policy, accepted, view, snapshot)
            and isinstance(snapshot.quota, RulesQuota)
            and not snapshot.quota.observed
        ):
            asked.append(AskRulesQuota())
    if guards.needs_hostnames(policy, accepted, stand, overrides):
        unresolved = tuple(name for name in policy.hostnames if name not in snapshot.resolutions)
        asked += [AskHostnames(unresolved)] if unresolved else []
    return tuple(dict.fromkeys(asked))


def contribution(policy: Policy, accepted: AcceptedList, snapshot: Snapshot, overrides: Overrides) -> Contribution:
    """What this lock wants changed, what it objects to, what it found, and what it promises."""
    stand = standing(policy, accepted, snapshot)
    today = snapshot.at.astimezone(datetime.UTC).date()
    arrangements = {view.group.id: _arranged(policy, view, accepted, snapshot) for view in stand.views}
    drafts = (
        *prefix_lists.drafts(policy, accepted, snapshot, stand),
        *balancer.drafts(policy, snapshot, stand),
        *(d for view in stand.views for d in _drafts(policy, accepted, view, arrangements[view.group.id], overrides)),
    )
    changed = {draft.act.target for draft in drafts}
    return Contribution(
        drafts=drafts,
        objections=(
            *guards.objections(policy, accepted, snapshot, stand, arrangements, overrides),
            *balancer.objections(policy, accepted, snapshot, stand),
            *prefix_lists.objections(policy, accepted, snapshot, stand),
        ),
        holes=marked(holes(policy, accepted, snapshot), drafts),
        notes=(
            *_policy_notes(policy, accepted, today),
            *balancer.notes(policy, snapshot, stand),
            *(n for view in stand.views for n in _notes(policy, view, overrides)),
        ),
        unknown=unread(policy, accepted, snapshot),
        expectations=(
            *prefix_lists.expectations(policy, accepted, snapshot),
            *balancer.expectation(policy, snapshot, stand),
            *(Expectation(policy.origin, view.group.id, view.wanted_keys) for view in stand.holds),
            *(Expectation(policy.origin, v.group.id) for v in stand.beside if v.group.id in changed),
        ),
        basis=(
            *(basis_of(view.group) for view in stand.views if parts_of_new_group(view.group.id) is None),
            *balancer.basis(snapshot),
            *prefix_lists.basis(policy, snapshot),
        ),
        waits=(
            *prefix_lists.waits(policy, accepted, snapshot, stand),
            *balancer.waits(policy, snapshot, stand),
        ),
    )


def holes(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Hole, ...]:
    """Every way round that the groups hold at the moment of the snapshot, with what would close it."""
    stand = standing(policy, accepted, snapshot)
    guests = welcome(policy, accepted, snapshot.at.astimezone(datetime.UTC).date())
    return (
        *prefix_lists.holes(policy, accepted, snapshot, stand, guests),
        *(
            _hole(policy, accepted, snapshot, stand, view, opening)
            for view in stand.views
            for opening in sorted(view.openings, key=_widest_first)
        ),
    )


def _widest_first(opening: Opening) -> tuple[int, int, str]:
    return (-opening.lets_in.of_family(IPV4).size(), -opening.lets_in.size(), opening.rule.id)


def marked(found: tuple[Hole, ...], drafts: tuple[Draft, ...]) -> tuple[Hole, ...]:
    """The holes, each with the word on whether these drafts close it: the rule goes, or the group that holds it."""
    gone = {rule.id for draft in drafts if isinstance(draft.act, Revoke) for rule in draft.act.rules}
    left = {name for draft in drafts if isinstance(draft.act, DetachGroups) for name in draft.act.groups}
    out = {
        (draft.act.prefix_list, f"entry {entry.cidr}")
        for draft in drafts
        if isinstance(draft.act, RemoveEntries)
        for entry in draft.act.entries
    }
    return tuple(
        msgspec.structs.replace(hole, closed_by_plan=True)
        if hole.rule in gone or hole.target in left or (hole.target, hole.what) in out
        else hole
        for hole in found
    )


def unread(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Unread, ...]:
    """What could not be read, and so is neither good nor bad."""
    found = [Unread(policy.origin, "", u.what, u.reason) for u in snapshot.unknown]
    found += [*balancer.unread(policy, snapshot), *prefix_lists.unread(policy, snapshot)]
    for name, group in sorted(snapshot.groups.items()):
        if isinstance(group, Unknown):
            found.append(Unread(policy.origin, name, group.what, group.reason))
    for view in standing(policy, accepted, snapshot).views:
        for rule, unknown in view.unclear:
            what = f"whom {rule_in_words(rule)} lets in"
            found.append(Unread(policy.origin, view.group.id, what, f"{unknown.what}: {unknown.reason}"))
    return tuple(found)


def basis_of(group: SecurityGroup) -> tuple[str, str]:
    """The name and the digest of what a plan rests on, of one group."""
    rules = tuple(sorted(group.rules, key=lambda rule: rule.id))
    return (f"rules of {group.id}", "sha256:" + hashlib.sha256(msgspec.json.encode(rules)).hexdigest())


def _unread_prefix_lists(policy: Policy, snapshot: Snapshot, group: SecurityGroup, *, every: bool) -> tuple[str, ...]:
    """Prefix lists that matter and were not asked for: at the doors, or all where room must be reckoned.

    Where a family is left out, also those that own rules name anywhere: which of them are of that family must be known.
    """
    doors = doors_of(policy, snapshot)
    apart = policy.network.ipv6 is None and len(families_of(policy, snapshot)) < len(FAMILIES)
    return tuple(
        sorted(
            {
                rule.key.source.prefix_list
                for rule in group.rules
                if isinstance(rule.key.source, PrefixListSource)
                and rule.key.source.prefix_list not in snapshot.prefix_lists
                and (
                    every
                    or any(rule.key.opens(*door) for door in doors)
                    or (apart and ownership.is_own(rule, policy.origin))
                )
            }
        )
    )


def _limit(snapshot: Snapshot) -> int:
    return guards.quota_of(snapshot).limit


def _fits(policy: Policy, accepted: AcceptedList, view: JudgedGroup, snapshot: Snapshot) -> bool:
    """Whether everything missing goes in at once."""
    keys = [rule.key for rule in view.group.rules] + [spec.key for spec in view.missing]
    lists = planned(policy, accepted, snapshot)
    return not _needs_room(policy, accepted, view, snapshot) or counted(keys, lists).within(_limit(snapshot))


def _needs_room(policy: Policy, accepted: AcceptedList, view: JudgedGroup, snapshot: Snapshot) -> bool:
    """Whether the group will count as more rules than it does: by rules, or by a list that becomes larger."""
    return bool(view.missing) or guards.outgrows(snapshot, view, planned(policy, accepted, snapshot))


def _arranged(policy: Policy, view: JudgedGroup, accepted: AcceptedList, snapshot: Snapshot) -> Arrangement:
    # An own rule makes room only for what is a rule itself: whether a list holds its addresses is not known yet.
    removable = view.own_unwanted if accepted.may_remove and policy.network.via == "rules" else ()
    return arranged(
        Site(
            view.group.rules,
            view.missing,
            removable,
            view.wanted_keys,
            _limit(snapshot),
            planned(policy, accepted, snapshot),
        )
    )


def _drafts(
    policy: Policy, accepted: AcceptedList, view: JudgedGroup, arrangement: Arrangement, overrides: Overrides
) -> list[Draft]:
    drafts: list[Draft] = []
    group = view.group.id
    for before in ((), ownership.tags_for(COMMAND_LINE_ORIGIN)) if overrides.adopt else ():
        ids = tuple(rule.id for rule in adoptable(policy, view) if ownership.owner_tags(rule) == before)
        if ids:
            reason = f"take over {count(len(ids), 'rule')} for wanted sources that somebody else made"
            act = TagRules(group, ids, ownership.tags_for(policy.origin), before)
            drafts.append(Draft(policy.origin, Phase.PREPARE, Effect.NEUTRAL, act, reason))
    made_room: set[str] = set()
    for step in arrangement.steps:
        match step:
            case AddStep(rules):
                reason = f"{count(len(rules), 'wanted source')} not let in yet"
                drafts.append(Draft(policy.origin, Phase.WIDEN, Effect.WIDEN, Authorize(group, rules), reason))
            case MakeRoomStep(own):
                made_room |= {rule.id for rule in own}
                reason = f"{count(len(own), 'own rule')} no longer wanted, to make room at the quota"
                drafts.append(Draft(policy.origin, Phase.WIDEN, Effect.NARROW, Revoke(group, own), reason))
    leaving = leaving_rules(accepted, view)
    rest = tuple(rule for rule in leaving if rule.id not in made_room)
    if rest:
        reason = _why_leaving(view, rest)
        drafts.append(Draft(policy.origin, Phase.NARROW, Effect.NARROW, Revoke(group, rest), reason))
    return drafts


def adoptable(policy: Policy, view: JudgedGroup) -> tuple[Rule, ...]:
    """Rules for wanted sources that may be taken over: nobody's, and those that options alone have made.

    A rule of another origin of a configuration is that origin's: it would take it back.
    """
    takers = {None} if policy.origin == COMMAND_LINE_ORIGIN else {None, COMMAND_LINE_ORIGIN}
    return tuple(rule for rule in view.theirs if ownership.owner(rule) in takers)


def leaving_rules(accepted: AcceptedList, view: JudgedGroup) -> tuple[Rule, ...]:
    """The rules that this plan takes out: none while the list's forms disagree."""
    if not accepted.may_remove:
        return ()
    return tuple(sorted((*view.own_unwanted, *view.going), key=lambda rule: rule.id))


def _why_leaving(view: JudgedGroup, rest: tuple[Rule, ...]) -> str:
    going = {rule.id for rule in view.going}
    own = sum(1 for rule in rest if rule.id not in going)
    foreign = len(rest) - own
    parts = []
    if own:
        parts.append(f"{count(own, 'own rule')} no longer wanted")
    if foreign:
        parts.append(f"{count(foreign, 'foreign rule')} by which strangers come in, removed as the policy says")
    return "; ".join(parts)


def _hole(
    policy: Policy,
    accepted: AcceptedList,
    snapshot: Snapshot,
    stand: Standing,
    view: JudgedGroup,
    opening: Opening,
) -> Hole:
    rule = opening.rule
    source = rule.key.source
    return Hole(
        origin=policy.origin,
        target=view.group.id,
        what=rule_in_words(rule),
        lets_in=source.cidr if isinstance(source, CidrSource) else addresses_in_words(opening.lets_in),
        rule=rule.id,
        close_with=_how_to_close(policy, accepted, stand, view, rule)
        or _how_to_close_by_name(policy, view, rule, doors_of(policy, snapshot)),
        narrow=ownership.owner(rule) is None and _is_narrow(rule),
    )


def _is_narrow(rule: Rule) -> bool:
    """Whether it lets in so few that somebody may mean it: an office, a partner."""
    source = rule.key.source
    return isinstance(source, CidrSource) and prefix_length(source.cidr) >= _NARROW[family(source.cidr)]


def _how_to_close(policy: Policy, accepted: AcceptedList, stand: Standing, view: JudgedGroup, rule: Rule) -> str | None:
    """What closes it without its being named; None if it must be."""
    if not accepted.may_remove:
        return "nothing is removed while the published forms of the list disagree: apply again when they agree"
    if rule in view.own_unwanted or rule in view.going or view.group.id in stand.leaving:
        return "it goes with the next `originlock apply`"
    if stand.own is not None and policy.network.foreign == "report" and view.group.id != stand.own:
        return f'--foreign remove (or foreign = "remove"), which detaches {view.group.id} unless somebody needs it'
    if ownership.owner(rule) is None and view.group.id in stand.shared:
        instead = "have a group of our own created, or " if stand.own is None else ""
        return f"others use {view.group.id} too: {instead}name the rule: {_named(rule)}"
    if ownership.owner(rule) is None and isinstance(rule.key.source, CidrSource) and within_ports(rule.key, policy):
        keep = "; to keep it, write it down as an exception" if _is_narrow(rule) else ""
        return f'--foreign remove (or foreign = "remove" in the configuration){keep}'
    return None


def _named(rule: Rule) -> str:
    return f'--foreign remove --foreign-rule {rule.id} (or foreign = "remove", foreign_rules = ["{rule.id}"])'


def _how_to_close_by_name(policy: Policy, view: JudgedGroup, rule: Rule, doors: tuple[Door, ...]) -> str:
    other = ownership.owner(rule)
    if other is not None:
        return f"it belongs to the origin {other}: change it there, or name it: {_named(rule)}"
    network = policy.network
    unlocked = [
        f"{p}/{n}" for p, n in doors if (p != network.protocol or n not in network.ports) and rule.key.opens(p, n)
    ]
    if unlocked and isinstance(rule.key.source, CidrSource) and rule not in view.own_unwanted:
        said = f"{' and '.join(unlocked)} {'is' if len(unlocked) == 1 else 'are'} listened on, and not locked"
        ports = sorted({*network.ports, *(n for p, n in doors if p == network.protocol and rule.key.opens(p, n))})
        every = " ".join(f"--port {port}" for port in ports)
        too = f"lock it too ({every}, or ports = {ports})"
        return f"{said}: {too}, delete the listener, or name the rule: {_named(rule)}"
    by_list = isinstance(rule.key.source, PrefixListSource)
    reason = "it names a prefix list" if by_list else "it opens more than the ports"
    return f"{reason}, so it must be named: {_named(rule)}"


def _policy_notes(policy: Policy, accepted: AcceptedList, today: datetime.date) -> tuple[Note, ...]:
    notes = []
    if not accepted.may_remove:
        notes.append(
            Note(policy.origin, "", "the published forms of the list disagree: nothing is removed in this run")
        )
    for exemption in policy.exceptions:
        if not exemption.holds_on(today):
            said = f"the exception {exemption.source} ({exemption.reason}) ended on {exemption.expires}"
            notes.append(Note(policy.origin, "", f"{said}: it is no longer let in"))
        elif exemption.ends_soon(today):
            said = f"the exception {exemption.source} ({exemption.reason}, {exemption.owner})"
            notes.append(Note(policy.origin, "", f"{said} ends on {exemption.expires}"))
    return tuple(notes)


def _notes(policy: Policy, view: JudgedGroup, overrides: Overrides) -> list[Note]:
    notes = []
    target = view.group.id
    free = adoptable(policy, view)
    if free and not overrides.adopt:
        said = f"{count(len(free), 'rule')} for wanted sources made by somebody else: present, and left theirs"
        notes.append(Note(policy.origin, target, f"{said} (--adopt takes them over)"))
    if len(view.theirs) > len(free):
        others = count(len(view.theirs) - len(free), "rule")
        notes.append(Note(policy.origin, target, f"{others} for wanted sources of another origin: present, and left"))
    if view.elsewhere:
        here = [
            rule
            for rule in view.elsewhere
            if any(rule.key.opens(policy.network.protocol, p) for p in policy.network.ports)
        ]
        apart = len(view.elsewhere) - len(here)
        if apart:
            said = f"{count(apart, 'own rule')} on ports that are not named now: left alone"
            notes.append(Note(policy.origin, target, f"{said}; name every port, to keep them current"))
        if here:
            said = f"{count(len(here), 'own rule')} for IPv6, which the load balancer does not have: left alone"
            notes.append(Note(policy.origin, target, f"{said} (ipv6 = false takes them out)"))
    notes += [Note(policy.origin, target, f"foreign, left alone: {rule_in_words(rule)}") for rule in view.harmless]
    openings = {opening.rule.id for opening in view.openings}
    going = {rule.id for rule in view.going}
    for name in policy.network.foreign_rules:
        held = next((rule for rule in view.group.rules if rule.id == name), None)
        if held is not None and name not in going and name not in openings:
            said = f"{name} is named to be removed, but lets no stranger in on the policy's ports"
            notes.append(Note(policy.origin, target, f"{said}: {key_in_words(held.key)}"))
    return notes
