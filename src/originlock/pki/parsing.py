"""From DER to facts.

Lives here: what a certificate says. Must not live here: files of several (see `bundles`), whether one is good enough.
"""

from __future__ import annotations

import warnings
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from originlock.facts.certificates import Certificate, pem_of, sha256_of
from originlock.pki.algorithms import key_words, signature_words

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

_PURPOSES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
"""RFC 5280, section 4.2.1.12."""

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


def certificate_of(der: bytes) -> Certificate:
    """What a certificate says.

    Raises:
        ValueError: it is none, or part of it cannot be read.
    """
    with warnings.catch_warnings():
        # What is odd in others' certificates is told by findings, not by warnings of a library.
        warnings.simplefilter("ignore")
        try:
            return _read(x509.load_der_x509_certificate(der), der)
        except (x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm) as error:
            message = str(error)
            raise ValueError(message) from error


def _read(found: x509.Certificate, der: bytes) -> Certificate:
    extensions = found.extensions
    constraints = _extension(extensions, x509.BasicConstraints)
    usage = _extension(extensions, x509.KeyUsage)
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    names = _extension(extensions, x509.SubjectAlternativeName)
    return Certificate(
        sha256=sha256_of(der),
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        serial=serial_in_words(found.serial_number),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        key=key_words(found),
        signature=signature_words(found),
        authority=constraints is not None and constraints.ca,
        path_length=None if constraints is None else constraints.path_length,
        key_usage=None if usage is None else tuple(name for name in _USAGES if getattr(usage, name)),
        purposes=None if purposes is None else tuple(_PURPOSES.get(each, each.dotted_string) for each in purposes),
        names=() if names is None else tuple(_name(each) for each in names),
        self_signed=issued_by(found, found),
        pem=pem_of(der),
    )


def _extension(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _name(name: x509.GeneralName) -> str:
    match name:
        case x509.DNSName():
            return f"DNS:{name.value}"
        case x509.IPAddress():
            return f"IP:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"URI:{name.value}"
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.DirectoryName():
            return f"dirName:{name.value.rfc4514_string()}"
        case _:
            return type(name).__name__


def serial_in_words(serial: int) -> str:
    """Hex of an even number of digits, lower case; with a ``-`` where it is below 0."""
    digits = format(abs(serial), "x")
    return ("-" if serial < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer has the right name and its key verifies the signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
