"""Apply: lease, look, plan, then the machine's steps, each in the journal before it is done.

Lives here: the story of an apply, also of a rollback, from the lease to the result.
Must not live here: what to do next (the machine knows), what a hole is (the locks know), how anything is called.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import assert_never

import msgspec

from originlock.app.keys import with_keys
from originlock.app.plan import NO_LIST, Planned, Readers
from originlock.app.prove import Witness, side_by_side, site_of
from originlock.app.targets import looked_at
from originlock.errors import ExitCode, StateError
from originlock.facts.edge import AcceptedList
from originlock.facts.snapshot import Held, updated
from originlock.facts.unknown import Unknown
from originlock.intent.policy import NO_EDGE, EdgeAccount, Place, Policy
from originlock.plan.acts import Act, inverse
from originlock.plan.change import Change, Effect, Hole, Objection, Unread
from originlock.plan.connections import ConnectionProof, Connections
from originlock.plan.document import Plan, basis_difference
from originlock.plan.journal import Answered, Connected, Event, Intended, Proved, RunBegun, RunEnded, runs, unproved
from originlock.plan.lane import LaneReport, State
from originlock.plan.machine import AGAIN, Connect, Finished, Look, Machine, Pause, Perform
from originlock.plan.result import ApplyResult, Outcome, outcome_of
from originlock.ports.reading import JournalReader, KeyRing, Talk
from originlock.ports.writing import BaselineWriter, Interrupts, JournalWriter, Lease, Performer, Performers


@dataclasses.dataclass(frozen=True)
class Writers:
    """The ports that applying needs beside those of planning.

    Attributes:
        keys: what is asked for the keys that an edge is to be given; None where there are none.
    """

    performers: Performers
    journal: JournalWriter
    journal_reader: JournalReader
    baselines: BaselineWriter
    lease: Lease
    interrupts: Interrupts
    talk: Talk
    keys: KeyRing | None = None


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to be applied, and how.

    Attributes:
        run: the new run's name, unique and sortable by time.
        command: ``apply``, ``adopt`` or ``rollback``.
        saved: the plan that alone may be applied; None to apply whatever the plan is now.
        wait_seconds: how long to wait for another run's lease.
    """

    run: str
    command: str
    by: str
    version: str
    saved: Plan | None = None
    wait_seconds: float = 60.0


def apply(
    order: Order,
    make: Callable[[], Planned],
    readers: Readers,
    writers: Writers,
    show: Callable[[Plan], None],
) -> ApplyResult:
    """Plan under the lease, show the plan if there is something to do, and do it.

    Raises:
        RefusedError: another run holds the lease.
        StateError: the journal cannot be written; nothing was changed. Once something was, it is the result's to say.
        OriginlockError: reading failed as a whole; nothing was changed.
    """
    with writers.lease.held(f"{order.command} {order.run} by {order.by}", order.wait_seconds):
        recovered = _close_unfinished(order, readers, writers)
        planned = make()
        stale = _stale(order, planned.plan)
        planned = with_keys(planned, writers.keys)
        if stale or (planned.plan.objections and not planned.plan.changes):
            result = _refused(order, planned.plan, stale + planned.plan.objections, recovered)
            writers.journal.append((_begun(order, planned.plan, readers), _ended(result, readers)))
            return result
        if planned.plan.changes:
            show(planned.plan)
        return _carried_out(order, planned, readers, writers, recovered)


def _close_unfinished(order: Order, readers: Readers, writers: Writers) -> tuple[str, ...]:
    """Say of every run that died that it did: this run goes on from what AWS holds."""
    dead = tuple(r for r in runs(writers.journal_reader.events()) if r.outcome is None)
    now = readers.clock.now().isoformat(timespec="seconds")
    for record in dead:
        writers.talk.say(f"run {record.run} did not end; going on from what AWS holds now")
    if dead:
        said = f"found unfinished by run {order.run}"
        writers.journal.append(tuple(RunEnded(r.run, now, "died", int(ExitCode.STOPPED), said) for r in dead))
    return tuple(record.run for record in dead)


def _stale(order: Order, now: Plan) -> tuple[Objection, ...]:
    """A saved plan is applied only if planning it again gives the same plan."""
    saved = order.saved
    if saved is None or saved.digest == now.digest:
        return ()
    different = ", ".join(basis_difference(saved, now)) or "its policy"
    return (
        Objection(
            guard="stale-plan",
            message=f"what the plan rests on is no longer so: {different}",
            remedy="plan again, and apply the new plan",
        ),
    )


