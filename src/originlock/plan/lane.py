"""A lane: one target's way through its changes, its transitions a table.

Lives here: what an answer or a look means for one target: go on, wait, stop, undo.
Must not live here: what is done side by side, clocks, calls; and what a lock wants.
"""

from __future__ import annotations

import enum
from typing import Final, assert_never

import msgspec

from originlock.facts.origin import SecurityGroup
from originlock.facts.unknown import Unknown
from originlock.plan.acts import Act, Authorize, Revoke, changed_under_us, inverse, remaining
from originlock.plan.change import Change, Effect, Expectation, Phase
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure


class State(enum.Enum):
    """Where a lane stands."""

    ACTING = "acting"
    CHECKING = "checking"
    PROVING = "proving"
    UNDOING = "undoing"
    CHECKING_UNDO = "checking the undo"
    FINISHED = "finished"
    STOPPED = "stopped"
    UNDONE = "undone"
    STUCK = "stuck"


class Event(enum.Enum):
    """What can happen to a lane."""

    ACT_DONE = "the act is done, an act follows"
    ACTS_DONE = "the act is done, a proof follows"
    ACT_UNCLEAR = "no clear answer to the act"
    ACT_FAILED = "the act was refused"
    PART_REMAINS = "the look shows that a part is still to be done"
    NOT_SHOWN_YET = "AWS does not show it yet"
    KEPT_GOES_ON = "the proof is kept, acts follow"
    KEPT_AT_END = "the proof is kept, nothing follows"
    BROKEN_BEFORE_NARROW = "a wanted source is not shown as let in, or a rule changed under us"
    BLIND_BEFORE_NARROW = "it cannot be read back"
    BROKEN_AFTER_NARROW = "a wanted source is newly refused"
    STRANGER_REMAINS = "what was taken away is still shown"
    BLIND_AT_END = "it cannot be read back, nothing follows"
    INTERRUPTED = "a person interrupts"
    UNDO_GOES_ON = "one undo is done, another follows"
    UNDO_DONE = "the last undo is done"
    UNDO_UNCLEAR = "no clear answer to the undo"
    UNDO_FAILED = "the undo was refused"


TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.ACTING, Event.ACT_DONE): State.ACTING,
    (State.ACTING, Event.ACTS_DONE): State.PROVING,
    (State.ACTING, Event.ACT_UNCLEAR): State.CHECKING,
    (State.ACTING, Event.ACT_FAILED): State.STOPPED,
    (State.ACTING, Event.INTERRUPTED): State.STOPPED,
    (State.CHECKING, Event.PART_REMAINS): State.ACTING,
    (State.CHECKING, Event.NOT_SHOWN_YET): State.CHECKING,
    (State.CHECKING, Event.ACT_DONE): State.ACTING,
    (State.CHECKING, Event.ACTS_DONE): State.PROVING,
    (State.CHECKING, Event.ACT_FAILED): State.STOPPED,
    (State.CHECKING, Event.INTERRUPTED): State.STOPPED,
    (State.PROVING, Event.NOT_SHOWN_YET): State.PROVING,
    (State.PROVING, Event.KEPT_GOES_ON): State.ACTING,
    (State.PROVING, Event.KEPT_AT_END): State.FINISHED,
    (State.PROVING, Event.BROKEN_BEFORE_NARROW): State.STOPPED,
    (State.PROVING, Event.BLIND_BEFORE_NARROW): State.STOPPED,
    (State.PROVING, Event.BROKEN_AFTER_NARROW): State.UNDOING,
    (State.PROVING, Event.STRANGER_REMAINS): State.FINISHED,
    (State.PROVING, Event.BLIND_AT_END): State.FINISHED,
    (State.PROVING, Event.INTERRUPTED): State.STOPPED,
    (State.UNDOING, Event.UNDO_GOES_ON): State.UNDOING,
    (State.UNDOING, Event.UNDO_DONE): State.UNDONE,
    (State.UNDOING, Event.UNDO_UNCLEAR): State.CHECKING_UNDO,
    (State.UNDOING, Event.UNDO_FAILED): State.STUCK,
    (State.CHECKING_UNDO, Event.PART_REMAINS): State.UNDOING,
    (State.CHECKING_UNDO, Event.NOT_SHOWN_YET): State.CHECKING_UNDO,
    (State.CHECKING_UNDO, Event.UNDO_GOES_ON): State.UNDOING,
    (State.CHECKING_UNDO, Event.UNDO_DONE): State.UNDONE,
    (State.CHECKING_UNDO, Event.UNDO_FAILED): State.STUCK,
}
"""Every transition there is. An undo is never interrupted: it is the way back to a served edge."""

