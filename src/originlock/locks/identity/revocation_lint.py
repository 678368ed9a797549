"""Whether a load balancer takes a revocation list, and what a person should know of it.

Lives here: the rules on one list, and on the lists of a trust store together. Must not live here: the rules of PEM
(see `file_lint`), parsing, revoking.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from originlock.facts.bundle import Fault, FoundBlock, FoundList, RevocationReading, Unreadable
from originlock.locks.identity.file_lint import block_in_words, foreign_blocks, form_findings, line_findings, too_many
from originlock.locks.identity.findings import BundleFinding, in_order
from originlock.locks.identity.rules import DIGESTS, MOST_ENTRIES, MOST_LISTS, finding

SOON: Final = datetime.timedelta(days=1)
"""Our choice: time enough for a person to have another one made."""

_LABEL: Final = "X509 CRL"
_CERTIFICATE: Final = "CERTIFICATE"


def revocation_findings(
    reading: RevocationReading, now: datetime.datetime, *, with_bundle: bool
) -> tuple[BundleFinding, ...]:
    """Everything that is wrong with the file of a revocation list, errors first.

    Args:
        reading: the file.
        now: with time zone.
        with_bundle: whether it was read with the authorities that should have signed it.
    """
    return in_order(_all(reading, now, with_bundle=with_bundle))


def together_findings(readings: Sequence[RevocationReading]) -> tuple[BundleFinding, ...]:
    """What is wrong with all the lists of a trust store together."""
    return in_order(_together(readings))


def _all(reading: RevocationReading, now: datetime.datetime, *, with_bundle: bool) -> Iterator[BundleFinding]:
    yield from form_findings(reading)
    if reading.form == "der-revocation-list":
        yield finding("crl-der", "this is a revocation list as DER, and only PEM is taken")
    if reading.form == "der-certificate":
        yield finding("crl-der-certificate", "this is a certificate as DER, and no revocation list")
    if reading.form != "pem":
        return
    yield from line_findings(reading)
    yield from foreign_blocks(reading, _LABEL, _CERTIFICATE)
    yield from _blocks(reading)
    for block, found in reading.lists():
        for code, words in (*_content(found), *_dates(found, now), *_signer(found, with_bundle=with_bundle)):
            yield finding(code, f"line {block.first}: {words}", block.first)


def _blocks(reading: RevocationReading) -> Iterator[BundleFinding]:
    blocks = [block for block in reading.blocks if block.label == _LABEL]
    for block in reading.blocks:
        if block.label == _CERTIFICATE:
            yield finding("crl-certificate", f"{block_in_words(block)}: a certificate, and no list", block.first)
        elif isinstance(block.content, Unreadable):
            yield _unreadable(block, block.content)
    if not blocks:
        yield finding("crl-none", "there is no revocation list in the file")
    if len(blocks) > 1:
        message = f"there are {len(blocks)} revocation lists in the file, and AWS counts and names them by file"
        yield finding("crl-several", message, *(block.first for block in blocks))


_FAULTS: Final[dict[Fault, tuple[str, str]]] = {
    "no-end": ("begin-without-end", "a revocation list begins and does not end"),
    "empty": ("empty-block", "there is nothing between BEGIN and END"),
    "not-base64": ("not-base64", "what stands there is not base64"),
    "cut": ("crl-cut", "the revocation list is cut short"),
    "surplus": ("crl-bytes-after", "bytes follow the end of the revocation list"),
}


def _unreadable(block: FoundBlock, found: Unreadable) -> BundleFinding:
    code, words = _FAULTS.get(found.fault, ("crl-unreadable", "what stands there is not a revocation list of X.509"))
    more = f" ({found.words})" if found.words else ""
    return finding(code, f"{block_in_words(block)}: {words}{more}", block.first)


def _content(found: FoundList) -> Iterator[tuple[str, str]]:
    kind, _, digest = found.signature.partition(" ")
    if kind not in {"RSA", "ECDSA", "RSASSA-PSS"} or digest not in DIGESTS:
        yield "crl-signature-algorithm", f"the list is signed by {found.signature}, which a load balancer does not take"
    if found.delta:
        yield "crl-delta", "this is a delta list: it tells only what changed since another"
    if found.indirect:
        yield (
            "crl-indirect",
            "the list speaks of certificates of other issuers too, and AWS does not say whether it heeds that",
        )
    if found.partial:
        yield "crl-partial", "the list speaks of some certificates, or some reasons, only"
    if found.negative:
        words = f"{found.negative:,} of {found.entries:,} serials are below 0, and AWS cannot revoke those"
        yield "crl-negative-serials", words
    if found.entries > MOST_ENTRIES:
        yield "crl-too-many-entries", too_many(MOST_ENTRIES, found.entries, "revoked serial", "L-37E1617B")


def _dates(found: FoundList, now: datetime.datetime) -> Iterator[tuple[str, str]]:
    due = found.next_update
    if now < found.this_update:
        yield "crl-not-yet", f"the list is of {_moment(found.this_update)}, which is yet to come"
    if due is None:
        yield "crl-no-next-update", "the list does not say when the next one comes"
    elif now > due:
        words = "OpenSSL refuses such a list; whether a load balancer does, AWS does not say"
        yield "crl-expired", f"the next list was due on {_moment(due)}: {words}"
    elif now + SOON > due:
        yield "crl-expires-soon", f"the next list is due on {_moment(due)}, and nothing brings it to AWS by itself"


def _signer(found: FoundList, *, with_bundle: bool) -> Iterator[tuple[str, str]]:
    if not with_bundle or found.signers:
        return
    if found.named:
        yield "crl-signature", f"the bundle has {found.issuer}, and it did not sign this list"
    else:
        yield "crl-stranger", f"the list is of {found.issuer or 'nobody'}, which is not in the bundle"


def _together(readings: Sequence[RevocationReading]) -> Iterator[BundleFinding]:
    if len(readings) > MOST_LISTS:
        yield finding("crl-too-many-lists", too_many(MOST_LISTS, len(readings), "list", "L-332EE142"))
    listed = [found for reading in readings for _, found in reading.lists()]
    entries = sum(found.entries for found in listed)
    if len(listed) > 1 and entries > MOST_ENTRIES:
        message = too_many(MOST_ENTRIES, entries, "revoked serial", "L-37E1617B")
        yield finding("crl-too-many-entries", f"the lists have together {message}")
    twice = len(listed) - len({found.sha256 for found in listed})
    if twice:
        yield finding("crl-duplicate", f"{twice} of {len(listed)} lists are there more than once")


def _moment(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
