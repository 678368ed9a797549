"""One connection of a visitor: TLS by the name that is asked for, then requests, one after another.

Here lives the visitor's side of the edge. Here must not live: what is answered (see `answering`).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11
from OpenSSL import SSL

from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.edge import pages
from originlock.lab.edge.answering import Answering, Visitor
from originlock.lab.edge.certificates import NO_SUCH_NAME, Hello, VisitorTls, sniffed
from originlock.lab.edge.messages import MOST_BODY, Request, Response
from originlock.lab.edge.streams import PlainStream, Stream, TlsStream, half_closed

#: 'Cloudflare HTTP headers, limits': 128 KB for all of a request's.
_MOST_HEADERS: Final = 128 * 1024

#: A ClientHello is shorter (OpenSSL reads no more than 128 KiB either).
_MOST_HELLO: Final = 128 * 1024

_HANDSHAKE_SECONDS: Final = 15.0

#: A visitor who does not read for so long is let go.
_WRITING_SECONDS: Final = 30.0


@dataclass(slots=True)
class Visits:
    """What every connection of a visitor needs."""

    state: CloudflareState
    answering: Answering
    tls: VisitorTls

    async def serve(self, sock: socket.socket, port: int, *, tls: bool) -> None:
        """Serve a connection until it ends; never raises for what a visitor does."""
        try:
            # A time-out is an OSError too.
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self._serve(sock, port, tls=tls)
        finally:
            sock.close()

    async def _serve(self, sock: socket.socket, port: int, *, tls: bool) -> None:
        visitor = Visitor(sock.getpeername()[0], port)
        stream: Stream = PlainStream(sock)
        if tls:
            try:
                async with asyncio.timeout(_HANDSHAKE_SECONDS):
                    begun = await self._begun(sock)
            except TimeoutError:
                return
            if begun is None:
                return
            stream = begun
            visitor = Visitor(visitor.address, port, begun.tls.get_protocol_version_name())
        await _Visit(stream, visitor, self).run()

    async def _begun(self, sock: socket.socket) -> TlsStream | None:
        """Do the handshake; None if there is none to do."""
        plain = PlainStream(sock)
        data, hello = b"", Hello(complete=False)
        while not hello.complete:
            more = await plain.read()
            if not more or len(data) + len(more) > _MOST_HELLO:
                return None
            data += more
            hello = sniffed(data)
        if not hello.tls:
            text = "400 The plain HTTP request was sent to HTTPS port"
            await _send_raw(plain, pages.marked(pages.bad_request(400, text), "0" * 16))
            return None
        context = self._context(hello.name)
        if context is None:
            await plain.write(NO_SUCH_NAME)
            return None
        connection = SSL.Connection(context, None)
        connection.set_accept_state()
        stream = TlsStream(PlainStream(sock, data), connection)
        await stream.handshake()
        return stream

    def _context(self, name: str | None) -> SSL.Context | None:
        """The context for a name; None for one that no active zone covers."""
        zone = None if name is None else self.state.zone_of(name)
        if zone is None or name is None or zone.status != "active" or not self.tls.covers(zone, name):
            return None
        minimum = self.state.setting_at_edge(zone.id, "min_tls_version", "1.0")
        tls_1_3 = self.state.setting_at_edge(zone.id, "tls_1_3", "on") != "off"
        return self.tls.context(zone, minimum, tls_1_3=tls_1_3)


@dataclass(slots=True)
class _Visit:
    """Requests on one connection."""

    stream: Stream
    visitor: Visitor
    visits: Visits

    async def run(self) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADERS)
        while True:
            try:
                async with asyncio.timeout(self.visits.state.settings.visitor_idle_seconds):
                    request = await self._request(http)
            except TimeoutError:
                break
            except h11.RemoteProtocolError as error:
                await self._refuse(error)
                break
            if request is None:
                break
            response = await self.visits.answering.answer(self.visitor, request)
            await self._send(http, request, response)
            if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
                break
            http.start_next_cycle()
        await self.stream.close()

    async def _request(self, http: h11.Connection) -> Request | None:
        """The next whole request; None where the visitor has gone."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                if http.they_are_waiting_for_100_continue:
                    go_on = http.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
                    await self.stream.write(go_on or b"")
                http.receive_data(await self.stream.read())
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MOST_BODY:
                    message = "too large"
                    raise h11.RemoteProtocolError(message, 413)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
                return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))
            else:
                return None

    async def _send(self, http: h11.Connection, request: Request, response: Response) -> None:
        headers = [each for each in response.headers if each[0] != "content-length"]
        length = response.header("content-length") if request.method == "HEAD" else str(len(response.body))
        if length and response.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            headers.append(("content-length", length))
        head = h11.Response(status_code=response.status, headers=headers, reason=_reason(response))
        pieces = [http.send(head)]
        if response.body and request.method != "HEAD":
            pieces.append(http.send(h11.Data(response.body)))
        pieces.append(http.send(h11.EndOfMessage()))
        async with asyncio.timeout(_WRITING_SECONDS):
            await self.stream.write(b"".join(piece or b"" for piece in pieces))

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        status = error.error_status_hint
        text = f"{status} {HTTPStatus(status).phrase}"
        await _send_raw(self.stream, pages.marked(pages.bad_request(status, text), "0" * 16))
        await half_closed(self.stream)


async def _send_raw(stream: Stream, response: Response) -> None:
    lines = [f"HTTP/1.1 {response.status} {_reason(response).decode()}"]
    lines += [f"{name}: {value}" for name, value in (*response.headers, ("content-length", str(len(response.body))))]
    await stream.write("\r\n".join((*lines, "", "")).encode("latin-1") + response.body)


def _reason(response: Response) -> bytes:
    if response.reason:
        return response.reason.encode("latin-1")
    try:
        return HTTPStatus(response.status).phrase.encode()
    except ValueError:
        # Cloudflare's own codes have the phrase in the page alone.
        return b"<none>"
