"""Plan: the list, a look, and what the locks make of them; nothing is written.

Lives here: how a plan comes about. Must not live here: the write ports.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, assert_never

import msgspec

from originlock.acceptance.judge import Accepted, RefusedList
from originlock.app.observe import Answerers, Case, TrustPorts, accept_list, answered, baseline_of, look
from originlock.app.vantage import Probing
from originlock.errors import CloudError, TargetError, UsageError
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import NO_EDGE, Limits, Overrides, Place, Policy
from originlock.locks.interface import Lock
from originlock.plan.acts import Inverse
from originlock.plan.change import Contribution, Note, Objection, Unread
from originlock.plan.document import Plan, PlanFrame, Purpose, composed
from originlock.ports.reading import Baselines, Clock, Clouds, Edges, Resolver


@dataclasses.dataclass(frozen=True)
class Readers:
    """The ports that planning asks, and the locks that it asks for.

    Attributes:
        trust: what the identity lock asks; None where there is no such lock.
    """

    locks: tuple[Lock, ...]
    clouds: Clouds
    edges: Edges
    resolver: Resolver
    baselines: Baselines
    clock: Clock
    probing: Probing
    trust: TrustPorts | None = None


NO_LIST = AcceptedList(NO_EDGE, Ranges(), source="no edge", current=False)
"""What locks are given where there is no edge: nothing may be removed on its strength, and it is never a baseline."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be planned.

    Attributes:
        purpose: to have what is wanted, or to take over what others made of it.
    """

    policies: tuple[Policy, ...]
    limits: Limits
    overrides: Overrides
    purpose: Literal["apply", "adopt"] = "apply"


@dataclasses.dataclass(frozen=True)
class Undo:
    """Which run is to be undone, and what leads back: (origin, inverse) pairs, newest first."""

    run: str
    inverses: tuple[tuple[str, Inverse], ...]

    def of(self, origin: str) -> tuple[Inverse, ...]:
        """What leads one origin back."""
        return tuple(inverse for name, inverse in self.inverses if name == origin)


@dataclasses.dataclass(frozen=True)
class Planned:
    """A plan, and the snapshots that it was made of, by origin."""

    plan: Plan
    snapshots: dict[str, Snapshot]


def make_plan(request: Request, readers: Readers, undo: Undo | None = None) -> Planned:
    """Read everything and plan. Of several origins, one that cannot be looked at is told of as unknown.

    Raises:
        TargetError: the target of the only origin does not exist.
        CloudError: AWS cannot be asked at all of the only origin.
        UsageError: the origins stand behind different edges; or there is no such profile or Region, of the only one.
    """
    edge = _one_edge(request.policies)
    pending = None if edge is None else readers.edges.start(edge)
    looks = Looks(readers, several=bool(request.policies[1:]))
    request = dataclasses.replace(request, policies=tuple(looks.placed(policy) for policy in request.policies))
    if edge is None or pending is None:
        return _planned(request, readers, undo, looks, None)
    judged = accept_list(edge, pending, readers.edges, readers.baselines, readers.clock, request.overrides.accept_list)
    if isinstance(judged, RefusedList) and undo is None:
        return Planned(composed(_frame(request, judged, None), ()), {})
    # On a rollback the last accepted list stands in for one that is refused; nothing is removed on its strength.
    last = baseline_of(readers.edges.description(edge), readers.baselines)
    accepted = judged.list if isinstance(judged, Accepted) else msgspec.structs.replace(last, current=False)
    return _planned(request, readers, undo, looks, (judged, accepted))


Judged = tuple[Accepted | RefusedList, AcceptedList]
"""What the guards say of the list, and the list that counts."""


def _planned(request: Request, readers: Readers, undo: Undo | None, looks: Looks, judged: Judged | None) -> Planned:
    """Look at each origin, and have each lock speak; without an edge there is no list."""
    accepted = NO_LIST if judged is None else judged[1]
    purpose: Purpose = request.purpose if undo is None else "rollback"
    snapshots: dict[str, Snapshot] = {}
    contributions: list[Contribution] = []
    for policy in request.policies:
        case = Case(policy, accepted, request.overrides, () if undo is None else undo.of(policy.origin))
        snapshot = looks.of(case)
        if snapshot is not None:
            snapshots[policy.origin] = snapshot
            contributions += [_contribution(lock, case, snapshot, purpose) for lock in readers.locks]
    frame = msgspec.structs.replace(
        _frame(request, judged and judged[0], undo, judged and judged[1]), unknown=looks.unread
    )
    return Planned(composed(frame, tuple(contributions)), snapshots)


class Looks:
    """Looks at origins, one after the other; of several, one that cannot be looked at does not stop the others."""

    def __init__(self, readers: Readers, *, several: bool) -> None:
        self._readers = readers
        self._several = several
        self._lost: dict[Place, CloudError | UsageError] = {}
        self._unread: dict[str, Unread] = {}

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The origins that could not be looked at."""
        return tuple(self._unread.values())

    def placed(self, policy: Policy) -> Policy:
        """The policy with its Region by name, so that a plan means the same wherever it is applied."""
        try:
            region = self._readers.clouds.reader(policy.place).region
        except (CloudError, UsageError) as error:
            self._miss(policy, error)
            return policy
        place = msgspec.structs.replace(policy.place, region=policy.place.region or region)
        return msgspec.structs.replace(policy, place=place)

    def of(self, case: Case) -> Snapshot | None:
        """All that the locks need to know of an origin; None if it cannot be looked at.

        Raises:
            TargetError, CloudError: it cannot, and it is the only one.
        """
        policy, readers = case.policy, self._readers
        if policy.origin in self._unread:
            return None
        try:
            if policy.place in self._lost:
                # What this place answered once it would answer again, and each time takes all its tries.
                raise self._lost[policy.place]
            reader = readers.clouds.reader(policy.place)
            return answered(
                case,
                look(policy, reader, readers.clock),
                readers.locks,
                Answerers(reader, readers.resolver, readers.trust),
            )
        except (TargetError, CloudError, UsageError) as error:
            self._miss(policy, error)
            return None

    def _miss(self, policy: Policy, error: TargetError | CloudError | UsageError) -> None:
        if not self._several:
            raise error
        if isinstance(error, CloudError | UsageError):
            self._lost[policy.place] = error
        reason = f"{error.what}; what to do: {error.remedy}"
        self._unread[policy.origin] = Unread(policy.origin, "", f"origin {policy.origin}", reason)


