"""Private keys: their kinds, and their one form at rest: PKCS #8, encrypted with a passphrase.

Lives here: making, encrypting, opening. Must not live here: files, and where a passphrase is from.

`cryptography` encrypts PKCS #8 with 2,048 rounds of PBKDF2, which is little for a file that may be copied. So the
outer form is written here, with the same algorithms and as many rounds as are asked for today; `openssl pkey` opens it.
"""

from __future__ import annotations

import base64
import enum
import os
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ROUNDS: Final = 600_000
"""OWASP, Password Storage Cheat Sheet: PBKDF2 with HMAC-SHA256."""

_SALT_BYTES: Final = 16
_BLOCK_BYTES: Final = 16
_KEY_BYTES: Final = 32
_PUBLIC_EXPONENT: Final = 65537


class KeyKind(enum.Enum):
    """The kinds that we make: a load balancer takes every one of them (its user guide, mutual authentication)."""

    P256 = "p256"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"


class WrongPassphraseError(ValueError):
    """A passphrase does not open a key, or what should be a key is none; nothing of either is in the message."""


def new_key(kind: KeyKind) -> PrivateKey:
    """Make a key; RSA of 4096 bits may take seconds."""
    match kind:
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.RSA2048:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, 2048)
        case KeyKind.RSA3072:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, 3072)
        case KeyKind.RSA4096:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, 4096)


def kind_of(text: str) -> KeyKind:
    """The kind of a key that the facts of a certificate describe; P-256 where we would not make such a key."""
    described = {
        "RSA 2048": KeyKind.RSA2048,
        "RSA 3072": KeyKind.RSA3072,
        "RSA 4096": KeyKind.RSA4096,
    }
    return described.get(text, KeyKind.P256)


def public_bytes(key: PublicKey) -> bytes:
    """What tells one public key from every other: its DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def plain(key: PrivateKey) -> bytes:
    """A key as PEM, PKCS #8, not encrypted: what Cloudflare and most servers take."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def encrypted(key: PrivateKey, passphrase: bytes) -> bytes:
    """A key as PEM, PKCS #8, encrypted: PBES2 of AES-256-CBC and PBKDF2 with HMAC-SHA256 (RFC 8018, appendix A)."""
    salt, start = os.urandom(_SALT_BYTES), os.urandom(_BLOCK_BYTES)
    derived = PBKDF2HMAC(hashes.SHA256(), _KEY_BYTES, salt, ROUNDS).derive(passphrase)
    padder = padding.PKCS7(algorithms.AES.block_size).padder()
    padded = padder.update(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())) + padder.finalize()
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(start)).encryptor()
    body = encryptor.update(padded) + encryptor.finalize()
    derivation = _sequence(_PBKDF2, _sequence(_octets(salt), _integer(ROUNDS), _sequence(_HMAC_SHA256, _NULL)))
    der = _sequence(
        _sequence(_PBES2, _sequence(derivation, _sequence(_AES_256_CBC, _octets(start)))),
        _octets(body),
    )
    lines = base64.b64encode(der)
    wrapped = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + wrapped + b"\n-----END ENCRYPTED PRIVATE KEY-----\n"


def opened(pem: bytes, passphrase: bytes) -> PrivateKey:
    """The key of an encrypted PEM.

    Raises:
        WrongPassphraseError: the passphrase does not open it, or it is no key of ours.
    """
    message = "the passphrase does not open it"
    try:
        key = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without its cause: what a library says of a key or a passphrase goes nowhere.
        raise WrongPassphraseError(message) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise WrongPassphraseError(message)
    return key


def encrypted_anew(pem: bytes, passphrase: bytes) -> bytes:
    """A key of `plain`, encrypted.

    Raises:
        WrongPassphraseError: it is none.
    """
    message = "it is no key of ours"
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise WrongPassphraseError(message)
    return encrypted(key, passphrase)


# --- DER, as much as PBES2 needs (X.690, sections 8 and 10) ------------------------------------------------------

_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")
"""RFC 8018, appendix C, and NIST's arc of AES: object identifiers, encoded."""

_NULL: Final = b"\x05\x00"
_SHORT: Final = 0x80


def _sequence(*members: bytes) -> bytes:
    return _tagged(0x30, b"".join(members))


def _octets(data: bytes) -> bytes:
    return _tagged(0x04, data)


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _SHORT:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(length))) + length + content
