"""A connection that is there: sending and receiving, bounded in time and bytes.

Lives here: what the system says of a connection, told apart: data, the end, a reset, nothing in time. Must not live
here: TLS and HTTP.
"""

from __future__ import annotations

import enum
import socket
import time
from typing import Final

MAX_RECEIVED: Final = 262_144
"""Bytes that are received from one peer, TLS's own among them: OpenSSL takes up to 100 KiB of certificates."""

_PIECE: Final = 16_384


class How(enum.Enum):
    """How a connection came to an end, or stopped being of use."""

    RESET = enum.auto()
    CLOSED = enum.auto()
    LATE = enum.auto()
    LOST = enum.auto()
    TOO_MUCH = enum.auto()
    ALERT = enum.auto()
    NOT_TLS = enum.auto()
    UNVERIFIED = enum.auto()


class Ended(Exception):  # noqa: N818 - it is the end of a conversation, and not always an error
    """Nothing more will come of a connection.

    Attributes:
        how: what ended it.
        words: what there is to say of it; with ALERT the alert's name, with UNVERIFIED the certificate's problem.
    """

    def __init__(self, how: How, words: str = "") -> None:
        super().__init__(how.name)
        self.how = how
        self.words = words


class Line:
    """A connected socket with a deadline (of `time.monotonic`); whoever made the socket closes it."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self._reset = False
        self.received = 0

    @property
    def source(self) -> str | None:
        """This machine's own address."""
        try:
            return str(self._sock.getsockname()[0])
        except OSError:
            return None

    def hurry(self, seconds: float) -> None:
        """End by then, if the deadline is later."""
        self._until = min(self._until, time.monotonic() + seconds)

    def write(self, data: bytes) -> None:
        """Send all of it. That the peer is gone shows at the next read, after what it said before it went.

        Raises:
            Ended: LATE.
        """
        try:
            self._sock.settimeout(self._left())
            self._sock.sendall(data)
        except TimeoutError:
            raise Ended(How.LATE) from None
        except ConnectionResetError:
            # The kernel tells of a reset once, so a later read would only see an end.
            self._reset = True
        except OSError:
            return

    def read(self) -> bytes:
        """What came, at least one byte.

        Raises:
            Ended: RESET, CLOSED, LATE, LOST or TOO_MUCH.
        """
        if self.received >= MAX_RECEIVED:
            raise Ended(How.TOO_MUCH)
        try:
            self._sock.settimeout(self._left())
            piece = self._sock.recv(min(_PIECE, MAX_RECEIVED - self.received))
        except TimeoutError:
            raise Ended(How.LATE) from None
        except ConnectionError:
            raise Ended(How.RESET) from None
        except OSError as error:
            raise Ended(How.LOST, error.strerror or "") from None
        if not piece:
            raise Ended(How.RESET if self._reset else How.CLOSED)
        self.received += len(piece)
        return piece

    def _left(self) -> float:
        """Seconds to the deadline.

        Raises:
            TimeoutError: it has passed.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
