"""Whether a load balancer takes a bundle of authorities, and what a person should know of it.

Lives here: the rules on certificates, and on the bundle as a whole. Must not live here: the rules of PEM (see
`file_lint`), parsing, what is done with the bundle.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from originlock.facts.bundle import BundleReading, Fault, FoundBlock, FoundCertificate, Unreadable
from originlock.facts.certificates import Certificate
from originlock.locks.identity.chains import chain_findings
from originlock.locks.identity.file_lint import (
    block_in_words,
    foreign_blocks,
    form_findings,
    line_findings,
    too_many,
)
from originlock.locks.identity.findings import BundleFinding, in_order
from originlock.locks.identity.rules import (
    CURVES,
    DIGESTS,
    LARGEST_RSA,
    MOST_CERTIFICATE_BYTES,
    MOST_CERTIFICATES,
    MOST_SUBJECT_BYTES,
    SMALLEST_RSA,
    finding,
)
from originlock.locks.identity.shared_authority import EXPIRED_2015, PINS, is_origin_ca_root, resembles

SOON: Final = datetime.timedelta(days=30)
"""Our choice; Cloudflare's alerts on certificates come 30 and 14 days before."""

_LABEL: Final = "CERTIFICATE"
_LIST: Final = "X509 CRL"


class BundleLimits(msgspec.Struct, frozen=True):
    """The quotas of a trust store that can be raised; the defaults are AWS's.

    Attributes:
        certificates: L-43FE5A42.
        subject_bytes: L-F31E307C.
    """

    certificates: int = MOST_CERTIFICATES
    subject_bytes: int = MOST_SUBJECT_BYTES


DEFAULT_LIMITS: Final = BundleLimits()


def findings(
    reading: BundleReading,
    now: datetime.datetime,
    pins: frozenset[str] = frozenset(),
    limits: BundleLimits = DEFAULT_LIMITS,
) -> tuple[BundleFinding, ...]:
    """Everything that is wrong with a bundle, errors first.

    Args:
        reading: the file.
        now: with time zone.
        pins: fingerprints of the edge's shared authority that are believed beside those that are known.
        limits: the quotas.
    """
    return in_order(_all(reading, now, pins, limits))


def _all(
    reading: BundleReading, now: datetime.datetime, pins: frozenset[str], limits: BundleLimits
) -> Iterator[BundleFinding]:
    yield from form_findings(reading)
    if reading.form == "der-certificate":
        yield finding("der-certificate", "this is one certificate as DER, not PEM")
    if reading.form == "der-revocation-list":
        yield finding("der-revocation-list", "this is a revocation list as DER, and no bundle")
    if reading.form != "pem":
        return
    yield from line_findings(reading)
    yield from foreign_blocks(reading, _LABEL, _LIST)
    for block in reading.blocks:
        if block.label == _LIST:
            yield finding(
                "revocation-list", f"{block_in_words(block)}: a revocation list, and no certificate", block.first
            )
        elif isinstance(block.content, Unreadable):
            yield _unreadable(block, block.content)
    for block, found in reading.certificates():
        yield from _certificate(block, found, now, pins)
    yield from _together(reading, limits)
    yield from chain_findings(reading)


# --- blocks ----------------------------------------------------------------------------------------

_FAULTS: Final[dict[Fault, tuple[str, str]]] = {
    "no-end": ("begin-without-end", "a certificate begins and does not end"),
    "empty": ("empty-block", "there is nothing between BEGIN and END"),
    "not-base64": ("not-base64", "what stands there is not base64"),
    "cut": ("cut-certificate", "the certificate is cut short"),
    "surplus": ("bytes-after-certificate", "bytes follow the end of the certificate"),
    "too-large": ("certificate-too-large", "the certificate has far more than 16 KB"),
    "version": ("version", "the certificate is of a version of X.509 other than 3"),
    "unreadable": ("unreadable-certificate", "what stands there is not a certificate of X.509"),
    "not-read": ("not-read", "there are so many certificates that this one was not read"),
}


