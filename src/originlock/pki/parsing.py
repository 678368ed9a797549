"""From bytes and PEM to the facts of a certificate or of a revocation list.

Lives here: the reading, bounded in size; whatever the bytes are, they give a value or an `UnreadableError`.
Must not live here: whether a certificate is good enough for anything, and files.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from originlock.facts.certificates import Certificate, RevocationList, ders_in, pem_of, sha256_of
from originlock.pki.names import text_of

MOST_CERTIFICATE_BYTES: Final = 64 * 1024
"""'TLS message size' among the quotas of an Application Load Balancer: a larger one can be presented to nobody."""

MOST_PEM_CHARACTERS: Final = 4 * 1024 * 1024
"""A bound of our own: ten times a trust store's 25 certificates of 16 KB, both among the quotas."""

MOST_LIST_CHARACTERS: Final = 50 * 1024 * 1024
"""'Revocation list file size' among the quotas of an Application Load Balancer."""

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"

_LIST: Final = re.compile(r"-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*+)-----END X509 CRL-----")

_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
"""RFC 5280, section 4.2.1.3, as `cryptography` names them; the two that only say more of key agreement are apart."""

_PURPOSES: Final = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
"""RFC 5280, section 4.2.1.12."""

_RSA: Final = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_MD5,
        SignatureAlgorithmOID.RSA_WITH_SHA1,
        SignatureAlgorithmOID.RSA_WITH_SHA224,
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)
_ECDSA: Final = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA1,
        SignatureAlgorithmOID.ECDSA_WITH_SHA224,
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    }
)

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_Read = TypeVar("_Read")

