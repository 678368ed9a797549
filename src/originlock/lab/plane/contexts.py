"""OpenSSL's contexts for one listener: its certificates by name, its versions, and how it asks clients for theirs.

Here lives the making of them. Here must not live: connections (see `tls`) and judgement (see `verdict`).

They are made once for a listener's settings, and are shared by all its connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from OpenSSL import SSL, crypto

from originlock.lab.authority import names_of
from originlock.lab.plane.policies import spoken
from originlock.lab.plane.verdict import Flaw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from originlock.lab.blueprint import Certificate, Listener, MutualTls, TrustStore

#: HTTP/2 is not spoken, so it is not offered.
_HTTP: Final = b"http/1.1"

#: Nothing is too weak for OpenSSL: a policy says what is spoken, and `verdict` what a client's certificate must be.
_LEVEL: Final = "@SECLEVEL=0"

_TLS13: Final = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"


class UnusableListenerError(Exception):
    """A listener that cannot be served; its text says why."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """A listener's contexts. `arn_of` names a certificate by its context."""

    default: SSL.Context
    mutual_tls: MutualTls
    arns: dict[SSL.Context, str]

    def arn_of(self, context: SSL.Context) -> str:
        """The certificate that was chosen."""
        return self.arns[context]


def contexts_of(listener: Listener) -> Contexts:
    """Make a listener's contexts.

    Raises:
        UnusableListenerError: it has no certificate with a key, or one that OpenSSL does not take, or its trust
            store cannot be read.
    """
    if not listener.certificates:
        text = "none of its certificates has a private key here"
        raise UnusableListenerError(text)
    try:
        made = [(each, _context(listener, each)) for each in listener.certificates]
        _ask_clients([context for _, context in made], listener.mutual_tls)
    except (ValueError, TypeError, SSL.Error, crypto.Error) as error:
        text = f"OpenSSL does not take its certificates or its trust store: {type(error).__name__}: {error}"
        raise UnusableListenerError(text) from error
    _choose_by_name(made)
    default = made[0][1]
    return Contexts(default, listener.mutual_tls, {context: each.arn for each, context in made})


# --- a server's certificate ----------------------------------------------------------------------------------------


def _context(listener: Listener, certificate: Certificate) -> SSL.Context:
    speaks = spoken(listener.ssl_policy)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(speaks.oldest)
    context.set_max_proto_version(speaks.newest)
    context.set_cipher_list(f"{speaks.ciphers}:{_LEVEL}".encode())
    context.set_tls13_ciphersuites(_TLS13)
    context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    # ALB resumes no session where clients are asked for certificates; here none is, ever.
    context.set_options(SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    _offer_http(context)
    chain = x509.load_pem_x509_certificates(certificate.chain_pem.encode())
    context.use_certificate(chain[0])
    for each in chain[1:]:
        context.add_extra_chain_cert(each)
    context.use_privatekey(_key(certificate))
    context.check_privatekey()
    return context


def _key(certificate: Certificate) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A private key; ACM imports RSA and elliptic curves only ('Prerequisites for importing certificates')."""
    key = serialization.load_pem_private_key(certificate.key_pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        text = f"{certificate.arn} has a key of a kind that ACM does not take"
        raise UnusableListenerError(text)
    return key


def _offer_http(context: SSL.Context) -> None:
    none = SSL.NO_OVERLAPPING_PROTOCOLS
    context.set_alpn_select_callback(lambda _connection, offered: _HTTP if _HTTP in offered else none)


def _choose_by_name(made: Sequence[tuple[Certificate, SSL.Context]]) -> None:
    """Have the certificate chosen by SNI; for a name of none, and without a name, the default one stands."""
    by_name: dict[str, SSL.Context] = {}
    for certificate, context in made:
        leaf = x509.load_pem_x509_certificate(certificate.chain_pem.encode())
        for name in names_of(leaf):
            by_name.setdefault(name.lower(), context)

    def choose(connection: SSL.Connection) -> None:
        asked = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        chosen = by_name.get(asked) or by_name.get(f"*.{asked.partition('.')[2]}")
        if chosen is not None:
            connection.set_context(chosen)

    # The first one sees every connection: all begin with its context.
    made[0][1].set_tlsext_servername_callback(choose)


# --- clients' certificates -----------------------------------------------------------------------------------------


def _ask_clients(contexts: Sequence[SSL.Context], mutual_tls: MutualTls) -> None:
    match mutual_tls.mode:
        case "passthrough":
            for context in contexts:
                context.set_verify(SSL.VERIFY_PEER, _note)
        case "verify":
            store = mutual_tls.trust_store
            if store is None:
                text = "it verifies against no trust store"
                raise UnusableListenerError(text)
            for context in contexts:
                context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _note)
                _trust(context, store, advertise=mutual_tls.advertise_trust_store_ca_names)
        case _:
            return


def _note(connection: SSL.Connection, _certificate: crypto.X509, code: int, depth: int, passes: int) -> bool:
    """Go on whatever is wrong: all of it is judged at once, when the handshake is done (see `verdict`)."""
    if not passes:
        flaws = connection.get_app_data()
        flaws.append(Flaw(code, depth))
    return True


def _trust(context: SSL.Context, trust_store: TrustStore, *, advertise: bool) -> None:
    store = context.get_cert_store()
    if store is None:
        text = "OpenSSL has no store"
        raise UnusableListenerError(text)
    for each in x509.load_pem_x509_certificates(trust_store.bundle_pem.encode()):
        certificate = crypto.X509.from_cryptography(each)
        store.add_cert(certificate)
        if advertise:
            context.add_client_ca(each)
    # Whatever is in the store is an anchor, an intermediate without its root, too.
    flags = crypto.X509StoreFlags.PARTIAL_CHAIN
    if trust_store.revocations_pem:
        flags |= crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL
    store.set_flags(flags)
    for text in trust_store.revocations_pem:
        store.add_crl(x509.load_pem_x509_crl(text.encode()))
