"""Requests for a certificate (PKCS #10): only the public key and the names are taken from one.

Lives here: reading a request. Must not live here: what a certificate says beyond it, which its authority decides.
"""

from __future__ import annotations

from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from originlock.pki.keys import PublicKey
from originlock.pki.names import WrongNameError, name_of, text_of
from originlock.pki.parsing import UnreadableError

MOST_BYTES: Final = 64 * 1024
"""A bound of our own: that of a certificate."""

_RSA_BITS: Final = range(2048, 8193)
_CURVES: Final = ("secp256r1", "secp384r1", "secp521r1")
"""What an Application Load Balancer takes (its user guide, mutual authentication)."""


class Request(msgspec.Struct, frozen=True):
    """What was asked for.

    Attributes:
        public_key: of whoever asks; they have shown that they have its private key.
        names: as `names.name_of` takes them.
    """

    public_key: PublicKey
    names: tuple[str, ...]


def request_of(pem: bytes) -> Request:
    """Read a request in PEM, and verify that it is signed with the key that it is for.

    Raises:
        UnreadableError: it is none, its signature is wrong, or a client with such a key would be refused.
    """
    if len(pem) > MOST_BYTES:
        message = f"a request of {len(pem)} bytes is too large (the limit is {MOST_BYTES})"
        raise UnreadableError(message)
    try:
        read = x509.load_pem_x509_csr(pem)
        signed = read.is_signature_valid
        key = read.public_key()
        names = _names(read)
    except WrongNameError as error:
        raise UnreadableError(str(error)) from error
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        message = "the request is no PEM of a certificate signing request that can be read"
        raise UnreadableError(message) from error
    if not signed:
        message = "the request is not signed with the key that it is for"
        raise UnreadableError(message)
    return Request(usable(key), names)


def usable(key: object) -> PublicKey:
    """A public key that a load balancer takes.

    Raises:
        UnreadableError: it is of another kind or size.
    """
    match key:
        case rsa.RSAPublicKey() if key.key_size in _RSA_BITS:
            return key
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVES:
            return key
        case _:
            message = "the key is neither RSA of 2048 to 8192 bits nor ECDSA of P-256, P-384 or P-521"
            raise UnreadableError(message)


def _names(read: x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    texts = tuple(text_of(name) for name in found)
    for text in texts:
        name_of(text)
    return texts
