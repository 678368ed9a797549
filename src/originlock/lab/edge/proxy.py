"""The edge as a whole: where it listens, and how it is started, stopped and taken down for a while.

Here lives the listeners. Here must not live: what is done with a connection (see `visitors`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from originlock.lab.addresses import EDGE, FRONT_IPV4, FRONT_IPV6
from originlock.lab.authority import Authority
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.edge.answering import Answering
from originlock.lab.edge.cache import Cache
from originlock.lab.edge.certificates import OriginTls, VisitorTls
from originlock.lab.edge.origins import Origins, Resolve
from originlock.lab.edge.streams import reset
from originlock.lab.edge.visitors import Visits
from originlock.lab.ground import Ground

#: 'Network ports': what Cloudflare proxies, with TLS and without.
TLS_PORTS: Final = (443, 2053, 2083, 2087, 2096, 8443)
PLAIN_PORTS: Final = (80, 2052, 2082, 2086, 2095, 8080, 8880)

FRONTS: Final = (*FRONT_IPV4, *FRONT_IPV6)


@dataclass(frozen=True, slots=True)
class Doors:
    """Where an edge listens."""

    addresses: tuple[str, ...] = FRONTS
    tls_ports: tuple[int, ...] = TLS_PORTS
    plain_ports: tuple[int, ...] = PLAIN_PORTS


@dataclass(slots=True)
class _Door:
    sock: socket.socket
    port: int
    tls: bool
    task: asyncio.Task[None]


@dataclass(slots=True)
class Edge:
    """Cloudflare's servers, in the running loop: ``await start()``, then ``await close()``.

    Attributes:
        authority: of the certificates that visitors see.
        resolve: name to addresses, for records that are CNAMEs; it is called in the loop, so it must be quick.
        origin_roots_pem: the authorities that Full (strict) believes; `authority` where none is given.
    """

    ground: Ground
    state: CloudflareState
    authority: Authority
    resolve: Resolve
    origin_roots_pem: str = ""
    doors: Doors = field(default_factory=Doors)
    cache: Cache = field(default_factory=Cache)
    _visits: Visits = field(init=False)
    _origins: Origins = field(init=False)
    _doors: list[_Door] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Put the parts together."""
        roots = OriginTls(self.origin_roots_pem or self.authority.pem)
        self._origins = Origins(self.ground, self.state.settings, self.resolve, roots)
        answering = Answering(self.state, self._origins, self.cache)
        self._visits = Visits(self.state, answering, VisitorTls(self.authority))

    async def start(self) -> None:
        """Listen, on all doors or none.

        Raises:
            OSError: one of them is taken.
        """
        await self._open()

    async def close(self) -> None:
        """Listen no more, and end all connections."""
        await self._shut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._origins.close()

    async def set_down(self, down: bool) -> None:  # noqa: FBT001 - a switch
        """Refuse all connections, those that stand too; or come back."""
        if down:
            await self.close()
        elif not self._doors:
            await self._open()

    def forget_connections(self) -> None:
        """End the idle connections to origins."""
        self._origins.close()

    # --- doors ---------------------------------------------------------------------------------

    async def _open(self) -> None:
        ports = [(port, True) for port in self.doors.tls_ports] + [(port, False) for port in self.doors.plain_ports]
        try:
            for address in self.doors.addresses:
                for port, tls in ports:
                    sock = self.ground.listening(EDGE.name, address, port)
                    task = asyncio.create_task(self._accept(sock, port, tls=tls))
                    self._doors.append(_Door(sock, port, tls, task))
        except OSError:
            await self._shut()
            raise

    async def _shut(self) -> None:
        doors, self._doors = self._doors, []
        for door in doors:
            door.task.cancel()
        await asyncio.gather(*(door.task for door in doors), return_exceptions=True)
        for door in doors:
            door.sock.close()

    async def _accept(self, listening: socket.socket, port: int, *, tls: bool) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError:
                # The visitor was gone before it was taken, or descriptors are short: not for long.
                await asyncio.sleep(0.01)
                continue
            match self.state.settings.edge:
                case "reset":
                    reset(sock)
                case "silent":
                    self._run(self._hold(sock))
                case _:
                    self._run(self._visits.serve(sock, port, tls=tls))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hold(self, sock: socket.socket) -> None:
        """Say nothing until the visitor gives up."""
        try:
            with suppress(OSError):
                while await asyncio.get_running_loop().sock_recv(sock, 65536):
                    pass
        finally:
            sock.close()