def _unreadable(block: FoundBlock, found: Unreadable) -> BundleFinding:
    code, words = _FAULTS[found.fault]
    more = f" ({found.words})" if found.words else ""
    return finding(code, f"{block_in_words(block)}: {words}{more}", block.first)


# --- one certificate -------------------------------------------------------------------------------


def _certificate(
    block: FoundBlock, found: FoundCertificate, now: datetime.datetime, pins: frozenset[str]
) -> Iterator[BundleFinding]:
    for code, words in (
        *_size(block, found),
        *_key(found.certificate.key),
        *_signature(found.certificate.signature),
        *_authority(found),
        *_dates(found.certificate, now),
        *_known(found.certificate, pins),
    ):
        yield finding(code, f"line {block.first}: {_name(found.certificate)} {words}", block.first)


_COMMON_NAME: Final = re.compile(r"CN=(?:[^,\\]|\\.)+")
_LONGEST_NAME: Final = 100


def _name(certificate: Certificate) -> str:
    """Its common name, or its whole subject, short enough for a line; its fingerprint where it has none."""
    common = _COMMON_NAME.match(certificate.subject)
    name = certificate.subject if common is None else common[0]
    if not name:
        return f"the certificate {certificate.sha256[:16]}"
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def _size(block: FoundBlock, found: FoundCertificate) -> Iterator[tuple[str, str]]:
    if found.version != 3:  # noqa: PLR2004  of X.509
        yield "version", f"is of version {found.version} of X.509, and only version 3 is taken"
    if found.der_bytes > MOST_CERTIFICATE_BYTES:
        yield "certificate-too-large", f"has {found.der_bytes:,} bytes, more than {MOST_CERTIFICATE_BYTES:,}"
    elif block.size > MOST_CERTIFICATE_BYTES:
        words = f"has {block.size:,} bytes as PEM, more than {MOST_CERTIFICATE_BYTES:,}, and {found.der_bytes:,} as DER"
        yield "large-pem", words


_ML_DSA: Final = {
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}
"""RFC 9881, section 2."""


def _key(key: str) -> Iterator[tuple[str, str]]:
    kind, _, size = key.partition(" ")
    if kind == "RSA":
        bits = int(size)
        if bits < SMALLEST_RSA:
            yield "rsa-too-small", f"has a key of RSA {bits}, less than {SMALLEST_RSA} bits"
        if bits > LARGEST_RSA:
            yield "rsa-too-large", f"has a key of RSA {bits}, more than {LARGEST_RSA} bits"
    elif kind == "ECDSA":
        if size not in CURVES:
            yield "curve", f"has a key on the curve {size}, and only {', '.join(CURVES)} are taken"
    elif kind in {"Ed25519", "Ed448"}:
        yield "edwards-key", f"has a key of {kind}, which a load balancer does not take"
    elif size in _ML_DSA:
        yield "post-quantum-key", f"has a key of {_ML_DSA[size]}, which Cloudflare takes and a load balancer does not"
    else:
        yield "other-key", f"has a key of another kind ({key}) than RSA and ECDSA"


_WEAK: Final = ("MD5", "SHA1", "SHA224")


def _signature(signature: str) -> Iterator[tuple[str, str]]:
    kind, _, digest = signature.partition(" ")
    if kind in {"RSA", "ECDSA", "RSASSA-PSS"} and digest in DIGESTS:
        return
    if digest in _WEAK:
        yield "weak-digest", f"is signed with {digest}, and only {', '.join(DIGESTS)} are taken"
    else:
        named = _ML_DSA.get(digest, signature)
        yield "signature-algorithm", f"is signed by {named}, which a load balancer does not take"


