"""A change: one API mutation with its place in the order, its effect, its reason and its inverse; and the order itself.

Lives here: changes, findings (objections, holes, notes), expectations, and how drafts become an ordered plan.
Must not live here: which changes a lock wants.
"""

from __future__ import annotations

import enum

import msgspec

from originlock.facts.origin import RuleKey
from originlock.plan.acts import Act, Inverse, inverse


class Effect(enum.Enum):
    """What a change does to the set of those who can reach the origin."""

    WIDEN = "widen"
    NARROW = "narrow"
    NEUTRAL = "neutral"


class Phase(enum.Enum):
    """Where in a stage a change stands. Proofs stand after widen and after narrow."""

    PREPARE = "prepare"
    WIDEN = "widen"
    NARROW = "narrow"
    TIDY = "tidy"


PHASE_ORDER = (Phase.PREPARE, Phase.WIDEN, Phase.NARROW, Phase.TIDY)


class Draft(msgspec.Struct, frozen=True):
    """A change as a lock drafts it, before it has its place in the order.

    Attributes:
        origin: whose policy asks for it.
        phase: where in the stage it belongs. A narrowing in the widen phase is allowed for one purpose only:
            own, unwanted rules that make room at a quota.
        reason: why, in words for a person.
    """

    origin: str
    phase: Phase
    effect: Effect
    act: Act
    reason: str


class Change(msgspec.Struct, frozen=True):
    """One API mutation of a plan.

    Attributes:
        id: ``ORIGIN/TARGET/PHASE-N``: the same for the same plan.
        stage: the number of its stage, from 1.
        target: the id of what is changed.
        after: ids of changes that must be done before.
        until: what is to be observed before anything that comes after; None if nothing.
        inverse: what leads back; only in *tidy* may it be None.
    """

    id: str
    origin: str
    stage: int
    phase: Phase
    effect: Effect
    target: str
    reason: str
    act: Act
    inverse: Inverse | None
    after: tuple[str, ...]
    until: str | None

    @property
    def kind(self) -> str:
        """The sort of mutation, such as ``authorize-ingress``."""
        return str(self.act.__struct_config__.tag)


class Objection(msgspec.Struct, frozen=True):
    """A guard's reason not to go on; nothing is changed.

    Attributes:
        guard: the guard's short name.
        digest: of the list that would be accepted by a person's override, where there is one.
    """

    guard: str
    message: str
    remedy: str
    origin: str = ""
    digest: str | None = None


class Hole(msgspec.Struct, frozen=True):
    """A way round: a rule that lets a stranger in on one of the policy's ports.

    Attributes:
        target: the id of the group.
        what: the rule, in words.
        lets_in: the CIDR or the CIDRs, comma-separated, of those whom it lets in.
        rule: the rule's id.
        close_with: what would close it, where this plan does not.
        closed_by: whether this plan closes it.
    """

    origin: str
    target: str
    what: str
    lets_in: str
    rule: str
    close_with: str
    closed_by_plan: bool = False


class Note(msgspec.Struct, frozen=True):
    """Something a person may want to know, without effect on the exit code."""

    origin: str
    target: str
    what: str


class Unread(msgspec.Struct, frozen=True):
    """Something that could not be read, and what it belongs to."""

    origin: str
    target: str
    what: str
    reason: str


class Expectation(msgspec.Struct, frozen=True):
    """What a read-back of one group must show.

    Attributes:
        present: rules for wanted sources: all of them, or nothing is narrowed.
    """

    origin: str
    target: str
    present: tuple[RuleKey, ...]


class Contribution(msgspec.Struct, frozen=True):
    """What one lock says of one origin.

    Attributes:
        drafts: in the order in which they must be done, for each target.
        basis: (name, digest) of each fact that it rests on.
    """

    drafts: tuple[Draft, ...] = ()
    objections: tuple[Objection, ...] = ()
    holes: tuple[Hole, ...] = ()
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unread, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    basis: tuple[tuple[str, str], ...] = ()


_UNTIL = {
    Effect.WIDEN: "AWS shows the rules",
    Effect.NARROW: "AWS no longer shows the rules",
    Effect.NEUTRAL: None,
}


def ordered(drafts: tuple[Draft, ...]) -> tuple[Change, ...]:
    """Put drafts in the one order there is: prepare, widen, narrow, tidy for each target, each after the one before.

    Targets come in the order of their ids, so that the plan does not depend on the order of inputs; within a phase
    of a target the lock's own order stands.
    """
    lanes: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        lanes.setdefault((draft.origin, draft.act.group), []).append(draft)
    changes: list[Change] = []
    for (origin, target), lane in sorted(lanes.items()):
        before: tuple[str, ...] = ()
        counts: dict[Phase, int] = {}
        for draft in sorted(lane, key=lambda draft: PHASE_ORDER.index(draft.phase)):
            counts[draft.phase] = counts.get(draft.phase, 0) + 1
            change = Change(
                id=f"{origin}/{target}/{draft.phase.value}-{counts[draft.phase]}",
                origin=origin,
                stage=1,
                phase=draft.phase,
                effect=draft.effect,
                target=target,
                reason=draft.reason,
                act=draft.act,
                inverse=inverse(draft.act),
                after=before,
                until=_UNTIL[draft.effect],
            )
            changes.append(change)
            before = (change.id,)
    return tuple(changes)


def contested(contributions: tuple[Contribution, ...]) -> tuple[Objection, ...]:
    """Objections for targets that two origins name: each would take the other's rules for foreign ones."""
    owners: dict[str, set[str]] = {}
    for contribution in contributions:
        for expectation in contribution.expectations:
            owners.setdefault(expectation.target, set()).add(expectation.origin)
    return tuple(
        Objection(
            guard="contested-target",
            message=f"{target} is named by the origins {' and '.join(sorted(names))}",
            remedy="name it in one of them, or give each origin a group of its own",
        )
        for target, names in sorted(owners.items())
        if len(names) > 1
    )
