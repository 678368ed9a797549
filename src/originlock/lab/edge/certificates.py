"""TLS contexts of the edge: towards visitors by the name that they ask for, towards origins by what is presented.

Here lives making contexts, and finding out the name before one is chosen. Here must not live: sockets.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from OpenSSL.crypto import X509

from originlock.lab.authority import Authority, Issued, Leaf, PrivateKey, names_of
from originlock.lab.cloudflare.records import ClientCertificate, Zone

#: The values of min_tls_version.
_VERSIONS: Final = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}

#: OpenSSL has TLS 1.0 and 1.1, and keys below 2,048 bits, at this level alone.
_ANY: Final = b"DEFAULT@SECLEVEL=0"

#: The alert handshake_failure as a whole record: what a visitor gets who asks for a name that the edge does not have.
NO_SUCH_NAME: Final = bytes((21, 3, 1, 0, 2, 2, 40))


@dataclass(frozen=True, slots=True)
class Hello:
    """What is known of a connection's first bytes.

    Attributes:
        complete: nothing more has to be read to know.
        tls: they begin a TLS handshake.
        name: the server name asked for.
    """

    complete: bool
    tls: bool = False
    name: str | None = None


def sniffed(data: bytes) -> Hello:
    """Look at a ClientHello, with OpenSSL's own parser: a connection that is thrown away is given the bytes."""
    if not data:
        return Hello(complete=False)
    seen: list[str | None] = []
    connection = SSL.Connection(_sniffing(), None)
    connection.set_app_data(seen)
    connection.set_accept_state()
    connection.bio_write(data)
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return Hello(complete=bool(seen), tls=True, name=seen[0] if seen else None)
    except SSL.Error:
        return Hello(complete=True, tls=bool(seen), name=seen[0] if seen else None)
    return Hello(complete=True, tls=True, name=seen[0] if seen else None)


@functools.cache
def _sniffing() -> SSL.Context:
    def notice(connection: SSL.Connection) -> None:
        name = connection.get_servername()
        connection.get_app_data().append(None if name is None else name.decode("ascii", "replace").lower().rstrip("."))

    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(_ANY)
    context.set_tlsext_servername_callback(notice)
    return context


@dataclass(slots=True)
class VisitorTls:
    """Certificates for zones, issued as they are needed, and contexts with them."""

    authority: Authority
    _issued: dict[str, Issued] = field(default_factory=dict)
    _contexts: dict[tuple[str, str, bool], SSL.Context] = field(default_factory=dict)

    def covers(self, zone: Zone, name: str) -> bool:
        """Whether a zone's certificate is for a name: its own and one label below it ('Universal SSL, limits')."""
        return name == zone.name or name.partition(".")[2] == zone.name

    def context(self, zone: Zone, minimum: str, *, tls_1_3: bool) -> SSL.Context:
        """The context for visitors of a zone."""
        key = (zone.name, minimum, tls_1_3)
        if key not in self._contexts:
            self._contexts[key] = self._made(zone, minimum, tls_1_3=tls_1_3)
        return self._contexts[key]

    def _made(self, zone: Zone, minimum: str, *, tls_1_3: bool) -> SSL.Context:
        if zone.name not in self._issued:
            self._issued[zone.name] = self.authority.issue(Leaf(zone.name, (zone.name, f"*.{zone.name}"), server=True))
        issued = self._issued[zone.name]
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        lowest = _VERSIONS.get(minimum, SSL.TLS1_VERSION)
        if lowest < SSL.TLS1_2_VERSION:
            context.set_cipher_list(_ANY)
        context.set_min_proto_version(lowest)
        context.set_max_proto_version(SSL.TLS1_3_VERSION if tls_1_3 else SSL.TLS1_2_VERSION)
        context.set_alpn_select_callback(_chosen)
        _present(context, (issued.certificate, *issued.chain), issued.key)
        return context


@dataclass(slots=True)
class OriginTls:
    """Contexts towards origins. `roots_pem` are the authorities that Full (strict) believes."""

    roots_pem: str
    _contexts: dict[tuple[str, bool], SSL.Context] = field(default_factory=dict)

    def connection(self, sni: str, presented: ClientCertificate | None, *, strict: bool) -> SSL.Connection:
        """A connection that is to begin with a ClientHello."""
        key = (f"{presented.kind}:{presented.id}" if presented else "", strict)
        if key not in self._contexts:
            self._contexts[key] = self._made(presented, strict=strict)
        connection = SSL.Connection(self._contexts[key], None)
        connection.set_connect_state()
        connection.set_tlsext_host_name(sni.encode("idna") if not sni.isascii() else sni.encode())
        return connection

    def _made(self, presented: ClientCertificate | None, *, strict: bool) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_cipher_list(_ANY)
        context.set_alpn_protos([b"http/1.1"])
        if strict:
            store = context.get_cert_store()
            for root in x509.load_pem_x509_certificates(self.roots_pem.encode()):
                if store is not None:
                    store.add_cert(X509.from_cryptography(root))
            context.set_verify(SSL.VERIFY_PEER, _verified)
        if presented is not None:
            chain = x509.load_pem_x509_certificates(presented.certificate_pem.encode())
            key = load_pem_private_key(presented.key_pem.encode(), None)
            _present(context, tuple(chain), key)  # type: ignore[arg-type] # whatever kind it is, OpenSSL decides
        return context


def matches(certificate: x509.Certificate, names: tuple[str, ...]) -> bool:
    """Whether a certificate is for one of some names; a wildcard stands for one label (RFC 9525)."""
    held = {each.lower() for each in names_of(certificate)}
    return any(name in held or f"*.{name.partition('.')[2]}" in held for name in names)


def _chosen(_connection: SSL.Connection, offered: list[bytes]) -> bytes | SSL.NoOverlappingProtocols:  # type: ignore[name-defined]
    return b"http/1.1" if b"http/1.1" in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _verified(_connection: SSL.Connection, _certificate: object, _error: int, _depth: int, ok: int) -> bool:
    return bool(ok)


def _present(context: SSL.Context, chain: tuple[x509.Certificate, ...], key: PrivateKey) -> None:
    context.use_certificate(chain[0])
    for each in chain[1:]:
        context.add_extra_chain_cert(each)
    context.use_privatekey(key)
