"""What a load balancer takes as a certificate revocation list, next to the authorities of its trust store.

Here lives the reading of PEM, and the refusing of what is in it. Here must not live: trust stores, S3, or the
application of a list to anybody's certificate.

'Application Load Balancers', mutual TLS: revocation lists are PEM. 'Elastic Load Balancing API reference',
InvalidRevocationContent: it "is an invalid format, or uses an incorrect algorithm"; the texts here are guesses. That
a list is held against the authorities of the store when it is added is our reading of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from originlock.lab.trust_bundle import ContentError, blocks, refuse_bad_signature

if TYPE_CHECKING:
    from collections.abc import Iterable

#: 'Quotas for your Application Load Balancers': revocation list file size.
MOST_BYTES: Final = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list as it was read: how many certificates it revokes, and itself as PEM."""

    entries: int
    pem: str


def read_revocation_list(body: bytes, authorities: Iterable[x509.Certificate], *, delta_taken: bool) -> RevocationList:
    """Return the list of a file; `delta_taken` is whether one that only tells what changed is taken.

    Raises:
        ContentError: it is no list, too large, or of none of these authorities.
    """
    if len(body) > MOST_BYTES:
        message = f"it has more than {MOST_BYTES} bytes"
        raise ContentError(message)
    found = list(blocks(body, "X509 CRL"))
    if len(found) != 1:
        # A guess: one file is one list.
        message = f"it has {len(found)} revocation lists, not one"
        raise ContentError(message)
    try:
        read = x509.load_der_x509_crl(found[0])
        entries = len(read)
        is_delta = any(each.oid == x509.oid.ExtensionOID.DELTA_CRL_INDICATOR for each in read.extensions)
    except (ValueError, UnsupportedAlgorithm) as error:
        message = f"it cannot be read: {error}"
        raise ContentError(message) from None
    refuse_bad_signature(read)
    if is_delta and not delta_taken:
        message = "it is a delta revocation list"
        raise ContentError(message)
    if not any(_signed_by(read, each) for each in authorities):
        message = "no authority of the trust store has signed it"
        raise ContentError(message)
    return RevocationList(entries, read.public_bytes(serialization.Encoding.PEM).decode())


def _signed_by(read: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    if read.issuer != authority.subject:
        return False
    try:
        # Those of authorities are among the types that it takes.
        return read.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, TypeError, UnsupportedAlgorithm):
        return False
