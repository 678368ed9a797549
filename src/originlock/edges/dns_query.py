"""Asking one name server, without a resolver in between.

Lives here: UDP, TCP where an answer is truncated, and the bounds. Must not live here: the wire format (see
`dns_message`), which names are asked for.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Iterable
from typing import Final

import msgspec

from originlock.edges.dns_message import NO_ERROR, NO_SUCH_NAME, DnsMessage, DnsMessageError, answer, query
from originlock.facts.dns import NamedRecord, RecordType
from originlock.facts.unknown import Unknown

PORT: Final = 53

ANSWER_SECONDS: Final = 2.0
TRIES: Final = 2
"""For each of two packets (our choice; RFC 1035 leaves it open): a name server that is there answers at once."""

ALL_SECONDS: Final = 30.0
"""For all questions together (our choice)."""

_DATAGRAM: Final = 4096
"""Bytes; without EDNS an answer has 512 at most (RFC 1035, section 4.2.1)."""


class NameServer(msgspec.Struct, frozen=True):
    """Where a name server is: a name or an address, and a port."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        """As a person writes it."""
        return self.host if self.port == PORT else f"{self.host}:{self.port}"


def answers(
    servers: Iterable[NameServer], questions: Iterable[tuple[str, RecordType]]
) -> dict[tuple[str, RecordType], tuple[NamedRecord, ...]] | Unknown:
    """Ask the first server that answers all of the questions.

    Returns:
        By question, the records of that very name; none where it has none, or the server does not answer that one.
        Unknown where no server answers anything.
    """
    asked = tuple(dict.fromkeys(questions))
    reasons: list[str] = []
    until = time.monotonic() + ALL_SECONDS
    for server in servers:
        found = _all(server, asked, until)
        if not isinstance(found, str):
            return found
        reasons.append(f"{server}: {found}")
    return Unknown("the old name servers' answers", "; ".join(reasons) or "no name server is known")


def _all(
    server: NameServer, asked: tuple[tuple[str, RecordType], ...], until: float
) -> dict[tuple[str, RecordType], tuple[NamedRecord, ...]] | str:
    try:
        address = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)[0]
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"its address cannot be found ({said})"
    family, where = address[0], (str(address[4][0]), server.port)
    found: dict[tuple[str, RecordType], tuple[NamedRecord, ...]] = {}
    for name, kind in asked:
        if time.monotonic() >= until:
            return f"it took longer than {ALL_SECONDS:g} s"
        message = _one(family, where, name, kind)
        if isinstance(message, str):
            return message
        if message.code not in {NO_ERROR, NO_SUCH_NAME}:
            return f"it refuses to answer for {name} (response code {message.code})"
        found[name, kind] = tuple(each for each in message.records if each.name == name.lower())
    return found


def _one(family: int, where: tuple[str, int], name: str, kind: RecordType) -> DnsMessage | str:
    """One question; a text where there is no answer."""
    try:
        for _ in range(TRIES):
            message = _by_udp(family, where, name, kind)
            if message is not None:
                return _by_tcp(family, where, name, kind) if message.truncated else message
    except DnsMessageError as error:
        return f"{name}: {error}"
    except OSError as error:
        return error.strerror or "it does not answer"
    return f"it does not answer within {ANSWER_SECONDS:g} s"


def _by_udp(family: int, where: tuple[str, int], name: str, kind: RecordType) -> DnsMessage | None:
    """A question in one packet, from a port and with a number that nobody can guess; None where no answer comes."""
    number = secrets.randbelow(1 << 16)
    until = time.monotonic() + ANSWER_SECONDS
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(where)
        sock.send(query(number, name, kind))
        while (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                body = sock.recv(_DATAGRAM)
            except TimeoutError:
                return None
            try:
                return answer(body, number, name, kind)
            except DnsMessageError:
                # Late, or not from there: the answer may still come.
                continue
    return None


def _by_tcp(family: int, where: tuple[str, int], name: str, kind: RecordType) -> DnsMessage:
    number = secrets.randbelow(1 << 16)
    body = query(number, name, kind)
    until = time.monotonic() + ANSWER_SECONDS
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(ANSWER_SECONDS)
        sock.connect(where)
        sock.sendall(struct.pack(">H", len(body)) + body)
        (length,) = struct.unpack(">H", _exactly(sock, 2, until))
        return answer(_exactly(sock, length, until), number, name, kind)


def _exactly(sock: socket.socket, count: int, until: float) -> bytes:
    found = b""
    while len(found) < count:
        sock.settimeout(max(until - time.monotonic(), 0.001))
        piece = sock.recv(count - len(found))
        if not piece:
            message = "the answer breaks off"
            raise DnsMessageError(message)
        found += piece
    return found
