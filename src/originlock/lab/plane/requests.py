"""One request, as rules and targets see it.

Here lives its shape and how it is read out of h11's. Here must not live: what is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h11


@dataclass(frozen=True, slots=True)
class Client:
    """Who is at the other end of a connection, and what it came in by."""

    ip: str
    port: int
    scheme: str
    listener_port: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its body.

    Attributes:
        target: as it stands in the request line.
        headers: in order; names in lower case.
        version: ``1.0`` or ``1.1``.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    version: str
    client: Client

    @property
    def path(self) -> str:
        """The target without its query, and without scheme and host where it has them."""
        return self._location.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self._location.partition("?")[2]

    @property
    def _location(self) -> str:
        if self.target.startswith("/") or "://" not in self.target:
            return self.target
        rest = self.target.partition("://")[2]
        slash = rest.find("/")
        return "/" if slash < 0 else rest[slash:]

    @property
    def host(self) -> str | None:
        """The host without a port; None if there is none, as HTTP/1.0 allows."""
        value = self.header("host")
        if not value:
            return None
        name, colon, port = value.rpartition(":")
        return name if colon and port.isdigit() else value

    def header(self, name: str) -> str | None:
        """The first header of a name in lower case."""
        return next((value for each, value in self.headers if each == name), None)

    def all_of(self, name: str) -> tuple[str, ...]:
        """All headers of a name in lower case."""
        return tuple(value for each, value in self.headers if each == name)

    @property
    def wants_close(self) -> bool:
        """Whether this is to be the connection's last."""
        tokens = {each.strip().lower() for value in self.all_of("connection") for each in value.split(",")}
        return self.version == "1.0" or "close" in tokens


def read(event: h11.Request, client: Client) -> Request:
    """Read a request of h11's; bytes that are not ASCII are taken as Latin 1."""
    return Request(
        event.method.decode("ascii"),
        event.target.decode("latin-1"),
        tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers),
        event.http_version.decode("ascii"),
        client,
    )
