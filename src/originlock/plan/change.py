"""A change: one API mutation with its place in the order, its effect, its reason and its inverse; and the order itself.

Lives here: changes, findings (objections, holes, notes), expectations, and how drafts become an ordered plan.
Must not live here: which changes a lock wants.
"""

from __future__ import annotations

import enum

import msgspec

from originlock.facts.networks import Cidr
from originlock.facts.origin import RuleKey
from originlock.plan.acts import (
    Act,
    AttachGroups,
    Authorize,
    AuthorizeEgress,
    DetachGroups,
    Inverse,
    Revoke,
    inverse,
    settles,
)
from originlock.plan.trust_acts import CreateTrustStore, EdgeAct, ReplaceBundle, SetMutualTls, UploadCertificate


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
    """A guard's reason not to go on; nothing is changed of the origin that it is about.

    Attributes:
        guard: the guard's short name.
        origin: whose changes it stops; empty where it stops all, as a word on the list does.
        digest: of the list that would be accepted by a person's override, where there is one.
        lock: whose changes alone it stops; empty where it stops all of the origin's: trouble with certificates must
            not keep the edge's ranges from being kept current.
    """

    guard: str
    message: str
    remedy: str
    origin: str = ""
    digest: str | None = None
    lock: str = ""


class Hole(msgspec.Struct, frozen=True):
    """A way round: a rule that lets a stranger in on one of the policy's ports.

    Attributes:
        target: the id of the group.
        what: the rule, in words.
        lets_in: the CIDR or the CIDRs, comma-separated, of those whom it lets in.
        rule: the rule's id.
        close_with: what would close it, where this plan does not.
        closed_by_plan: whether it does.
        narrow: it is somebody's rule for few addresses, such as an office's: whoever closes it may not mean to.
    """

    origin: str
    target: str
    what: str
    lets_in: str
    rule: str
    close_with: str
    closed_by_plan: bool = False
    narrow: bool = False


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
    """What a read-back of one target must show, or nothing that waits for it is narrowed.

    Attributes:
        present: of a group: rules for wanted sources, all of them.
        groups: of a load balancer: groups that it and each of its interfaces must show.
        healthy: of a load balancer: targets that were healthy at the look, and must not have become unhealthy.
        entries: of a prefix list: all of them.
    """

    origin: str
    target: str
    present: tuple[RuleKey, ...] = ()
    groups: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()
    entries: tuple[Cidr, ...] = ()


class Milestone(enum.Enum):
    """How far another target must be."""

    WIDENED = "widened"
    DONE = "done"


class Wait(msgspec.Struct, frozen=True):
    """One target must not begin before another is so far: what makes one story of the changes of several targets.

    Attributes:
        target: who waits, whosever changes it: a list that origins share waits for what any of them has it wait for.
        before: ``widen``: it does not begin at all; ``narrow``: it widens, and does not narrow.
        on: the other target; if nothing is to be done there nor expected of it, there is nothing to wait for.
        until: that its widening is proved, or that it has done all and that is proved.
        needed: whether, where nothing is to be done at the other target, this one's tidying is left for another run.
    """

    origin: str
    target: str
    before: Phase
    on: str
    until: Milestone = Milestone.WIDENED
    needed: bool = False


class Presented(msgspec.Struct, frozen=True):
    """Which client certificate the edge must be seen to present, and how that can be seen.

    Attributes:
        sha256: its fingerprint; empty where any of the authority's is good (the edge's shared certificate).
        serial: as `facts.certificates.Certificate.serial`.
        echo: a path whose answer through the edge tells; empty for none.
        logs: where connection logs lie; empty for none.
        port: of a listener that verifies, made for a moment; 0 for none.
    """

    origin: str
    sha256: str
    serial: str
    echo: str = ""
    logs: str = ""
    port: int = 0


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
    waits: tuple[Wait, ...] = ()
    presented: tuple[Presented, ...] = ()


def _until(effect: Effect, act: Act) -> str | None:
    match act:
        case Authorize() | AuthorizeEgress():
            return "AWS shows the rules"
        case Revoke():
            return "AWS no longer shows the rules"
        case AttachGroups():
            return "every interface of the load balancer shows the groups"
        case DetachGroups():
            return "no interface of the load balancer shows the groups any more"
        case CreateTrustStore() | ReplaceBundle():
            return "the trust store is ACTIVE, and what is read back of it is what was asked for"
        case UploadCertificate():
            return "the edge says that the certificate is active"
        case _ if isinstance(act, EdgeAct):
            return "the edge shows it"
        case _ if settles(act):
            return "AWS has ended its work on it"
        case _:
            return None if effect is Effect.NEUTRAL else "AWS shows it"