def _refused(order: Order, plan: Plan, objections: tuple[Objection, ...], recovered: tuple[str, ...]) -> ApplyResult:
    return ApplyResult(
        order.run,
        plan,
        Outcome.REFUSED,
        ExitCode.REFUSED,
        holes=tuple(msgspec.structs.replace(hole, closed_by_plan=False) for hole in plan.holes),
        unknown=plan.unknown,
        objections=objections,
        recovered=recovered,
    )


def _carried_out(
    order: Order, planned: Planned, readers: Readers, writers: Writers, recovered: tuple[str, ...]
) -> ApplyResult:
    plan = planned.plan
    if plan.accepted is not None and _is_settled(plan, plan.accepted):
        writers.baselines.accept(plan.accepted)
    begun = _begun(order, plan, readers)
    if not plan.changes:
        result = _result(order, planned, readers, (), _proved_late(planned, readers, writers), recovered)
        writers.journal.append((begun, *_connected(order, result, readers), _ended(result, readers)))
        return result
    with writers.interrupts.deferred() as interrupt:
        writers.journal.append((begun,))
        witnesses = _witnesses(planned, readers, writers)
        machine = Machine(plan, frozenset(witnesses), may_skip_proofs=order.command == "apply")
        side_by_side(Witness.look_before, tuple(witnesses.values()))
        drive = _driven(order, machine, (plan, witnesses), readers, writers, interrupt.asked)
        result = _result(order, planned, readers, machine.reports(), drive, recovered)
        now = readers.clock.now().isoformat(timespec="seconds")
        proofs: tuple[Event, ...] = (
            *(Proved(order.run, now, proof) for proof in result.proofs),
            *_connected(order, result, readers),
        )
        try:
            writers.journal.append((*proofs, _ended(result, readers)))
        except StateError as error:
            drive.broke_off = drive.broke_off or error.what
            result = _result(order, planned, readers, machine.reports(), drive, recovered)
    return result


def _connected(order: Order, result: ApplyResult, readers: Readers) -> tuple[Connected, ...]:
    """What connections showed, for the journal."""
    now = readers.clock.now().isoformat(timespec="seconds")
    return tuple(Connected(order.run, now, proof) for proof in result.connections)


def _proved_late(planned: Planned, readers: Readers, writers: Writers) -> Drive:
    """With nothing to do: prove what an earlier run narrowed, and was interrupted or died before it could."""
    drive = Drive()
    if not any(policy.hostnames for policy in planned.plan.policies):
        return drive
    left = unproved(writers.journal_reader.events())
    witnesses = _witnesses(planned, readers, writers, frozenset(left))
    late = side_by_side(Witness.late, tuple(witnesses.values()))
    drive.connections |= {(seen.origin, "after"): seen.proofs for seen in late}
    drive.broke_off = "; ".join(
        f"run {left[seen.origin]} narrowed and ended before it was proved, and now {seen.stops}; "
        f"to undo it: originlock rollback {left[seen.origin]}"
        for seen in late
        if seen.stops
    )
    return drive


def _is_settled(plan: Plan, accepted: AcceptedList) -> bool:
    """Whether the list may be the baseline of the next one: not one whose forms disagree, or that own rules doubt."""
    doubted = any(objection.digest is not None for objection in plan.objections)
    return plan.purpose == "apply" and accepted.agree is not False and not doubted


def _begun(order: Order, plan: Plan, readers: Readers) -> RunBegun:
    return RunBegun(
        order.run,
        readers.clock.now().isoformat(timespec="seconds"),
        order.command,
        tuple(policy.origin for policy in plan.policies),
        order.by,
        order.version,
        plan.overrides,
        plan.accepted.ranges.digest if plan.accepted is not None else None,
        plan if plan.changes else None,
    )


def _witnesses(
    planned: Planned, readers: Readers, writers: Writers, others: frozenset[str] = frozenset()
) -> dict[str, Witness]:
    """Who makes connections, for each origin with hostnames where something is going to be narrowed, and for others."""
    plan = planned.plan
    accepted = plan.accepted
    if plan.overrides.no_prove or accepted is None:
        return {}
    targets = {change.target for change in plan.changes if change.effect is Effect.NARROW}
    narrowed = {change.origin for change in plan.changes if change.effect is Effect.NARROW}
    # A list that origins share is changed in the name of one of them, and narrowed for all.
    narrowed |= {expectation.origin for expectation in plan.expectations if expectation.target in targets}
    return {
        policy.origin: Witness(
            dataclasses.replace(
                site_of(policy, accepted, planned.snapshots.get(policy.origin), readers),
                presented=next((each for each in plan.presented if each.origin == policy.origin), None),
            ),
            plan.limits,
            readers.probing,
            readers.clock,
            writers.talk,
            None if readers.trust is None else readers.trust.clouds.reader(policy.place).handshakes,
        )
        for policy in plan.policies
        if policy.hostnames and policy.edge != NO_EDGE and policy.origin in narrowed | others
    }


SeenByOrigin = dict[str, dict[str, Held | Unknown]]


@dataclasses.dataclass
class Drive:
    """How far it came.

    Attributes:
        seen: what each target was last seen as.
        connections: what those to an origin showed ``before`` and ``after`` narrowing, and after an ``undo``; the last.
        begun: whether anything was asked of AWS that changes it.
        broke_off: why it could not be carried on (the journal cannot be written); empty otherwise.
    """

    seen: SeenByOrigin = dataclasses.field(default_factory=dict)
    connections: dict[tuple[str, str], tuple[ConnectionProof, ...]] = dataclasses.field(default_factory=dict)
    begun: bool = False
    interrupted: bool = False
    broke_off: str = ""


def _driven(
    order: Order,
    machine: Machine,
    what: tuple[Plan, dict[str, Witness]],
    readers: Readers,
    writers: Writers,
    asked: Callable[[], bool],
) -> Drive:
    """Do what the machine says until it has finished.

    Raises:
        StateError: the journal cannot be written, and nothing was changed yet.
    """
    plan, witnesses = what
    performer = writers.performers.performer(plan)
    places = {policy.origin: policy.place for policy in plan.policies}
    drive = Drive()
    while True:
        if asked() and not drive.interrupted:
            drive.interrupted = True
            machine.interrupt()
        match machine.next():
            case Perform() as step:
                try:
                    _perform(order, machine, step, (places, performer, drive), readers, writers)
                except StateError as error:
                    _break_off(machine, drive, error)
            case Look(targets):
                for target, held in _looked(machine, targets, plan, readers, drive.seen).items():
                    machine.seen(target, held)
            case Pause(seconds, waiting_for):
                writers.talk.say(f"waiting {seconds:.2g} s until AWS shows it ({waiting_for})")
                readers.clock.sleep(seconds)
            case Connect() as step:
                _connect(machine, step, witnesses, drive)
            case Finished():
                # What was done after the last look, an undo above all, is not in it.
                ended = tuple(r.target for r in machine.reports() if r.state is not State.FINISHED)
                _looked(machine, ended, plan, readers, drive.seen)
                undone = {r.origin for r in machine.reports() if r.undone}
                _connect_after_undo(tuple(w for origin, w in witnesses.items() if origin in undone), drive)
                return drive
            case other:
                assert_never(other)


def _connect(machine: Machine, step: Connect, witnesses: dict[str, Witness], drive: Drive) -> None:
    """Make connections to each origin of a step, and tell the machine what they showed."""

    def look(witness: Witness) -> Connections:
        if step.narrowed:
            return witness.after_narrowing()
        return witness.before_verifying() if witness.origin in step.presented else witness.before_narrowing()

    for seen in side_by_side(look, tuple(witnesses[origin] for origin in step.origins)):
        drive.connections[seen.origin, "after" if step.narrowed else "before"] = seen.proofs
        machine.connected(step, seen)


def _connect_after_undo(undone: tuple[Witness, ...], drive: Drive) -> None:
    """Whether the edge is served again, is said, and decides nothing more."""
    for seen in side_by_side(Witness.after_undo, undone):
        drive.connections[seen.origin, "undo"] = seen.proofs


def _perform(
    order: Order,
    machine: Machine,
    step: Perform,
    how: tuple[dict[str, Place], Performer, Drive],
    readers: Readers,
    writers: Writers,
) -> None:
    """Write down what is going to be done, do it, and tell the machine what came of each act.

    Raises:
        StateError: it could not be written down. The machine was told of every answer all the same.
    """
    places, performer, drive = how
    now = readers.clock.now().isoformat(timespec="seconds")
    intents = (Intended(order.run, now, c.id, c.origin, act, inverse(act), step.undo) for c, act in step.acts)
    _write_down(writers, tuple(intents), undo=step.undo)
    writers.talk.say(_acts_in_words(step.acts, undo=step.undo))
    drive.begun = True
    lost: StateError | None = None
    for change, outcome in performer.perform(tuple((places[c.origin], c, act) for c, act in step.acts)):
        now = readers.clock.now().isoformat(timespec="seconds")
        machine.acted(change.id, outcome)
        try:
            _write_down(writers, (Answered(order.run, now, change.id, outcome, step.undo),), undo=step.undo)
        except StateError as error:
            lost = error
    if lost is not None:
        raise lost


