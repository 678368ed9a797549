"""What a load balancer takes as a bundle of authorities: read as strictly as AWS says that it does.

Here lives the reading of PEM, and the refusing of what is in it. Here must not live: trust stores, S3, or the
verifying of anybody's certificate.

'Application Load Balancers', mutual TLS, certificate bundles: PEM, each certificate between its BEGIN and END lines;
comments begin with `#` and contain no `-`; there can be no blank lines. Supported: X.509v3; RSA keys of 2K to 8K and
ECDSA's secp256r1, secp384r1, secp521r1; SHA256, 384 and 512 with RSA, EC and RSASSA-PSS. AWS names one error for all
of it (InvalidCaCertificatesBundle); the texts here are guesses.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Signed: TypeAlias = x509.Certificate | x509.CertificateRevocationList

#: A bound of the lab's own: more than as many certificates as a bundle can have, each as large as it can be.
MOST_BYTES: Final = 1_048_576

_SMALLEST_RSA: Final = 2048
_LARGEST_RSA: Final = 8192
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{1,76}={0,2}\Z")


class ContentError(ValueError):
    """A bundle or a revocation list is not as AWS wants it; the message says what is wrong, and in which line."""


@dataclass(frozen=True, slots=True)
class BundleQuotas:
    """'Quotas for your Application Load Balancers', certificates; all but the second can be raised."""

    certificates: int = 25
    certificate_bytes: int = 16 * 1024
    subjects_bytes: int = 10_000


def read_bundle(body: bytes, quotas: BundleQuotas) -> tuple[x509.Certificate, ...]:
    """Return the authorities of a bundle.

    Raises:
        ContentError: it is no bundle, or one of its certificates is none of an authority that is supported.
    """
    if len(body) > MOST_BYTES:
        message = f"it has more than {MOST_BYTES} bytes"
        raise ContentError(message)
    found = tuple(_certificate(der, quotas) for der in blocks(body, "CERTIFICATE"))
    if not found:
        message = "it has no certificate"
        raise ContentError(message)
    if len(found) > quotas.certificates:
        message = f"it has {len(found)} certificates, more than {quotas.certificates}"
        raise ContentError(message)
    # That the encoded names are counted is a guess.
    subjects = sum(len(each.subject.public_bytes()) for each in found)
    if subjects > quotas.subjects_bytes:
        message = f"its subjects have {subjects} bytes, more than {quotas.subjects_bytes}"
        raise ContentError(message)
    return found


def blocks(body: bytes, label: str) -> Iterator[bytes]:
    """Yield what stands in each PEM block of a kind; raises ContentError where anything else stands between them."""
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    inside: list[str] | None = None
    for number, line in enumerate(_lines(body), 1):
        if inside is not None:
            if line == end:
                yield _decoded(inside, number)
                inside = None
            else:
                inside.append(line)
        elif line == begin:
            inside = []
        else:
            _refuse_unless_comment(line, number)
    if inside is not None:
        message = f"the last {label} has no end"
        raise ContentError(message)


def _lines(body: bytes) -> Sequence[str]:
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        message = "it is not PEM"
        raise ContentError(message) from None
    return text.removesuffix("\n").split("\n")


def _refuse_unless_comment(line: str, number: int) -> None:
    if not line.strip():
        message = f"line {number} is blank"
        raise ContentError(message)
    if not line.startswith("#"):
        message = f"line {number} is neither a comment nor of a certificate"
        raise ContentError(message)
    if "-" in line:
        message = f"the comment in line {number} has a '-'"
        raise ContentError(message)


def _decoded(lines: Sequence[str], number: int) -> bytes:
    if not lines or not all(_BASE64.match(line) for line in lines):
        message = f"what ends in line {number} is not base64"
        raise ContentError(message)
    try:
        return base64.b64decode("".join(lines), validate=True)
    except binascii.Error:
        message = f"what ends in line {number} is not base64"
        raise ContentError(message) from None


def _certificate(der: bytes, quotas: BundleQuotas) -> x509.Certificate:
    if len(der) > quotas.certificate_bytes:
        message = f"a certificate has {len(der)} bytes, more than {quotas.certificate_bytes}"
        raise ContentError(message)
    try:
        found = x509.load_der_x509_certificate(der)
        constraints = found.extensions.get_extension_for_class(x509.BasicConstraints).value
        key = found.public_key()
    except x509.ExtensionNotFound:
        message = "a certificate does not say that it is an authority's"
        raise ContentError(message) from None
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        message = f"a certificate cannot be read: {error}"
        raise ContentError(message) from None
    if not constraints.ca:
        message = f"{found.subject.rfc4514_string()} is not an authority"
        raise ContentError(message)
    refuse_bad_key(key)
    refuse_bad_signature(found)
    return found


def refuse_bad_key(key: object) -> None:
    """Refuse a public key of a kind or size that is not supported."""
    match key:
        case rsa.RSAPublicKey() if _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
            return
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVES:
            return
        case _:
            message = "a key is neither RSA of 2048 to 8192 bits nor ECDSA of secp256r1, secp384r1 or secp521r1"
            raise ContentError(message)


def refuse_bad_signature(signed: Signed) -> None:
    """Refuse a signature by an algorithm that is not supported."""
    try:
        digest = signed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    if not isinstance(digest, _HASHES):
        message = f"the signature algorithm {signed.signature_algorithm_oid.dotted_string} is not supported"
        raise ContentError(message)
