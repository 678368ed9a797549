"""What came of it: how an apply ended, and the exit code of a plan and of an apply.

Lives here: which of several ends is the worst. Must not live here: printing, exiting.
"""

from __future__ import annotations

import enum

import msgspec

from originlock.errors import ExitCode
from originlock.facts.probing import Verdict
from originlock.plan.change import Hole, Objection, Unread
from originlock.plan.connections import ConnectionProof
from originlock.plan.document import Plan
from originlock.plan.lane import LaneReport, Proof, State


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
        connections: what connections showed, last; empty where none were made.
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
    connections: tuple[ConnectionProof, ...] = ()

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """Every proof that was taken by reading back."""
        return tuple(proof for lane in self.lanes for proof in lane.proofs)

    @property
    def locked(self) -> bool | None:
        """False with a hole, or a stranger who got in; True where strangers tried every address and were kept out.

        Otherwise it is not known: a read-back alone is no proof that a stranger is kept out.
        """
        if self.holes or _lets_a_stranger_in(self.connections):
            return False
        last = [each for each in self.connections if each.when == "after-narrow"]
        tried = {each.origin for each in last if each.who == "stranger"}
        clean = self.outcome is Outcome.DONE and self.exit_code is ExitCode.DONE and not self.unknown
        whole = clean and tried == {policy.origin for policy in self.plan.policies}
        return True if whole and all(each.verdict is Verdict.KEPT for each in last) else None


def _lets_a_stranger_in(connections: tuple[ConnectionProof, ...]) -> bool:
    return any(each.who == "stranger" and each.verdict is Verdict.BROKEN for each in connections)


def _edge_is_refused(connections: tuple[ConnectionProof, ...]) -> bool:
    return any(e.when == "after-narrow" and e.who == "edge" and e.verdict is Verdict.BROKEN for e in connections)


def outcome_of(
    lanes: tuple[LaneReport, ...],
    holes: tuple[Hole, ...],
    unknown: tuple[Unread, ...],
    connections: tuple[ConnectionProof, ...] = (),
    *,
    interrupted: bool,
    refused: bool = False,
    broke_off: bool = False,
) -> tuple[Outcome, ExitCode]:
    """How an apply ended and its exit code: the worst that happened decides.

    What connections could not tell is reported, and decides nothing: the read-back has spoken. Where the edge is not
    served at the end, and was not seen to be before, whether that is the change's doing is unknown.
    """
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
        (bool(holes) or broken or _lets_a_stranger_in(connections), done, ExitCode.PENDING),
        (bool(unknown) or blind or _edge_is_refused(connections), Outcome.UNKNOWN, ExitCode.UNKNOWN),
    )
    return next(((outcome, code) for so, outcome, code in ends if so), (done, ExitCode.DONE))


def exit_code_of_plan(plan: Plan) -> ExitCode:
    """What `plan` ends with: refused (also where it is so for one origin of several), pending, unknown, or done."""
    if plan.objections:
        return ExitCode.REFUSED
    if plan.changes or plan.holes:
        return ExitCode.PENDING
    return ExitCode.UNKNOWN if plan.unknown else ExitCode.DONE
