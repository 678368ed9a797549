"""Requests: only the key and the names count, and only of whoever has the key."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from originlock.pki.keys import public_bytes
from originlock.pki.parsing import UnreadableError
from originlock.pki.requests import MOST_BYTES, request_of

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "admin")])


def request(key: Key, *names: x509.GeneralName) -> bytes:
    """A request, for an authority's certificate even."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.PEM)


def test_the_key_and_the_names_are_taken() -> None:
    """A certificate would be issued for another key, or without the names that were asked for."""
    key = ec.generate_private_key(ec.SECP384R1())
    read = request_of(request(key, x509.DNSName("device.example.org")))
    assert public_bytes(read.public_key) == public_bytes(key.public_key())
    assert read.names == ("DNS:device.example.org",)
    assert request_of(request(key)).names == ()


def test_whoever_has_not_the_key_gets_nothing() -> None:
    """Anybody could have a certificate for anybody's key."""
    pem = request(ec.generate_private_key(ec.SECP256R1()))
    der = bytearray(x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER))
    der[der.index(b"admin")] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(UnreadableError, match="not signed"):
        request_of(forged)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        b"x" * (MOST_BYTES + 1),
        request(ed25519.Ed25519PrivateKey.generate()),
        request(rsa.generate_private_key(65537, 1024)),  # noqa: S505  that it is refused is what is tried
        request(ec.generate_private_key(ec.SECP256K1())),
        request(ec.generate_private_key(ec.SECP256R1()), x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))),
        request(ec.generate_private_key(ec.SECP256R1()), x509.DNSName("*.example.org")),
    ],
    ids=["empty", "no-request", "too-large", "ed25519", "rsa-1024", "secp256k1", "odd-name", "wildcard"],
)
def test_a_wrong_request_is_refused(pem: bytes) -> None:
    """A certificate would be issued that every load balancer refuses, or reading would crash."""
    with pytest.raises(UnreadableError):
        request_of(pem)
