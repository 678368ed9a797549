"""One TLS connection's server side, in memory: bytes in, bytes out.

Here lives the handshake, who the client turned out to be, and why a client is refused. Here must not live: sockets
(see `connection`).

A refusal over a client's certificate is found before anything that follows its last message leaves: in TLS 1.2 a
client is still in its handshake then, in TLS 1.3 it believes to be through and learns at its first read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from OpenSSL import SSL

from originlock.lab.plane.client_certificate import ClientChain, Described, described
from originlock.lab.plane.verdict import MOST_BYTES, Flaw, Leniency, Status, is_too_large, judged

if TYPE_CHECKING:
    from originlock.lab.plane.contexts import Contexts

#: What a client says before it is through: the largest message that it may send, and 16 KB for all others.
MOST_HANDSHAKE_BYTES: Final = MOST_BYTES + 16 * 1024

#: One record's content at most (RFC 8446, 5.1), and room for its header and tag.
_READ: Final = 16 * 1024 + 512

#: OpenSSL's names for curves, and those that ALB logs (its own sample has secp256r1).
_GROUPS: Final = {"prime256v1": "secp256r1"}


class HandshakeRefusedError(Exception):
    """The client may not in.

    Attributes:
        status: what the connection log says.
        reset: whether the connection is reset; else OpenSSL's alert is sent, and it is closed.
    """

    def __init__(self, status: Status, *, reset: bool) -> None:
        super().__init__(status.value)
        self.status = status
        self.reset = reset


class TlsOverError(Exception):
    """The client said goodbye, or what came is no TLS any more."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a finished handshake came to.

    Attributes:
        group: the key exchange's, or None.
        server_name: as the client asked for it, or None.
        certificate_arn: of the certificate that was presented to it.
        client: what it presented; in mode ``off`` None.
        mode: of mutual TLS, when the connection began.
    """

    protocol: str
    cipher: str
    group: str | None
    server_name: str | None
    certificate_arn: str
    client: ClientChain | None
    mode: str


class ServerSide:
    """TLS over memory. Feed it, and send what `outgoing` has after each call."""

    def __init__(self, contexts: Contexts, leniency: Leniency) -> None:
        self._contexts = contexts
        self._leniency = leniency
        self._flaws: list[Flaw] = []
        self._fed = 0
        self._connection = SSL.Connection(contexts.default, None)
        self._connection.set_app_data(self._flaws)
        self._connection.set_accept_state()
        self._answered = False
        self._client: ClientChain | None = None
        self.session: Session | None = None

    @property
    def is_begun(self) -> bool:
        """Whether the client has said anything."""
        return self._fed > 0

    def feed(self, data: bytes) -> None:
        """Take bytes of the client, and go on with the handshake.

        Raises:
            HandshakeRefusedError: it is over.
        """
        self._connection.bio_write(data)
        if self.session is None:
            self._fed += len(data)
            self._shake()

    def read(self) -> bytes:
        """What the client said within TLS, as far as it has come; empty if nothing has.

        Raises:
            TlsOverError: the client closed it, or broke it.
        """
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._connection.recv(_READ))
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            if not parts:
                raise TlsOverError from error
        return b"".join(parts)

    def write(self, data: bytes) -> None:
        """Say something within TLS."""
        self._connection.sendall(data)

    def say_goodbye(self) -> None:
        """Close TLS with a close_notify."""
        if self.session is not None:
            try:
                self._connection.shutdown()
            except SSL.Error:
                return  # broken already

    def outgoing(self) -> bytes:
        """What is to be sent, and has not been taken yet."""
        parts: list[bytes] = []
        try:
            while True:
                parts.append(self._connection.bio_read(65536))
        except SSL.WantReadError:
            self._answered = self._answered or bool(parts)
            return b"".join(parts)

    # --- in words ------------------------------------------------------------------------------------------------

    @property
    def negotiated(self) -> tuple[str | None, str | None]:
        """Version and cipher as far as the handshake came; None for what is not settled yet."""
        version = self._connection.get_protocol_version_name() if self._answered else None
        return version, self._connection.get_cipher_name()

    @property
    def client(self) -> ClientChain | None:
        """What the client presented so far; None if nothing."""
        if self._client is not None:
            return self._client
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        if leaf is None:
            return None
        # A server's OpenSSL keeps the leaf apart from the rest (SSL_get_peer_cert_chain(3)).
        rest = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        self._client = ClientChain((leaf, *(each for each in rest if each != leaf)))
        return self._client

    @property
    def described_client(self) -> Described | None:
        """The client's leaf for the log; None without one, or with one that cannot be parsed."""
        try:
            chain = self.client
            return None if chain is None else described(chain.leaf)
        except ValueError:
            return None

    # --- the handshake -------------------------------------------------------------------------------------------

    def _shake(self) -> None:
        mutual_tls = self._contexts.mutual_tls
        if mutual_tls.association == "removed":
            # 'listeners fail TLS handshakes' once a shared trust store is taken away (AWS's page on sharing).
            raise HandshakeRefusedError(Status.UNMAPPED, reset=True)
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._wait(asked=mutual_tls.mode != "off")
            return
        except SSL.Error as error:
            # Before the listener's first answer it is a matter of versions, ciphers, or no TLS at all.
            reset = self._answered and mutual_tls.mode != "off"
            raise HandshakeRefusedError(Status.UNMAPPED, reset=reset) from error
        self.session = self._done(mutual_tls.mode)

    def _wait(self, *, asked: bool) -> None:
        if self._fed > MOST_HANDSHAKE_BYTES:
            raise HandshakeRefusedError(Status.TOO_LARGE if asked else Status.UNMAPPED, reset=True)

    def _done(self, mode: str) -> Session:
        client = self._judged(mode)
        name = self._connection.get_servername()
        group = self._connection.get_group_name()
        return Session(
            self._connection.get_protocol_version_name(),
            self._connection.get_cipher_name() or "",
            None if group is None else _GROUPS.get(group, group),
            None if name is None else name.decode("ascii", "replace"),
            self._contexts.arn_of(self._connection.get_context()),
            client,
            mode,
        )

    def _judged(self, mode: str) -> ClientChain | None:
        if mode == "off":
            return None
        try:
            chain = self.client
            if chain is not None and is_too_large(chain):
                raise HandshakeRefusedError(Status.TOO_LARGE, reset=True)
            if mode != "verify" or chain is None:
                return chain
            path = self._connection.get_verified_chain(as_cryptography=True) or []
            status = judged(chain, path, self._flaws, self._leniency)
        except ValueError as error:
            raise HandshakeRefusedError(Status.INVALID, reset=True) from error
        if status is not Status.SUCCESS:
            raise HandshakeRefusedError(status, reset=True)
        return chain
