"""What a run came to for one origin: from an apply's result, promises and endings to the record that is kept.

Lives here: which of them is whose, and the words. Must not live here: asking or doing anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

import msgspec

from originlock.errors import ExitCode, OriginlockError
from originlock.facts.edge import AcceptedList
from originlock.facts.probing import Verdict
from originlock.facts.runs import Ends, LockState, OriginRun, Point, RangesSeen, sort_of
from originlock.facts.words import target_in_words
from originlock.intent.policy import NO_EDGE, Policy
from originlock.locks.identity.expiry import Endings
from originlock.locks.identity.promises import IDENTITY
from originlock.plan.change import Change, Hole
from originlock.plan.document import Plan
from originlock.plan.result import ApplyResult, Outcome, outcome_of
from originlock.report.people import act_in_words
from originlock.verify.promises import Promise

NETWORK: Final = "network"

MOST_POINTS: Final = 200
"""Of one kind, of one origin (our choice): all rules that a group holds by its default quota (60 of each family), and
as many again; a group with a thousand open rules would fill the record, and a message, with all of them."""

_BADNESS: Final = (
    ExitCode.DONE,
    ExitCode.UNKNOWN,
    ExitCode.PENDING,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.ERROR,
    ExitCode.STOPPED,
    ExitCode.INTERRUPTED,
    ExitCode.NEEDS_A_PERSON,
)
"""Exit codes from the best to the worst: the one that a person has to act on soonest."""


class Renewal(msgspec.Struct, frozen=True):
    """What of one origin was renewed, or would be, and why no more was."""

    done: tuple[str, ...] = ()
    failed: Point | None = None
    code: int = int(ExitCode.DONE)


class Carried(msgspec.Struct, frozen=True):
    """What planning and applying came to, over all origins.

    Attributes:
        plan: None where there is none.
        result: None where nothing was to be changed (a dry run), or there is no plan.
        failed: why there is no plan at all.
        code: the exit code of that.
    """

    plan: Plan | None = None
    result: ApplyResult | None = None
    failed: Point | None = None
    code: int = int(ExitCode.DONE)


class Proofs(msgspec.Struct, frozen=True):
    """What verifying came to, over all origins; no promises where it could not be done."""

    promises: tuple[Promise, ...] | None
    failed: Point | None = None


class Parts(msgspec.Struct, frozen=True):
    """Everything that is known of one origin at the end of a run."""

    renewal: Renewal
    carried: Carried
    proofs: Proofs
    endings: Endings


class _Ended(msgspec.Struct, frozen=True):
    """How an apply, or a plan of it, ended for one origin."""

    outcome: str
    code: int
    run: str = ""
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    objections: tuple[Point, ...] = ()
    holes: tuple[Point, ...] = ()
    unknown: tuple[Point, ...] = ()
    unread: tuple[str, ...] = ()


def worst(codes: Iterable[int]) -> int:
    """The worst of several exit codes; 0 where there is none."""
    return max(codes, key=lambda code: _BADNESS.index(ExitCode(code)), default=int(ExitCode.DONE))


def point_of(name: str, error: OriginlockError) -> Point:
    """An error as something that a person may have to know."""
    return Point(name, error.what, error.remedy)


def recorded(policy: Policy, began: datetime.datetime, parts: Parts, before: OriginRun | None = None) -> OriginRun:
    """The record of one origin.

    Args:
        policy: what is asked for it.
        began: when the run began, with time zone.
        parts: what is known of it.
        before: its last record, which knows when a list was last read that is the same today.
    """
    carried, renewal = parts.carried, parts.renewal
    promises = tuple(each for each in parts.proofs.promises or () if each.origin == policy.origin)
    ended = _ended(policy.origin, carried)
    broken = tuple(_broken(each) for each in promises if each.matters and each.verdict is Verdict.BROKEN)
    error = carried.failed or renewal.failed
    untold = _untold(parts, promises)
    # A broken promise is a way in that reading alone does not show; one that could not be told is not kept.
    proved = ExitCode.PENDING if broken else ExitCode.UNKNOWN if untold else ExitCode.DONE
    codes = (ended.code, renewal.code, carried.code, int(proved))
    return OriginRun(
        policy.origin,
        began,
        _outcome(ended, error, worst(codes)),
        worst(codes),
        run=ended.run,
        renewed=renewal.done,
        done=ended.done,
        undone=ended.undone,
        objections=_few(ended.objections),
        holes=_few(ended.holes),
        broken=broken,
        unknown=_few((*ended.unknown, *untold)),
        unread=ended.unread,
        unproved=_unproved(parts.proofs, promises),
        unended=bool(parts.endings.unknown),
        proofs={verdict.value: sum(each.verdict is verdict for each in promises) for verdict in Verdict},
        locks={NETWORK: _network(policy, promises), IDENTITY: _identity(policy, promises)},
        ends=tuple(Ends(each.what, each.name, each.at, each.remedy) for each in parts.endings.found),
        ranges=_ranges(policy, carried, began, before),
        error=error,
    )


def _few(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Not more than a record can hold and a person read; of the others, how many there are."""
    if len(points) <= MOST_POINTS:
        return points
    more = Point("more", f"and {len(points) - MOST_POINTS} more of this kind", "originlock verify shows all of them")
    return (*points[:MOST_POINTS], more)


