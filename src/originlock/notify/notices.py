"""From a run, and what people know already, to what they should be told now.

Lives here: news, standing conditions, when each is told, and when it is over. Must not live here: sending, channels.

Two kinds of things are told. *News* happened in this run (a change, an edge's new list): it is told once, for it is
there in one run alone. A *condition* stands from run to run (a hole, a guard that refuses, a certificate near its end):
it is told when it begins, when its state changes, and when it is over, and never between. What a run could not look at
is neither over nor new: unknown ends nothing.
"""

from __future__ import annotations

import datetime
import enum
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from originlock.facts.runs import Ends, OriginRun, Point, RangesSeen, Run, sort_of
from originlock.facts.telling import On
from originlock.facts.words import count

__all__ = ["DAYS", "EXCEPTION", "PATIENCE", "Known", "Notice", "On", "Told", "Weight", "notices"]


class Weight(enum.IntEnum):
    """How much it matters, the least first."""

    NEWS = 0
    OVER = 1
    WARNING = 2
    ALERT = 3


DAYS: Final = (30, 14, 7, 3, 1)
"""Days before an end at which it is told of. 30 and 14 are Cloudflare's own (documentation, alerts of origin pulls)."""

PATIENCE: Final = 2
"""Runs in a row in which something could not be looked at before anybody is told: one alone is mended by the next."""

UNHAD: Final = "fetch"
"""The guard that refuses where the edge's list could not be had."""

UNHAD_PATIENCE: Final = 4
"""Runs in a row without a list before anybody is told (our choice: a day, of runs every six hours): what was let in
stays let in, and a list changes once in years."""

EXCEPTION: Final = "exception"
"""What `Ends.what` says of an exception of the configuration."""

_STALE: Final = "stale "
"""What the key of a list that is too old begins with; its edge's name follows."""

_AT_ONCE: Final = frozenset({"stopped", "undone", "undo-failed"})
"""Outcomes that a person is told of the first time: something was begun and not carried through."""

_LATER: Final = frozenset({"failed", "unknown", "interrupted"})
"""Outcomes that the next run mostly mends."""


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell.

    Attributes:
        on: its kind.
        weight: how much it matters.
        origin: whose; empty where it is of all.
        text: what it is, one line.
        remedy: what to do, one line; empty where there is nothing to do.
    """

    on: On
    weight: Weight
    origin: str
    text: str
    remedy: str = ""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """A condition that stands.

    Attributes:
        on, origin, text: of its notice, to say what is over.
        state: what was told of it, such as ``14`` days; empty before anything was.
        runs: in how many runs in a row it stood.
    """

    on: On
    origin: str
    text: str
    state: str = ""
    runs: int = 0


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What people know.

    Attributes:
        standing: conditions, by key.
        ranges: the digest of each edge's list that they know of.
    """

    standing: dict[str, Known] = {}
    ranges: dict[str, str] = {}


class _Condition(msgspec.Struct, frozen=True):
    """Something that stands in this run, told when it has stood for `patience` runs."""

    notice: Notice
    state: str = "begun"
    patience: int = 1


def notices(run: Run, told: Told, oldest: datetime.timedelta) -> tuple[tuple[Notice, ...], Told]:
    """What to tell of a run, the weightiest first, and what people know then.

    Args:
        run: that has ended.
        told: what people knew before.
        oldest: how old an edge's list may be.
    """
    news, ranges = _ranges_news(run, told)
    standing = dict(_conditions(run, oldest))
    known: dict[str, Known] = {}
    found = [*(each for origin in run.origins for each in _changes(origin)), *_recovered(run), *news]
    origins = {each.origin: each for each in run.origins}
    for key, each in standing.items():
        before = told.standing.get(key)
        after = _after(each, before)
        if each.notice.on is On.PROOF and before is not None:
            after = _of_proofs(before, after, origins[before.origin])
        known[key] = after
        if _is_news(after, before):
            found.append(each.notice)
    lists = {seen.edge for seen in _lists(run.origins)}
    for key, before in told.standing.items():
        if key in standing:
            continue
        if _may_stand(key, before, origins, lists):
            known[key] = before
        elif before.state and before.on not in (On.EXPIRY, On.EXCEPTION):
            found.append(Notice(before.on, Weight.OVER, before.origin, f"over: {before.text}"))
    return tuple(sorted(found, key=lambda each: -each.weight)), Told(known, ranges)


