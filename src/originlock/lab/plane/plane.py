"""All listeners of all load balancers, kept as the newest blueprint has them.

Here lives following a blueprint, and delivering logs. Here must not live: what a connection does (see `connection`).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.addresses import ORIGIN
from originlock.lab.plane.connection import Connection
from originlock.lab.plane.contexts import UnusableListenerError
from originlock.lab.plane.log_books import LogBooks, LogFile, NoSink, Sink, UndeliveredError
from originlock.lab.plane.settings import Setting, Workshop, setting

if TYPE_CHECKING:
    from originlock.lab.blueprint import Balancer, Blueprint, Listener
    from originlock.lab.ground import Ground

#: ALB delivers a file for each node every five minutes ('Access log files' in AWS's user guide).
LOG_SECONDS: Final = 300.0

#: Connections at one address and port at once; what comes beyond is reset. The lab's own bound.
MOST_CONNECTIONS: Final = 4096

#: What waits to be accepted, as in `ground`.
_BACKLOG: Final = 4096


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be done as the blueprint has it.

    Attributes:
        listener: its ARN; a load balancer's for its logs.
        text: what, and why.
    """

    listener: str
    text: str


class _Door:
    """One address and port: its listening socket, the setting that new connections find, those that are there."""

    def __init__(self, first: Setting, books: LogBooks) -> None:
        self.setting = first
        self.books = books
        self.is_closing = False
        self._inside: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def open(self, ground: Ground, address: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: that cannot be done here.
        """
        sock = ground.listening(ORIGIN.name, address, port)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=sock, backlog=_BACKLOG)

    def close(self) -> None:
        """Listen no more; each connection's next answer is its last."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()

    def empty(self) -> None:
        """Reset all connections."""
        for each in tuple(self._inside):
            each.abort()

    @property
    def is_empty(self) -> bool:
        """Whether nobody is connected."""
        return not self._inside

    def enters(self, connection: Connection) -> bool:
        """Let a connection in; False if there are too many."""
        if len(self._inside) >= MOST_CONNECTIONS:
            return False
        self._inside.add(connection)
        return True

    def leaves(self, connection: Connection) -> None:
        """Forget a connection."""
        self._inside.discard(connection)


class Plane:
    """The data plane. To be used within one event loop, and closed in the end."""

    def __init__(
        self,
        ground: Ground,
        sink: Sink | None = None,
        *,
        log_seconds: float = LOG_SECONDS,
        strips_mtls_headers: bool = False,
    ) -> None:
        """Make a plane that serves nothing yet.

        Args:
            ground: where listening sockets come from.
            sink: where log files go; None: nowhere.
            log_seconds: between two deliveries.
            strips_mtls_headers: whether ``X-Amzn-Mtls-...`` headers that a client sent are taken away where the
                load balancer sets none itself. AWS does not say; the default is the less kind.
        """
        self._ground = ground
        self._sink = NoSink() if sink is None else sink
        self._log_seconds = log_seconds
        self._strips = strips_mtls_headers
        self._books = LogBooks()
        self._workshop = Workshop()
        self._doors: dict[tuple[str, int], _Door] = {}
        self._closing: list[_Door] = []
        self._following = asyncio.Lock()
        self._delivering: asyncio.Task[None] | None = None
        self._undelivered: tuple[Trouble, ...] = ()

    async def follow(self, blueprint: Blueprint) -> tuple[Trouble, ...]:
        """Serve what a blueprint has, and nothing else.

        Sockets, and connections, stay where only what a listener does changes. Following the same blueprint again
        changes nothing. What fails at one listener is told, and stops no other.
        """
        async with self._following:
            if self._delivering is None:
                self._delivering = asyncio.create_task(self._deliver_for_ever())
            wanted, troubles = self._wanted(blueprint)
            for place in self._doors.keys() - wanted.keys():
                self._shut(place)
            for place, found in wanted.items():
                trouble = await self._place(place, found)
                if trouble is not None:
                    troubles.append(trouble)
            self._closing = [each for each in self._closing if not each.is_empty]
            return tuple(troubles)

    @property
    def undelivered(self) -> tuple[Trouble, ...]:
        """Which logs the sink did not take the last time; they are tried again.

        That is no trouble of a blueprint's: AWS keeps silent about such things, too.
        """
        return self._undelivered

    async def deliver(self) -> None:
        """Deliver the logs now. What a sink does not take is tried again (see `undelivered`)."""
        files = self._books.take(time.time())
        failed, troubles = await asyncio.to_thread(self._put, files)
        self._books.give_back(failed)
        self._undelivered = troubles

    async def close(self) -> None:
        """Close everything, and deliver the logs a last time."""
        async with self._following:
            if self._delivering is not None:
                self._delivering.cancel()
            for place in tuple(self._doors):
                self._shut(place)
            for door in self._closing:
                door.empty()
            # asyncio closes sockets, and tells connections so, in its next round.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await self.deliver()

    # --- doors -------------------------------------------------------------------------------------------------

    def _wanted(self, blueprint: Blueprint) -> tuple[dict[tuple[str, int], Setting], list[Trouble]]:
        wanted: dict[tuple[str, int], Setting] = {}
        troubles: list[Trouble] = []
        listeners = [(balancer, listener) for balancer in blueprint.balancers for listener in balancer.listeners]
        self._workshop.forget(frozenset(listener.arn for _, listener in listeners))
        for balancer, listener in listeners:
            try:
                settings = self._settings(balancer, listener, blueprint)
            except UnusableListenerError as error:
                troubles.append(Trouble(listener.arn, str(error)))
                continue
            wanted.update(((each.address, listener.port), each) for each in settings)
        return wanted, troubles

    def _settings(self, balancer: Balancer, listener: Listener, blueprint: Blueprint) -> list[Setting]:
        made = self._workshop.made(listener)
        addresses = (*balancer.ipv4, *balancer.ipv6)
        return [setting(made, balancer, each, blueprint.behaviour, strips=self._strips) for each in addresses]

    async def _place(self, place: tuple[str, int], found: Setting) -> Trouble | None:
        door = self._doors.get(place)
        if door is not None:
            door.setting = found
            return None
        door = _Door(found, self._books)
        try:
            await door.open(self._ground, *place)
        except OSError as error:
            return Trouble(found.listener.arn, f"nothing listens on {place[0]} port {place[1]}: {error}")
        self._doors[place] = door
        return None

    def _shut(self, place: tuple[str, int]) -> None:
        door = self._doors.pop(place)
        door.close()
        self._closing.append(door)

    # --- logs --------------------------------------------------------------------------------------------------

    async def _deliver_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._log_seconds)
            await self.deliver()

    def _put(self, files: tuple[LogFile, ...]) -> tuple[list[LogFile], tuple[Trouble, ...]]:
        failed: list[LogFile] = []
        troubles: list[Trouble] = []
        for each in files:
            try:
                self._sink.put(each.balancer, each.kind, each.body, each.key)
            except UndeliveredError as error:
                failed.append(each)
                troubles.append(Trouble(each.balancer.arn, str(error)))
        return failed, tuple(troubles)
