"""Certificates and revocation lists of every sort, good and bad, made in memory at a fixed moment.

Lives here: the making, by `cryptography` where it does it, and by hand where it refuses. Must not live here: what any
of it should be taken for (see `bad_files`).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from originlock.facts.certificates import pem_of

NOW: Final = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
DAY: Final = dt.timedelta(days=1)
ECDSA_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")
"""RFC 5758, section 3.2: the algorithm identifier."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Extension = tuple[x509.ExtensionType, bool]


@functools.cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """One of several keys on P-256."""
    return ec.derive_private_key(0x5EED + number, ec.SECP256R1())


@functools.cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """A key of RSA."""
    return rsa.generate_private_key(65537, bits)


def name(common: str, **more: str) -> x509.Name:
    """A name; `more` are `NameOID`'s, in lower case."""
    parts = [x509.NameAttribute(getattr(NameOID, part.upper()), text) for part, text in more.items()]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


CA: Final[Extension] = (x509.BasicConstraints(ca=True, path_length=None), True)


def usage(*, signs: bool = True) -> Extension:
    """The key usage of an authority, or of one that may not sign certificates."""
    said = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
    return said, True


class Made:
    """An authority with its key, or a certificate of one."""

    def __init__(self, certificate: x509.Certificate, key: Key) -> None:
        self.certificate = certificate
        self.key = key

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return pem_of(self.der)

    def below(self, subject: str | x509.Name, number: int = 1, **said: object) -> Made:
        """An authority that this one signed."""
        return made(subject, ec_key(number), above=self, **said)  # type: ignore[arg-type]


def made(  # noqa: PLR0913  whatever a certificate can have
    subject: str | x509.Name,
    key: Key | None = None,
    *,
    above: Made | None = None,
    public: CertificatePublicKeyTypes | None = None,
    starts: dt.datetime = NOW - 30 * DAY,
    ends: dt.datetime = NOW + 365 * DAY,
    extensions: Sequence[Extension] | None = None,
    more: Sequence[Extension] = (),
    digest: hashes.HashAlgorithm | None = None,
    serial: int = 0x1234,
) -> Made:
    """A certificate; without more, one of an authority that signed itself."""
    own = key or ec_key()
    called = name(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called if above is None else above.certificate.subject)
        .public_key(public or own.public_key())
        .serial_number(serial)
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    for each, critical in (*((CA, usage()) if extensions is None else extensions), *more):
        builder = builder.add_extension(each, critical)
    signer = own if above is None else above.key
    chosen = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return Made(builder.sign(signer, chosen), own)  # type: ignore[arg-type]


def padding(size: int) -> Extension:
    """An extension that nobody knows, of this many bytes."""
    return x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.32473.1"), bytes(size)), False


def for_servers() -> Extension:
    """An extended key usage for servers only."""
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False


# --- by hand ---------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    """DER of one element."""
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([size]) if size < 0x80 else bytes([0x80 | len(octets)]) + octets) + content


def signed_anew(tbs: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate or a list of its inner part, with a signature that verifies."""
    signature = key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return tlv(0x30, tbs + ECDSA_SHA256 + tlv(0x03, b"\0" + signature))


def altered(certificate: Made, alter: Callable[[bytes], bytes]) -> str:
    """The certificate with its inner part altered and signed again by its own key, as PEM."""
    assert isinstance(certificate.key, ec.EllipticCurvePrivateKey)
    before = certificate.certificate.tbs_certificate_bytes
    after = alter(before)
    assert len(after) == len(before)
    assert after != before
    return pem_of(signed_anew(after, certificate.key))


def of_version_1(common: str) -> str:
    """A root as it was made before there were extensions; version 1 is said by saying none."""
    plain = made(common, extensions=())
    tbs = without(plain.certificate.tbs_certificate_bytes, bytes.fromhex("a003020102"))
    return pem_of(signed_anew(tbs, ec_key()))


def of_version_2(common: str) -> str:
    """A root of the version that nobody used."""
    return altered(made(common), lambda tbs: tbs.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020101"), 1))


def without(tbs: bytes, field: bytes) -> bytes:
    """An inner part that lacks one of its fields."""
    head = 2 if tbs[1] < 0x80 else 2 + (tbs[1] & 0x7F)
    assert field in tbs
    return tlv(0x30, tbs[head:].replace(field, b"", 1))


def that_ends_first(common: str) -> str:
    """A root that ends before it begins."""
    early, late = NOW - 30 * DAY, NOW + 30 * DAY
    one, two = (tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode()) for moment in (early, late))
    root = made(common, starts=early, ends=late)
    return altered(root, lambda tbs: tbs.replace(one + two, two + one))


def damaged(certificate: Made) -> str:
    """The certificate with one bit of its signature turned over."""
    der = bytearray(certificate.der)
    der[-1] ^= 1
    return pem_of(bytes(der))


# --- revocation lists ------------------------------------------------------------------------------


def revocation_list(
    issuer: Made,
    *serials: int,
    made_at: dt.datetime = NOW - DAY,
    due: dt.datetime = NOW + 7 * DAY,
    more: Sequence[Extension] = (),
    digest: hashes.HashAlgorithm | None = None,
    called: x509.Name | None = None,
) -> x509.CertificateRevocationList:
    """A list that an authority signed."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(called or issuer.certificate.subject)
        .last_update(made_at)
        .next_update(due)
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made_at).build()
        builder = builder.add_revoked_certificate(entry)
    for each, critical in (*more, (x509.CRLNumber(7), False)):
        builder = builder.add_extension(each, critical)
    chosen = None if isinstance(issuer.key, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return builder.sign(issuer.key, chosen)  # type: ignore[arg-type]


def list_pem(found: x509.CertificateRevocationList) -> str:
    """A list as PEM."""
    return found.public_bytes(serialization.Encoding.PEM).decode()


def as_list_pem(der: bytes) -> str:
    """Any DER as the PEM of a list."""
    return pem_of(der).replace("CERTIFICATE", "X509 CRL")


def altered_list(issuer: Made, found: x509.CertificateRevocationList, alter: Callable[[bytes], bytes]) -> str:
    """A list with its inner part altered and signed again, as PEM; lengths must stay right."""
    assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
    after = alter(found.tbs_certlist_bytes)
    assert after != found.tbs_certlist_bytes
    return as_list_pem(signed_anew(after, issuer.key))


def without_next_update(issuer: Made) -> str:
    """A list that does not say when the next one comes."""
    due = NOW + 7 * DAY
    found = revocation_list(issuer, due=due)
    field = tlv(0x17, due.strftime("%y%m%d%H%M%SZ").encode())
    return altered_list(issuer, found, lambda tbs: without(tbs, field))


def scope(*, indirect: bool = False, users: bool = False) -> Extension:
    """An issuing distribution point."""
    point = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )
    return point, True
