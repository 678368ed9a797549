"""A local publisher of the edge's lists, well behaved or not.

Here lives an HTTP server that serves Cloudflare's three documents and misbehaves on demand.
Here must not live: reading or judging the lists.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

API_PATH: Final = "/client/v4/ips"
IPV4_PATH: Final = "/ips-v4"
IPV6_PATH: Final = "/ips-v6"

#: Cloudflare's ranges as published on 2026-10-02 (https://api.cloudflare.com/client/v4/ips).
IPV4: Final = (
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
)
IPV6: Final = (
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
)


def ranges_document(ipv4: Sequence[str], ipv6: Sequence[str], **result: object) -> dict[str, object]:
    """What the API answers for these ranges; `result` adds members, such as jdcloud_cidrs."""
    digest = hashlib.sha256("\n".join((*ipv4, "", *ipv6)).encode()).hexdigest()
    return {
        "result": {
            "ipv4_cidrs": list(ipv4),
            "ipv6_cidrs": list(ipv6),
            # Of the same shape as Cloudflare's: 32 hexadecimal digits.
            "etag": digest[:32],
            **result,
        },
        "success": True,
        "errors": [],
        "messages": [],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """How a path answers. What is left as it is does no harm."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    #: Content-Length: the true one, none at all (the body ends with the connection), or a lie.
    declared_length: bool | int = True
    #: Send so many bytes of the body, then close.
    cut_after: int | None = None
    #: Seconds before the first byte.
    delay: float = 0
    #: Bytes a second, one piece each tenth of a second; None is at once.
    drip: float | None = None
    #: Send the body chunked (cut_after then also omits the last chunk).
    chunked: bool = False
    #: Take the request and never answer.
    never: bool = False


class ListServer:
    """A publisher in a thread, on 127.0.0.1. Use it as a context manager, or start(), stop()."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Publish Cloudflare's lists as recorded; over TLS, if a context is given."""
        self._answers: dict[str, Answer] = {}
        self._asked: list[tuple[str, Mapping[str, str]]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(self, tls)
        self._thread: threading.Thread | None = None
        self._scheme = "http" if tls is None else "https"
        self.publish()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Serve from now on."""
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Serve no more, and let go what is slow."""
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    # --- what is published -------------------------------------------------------------------

    def publish(self, ipv4: Sequence[str] = IPV4, ipv6: Sequence[str] = IPV6) -> None:
        """Publish these ranges in both forms."""
        self.publish_json(ipv4, ipv6)
        self.publish_text(ipv4, ipv6)

    def publish_json(self, ipv4: Sequence[str] = IPV4, ipv6: Sequence[str] = IPV6, **result: object) -> None:
        """Publish these in the API's form alone; `result` adds members, such as jdcloud_cidrs."""
        body = json.dumps(ranges_document(ipv4, ipv6, **result), separators=(",", ":")).encode()
        self.answer(API_PATH, Answer(headers=(("Content-Type", "application/json"),), body=body))

    def publish_text(self, ipv4: Sequence[str] = IPV4, ipv6: Sequence[str] = IPV6) -> None:
        """Publish these in the text form alone: a CIDR a line, no newline at the end."""
        headers = (("Content-Type", "text/plain;charset=UTF-8"),)
        for path, ranges in ((IPV4_PATH, ipv4), (IPV6_PATH, ipv6)):
            self.answer(path, Answer(headers=headers, body="\n".join(ranges).encode()))

    def answer(self, path: str, answer: Answer) -> None:
        """Answer a path so from now on."""
        with self._lock:
            self._answers[path] = answer

    # --- for clients and tests ---------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it serves, without a path."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def urls(self) -> Mapping[str, str]:
        """The variables that send originlock here for the edge's lists."""
        return {
            "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL": self.url + API_PATH,
            "ORIGINLOCK_EDGES_CLOUDFLARE_IPV4_URL": self.url + IPV4_PATH,
            "ORIGINLOCK_EDGES_CLOUDFLARE_IPV6_URL": self.url + IPV6_PATH,
        }

    @property
    def asked(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        """The paths asked so far, each with the request's headers, names in lower case."""
        with self._lock:
            return list(self._asked)

    # --- for the handler -----------------------------------------------------------------------

    def _take(self, path: str, headers: Mapping[str, str]) -> Answer:
        plain = path.partition("?")[0]
        with self._lock:
            self._asked.append((path, headers))
            return self._answers.get(plain, Answer(status=404, body=b"not found"))

    def _pause(self, seconds: float | None) -> None:
        """Wait, but not beyond the end of the server."""
        self._stopping.wait(seconds)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    #: A slow answer must not hold up stop(): its thread is let go, not waited for.
    block_on_close = False

    def __init__(self, publisher: ListServer, tls: ssl.SSLContext | None) -> None:
        self.publisher = publisher
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # Without the standard library's reverse look-up, which can take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as typed there
        # In the connection's own thread, so that a slow handshake holds up nobody.
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as typed there
        """Say nothing: clients of a misbehaving server go away, and that is the test."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        publisher = self.server.publisher
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = publisher._take(self.path, headers)  # noqa: SLF001 - its own handler
        if answer.never:
            publisher._pause(None)  # noqa: SLF001 - as above
        if answer.delay:
            publisher._pause(answer.delay)  # noqa: SLF001 - as above
        self._send_head(answer)
        self._send_body(answer)
        if answer.cut_after is not None or answer.declared_length is not True or answer.never:
            self._close()

    do_HEAD = do_GET  # noqa: N815 - as named there

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        length = answer.declared_length
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif length is not False:
            self.send_header("Content-Length", str(len(answer.body) if length is True else length))
        self.end_headers()

    def _send_body(self, answer: Answer) -> None:
        body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
        if self.command == "HEAD":
            return
        step = len(body) if answer.drip is None else max(1, int(answer.drip / 10))
        for start in range(0, len(body), max(step, 1)):
            piece = body[start : start + step]
            if answer.chunked:
                piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
            self.wfile.write(piece)
            self.wfile.flush()
            if answer.drip is not None:
                # Not step / drip: below ten bytes a second a piece is one byte.
                self.server.publisher._pause(step / answer.drip)  # noqa: SLF001 - as above
        if answer.chunked and answer.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")

    def _close(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The client was quicker.
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as named there
        """Log nothing."""