def _after(condition: _Condition, before: Known | None) -> Known:
    """What is known of a condition after this run."""
    notice = condition.notice
    runs = 1 + (before.runs if before is not None else 0)
    told = before.state if before is not None else ""
    state = condition.state if runs >= condition.patience else told
    return Known(notice.on, notice.origin, notice.text, state, runs)


def _is_news(after: Known, before: Known | None) -> bool:
    """Whether people are told of it; of broken promises, only where one more sort of them breaks."""
    was = before.state if before is not None else ""
    if after.on is On.PROOF:
        return not set(after.state.split()) <= set(was.split())
    return after.state != was


def _of_proofs(before: Known, after: Known, origin: OriginRun) -> Known:
    """What is known of broken promises: a sort of them that could not be told of this time is still broken."""
    still = {each for each in before.state.split() if {"", each} & set(origin.unproved)}
    return msgspec.structs.replace(after, state=" ".join(sorted({*after.state.split(), *still})))


def _may_stand(key: str, known: Known, origins: Mapping[str, OriginRun], lists: Collection[str]) -> bool:
    """Whether a condition that a run does not show may be there all the same, for the run did not look at it."""
    if not known.origin:
        return known.on is On.STALE and key.removeprefix(_STALE) not in lists
    origin = origins.get(known.origin)
    if origin is None:
        return True  # another run's, by --origin; or one that is no longer in the configuration: that ends nothing
    if known.on is On.FAILED:
        return False
    if not origin.could_look:
        return True
    match known.on:
        case On.HOLE:
            target = key.removeprefix(f"hole {known.origin} ").split(" ")[0]
            return bool({"", target} & set(origin.unread))
        case On.PROOF:
            return any({"", each} & set(origin.unproved) for each in known.state.split())
        case On.EXPIRY | On.EXCEPTION:
            return origin.unended
        case _:
            return False


def _changes(origin: OriginRun) -> Iterator[Notice]:
    """What a run did, undid and renewed."""
    if origin.renewed:
        yield Notice(On.CHANGE, Weight.NEWS, origin.origin, f"renewed: {_listed(origin.renewed)}")
    if origin.done:
        undo = f"to undo it: originlock rollback {origin.run}" if origin.run else ""
        yield Notice(On.CHANGE, Weight.NEWS, origin.origin, f"changed: {_listed(origin.done)}", undo)
    if origin.undone:
        text = f"changed and undone again: {_listed(origin.undone)}"
        yield Notice(On.CHANGE, Weight.WARNING, origin.origin, text)


def _recovered(run: Run) -> Iterator[Notice]:
    """What went wrong before: a record that is lost; runs that were killed before they could tell what they changed."""
    if run.anew:
        text = f"{run.anew}: it begins anew, and what was told before is told once more"
        yield Notice(On.FAILED, Weight.WARNING, "", text, "originlock history tells what was changed")
    for name in run.recovered:
        text = f"run {name} was broken off without a word; this one went on from there"
        yield Notice(On.CHANGE, Weight.WARNING, "", text, "what it changed: originlock history")


_SHOWN: Final = 5


def _listed(words: tuple[str, ...]) -> str:
    more = f"; and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return "; ".join(words[:_SHOWN]) + more


def _ranges_news(run: Run, told: Told) -> tuple[list[Notice], dict[str, str]]:
    """Whether an edge's list is another than people know of; the first list is no news."""
    known, news = dict(told.ranges), []
    for seen in _lists(run.origins):
        if not seen.current:
            continue
        if known.get(seen.edge, seen.digest) != seen.digest:
            text = f"{seen.edge} publishes another list of ranges: {count(seen.count, 'range')} now"
            news.append(Notice(On.RANGES, Weight.NEWS, "", text))
        known[seen.edge] = seen.digest
    return news, known


def _lists(origins: Iterable[OriginRun]) -> list[RangesSeen]:
    """The newest list of each edge."""
    newest: dict[str, RangesSeen] = {}
    for seen in (each.ranges for each in origins):
        if seen is not None and (seen.edge not in newest or seen.at > newest[seen.edge].at):
            newest[seen.edge] = seen
    return list(newest.values())


