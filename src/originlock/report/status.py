"""How everything stands, on one screen and for machines.

Lives here: the words and the data. Must not live here: what is stale (see `notify.status`).
"""

from __future__ import annotations

import datetime

from originlock.facts.runs import OriginRun, Point
from originlock.facts.words import count
from originlock.notify.status import OriginStatus, Status
from originlock.report.document import Document, Line, Tone

_SOON = datetime.timedelta(days=30)
_SHOWN = 4


def status_document(seen: Status, now: datetime.datetime) -> Document:
    """Each origin, each lock, what is open, the last run, what ends, the next run."""
    if not seen.origins:
        return (Line("no origin is configured"),)
    lines = [line for each in seen.origins for line in _origin(each, now)]
    if seen.going_on is not None:
        lines.append(Line(f"a run goes on since {_moment(seen.going_on)}, or was broken off then", Tone.QUIET))
    if seen.scheduled is None:
        lines.append(Line("nothing is scheduled here: originlock schedule systemd --install", Tone.QUIET))
    else:
        every = _span(datetime.timedelta(seconds=seen.scheduled.every_seconds))
        lines.append(Line(f"scheduled by {seen.scheduled.kind}, every {every}", Tone.QUIET))
    if seen.stale:
        lines.append(Line(f"STALE: a run should not be older than {_span(seen.limit)}: originlock run", Tone.BAD))
    return tuple(lines)


def _origin(each: OriginStatus, now: datetime.datetime) -> list[Line]:
    said, tone = {
        True: ("locked", Tone.GOOD),
        False: ("NOT LOCKED", Tone.BAD),
        None: ("not known to be locked", Tone.WARNING),
    }[each.locked]
    if each.last is None:
        return [
            Line(f"{each.name}: {said}", Tone.WARNING),
            Line("no run has looked at it yet: originlock run", indent=1),
        ]
    locks = ", ".join(f"{name} {state}" for name, state in each.last.locks.items()) or "no lock was looked at"
    lines = [Line(f"{each.name}: {said}", tone), Line(locks, indent=1), Line(_last(each, each.last, now), indent=1)]
    lines += _points(each.last)
    soon = [end for end in each.last.ends if end.at - now <= _SOON]
    lines += [
        Line(f"ends: {end.what} {end.name}, {_left(end.at, now)} ({end.at:%Y-%m-%d})", Tone.WARNING, 1) for end in soon
    ]
    if not soon and each.last.ends:
        first = each.last.ends[0]
        lines.append(Line(f"ends first: {first.what} {first.name}, {_left(first.at, now)}", Tone.QUIET, 1))
    return lines


def _last(each: OriginStatus, last: OriginRun, now: datetime.datetime) -> str:
    stale = " (STALE)" if each.stale else ""
    following = "" if each.next_run is None else f"; the next is due {_left(each.next_run, now)}"
    return f"last run {_span(now - last.at)} ago{stale}: {last.outcome}{following}"


def _points(last: OriginRun) -> list[Line]:
    """What is wrong, the worst first; more than a few are counted, for it is one screen."""
    wrong = (*filter(None, [last.error]), *last.objections, *last.holes, *last.broken)
    lines = [line for point in wrong[:_SHOWN] for line in _point(point)]
    if len(wrong) > _SHOWN:
        more = f"and {len(wrong) - _SHOWN} more: originlock verify --origin {last.origin}"
        lines.append(Line(more, Tone.BAD, 1))
    return lines


def _point(point: Point) -> list[Line]:
    return [Line(point.text, Tone.BAD, 1), *([Line(f"-> {point.remedy}", Tone.QUIET, 2)] if point.remedy else [])]


def status_data(seen: Status) -> dict[str, object]:
    """``stale``; ``origins``: ``name``, ``locked``, ``locks``, ``holes``, ``last_run``, ``expires``, ``next_run``."""
    return {
        "origins": [_data(each) for each in seen.origins],
        "stale": seen.stale,
        "stale_after_seconds": int(seen.limit.total_seconds()),
        "scheduled": None
        if seen.scheduled is None
        else {"kind": seen.scheduled.kind, "every_seconds": seen.scheduled.every_seconds},
        "exit_code": int(seen.exit_code),
    }


def _data(each: OriginStatus) -> dict[str, object]:
    last = each.last
    return {
        "name": each.name,
        "locked": each.locked,
        "stale": each.stale,
        "locks": [] if last is None else [{"name": name, "state": state} for name, state in last.locks.items()],
        "holes": [] if last is None else [{"text": hole.text, "close_with": hole.remedy} for hole in last.holes],
        "last_run": None
        if last is None
        else {"at": _moment(last.at), "outcome": last.outcome, "exit_code": last.exit_code, "run": last.run or None},
        "expires": []
        if last is None
        else [{"what": end.what, "name": end.name, "at": _moment(end.at), "remedy": end.remedy} for end in last.ends],
        "next_run": None if each.next_run is None else _moment(each.next_run),
    }


def _moment(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _left(at: datetime.datetime, now: datetime.datetime) -> str:
    return f"in {_span(at - now)}" if at > now else f"{_span(now - at)} ago"


def _span(time: datetime.timedelta) -> str:
    """Two days and more in whole days, two hours and more in hours, to the nearest, else minutes.

    Nobody has a day more than is said until something ends; what is due every six hours is due in six, not in five.
    """
    minutes = int(time.total_seconds() // 60)
    for size, word, up in ((1440, "day", 0), (60, "hour", 30)):
        if minutes >= 2 * size or minutes == size:
            return count((minutes + up) // size, word)
    return count(minutes, "minute")
