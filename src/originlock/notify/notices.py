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
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from originlock.facts.runs import Ends, OriginRun, Point, RangesSeen, Run
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
    says_when_over: bool = True


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
    for key, each in standing.items():
        before = told.standing.get(key)
        after = _after(each, before)
        known[key] = after
        if after.state != (before.state if before is not None else ""):
            found.append(each.notice)
    looked = {each.origin for each in run.origins if each.could_look}
    ran = {each.origin for each in run.origins}
    for key, before in told.standing.items():
        if key in standing:
            continue
        if before.origin and before.origin in ran and before.origin not in looked and before.on is not On.FAILED:
            known[key] = before
        elif before.origin and before.origin not in ran:
            # Another run's origin, by --origin; or one that is no longer in the configuration, which ends nothing.
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
    """Runs that changed something, and were killed before they could tell of it."""
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
            yield f"stale {seen.edge}", _Condition(Notice(On.STALE, Weight.WARNING, "", text, remedy))


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
    sorts = sorted({each.name.split(" ")[0] for each in origin.broken})
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
