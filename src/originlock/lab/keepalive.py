"""A WSGI server that keeps connections alive and can close one without an answer.

Here lives the carrying of a WSGI application over HTTP/1.1, on the standard library's server.
Here must not live: what is answered.

werkzeug's server, which moto brings, closes every connection; waitress keeps them but always
answers. Tests need both, so this stands on `http.server`.
"""

from __future__ import annotations

import io
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication, WSGIEnvironment


class Server(ThreadingHTTPServer):
    """One thread for each connection, on the loopback address alone."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        """Listen at once, on a free port if it is 0."""
        self.application = application
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the address, which can take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as typed there
        """Say nothing of a client that went away; all else goes to standard error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    #: Buffered, so that an answer leaves in one piece: two would wait for a delayed ACK.
    wbufsize = -1
    server: Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method alike."""
        if name.startswith("do_"):
            return self._run
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Let a client go on at once: buffered, the word would reach it after it has waited for a second."""
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def _run(self) -> None:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: object = None,  # noqa: ARG001 - WSGI's signature
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return io.BytesIO().write

        try:
            body = b"".join(self.server.application(self._environ(), start_response))
        except ConnectionAbortedError:
            self._drop()
            return
        status, headers = started[-1]
        code, _, phrase = status.partition(" ")
        self.send_response_only(int(code), phrase)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drop(self) -> None:
        """Close without an answer: an orderly end of the stream, as a proxy that gives up."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _environ(self) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            # WSGI: bytes of the path, as latin-1.
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "RAW_URI": self.path,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": self.rfile,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as named there
        """Log no access: the call log has it."""
