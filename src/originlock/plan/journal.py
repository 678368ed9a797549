"""The journal as data: its events, and what they tell of each run.

Lives here: events, and folding them into runs. Must not live here: files, syncing, time.
"""

from __future__ import annotations

import msgspec

from originlock.facts.probing import Verdict
from originlock.intent.policy import Overrides, Policy
from originlock.plan.acts import Act, Inverse
from originlock.plan.change import Effect
from originlock.plan.connections import ConnectionProof
from originlock.plan.document import Plan
from originlock.plan.lane import Proof
from originlock.plan.outcomes import Done, Failed, Outcome


class RunBegun(msgspec.Struct, frozen=True, tag="run-begun", tag_field="event", omit_defaults=True):
    """A run begins.

    Attributes:
        command: ``apply``, ``adopt`` or ``rollback``.
        overrides: what a person said knowing better.
        ranges: the digest of the list that it rests on.
        plan: what it is going to do; None if there is nothing to do.
        by: who runs it, as ``user@host``.
    """

    run: str
    at: str
    command: str
    origins: tuple[str, ...]
    by: str
    version: str
    overrides: Overrides
    ranges: str | None
    plan: Plan | None = None


class Intended(msgspec.Struct, frozen=True, tag="intended", tag_field="event", omit_defaults=True):
    """An act is going to be done; written and synced before it is.

    Attributes:
        undo: whether the act is itself the undo of the change.
    """

    run: str
    at: str
    change: str
    origin: str
    act: Act
    inverse: Inverse | None
    undo: bool = False


class Answered(msgspec.Struct, frozen=True, tag="answered", tag_field="event", omit_defaults=True):
    """An act was answered."""

    run: str
    at: str
    change: str
    outcome: Outcome
    undo: bool = False


class Proved(msgspec.Struct, frozen=True, tag="proved", tag_field="event", omit_defaults=True):
    """A proof was taken."""

    run: str
    at: str
    proof: Proof


class Connected(msgspec.Struct, frozen=True, tag="connected", tag_field="event", omit_defaults=True):
    """A connection was made, and judged."""

    run: str
    at: str
    proof: ConnectionProof


class RunEnded(msgspec.Struct, frozen=True, tag="run-ended", tag_field="event", omit_defaults=True):
    """A run ended.

    Attributes:
        outcome: as in `apply -o json`; ``died`` where a later run found it unfinished.
        message: why, where it did not end well.
    """

    run: str
    at: str
    outcome: str
    exit_code: int
    message: str = ""


Event = RunBegun | Intended | Answered | Proved | Connected | RunEnded


class RunRecord(msgspec.Struct, frozen=True):
    """What the journal tells of one run.

    Attributes:
        outcome: None while it is unfinished (running, or died).
        changed: whether it may have changed anything.
        inverses: what leads back, newest first; of what failed, was undone already or has none, nothing.
    """

    run: str
    at: str
    command: str
    by: str
    origins: tuple[str, ...]
    policies: tuple[Policy, ...]
    overrides: Overrides
    ranges: str | None
    outcome: str | None
    ended: str
    changes: tuple[str, ...]
    inverses: tuple[tuple[str, Inverse], ...]

    @property
    def changed(self) -> bool:
        """Whether it may have changed anything."""
        return bool(self.changes)


def runs(events: tuple[Event, ...]) -> tuple[RunRecord, ...]:
    """Every run in the journal, oldest first."""
    grouped: dict[str, list[Event]] = {}
    for event in events:
        grouped.setdefault(event.run, []).append(event)
    return tuple(_record(name, told) for name, told in grouped.items())


def _record(name: str, events: list[Event]) -> RunRecord:
    begun = next((e for e in events if isinstance(e, RunBegun)), None)
    ended = next((e for e in reversed(events) if isinstance(e, RunEnded)), None)
    possible = _possibly_done(events)
    return RunRecord(
        run=name,
        at=begun.at if begun else "",
        command=begun.command if begun else "",
        by=begun.by if begun else "",
        origins=begun.origins if begun else (),
        policies=begun.plan.policies if begun and begun.plan else (),
        overrides=begun.overrides if begun else Overrides(),
        ranges=begun.ranges if begun else None,
        outcome=ended.outcome if ended else None,
        ended=ended.at if ended else "",
        changes=tuple(dict.fromkeys(intent.change for intent in possible)),
        inverses=tuple((i.origin, i.inverse) for i in reversed(possible) if i.inverse is not None),
    )


def _possibly_done(events: list[Event]) -> list[Intended]:
    """Acts that were done or may have been: an act without an answer is one that may have been."""
    # An undo that was refused, or whose answer was lost, is no undo: its inverse finds done what is done.
    undone = {e.change for e in events if isinstance(e, Answered) and e.undo and isinstance(e.outcome, Done)}
    failed: set[int] = set()
    open_intents: dict[tuple[str, bool], int] = {}
    for index, event in enumerate(events):
        match event:
            case Intended(change=change, undo=undo):
                open_intents[change, undo] = index
            case Answered(change=change, undo=undo, outcome=Failed()) if (change, undo) in open_intents:
                failed.add(open_intents[change, undo])
            case _:
                pass
    return [
        event
        for index, event in enumerate(events)
        if isinstance(event, Intended) and not event.undo and index not in failed and event.change not in undone
    ]


def unproved(events: tuple[Event, ...]) -> dict[str, str]:
    """The origins whose last narrowing no connection has followed, in that run or a later one, with that run's name.

    A run that was interrupted or died between a narrowing and its proof leaves it so; one that a person had do without
    proofs does not count. A connection that shows the edge not served proves nothing: it stays to be proved.
    """
    not_served = {(e.run, e.proof.origin) for e in events if isinstance(e, Connected) and _shows_not_served(e.proof)}
    planned: dict[str, dict[str, str]] = {}
    left: dict[str, str] = {}
    for event in events:
        match event:
            case RunBegun(run=run, plan=Plan() as plan, overrides=overrides) if not overrides.no_prove:
                planned[run] = {each.id: each.origin for each in plan.changes if each.effect is Effect.NARROW}
            # An act that was going to be done may have been, whatever was answered.
            case Intended(run=run, change=name, origin=origin, undo=False) if name in planned.get(run, ()):
                left[origin] = run
            case Answered(run=run, change=name, outcome=Done(), undo=True) if name in planned.get(run, ()):
                left.pop(planned[run][name], None)
            case Connected(run=run, proof=proof) if (
                proof.when == "after-narrow" and (run, proof.origin) not in not_served
            ):
                left.pop(proof.origin, None)
            case _:
                pass
    return left


def _shows_not_served(proof: ConnectionProof) -> bool:
    return (proof.when, proof.who, proof.verdict) == ("after-narrow", "edge", Verdict.BROKEN)


def last_to_undo(records: tuple[RunRecord, ...], run: str | None) -> RunRecord | None:
    """The run of that name, or the last one that changed anything and was no rollback.

    A run whose beginning is damaged may be that one: it must not be passed over for an older one.
    """
    if run is not None:
        return next((record for record in records if record.run == run), None)
    return next((r for r in reversed(records) if r.changed and r.command != "rollback"), None)
