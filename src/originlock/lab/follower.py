"""Telling whoever follows the local AWS what it now wants of the packets.

Here lives the Unix socket on which a blueprint goes out as one line, and one line of acknowledgement comes back.
Here must not live: what a blueprint holds (see `blueprint_state`), or what is done with it.

The follower listens, this connects: at the first push, and again at the next one wherever a push failed, so that
either may come up later than the other. Only the newest blueprint counts.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

#: An acknowledgement says true, or false and why: what is longer is none.
_MOST_BYTES: Final = 65536


class NotFollowedError(RuntimeError):
    """What came back is no acknowledgement."""


class Acknowledgement(msgspec.Struct, frozen=True):
    """What the follower answers to each line: whether it did it all, and why not."""

    applied: bool
    why: str = ""


@dataclass(slots=True)
class Follower:
    """Who follows at a Unix socket. Safe for threads."""

    path: Path
    _applied: bytes | None = None
    _newest: int = 0
    _socket: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def push(self, number: int, line: bytes, seconds: float) -> None:
        """Send a blueprint, unless it is the one that is followed already or a newer one was sent; wait for its end.

        What goes wrong is said on standard error: the local AWS goes on, as AWS would, and the next push tries again.
        """
        with self._lock:
            if number < self._newest or line == self._applied:
                self._newest = max(number, self._newest)
                return
            self._newest = number
            self._applied = None
            try:
                answer = self._told(line, time.monotonic() + seconds)
            except (OSError, NotFollowedError, msgspec.MsgspecError) as error:
                self._close()
                self._complain(str(error) or type(error).__name__)
                return
            if answer.applied:
                self._applied = line
            else:
                self._complain(answer.why or "it did not say why")

    def forget(self) -> None:
        """Take nothing for followed."""
        with self._lock:
            self._applied = None

    def later(self, number: int, line: bytes, seconds: float, *, delay: float) -> None:
        """Push after a delay, unless something newer is pushed before."""
        timer = threading.Timer(delay, self.push, (number, line, seconds))
        timer.daemon = True
        timer.start()

    def _complain(self, why: str) -> None:
        print(f"the follower at {self.path} did not follow: {why}", file=sys.stderr, flush=True)

    def _told(self, line: bytes, deadline: float) -> Acknowledgement:
        """Send it on the connection that there is, and where that has broken meanwhile, on a new one."""
        if self._socket is not None:
            try:
                return msgspec.json.decode(self._asked(self._socket, line, deadline), type=Acknowledgement)
            except (BrokenPipeError, ConnectionResetError):
                pass
        return msgspec.json.decode(self._asked(self._connect(deadline), line, deadline), type=Acknowledgement)

    def _connect(self, deadline: float) -> socket.socket:
        self._close()
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(_left(deadline))
            made.connect(str(self.path))
        except BaseException:
            made.close()
            raise
        self._socket = made
        return made

    @staticmethod
    def _asked(held: socket.socket, line: bytes, deadline: float) -> bytes:
        """Send a line and read a line; raises ConnectionResetError where the other side is gone."""
        held.settimeout(_left(deadline))
        held.sendall(line + b"\n")
        said = b""
        while not said.endswith(b"\n"):
            held.settimeout(_left(deadline))
            more = held.recv(4096)
            if not more:
                message = "it closed the connection"
                raise ConnectionResetError(message)
            said += more
            if len(said) > _MOST_BYTES:
                message = "its answer has no end"
                raise NotFollowedError(message)
        return said

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        message = "it did not acknowledge in time"
        raise TimeoutError(message)
    return left