def ordered(drafts: tuple[Draft, ...], waits: tuple[Wait, ...] = ()) -> tuple[Change, ...]:
    """Put drafts in the one order there is: prepare, widen, narrow, tidy for each target, each after the one before.

    Targets come in the order of their ids, so that the plan does not depend on the order of inputs, but for those that
    wait for others: they come after them. Within a phase of a target the lock's own order stands. What a target waits
    for is in `after` too.
    """
    lanes: dict[tuple[str, str], list[Draft]] = {}
    for draft in _each_once(drafts):
        lanes.setdefault((draft.origin, draft.act.target), []).append(draft)
    changes: dict[tuple[str, str], list[Change]] = {}
    for origin, target in _after_those_they_wait_for(sorted(lanes), waits):
        lane = lanes[origin, target]
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
                until=_until(draft.effect, draft.act),
            )
            changes.setdefault((origin, target), []).append(change)
            before = (change.id,)
    return tuple(c for lane in _with_waits(changes, waits).values() for c in lane)


def _after_those_they_wait_for(keys: list[tuple[str, str]], waits: tuple[Wait, ...]) -> list[tuple[str, str]]:
    """The same keys, each after those of the targets that it waits for, as far as they do not wait for each other."""
    by_target: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        by_target.setdefault(key[1], []).append(key)
    awaited: dict[str, list[str]] = {}
    for wait in waits:
        awaited.setdefault(wait.target, []).append(wait.on)
    placed: dict[tuple[str, str], None] = {}
    begun: set[tuple[str, str]] = set()
    stack = list(reversed(keys))
    while stack:
        key = stack[-1]
        if key in begun:
            placed.setdefault(stack.pop())
            continue
        begun.add(key)
        before = [other for on in awaited.get(key[1], ()) for other in by_target.get(on, ()) if other not in begun]
        stack += reversed(before)
    return list(placed)


def _each_once(drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    """What several origins ask of one target in the same words (a list that they share) is done once.

    What one origin asks for at two moments (a listener that was left goes, and the one that is made instead) is not.
    """
    found: dict[tuple[Act, Phase], Draft] = {}
    for draft in drafts:
        found.setdefault((draft.act, draft.phase), draft)
    return tuple(found.values())


def _with_waits(
    changes: dict[tuple[str, str], list[Change]], waits: tuple[Wait, ...]
) -> dict[tuple[str, str], list[Change]]:
    """The same changes, each that waits for another target with that one's last change in its `after`."""
    for wait in waits:
        awaited = [c for (_, target), held in changes.items() if target == wait.on for c in held]
        if wait.until is Milestone.WIDENED:
            awaited = [c for c in awaited if widens(c)]
        for lane in (held for (_, target), held in changes.items() if target == wait.target):
            first = next((n for n, c in enumerate(lane) if wait.before is Phase.WIDEN or not widens(c)), None)
            if first is not None and awaited:
                after = tuple(dict.fromkeys((*lane[first].after, awaited[-1].id)))
                lane[first] = msgspec.structs.replace(lane[first], after=after)
    return changes


def widens(change: Change) -> bool:
    """Whether a change stands before the proof that comes before narrowing."""
    return change.phase in (Phase.PREPARE, Phase.WIDEN)


def contested(contributions: tuple[Contribution, ...]) -> tuple[Objection, ...]:
    """Objections for targets that two origins name, one for each of them: each would take the other's for foreign.

    A prefix list may be shared: what they want of it is the same.
    """
    owners: dict[str, set[str]] = {}
    for contribution in contributions:
        for expectation in contribution.expectations:
            if expectation.present or expectation.groups:
                owners.setdefault(expectation.target, set()).add(expectation.origin)
    return tuple(
        Objection(
            guard="contested-target",
            message=f"{target} is named by the origins {' and '.join(sorted(names))}",
            remedy="name it in one of them, or give each origin a group of its own",
            origin=name,
        )
        for target, names in sorted(owners.items())
        if len(names) > 1
        for name in sorted(names)
    )


def contested_listeners(contributions: tuple[Contribution, ...]) -> tuple[Objection, ...]:
    """Objections for listeners of which two origins demand something, one for each: the last would undo the first.

    They stop what the origins ask for of certificates, and nothing else.
    """
    owners: dict[str, set[str]] = {}
    for draft in (draft for contribution in contributions for draft in contribution.drafts):
        if isinstance(draft.act, SetMutualTls):
            owners.setdefault(draft.act.target, set()).add(draft.origin)
    return tuple(
        Objection(
            guard="contested-target",
            message=f"the listener {target} is of the origins {' and '.join(sorted(names))}",
            remedy="have one origin for a load balancer, with all hostnames",
            origin=name,
            lock="identity",
        )
        for target, names in sorted(owners.items())
        if len(names) > 1
        for name in sorted(names)
    )
