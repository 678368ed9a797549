"""A web server that does wrong on purpose: raw sockets, one thread for each connection.

Lives here: a listener that hands each connection to a script; certificates made in memory for TLS.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Script = Callable[[socket.socket, str], None]
"""What to do with one connection: its socket, and the first line of its request."""


class Server:
    """Listens on the loopback; counts connections and keeps the requests' heads."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.heads: list[str] = []
        self.ended = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str = "/", scheme: str = "http", host: str = "127.0.0.1") -> str:
        """A URL of this server."""
        return f"{scheme}://{host}:{self.port}{path}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self._open.append(connection)
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, raw: socket.socket) -> None:
        connection = raw
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True)
                self._open.append(connection)
            head = read_head(connection)
            self.heads.append(head)
            self._script(connection, head.partition("\r\n")[0])
        with contextlib.suppress(OSError):
            connection.close()
        self.ended.set()

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()


def read_head(connection: socket.socket) -> str:
    """Everything up to the blank line."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head.decode("latin-1")


@contextlib.contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, status: str = "200 OK", *headers: str, length: bool = True) -> bytes:
    """A whole answer as bytes."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(data: bytes) -> Script:
    """Send this, and close."""
    return lambda connection, _: connection.sendall(data)


def drips(start: bytes, piece: bytes = b"x", pause: float = 0.05) -> Script:
    """Send the start, then a little at a time for ever."""

    def script(connection: socket.socket, _: str) -> None:
        connection.sendall(start)
        while True:
            time.sleep(pause)
            connection.sendall(piece)

    return script


def silent(connection: socket.socket, _: str) -> None:
    """Never answer; wait until the other side goes."""
    connection.recv(1)


def routes(table: dict[str, bytes]) -> Script:
    """Answer each path with its bytes, any other with 404."""

    def script(connection: socket.socket, request: str) -> None:
        path = request.split(" ")[1]
        connection.sendall(table.get(path, answer(b"nothing here", "404 Not Found")))

    return script


def tunnelling(target: int) -> Script:
    """A proxy that answers CONNECT, whatever host was asked for, with a tunnel to a port of this machine."""

    def script(connection: socket.socket, request: str) -> None:
        if not request.startswith("CONNECT "):
            connection.sendall(answer(b"", "405 Method Not Allowed"))
            return
        with socket.create_connection(("127.0.0.1", target)) as onward:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join(5)

    return script


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def certificate(folder: Path, host: str, *, days: int = 1) -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for a host.

    Returns:
        A server's context, and the file that a client has to trust.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certified = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / f"{host}.pem", folder / f"{host}.key"
    trusted.write_bytes(certified.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted
