"""Trying to send: a few times, with pauses, and never beyond the end.

Lives here: how often, how long, and when another try makes sense. Must not live here: any protocol.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec

from originlock.ports.telling import NotSent, Sent
from originlock.web.patience import Cord


class Pace(msgspec.Struct, frozen=True):
    """How often and how patiently; the defaults are our choices.

    Attributes:
        tries: at most.
        try_seconds: of one try.
        pause_seconds: before the second try, twice that before the third.
        longest_pause_seconds: a longer Retry-After is told instead of waited for.
    """

    tries: int = 3
    try_seconds: float = 10.0
    pause_seconds: float = 1.0
    longest_pause_seconds: float = 15.0


PACE: Final = Pace()


class Again(msgspec.Struct, frozen=True):
    """A try that failed where another may go better.

    Attributes:
        after: seconds that the other side asks for; None if it does not.
    """

    reason: str
    after: float | None = None


Try = Callable[[Cord], Sent | NotSent | Again]
"""One try, whose connections hang on the cord."""


def tried(once: Try, seconds: float, pace: Pace = PACE) -> Sent | NotSent:
    """Try until it is sent, cannot be, or the time is over.

    Args:
        once: makes one try.
        seconds: for all of them.
        pace: how often and how patiently.
    """
    ends = time.monotonic() + seconds
    number = 1
    while True:
        outcome = _within(once, min(pace.try_seconds, ends - time.monotonic()))
        if isinstance(outcome, Sent):
            return Sent(number, outcome.but)
        if isinstance(outcome, NotSent):
            return outcome
        pause = pace.pause_seconds * 2 ** (number - 1) if outcome.after is None else outcome.after
        if number >= pace.tries:
            return NotSent(f"{outcome.reason} ({number} tries)")
        if pause > pace.longest_pause_seconds:
            return NotSent(f"{outcome.reason}; it asks to be left alone for {pause:g} seconds")
        if time.monotonic() + pause >= ends:
            return NotSent(f"{outcome.reason}; no time is left for another try")
        time.sleep(pause)
        number += 1


def _within(once: Try, seconds: float) -> Sent | NotSent | Again:
    """One try; when its time is over its connections are cut, for only somebody outside can end one that drips."""
    cord = Cord(max(seconds, 0.0))
    watch = threading.Timer(max(seconds, 0.0), cord.cut)
    watch.daemon = True
    watch.start()
    try:
        return once(cord)
    finally:
        watch.cancel()
