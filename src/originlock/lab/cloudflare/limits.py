"""How many calls a user may make in a window.

Here lives the counting. Here must not live: the answer of a call that is one too many (see `api`).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

from originlock.lab.cloudflare.settings import CloudflareSettings


@dataclass(slots=True)
class _Window:
    since: dt.datetime
    calls: int = 0
    blocked_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user has left.

    Attributes:
        admitted: whether this call is one of those.
        left: calls until the window ends.
        seconds: until it ends, or until a user that asked too much is let in again; rounded up.
    """

    admitted: bool
    left: int
    seconds: int


@dataclass(slots=True)
class RateLimits:
    """All windows. Whoever calls holds the state's lock."""

    settings: CloudflareSettings
    _windows: dict[str, _Window] = field(default_factory=dict)

    def count(self, user: str, now: dt.datetime) -> Standing | None:
        """Count a call; None if there is no limit.

        Whoever exceeds it is refused for the whole next window ('Rate limits').
        """
        most, length = self.settings.rate_limit, dt.timedelta(seconds=self.settings.rate_window_seconds)
        if most is None:
            return None
        window = self._windows.setdefault(user, _Window(now))
        if window.blocked_until is not None and now >= window.blocked_until:
            window = self._windows[user] = _Window(now)
        if window.blocked_until is not None:
            return Standing(admitted=False, left=0, seconds=_seconds(window.blocked_until - now))
        if now >= window.since + length:
            window = self._windows[user] = _Window(now)
        window.calls += 1
        if window.calls > most:
            window.blocked_until = now + length
            return Standing(admitted=False, left=0, seconds=_seconds(length))
        return Standing(admitted=True, left=most - window.calls, seconds=_seconds(window.since + length - now))

    def clear(self) -> None:
        """Forget what was counted."""
        self._windows.clear()


def _seconds(span: dt.timedelta) -> int:
    return math.ceil(span.total_seconds())
