"""Servers that answer a probe in every way there is: raw sockets, and OpenSSL between two buffers.

Lives here: listeners on the loopback (or on a socket that is handed in) that hand each connection to a script, and a
TLS server that verifies client certificates and refuses by alert or by reset. Must not live here: what a probe should
say of them.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL, crypto

from originlock.lab.authority import Authority, Issued

Script = Callable[[socket.socket], None]
"""What to do with one connection."""

HELLO = b"HTTP/1.1 200 OK\r\nServer: a-peer\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

LISTENING = 10.0
"""Seconds after which a script's socket gives up, so that no thread outlives its test for long."""


class Peer:
    """A listener; each connection has a thread."""

    def __init__(self, script: Script, listener: socket.socket) -> None:
        self._script = script
        self._listener = listener
        self._open: list[socket.socket] = []
        self.address: str = listener.getsockname()[0]
        self.port: int = listener.getsockname()[1]
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.accepted += 1
            connection.settimeout(LISTENING)
            self._open.append(connection)
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, SSL.Error):
            self._script(connection)
        with contextlib.suppress(OSError):
            connection.close()

    def close(self) -> None:
        """End everything."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()


@contextlib.contextmanager
def peer(script: Script, address: str = "127.0.0.1") -> Iterator[Peer]:
    """A peer for the length of a block, on this machine."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = Peer(script, socket.create_server((address, 0), family=family))
    try:
        yield made
    finally:
        made.close()


# --- scripts ----------------------------------------------------------------------------------------------------


def reset(connection: socket.socket) -> None:
    """End with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_after_hearing(connection: socket.socket) -> None:
    """Wait for the first bytes, then end with a reset."""
    connection.recv(16_384)
    reset(connection)


def silent(connection: socket.socket) -> None:
    """Take everything and never say a word."""
    while connection.recv(16_384):
        pass


def closed(connection: socket.socket) -> None:
    """Hear, and close in order."""
    connection.recv(16_384)


def says(*pieces: bytes, before_hearing: bool = False) -> Script:
    """Say this to whatever comes, close what is ours, and hear to the end, so that closing is no reset."""

    def script(connection: socket.socket) -> None:
        if not before_hearing:
            connection.recv(16_384)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(16_384):
            pass

    return script


def says_and_resets(data: bytes) -> Script:
    """Say this, give it time to arrive, and end with a reset."""

    def script(connection: socket.socket) -> None:
        connection.recv(16_384)
        connection.sendall(data)
        time.sleep(0.05)
        reset(connection)

    return script


def drips(start: bytes, piece: bytes = b"x", pause: float = 0.01) -> Script:
    """Say the start, then a little at a time for ever."""

    def script(connection: socket.socket) -> None:
        connection.recv(16_384)
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return script


def floods(start: bytes, piece: bytes) -> Script:
    """Say the start, then the piece for ever, as fast as it is taken."""
    return drips(start, piece * (65_536 // len(piece)), pause=0)


def alert(code: int, *, fatal: bool = True) -> bytes:
    """An alert in the clear, as a record (RFC 8446, 5.1 and 6)."""
    return bytes((21, 3, 3, 0, 2, 2 if fatal else 1, code))


# --- TLS --------------------------------------------------------------------------------------------------------


def server_context(
    identity: Issued, *, versions: tuple[int, int] = (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)
) -> SSL.Context:
    """A context that shows this certificate and asks for none."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(versions[0])
    context.set_max_proto_version(versions[1])
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=2")
    context.use_certificate(identity.certificate)
    for above in identity.chain:
        context.add_extra_chain_cert(above)
    context.use_privatekey(identity.key)
    return context


def asks_for_certificates(
    context: SSL.Context, roots: Sequence[x509.Certificate], *, revoking: Authority | None = None, depth: int = 4
) -> SSL.Context:
    """The context, made to verify clients against these roots and a revocation list."""
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *told: bool(told[4]))
    context.set_verify_depth(depth)
    store = context.get_cert_store()
    assert store is not None
    for root in roots:
        store.add_cert(crypto.X509.from_cryptography(root))
    if revoking is not None:
        store.add_crl(x509.load_pem_x509_crl(revoking.revocation_list_pem().encode()))
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    return context


def tls(context: SSL.Context, *, resets: bool = False, answer: bytes | None = HELLO) -> Script:
    """Speak TLS: shake hands, hear a request, answer.

    Args:
        context: the server's.
        resets: whether a handshake that fails ends with a reset, as at a load balancer; else with OpenSSL's alert.
        answer: None to say nothing once the handshake is done, and reset.
    """

    def script(connection: socket.socket) -> None:
        session = SSL.Connection(context, None)
        session.set_accept_state()
        try:
            _step(session, connection, session.do_handshake)
        except SSL.Error:
            if resets:
                reset(connection)
                return
            _flush(session, connection)
            _linger(connection)
            raise
        if answer is None:
            reset(connection)
            return
        _step(session, connection, lambda: session.recv(16_384))
        session.sendall(answer)
        session.shutdown()
        _flush(session, connection)
        _linger(connection)

    return script


def tls_floods(context: SSL.Context, piece: bytes) -> Script:
    """Shake hands, hear a request, and say the piece for ever, each in a record of its own."""

    def script(connection: socket.socket) -> None:
        session = SSL.Connection(context, None)
        session.set_accept_state()
        _step(session, connection, session.do_handshake)
        _step(session, connection, lambda: session.recv(16_384))
        while True:
            for _ in range(200):
                session.sendall(piece)
            _flush(session, connection)

    return script


def _step(session: SSL.Connection, connection: socket.socket, act: Callable[[], object]) -> None:
    """Do it, feeding it with what comes, until it is done."""
    while True:
        try:
            act()
        except SSL.WantReadError:
            _flush(session, connection)
            data = connection.recv(16_384)
            if not data:
                raise OSError from None
            session.bio_write(data)
        else:
            _flush(session, connection)
            return


def _flush(session: SSL.Connection, connection: socket.socket) -> None:
    with contextlib.suppress(SSL.WantReadError):
        while True:
            connection.sendall(session.bio_read(16_384))


def _linger(connection: socket.socket) -> None:
    """Close our side, and hear to the end, as servers do whose last words should arrive."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(16_384):
        pass


def identity_file(identity: Issued, folder: Path) -> Path:
    """A client's certificate, chain and key in one file."""
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".pem", delete=False) as file:
        file.write(identity.chain_pem + identity.key_pem)
    return Path(file.name)
