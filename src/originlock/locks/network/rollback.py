"""The network lock's way back: inverses of a journalled run, as a plan under all guards like any other.

Lives here: which inverses may be done now. Must not live here: reading the journal.
A rollback never removes a wanted source, and never opens beyond what is wanted unless a person says so.
"""

from __future__ import annotations

import datetime
from typing import assert_never

import msgspec

from originlock.facts.edge import AcceptedList
from originlock.facts.origin import PrefixListSource, Rule, RuleKey, RuleSpec, RulesQuota, parts_of_new_group
from originlock.facts.snapshot import Snapshot
from originlock.facts.words import count, key_in_words
from originlock.intent.policy import Overrides, Policy
from originlock.locks.network import guards, ownership, unwinding
from originlock.locks.network.balancer import basis
from originlock.locks.network.judged import JudgedGroup
from originlock.locks.network.lock import basis_of, holes, marked, unread
from originlock.locks.network.room import (
    AddStep,
    Arrangement,
    Counts,
    MakeRoomStep,
    Site,
    arranged,
    counted,
    still_served,
)
from originlock.locks.network.standing import Standing, standing
from originlock.locks.network.terms import terms_of
from originlock.locks.network.wanted import lets_in_only_welcome, wanted_rules, welcome
from originlock.plan.acts import Authorize, Inverse, Revoke, RuleInverse, TagRules, UntagRules, Withdraw, remaining
from originlock.plan.change import Contribution, Draft, Effect, Expectation, Note, Objection, Phase
from originlock.plan.questions import AskPrefixLists, AskRulesQuota, Question

_SHOWN = 5


def rollback_contribution(
    policy: Policy,
    accepted: AcceptedList,
    snapshot: Snapshot,
    overrides: Overrides,
    inverses: tuple[Inverse, ...],
) -> Contribution:
    """What undoing these inverses' run means now."""
    stand = standing(policy, accepted, snapshot)
    balancer = unwinding.of_balancer(policy, accepted, snapshot, stand, inverses)
    lists = unwinding.of_lists(policy, accepted, snapshot, inverses)
    ways = [way for way in _ways(policy, accepted, snapshot, stand, inverses) if way.group.id not in balancer.going]
    drafts = (*lists.drafts, *balancer.drafts, *(draft for way in ways for draft in way.drafts()))
    return Contribution(
        drafts=drafts,
        objections=(
            *(o for way in ways for o in way.objections(overrides)),
            *(unwinding.reopening(policy, (*balancer.opening, *lists.opening)) if not overrides.reopen else ()),
        ),
        holes=marked(holes(policy, accepted, snapshot), drafts),
        notes=(*balancer.notes, *lists.notes, *(note for way in ways for note in way.notes())),
        unknown=unread(policy, accepted, snapshot),
        expectations=(*balancer.expectations, *lists.expectations, *(way.expectation() for way in ways)),
        basis=(*(basis_of(way.group) for way in ways if parts_of_new_group(way.group.id) is None), *basis(snapshot)),
        waits=balancer.waits,
    )


def questions(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, inverses: tuple[Inverse, ...]
) -> tuple[Question, ...]:
    """What else must be read: prefix lists that come back or are there, and the quota where it matters."""
    stand = standing(policy, accepted, snapshot)
    asked: list[Question] = unwinding.questions(policy, snapshot, inverses)
    for way in _ways(policy, accepted, snapshot, stand, inverses):
        keys = [rule.key for rule in way.group.rules] + [spec.key for spec in way.coming]
        lists = tuple(
            sorted(
                {
                    key.source.prefix_list
                    for key in keys
                    if isinstance(key.source, PrefixListSource) and key.source.prefix_list not in snapshot.prefix_lists
                }
            )
        )
        tight = way.coming and not counted(keys, snapshot.prefix_lists).within(guards.quota_of(snapshot).limit)
        if lists:
            asked.append(AskPrefixLists(lists))
        elif tight and isinstance(snapshot.quota, RulesQuota) and not snapshot.quota.observed:
            asked.append(AskRulesQuota())
    return tuple(dict.fromkeys(asked))


def _ways(
    policy: Policy, accepted: AcceptedList, snapshot: Snapshot, stand: Standing, inverses: tuple[Inverse, ...]
) -> list[_Way]:
    of_rules = [inverse for inverse in inverses if isinstance(inverse, RuleInverse)]
    return [
        _Way(policy, accepted, snapshot, view, tuple(i for i in of_rules if i.group == view.group.id))
        for view in stand.views
    ]


def _by_tags(group: str, rules: tuple[RuleSpec, ...]) -> list[Authorize]:
    """One act for each set of tags: AWS tags all rules of a call alike."""
    return [
        Authorize(group, tuple(spec for spec in rules if spec.tags == tags))
        for tags in sorted({spec.tags for spec in rules})
    ]


