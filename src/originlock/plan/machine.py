"""The machine that applies a plan: sans I/O, one lane a target.

Lives here: what is done next, over all lanes. Must not live here: clocks, calls, files; one lane's way (see `lane`).

The app asks `next()` for a step, does it, and tells the machine what came of it with `acted` and `seen`. All lanes
work phase by phase, so that read-backs are batched; a lane that fails drops out alone, with those that wait for it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from originlock.facts.snapshot import Held
from originlock.facts.trust import is_trust_store
from originlock.facts.unknown import Unknown
from originlock.facts.zone import zone_of
from originlock.intent.policy import Limits
from originlock.plan.acts import Act, settles
from originlock.plan.change import PHASE_ORDER, Change, Expectation, Milestone, Phase, Wait
from originlock.plan.connections import Connections
from originlock.plan.document import Plan
from originlock.plan.lane import ENDED, TRANSITIONS, Event, Lane, LaneReport, State
from originlock.plan.outcomes import Outcome
from originlock.plan.trust_acts import EdgeAct, StoreAct


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


class Connect(msgspec.Struct, frozen=True):
    """Make connections to these origins, through the edge and round it.

    Attributes:
        narrowed: whether something was narrowed there; otherwise it is going to be.
        presented: those of them whose edge must be seen to present our certificate.
    """

    origins: tuple[str, ...]
    narrowed: bool
    presented: tuple[str, ...] = ()


class Finished(msgspec.Struct, frozen=True):
    """Nothing is left to do."""


Step = Perform | Look | Pause | Connect | Finished

AGAIN = "run `originlock apply` again: it goes on from what AWS holds then"
"""What there is to do after a run that was stopped from outside."""


class Machine:
    """Applies one plan. Ask `next()`; tell `acted()`, `seen()` and `connected()`; at the end read `reports()`."""

    def __init__(self, plan: Plan, connecting: frozenset[str] = frozenset(), *, may_skip_proofs: bool = True) -> None:
        """Begin.

        Args:
            plan: what is to be done.
            connecting: the origins of which connections are to show that the edge is served.
            may_skip_proofs: whether the command at hand has ``--no-prove``, so that a remedy may name it.
        """
        expectations = {(e.origin, e.target): e for e in plan.expectations}
        by_lane: dict[tuple[str, str], list[Change]] = {}
        for change in plan.changes:
            by_lane.setdefault((change.origin, change.target), []).append(change)
        changed = {target for _, target in by_lane}
        # What several origins share (a list) is one lane, whosever: it waits for what any of them has it wait for.
        waiting = tuple(wait for wait in plan.waits if wait.target in changed)
        # What others wait for is looked at, also where nothing is to be done there.
        awaited = {w.on for w in waiting} - changed
        by_lane |= {
            key: [] for key in {e.target: key for key, e in expectations.items() if e.target in awaited}.values()
        }
        # What is made gets its id on the way; all lanes must know it.
        names: dict[str, str] = {}
        # What is not there to be waited for holds nobody back.
        there = {target for _, target in by_lane}
        held = {wait.target for wait in waiting if wait.before is Phase.WIDEN and wait.on in there}
        self._names = names
        # What origins share is theirs to prove, all of them, whosever lane it is.
        asking = frozenset() if plan.overrides.no_prove else connecting
        self._whose = {
            key[1]: {key[0], *(origin for origin, target in expectations if target == key[1])} & asking
            for key in by_lane
        }
        self._heard: dict[str, Connections] = {}
        self._lanes = [
            Lane(
                tuple(changes),
                expectations.get(key, Expectation(key[0], key[1])),
                _patience(key[1], tuple(changes), plan.limits),
                names,
                gate=not plan.overrides.no_prove,
                held=key[1] in held,
                connects=bool(self._whose[key[1]]),
            )
            for key, changes in by_lane.items()
        ]
        for lane in self._lanes:
            lane.may_skip_proofs = may_skip_proofs
        self._by_change = {
            change.id: lane for lane in self._lanes for change in (*lane.widen, *lane.narrow, *lane.tidy)
        }
        self._by_target: dict[str, list[Lane]] = {}
        for lane in self._lanes:
            self._by_target.setdefault(lane.target, []).append(lane)
        self._waits: dict[tuple[str, Phase], list[Wait]] = {}
        for wait in waiting:
            if wait.on in self._by_target:
                self._waits.setdefault((wait.target, wait.before), []).append(wait)
        self._open_gates()

    # -- waiting for each other ---------------------------------------------------------------------------------

    def _open_gates(self) -> None:
        """Let those go on for whom what they wait for has come, and stop those for whom it will not come."""
        moved = bool(self._waits)
        while moved:
            moved = False
            for lane in self._lanes:
                lane.may_narrow = not self._pending(lane, Phase.NARROW)
                moved |= self._moved_at_gate(lane)

    def _moved_at_gate(self, lane: Lane) -> bool:
        if lane.state not in _WAITING:
            return False
        pending = self._pending(lane, *_WAITING[lane.state])
        lost = [wait for wait in pending if self._is_lost(wait)]
        released = not pending and lane.state is not State.PROVED
        if lost:
            lane.forsake(self._names.get(lost[0].on, lost[0].on))
        elif released:
            lane.release()
        return bool(lost) or released

    def _pending(self, lane: Lane, *before: Phase) -> list[Wait]:
        """What a lane still waits for."""
        waits = [wait for phase in before for wait in self._waits.get((lane.target, phase), ())]
        return [wait for wait in waits if not all(_reached(other, wait) for other in self._by_target[wait.on])]

    def _is_lost(self, wait: Wait) -> bool:
        """Whether what is waited for has ended without having come."""
        return any(other.state in ENDED and not _reached(other, wait) for other in self._by_target[wait.on])

    # -- steps --------------------------------------------------------------------------------------------------

    def next(self) -> Step:
        """What to do now: undo before anything else, act before looking, look before waiting."""
        self._open_gates()
        live = [lane for lane in self._lanes if lane.state not in ENDED and lane.state not in _AT_A_GATE]
        if undoing := self._first_to_undo(live):
            return Perform(tuple(lane.current() for lane in undoing), undo=True)
        live = [lane for lane in live if lane.state is not State.UNDOING]
        if acting := [lane for lane in live if lane.state is State.ACTING]:
            return Perform(tuple(lane.current() for lane in acting))
        if not live and (probing := self._connecting()) is not None:
            return probing
        if not live and (tidying := self._begun_to_tidy()):
            return Perform(tuple(lane.current() for lane in tidying))
        if not live:
            self._forsake_those_at_gates()
            return Finished()
        if ready := [lane for lane in live if not lane.pause]:
            return Look(tuple(sorted({lane.name for lane in ready})))
        seconds = max(lane.pause for lane in live)
        for lane in live:
            lane.waited += seconds
            lane.pause = 0.0
        return Pause(seconds, ", ".join(sorted({lane.name for lane in live})))

    def _first_to_undo(self, live: list[Lane]) -> list[Lane]:
        """Those whose undo is next: what was done last is undone first, so that nothing loses what it rests on."""
        undoing = [lane for lane in live if lane.state is State.UNDOING]
        checking = [lane for lane in live if lane.state is State.CHECKING_UNDO]
        waits = (self._waits.get((lane.target, phase), ()) for lane in (*undoing, *checking) for phase in PHASE_ORDER)
        needed = {wait.on for found in waits for wait in found}
        first = [lane for lane in undoing if lane.target not in needed]
        return first or ([] if checking else undoing)

    def _connecting(self) -> Connect | None:
        """Who waits for connections: those that have narrowed first, as they may have to undo."""
        for state in (State.PROBING_AFTER, State.PROBING):
            origins = {origin for lane in self._lanes if lane.state is state for origin in self._whose[lane.target]}
            if origins:
                self._heard = {}
                waiting = [lane for lane in self._lanes if lane.state is State.PROBING and lane.shows_presented]
                presented = {origin for lane in waiting for origin in self._whose[lane.target]}
                narrowed = state is State.PROBING_AFTER
                return Connect(tuple(sorted(origins)), narrowed, () if narrowed else tuple(sorted(presented)))
        return None

    def _begun_to_tidy(self) -> list[Lane]:
        """Those that tidy now: nobody else has anything left to widen, narrow or prove, so that nothing goes back."""
        ready = [
            each
            for each in self._lanes
            if each.state is State.PROVED and not self._pending(each, *_WAITING[each.state])
        ]
        for lane in ready:
            lane.tidies()
        return ready

    def connected(self, step: Connect, seen: Connections) -> None:
        """Connections to an origin of the last `Connect` showed this.

        Who is newly refused may be so for a narrowing that was proved earlier in this run: that one is undone too.
        """
        awaiting = {State.PROBING_AFTER if step.narrowed else State.PROBING}
        self._heard[seen.origin] = seen
        if set(step.origins) - set(self._heard):
            return  # a lane that several origins share goes on when all of them have been heard
        for lane in self._lanes:
            heard = [self._heard[origin] for origin in sorted(self._whose[lane.target]) if origin in self._heard]
            stops = next((each.stops for each in heard if each.stops), "")
            refused = next((each.refused for each in heard if each.refused), "")
            unpresented = next((each.unpresented for each in heard if each.unpresented), "")
            if heard and (lane.state in awaiting or (refused and lane.state in _NARROWED)):
                lane.connected(Connections(lane.origin, stops, refused, unpresented=unpresented))

    def _forsake_those_at_gates(self) -> None:
        """Nobody moves, and some wait for each other: a plan that could not have come from here. They are stopped."""
        for lane in self._lanes:
            if lane.state in _WAITING:
                lane.forsake("what it waits for")

    def acted(self, change_id: str, outcome: Outcome) -> None:
        """An act of the last `Perform` ended so."""
        self._by_change[change_id].acted(outcome)

    def seen(self, target: str, held: Held | Unknown) -> None:
        """A target of the last `Look` is so."""
        for lane in self._lanes_of(target):
            if not lane.pause and lane.state not in _AT_A_GATE:
                lane.may_narrow = not self._pending(lane, Phase.NARROW)
                lane.seen(held)

    def _lanes_of(self, target: str) -> list[Lane]:
        """The lanes of a target, by its id or by what it was called before it had one."""
        planned = next((old for old, new in self._names.items() if new == target), None)
        return [*self._by_target.get(target, ()), *(self._by_target.get(planned, ()) if planned else ())]

    def origin_of(self, target: str) -> str:
        """Whose a target of a `Look` is; of one that several share, the first's."""
        return self._lanes_of(target)[0].origin

    def interrupt(self) -> None:
        """A person wants it to end: lanes stop where they are, undos are finished."""
        self.break_off("interrupted", AGAIN)

    def break_off(self, why: str, remedy: str) -> None:
        """It cannot go on: lanes stop where they are, undos are finished."""
        for lane in self._lanes:
            if (lane.state, Event.INTERRUPTED) in TRANSITIONS:
                lane.stop(Event.INTERRUPTED, f"{why} at {lane.name}", remedy)

    def reports(self) -> tuple[LaneReport, ...]:
        """How each lane stands."""
        return tuple(lane.report() for lane in self._lanes)


def _patience(target: str, changes: tuple[Change, ...], limits: Limits) -> float:
    """How long to wait for what a target becomes: a store or a certificate is deployed in minutes."""
    # Where nothing is to be done, the end of what an earlier run asked for is waited for.
    left = not changes and (is_trust_store(target) or zone_of(target) is not None)
    deploys = any(isinstance(change.act, StoreAct | EdgeAct) and settles(change.act) for change in changes)
    return max(limits.settle_seconds, limits.deploy_seconds) if left or deploys else limits.settle_seconds


_WAITING: Final = {
    State.HELD: (Phase.WIDEN,),
    State.WAITING: (Phase.NARROW,),
    State.PROVED: (Phase.WIDEN, Phase.NARROW),
}
"""Those that wait for another target, with what of it: who tidies waits anew, for a proof may have been taken back."""

_AT_A_GATE: Final = frozenset({*_WAITING, State.PROBING, State.PROBING_AFTER})

_NARROWED: Final = frozenset({State.FINISHED, State.PROVED})
"""Those whose narrowing was proved, and is undone with the others' where the edge is refused after all."""


def _reached(lane: Lane, wait: Wait) -> bool:
    return lane.completed if wait.until is Milestone.DONE else lane.widened or lane.completed