def _authority(found: FoundCertificate) -> Iterator[tuple[str, str]]:
    certificate = found.certificate
    if found.constraints == "absent":
        yield "no-constraints", "does not say that it is an authority's: it has no basic constraints"
    elif not certificate.authority:
        yield "not-an-authority", "is no authority's (CA:FALSE): a client's certificate does not belong here"
    elif found.constraints == "not-critical":
        yield "constraints-not-critical", "has basic constraints that are not critical"
    if not certificate.authority:
        return
    if certificate.key_usage is None:
        yield "no-key-usage", "has no key usage"
    elif "key_cert_sign" not in certificate.key_usage:
        yield "no-certificate-signing", "may not sign certificates: its key usage lacks keyCertSign"
    if certificate.purposes is not None and not {"clientAuth", "anyExtendedKeyUsage"} & set(certificate.purposes):
        yield "purposes", f"is for {', '.join(certificate.purposes)} only, and not for clients"


def _dates(certificate: Certificate, now: datetime.datetime) -> Iterator[tuple[str, str]]:
    if certificate.not_after < certificate.not_before:
        yield "never-valid", f"ends on {_day(certificate.not_after)}, before it begins"
    elif now > certificate.not_after:
        if certificate.sha256 != EXPIRED_2015:
            yield "expired", f"expired on {_day(certificate.not_after)}"
    elif now < certificate.not_before:
        yield "not-yet-valid", f"holds only from {_day(certificate.not_before)} on"
    elif now + SOON > certificate.not_after:
        yield "expires-soon", f"expires on {_day(certificate.not_after)}"


def _known(certificate: Certificate, pins: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is to be said of a certificate of the edge's own, or of one that would like to be."""
    if certificate.sha256 == EXPIRED_2015:
        yield "shared-authority-2015", "is Cloudflare's shared authority of 2015, which expired on 2020-01-12"
    elif certificate.sha256 in PINS or certificate.sha256 in pins:
        yield "shared-authority", "is the shared authority: every customer of Cloudflare can show a certificate of it"
    elif resembles(certificate):
        words = f"looks like Cloudflare's shared authority and is not it (SHA-256 {certificate.sha256})"
        yield "shared-authority-look-alike", words
    elif is_origin_ca_root(certificate):
        yield "origin-ca-root", "names itself Cloudflare's Origin CA, which signs no certificate that the edge shows"


# --- the bundle as a whole -------------------------------------------------------------------------


def _together(reading: BundleReading, limits: BundleLimits) -> Iterator[BundleFinding]:
    blocks = [block for block in reading.blocks if block.label == _LABEL]
    if not blocks:
        yield finding("no-certificate", "there is no certificate in the file")
    if len(blocks) > limits.certificates:
        message = too_many(limits.certificates, len(blocks), "certificate", "L-43FE5A42")
        yield finding("too-many-certificates", message)
    found = reading.certificates()
    size = sum(each.subject_bytes for _, each in found)
    if size > limits.subject_bytes:
        message = too_many(limits.subject_bytes, size, "byte", "L-F31E307C")
        yield finding("subjects-too-long", f"the subjects of the certificates have together {message}")
    uneven = [block.first for block, each in found if not _even(block, each)]
    if uneven:
        message = f"{block_count(uneven)} not written in lines of 64 letters"
        yield finding("uneven-lines", message, *uneven)
    places: dict[str, list[int]] = {}
    for block, each in found:
        places.setdefault(each.certificate.sha256, []).append(block.first)
    for block, each in found:
        lines = places[each.certificate.sha256]
        if len(lines) > 1 and block.first == lines[0]:
            message = f"line {lines[0]}: {_name(each.certificate)} is in the file {len(lines)} times"
            yield finding("duplicate", message, *lines)


def block_count(lines: list[int]) -> str:
    """``the certificate of line 1 is``, ``2 certificates are``."""
    return f"the certificate of line {lines[0]} is" if len(lines) == 1 else f"{len(lines)} certificates are"


_WIDTH: Final = 64


def _even(block: FoundBlock, found: FoundCertificate) -> bool:
    """Whether a certificate takes as many lines as RFC 7468 gives it."""
    letters = 4 * -(-found.der_bytes // 3)
    return block.last - block.first - 1 == -(-letters // _WIDTH)


def _day(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d")
