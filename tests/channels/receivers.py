"""Servers that take what is sent, and servers that speak first and do wrong on purpose."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from originlock.channels.tries import Pace

QUICK = Pace(tries=2, try_seconds=0.6, pause_seconds=0.01, longest_pause_seconds=0.3)
"""As patient as a test may be."""


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server that answers with the statuses in turn, the last for ever, and keeps what came."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: tuple[tuple[str, str], ...] = ()
    received: list[Received] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/", scheme: str = "http", host: str = "127.0.0.1") -> str:
        """A URL of this server."""
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def receiving(
    *statuses: int, headers: tuple[tuple[str, str], ...] = (), tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver for the length of a block."""
    receiver = Receiver(list(statuses) or [200], headers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.received.append(Received(self.command, self.path, dict(self.headers.items()), body))
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            self.send_response(status)
            for name, value in receiver.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


Talk = Callable[[socket.socket], None]
"""What a server says to one connection, beginning by itself."""


@contextlib.contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """A server that speaks first; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed
                return
            connections.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            talk(connection)
        with contextlib.suppress(OSError):
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()
        for each in connections:
            with contextlib.suppress(OSError):
                each.close()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
