"""The edge's connections to origins: made, kept, used again, and what each failure is called.

Here lives the way to an origin and back. Here must not live: which origin (see `routing`), visitors, the cache.

The codes are those of 'Cloudflare 5xx errors': 520 for an answer that is none (a reset after the handshake too, which
is how a client certificate that is refused looks with TLS 1.3), 521 refused, 522 not connected in time, 523 no route,
524 not answered in time, 525 no TLS, 526 a certificate that Full (strict) does not believe, 530 with 1016 no address.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import itertools
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import h11
from OpenSSL import SSL

from originlock.lab.addresses import EDGE
from originlock.lab.cloudflare.routing import Route
from originlock.lab.cloudflare.settings import CloudflareSettings
from originlock.lab.edge.certificates import OriginTls, matches
from originlock.lab.edge.messages import MOST_BODY, Request, Response, end_to_end
from originlock.lab.edge.streams import BrokenTlsError, PlainStream, Stream, TlsStream, is_idle
from originlock.lab.ground import Ground

#: Name to addresses; empty where there are none. It is called in the edge's loop, so it must be quick.
Resolve: TypeAlias = Callable[[str], Sequence[str]]

#: 'Error 520': headers exceeding 128 KB.
MOST_HEADERS: Final = 128 * 1024

#: Nobody needs more idle connections to one origin here.
_MOST_IDLE: Final = 64

_NO_ROUTE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


class OriginError(Exception):
    """The edge's own answer instead of the origin's."""

    def __init__(self, code: int, detail: str, sub: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.sub = sub


class _StaleError(Exception):
    """A pooled connection had ended, and nothing had come back on it."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What makes two connections exchangeable."""

    zone_id: str
    address: str
    port: int
    tls: bool
    sni: str
    strict: bool
    certificate: str


@dataclass(slots=True)
class _Kept:
    stream: Stream
    since: float


