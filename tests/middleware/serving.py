"""Applications of either kind on a real socket, for as long as a test takes."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.middleware.parties import Headers

PATIENCE_SECONDS = 20


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _asgi_handler(app: Any) -> type[BaseHTTPRequestHandler]:  # noqa: ANN401 - ASGI
    class Handler(BaseHTTPRequestHandler):
        """As much of an ASGI server as GET needs."""

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            scope = {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "query_string": query.encode(),
                "root_path": "",
                "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()],
                "client": self.client_address,
                "server": self.server.server_address,
            }
            asyncio.run(app(scope, self._receive, self._send))

        async def _receive(self) -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def _send(self, message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.start":
                self.send_response(message["status"])
                for name, value in message["headers"]:
                    self.send_header(name.decode(), value.decode())
                self.end_headers()
            else:
                self.wfile.write(message.get("body", b""))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextlib.contextmanager
def serving(app: Any, *, is_asgi: bool) -> Iterator[int]:  # noqa: ANN401 - WSGI or ASGI
    """The port of an application on loopback."""
    if is_asgi:
        server = HTTPServer(("127.0.0.1", 0), _asgi_handler(app))
    else:
        server = WSGIServer(("127.0.0.1", 0), _Quiet)
        server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_SECONDS)


def asked(port: int, headers: Headers, path: str = "/") -> tuple[int, bytes]:
    """The status and the body of a GET with these headers, each sent as often as it is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.putrequest("GET", path)
        for name, value in headers:
            connection.putheader(name.decode(), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
