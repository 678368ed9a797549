"""What a load balancer thinks of a client's certificate: the statuses of its connection log.

Here lives turning what OpenSSL found, and what ALB asks for beyond it, into one status. Here must not live: TLS, or
what follows from a refusal.

Sources: the statuses are those of 'Connection logs for your Application Load Balancer'; kinds of keys and signatures,
and the depth of a chain, those of 'Mutual authentication with TLS' and of the quotas. What is counted as depth is
not documented; s2n-tls, on which ALB is built, counts the certificates presented, and again all of the path from the
leaf to the anchor (`s2n_x509_validator_read_cert_chain`, `s2n_cert_path_build`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import SignatureAlgorithmOID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from originlock.lab.blueprint import Behaviour
    from originlock.lab.plane.client_certificate import ClientChain


class Status(Enum):
    """The values of ``tls_verify_status`` that this data plane tells."""

    SUCCESS = "Success"
    TOO_DEEP = "Failed:ClientCertMaxChainDepthExceeded"
    TOO_LARGE = "Failed:ClientCertMaxSizeExceeded"
    REVOKED = "Failed:ClientCertCrlHit"
    REVOCATION_UNREADABLE = "Failed:ClientCertCrlProcessingError"
    UNTRUSTED = "Failed:ClientCertUntrusted"
    NOT_YET_VALID = "Failed:ClientCertNotYetValid"
    EXPIRED = "Failed:ClientCertExpired"
    TYPE_UNSUPPORTED = "Failed:ClientCertTypeUnsupported"
    INVALID = "Failed:ClientCertInvalid"
    WRONG_PURPOSE = "Failed:ClientCertPurposeInvalid"
    UNMAPPED = "Failed:UnmappedConnectionError"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One error of OpenSSL's verification: its number (x509_vfy.h), and how far from the leaf (0)."""

    code: int
    depth: int


#: 'TLS message size' of ALB's quotas: what a client presents is one message.
MOST_BYTES: Final = 64 * 1024

#: 'Maximum certificate chain depth' of the quotas: certificates presented, and certificates of the whole path.
MOST_CERTIFICATES: Final = 4

_RSA_BITS: Final = range(2048, 8193)
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_DIGESTS: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_ED: Final = frozenset({SignatureAlgorithmOID.ED25519, SignatureAlgorithmOID.ED448})


class _Code(IntEnum):
    """X509_V_ERR_... of OpenSSL's x509_vfy.h, those that may be overlooked."""

    NO_LIST = 3
    CERTIFICATE_EXPIRED = 10
    LIST_EXPIRED = 12


#: Those of x509_vfy.h that have a status of their own; all others are INVALID, which is a guess.
_STATUSES: Final = {
    2: Status.UNTRUSTED,  # unable to get issuer certificate
    7: Status.UNTRUSTED,  # certificate signature failure: a look-alike issuer
    8: Status.REVOCATION_UNREADABLE,  # CRL signature failure
    9: Status.NOT_YET_VALID,
    _Code.CERTIFICATE_EXPIRED: Status.EXPIRED,
    11: Status.REVOCATION_UNREADABLE,  # CRL is not yet valid
    _Code.LIST_EXPIRED: Status.REVOCATION_UNREADABLE,
    15: Status.REVOCATION_UNREADABLE,  # error in CRL's lastUpdate
    16: Status.REVOCATION_UNREADABLE,  # error in CRL's nextUpdate
    18: Status.UNTRUSTED,  # self-signed
    19: Status.UNTRUSTED,  # self-signed in the chain
    20: Status.UNTRUSTED,  # unable to get local issuer certificate
    21: Status.UNTRUSTED,  # unable to verify the first certificate
    22: Status.TOO_DEEP,
    23: Status.REVOKED,
    26: Status.WRONG_PURPOSE,
    27: Status.UNTRUSTED,
    33: Status.REVOCATION_UNREADABLE,  # unable to get CRL issuer
    35: Status.REVOCATION_UNREADABLE,  # key usage does not include CRL signing
    36: Status.REVOCATION_UNREADABLE,  # unhandled critical CRL extension
}


@dataclass(frozen=True, slots=True)
class Leniency:
    """What a listener overlooks: its own setting, and the lab's switches for what AWS does not document."""

    ignores_expiry: bool
    behaviour: Behaviour

    def overlooks(self, flaw: Flaw) -> bool:
        """Whether a flaw does not count; that an authority published no revocation list never does."""
        match flaw.code:
            case _Code.NO_LIST:
                return True
            case _Code.LIST_EXPIRED:
                return not self.behaviour.stale_revocations_refuse
            case _Code.CERTIFICATE_EXPIRED:
                covered = flaw.depth == 0 or self.behaviour.ignoring_expiry_covers_authorities
                return self.ignores_expiry and covered
            case _:
                return False


def is_too_large(chain: ClientChain) -> bool:
    """Whether what a client presented is more than a load balancer takes, whatever its mode."""
    return sum(len(each.public_bytes(Encoding.DER)) for each in chain.certificates) > MOST_BYTES


def judged(chain: ClientChain, path: Sequence[x509.Certificate], flaws: Sequence[Flaw], leniency: Leniency) -> Status:
    """Judge a chain that OpenSSL has verified.

    Args:
        chain: as it was presented.
        path: as OpenSSL built it, leaf first; may be incomplete where there are flaws.
        flaws: in the order in which OpenSSL found them.
        leniency: what does not count.
    """
    if len(chain.certificates) > MOST_CERTIFICATES:
        return Status.TOO_DEEP
    if chain.leaf.version is not x509.Version.v3:
        return Status.INVALID  # that only version 3 will do is documented; under which name it fails is a guess
    if not _is_supported(chain.leaf):
        return Status.TYPE_UNSUPPORTED
    counting = [each for each in flaws if not leniency.overlooks(each)]
    if counting:
        return _STATUSES.get(counting[0].code, Status.INVALID)
    if len(path) > MOST_CERTIFICATES:
        return Status.TOO_DEEP
    # What signed the anchor is nobody's business: it is trusted for being in the store.
    supported = all(_is_supported(each) for each in path[:-1]) and all(_has_supported_key(each) for each in path)
    return Status.SUCCESS if supported else Status.TYPE_UNSUPPORTED


def _is_supported(certificate: x509.Certificate) -> bool:
    return _has_supported_key(certificate) and _has_supported_signature(certificate)


def _has_supported_key(certificate: x509.Certificate) -> bool:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    match key:
        case rsa.RSAPublicKey():
            return key.key_size in _RSA_BITS
        case ec.EllipticCurvePublicKey():
            return isinstance(key.curve, _CURVES)
        case _:
            return False


def _has_supported_signature(certificate: x509.Certificate) -> bool:
    if certificate.signature_algorithm_oid in _ED:
        return False
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return False
    return isinstance(digest, _DIGESTS)