_FAULTS: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises where it cannot read something."""

_SHOWN: Final = 200


class UnreadableError(ValueError):
    """Bytes or a text are no certificate or revocation list that can be read; the message says why, in one line."""


def certificate_of(der: bytes) -> Certificate:
    """The facts of one certificate.

    Raises:
        UnreadableError: it is none.
    """
    if len(der) > MOST_CERTIFICATE_BYTES:
        message = f"a certificate of {len(der)} bytes is too large (the limit is {MOST_CERTIFICATE_BYTES})"
        raise UnreadableError(message)
    with _reading("the certificate cannot be read"):
        return _certificate(x509.load_der_x509_certificate(der), der)


def certificates_in(pem: str) -> tuple[Certificate, ...]:
    """The facts of every certificate of a PEM text, in its order; what stands between the blocks does not count.

    Raises:
        UnreadableError: a block is broken or is no certificate, or the text is too large. None at all is no fault.
    """
    if len(pem) > MOST_PEM_CHARACTERS:
        message = f"a text of {len(pem)} characters is too large (the limit is {MOST_PEM_CHARACTERS})"
        raise UnreadableError(message)
    ders = ders_in(pem)
    begun = pem.count(_BEGIN)
    if len(ders) != begun:
        message = f"{begun - len(ders)} of {begun} certificates are broken off, or are no base64"
        raise UnreadableError(message)
    return tuple(certificate_of(der) for der in ders)


def revocation_list_of(pem: str, issuers: Sequence[Certificate]) -> RevocationList:
    """The facts of a revocation list that one of these authorities signed.

    Only a complete list will do: one that tells only what changed, or speaks for another authority, says so in a
    critical extension, and must not be used by whoever does not know it (RFC 5280, section 5.2).

    Raises:
        UnreadableError: it is none, is not complete, has no number or no next update, or none of these signed it.
    """
    der = _only_list(pem)
    with _reading("the revocation list cannot be read"):
        read = x509.load_der_x509_crl(der)
        issuer = _signer(read, issuers)
        if issuer is None:
            message = "none of the authorities has signed the revocation list"
            raise UnreadableError(message)
        return _revocation_list(read, der, issuer)


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Whatever the library raises is one kind of error; what it warns of is for whoever judges to see in the facts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnreadableError:
        raise
    except _FAULTS as error:
        said = " ".join(str(error).split())[:_SHOWN] or type(error).__name__
        message = f"{what}: {said}"
        raise UnreadableError(message) from error


# --- certificates ------------------------------------------------------------------------------------------------


def _certificate(read: x509.Certificate, der: bytes) -> Certificate:
    extensions = read.extensions
    constraints = _extension(extensions, x509.BasicConstraints)
    usage = _extension(extensions, x509.KeyUsage)
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    names = _extension(extensions, x509.SubjectAlternativeName)
    return Certificate(
        sha256=sha256_of(der),
        subject=read.subject.rfc4514_string(),
        issuer=read.issuer.rfc4514_string(),
        serial=serial_text(read.serial_number),
        not_before=read.not_valid_before_utc,
        not_after=read.not_valid_after_utc,
        key=_key_text(read),
        signature=_signature_text(read),
        authority=constraints is not None and constraints.ca,
        path_length=None if constraints is None else constraints.path_length,
        key_usage=None if usage is None else _usages(usage),
        purposes=None if purposes is None else tuple(_PURPOSES.get(oid, oid.dotted_string) for oid in purposes),
        names=() if names is None else tuple(text_of(name) for name in names),
        self_signed=_signed_by_itself(read),
        pem=pem_of(der),
    )


def serial_text(serial: int) -> str:
    """A serial as the facts have it: lower-case hex of whole bytes; a negative one, which is wrong, has a ``-``."""
    digits = f"{abs(serial):x}"
    return ("-" if serial < 0 else "") + ("0" * (len(digits) % 2)) + digits


def _extension(extensions: x509.Extensions, sort: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(sort).value
    except x509.ExtensionNotFound:
        return None


def _usages(usage: x509.KeyUsage) -> tuple[str, ...]:
    found = [name for name in _KEY_USAGES if getattr(usage, name)]
    if usage.key_agreement:
        found += [name for name in ("encipher_only", "decipher_only") if getattr(usage, name)]
    return tuple(found)


def _key_text(read: x509.Certificate) -> str:
    try:
        key = read.public_key()
    except _FAULTS:
        return f"unknown {read.public_key_algorithm_oid.dotted_string}"
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ECDSA {key.curve.name}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case _:
            return f"unknown {read.public_key_algorithm_oid.dotted_string}"


def _signature_text(read: x509.Certificate) -> str:
    oid = read.signature_algorithm_oid
    if oid == SignatureAlgorithmOID.ED25519:
        return "Ed25519"
    if oid == SignatureAlgorithmOID.ED448:
        return "Ed448"
    if oid in _RSA:
        kind = "RSA"
    elif oid in _ECDSA:
        kind = "ECDSA"
    elif oid == SignatureAlgorithmOID.RSASSA_PSS:
        kind = "RSASSA-PSS"
    else:
        return f"unknown {oid.dotted_string}"
    digest = _or_none(lambda: read.signature_hash_algorithm)
    return kind if digest is None else f"{kind} {digest.name.upper()}"


def _or_none(read: Callable[[], _Read | None]) -> _Read | None:
    try:
        return read()
    except _FAULTS:
        return None


def _signed_by_itself(read: x509.Certificate) -> bool:
    try:
        read.verify_directly_issued_by(read)
    except (*_FAULTS, InvalidSignature):
        return False
    return True


# --- revocation lists --------------------------------------------------------------------------------------------


def _only_list(pem: str) -> bytes:
    if len(pem) > MOST_LIST_CHARACTERS:
        message = f"a revocation list of {len(pem)} characters is too large (the limit is {MOST_LIST_CHARACTERS})"
        raise UnreadableError(message)
    found = _LIST.findall(pem)
    if len(found) != 1:
        message = f"there are {len(found)} revocation lists in the text, not one"
        raise UnreadableError(message)
    try:
        return base64.b64decode("".join(found[0].split()), validate=True)
    except binascii.Error as error:
        message = "the revocation list is no base64"
        raise UnreadableError(message) from error


def _signer(read: x509.CertificateRevocationList, issuers: Sequence[Certificate]) -> Certificate | None:
    name = read.issuer.rfc4514_string()
    for each in issuers:
        may_sign = each.authority and (each.key_usage is None or "crl_sign" in each.key_usage)
        if may_sign and each.subject == name and _has_signed(each, read):
            return each
    return None


def _has_signed(issuer: Certificate, read: x509.CertificateRevocationList) -> bool:
    try:
        key = x509.load_pem_x509_certificate(issuer.pem.encode()).public_key()
        # What it takes is a part of what a certificate may have; for the others it raises TypeError.
        return read.is_signature_valid(key)  # type: ignore[arg-type]
    except (*_FAULTS, InvalidSignature):
        return False


def _revocation_list(read: x509.CertificateRevocationList, der: bytes, issuer: Certificate) -> RevocationList:
    extensions = read.extensions
    critical = [each.oid.dotted_string for each in extensions if each.critical]
    if critical:
        message = (
            f"the revocation list is not complete, or of a kind that is not known ({', '.join(critical)[:_SHOWN]})"
        )
        raise UnreadableError(message)
    number = _extension(extensions, x509.CRLNumber)
    next_update = read.next_update_utc
    if number is None or next_update is None:
        message = f"the revocation list has no {'number' if number is None else 'next update'}"
        raise UnreadableError(message)
    return RevocationList(
        sha256=sha256_of(der),
        issuer=issuer.sha256,
        number=number.crl_number,
        this_update=read.last_update_utc,
        next_update=next_update,
        revoked=tuple(sorted(serial_text(each.serial_number) for each in read)),
        pem=read.public_bytes(Encoding.PEM).decode(),
    )