def _contribution(lock: Lock, case: Case, snapshot: Snapshot, purpose: Purpose) -> Contribution:
    match purpose:
        case "apply":
            return lock.contribution(case.policy, case.accepted, snapshot, case.overrides)
        case "adopt":
            return lock.adoption(case.policy, case.accepted, snapshot)
        case "rollback":
            return lock.rollback(case.policy, case.accepted, snapshot, case.overrides, case.inverses)
        case _:
            assert_never(purpose)


def _one_edge(policies: tuple[Policy, ...]) -> str | None:
    """The edge of all of them that have one; None if none has."""
    names = sorted({policy.edge for policy in policies} - {NO_EDGE})
    if not names:
        return None
    if len(names) != 1:
        message = f"the origins stand behind different edges ({', '.join(names)})"
        raise UsageError(message, "plan them apart, with --origin")
    return names[0]


def _frame(
    request: Request, judged: Accepted | RefusedList | None, undo: Undo | None, accepted: AcceptedList | None = None
) -> PlanFrame:
    notes: tuple[Note, ...]
    objections: tuple[Objection, ...] = ()
    if judged is None:
        notes = ()
    elif isinstance(judged, Accepted):
        notes = tuple(Note("", "", remark) for remark in judged.remarks)
    elif undo is not None:
        said = "; ".join(refusal.message for refusal in judged.refusals)
        notes = (Note("", "", f"the published list is refused, so the last accepted one counts as wanted: {said}"),)
    else:
        notes = ()
        objections = tuple(
            Objection(refusal.guard, refusal.message, refusal.remedy, digest=judged.digest)
            for refusal in judged.refusals
        )
    return PlanFrame(
        policies=request.policies,
        limits=request.limits,
        overrides=request.overrides,
        accepted=accepted,
        purpose=request.purpose if undo is None else "rollback",
        undoes=None if undo is None else undo.run,
        refused_digest=judged.digest if isinstance(judged, RefusedList) and undo is None else None,
        objections=objections,
        notes=notes,
    )
