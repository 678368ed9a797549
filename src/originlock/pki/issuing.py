"""Building certificates and revocation lists, as everybody that has to take them takes them.

Lives here: X.509 structures, their extensions and their dates. Must not live here: where keys are from, what is kept,
the clock.

What is asked of them, and by whom: a leaf needs a name (SAN) and its authority a key usage for `cryptography`'s
verifier; a serial must be positive, or an Application Load Balancer cannot revoke it; SHA-256, and the kinds of keys
in `keys`, are among what it takes (its user guide, mutual authentication).
"""

from __future__ import annotations

import datetime
import enum
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from originlock.pki.keys import PrivateKey, PublicKey

AUTHORITY_DAYS: Final = 3650
"""Ten years: an authority of ours is trusted by what we set up ourselves, and following it up takes several steps in
order; a second generation can be made, and this one retired, at any time before."""

LEAF_DAYS: Final = 365
"""A year: nobody but `renew` has to be there when it ends, and it is due four months before that. Longer would keep a
copied key good for longer; shorter ends more origins whose renewing has silently stopped."""

LIST_DAYS: Final = 30
"""How long a revocation list is good: OpenSSL refuses everybody once it has expired, so it is followed up before."""

EARLIER: Final = datetime.timedelta(hours=1)
"""Clocks of hosts that check may be behind ours."""

MOST_NAMES: Final = 100
"""A bound of our own; what a client presents must stay well below 64 KiB, and in a header below 16 KiB."""

_SERIAL_BITS: Final = 128


class Reason(enum.Enum):
    """Why a certificate is revoked (RFC 5280, section 5.3.1): those that are about a certificate of a client."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"
    AFFILIATION_CHANGED = "affiliation-changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation-of-operation"
    PRIVILEGE_WITHDRAWN = "privilege-withdrawn"


_FLAGS: Final = {
    Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Reason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Reason.CESSATION_OF_OPERATION: x509.ReasonFlags.cessation_of_operation,
    Reason.PRIVILEGE_WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}
"""All but the unspecified one, which is said by saying nothing (RFC 5280, section 5.3.1)."""


class Dates(msgspec.Struct, frozen=True):
    """From when to when something is good; whole seconds."""

    begins: datetime.datetime
    ends: datetime.datetime


class Revoked(msgspec.Struct, frozen=True):
    """An entry of a revocation list."""

    serial: int
    at: datetime.datetime
    reason: Reason


def authority_dates(now: datetime.datetime, days: int) -> Dates:
    """When an authority that is made now is good."""
    moment = now.replace(microsecond=0)
    return Dates(moment - EARLIER, moment + datetime.timedelta(days=days))


def leaf_dates(now: datetime.datetime, days: int, authority: x509.Certificate) -> Dates:
    """When a leaf that is issued now is good: never beyond its authority."""
    moment = now.replace(microsecond=0)
    return Dates(
        max(moment - EARLIER, authority.not_valid_before_utc),
        min(moment + datetime.timedelta(days=days), authority.not_valid_after_utc),
    )


def authority_certificate(name: str, number: int, key: PrivateKey, dates: Dates) -> x509.Certificate:
    """The certificate of a generation, signed by itself.

    Its subject is no other generation's, not even one's of an earlier authority of that name: whoever picks an issuer
    or a revocation list by subject alone picks the right one.
    """
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    subject = _subject(name, f"{name} CA {number} {identifier.digest.hex()[:8]}")
    builder = _begun(subject, subject, key.public_key(), dates)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(_authority_key(key), critical=False)
    return builder.sign(key, hashes.SHA256())


class Subject(msgspec.Struct, frozen=True):
    """Whom a leaf is for: its name, its authority's name, and its subject alternative names, one at least."""

    leaf: str
    authority: str
    names: tuple[x509.GeneralName, ...]


def leaf_certificate(
    subject: Subject, public_key: PublicKey, issuer: x509.Certificate, issuer_key: PrivateKey, dates: Dates
) -> x509.Certificate:
    """A client's certificate."""
    builder = _begun(_subject(subject.authority, subject.leaf), issuer.subject, public_key, dates)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(subject.names), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    builder = builder.add_extension(_authority_key(issuer_key), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def revocation_list(
    issuer: x509.Certificate, issuer_key: PrivateKey, number: int, revoked: Iterable[Revoked], dates: Dates
) -> x509.CertificateRevocationList:
    """A revocation list of one generation, complete."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
    builder = builder.last_update(dates.begins).next_update(dates.ends)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    builder = builder.add_extension(_authority_key(issuer_key), critical=False)
    for each in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(each.at)
        flag = _FLAGS.get(each.reason)
        if flag is not None:
            one = one.add_extension(x509.CRLReason(flag), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(issuer_key, hashes.SHA256())


def list_dates(now: datetime.datetime, days: int, issuer: x509.Certificate) -> Dates:
    """When a list that is made now is good."""
    moment = now.replace(microsecond=0)
    return Dates(max(moment - EARLIER, issuer.not_valid_before_utc), moment + datetime.timedelta(days=days))


def default_names(leaf: str, authority: str) -> tuple[str, ...]:
    """The name of a leaf for which none was asked: no host has it, but a verifier wants one.

    ICANN has reserved ``internal`` for such names (resolution 2024.07.29.06): it is never somebody's domain.
    """
    return (f"DNS:{leaf}.{authority}.internal".lower(),)


def _begun(subject: x509.Name, issuer: x509.Name, public_key: PublicKey, dates: Dates) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(_serial())
        .not_valid_before(dates.begins)
        .not_valid_after(dates.ends)
    )


def _serial() -> int:
    """16 octets by chance; the first bit is clear, so that nobody reads it as negative, and the second is set."""
    return secrets.randbits(_SERIAL_BITS - 2) | 1 << (_SERIAL_BITS - 2)


def _subject(organization: str, common_name: str) -> x509.Name:
    attributes: Sequence[x509.NameAttribute[str]] = (
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    )
    return x509.Name(attributes)


def _authority_key(signer: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def _usage(*, authority: bool) -> x509.KeyUsage:
    """An authority signs certificates and lists, a client signs its handshake."""
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
