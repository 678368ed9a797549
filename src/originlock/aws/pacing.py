"""Pacing: a token bucket for each mutating API of each place.

Lives here: waiting for a turn. Must not live here: retrying.
"""

from __future__ import annotations

import threading
import time
from typing import Final

BURST_SECONDS: Final = 10
"""EC2 developer guide, request throttling: a mutating action's bucket holds 50 and is refilled 5 a second, that is, ten
seconds' worth. The bucket is the account's: the customer's other tools draw on it too."""


class TokenBucket:
    """Lets so many through at once, and then so many a second; safe to use from several threads."""

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._tokens = max(1.0, per_second * BURST_SECONDS)
        self._most = self._tokens
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for a turn; at once where pacing is off (0 a second)."""
        if self._rate <= 0:
            return
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            short = -self._tokens
        if short > 0:
            time.sleep(short / self._rate)
