"""Keys and signatures by name, as facts write them.

Lives here: the words for what `cryptography` has objects for. Must not live here: which of them is good enough.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

Signed = x509.Certificate | x509.CertificateRevocationList

_PURE = {SignatureAlgorithmOID.ED25519: "Ed25519", SignatureAlgorithmOID.ED448: "Ed448"}

_ML_DSA = {
    # NIST's Computer Security Objects Register, sigAlgs 17 to 19 (RFC 9881, section 2).
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}


def key_words(certificate: x509.Certificate) -> str:
    """Its key's kind and size: ``ECDSA secp256r1``, ``RSA 4096``, ``Ed25519``; a dotted number where it has no name.

    Raises:
        ValueError: the key cannot be read.
    """
    dotted = certificate.public_key_algorithm_oid.dotted_string
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return _ML_DSA.get(dotted, dotted)
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ECDSA {key.curve.name}"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
        case _:
            return _ML_DSA.get(dotted, dotted)


def signature_words(signed: Signed) -> str:
    """The algorithm that something is signed with: ``ECDSA SHA256``, ``RSASSA-PSS SHA256``, ``RSA SHA1``, ``Ed25519``.

    A dotted number where it has no name.
    """
    oid = signed.signature_algorithm_oid
    if oid in _PURE:
        return _PURE[oid]
    try:
        digest = signed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        digest = None
    if digest is None:
        return _ML_DSA.get(oid.dotted_string, oid.dotted_string)
    # RFC 8017, appendix C, and RFC 5758, section 3: the arcs of signatures by RSA, and of those by ECDSA.
    kind = {"1.2.840.113549.1.1": "RSA", "1.2.840.10045.4": "ECDSA", "1.2.840.10045.4.3": "ECDSA"}.get(
        oid.dotted_string.rpartition(".")[0], "DSA"
    )
    kind = "RSASSA-PSS" if oid == SignatureAlgorithmOID.RSASSA_PSS else kind
    return f"{kind} {digest.name.upper()}"
