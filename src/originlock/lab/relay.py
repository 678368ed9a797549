"""Relays: a port of a host's loopback address is one of the machine's.

Lives here: the carrying of bytes both ways. Must not live here: which ports (see `supervisor`).

The supervisor stands in the machine's own namespace and listens in a host's: what it takes in there it sends out here,
and nothing else passes.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket

_PIECE: Final = 65536


class Relay:
    """Carries every connection to a socket on to a port of 127.0.0.1."""

    def __init__(self, listening: socket.socket, port: int) -> None:
        """Prepare; nothing is carried before start()."""
        self._listening = listening
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Carry from now on."""
        self._server = await asyncio.start_server(self._carry, sock=self._listening)

    async def close(self) -> None:
        """Take in no more."""
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            there, onward = await asyncio.open_connection("127.0.0.1", self._port)
            with contextlib.closing(onward):
                # Either side may end what it says before the other does.
                await asyncio.gather(_pour(reader, onward), _pour(there, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
