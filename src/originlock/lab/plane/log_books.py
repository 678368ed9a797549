"""What load balancers have to log until it is delivered.

Here lives collecting lines, files' names and their contents. Here must not live: what a line says (see `log_lines`),
or where files go (see `Sink`).

Source of the names: 'Access log files' and 'Connection log files' in AWS's user guide: one file for each node (each
address) and period; connection logs begin with ``conn_log_``.
"""

from __future__ import annotations

import datetime as dt
import gzip
import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from originlock.lab.blueprint import Balancer

#: ``access`` or ``connection``.
Kind: TypeAlias = str

ACCESS: Final = "access"
CONNECTION: Final = "connection"

_NAMES: Final = {ACCESS: "", CONNECTION: "conn_log_"}
_ATTRIBUTES: Final = {ACCESS: "access_logs.s3", CONNECTION: "connection_logs.s3"}

#: Lines that wait for delivery, for each file: a sink that fails may not fill the memory.
MOST_LINES: Final = 200_000

_RANDOM: Final = string.ascii_lowercase + string.digits
_RANDOM_LENGTH: Final = 8


class UndeliveredError(Exception):
    """A sink did not take a file; its text says why."""


class Sink(Protocol):
    """Takes finished log files. Called outside the event loop, one call at a time."""

    def put(self, balancer: Balancer, kind: Kind, body: bytes, key: str) -> None:
        """Store a file: gzip, under its key in the bucket that the load balancer's attributes name.

        Raises:
            UndeliveredError: it was not stored.
        """
        ...


class NoSink:
    """Where nobody wants logs."""

    def put(self, balancer: Balancer, kind: Kind, body: bytes, key: str) -> None:
        """Take it, and forget it."""


@dataclass(slots=True)
class _Page:
    """Lines of one kind and one address."""

    balancer: Balancer
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file to be delivered."""

    balancer: Balancer
    kind: Kind
    key: str
    lines: tuple[str, ...]

    @property
    def body(self) -> bytes:
        """The lines, gzip."""
        return gzip.compress("".join(f"{line}\n" for line in self.lines).encode())


class LogBooks:
    """The lines of all load balancers."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, Kind, str], _Page] = {}
        self.lost = 0

    @staticmethod
    def wants(balancer: Balancer, kind: Kind) -> bool:
        """Whether a load balancer's attributes ask for logs."""
        return balancer.attributes.get(f"{_ATTRIBUTES[kind]}.enabled") == "true"

    def note(self, balancer: Balancer, kind: Kind, address: str, line: str) -> None:
        """Keep a line until it is delivered; the attributes that hold are the newest ones."""
        page = self._pages.setdefault((balancer.arn, kind, address), _Page(balancer))
        page.balancer = balancer
        if len(page.lines) < MOST_LINES:
            page.lines.append(line)
        else:
            self.lost += 1

    def take(self, now: float) -> tuple[LogFile, ...]:
        """All that has come together; from then on it is the caller's."""
        pages, self._pages = self._pages, {}
        return tuple(
            LogFile(page.balancer, kind, key_of(page.balancer, kind, address, now), tuple(page.lines))
            for (_, kind, address), page in pages.items()
        )

    def give_back(self, files: Iterable[LogFile]) -> None:
        """Keep the lines of files that were not delivered for the next time."""
        for each in files:
            address = each.key.rsplit("_", 2)[1]
            for line in each.lines:
                self.note(each.balancer, each.kind, address, line)


def key_of(balancer: Balancer, kind: Kind, address: str, now: float) -> str:
    """A new file's key in its bucket."""
    when = dt.datetime.fromtimestamp(now, dt.UTC)
    prefix = balancer.attributes.get(f"{_ATTRIBUTES[kind]}.prefix", "")
    name = balancer.arn.rpartition(":loadbalancer/")[2].replace("/", ".")
    chance = "".join(secrets.choice(_RANDOM) for _ in range(_RANDOM_LENGTH))
    return (
        f"{prefix}/" * bool(prefix)
        + f"AWSLogs/{balancer.account}/elasticloadbalancing/{balancer.region}/{when:%Y/%m/%d}/"
        + f"{_NAMES[kind]}{balancer.account}_elasticloadbalancing_{balancer.region}_{name}_"
        + f"{when:%Y%m%dT%H%MZ}_{address}_{chance}.log.gz"
    )


def bucket_of(balancer: Balancer, kind: Kind) -> str | None:
    """The bucket that a load balancer's attributes name."""
    return balancer.attributes.get(f"{_ATTRIBUTES[kind]}.bucket") or None
