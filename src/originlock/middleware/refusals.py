"""Every reason to refuse a request.

Lives here: the closed list of reasons, and the error that carries one. Must not live here: looking at a request.
"""

from __future__ import annotations

import enum
from typing import Final

#: How much of a detail is kept: it goes to a log, and part of it may be of a stranger's making.
_DETAIL_CHARACTERS: Final = 200


class Reason(enum.StrEnum):
    """Why a request is refused; stable words, made for logs and alarms."""

    PEER_UNKNOWN = "peer-unknown"
    """The server tells no address of who connected."""
    PEER_OUTSIDE = "peer-outside"
    """Who connected is in none of the load balancer's subnets."""
    ABSENT = "absent"
    """There is no certificate."""
    DOUBLED = "doubled"
    """A header came twice, or was joined from two."""
    OVERSIZED = "oversized"
    """A header is larger than a load balancer's may be."""
    MALFORMED = "malformed"
    """A header is not what a load balancer writes, or holds no certificate that can be read."""
    UNEXPECTED_HEADER = "unexpected-header"
    """A header of the other mode came, or one by a name that is not in use."""
    INCOMPLETE = "incomplete"
    """Of the five headers of verify mode some are missing."""
    INCONSISTENT = "inconsistent"
    """The five headers speak of different certificates."""
    CHAIN_TOO_LONG = "chain-too-long"
    """More certificates than wanted, presented or up to the anchor."""
    NOT_YET_VALID = "not-yet-valid"
    """The leaf's notBefore is to come."""
    EXPIRED = "expired"
    """The leaf's notAfter has passed."""
    AUTHORITY_NOT_VALID = "authority-not-valid"
    """No way to an anchor, and an authority on the way is out of its dates."""
    IS_AUTHORITY = "is-authority"
    """The leaf is an authority, or may sign certificates."""
    WRONG_PURPOSE = "wrong-purpose"
    """The leaf is not for clients, or not for signing."""
    KEY_NOT_ACCEPTED = "key-not-accepted"
    """The leaf's key is not RSA of 2048 to 8192 bits, P-256, P-384 or P-521."""
    NO_NAMES = "no-names"
    """The leaf has no subjectAltName, and one is required."""
    UNTRUSTED = "untrusted"
    """No way to an anchor: another authority, a signature that is wrong, an extension that forbids it."""
    REVOKED = "revoked"
    """The leaf or an authority above it is on a revocation list."""
    REVOCATION_STALE = "revocation-stale"
    """The revocation list of an issuer is past its nextUpdate, or not in force yet."""
    REVOCATION_MISSING = "revocation-missing"
    """There is no revocation list of the leaf's issuer."""
    NOT_ALLOWED = "not-allowed"
    """The certificate is good, and is not among those that are let in."""


class RefusedError(Exception):
    """The one way in which a request is refused.

    Attributes:
        reason: the word.
        detail: more for a log, in ASCII, at most 200 characters; never a certificate. May be empty.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail[:_DETAIL_CHARACTERS].encode("unicode_escape").decode("ascii")[:_DETAIL_CHARACTERS]
