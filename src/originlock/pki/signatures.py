"""Who signed what, and by which algorithm.

Lives here: signatures of certificates and of revocation lists. Must not live here: which algorithm is good enough.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import SignatureAlgorithmOID

_RSA: Final = "1.2.840.113549.1.1"
"""RFC 8017, appendix C: the arc of PKCS #1."""

_ECDSA: Final = ("1.2.840.10045.4", "1.2.840.10045.4.3")
"""RFC 5758, section 3.2, and RFC 3279, section 2.2.3: the arcs of ECDSA's signatures."""


def list_signature(signed: x509.CertificateRevocationList) -> str:
    """The algorithm that a list is signed with, as `Certificate.signature` writes it: ``ECDSA SHA256``, ``Ed25519``."""
    oid = signed.signature_algorithm_oid
    if oid == SignatureAlgorithmOID.ED25519:
        return "Ed25519"
    if oid == SignatureAlgorithmOID.ED448:
        return "Ed448"
    try:
        digest = signed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        digest = None
    arc = oid.dotted_string.rpartition(".")[0]
    if digest is None or arc not in {_RSA, *_ECDSA}:
        return f"unknown {oid.dotted_string}"
    kind = "RSASSA-PSS" if oid == SignatureAlgorithmOID.RSASSA_PSS else "RSA" if arc == _RSA else "ECDSA"
    return f"{kind} {digest.name.upper()}"


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer has the right name and its key verifies the signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def list_signed_by(signed: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    """Whether the authority's key verifies the list's signature, whatever its name."""
    try:
        # Those of authorities are among the types that it takes.
        return signed.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