def _conditions(run: Run, oldest: datetime.timedelta) -> Iterator[tuple[str, _Condition]]:
    for origin in run.origins:
        yield from _of_origin(origin)
        yield from _endings(origin, run.at)
    for seen in _lists(run.origins):
        age = run.at - seen.at
        if age > oldest:
            text = f"the list of {seen.edge} is {count(age.days, 'day')} old: no newer one could be had or accepted"
            remedy = f"see why: originlock ranges --edge {seen.edge}"
            yield f"{_STALE}{seen.edge}", _Condition(Notice(On.STALE, Weight.WARNING, "", text, remedy))


def _of_origin(origin: OriginRun) -> Iterator[tuple[str, _Condition]]:
    name = origin.origin
    for point in origin.objections:
        patience = UNHAD_PATIENCE if point.name == UNHAD else 1
        yield (
            f"refused {name} {point.name}",
            _Condition(_notice(On.REFUSED, Weight.ALERT, name, point), "begun", patience),
        )
    for point in origin.holes:
        yield f"hole {name} {point.name}", _Condition(_notice(On.HOLE, Weight.ALERT, name, point))
    if origin.broken:
        yield f"{On.PROOF.value} {name}", _broken(origin)
    if origin.outcome in _AT_ONCE:
        weight = Weight.ALERT
        point = _why(origin, "it stopped on the way")
        yield f"failed {name}", _Condition(_notice(On.FAILED, weight, name, point), origin.outcome)
    elif origin.outcome in _LATER:
        point = _why(origin, "it could not be told whether it is locked")
        condition = _Condition(_notice(On.FAILED, Weight.WARNING, name, point), "failed", PATIENCE)
        yield f"failed {name}", condition


def _broken(origin: OriginRun) -> _Condition:
    """All broken promises at once: one open door breaks dozens. It is told anew when another sort of them breaks."""
    first, *others = origin.broken
    sorts = sorted({sort_of(each.name) for each in origin.broken})
    more = f" (and {len(others)} more)" if others else ""
    remedy = first.remedy or f"see all of them: originlock verify --origin {origin.origin}"
    notice = Notice(On.PROOF, Weight.ALERT, origin.origin, f"a promise is broken: {first.text}{more}", remedy)
    return _Condition(notice, " ".join(sorts))


def _why(origin: OriginRun, otherwise: str) -> Point:
    if origin.error is not None:
        return origin.error
    if origin.unknown:
        return origin.unknown[0]
    return Point(origin.outcome, otherwise, f"originlock history; originlock verify --origin {origin.origin}")


def _notice(on: On, weight: Weight, origin: str, point: Point) -> Notice:
    return Notice(on, weight, origin, point.text, point.remedy)


def _endings(origin: OriginRun, now: datetime.datetime) -> Iterator[tuple[str, _Condition]]:
    for each in origin.ends:
        step = _step(each, now)
        if step is None:
            continue
        on = On.EXCEPTION if each.what == EXCEPTION else On.EXPIRY
        weight = Weight.WARNING if step else Weight.ALERT
        # The day of its end is in the key: what was renewed is another thing, and told of anew in its own time.
        key = f"{on.value} {origin.origin} {each.what} {each.name} {each.at.isoformat()}"
        notice = Notice(on, weight, origin.origin, _ends_in_words(each, now), each.remedy)
        yield key, _Condition(notice, str(step))


def _step(each: Ends, now: datetime.datetime) -> int | None:
    """The smallest of `DAYS` that holds what is left; 0 once it has ended; None while there is more time."""
    left = each.at - now
    if left <= datetime.timedelta():
        return 0
    return min((days for days in DAYS if left <= datetime.timedelta(days=days)), default=None)


def _ends_in_words(each: Ends, now: datetime.datetime) -> str:
    left = each.at - now
    on = f"{each.at.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"
    if left <= datetime.timedelta():
        return f"{each.what} {each.name} has ended ({on})"
    # What is begun counts: an end at a day's last second is thirty days away, not twenty-nine.
    hours = math.ceil(left.total_seconds() / 3600)
    time = count(math.ceil(hours / 24), "day") if hours >= 48 else count(hours, "hour")  # noqa: PLR2004  two days
    return f"{each.what} {each.name} ends in {time} ({on})"
