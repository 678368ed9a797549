"""Certificates out of DER, and identities out of certificates.

Lives here: every call to `cryptography` that reads what a stranger sent, and the one list of what that may raise. Must
not live here: whether to believe it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from originlock.middleware.identity import ClientIdentity, ModeName
from originlock.middleware.refusals import Reason, RefusedError

#: What `cryptography` raises at certificates that it cannot read; most of it lazily, at the first look at a part.
#: Warnings are among them for programs that turn warnings into errors.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,
)


def certificate(der: bytes) -> x509.Certificate:
    """Read one.

    Raises:
        RefusedError: `MALFORMED`.
    """
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        raise RefusedError(Reason.MALFORMED, type(error).__name__) from error


def identity(mode: ModeName, leaf: x509.Certificate, der: bytes) -> ClientIdentity:
    """Who that is.

    Raises:
        RefusedError: `MALFORMED`.
    """
    try:
        names = _names(leaf)
        return ClientIdentity(
            mode=mode,
            subject=leaf.subject.rfc4514_string(),
            issuer=leaf.issuer.rfc4514_string(),
            serial=serial(leaf.serial_number),
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            sha256=hashlib.sha256(der).hexdigest(),
            dns_names=tuple(each.value for each in names if isinstance(each, x509.DNSName)),
            uris=tuple(each.value for each in names if isinstance(each, x509.UniformResourceIdentifier)),
            emails=tuple(each.value for each in names if isinstance(each, x509.RFC822Name)),
            addresses=tuple(str(each.value) for each in names if isinstance(each, x509.IPAddress)),
            certificate=der,
        )
    except UNREADABLE as error:
        raise RefusedError(Reason.MALFORMED, type(error).__name__) from error


def serial(number: int) -> str:
    """Hexadecimal in capitals, whole bytes: a leading zero is kept, as in AWS's example ``03A5B1``."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def _names(leaf: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
