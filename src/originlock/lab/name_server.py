"""The lab's name server: the names of load balancers and of Cloudflare's zones, and no others.

Lives here: a question to an answer, and the sockets that carry both. Must not live here: which names there are (each
source says so, see `Lookup`).
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from originlock.lab.addresses import NAME_SERVER

if TYPE_CHECKING:
    import socket

#: A name (lower case, no dot at its end) and a type (``A``) to pairs of type and text. A CNAME is followed here. Empty
#: where the name has none of that type, None where there is no such name.
Lookup: TypeAlias = Callable[[str, str], Sequence[tuple[str, str]] | None]

#: The only port that /etc/resolv.conf knows of.
PORT: Final = 53

#: Seconds: what changes in the lab is seen at once.
_TTL: Final = 1

#: As many names as an answer may lead through.
_MOST_ALIASES: Final = 8

#: What a datagram may hold where the client does not say (RFC 1035, 4.2.1).
_PLAIN_DATAGRAM: Final = 512

#: A client over TCP that says nothing is let go.
_PATIENCE_SECONDS: Final = 10.0


class NameGround(Protocol):
    """Where the server's sockets come from."""

    def listening(self, host: str, address: str, port: int) -> socket.socket:
        """A TCP socket that listens; raises OSError."""
        ...

    def receiving(self, host: str, address: str, port: int) -> socket.socket:
        """A UDP socket; raises OSError."""
        ...


def answered(question: bytes, sources: Sequence[Lookup], *, most: int | None = None) -> bytes | None:
    """Answer a message, or not at all where it is none; `most` bounds an answer in a datagram."""
    try:
        asked = dns.message.from_wire(question)
    except dns.exception.DNSException:
        return None
    if asked.flags & dns.flags.QR:
        # Two servers that answer each other's answers would never end.
        return None
    answer = dns.message.make_response(asked, recursion_available=True)
    if asked.opcode() != dns.opcode.QUERY or len(asked.question) != 1:
        answer.set_rcode(dns.rcode.NOTIMP)
    elif asked.question[0].rdclass != dns.rdataclass.IN:
        answer.set_rcode(dns.rcode.REFUSED)
    else:
        wanted = asked.question[0]
        _resolve(answer, wanted.name.to_text(omit_final_dot=True).lower(), wanted.rdtype, sources)
    if most is None:
        return answer.to_wire()
    try:
        return answer.to_wire(max_size=max(_PLAIN_DATAGRAM, min(most, asked.payload or _PLAIN_DATAGRAM)))
    except dns.exception.TooBig:
        answer.answer = []
        answer.flags |= dns.flags.TC
        return answer.to_wire()


def _resolve(
    answer: dns.message.Message, name: str, wanted: dns.rdatatype.RdataType, sources: Sequence[Lookup]
) -> None:
    kind = dns.rdatatype.to_text(wanted)
    for _ in range(_MOST_ALIASES):
        found = _first(name, kind, sources)
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        for each in dict.fromkeys(which for which, _ in found):
            values = [f"{value.rstrip('.')}." if each == "CNAME" else value for which, value in found if which == each]
            answer.answer.append(dns.rrset.from_text(f"{name}.", _TTL, dns.rdataclass.IN, each, *values))
        alias = next((value for which, value in found if which == "CNAME"), None)
        if alias is None or kind == "CNAME":
            return
        name = alias.rstrip(".").lower()
    answer.set_rcode(dns.rcode.SERVFAIL)


def addresses(name: str, sources: Sequence[Lookup]) -> tuple[str, ...]:
    """The addresses of a name, IPv4 first; none where it has none."""
    return tuple(value for kind in ("A", "AAAA") for value in _followed(name.rstrip(".").lower(), kind, sources))


def _followed(name: str, kind: str, sources: Sequence[Lookup]) -> Sequence[str]:
    for _ in range(_MOST_ALIASES):
        found = _first(name, kind, sources) or ()
        alias = next((value for which, value in found if which == "CNAME"), None)
        if alias is None:
            return [value for which, value in found if which == kind]
        name = alias.rstrip(".").lower()
    return ()


def _first(name: str, kind: str, sources: Sequence[Lookup]) -> Sequence[tuple[str, str]] | None:
    return next((found for found in (source(name, kind) for source in sources) if found is not None), None)


class NameServer:
    """Answers at `NAME_SERVER` in each host, over UDP and TCP."""

    def __init__(self, sources: Sequence[Lookup]) -> None:
        """Ask these, in this order; the first that knows a name answers."""
        self._sources = tuple(sources)
        self._datagrams: list[asyncio.DatagramTransport] = []
        self._streams: list[asyncio.Server] = []

    async def start(self, ground: NameGround, hosts: Sequence[str]) -> None:
        """Answer in these hosts from now on.

        Raises:
            OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        for host in hosts:
            made = ground.receiving(host, NAME_SERVER, PORT)
            transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._sources), sock=made)
            self._datagrams.append(transport)
            listening = ground.listening(host, NAME_SERVER, PORT)
            self._streams.append(await asyncio.start_server(self._stream, sock=listening))

    async def close(self) -> None:
        """Answer no more."""
        for transport in self._datagrams:
            transport.close()
        for server in self._streams:
            server.close()
        self._datagrams, self._streams = [], []

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that goes away, stays silent or talks of something else has no answer coming.
        with (
            contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError),
            contextlib.closing(writer),
        ):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while True:
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    answer = answered(await reader.readexactly(length), self._sources)
                    if answer is None:
                        return
                    writer.write(struct.pack("!H", len(answer)) + answer)
                    await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, sources: Sequence[Lookup]) -> None:
        self._sources = sources
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override] # as it really is
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = answered(data, self._sources, most=1232)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)
