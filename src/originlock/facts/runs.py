"""What a run by itself came to, for each origin, as it is kept between runs and told to people.

Lives here: the record of a run as plain data that JSON can hold. Must not live here: running, telling, storing.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

LockState = Literal["locked", "open", "unknown", "off"]
"""What one lock of one origin is: ``off`` is what the policy says nothing of."""


RENEWAL: Final = "renewal"
"""The name of the error of an origin that was looked at all the same."""


class Point(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that a person may have to know: an objection, a hole, a broken promise, an error.

    Attributes:
        name: what stays the same from run to run, such as ``list-shrunk`` or ``sg-1 0.0.0.0/0``.
        text: what it is, one line.
        remedy: what to do about it, one line; empty where there is nothing.
    """

    name: str
    text: str
    remedy: str = ""


def sort_of(who: str) -> str:
    """Which sort of people a promise is about: the first word of who they are."""
    return who.split(" ", maxsplit=1)[0]


class Ends(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that ends one day.

    Attributes:
        what: its kind, such as ``client certificate`` or ``exception``.
        name: which one.
        at: when it ends, with time zone.
        remedy: what to do before then.
    """

    what: str
    name: str
    at: datetime.datetime
    remedy: str = ""


class RangesSeen(msgspec.Struct, frozen=True, omit_defaults=True):
    """The edge's list that a run went by.

    Attributes:
        edge: its name.
        digest: of the ranges.
        at: when it was read from the edge; of a list that was kept from before, that time.
        current: it was read in this run.
        etag: as the edge sent it.
        count: how many ranges it has.
    """

    edge: str
    digest: str
    at: datetime.datetime
    current: bool
    etag: str = ""
    count: int = 0


class OriginRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """One origin in one run.

    Attributes:
        origin: its name.
        at: when it was begun, with time zone.
        outcome: how it ended, in one word: those of an apply, and ``failed`` where it could not be looked at.
        exit_code: what an apply of it alone would have ended with.
        run: the id in the journal; empty where nothing was carried out.
        renewed: what was renewed, in words; in a dry run, what would be.
        done: changes that were made, in words; in a dry run, those that would be.
        undone: changes that were undone again, in words.
        objections: guards that refused.
        holes: who gets in and should not.
        broken: promises that connections or a read-back found broken.
        unknown: what could not be read or told.
        unread: targets that could not be read; an empty one where more than one target is hidden by it.
        unproved: who (the first word of a promise) could not be told of; an empty one stands for everybody.
        unended: it could not be told of everything when it ends.
        proofs: how many promises were kept, broken and unknown, by verdict.
        locks: by lock (``network``, ``identity``).
        ends: everything that ends, the soonest first.
        ranges: the list that it went by; None where the origin has no edge, or no list could be had.
        error: why it could not be looked at at all, or what is due not be renewed.
    """

    origin: str
    at: datetime.datetime
    outcome: str
    exit_code: int
    run: str = ""
    renewed: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    objections: tuple[Point, ...] = ()
    holes: tuple[Point, ...] = ()
    broken: tuple[Point, ...] = ()
    unknown: tuple[Point, ...] = ()
    unread: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    unended: bool = False
    proofs: dict[str, int] = {}
    locks: dict[str, LockState] = {}
    ends: tuple[Ends, ...] = ()
    ranges: RangesSeen | None = None
    error: Point | None = None

    @property
    def could_look(self) -> bool:
        """Whether there was a plan of it: what its plan does not tell of is not there, but for what was not read."""
        return self.error is None or self.error.name == RENEWAL

    @property
    def locked(self) -> bool | None:
        """Whether every lock that is asked for holds; None where one could not be told."""
        states = set(self.locks.values()) - {"off"}
        if "open" in states:
            return False
        return True if self.error is None and states == {"locked"} else None


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run over all origins.

    Attributes:
        at: when it began, with time zone.
        ended: when it ended; None while it goes on, or where it was killed.
        exit_code: the worst of its origins'.
        origins: in the configuration's order.
        dry: nothing was to be changed.
        recovered: runs of the journal that changed something, and were broken off before they could tell of it.
        anew: why nothing was known of the runs before; empty where something was, or there were none.
    """

    at: datetime.datetime
    ended: datetime.datetime | None
    exit_code: int
    origins: tuple[OriginRun, ...] = ()
    dry: bool = False
    recovered: tuple[str, ...] = ()
    anew: str = ""


class Scheduled(msgspec.Struct, frozen=True):
    """That runs are scheduled on this machine.

    Attributes:
        kind: ``systemd`` or ``cron``.
        every_seconds: between two runs.
        at: since when, with time zone.
    """

    kind: Literal["systemd", "cron"]
    every_seconds: int
    at: datetime.datetime
