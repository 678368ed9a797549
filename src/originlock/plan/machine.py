"""The machine that applies a plan: sans I/O, one lane a target.

Lives here: what is done next, over all lanes. Must not live here: clocks, calls, files; one lane's way (see `lane`).

The app asks `next()` for a step, does it, and tells the machine what came of it with `acted` and `seen`. All lanes
work phase by phase, so that read-backs are batched; a lane that fails drops out alone.
"""

from __future__ import annotations

import msgspec

from originlock.facts.origin import SecurityGroup
from originlock.facts.unknown import Unknown
from originlock.plan.acts import Act
from originlock.plan.change import Change, Expectation
from originlock.plan.document import Plan
from originlock.plan.lane import ENDED, TRANSITIONS, Event, Lane, LaneReport, State
from originlock.plan.outcomes import Outcome


class Perform(msgspec.Struct, frozen=True):
    """Do these acts; they belong to different lanes and may be done side by side.

    Attributes:
        acts: (change, the act as it is now): an act is smaller than its change's when a part is done already,
            and it is the change's inverse when `undo` says so.
    """

    acts: tuple[tuple[Change, Act], ...]
    undo: bool = False


class Look(msgspec.Struct, frozen=True):
    """Read these targets back."""

    targets: tuple[str, ...]


class Pause(msgspec.Struct, frozen=True):
    """Wait so many seconds: the outside does not show everything yet."""

    seconds: float
    waiting_for: str


class Finished(msgspec.Struct, frozen=True):
    """Nothing is left to do."""


Step = Perform | Look | Pause | Finished


class Machine:
    """Applies one plan. Ask `next()`; tell `acted()` and `seen()`; at the end read `reports()`."""

    def __init__(self, plan: Plan) -> None:
        expectations = {(e.origin, e.target): e for e in plan.expectations}
        by_lane: dict[tuple[str, str], list[Change]] = {}
        for change in plan.changes:
            by_lane.setdefault((change.origin, change.target), []).append(change)
        self._lanes = [
            Lane(
                tuple(changes),
                expectations.get(key, Expectation(key[0], key[1], ())),
                plan.limits.settle_seconds,
                gate=not plan.overrides.no_prove,
            )
            for key, changes in by_lane.items()
        ]
        self._by_change = {change.id: lane for lane in self._lanes for change in (*lane.widen, *lane.narrow)}

    def next(self) -> Step:
        """What to do now: undo before anything else, act before looking, look before waiting."""
        live = [lane for lane in self._lanes if lane.state not in ENDED]
        if undoing := [lane for lane in live if lane.state is State.UNDOING]:
            return Perform(tuple(lane.current() for lane in undoing), undo=True)
        if acting := [lane for lane in live if lane.state is State.ACTING]:
            return Perform(tuple(lane.current() for lane in acting))
        if not live:
            return Finished()
        if ready := [lane for lane in live if not lane.pause]:
            return Look(tuple(sorted({lane.target for lane in ready})))
        seconds = max(lane.pause for lane in live)
        for lane in live:
            lane.waited += seconds
            lane.pause = 0.0
        return Pause(seconds, ", ".join(sorted({lane.target for lane in live})))

    def acted(self, change_id: str, outcome: Outcome) -> None:
        """An act of the last `Perform` ended so."""
        self._by_change[change_id].acted(outcome)

    def seen(self, target: str, group: SecurityGroup | Unknown) -> None:
        """A target of the last `Look` is so."""
        for lane in self._lanes:
            if lane.target == target and not lane.pause:
                lane.seen(group)

    def interrupt(self) -> None:
        """A person wants it to end: lanes stop where they are, undos are finished."""
        for lane in self._lanes:
            if (lane.state, Event.INTERRUPTED) in TRANSITIONS:
                lane.stop(
                    Event.INTERRUPTED,
                    f"interrupted at {lane.target}",
                    "run `originlock apply` again: it goes on from what AWS holds then",
                )

    def reports(self) -> tuple[LaneReport, ...]:
        """How each lane stands."""
        return tuple(lane.report() for lane in self._lanes)
