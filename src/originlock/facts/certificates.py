"""Certificates, authorities and revocation lists, as far as anybody decides on them.

Lives here: their frozen data, and the fingerprint by which one is told from every other.
Must not live here: parsing what is inside (see `originlock.pki`), keys, whether one is good enough.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
from collections.abc import Iterable

import msgspec

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*+)-----END CERTIFICATE-----")
"""The body gives nothing back (``*+``): a text of white space without an end takes no longer than its length."""

_LINE = 64
"""RFC 7468, section 2: lines of base64 text are wrapped at 64 characters."""


class Certificate(msgspec.Struct, frozen=True, tag="certificate"):
    """One X.509 certificate.

    Attributes:
        sha256: of its DER, 64 lower-case hex digits: its name everywhere here. Serial, subject and key id are none:
            Cloudflare's shared authority of 2019 has those of the one of 2015.
        subject, issuer: as RFC 4514 writes them.
        serial: lower-case hex, of an even number of digits.
        not_before, not_after: with time zone.
        key: its kind and size, such as ``ECDSA secp256r1``, ``RSA 4096`` or ``Ed25519``.
        signature: the algorithm that it is signed with, such as ``ECDSA SHA256`` or ``RSASSA-PSS SHA256``.
        authority: whether its basic constraints say that it is a CA.
        path_length: how many authorities may stand below; None if it does not say.
        key_usage: as `cryptography` names them, such as ``digital_signature``; None where it has no such extension.
        purposes: of its extended key usage, such as ``clientAuth``, or dotted numbers; None where it has none.
        names: its subject alternative names, such as ``DNS:edge.example.org``.
        self_signed: whether its own key verifies its signature.
        pem: itself, as `pem_of` writes it.
    """

    sha256: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime.datetime
    not_after: datetime.datetime
    key: str
    signature: str
    authority: bool
    path_length: int | None
    key_usage: tuple[str, ...] | None
    purposes: tuple[str, ...] | None
    names: tuple[str, ...]
    self_signed: bool
    pem: str

    def holds_at(self, moment: datetime.datetime) -> bool:
        """Whether the moment lies within its dates, both ends included (RFC 5280, section 4.1.2.5)."""
        return self.not_before <= moment <= self.not_after


class RevocationList(msgspec.Struct, frozen=True, tag="revocation-list"):
    """A certificate revocation list.

    Attributes:
        sha256: of its DER.
        issuer: the SHA-256 of the authority's certificate that signed it.
        number: its CRL number (RFC 5280, section 5.2.3).
        revoked: the serials that it names, as `Certificate.serial` writes them, sorted.
        next_update: when it has to be followed by another.
        pem: itself.
    """

    sha256: str
    issuer: str
    number: int
    this_update: datetime.datetime
    next_update: datetime.datetime
    revoked: tuple[str, ...]
    pem: str


class Leaf(msgspec.Struct, frozen=True, tag="leaf"):
    """A certificate that an authority of ours issued.

    Attributes:
        name: whom it was issued to, such as ``edge``; one that follows another has the same name.
        issuer: the SHA-256 of the authority's certificate that signed it.
        has_key: whether its private key is here; it is not where only a request was signed.
        revoked_at: when it was revoked; None if it was not.
    """

    name: str
    certificate: Certificate
    issuer: str
    has_key: bool
    revoked_at: datetime.datetime | None = None


class Authority(msgspec.Struct, frozen=True, tag="authority"):
    """A certificate authority of ours.

    Attributes:
        generations: its own certificates, the oldest first; the last one issues.
        leaves: what it issued, the oldest first.
        revocation_lists: the last one of each generation that has revoked anything.
    """

    name: str
    generations: tuple[Certificate, ...]
    leaves: tuple[Leaf, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()

    def newest_leaf(self, name: str, moment: datetime.datetime) -> Leaf | None:
        """The leaf of that name that was issued last, of those that hold at the moment and are not revoked."""
        good = [
            leaf
            for leaf in self.leaves
            if leaf.name == name and leaf.revoked_at is None and leaf.certificate.holds_at(moment)
        ]
        return good[-1] if good else None

    def generation(self, sha256: str) -> Certificate | None:
        """Its own certificate of that fingerprint."""
        return next((each for each in self.generations if each.sha256 == sha256), None)


def in_last_third(begins: datetime.datetime, ends: datetime.datetime, moment: datetime.datetime) -> bool:
    """Whether less than a third is left of what is good from here to there: time to have it followed by another."""
    return (ends - moment) * 3 < ends - begins


def sha256_of(der: bytes) -> str:
    """The fingerprint of a certificate: SHA-256 of its DER, lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def ders_in(text: str) -> tuple[bytes, ...]:
    """The certificates of a PEM text as DER, in their order, unparsed; what is no base64 is left out."""
    found: list[bytes] = []
    for match in _BLOCK.finditer(text):
        try:
            found.append(base64.b64decode("".join(match.group(1).split()), validate=True))
        except binascii.Error:
            continue
    return tuple(found)


def pem_of(der: bytes) -> str:
    """A certificate as PEM, as RFC 7468 wants it generated."""
    body = base64.b64encode(der).decode()
    lines = [body[start : start + _LINE] for start in range(0, len(body), _LINE)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def bundle_of(pems: Iterable[str]) -> str:
    """One bundle of several PEM texts: each certificate once, sorted by fingerprint, without a blank line or a comment.

    Elastic Load Balancing takes no blank lines (its user guide, mutual authentication).
    """
    ders = {sha256_of(der): der for pem in pems for der in ders_in(pem)}
    return "".join(pem_of(ders[name]) for name in sorted(ders))


def members(text: str) -> tuple[str, ...]:
    """The fingerprints of the certificates of a PEM text, sorted, each once."""
    return tuple(sorted({sha256_of(der) for der in ders_in(text)}))
