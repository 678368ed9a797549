"""What came of it: how an apply ended, and the exit code of a plan and of an apply.

Lives here: which of several ends is the worst. Must not live here: printing, exiting.
"""

from __future__ import annotations

import enum

import msgspec

from originlock.errors import ExitCode
from originlock.plan.change import Hole, Objection, Unread
from originlock.plan.document import Plan
from originlock.plan.lane import LaneReport, Proof, State, Verdict


class Outcome(enum.Enum):
    """How an apply ended, in one word."""

    NOTHING_TO_DO = "nothing-to-do"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    UNDONE = "undone"
    UNDO_FAILED = "undo-failed"
    UNKNOWN = "unknown"
    INTERRUPTED = "interrupted"


class ApplyResult(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        lanes: how each target ended; empty if nothing was begun.
        holes: those that are open now.
        unknown: what could not be read.
        objections: why it was refused, for the origins that they name.
        recovered: runs that had died, from whose state this one went on.
        broke_off: why it could not be carried on although no target stands in the way; empty otherwise.
    """

    run: str
    plan: Plan
    outcome: Outcome
    exit_code: ExitCode
    lanes: tuple[LaneReport, ...] = ()
    holes: tuple[Hole, ...] = ()
    unknown: tuple[Unread, ...] = ()
    objections: tuple[Objection, ...] = ()
    recovered: tuple[str, ...] = ()
    broke_off: str = ""

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """Every proof that was taken."""
        return tuple(proof for lane in self.lanes for proof in lane.proofs)

    @property
    def locked(self) -> bool | None:
        """False with a hole; otherwise not known: a read-back is no proof that a stranger is kept out."""
        return False if self.holes else None


def outcome_of(
    lanes: tuple[LaneReport, ...],
    holes: tuple[Hole, ...],
    unknown: tuple[Unread, ...],
    *,
    interrupted: bool,
    refused: bool = False,
    broke_off: bool = False,
) -> tuple[Outcome, ExitCode]:
    """How an apply ended and its exit code: the worst that happened decides."""
    states = {lane.state for lane in lanes}
    blind = any(proof.verdict is Verdict.UNKNOWN for lane in lanes for proof in lane.proofs)
    broken = any(proof.verdict is Verdict.BROKEN for lane in lanes for proof in lane.proofs)
    done = Outcome.DONE if lanes else Outcome.NOTHING_TO_DO
    ends = (
        (State.STUCK in states, Outcome.UNDO_FAILED, ExitCode.NEEDS_A_PERSON),
        (interrupted, Outcome.INTERRUPTED, ExitCode.INTERRUPTED),
        (State.UNDONE in states, Outcome.UNDONE, ExitCode.STOPPED),
        (State.STOPPED in states or broke_off, Outcome.STOPPED, ExitCode.STOPPED),
        (refused, Outcome.REFUSED, ExitCode.REFUSED),
        (bool(holes) or broken, done, ExitCode.PENDING),
        (bool(unknown) or blind, Outcome.UNKNOWN, ExitCode.UNKNOWN),
    )
    return next(((outcome, code) for so, outcome, code in ends if so), (done, ExitCode.DONE))


def exit_code_of_plan(plan: Plan) -> ExitCode:
    """What `plan` ends with: refused (also where it is so for one origin of several), pending, unknown, or done."""
    if plan.objections:
        return ExitCode.REFUSED
    if plan.changes or plan.holes:
        return ExitCode.PENDING
    return ExitCode.UNKNOWN if plan.unknown else ExitCode.DONE