@dataclass(slots=True)
class Origins:
    """All connections to origins."""

    ground: Ground
    settings: CloudflareSettings
    resolve: Resolve
    tls: OriginTls
    _idle: dict[_Way, list[_Kept]] = field(default_factory=dict)
    _sources: dict[int, Iterator[str]] = field(
        default_factory=lambda: {4: itertools.cycle(EDGE.ipv4), 6: itertools.cycle(EDGE.ipv6)}
    )
    _turns: Iterator[int] = field(default_factory=itertools.count)

    async def fetch(self, route: Route, request: Request) -> Response:
        """Ask an origin.

        Raises:
            OriginError: it did not answer as an origin should.
        """
        addresses = self._addresses(route)
        tries = addresses if self.settings.failover else addresses[:1]
        for left, address in zip(range(len(tries) - 1, -1, -1), tries, strict=True):
            try:
                return await self._fetch(route, address, request)
            except OriginError as error:
                if error.code not in {521, 522, 523} or not left:
                    raise
        raise OriginError(530, "no address", 1016)

    def close(self) -> None:
        """End all connections that are kept."""
        for kept in self._idle.values():
            for each in kept:
                each.stream.sock.close()
        self._idle.clear()

    # --- where ---------------------------------------------------------------------------------

    def _addresses(self, route: Route) -> tuple[str, ...]:
        """All addresses, beginning with another one each time."""
        found = tuple(address for target in route.targets for address in self._resolved(target))
        if self.settings.origin_family != "any":
            version = int(self.settings.origin_family[-1])
            found = tuple(each for each in found if ipaddress.ip_address(each).version == version)
        if not found:
            raise OriginError(530, "the origin's name has no address", 1016)
        start = next(self._turns) % len(found)
        return (*found[start:], *found[:start])

    def _resolved(self, target: str) -> tuple[str, ...]:
        try:
            return (str(ipaddress.ip_address(target)),)
        except ValueError:
            return tuple(self.resolve(target))

    # --- one address -----------------------------------------------------------------------------

    async def _fetch(self, route: Route, address: str, request: Request) -> Response:
        way = self._way(route, address)
        pooled = self._pooled(way)
        if pooled is not None:
            try:
                return await self._exchange(way, pooled, request, used=True)
            except _StaleError:
                # As any proxy: what was idle may have been closed at that moment (RFC 9112, 9.3.1).
                pass
        return await self._exchange(way, await self._opened(route, way), request, used=False)

    def _way(self, route: Route, address: str) -> _Way:
        presented = route.client_certificate
        certificate = presented.id if presented is not None and self.settings.pool_by_certificate else ""
        sni = route.sni if route.tls else ""
        return _Way(route.zone.id, address, route.port, route.tls, sni, route.strict, certificate)

    def _pooled(self, way: _Way) -> Stream | None:
        kept = self._idle.get(way, [])
        while kept:
            each = kept.pop()
            if time.monotonic() - each.since < self.settings.idle_seconds and is_idle(each.stream.sock):
                return each.stream
            each.stream.sock.close()
        return None

    def _keep(self, way: _Way, stream: Stream) -> None:
        kept = self._idle.setdefault(way, [])
        if len(kept) < _MOST_IDLE and self.settings.idle_seconds > 0:
            kept.append(_Kept(stream, time.monotonic()))
        else:
            stream.sock.close()

    # --- making a connection --------------------------------------------------------------------

    async def _opened(self, route: Route, way: _Way) -> Stream:
        plain = PlainStream(await self._connected(way))
        if not way.tls:
            return plain
        stream = TlsStream(plain, self.tls.connection(route.sni, route.client_certificate, strict=route.strict))
        try:
            await self._shaken(stream, route)
        except BaseException:
            plain.sock.close()
            raise
        return stream

    async def _connected(self, way: _Way) -> socket.socket:
        version = ipaddress.ip_address(way.address).version
        try:
            sock, where = self.ground.outgoing(EDGE.name, next(self._sources[version]), way.address, way.port)
        except OSError as error:
            raise OriginError(523, f"no way to {way.address}: {error}") from error
        try:
            async with asyncio.timeout(self.settings.connect_seconds):
                await asyncio.get_running_loop().sock_connect(sock, where)
        except TimeoutError as error:
            sock.close()
            raise OriginError(522, f"{way.address} port {way.port} did not answer in time") from error
        except OSError as error:
            sock.close()
            code = 523 if error.errno in _NO_ROUTE else 521
            raise OriginError(code, f"{way.address} port {way.port}: {error.strerror}") from error
        except BaseException:
            sock.close()
            raise
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    async def _shaken(self, stream: TlsStream, route: Route) -> None:
        try:
            async with asyncio.timeout(self.settings.handshake_seconds):
                await stream.handshake()
        except BrokenTlsError as error:
            code = 526 if route.strict and "certificate verify failed" in str(error) else 525
            raise OriginError(code, f"TLS with the origin failed: {error}") from error
        except TimeoutError as error:
            raise OriginError(525, "TLS with the origin took too long") from error
        except OSError as error:
            raise OriginError(525, f"TLS with the origin was cut: {error}") from error
        if route.strict and not _is_for(stream.tls, route):
            raise OriginError(526, "the origin's certificate is for other names")

    # --- using it --------------------------------------------------------------------------------

    async def _exchange(self, way: _Way, stream: Stream, request: Request, *, used: bool) -> Response:
        exchange = Exchange(stream)
        try:
            async with asyncio.timeout(self.settings.read_seconds):
                response = await exchange.ask(request)
        except TimeoutError as error:
            stream.sock.close()
            raise OriginError(524, "the origin did not answer in time") from error
        except (OSError, h11.ProtocolError) as error:
            stream.sock.close()
            if used and not exchange.heard and request.method in {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}:
                raise _StaleError from error
            raise OriginError(520, f"the origin's answer was none: {error}") from error
        except BaseException:
            stream.sock.close()
            raise
        if exchange.reusable:
            self._keep(way, stream)
        else:
            with suppress(OSError):
                await stream.close()
        return response


@dataclass(slots=True)
class Exchange:
    """One request and its answer on a connection."""

    stream: Stream
    heard: bool = False
    reusable: bool = False
    _http: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADERS)
    )

    async def ask(self, request: Request) -> Response:
        """Send the request and read the whole answer.

        Raises:
            OSError: the connection broke.
            h11.ProtocolError: that was no HTTP, or not a whole answer.
        """
        sent = self._http.send(h11.Request(method=request.method, target=request.target, headers=list(request.headers)))
        body = self._http.send(h11.Data(request.body)) if request.body else b""
        end = self._http.send(h11.EndOfMessage())
        await self.stream.write(b"".join((sent or b"", body or b"", end or b"")))
        return await self._answer()

    async def _answer(self) -> Response:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = await self.stream.read()
                self.heard = self.heard or bool(data)
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MOST_BODY:
                    message = "the body is larger than the lab's edge takes"
                    raise h11.RemoteProtocolError(message)
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                message = "the connection ended without an answer"
                raise h11.RemoteProtocolError(message)
        if head is None:
            message = "no answer"
            raise h11.RemoteProtocolError(message)
        self.reusable = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
        reason = bytes(head.reason).decode("latin-1")
        return Response(head.status_code, end_to_end(headers), bytes(body), reason)


def _is_for(tls: SSL.Connection, route: Route) -> bool:
    """Full (strict): the certificate is for the name asked for or for the record's target ('Full (strict)')."""
    certificate = tls.get_peer_certificate(as_cryptography=True)
    return certificate is not None and matches(
        certificate, (route.sni.lower(), *(each.lower() for each in route.targets))
    )
