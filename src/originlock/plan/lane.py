"""A lane: one target's way through its changes, its transitions a table.

Lives here: what an answer or a look means for one target: go on, wait, stop, undo.
Must not live here: what is done side by side, clocks, calls; what a look says of an expectation (see `proving`).
"""

from __future__ import annotations

import enum
from typing import Final, assert_never

import msgspec

from originlock.facts.origin import Missing, PrefixList, SecurityGroup
from originlock.facts.probing import Verdict
from originlock.facts.snapshot import Held
from originlock.facts.trust import SecureListener, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.words import target_in_words
from originlock.plan import proving
from originlock.plan.acts import (
    Act,
    AddEntries,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DeletePrefixList,
    RemoveEntries,
    changed_under_us,
    in_the_way,
    inverse,
    remaining,
    renamed,
    settles,
)
from originlock.plan.change import Change, Effect, Expectation, Phase, widens
from originlock.plan.connections import Connections
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import (
    CreateProbeListener,
    CreateTrustStore,
    DeleteProbeListener,
    EdgeAct,
    StoreAct,
    blind,
    given_up,
    needs_presented,
    unsettled,
)


class State(enum.Enum):
    """Where a lane stands."""

    HELD = "held: another target must be widened first"
    ACTING = "acting"
    CHECKING = "checking"
    PROVING = "proving"
    PROBING = "read back, and waiting for connections before it narrows"
    PROBING_AFTER = "narrowed and read back, and waiting for connections"
    WAITING = "widened, and waiting for another target before it narrows"
    PROVED = "narrowed and proved, and waiting for all others to be before it tidies"
    UNDOING = "undoing"
    CHECKING_UNDO = "checking the undo"
    FINISHED = "finished"
    STOPPED = "stopped"
    UNDONE = "undone"
    STUCK = "stuck"


class Event(enum.Enum):
    """What can happen to a lane."""

    RELEASED = "what it waited for has come"
    RELEASED_TO_PROVE = "what it waited for has come, and there is nothing to widen"
    FORSAKEN = "what it waits for will not come"
    ACT_DONE = "the act is done, an act follows"
    ACTS_DONE = "the act is done, a proof follows"
    ACT_SETTLES = "the act is done, and AWS goes on working at it"
    ACT_UNCLEAR = "no clear answer to the act"
    ACT_FAILED = "the act was refused"
    PART_REMAINS = "the look shows that a part is still to be done"
    NOT_SHOWN_YET = "AWS does not show it yet"
    READ_BACK = "it is read back, connections are to follow before it narrows"
    READ_BACK_AFTER = "it is narrowed and read back, connections are to follow"
    KEPT_GOES_ON = "the proof is kept, acts follow"
    KEPT_BUT_WAITS = "the proof is kept, and another target must be widened before acts follow"
    KEPT_AT_END = "the proof is kept, nothing follows"
    KEPT_BEFORE_TIDY = "the last proof is kept, tidying follows"
    TIDIES = "every other target has been proved, or has ended"
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
    (State.HELD, Event.RELEASED): State.ACTING,
    (State.HELD, Event.RELEASED_TO_PROVE): State.PROVING,
    (State.HELD, Event.FORSAKEN): State.STOPPED,
    (State.HELD, Event.INTERRUPTED): State.STOPPED,
    (State.ACTING, Event.ACT_DONE): State.ACTING,
    (State.ACTING, Event.ACTS_DONE): State.PROVING,
    (State.ACTING, Event.ACT_SETTLES): State.CHECKING,
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
    (State.PROVING, Event.KEPT_BUT_WAITS): State.WAITING,
    (State.PROVING, Event.KEPT_AT_END): State.FINISHED,
    (State.PROVING, Event.BROKEN_BEFORE_NARROW): State.STOPPED,
    (State.PROVING, Event.BLIND_BEFORE_NARROW): State.STOPPED,
    (State.PROVING, Event.BROKEN_AFTER_NARROW): State.UNDOING,
    (State.PROVING, Event.STRANGER_REMAINS): State.FINISHED,
    (State.PROVING, Event.BLIND_AT_END): State.FINISHED,
    (State.PROVING, Event.INTERRUPTED): State.STOPPED,
    (State.PROVING, Event.READ_BACK): State.PROBING,
    (State.PROVING, Event.READ_BACK_AFTER): State.PROBING_AFTER,
    (State.PROBING, Event.KEPT_GOES_ON): State.ACTING,
    (State.PROBING, Event.BROKEN_BEFORE_NARROW): State.STOPPED,
    (State.PROBING, Event.INTERRUPTED): State.STOPPED,
    (State.PROBING_AFTER, Event.KEPT_AT_END): State.FINISHED,
    (State.PROBING_AFTER, Event.BLIND_AT_END): State.FINISHED,
    (State.PROBING_AFTER, Event.STRANGER_REMAINS): State.FINISHED,
    (State.PROBING_AFTER, Event.BROKEN_AFTER_NARROW): State.UNDOING,
    (State.PROBING_AFTER, Event.INTERRUPTED): State.STOPPED,
    (State.FINISHED, Event.BROKEN_AFTER_NARROW): State.UNDOING,
    (State.PROVING, Event.KEPT_BEFORE_TIDY): State.PROVED,
    (State.PROBING_AFTER, Event.KEPT_BEFORE_TIDY): State.PROVED,
    (State.PROVED, Event.TIDIES): State.ACTING,
    (State.PROVED, Event.FORSAKEN): State.STOPPED,
    (State.PROVED, Event.BROKEN_AFTER_NARROW): State.UNDOING,
    (State.PROVED, Event.INTERRUPTED): State.STOPPED,
    (State.WAITING, Event.RELEASED_TO_PROVE): State.PROVING,
    (State.WAITING, Event.FORSAKEN): State.STOPPED,
    (State.WAITING, Event.INTERRUPTED): State.STOPPED,
    (State.UNDOING, Event.UNDO_GOES_ON): State.UNDOING,
    (State.UNDOING, Event.UNDO_DONE): State.UNDONE,
    (State.UNDOING, Event.ACT_SETTLES): State.CHECKING_UNDO,
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

