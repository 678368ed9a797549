"""How everything stands, from what the last runs came to: for a person at a screen and a monitor's exit code.

Lives here: what is stale, when the next run is due, what it comes to. Must not live here: looking at AWS or an edge:
that is a run's, and what no run has seen is unknown.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from originlock.errors import ExitCode
from originlock.facts.runs import OriginRun, Scheduled

UNSCHEDULED_STALE: Final = datetime.timedelta(hours=24)
"""How old a run may be where nothing is scheduled here (our choice: a door should not be open for a day unseen)."""

_MISSED: Final = 2
"""Runs that may fail to come before they are missed: one is late, or the machine slept."""

_GRACE: Final = datetime.timedelta(minutes=15)
"""For jitter, and for the run itself."""


class OriginStatus(msgspec.Struct, frozen=True):
    """One origin as its last run saw it.

    Attributes:
        last: its last run; None if there was none.
        stale: that is too old to go by.
        next_run: when the next is due, if runs are scheduled here.
    """

    name: str
    last: OriginRun | None
    stale: bool
    next_run: datetime.datetime | None

    @property
    def locked(self) -> bool | None:
        """None where it is not known: what was locked long ago is not known to be."""
        if self.last is None:
            return None
        locked = self.last.locked
        return None if locked and self.stale else locked


class Status(msgspec.Struct, frozen=True):
    """All origins.

    Attributes:
        origins: in the configuration's order.
        stale: whether one of them is.
        scheduled: how runs are scheduled on this machine; None if they are not, as far as is known here.
        going_on: since when a run goes on, or was broken off; None where none does.
        limit: how old a run may be.
    """

    origins: tuple[OriginStatus, ...]
    stale: bool
    scheduled: Scheduled | None
    going_on: datetime.datetime | None
    limit: datetime.timedelta

    @property
    def exit_code(self) -> ExitCode:
        """0 locked, 3 something is open, 7 something is not known, stale included."""
        locked = {each.locked for each in self.origins}
        if False in locked:
            return ExitCode.PENDING
        return ExitCode.DONE if locked == {True} and not self.stale else ExitCode.UNKNOWN


def status(
    names: Iterable[str],
    last: Mapping[str, OriginRun],
    scheduled: Scheduled | None,
    now: datetime.datetime,
    *,
    stale_after: datetime.timedelta | None = None,
    going_on: datetime.datetime | None = None,
) -> Status:
    """How everything stands.

    Args:
        names: of the origins.
        last: the last run of each, by name.
        scheduled: how runs are scheduled here.
        now: with time zone.
        stale_after: how old a run may be; None: as the schedule says, or `UNSCHEDULED_STALE`.
        going_on: since when a run goes on.
    """
    limit = stale_after or _limit(scheduled)
    origins = tuple(_origin(name, last.get(name), scheduled, now, limit) for name in names)
    return Status(origins, any(each.stale for each in origins), scheduled, going_on, limit)


def _limit(scheduled: Scheduled | None) -> datetime.timedelta:
    if scheduled is None:
        return UNSCHEDULED_STALE
    return _MISSED * datetime.timedelta(seconds=scheduled.every_seconds) + _GRACE


def _origin(
    name: str,
    last: OriginRun | None,
    scheduled: Scheduled | None,
    now: datetime.datetime,
    limit: datetime.timedelta,
) -> OriginStatus:
    # A run of tomorrow is one of a clock that was wrong then: it would be fresh until the clock is there.
    stale = last is None or now - last.at > limit or last.at - now > _GRACE
    next_run = None
    if scheduled is not None:
        since = max(last.at, scheduled.at) if last is not None else scheduled.at
        next_run = since + datetime.timedelta(seconds=scheduled.every_seconds)
    return OriginStatus(name, last, stale, next_run)
