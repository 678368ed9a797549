"""Adoption: rules for the edge's ranges that nobody owns, taken over by their tags, and nothing else.

Lives here: which rules are such, and the plan that takes them over. Must not live here: what a later plan does with
them. Nothing is opened or closed by an adoption: it widens and narrows nobody's way in.
"""

from __future__ import annotations

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.networks import Cidr
from originlock.facts.origin import CidrSource, Rule, SecurityGroup, parts_of_new_group
from originlock.facts.snapshot import Snapshot
from originlock.facts.words import count
from originlock.intent.policy import Policy
from originlock.locks.network import ownership
from originlock.locks.network.judged import JudgedGroup
from originlock.locks.network.lock import basis_of, holes, unread
from originlock.locks.network.standing import standing
from originlock.plan.acts import TagRules
from originlock.plan.change import Contribution, Draft, Effect, Expectation, Hole, Note, Phase


def adoption_contribution(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> Contribution:
    """Take over every rule that a script or a person made for the edge's ranges, past ones included."""
    views = _views(policy, accepted, snapshot)
    return Contribution(
        drafts=tuple(draft for view in views for draft in _drafts(policy, accepted, view.group)),
        holes=_after_it(policy, accepted, snapshot),
        notes=tuple(note for view in views for note in _notes(policy, accepted, view.group)),
        unknown=unread(policy, accepted, snapshot),
        expectations=tuple(_expectation(policy, view) for view in views),
        basis=tuple(basis_of(view.group) for view in views),
    )


def _after_it(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Hole, ...]:
    """The holes, those by rules that are taken over with what then closes them: no option is needed."""
    ours = {rule.id for view in _views(policy, accepted, snapshot) for rule in to_adopt(policy, accepted, view.group)}
    closing = "it is taken over, and goes with the next `originlock apply`"
    return tuple(
        msgspec.structs.replace(hole, close_with=closing) if hole.rule in ours else hole
        for hole in holes(policy, accepted, snapshot)
    )


def _views(policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[JudgedGroup, ...]:
    """The groups in which rules may be taken over.

    Not those that others use too, and beside a group of our own none: what is in them is not for us to keep current.
    """
    stand = standing(policy, accepted, snapshot)
    views = stand.holds if policy.network.security_group == "create" else stand.views
    there = (view for view in views if parts_of_new_group(view.group.id) is None)
    return tuple(view for view in there if view.group.id not in stand.shared)


def to_adopt(policy: Policy, accepted: AcceptedList, group: SecurityGroup) -> tuple[Rule, ...]:
    """The rules of a group that may be taken over, by id.

    They are nobody's, for exactly a range that the edge publishes or published, and for exactly one port of the
    policy. What the policy names for another reason (an exception, a further range) is left to whoever made it.
    """
    ranges = {*accepted.ranges.cidrs, *accepted.past.every.cidrs} - _named_otherwise(policy)
    return tuple(
        rule
        for rule in sorted(group.rules, key=lambda rule: rule.id)
        if ownership.owner(rule) is None
        and isinstance(rule.key.source, CidrSource)
        and rule.key.source.cidr in ranges
        and rule.key.protocol == policy.network.protocol
        and rule.key.from_port == rule.key.to_port
        and rule.key.from_port in policy.network.ports
    )


def _named_otherwise(policy: Policy) -> set[Cidr]:
    return {*policy.network.extra_ranges, *(exemption.source for exemption in policy.exceptions)}


def _drafts(policy: Policy, accepted: AcceptedList, group: SecurityGroup) -> list[Draft]:
    rules = to_adopt(policy, accepted, group)
    if not rules:
        return []
    past = len(_past(accepted, rules))
    reason = f"for {policy.edge}'s ranges, made by nobody of us; their descriptions stay as they are"
    if past:
        reason += f"; {past} of them for ranges of the past, which the next `originlock apply` takes out"
    act = TagRules(group.id, tuple(rule.id for rule in rules), ownership.tags_for(policy.origin))
    return [Draft(policy.origin, Phase.PREPARE, Effect.NEUTRAL, act, reason)]


def _past(accepted: AcceptedList, rules: tuple[Rule, ...]) -> list[Cidr]:
    published = set(accepted.ranges.cidrs)
    sources = [rule.key.source for rule in rules]
    return [source.cidr for source in sources if isinstance(source, CidrSource) and source.cidr not in published]


def _notes(policy: Policy, accepted: AcceptedList, group: SecurityGroup) -> list[Note]:
    past = _past(accepted, to_adopt(policy, accepted, group))
    if not past:
        return []
    return [Note(policy.origin, group.id, f"{count(len(past), 'range')} of the past: {', '.join(past)}")]


def _expectation(policy: Policy, view: JudgedGroup) -> Expectation:
    """What is wanted and there must still be there; what is wanted and not there is for the next apply."""
    held = {rule.key for rule in view.group.rules}
    return Expectation(policy.origin, view.group.id, tuple(key for key in view.wanted_keys if key in held))
