"""Revocation lists, which `cryptography`'s verifier knows nothing of.

Lives here: reading them, whose they are, whether they are in force, and who is on them. Must not live here: where they
come from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from originlock.middleware.parsing import UNREADABLE
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.settings import Trust

_BLOCK: Final = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)

#: RFC 5280, 5.2: a list with a critical extension that is not understood says nothing of any certificate. Those that
#: there are (issuingDistributionPoint, deltaCRLIndicator) mean lists that are not whole.
_WHOLE: Final = "a revocation list has a critical extension: partial, indirect and delta lists are not understood"

#: Issuers whose signatures on a list are remembered. They are authorities on a verified way, so there are few.
_ISSUERS: Final = 256


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list.

    Attributes:
        crl: itself.
        issuer: whose it says that it is; read once, for it is compared often.
        begins: its thisUpdate, seconds since the epoch.
        ends: its nextUpdate.
        serials: of the certificates on it.
        signed: by an authority's certificate, whether that authority signed it.
    """

    crl: x509.CertificateRevocationList
    issuer: x509.Name
    begins: float
    ends: float
    serials: frozenset[int]
    signed: dict[x509.Certificate, bool] = field(default_factory=dict)

    def is_of(self, issuer: x509.Certificate) -> bool:
        """Whether this authority, by whose name it is, signed it, and may."""
        found = self.signed.get(issuer)
        if found is None:
            found = _may_sign_lists(issuer) and _is_signed_by(self.crl, issuer)
            if len(self.signed) < _ISSUERS:
                self.signed[issuer] = found
        return found


def read(raw: bytes) -> tuple[RevocationList, ...]:
    """Read one or more lists in PEM, or one in DER.

    Raises:
        ValueError: there is none, or one that cannot be used.
    """
    blocks = _BLOCK.findall(raw)
    try:
        if blocks:
            return tuple(_list(x509.load_pem_x509_crl(block)) for block in blocks)
        return (_list(x509.load_der_x509_crl(raw)),)
    except UNREADABLE as error:
        message = _WHOLE if str(error) == _WHOLE else f"no revocation list that can be read: {type(error).__name__}"
        raise ValueError(message) from error


def check(lists: Sequence[RevocationList], chain: Sequence[x509.Certificate], trust: Trust, now: float) -> float:
    """See that nobody in a verified chain, leaf first, is revoked; the anchor cannot be.

    The leaf's issuer must have a list, unless `Trust.missing` says otherwise; of the authorities above those lists
    count that there are.

    Returns:
        Until when that can be said: the first nextUpdate, infinity where no list has one to wait for.

    Raises:
        RefusedError: `REVOKED`, `REVOCATION_STALE` or `REVOCATION_MISSING`.
    """
    until = float("inf")
    looked_at_leaf = False
    for place, (held, issuer) in enumerate(pairwise(chain)):
        name = issuer.subject
        own = [each for each in lists if each.issuer == name and each.is_of(issuer)]
        if not own:
            continue
        looked_at_leaf = looked_at_leaf or place == 0
        # What was revoked once stays so, whatever the age of the list.
        if any(held.serial_number in each.serials for each in own):
            raise RefusedError(Reason.REVOKED, "the leaf" if place == 0 else "an authority")
        ends = max((each.ends for each in own if each.begins <= now < each.ends), default=None)
        if ends is not None:
            until = min(until, ends)
        elif trust.stale == "refuse":
            raise RefusedError(Reason.REVOCATION_STALE, issuer.subject.rfc4514_string())
    if not looked_at_leaf and trust.missing == "refuse":
        raise RefusedError(Reason.REVOCATION_MISSING)
    return until


def _list(crl: x509.CertificateRevocationList) -> RevocationList:
    if any(each.critical for each in crl.extensions):
        raise ValueError(_WHOLE)
    ends = crl.next_update_utc
    if ends is None:
        # RFC 5280, 5.1.2.5: it must be there. Without it nobody knows when the list is old.
        message = "no nextUpdate"
        raise ValueError(message)
    serials = frozenset(each.serial_number for each in crl)
    return RevocationList(crl, crl.issuer, crl.last_update_utc.timestamp(), ends.timestamp(), serials)


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    """RFC 5280, 6.3.3 (f): an authority with a keyUsage must have cRLSign in it."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _is_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    try:
        return crl.is_signature_valid(key)  # type: ignore[arg-type]  # a key of no such kind raises TypeError
    except (*UNREADABLE, InvalidSignature):
        return False
