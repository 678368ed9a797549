"""How long and how much: the bounds of one reading, and the cord that ends it from outside.

Lives here: bounds with their reasons, and cutting a connection that another thread waits on.
Must not live here: HTTP.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of one document; the defaults are our choices.

    Attributes:
        deadline_seconds: from the start to the last byte, retries and redirects included.
        grace_seconds: how much longer the waiting side waits, so that the reader's own account is preferred.
        connect_seconds: for one address of a host; there may be several, and a dead one must not take it all.
        pause_seconds: before the second try.
        max_bytes: of a body (Cloudflare's have 505, 230 and 104).
        max_redirects: in a row.
        retries: after a connection error or an answer that says "later".
    """

    deadline_seconds: float = 10.0
    grace_seconds: float = 0.5
    connect_seconds: float = 3.0
    pause_seconds: float = 0.3
    max_bytes: int = 262_144
    max_redirects: int = 3
    retries: int = 1


DEFAULT_BOUNDS = Bounds()


class Cord:
    """Ends a reading from outside: a thread that waits on a socket wakes up when the socket is shut down.

    A time limit on a socket is one on each wait, so a server that drips bytes is never late; only somebody
    outside, with a clock, can end it.
    """

    def __init__(self, seconds: float) -> None:
        """Start the clock."""
        self._ends = time.monotonic() + seconds
        self._cut = threading.Event()
        self._sockets: list[Callable[[], object]] = []

    def left(self, grace_seconds: float = 0.0) -> float:
        """Seconds until the deadline and a grace; 0 if they have passed or the cord was cut."""
        return 0.0 if self._cut.is_set() else max(0.0, self._ends + grace_seconds - time.monotonic())

    def tie(self, held: Callable[[], object]) -> None:
        """Remember how to find a connection's socket (what is none when the time comes is let be)."""
        self._sockets.append(held)
        if self._cut.is_set():
            self.cut()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        self._cut.wait(min(seconds, self.left()))

    def cut(self) -> None:
        """End the reading."""
        self._cut.set()
        for held in tuple(self._sockets):
            found = held()
            if isinstance(found, socket.socket):
                # Not an SSLSocket's own shutdown: it takes the TLS state away from under the reading thread.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(found, socket.SHUT_RDWR)