_SEE_WHO = "see who else changes it, then run `originlock apply` again"
_LIST_REMEDY = "see what AWS says of it (a group that names it may be full); then run `originlock apply` again"

_LONGEST_BEHIND = 4.0
"""How many seconds a list may be told as having failed before it is believed (our choice)."""

_GAVE_UP = (
    "make room in the groups that name the list, or raise the quota L-0EA8095F; then run `originlock apply` again"
)

_NOT_SERVED = (
    "mend what stands in the way (the origin, the edge, or [origins.NAME.proof]) and run `originlock apply` again"
)
_NOT_PRESENTED = (
    "see what is said of the certificate that the edge presents, mend it, and run `originlock apply` again: it goes on "
    "from what there is then"
)
_EDGE_GAVE_UP = "issue a new certificate (`originlock ca renew`) and run `originlock apply` again"
_NEWLY_REFUSED = "see what else keeps the edge out (another filter, the edge itself); then run `originlock apply` again"

_NOT_ALL_SHOWN = "AWS does not show all that was added"


AGAIN_LATER = "run `originlock apply` again in some minutes: it goes on from what there is then"


def _at_work(held: Held) -> bool:
    """Whether AWS or the edge has not ended its work on a target."""
    return not held.settled if isinstance(held, PrefixList) else unsettled(held)


_Making = CreateGroup | CreatePrefixList | CreateTrustStore | CreateProbeListener
_Made = SecurityGroup | PrefixList | TrustStore | SecureListener
"""What gets its id only when it is made, and what it is then."""

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0


