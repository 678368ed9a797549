"""Ctrl-C and SIGTERM while something is being changed: noted, and answered between two steps.

Lives here: signal handlers. Must not live here: what is done about an interruption.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Flag:
    """Whether a person asked to stop."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Handle the signal."""
        self._asked = True

    def asked(self) -> bool:
        """Whether so."""
        return self._asked


@contextlib.contextmanager
def stopped_like_interrupted() -> Iterator[None]:
    """While this is held, SIGTERM ends what is done as Ctrl-C does: files are closed, and the exit code is 130."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) == signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class SignalInterrupts:
    """Defers SIGINT and SIGTERM."""

    @contextlib.contextmanager
    def deferred(self) -> Iterator[Flag]:
        """While this is held, an interruption is noted rather than raised."""
        flag = Flag()
        if threading.current_thread() is not threading.main_thread():
            yield flag  # only the main thread may handle signals
            return
        # A signal that was ignored from the start (nohup, a job in the background) is for somebody else.
        minded = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, flag.ask) for number in minded}
        try:
            yield flag
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