def _outcome(ended: _Ended, error: Point | None, code: int) -> str:
    """In one word; where all went well and yet something could not be told, that."""
    if error is not None:
        return "failed"
    went_well = ended.outcome in (Outcome.DONE.value, Outcome.NOTHING_TO_DO.value)
    return Outcome.UNKNOWN.value if went_well and code == ExitCode.UNKNOWN else ended.outcome


def _ended(origin: str, carried: Carried) -> _Ended:
    plan, result = carried.plan, carried.result
    if plan is None:
        return _Ended("failed", carried.code)
    objections = tuple(
        Point(each.guard, f"{each.guard}: {each.message}", each.remedy)
        for each in (result.objections if result is not None else plan.objections)
        if each.origin in ("", origin)
    )
    holes = tuple(each for each in (result.holes if result is not None else plan.holes) if each.origin == origin)
    unread = tuple(each for each in (result.unknown if result is not None else plan.unknown) if each.origin == origin)
    told = _Ended(
        "",
        int(ExitCode.DONE),
        objections=objections,
        holes=tuple(_hole(each) for each in holes),
        unknown=tuple(Point(each.what, f"{each.what}: {each.reason}") for each in unread),
        unread=tuple(dict.fromkeys(each.target for each in unread)),
    )
    if result is None:
        mine = {each.id: each for each in plan.changes if each.origin == origin}
        outcome, code = _planned(told, pending=bool(mine or holes))
        return msgspec.structs.replace(told, outcome=outcome.value, code=int(code), done=_in_words(mine, set(mine)))
    return _applied(origin, plan, result, told)


def _planned(told: _Ended, *, pending: bool) -> tuple[Outcome, ExitCode]:
    """How a plan alone ended."""
    if told.objections:
        return Outcome.REFUSED, ExitCode.REFUSED
    if pending:
        return Outcome.NOTHING_TO_DO, ExitCode.PENDING
    return (Outcome.UNKNOWN, ExitCode.UNKNOWN) if told.unknown else (Outcome.NOTHING_TO_DO, ExitCode.DONE)


def _applied(origin: str, plan: Plan, result: ApplyResult, told: _Ended) -> _Ended:
    """How an apply ended for one origin: as if it had been alone."""
    lanes = tuple(each for each in result.lanes if each.origin == origin)
    outcome, code = outcome_of(
        lanes,
        tuple(each for each in result.holes if each.origin == origin),
        tuple(each for each in result.unknown if each.origin == origin),
        tuple(each for each in result.connections if each.origin == origin),
        interrupted=result.outcome is Outcome.INTERRUPTED,
        refused=bool(told.objections),
        broke_off=bool(result.broke_off),
    )
    changes = {each.id: each for each in plan.changes}
    done = {name for lane in lanes for name in lane.done}
    undone = {name for lane in lanes for name in lane.undone}
    return msgspec.structs.replace(
        told,
        outcome=outcome.value,
        code=int(code),
        run=result.run if done else "",
        done=_in_words(changes, done - undone),
        undone=_in_words(changes, undone),
    )


