"""Cloudflare's shared authority of origin pulls: never believed on sight, only by its fingerprint.

Lives here: the pins, and the judgement of what was downloaded. Must not live here: the download (see
`originlock.edges.shared_authority`), and whether a shared authority is wanted.

The certificates of 2015 and of 2019 have the same subject, serial, key identifier and even key (both looked at with
OpenSSL); so does whatever a forger makes, but for the key. SHA-256 of the whole certificate is its only name.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal, assert_never

import msgspec

from originlock.facts.bundle import BundleReading
from originlock.facts.certificates import Certificate, ders_in
from originlock.facts.unknown import Unknown

PINS: Final = {
    "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9": (
        "Cloudflare's shared origin-pull authority of 2019, which holds until 2029-11-01"
    ),
}
"""SHA-256 of the DER, and what it is. From https://developers.cloudflare.com/ssl/static/authenticated_origin_pull_ca.pem
as many public repositories keep it, which agree; the page itself was not asked when this was written."""

EXPIRED_2015: Final = "062465eea14401f48be7d9a873f2ee674f96806584225d50c04f761d4480b8ba"
"""The one before, which expired on 2020-01-12, as those repositories keep it from the years before."""

_SUBJECT: Final = "CN=origin-pull.cloudflare.net,ST=California,L=San Francisco,OU=Origin Pull,O=CloudFlare\\, Inc.,C=US"
_SERIAL: Final = "5791ba9556c22e61"
_KEY_ID: Final = bytes.fromhex("0603551d0e04160414" + "43594b2b698b80e111336a57cd5738da9e7dc5eb")
"""The extension as DER: 2.5.29.14 and the identifier (RFC 5280, section 4.2.1.2)."""

_ORIGIN_CA: Final = "OU=CloudFlare Origin SSL"
"""How a unit of Cloudflare's Origin CA roots, RSA and ECC, begins: OU=CloudFlare Origin SSL Certificate Authority and
OU=CloudFlare Origin SSL ECC Certificate Authority (https://github.com/cloudflare/cloudflared, tlsconfig)."""

Reason = Literal[
    "unreadable",
    "none",
    "several",
    "expired-2015",
    "signature",
    "look-alike",
    "not-an-authority",
    "another",
    "not-yet-valid",
    "expired",
]


class AcceptedAuthority(msgspec.Struct, frozen=True, tag="accepted"):
    """A certificate that is what it should be: its fingerprint is pinned.

    Attributes:
        pinned: what the pin stands for.
    """

    certificate: Certificate
    pinned: str


class RefusedAuthority(msgspec.Struct, frozen=True, tag="refused"):
    """What is not to be used.

    Attributes:
        words: why, one line.
        remedy: what to do.
    """

    reason: Reason
    words: str
    remedy: str


Judgement = AcceptedAuthority | RefusedAuthority

_KEEP: Final = "keep what is in use; look at Cloudflare's documentation, and compare the SHA-256"
_OWN: Final = "use an authority of your own; if Cloudflare announced a new one, add its SHA-256 to the pins"


def judge_shared(
    certificate: Certificate | Unknown, pins: frozenset[str], now: datetime.datetime
) -> AcceptedAuthority | RefusedAuthority:
    """Whether this is Cloudflare's shared authority, and usable.

    Args:
        certificate: what was downloaded.
        pins: fingerprints that are believed beside `PINS`, as `pin_of` gives them.
        now: with time zone.
    """
    match certificate:
        case Unknown():
            return RefusedAuthority("unreadable", f"{certificate.what}: {certificate.reason}", _KEEP)
        case Certificate():
            return _judged(certificate, pins, now)
        case _:
            assert_never(certificate)


def _judged(certificate: Certificate, pins: frozenset[str], now: datetime.datetime) -> Judgement:
    name = certificate.sha256
    if name == EXPIRED_2015:
        words = "this is the shared authority of 2015, which expired on 2020-01-12; that of 2019 has its name and key"
        return RefusedAuthority("expired-2015", words, _KEEP)
    if name not in PINS and name not in pins:
        return _stranger(certificate)
    pinned = PINS.get(name, "pinned by the configuration")
    refused = _unusable(certificate, now)
    return refused or AcceptedAuthority(certificate, pinned)


def _unusable(certificate: Certificate, now: datetime.datetime) -> RefusedAuthority | None:
    """Why a certificate that is pinned is not usable all the same."""
    if not certificate.self_signed:
        return RefusedAuthority("signature", "it is pinned, but its own signature does not verify", _OWN)
    if not certificate.authority:
        return RefusedAuthority("not-an-authority", "it is pinned, but it is no authority's", _OWN)
    if now < certificate.not_before:
        return RefusedAuthority("not-yet-valid", f"it holds only from {_day(certificate.not_before)} on", _KEEP)
    if now > certificate.not_after:
        return RefusedAuthority("expired", f"it expired on {_day(certificate.not_after)}", _OWN)
    return None


def _stranger(certificate: Certificate) -> RefusedAuthority:
    """Why a certificate that nobody pinned is refused."""
    said = f"SHA-256 {certificate.sha256}"
    if resembles(certificate):
        if certificate.subject == certificate.issuer and not certificate.self_signed:
            words = f"it has the shared authority's name, and its own signature does not verify ({said})"
            return RefusedAuthority("signature", words, _KEEP)
        words = f"it looks like the shared authority, and is another certificate ({said})"
        return RefusedAuthority("look-alike", words, _OWN)
    if not certificate.authority:
        words = f"it is no authority's, but a certificate of {certificate.subject} ({said})"
        return RefusedAuthority("not-an-authority", words, _KEEP)
    return RefusedAuthority("another", f"it is another authority altogether: {certificate.subject} ({said})", _KEEP)


def judge_download(reading: BundleReading, pins: frozenset[str], now: datetime.datetime) -> Judgement:
    """Whether a downloaded file holds Cloudflare's shared authority, it alone, and usable."""
    if reading.form == "too-large":
        return RefusedAuthority("unreadable", f"the download has more than {reading.limit:,} bytes", _KEEP)
    if reading.form != "pem":
        return RefusedAuthority("unreadable", f"the download is not PEM ({reading.form})", _KEEP)
    if not reading.blocks:
        return RefusedAuthority("none", "there is no certificate in the download", _KEEP)
    if len(reading.blocks) > 1:
        return RefusedAuthority("several", f"there are {len(reading.blocks)} blocks in the download, not one", _KEEP)
    found = reading.certificates()
    if not found:
        words = f"the {reading.blocks[0].label} in the download cannot be read as a certificate"
        return RefusedAuthority("unreadable", words, _KEEP)
    return judge_shared(found[0][1].certificate, pins, now)


def resembles(certificate: Certificate) -> bool:
    """Whether a certificate has what people know the shared authority by: its subject, serial or key identifier."""
    by_key = any(_KEY_ID in der for der in ders_in(certificate.pem))
    return certificate.subject == _SUBJECT or certificate.serial == _SERIAL or by_key


def is_origin_ca_root(certificate: Certificate) -> bool:
    """Whether a certificate names itself Cloudflare's Origin CA: it signs what origins show, not what the edge shows.

    By its subject only; of that nothing hangs but a warning.
    """
    return _ORIGIN_CA in certificate.subject


def pin_of(text: str) -> str | None:
    """A SHA-256 as people copy it, in upper case or with colons, as a pin; None if it is none."""
    digits = text.strip().replace(":", "").lower()
    return digits if len(digits) == 64 and set(digits) <= set("0123456789abcdef") else None  # noqa: PLR2004  of SHA-256


def _day(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d")