class Proof(msgspec.Struct, frozen=True):
    """One read-back against its expectation.

    Attributes:
        when: ``before-narrow``, ``after-widen`` (nothing is narrowed), ``after-narrow``, or ``before-tidy`` (nothing is
            widened or narrowed) and ``after-tidy``.
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
    """One target's way through its changes. Mutable; only the machine touches it.

    Attributes:
        widened: whether the last proof that comes before narrowing is kept (or nobody asks for it), and no later look
            has shown otherwise.
        completed: whether everything is done, and the last proof is kept (or could not be had, and nobody asks for it).
        may_narrow: whether no other target has to be widened first; the machine says so.
        connects: whether connections are to show, before and after a narrowing, that the edge is served.
        may_skip_proofs: whether the command at hand has ``--no-prove``; the machine says so.
        presents: whether its narrowing shuts out whoever does not present our certificate.
        shows_presented: whether connections are to show it before it narrows: also where it narrows whatever they show,
            as a listener does that is made for this alone.
    """

    def __init__(  # noqa: PLR0915  its whole state, in one place
        self,
        changes: tuple[Change, ...],
        expectation: Expectation,
        settle: float,
        names: dict[str, str],
        *,
        gate: bool,
        held: bool = False,
        connects: bool = False,
    ) -> None:
        self.origin = expectation.origin
        self.target = expectation.target
        self.expectation = expectation
        self.settle = settle
        self.names = names
        self.gate = gate
        self.connects = connects
        self.may_skip_proofs = True
        self.after_connections: tuple[Event, bool] | None = None
        self.of_trust = bool(changes) and all(isinstance(change.act, StoreAct | EdgeAct) for change in changes)
        self.presents = any(
            isinstance(change.act, StoreAct) and needs_presented(change.act) for change in changes if not widens(change)
        )
        self.shows_presented = self.presents or any(isinstance(c.act, DeleteProbeListener) for c in changes)
        self.widen = [change for change in changes if widens(change)]
        self.narrow = [change for change in changes if change.phase is Phase.NARROW]
        self.tidy = [change for change in changes if change.phase is Phase.TIDY]
        self.queue: list[Change] = list(self.widen or self.narrow or self.tidy)
        self.narrowing = self.tidying = False
        self.may_narrow = True
        self.widened = False
        self.completed = False
        self.act: Act | None = self.queue[0].act if self.queue else None
        self.tries = 0
        self.answer: Outcome | None = None
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
        self.state = State.HELD if held else State.ACTING if self.widen else State.PROVING

    # -- moves ------------------------------------------------------------------------------------------------

    def on(self, event: Event) -> None:
        """Take the transition."""
        self.state = TRANSITIONS[self.state, event]

    def stop(self, event: Event, message: str, remedy: str) -> None:
        """Take a transition to an end that a person must be told of."""
        self.message, self.remedy = message, remedy
        self.on(event)

    def release(self) -> None:
        """What it waited for has come. A proof that was taken before the wait is taken again: it may have aged."""
        self._fresh_patience()
        self.on(Event.RELEASED if self.state is State.HELD and self.widen else Event.RELEASED_TO_PROVE)

    def tidies(self) -> None:
        """Nobody is left who could narrow, or whose narrowing could have to be undone: what has no way back is done."""
        self._fresh_patience()
        self.tidying = True
        self.queue = list(self.tidy)
        self._take_up(self.queue[0].act)
        self.on(Event.TIDIES)

    def forsake(self, on: str) -> None:
        """What it waits for will not come."""
        begun = "begun" if self.state is State.HELD else "narrowed" if self.state is State.WAITING else "tidied"
        self.stop(
            Event.FORSAKEN,
            f"nothing was {begun} at {self.said}, for {target_in_words(on)} had to be proved first, and was not",
            "see what is said of that one",
        )

    @property
    def name(self) -> str:
        """The target's id, which what is made has only once it is."""
        return self.names.get(self.target, self.target)

    @property
    def said(self) -> str:
        """The target in words."""
        return target_in_words(self.name)

    def _take_up(self, act: Act) -> None:
        self.act, self.tries, self.answer = act, 0, None

    def current(self) -> tuple[Change, Act]:
        """The change at hand, and the act that is left of it, with the ids of what has been made."""
        queue = self.undo_queue if self.state is State.UNDOING else self.queue
        return queue[0], renamed(self._at_hand(), self.names)

    def _at_hand(self) -> Act:
        if self.act is None:
            message = "a lane without changes was asked for one"
            raise AssertionError(message)
        return self.act

    # -- answers to acts --------------------------------------------------------------------------------------

    def acted(self, outcome: Outcome) -> None:
        """The act at hand ended so."""
        undoing = self.state is State.UNDOING
        match outcome:
            case Done(made=made):
                if made is not None:
                    self.names[self.target] = made
                self.answer = outcome
                self._ended_or_settles()
            case AlreadySo(message) | Unsure(message):
                self.answer = outcome
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
            case Failed() as refusal:
                self._refused(refusal)
            case _:
                assert_never(outcome)

    def _refused(self, refusal: Failed) -> None:
        """Of entries that are there already, or not there any more, AWS refuses the whole change: look what is left."""
        if not isinstance(self.answer, Failed) and isinstance(self._at_hand(), AddEntries | RemoveEntries):
            self.answer = refusal
            self._fresh_patience()
            self.look_again_for = 0.0
            self.on(Event.UNDO_UNCLEAR if self.state is State.UNDOING else Event.ACT_UNCLEAR)
        else:
            self._give_up(refusal.message, refusal.remedy)

    def _ended_or_settles(self) -> None:
        if not settles(self._at_hand()):
            self._advance()
            return
        self.tries += 1
        self._fresh_patience()
        self.look_again_for = self.settle
        if self.tries > _TRIES:
            self._give_up(f"AWS took the change of {self.said} {_TRIES} times, and does not show it", _LIST_REMEDY)
        else:
            self.on(Event.ACT_SETTLES)

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

    def seen(self, held: Held | Unknown) -> None:
        """The target is so."""
        if isinstance(held, _Made) and isinstance(self.act, _Making):
            self._is_made(self.act, held)
        match self.state:
            case State.CHECKING | State.CHECKING_UNDO:
                self._checked(held)
            case State.PROVING:
                self._proved(held)
            case _:
                pass  # another lane's look

    def _is_made(self, act: _Making, held: _Made) -> None:
        """What was to be made is there: from now on it is called by its id. What only has its name is not it."""
        if remaining(renamed(act, self.names), held) is None:
            self.names[self.target] = held.id

    def _wait(self) -> bool:
        """Whether there is patience left; if so the lane waits and looks again."""
        if self.waited >= self.settle:
            return False
        self.pause = min(_LONGEST_PAUSE, _FIRST_PAUSE if not self.waited else self.waited, self.settle - self.waited)
        self.on(Event.NOT_SHOWN_YET)
        return True

    def _checked(self, held: Held | Unknown) -> None:
        if isinstance(held, PrefixList) and isinstance(held.entries, Unknown):
            held = held.entries
        if not isinstance(held, Unknown) and (unseen := blind(held)) is not None:
            held = unseen
        if isinstance(held, Unknown):
            if not self._wait():
                self._give_up(
                    f"it cannot be told whether the change was made: {held.reason}",
                    "run `originlock apply` again: it goes on from what AWS holds then",
                )
            return
        if _at_work(held) and self._wait():
            # Whatever it shows meanwhile is what it was before; and it refuses every other change.
            return
        act = renamed(self._at_hand(), self.names)
        left = remaining(act, held)
        behind = min(_LONGEST_BEHIND, self.look_again_for) if self._was_given_up(act, held) else self.look_again_for
        if left is None:
            self._advance()
        elif left == act and self.waited < behind and self._wait():
            return
        elif left == act and (why := self._why_not(act, held)) is not None:
            self._give_up(*why)
        else:
            self.act = left
            self.on(Event.PART_REMAINS)

    def _was_given_up(self, act: Act, held: Held) -> bool:
        """Whether the change was taken and given up: an earlier one may be meant, for as long as reads are behind."""
        if not isinstance(self.answer, Done):
            return False
        if isinstance(held, PrefixList):
            return held.failed
        return isinstance(act, StoreAct | EdgeAct) and bool(given_up(act, held))

    def _why_not(self, act: Act, held: Held) -> tuple[str, str] | None:
        """Why an act of which nothing was done is not to be tried again, and the remedy; None if it is."""
        if isinstance(held, PrefixList) and self._was_given_up(act, held):
            return f"AWS gave up the change of {self.said}: {held.message or held.state}", _GAVE_UP
        if isinstance(act, StoreAct | EdgeAct):
            if why := given_up(act, held):
                return why, _EDGE_GAVE_UP
            if _at_work(held):
                return f"{self.said} is not ready after {self.waited:.0f} s", AGAIN_LATER
        if isinstance(self.answer, Failed):
            return self.answer.message, self.answer.remedy
        if (other := in_the_way(act, held)) is not None:
            return (
                f"{other.id} has the name {other.name} already, and its tags do not say that it is ours",
                "give it another name, or delete it; then run `originlock apply` again",
            )
        return None

    def _proved(self, held: Held | Unknown) -> None:
        if self.tidying:
            self._proved_tidied(held)
        elif self.narrowing:
            self._proved_after(held)
        elif self.narrow or (not self.widen and self.tidy):
            self._proved_before(held)
        else:
            self._proved_widening(held)

    def _shown(self, held: Held | Unknown) -> proving.Shown:
        if self.of_trust and not isinstance(held, Unknown):
            return self._shown_of_trust(held)
        if isinstance(held, Missing) and any(isinstance(c.act, DeleteGroup | DeletePrefixList) for c in self.tidy):
            return proving.Shown()
        return proving.shown(self.expectation, held, self.names)

    def _shown_of_trust(self, held: Held) -> proving.Shown:
        """What was asked for before narrowing is there; what narrowing then makes of it is told by its own acts."""
        if (unseen := blind(held)) is not None:
            return proving.Shown(unknown=f"{unseen.what}: {unseen.reason}")
        if self.narrowing or self.tidying:
            return proving.Shown()
        if self.widen and remaining(renamed(self.widen[-1].act, self.names), held):
            return proving.Shown("what was asked for")
        return proving.Shown("the end of its change") if _at_work(held) else proving.Shown()

    def _unshown(self, held: Held | Unknown) -> bool:
        """Whether AWS does not show all that was widened; in a rollback that may be more than what is wanted."""
        if self.of_trust:
            return False  # told by `_shown_of_trust`: narrowing may go on from what widening made
        return not isinstance(held, Unknown) and any(
            remaining(renamed(change.act, self.names), held) for change in self.widen if change.effect is Effect.WIDEN
        )

    def _say(self, when: str, verdict: Verdict, evidence: str) -> None:
        what = "it is as asked for" if self.of_trust else proving.in_words(self.expectation, self.names)
        if when in ("after-narrow", "after-tidy") and not self.of_trust:
            what += ", what was revoked is gone" if self.expectation.present else ", what was taken away is gone"
        # A proof that is taken again after a wait stands for the one before it.
        self.proofs = [proof for proof in self.proofs if proof.when != when]
        self.proofs.append(Proof(self.origin, self.name, when, what, verdict, evidence))

    def _read_back(self, shown: str) -> str:
        """Who shows it: what trust is about is held by AWS or by the edge, a lane does not know which."""
        return "read back" if self.of_trust else shown

    def _proved_widening(self, held: Held | Unknown) -> None:
        seen, unshown = self._shown(held), self._unshown(held)
        if (seen.missing or seen.unknown or unshown) and self._wait():
            return
        if seen.missing and not seen.unknown:
            self._stop_on_missing("after-widen", seen.missing)
        elif seen.unknown or unshown:
            self._say("after-widen", Verdict.UNKNOWN, seen.unknown or _NOT_ALL_SHOWN)
            self.widened = not self.gate
            self._end(Event.BLIND_AT_END, completes=not self.gate)
        else:
            self._say("after-widen", Verdict.KEPT, self._read_back("AWS shows them"))
            self.widened = True
            self._end(Event.KEPT_AT_END, completes=True)

    def _proved_before(self, held: Held | Unknown) -> None:
        seen = self._shown(held)
        when, done = ("before-narrow", "narrowed") if self.narrow else ("before-tidy", "tidied")
        if (seen.unknown or seen.missing) and self._wait():
            return
        if seen.unknown:
            self._say(when, Verdict.UNKNOWN, seen.unknown)
            self.widened = not self.gate
            if self.gate:
                self.stop(
                    Event.BLIND_BEFORE_NARROW,
                    f"{self.said} could not be read back, so nothing was {done}: {seen.unknown}",
                    self._or_unproved("mend the reading and run `originlock apply` again"),
                )
            else:
                self._go_on_to_narrow()
            return
        if seen.missing:
            self._stop_on_missing(when, seen.missing, done)
            return
        changed = (
            ()
            if isinstance(held, Unknown)
            else tuple(rule for change in self.narrow for rule in changed_under_us(change.act, held))
        )
        if changed:
            self.widened = False
            self._say(when, Verdict.BROKEN, f"changed since the look: {', '.join(changed)}")
            self.stop(
                Event.BROKEN_BEFORE_NARROW,
                f"somebody else changed {', '.join(changed)} of {self.said}, so nothing was {done}",
                "run `originlock apply` again: it plans from what AWS holds then",
            )
            return
        self._say(when, Verdict.KEPT, self._read_back("AWS shows them"))
        self._go_on_to_narrow()

    def _or_unproved(self, remedy: str) -> str:
        return f"{remedy}, or say --no-prove" if self.may_skip_proofs else remedy

    def _stop_on_missing(self, when: str, missing: str, done: str = "narrowed") -> None:
        self.widened = False
        self._say(when, Verdict.BROKEN, f"AWS does not show {missing} after {self.waited:.0f} s")
        self.stop(
            Event.BROKEN_BEFORE_NARROW,
            f"AWS does not show {missing} of {self.said}, so nothing was {done}",
            "run `originlock apply` again; if it happens again, see who else changes it",
        )

    def _go_on_to_narrow(self) -> None:
        self._fresh_patience()
        self.widened = True
        if not self.may_narrow:
            self.on(Event.KEPT_BUT_WAITS)
        elif not self.narrow:
            self.on(Event.KEPT_BEFORE_TIDY)
        elif self.connects:
            self.on(Event.READ_BACK)
        else:
            self._narrow()

    def _narrow(self) -> None:
        self.narrowing = True
        self.queue = list(self.narrow)
        self._take_up(self.queue[0].act)
        self.on(Event.KEPT_GOES_ON)

    def connected(self, seen: Connections) -> None:
        """Connections to its origin showed this."""
        if self.state is State.PROBING and seen.stops:
            self.widened = False
            self.stop(
                Event.BROKEN_BEFORE_NARROW,
                f"nothing was narrowed at {self.said}: {seen.stops}",
                self._or_unproved(_NOT_SERVED),
            )
        elif self.state is State.PROBING and self.presents and seen.unpresented:
            self.widened = False
            self.stop(
                Event.BROKEN_BEFORE_NARROW,
                f"nothing was narrowed at {self.said}: {seen.unpresented}",
                _NOT_PRESENTED,
            )
        elif self.state is State.PROBING:
            self._narrow()
        elif self.state in (State.FINISHED, State.PROVED) and not self._undoable():
            return  # it took nothing away that could have refused anybody
        elif self.state in (State.PROBING_AFTER, State.FINISHED, State.PROVED) and seen.refused:
            self.completed = False
            self._undo_narrowing(f"after the narrowing {seen.refused}: it was undone", _NEWLY_REFUSED)
        elif self.state is State.PROBING_AFTER and self.after_connections is not None:
            event, completes = self.after_connections
            self._end(event, completes=completes)

    def _proved_after(self, held: Held | Unknown) -> None:
        seen, unshown = self._shown(held), self._unshown(held)
        if seen.unknown or isinstance(held, Unknown):
            if not self._wait():
                self._say("after-narrow", Verdict.UNKNOWN, seen.unknown)
                self._read_back_after(Event.BLIND_AT_END, completes=not self.gate)
            return
        gone = not any(
            remaining(renamed(change.act, self.names), held) for change in self.narrow if change.effect is Effect.NARROW
        )
        if not seen.missing and not unshown and gone:
            self._say("after-narrow", Verdict.KEPT, self._read_back("AWS shows it so"))
            self._read_back_after(Event.KEPT_AT_END, completes=True)
        elif self._wait():
            return
        elif seen.missing:
            self._say("after-narrow", Verdict.BROKEN, f"AWS does not show {seen.missing} any more")
            self._undo(seen.missing)
        elif gone:
            self._say("after-narrow", Verdict.UNKNOWN, _NOT_ALL_SHOWN)
            self._read_back_after(Event.BLIND_AT_END, completes=False)
        else:
            self._say("after-narrow", Verdict.BROKEN, "AWS still shows what was revoked")
            self._read_back_after(Event.STRANGER_REMAINS, completes=False)

    def _read_back_after(self, event: Event, *, completes: bool) -> None:
        """The read-back has spoken; connections, where there are any, have the last word."""
        if self.connects:
            self.after_connections = event, completes
            self.on(Event.READ_BACK_AFTER)
        else:
            self._end(event, completes=completes)

    def _end(self, event: Event, *, completes: bool) -> None:
        """The last proof was taken; what there is to tidy waits for those of all others, and is left if it failed."""
        if completes and self.tidy and not self.tidying:
            self.on(Event.KEPT_BEFORE_TIDY)
            return
        self.completed = completes
        self.on(event)

    def _proved_tidied(self, held: Held | Unknown) -> None:
        """Nothing leads back from tidying, and nobody is served or refused by it: it is told how it stands."""
        seen = self._shown(held)
        blind = seen.unknown or (held.reason if isinstance(held, Unknown) else "")
        left = not isinstance(held, Unknown) and any(remaining(renamed(c.act, self.names), held) for c in self.tidy)
        if (blind or seen.missing or left) and self._wait():
            return
        if blind:
            self._say("after-tidy", Verdict.UNKNOWN, blind)
            self._end(Event.BLIND_AT_END, completes=not self.gate)
        elif seen.missing:
            self._say("after-tidy", Verdict.BROKEN, f"AWS does not show {seen.missing} any more")
            self.stop(Event.BROKEN_BEFORE_NARROW, f"AWS does not show {seen.missing} of {self.said}", _SEE_WHO)
        elif left:
            self._say("after-tidy", Verdict.BROKEN, "what was to go is still shown")
            self._end(Event.STRANGER_REMAINS, completes=False)
        else:
            self._say("after-tidy", Verdict.KEPT, self._read_back("AWS shows it so"))
            self._end(Event.KEPT_AT_END, completes=True)

    def _undo(self, missing: str) -> None:
        self.widened = False
        self.undo_queue = self._undoable()
        if not self.undo_queue:
            self.stop(Event.BROKEN_BEFORE_NARROW, f"AWS does not show {missing} of {self.said}", _SEE_WHO)
            return
        self._undo_narrowing(f"after the narrowing AWS did not show {missing} of {self.said}: it was undone", _SEE_WHO)

    def _undo_narrowing(self, message: str, remedy: str) -> None:
        self.widened = False
        self.undo_queue = self._undoable()
        self.message, self.remedy = message, remedy
        self._fresh_patience()
        if not self.undo_queue:
            # Only what has no inverse was done (tidying): nothing that could have refused anybody.
            self.on(Event.STRANGER_REMAINS)
            return
        self.on(Event.BROKEN_AFTER_NARROW)
        self._take_up_undo()

    def _undoable(self) -> list[Change]:
        return [change for change in reversed(self.narrow) if change.id in self.done and change.effect is Effect.NARROW]

    def report(self) -> LaneReport:
        """How it stands."""
        return LaneReport(
            self.origin,
            self.name,
            self.state,
            tuple(self.done),
            tuple(self.undone),
            tuple(self.proofs),
            "" if self.state is State.FINISHED else self.message,
            "" if self.state is State.FINISHED else self.remedy,
        )
