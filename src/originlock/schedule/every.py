"""How often: a duration that a calendar can keep.

Lives here: reading it, and what systemd and cron call it. Must not live here: any unit or line.

Only what divides a day is taken: a calendar that begins anew each midnight cannot keep anything else, and a run that
was missed while the machine slept is caught up by the calendar alone (systemd.timer(5), Persistent= applies to
OnCalendar=).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from originlock.errors import UsageError

_DAY: Final = 24 * 60
_LEAST: Final = 5
"""Minutes (our choice): a run with its proofs takes up to a minute, and lists change once in years."""

_TEXT: Final = re.compile(r"(?P<number>[1-9][0-9]{0,4})\s*(?P<unit>m|min|h|d)")
_MINUTES: Final = {"m": 1, "min": 1, "h": 60, "d": _DAY}


class Every(msgspec.Struct, frozen=True):
    """An interval in minutes, which divides a day and, below an hour, an hour."""

    minutes: int

    @property
    def seconds(self) -> int:
        """The same in seconds."""
        return 60 * self.minutes

    @property
    def jitter_seconds(self) -> int:
        """Up to how much later a run begins, so that not all of the world asks at once: a tenth, 15 minutes at most."""
        return min(self.seconds // 10, 15 * 60)

    @property
    def words(self) -> str:
        """As a person says it."""
        if self.minutes % 60:
            return f"{self.minutes}m"
        return "1d" if self.minutes == _DAY else f"{self.minutes // 60}h"


def every(text: str) -> Every:
    """Read ``6h``, ``30m`` or ``1d``.

    Raises:
        UsageError: it is no such duration, too short, longer than a day, or does not divide a day.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no duration", "say how often as 30m, 6h or 1d")  # noqa: EM102, TRY003  once
    minutes = int(found["number"]) * _MINUTES[found["unit"]]
    if minutes < _LEAST:
        message = f"every {text} is too often: a run with its proofs takes up to a minute"
        raise UsageError(message, f"say {_LEAST}m or more; 6h is usual, for lists change once in years")
    if minutes > _DAY:
        message = f"every {text} is too seldom: a door that somebody re-opens would stay open as long"
        raise UsageError(message, "say 1d or less")
    if 60 % minutes if minutes < 60 else _DAY % minutes or minutes % 60:  # noqa: PLR2004  an hour's minutes
        message = f"every {text} does not divide {'an hour' if minutes < 60 else 'a day into whole hours'}"  # noqa: PLR2004
        raise UsageError(message, "say 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 1d")
    return Every(minutes)


def on_calendar(interval: Every) -> str:
    """What systemd calls it (systemd.time(7), calendar events)."""
    if interval.minutes < 60:  # noqa: PLR2004  an hour's minutes
        return f"*:0/{interval.minutes}"
    hours = interval.minutes // 60
    return "*-*-* 00:00:00" if hours == 24 else f"*-*-* 00/{hours}:00:00"  # noqa: PLR2004  a day's hours


def cron_times(interval: Every, offset: int) -> str:
    """What cron calls it (crontab(5)): five fields.

    Args:
        interval: how often.
        offset: minutes within the hour (0 to 59), this machine's own, so that not all of the world asks at once.
    """
    if interval.minutes < 60:  # noqa: PLR2004  an hour's minutes
        first = offset % interval.minutes
        return f"{first}-59/{interval.minutes} * * * *"
    hours = interval.minutes // 60
    when = "0" if hours == 24 else "*" if hours == 1 else f"*/{hours}"  # noqa: PLR2004  a day's hours
    return f"{offset % 60} {when} * * *"