def _write_down(writers: Writers, events: tuple[Intended | Answered, ...], *, undo: bool) -> None:
    """Nothing is done that is not in the journal; but the way back to a served edge does not wait for a disk."""
    try:
        writers.journal.append(events, sync=any(isinstance(event, Intended) for event in events))
    except StateError as error:
        if not undo:
            raise
        writers.talk.say(error.what)


def _break_off(machine: Machine, drive: Drive, error: StateError) -> None:
    """The journal is lost: what was begun is told of, and nothing more is begun."""
    if not drive.begun:
        raise error
    drive.broke_off = error.what
    machine.break_off(error.what, f"{error.remedy}; then {AGAIN}")


def _looked(
    machine: Machine, targets: tuple[str, ...], plan: Plan, readers: Readers, seen: SeenByOrigin
) -> dict[str, Held | Unknown]:
    """Read targets back, place by place, and remember whose they are."""
    origins = {target: machine.origin_of(target) for target in dict.fromkeys(targets)}
    policies = {policy.origin: policy for policy in plan.policies}
    by_place: dict[tuple[Place, EdgeAccount | None], list[str]] = {}
    whose: dict[tuple[Place, EdgeAccount | None], Policy] = {}
    for target, origin in origins.items():
        policy = policies[origin]
        key = policy.place, policy.edge_account
        by_place.setdefault(key, []).append(target)
        whose.setdefault(key, policy)
    found: dict[str, Held | Unknown] = dict.fromkeys(origins, Unknown("this target", "AWS did not answer for it"))
    for key, here in by_place.items():
        found |= looked_at(whose[key], tuple(here), readers.clouds, readers.trust)
    for target, origin in origins.items():
        seen.setdefault(origin, {})[target] = found[target]
    return found


def _acts_in_words(acts: tuple[tuple[Change, Act], ...], *, undo: bool) -> str:
    kinds: dict[str, int] = {}
    for _, act in acts:
        kind = str(act.__struct_config__.tag)
        kinds[kind] = kinds.get(kind, 0) + 1
    said = ", ".join(f"{kind} on {count} target{'s' if count > 1 else ''}" for kind, count in sorted(kinds.items()))
    return f"{'undoing: ' if undo else ''}{said}"


def _ended(result: ApplyResult, readers: Readers) -> RunEnded:
    reasons = [lane.message for lane in result.lanes if lane.message]
    reasons += [f"{objection.guard}: {objection.message}" for objection in result.objections]
    why = "; ".join(reasons)
    now = readers.clock.now().isoformat(timespec="seconds")
    return RunEnded(result.run, now, result.outcome.value, int(result.exit_code), why)


def _result(
    order: Order,
    planned: Planned,
    readers: Readers,
    lanes: tuple[LaneReport, ...],
    drive: Drive,
    recovered: tuple[str, ...],
) -> ApplyResult:
    plan = planned.plan
    holes, unknown = _found_now(planned, drive.seen, readers)
    refused, broken = bool(plan.objections), bool(drive.broke_off)
    connections = tuple(proof for proofs in drive.connections.values() for proof in proofs)
    outcome, code = outcome_of(
        *(lanes, holes, unknown), connections, interrupted=drive.interrupted, refused=refused, broke_off=broken
    )
    return ApplyResult(
        *(order.run, plan, outcome, code, lanes, holes, unknown, plan.objections, recovered, drive.broke_off),
        connections=connections,
    )


def _found_now(planned: Planned, seen: SeenByOrigin, readers: Readers) -> tuple[tuple[Hole, ...], tuple[Unread, ...]]:
    """What the locks find in what was seen last."""
    plan = planned.plan
    holes: list[Hole] = []
    # Of an origin that could not be looked at no lock can speak.
    unknown = [unread for unread in plan.unknown if unread.origin not in planned.snapshots]
    for policy in plan.policies:
        snapshot = planned.snapshots.get(policy.origin)
        if snapshot is None:
            continue
        accepted = plan.accepted or NO_LIST
        now = updated(snapshot, seen.get(policy.origin, {}))
        for lock in readers.locks:
            holes += lock.holes(policy, accepted, now)
            unknown += lock.unread(policy, accepted, now)
    return tuple(holes), tuple(unknown)
