"""Plan: the list, a look, and what the locks make of them; nothing is written.

Lives here: how a plan comes about. Must not live here: the write ports.
"""

from __future__ import annotations

import dataclasses

import msgspec

from originlock.acceptance.judge import Accepted, RefusedList
from originlock.app.observe import Case, accept_list, answered, baseline_of, look
from originlock.errors import UsageError
from originlock.facts.edge import AcceptedList
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import Limits, Overrides, Policy
from originlock.locks.interface import Lock
from originlock.plan.acts import Inverse
from originlock.plan.change import Contribution, Note, Objection
from originlock.plan.document import Plan, PlanFrame, composed
from originlock.ports.reading import Baselines, Clock, Clouds, Edges, Resolver


@dataclasses.dataclass(frozen=True)
class Readers:
    """The ports that planning asks, and the locks that it asks for."""

    locks: tuple[Lock, ...]
    clouds: Clouds
    edges: Edges
    resolver: Resolver
    baselines: Baselines
    clock: Clock


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be planned."""

    policies: tuple[Policy, ...]
    limits: Limits
    overrides: Overrides


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
    """Read everything and plan.

    Raises:
        TargetError: a target does not exist.
        CloudError: AWS cannot be asked at all.
        UsageError: the origins stand behind different edges.
    """
    edge = _one_edge(request.policies)
    pending = readers.edges.start(edge)
    cloud_readers = {policy.origin: readers.clouds.reader(policy.place) for policy in request.policies}
    judged = accept_list(edge, pending, readers.edges, readers.baselines, readers.clock, request.overrides.accept_list)
    if isinstance(judged, RefusedList) and undo is None:
        return Planned(composed(_frame(request, judged, None), ()), {})
    # On a rollback the last accepted list stands in for one that is refused; nothing is removed on its strength.
    last = baseline_of(readers.edges.description(edge), readers.baselines)
    accepted = judged.list if isinstance(judged, Accepted) else msgspec.structs.replace(last, current=False)
    snapshots: dict[str, Snapshot] = {}
    contributions: list[Contribution] = []
    for policy in request.policies:
        reader = cloud_readers[policy.origin]
        case = Case(policy, accepted, request.overrides, () if undo is None else undo.of(policy.origin))
        snapshot = look(policy, reader, readers.clock)
        snapshot = answered(case, snapshot, readers.locks, reader, readers.resolver)
        snapshots[policy.origin] = snapshot
        contributions += [_contribution(lock, case, snapshot, undo) for lock in readers.locks]
    return Planned(composed(_frame(request, judged, undo, accepted), tuple(contributions)), snapshots)


def _contribution(lock: Lock, case: Case, snapshot: Snapshot, undo: Undo | None) -> Contribution:
    if undo is None:
        return lock.contribution(case.policy, case.accepted, snapshot, case.overrides)
    return lock.rollback(case.policy, case.accepted, snapshot, case.overrides, case.inverses)


def _one_edge(policies: tuple[Policy, ...]) -> str:
    names = sorted({policy.edge for policy in policies})
    if len(names) != 1:
        message = f"the origins stand behind different edges ({', '.join(names)})"
        raise UsageError(message, "plan them apart, with --origin")
    return names[0]


def _frame(
    request: Request, judged: Accepted | RefusedList, undo: Undo | None, accepted: AcceptedList | None = None
) -> PlanFrame:
    notes: tuple[Note, ...]
    objections: tuple[Objection, ...] = ()
    if isinstance(judged, Accepted):
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
        purpose="apply" if undo is None else "rollback",
        undoes=None if undo is None else undo.run,
        refused_digest=judged.digest if isinstance(judged, RefusedList) and undo is None else None,
        objections=objections,
        notes=notes,
    )
