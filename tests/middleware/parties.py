"""Authorities, clients right and wrong, and the headers by which a load balancer tells of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from originlock.lab import authority
from originlock.lab.plane.client_certificate import ClientChain, passed_headers, verified_headers
from originlock.middleware import Guard, Passthrough, Reason, RefusedError, Settings, Trust, Verify, identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from originlock.middleware import ClientIdentity

BALANCER: Final = "10.0.1.5"
SUBNETS: Final = ("10.0.1.0/24", "2001:db8:1::/64")
NAME: Final = "edge.example.org"

ROOT: Final = authority.root("client root")
FIRST: Final = ROOT.below("first")
OTHER: Final = authority.root("other root")

Headers = list[tuple[bytes, bytes]]


def issued(by: authority.Authority = FIRST, **more: Any) -> authority.Issued:  # noqa: ANN401 - of Leaf
    """A client's certificate; a right one if nothing more is said."""
    told: dict[str, Any] = {"names": (NAME,), "client": True} | more
    return by.issue(authority.Leaf("edge", **told))


CLIENT: Final = issued()


def chain_of(held: authority.Issued) -> tuple[x509.Certificate, ...]:
    """What a client presents."""
    return (held.certificate, *held.chain)


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """As a server hands them to ASGI: names in lower case."""
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def passed(*chain: x509.Certificate) -> Headers:
    """The header of passthrough, written as the lab's load balancer writes it."""
    return encoded(passed_headers(ClientChain(chain)))


def verified(leaf: x509.Certificate) -> Headers:
    """The headers of verify, ditto."""
    return encoded(verified_headers(leaf))


def replaced(headers: Headers, name: str, value: bytes | None) -> Headers:
    """With another value of one header; without it for None."""
    wanted = name.lower().encode()
    kept = [(each, value if each == wanted and value is not None else old) for each, old in headers]
    return [header for header in kept if value is not None or header[0] != wanted]


def pem_header(text: str, safe: str = "+=/") -> Headers:
    """The header of passthrough with any text."""
    return [(b"x-amzn-mtls-clientcert", quote(text, safe=safe).encode())]


def trust(*anchors: authority.Authority, **more: Any) -> Trust:  # noqa: ANN401 - of Trust
    """Authorities that count."""
    return Trust("".join(each.pem for each in anchors or (ROOT,)).encode(), **more)


def passthrough(given: Trust | None = None, **more: Any) -> Guard:  # noqa: ANN401 - of Settings
    """A guard for that mode."""
    return Guard(Settings(peers=SUBNETS, mode=Passthrough(given or trust()), **more))


def verify(mode: Verify | None = None, **more: Any) -> Guard:  # noqa: ANN401 - of Settings
    """A guard for that mode."""
    return Guard(Settings(peers=SUBNETS, mode=mode or Verify(), **more))


def told(guard: Guard, headers: Headers, peer: str | None = BALANCER) -> ClientIdentity | Reason | None:
    """The identity, or the reason of the refusal."""
    try:
        return identity_of(guard, peer, headers)
    except RefusedError as error:
        refused = error
    assert "BEGIN" not in refused.detail
    return refused.reason


@dataclass(frozen=True)
class Made:
    """How a certificate differs from a right leaf; for what the lab's authorities do not make."""

    subject: str = "edge"
    ca: bool | None = False
    signs_certificates: bool = False
    signs: bool = True
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    names: tuple[str, ...] = (NAME,)
    usage: bool = True
    critical: x509.ObjectIdentifier | None = None


def made(like: Made, by: authority.Authority = ROOT, key: authority.PrivateKey | None = None) -> x509.Certificate:
    """A certificate of any shape."""
    key = key or authority.new_key(authority.P256)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, like.subject)]))
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False)
    )
    if like.ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=like.ca, path_length=None), critical=True)
    if like.usage:
        builder = builder.add_extension(_usage(like), critical=True)
    if like.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(like.purposes), critical=False)
    if like.names:
        names = x509.SubjectAlternativeName([x509.DNSName(each) for each in like.names])
        builder = builder.add_extension(names, critical=False)
    if like.critical is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(like.critical, b"\x05\x00"), critical=True)
    return builder.sign(by.key, hashes.SHA256())


def _usage(like: Made) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=like.signs,
        key_cert_sign=like.signs_certificates,
        crl_sign=False,
        content_commitment=not like.signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def look_alike(original: authority.Authority) -> authority.Authority:
    """An authority with the same subject and the same key identifiers, and with another key."""
    key = authority.new_key(authority.P256)
    held = original.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(held.subject)
        .issuer_name(held.issuer)
        .public_key(key.public_key())
        .serial_number(held.serial_number)
        .not_valid_before(held.not_valid_before_utc)
        .not_valid_after(held.not_valid_after_utc)
    )
    for each in held.extensions:
        builder = builder.add_extension(each.value, each.critical)
    return authority.Authority(builder.sign(key, hashes.SHA256()), key)


def pems(*held: x509.Certificate) -> str:
    """PEM, one after another."""
    return "".join(authority.pem(each) for each in held)


def lists(*by: authority.Authority, days: float = 7) -> bytes:
    """The revocation lists of authorities."""
    return "".join(each.revocation_list_pem(days=days) for each in by).encode()


def revoking(by: authority.Authority, *held: x509.Certificate) -> authority.Authority:
    """The same authority, which has revoked these alone."""
    again = authority.Authority(by.certificate, by.key, by.above)
    for each in held:
        again.revoke(each)
    return again
