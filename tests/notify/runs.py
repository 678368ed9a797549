"""Runs as a test wants them."""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.runs import Ends, OriginRun, Point, RangesSeen, Run
from originlock.notify.notices import Notice, Told, notices

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
SIX_HOURS = datetime.timedelta(hours=6)
WEEK = datetime.timedelta(days=7)

HOLE = Point("sg-1 0.0.0.0/0", "sg-1 lets in 0.0.0.0/0", "originlock apply")
REFUSED = Point("list-shrunk", "list-shrunk: half of it is gone", "look at it")
BROKEN = Point("stranger 192.0.2.1:443", "a stranger was answered")
UNREAD = Point("groups", "groups: denied")
LOST = Point("plan", "AWS cannot be reached", "look at the network")


def origin(name: str = "blog", **parts: object) -> OriginRun:
    """An origin with nothing to tell of."""
    return msgspec.structs.replace(OriginRun(name, START, "nothing-to-do", 0), **parts)


def run(*origins: OriginRun, hours: float = 0, **parts: object) -> Run:
    """A run so many hours after the start."""
    at = START + datetime.timedelta(hours=hours)
    made = Run(at, at, 0, tuple(msgspec.structs.replace(each, at=at) for each in origins or (origin(),)))
    return msgspec.structs.replace(made, **parts)


def ranges(digest: str = "a", *, hours: float = 0, current: bool = True) -> RangesSeen:
    """A list, read so many hours after the start."""
    return RangesSeen("cloudflare", digest, START + datetime.timedelta(hours=hours), current, count=22)


def ends(days: float, what: str = "client certificate", name: str = "edge") -> Ends:
    """Something that ends so many days after the start."""
    return Ends(what, name, START + datetime.timedelta(days=days), "renew it")


def told_of(*every: Run) -> tuple[list[list[Notice]], Told]:
    """What is told of each of several runs, and what people know at the end."""
    told, said = Told(), []
    for each in every:
        found, told = notices(each, told, WEEK)
        said.append(list(found))
    return said, told


def texts(*every: Run) -> list[list[str]]:
    """The same, as texts."""
    return [[each.text for each in found] for found in told_of(*every)[0]]