ENDED: Final = frozenset({State.FINISHED, State.STOPPED, State.UNDONE, State.STUCK})

_TRIES = 4
"""How often one act is tried again after unclear answers (botocore's own retries come before each)."""

_NOT_ALL_SHOWN = "AWS does not show all that was added"

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0


class Verdict(enum.Enum):
    """What a proof says of its expectation."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Proof(msgspec.Struct, frozen=True):
    """One read-back against its expectation.

    Attributes:
        when: ``before-narrow``, ``after-widen`` (nothing is narrowed) or ``after-narrow``.
        what: what was expected.
        evidence: what was seen, in words.
    """

    origin: str
    target: str
    when: str
    what: str
    verdict: Verdict
    evidence: str


class LaneReport(msgspec.Struct, frozen=True):
    """How one lane ended.

    Attributes:
        message, remedy: why it stopped and what to do; empty where it finished.
    """

    origin: str
    target: str
    state: State
    done: tuple[str, ...]
    undone: tuple[str, ...]
    proofs: tuple[Proof, ...]
    message: str
    remedy: str


class Lane:
    """One target's way through its changes. Mutable; only the machine touches it."""

    def __init__(self, changes: tuple[Change, ...], expectation: Expectation, settle: float, *, gate: bool) -> None:
        self.origin = expectation.origin
        self.target = expectation.target
        self.expectation = expectation
        self.settle = settle
        self.gate = gate
        self.widen = [change for change in changes if change.phase in (Phase.PREPARE, Phase.WIDEN)]
        self.narrow = [change for change in changes if change.phase in (Phase.NARROW, Phase.TIDY)]
        self.queue: list[Change] = list(self.widen or self.narrow)
        self.narrowing = False
        self.act: Act = changes[0].act
        self.tries = 0
        self.look_again_for = 0.0
        self.waited = 0.0
        self.pause = 0.0
        self.done: list[str] = []
        self.undone: list[str] = []
        self.undo_queue: list[Change] = []
        self.proofs: list[Proof] = []
        self.message = ""
        self.remedy = ""
        # Nothing to widen: what there is to narrow still waits for a proof that everything wanted is there.
        self.state = State.ACTING if self.widen else State.PROVING
        if self.widen:
            self._take_up(self.widen[0].act)

    # -- moves ------------------------------------------------------------------------------------------------

    def on(self, event: Event) -> None:
        """Take the transition."""
        self.state = TRANSITIONS[self.state, event]

    def stop(self, event: Event, message: str, remedy: str) -> None:
        """Take a transition to an end that a person must be told of."""
        self.message, self.remedy = message, remedy
        self.on(event)

    def _take_up(self, act: Act) -> None:
        self.act, self.tries = act, 0

    def current(self) -> tuple[Change, Act]:
        """The change at hand, and the act that is left of it."""
        queue = self.undo_queue if self.state is State.UNDOING else self.queue
        return queue[0], self.act

    # -- answers to acts --------------------------------------------------------------------------------------

    def acted(self, outcome: Outcome) -> None:
        """The act at hand ended so."""
        undoing = self.state is State.UNDOING
        match outcome:
            case Done():
                self._advance()
            case AlreadySo(message) | Unsure(message):
                self.tries += 1
                self._fresh_patience()
                # "Already so" beside a look that shows nothing of it means that the look is behind: wait longer,
                # the more often it happens. An unclear answer is tried again after a second look.
                self.look_again_for = 2.0**self.tries if isinstance(outcome, AlreadySo) else _FIRST_PAUSE
                if self.tries > _TRIES:
                    self._give_up(message, "run `originlock apply` again: it goes on from what AWS holds then")
                else:
                    self.message = message
                    self.on(Event.UNDO_UNCLEAR if undoing else Event.ACT_UNCLEAR)
            case Failed(message, remedy):
                self._give_up(message, remedy)
            case _:
                assert_never(outcome)

    def _give_up(self, message: str, remedy: str) -> None:
        undoing = self.state in (State.UNDOING, State.CHECKING_UNDO)
        self.stop(Event.UNDO_FAILED if undoing else Event.ACT_FAILED, message, remedy)

    def _advance(self) -> None:
        """The act at hand is done: go on to the next, or to the proof."""
        self._fresh_patience()
        if self.state in (State.UNDOING, State.CHECKING_UNDO):
            self.undone.append(self.undo_queue.pop(0).id)
            if self.undo_queue:
                self._take_up_undo()
            self.on(Event.UNDO_GOES_ON if self.undo_queue else Event.UNDO_DONE)
            return
        self.message = ""
        self.done.append(self.queue.pop(0).id)
        if self.queue:
            self._take_up(self.queue[0].act)
        self.on(Event.ACT_DONE if self.queue else Event.ACTS_DONE)

    def _take_up_undo(self) -> None:
        undo = inverse(self.undo_queue[0].act)
        # A narrowing's inverse is an act that can be done as it stands; `Withdraw` is the inverse of widenings only.
        if isinstance(undo, Act):
            self._take_up(undo)

    def _fresh_patience(self) -> None:
        self.waited = self.pause = 0.0

    # -- looks ------------------------------------------------------------------------------------------------

    def seen(self, group: SecurityGroup | Unknown) -> None:
        """The target is so."""
        match self.state:
            case State.CHECKING | State.CHECKING_UNDO:
                self._checked(group)
            case State.PROVING:
                self._proved(group)
            case _:
                pass  # another lane's look

    def _wait(self) -> bool:
        """Whether there is patience left; if so the lane waits and looks again."""
        if self.waited >= self.settle:
            return False
        self.pause = min(_LONGEST_PAUSE, _FIRST_PAUSE if not self.waited else self.waited, self.settle - self.waited)
        self.on(Event.NOT_SHOWN_YET)
        return True

    def _checked(self, group: SecurityGroup | Unknown) -> None:
        if isinstance(group, Unknown):
            if not self._wait():
                self._give_up(
                    f"it cannot be told whether the change was made: {group.reason}",
                    "run `originlock apply` again: it goes on from what AWS holds then",
                )
            return
        left = remaining(self.act, group)
        if left is None:
            self._advance()
        elif left == self.act and self.waited < self.look_again_for and self._wait():
            return
        else:
            self.act = left
            self.on(Event.PART_REMAINS)

    def _proved(self, group: SecurityGroup | Unknown) -> None:
        if self.narrowing:
            self._proved_after(group)
        elif self.narrow:
            self._proved_before(group)
        else:
            self._proved_widening(group)

    def _missing(self, group: SecurityGroup) -> int:
        held = {rule.key for rule in group.rules}
        return sum(1 for key in self.expectation.present if key not in held)

    def _unshown(self, group: SecurityGroup) -> bool:
        """Whether AWS does not show all that was added; in a rollback that may be more than what is wanted."""
        return any(remaining(change.act, group) for change in self.widen if isinstance(change.act, Authorize))

    def _say(self, when: str, verdict: Verdict, evidence: str) -> None:
        what = f"all {len(self.expectation.present)} wanted rules are there"
        if when == "after-narrow":
            what += ", what was revoked is gone"
        self.proofs.append(Proof(self.origin, self.target, when, what, verdict, evidence))

    def _proved_widening(self, group: SecurityGroup | Unknown) -> None:
        if isinstance(group, Unknown):
            if not self._wait():
                self._say("after-widen", Verdict.UNKNOWN, group.reason)
                self.on(Event.BLIND_AT_END)
            return
        missing, unshown = self._missing(group), self._unshown(group)
        if (missing or unshown) and self._wait():
            return
        if missing:
            self._stop_on_missing("after-widen", missing)
        elif unshown:
            self._say("after-widen", Verdict.UNKNOWN, _NOT_ALL_SHOWN)
            self.on(Event.BLIND_AT_END)
        else:
            self._say("after-widen", Verdict.KEPT, "AWS shows them")
            self.on(Event.KEPT_AT_END)

    def _proved_before(self, group: SecurityGroup | Unknown) -> None:
        if isinstance(group, Unknown):
            if self._wait():
                return
            self._say("before-narrow", Verdict.UNKNOWN, group.reason)
            if self.gate:
                self.stop(
                    Event.BLIND_BEFORE_NARROW,
                    f"{self.target} could not be read back, so nothing was narrowed: {group.reason}",
                    "mend the reading and run `originlock apply` again, or say --no-prove",
                )
            else:
                self._go_on_to_narrow()
            return
        missing = self._missing(group)
        if missing:
            if not self._wait():
                self._stop_on_missing("before-narrow", missing)
            return
        changed = tuple(rule for change in self.narrow for rule in changed_under_us(change.act, group))
        if changed:
            self._say("before-narrow", Verdict.BROKEN, f"changed since the look: {', '.join(changed)}")
            self.stop(
                Event.BROKEN_BEFORE_NARROW,
                f"somebody else changed {', '.join(changed)} of {self.target}, so nothing was narrowed",
                "run `originlock apply` again: it plans from what AWS holds then",
            )
            return
        self._say("before-narrow", Verdict.KEPT, "AWS shows them")
        self._go_on_to_narrow()

    def _stop_on_missing(self, when: str, missing: int) -> None:
        self._say(when, Verdict.BROKEN, f"AWS does not show {missing} of them after {self.waited:.0f} s")
        self.stop(
            Event.BROKEN_BEFORE_NARROW,
            f"AWS does not show {missing} wanted rules of {self.target}, so nothing was narrowed",
            "run `originlock apply` again; if it happens again, see who else changes this group",
        )

    def _go_on_to_narrow(self) -> None:
        self._fresh_patience()
        self.narrowing = True
        self.queue = list(self.narrow)
        self._take_up(self.queue[0].act)
        self.on(Event.KEPT_GOES_ON)

    def _proved_after(self, group: SecurityGroup | Unknown) -> None:
        if isinstance(group, Unknown):
            if not self._wait():
                self._say("after-narrow", Verdict.UNKNOWN, group.reason)
                self.on(Event.BLIND_AT_END)
            return
        missing, unshown = self._missing(group), self._unshown(group)
        gone = not any(remaining(change.act, group) for change in self.narrow if isinstance(change.act, Revoke))
        if not missing and not unshown and gone:
            self._say("after-narrow", Verdict.KEPT, "AWS shows it so")
            self.on(Event.KEPT_AT_END)
        elif self._wait():
            return
        elif missing:
            self._say("after-narrow", Verdict.BROKEN, f"AWS does not show {missing} wanted rules any more")
            self._undo(missing)
        elif gone:
            self._say("after-narrow", Verdict.UNKNOWN, _NOT_ALL_SHOWN)
            self.on(Event.BLIND_AT_END)
        else:
            self._say("after-narrow", Verdict.BROKEN, "AWS still shows what was revoked")
            self.on(Event.STRANGER_REMAINS)

    def _undo(self, missing: int) -> None:
        self.undo_queue = [
            change for change in reversed(self.narrow) if change.id in self.done and change.effect is Effect.NARROW
        ]
        self.message = f"{missing} wanted rules of {self.target} were gone after the narrowing, which was undone"
        self.remedy = "see who else changes this group, then run `originlock apply` again"
        self._fresh_patience()
        self.on(Event.BROKEN_AFTER_NARROW)
        self._take_up_undo()

    def report(self) -> LaneReport:
        """How it stands."""
        return LaneReport(
            self.origin,
            self.target,
            self.state,
            tuple(self.done),
            tuple(self.undone),
            tuple(self.proofs),
            "" if self.state is State.FINISHED else self.message,
            "" if self.state is State.FINISHED else self.remedy,
        )