def _hole(each: Hole) -> Point:
    said = f"{each.target} lets in {each.lets_in} ({each.what})"
    return Point(f"{each.target} {each.lets_in} {each.what}", said, each.close_with)


def _in_words(changes: dict[str, Change], names: set[str]) -> tuple[str, ...]:
    return tuple(
        f"{target_in_words(each.target)}: {act_in_words(each.act)}" for name, each in changes.items() if name in names
    )


def _broken(each: Promise) -> Point:
    return Point(f"{each.who} {each.where}", f"{each.who}, {each.where}: {each.expected}, but {each.said}")


def _untold(parts: Parts, promises: tuple[Promise, ...]) -> tuple[Point, ...]:
    """What could not be told, beside what could not be read."""
    said = [
        Point(f"{each.who} {each.where}", f"{each.who}, {each.where}: {each.said}")
        for each in promises
        if each.matters and each.verdict is Verdict.UNKNOWN
    ]
    said += [Point(each.what, f"{each.what}: {each.reason}") for each in parts.endings.unknown]
    return (*said, parts.proofs.failed) if parts.proofs.failed is not None else tuple(said)


def _unproved(proofs: Proofs, promises: tuple[Promise, ...]) -> tuple[str, ...]:
    """Who could not be told of."""
    if proofs.promises is None:
        return ("",)
    unknown = (each for each in promises if each.matters and each.verdict is Verdict.UNKNOWN)
    # Of an origin that could not be looked at at all, one promise stands for everybody's.
    return tuple(dict.fromkeys("" if each.who == "everyone" else sort_of(each.who) for each in unknown))


def _network(policy: Policy, promises: tuple[Promise, ...]) -> LockState:
    if policy.edge == NO_EDGE:
        return "off"
    return _state(tuple(each for each in promises if each.lock != IDENTITY))


def _identity(policy: Policy, promises: tuple[Promise, ...]) -> LockState:
    if policy.identity is None or policy.identity.mode == "off":
        return "off"
    return _state(tuple(each for each in promises if each.lock == IDENTITY))


def _state(promises: tuple[Promise, ...]) -> LockState:
    verdicts = {each.verdict for each in promises if each.matters}
    if Verdict.BROKEN in verdicts:
        return "open"
    return "locked" if verdicts == {Verdict.KEPT} else "unknown"


def _ranges(policy: Policy, carried: Carried, began: datetime.datetime, before: OriginRun | None) -> RangesSeen | None:
    """The list that was gone by. One that could not be had is as old as the last reading of it."""
    accepted = None if carried.plan is None or policy.edge == NO_EDGE else carried.plan.accepted
    last = before.ranges if before is not None else None
    if accepted is None:
        # Refused, or nothing could be planned: the last that was gone by stands.
        return None if last is None else msgspec.structs.replace(last, current=False)
    at = began if accepted.current else _read_at(accepted, began)
    if not accepted.current and last is not None and last.digest == accepted.ranges.digest:
        at = max(at, last.at)
    count = len(accepted.ranges.cidrs)
    return RangesSeen(accepted.edge, accepted.ranges.digest, at, accepted.current, accepted.etag or "", count)


def _read_at(accepted: AcceptedList, began: datetime.datetime) -> datetime.datetime:
    """When the edge said so; of the list that ships, the beginning of its day."""
    if accepted.at:
        return datetime.datetime.fromisoformat(accepted.at)
    day = accepted.source.removeprefix("snapshot ")
    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(), datetime.UTC)
    except ValueError:
        return began