class _Way:
    """The way back of one group: what comes back, what goes, what must stay."""

    def __init__(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        view: JudgedGroup,
        inverses: tuple[RuleInverse, ...],
    ) -> None:
        today = snapshot.at.astimezone(datetime.UTC).date()
        self.policy = policy
        self.accepted = accepted
        self.snapshot = snapshot
        self.group = view.group
        self.held = {rule.key: rule for rule in view.group.rules}
        # What is wanted of the target is wanted here, whichever of its groups is to hold it.
        self.wanted_keys = tuple(s.key for s in wanted_rules(policy, accepted, today, terms_of(policy, snapshot)))
        self.wanted = set(self.wanted_keys)
        self.guests = welcome(policy, accepted, today)
        self.coming: list[RuleSpec] = []
        self.going: list[Rule] = []
        self.staying: list[RuleKey] = []
        self.retag: list[TagRules | UntagRules] = []
        for inverse in inverses:
            self._take(inverse)
        # A try that was made again stands in the journal again.
        self.coming = list({spec.key: spec for spec in self.coming}.values())
        self.going = self._unneeded(tuple(dict.fromkeys(self.going)))
        self.staying = list(dict.fromkeys(self.staying))
        self.arrangement = self._arranged()

    def _unneeded(self, rules: tuple[Rule, ...]) -> list[Rule]:
        """Those by which no wanted source comes in that no other rule lets in; none while the list is unsettled.

        The list may be cut otherwise than it was: what is wanted is compared by addresses.
        """
        held = [rule.key for rule in self.group.rules] + [s.key for s in self.coming if s.key in self.wanted]
        found: list[Rule] = []
        for rule in rules:
            without = [key for key in held if key != rule.key]
            if self.accepted.may_remove and still_served(
                rule.key, without, self.wanted_keys, self.snapshot.prefix_lists
            ):
                found.append(rule)
                held = without
            else:
                self.staying.append(rule.key)
        return found

    def _take(self, inverse: RuleInverse) -> None:
        match inverse:
            case Authorize(_, rules):
                self.coming += [spec for spec in rules if spec.key not in self.held]
            case Withdraw(_, rules):
                for spec in rules:
                    self._withdraw(spec.key)
            case TagRules() | UntagRules():
                self._retag(inverse)
            case _:
                assert_never(inverse)

    def _withdraw(self, key: RuleKey) -> None:
        rule = self.held.get(key)
        if rule is None or not ownership.is_own(rule, self.policy.origin):
            return
        if key in self.wanted:
            self.staying.append(key)
        else:
            self.going.append(rule)

    def _retag(self, act: TagRules | UntagRules) -> None:
        # Of rules that are gone nothing is left to do, nor of those whose tags are as they were.
        left = remaining(msgspec.structs.replace(act, rules=self._there(act.rules)), self.group)
        if isinstance(left, TagRules | UntagRules):
            self.retag.append(left)

    def _there(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(rule.id for rule in self.group.rules if rule.id in ids)

    def _arranged(self) -> Arrangement:
        if not self.coming:
            return Arrangement((), Counts())
        site = Site(
            self.group.rules,
            tuple(self.coming),
            tuple(self.going),
            self.wanted_keys,
            guards.quota_of(self.snapshot).limit,
            self.snapshot.prefix_lists,
        )
        return arranged(site)

    def drafts(self) -> list[Draft]:
        origin, group = self.policy.origin, self.group.id
        drafts = [
            Draft(origin, Phase.PREPARE, Effect.NEUTRAL, act, "the tags were otherwise before the run")
            for act in self.retag
        ]
        made_room: set[str] = set()
        for step in self.arrangement.steps:
            match step:
                case AddStep(rules):
                    for act in _by_tags(group, rules):
                        reason = f"{count(len(act.rules), 'rule')} from before the run"
                        drafts.append(Draft(origin, Phase.WIDEN, Effect.WIDEN, act, reason))
                case MakeRoomStep(own):
                    made_room |= {rule.id for rule in own}
                    reason = f"{count(len(own), 'rule')} of the run, not wanted, to make room at the quota"
                    drafts.append(Draft(origin, Phase.WIDEN, Effect.NARROW, Revoke(group, own), reason))
        rest = tuple(rule for rule in self.going if rule.id not in made_room)
        if rest:
            reason = f"{count(len(rest), 'rule')} that came with the run, and not wanted"
            drafts.append(Draft(origin, Phase.NARROW, Effect.NARROW, Revoke(group, rest), reason))
        return drafts

    def objections(self, overrides: Overrides) -> list[Objection]:
        found = []
        beyond = [s.key for s in self.coming if not lets_in_only_welcome(s.key, self.policy, self.guests)]
        if beyond and not overrides.reopen:
            found.append(
                Objection(
                    guard="reopen",
                    message=(
                        f"the rollback would open {self.group.id} beyond what is wanted: "
                        + ", ".join(key_in_words(key) for key in beyond[:_SHOWN])
                        + (f", and {len(beyond) - _SHOWN} more" if len(beyond) > _SHOWN else "")
                    ),
                    remedy="say --reopen if that is what you mean",
                    origin=self.policy.origin,
                )
            )
        if self.arrangement.shortfall != Counts():
            found.append(
                Objection(
                    guard="rules-quota",
                    message=f"{self.group.id} has no room for the {len(self.coming)} rules that would come back",
                    remedy="take out rules that are not needed, or raise the quota L-0EA8095F",
                    origin=self.policy.origin,
                )
            )
        return found

    def notes(self) -> list[Note]:
        if not self.staying:
            return []
        many = count(len(self.staying), "rule")
        said = f"{many} that came with the run, wanted now or not known to be unwanted: left there"
        return [Note(self.policy.origin, self.group.id, said)]

    def expectation(self) -> Expectation:
        """What is wanted and there, or comes back, must be there before anything goes."""
        coming = {spec.key for spec in self.coming}
        present = tuple(key for key in self.wanted_keys if key in self.held or key in coming)
        return Expectation(self.policy.origin, self.group.id, present)
