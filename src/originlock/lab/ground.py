"""What the data plane and the edge stand on: sockets that listen at an address, and sockets that connect to one.

Here lives the two ways there are to stand: `Ground`, which both have, and the loopback address for where there is no
right to make namespaces. Here must not live: namespaces themselves (see `namespaces`), or anything that is said over
a socket.
"""

from __future__ import annotations

import socket
from typing import Protocol, TypeAlias

#: What connect() takes.
SocketAddress: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"

#: As many wait to be accepted as the kernel allows by default (net.core.somaxconn).
_BACKLOG = 4096


class Ground(Protocol):
    """Where hosts stand. All sockets are TCP's, do not block, and belong to whoever asked."""

    @property
    def filtered(self) -> bool:
        """Whether packets are filtered: without namespaces they are not."""
        ...

    def listening(self, host: str, address: str, port: int) -> socket.socket:
        """A socket that listens at an address of a host.

        Raises:
            OSError: the port is taken, or the address is not the host's.
        """
        ...

    def outgoing(self, host: str, source: str | None, address: str, port: int) -> tuple[socket.socket, SocketAddress]:
        """A socket of a host, bound to a source address, and what to connect it to.

        Raises:
            OSError: the source is not the host's.
        """
        ...


class LoopbackGround:
    """Everybody is 127.0.0.1: each (address, port) that listens has a port of its own there."""

    filtered = False

    def __init__(self) -> None:
        self._ports: dict[tuple[str, int], int] = {}

    @property
    def ports(self) -> dict[tuple[str, int], int]:
        """Where each (address, port) really listens, on 127.0.0.1."""
        return dict(self._ports)

    def listening(self, host: str, address: str, port: int) -> socket.socket:  # noqa: ARG002 - all hosts are one
        """Listen on a free port; the same (address, port) gets the same one again."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", self._ports.get((address, port), 0)))
        except OSError:
            made.close()
            raise
        made.listen(_BACKLOG)
        made.settimeout(0)
        self._ports[address, port] = made.getsockname()[1]
        return made

    def outgoing(
        self,
        host: str,  # noqa: ARG002 - ditto
        source: str | None,  # noqa: ARG002 - there is one source
        address: str,
        port: int,
    ) -> tuple[socket.socket, SocketAddress]:
        """Go to where it listens; where nobody does, to a port that refuses."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(0)
        # Port 1 (tcpmux) is served by nobody.
        return made, ("127.0.0.1", self._ports.get((address, port), 1))
