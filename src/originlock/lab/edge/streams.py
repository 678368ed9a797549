"""Byte streams over sockets that do not block: plain, and with TLS.

Here lives reading, writing and ending of connections, with TLS done in memory, so that each way a handshake fails can
be told. Here must not live: HTTP, or what is done about a failure.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from OpenSSL import SSL

_PIECE: Final = 65536

#: As long as a client needs to read an answer while it still sends.
_LINGERING_SECONDS: Final = 1.0


class Stream(Protocol):
    """A connection."""

    sock: socket.socket

    async def read(self) -> bytes:
        """Some bytes; none at the end.

        Raises:
            OSError: it broke.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send all.

        Raises:
            OSError: it broke.
        """
        ...

    async def close(self) -> None:
        """End it in order."""
        ...


class BrokenTlsError(ConnectionError):
    """TLS was refused or broken: by an alert, or by what was no TLS."""


@dataclass(slots=True)
class PlainStream:
    """TCP alone. `begun` are bytes that were read already."""

    sock: socket.socket
    begun: bytes = b""

    async def read(self) -> bytes:
        """Return what was read already, then what comes."""
        if self.begun:
            taken, self.begun = self.begun, b""
            return taken
        return await asyncio.get_running_loop().sock_recv(self.sock, _PIECE)

    async def write(self, data: bytes) -> None:
        """Send."""
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def close(self) -> None:
        """Close."""
        self.sock.close()


@dataclass(slots=True)
class TlsStream:
    """TLS over TCP. `plain` gives and takes the bytes on the wire."""

    plain: PlainStream
    tls: SSL.Connection
    sock: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        """Share the socket."""
        self.sock = self.plain.sock

    async def handshake(self) -> None:
        """Do the handshake.

        Raises:
            BrokenTlsError: one side refused.
            ConnectionError: the other side ended or reset the connection.
        """
        while True:
            try:
                self.tls.do_handshake()
            except SSL.WantReadError:
                await self._flush()
                await self._fill()
            except SSL.Error as error:
                # The alert, if there is one to send.
                with suppress(OSError):
                    await self._flush()
                raise BrokenTlsError(reason(error)) from error
            else:
                await self._flush()
                return

    async def read(self) -> bytes:
        """Some bytes; none after a close_notify, or after an end without one."""
        while True:
            try:
                return self.tls.recv(_PIECE)
            except SSL.WantReadError:
                await self._flush()
                data = await self.plain.read()
                if not data:
                    return b""
                self.tls.bio_write(data)
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error as error:
                raise BrokenTlsError(reason(error)) from error

    async def write(self, data: bytes) -> None:
        """Send."""
        view = memoryview(data)
        while view:
            try:
                sent = self.tls.send(bytes(view[:_PIECE]))
            except SSL.Error as error:
                raise BrokenTlsError(reason(error)) from error
            view = view[sent:]
            await self._flush()

    async def close(self) -> None:
        """Say so (close_notify), then close."""
        with suppress(SSL.Error, OSError):
            self.tls.shutdown()
            await self._flush()
        self.sock.close()

    async def _flush(self) -> None:
        while True:
            try:
                data = self.tls.bio_read(_PIECE)
            except SSL.WantReadError:
                return
            await self.plain.write(data)

    async def _fill(self) -> None:
        data = await self.plain.read()
        if not data:
            message = "the connection ended in the handshake"
            raise ConnectionResetError(message)
        self.tls.bio_write(data)


async def half_closed(stream: Stream) -> None:
    """Say that nothing more comes, and take what still does for a moment: closing at once could reset the answer."""
    with suppress(OSError):
        stream.sock.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(_LINGERING_SECONDS):
            while await asyncio.get_running_loop().sock_recv(stream.sock, _PIECE):
                pass


def reset(sock: socket.socket) -> None:
    """Close with a TCP reset."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def reason(error: SSL.Error) -> str:
    """What OpenSSL says, in its words; nothing secret is ever in them."""
    items = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(each[-1]) for each in items) or "TLS failed"


def is_idle(sock: socket.socket) -> bool:
    """Whether a pooled connection is still open and silent: nothing to read, and no end."""
    try:
        sock.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return True
    except OSError:
        return False
    return False
