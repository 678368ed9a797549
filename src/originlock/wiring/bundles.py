"""From the names of files to what is wrong with them.

Lives here: bringing the reading of files, their parsing and the rules together. Must not live here: any of these.
"""

from __future__ import annotations

import datetime

from originlock.locks.identity.bundle_lint import findings
from originlock.locks.identity.revocation_lint import revocation_findings, together_findings
from originlock.pki.bundles import MOST_BUNDLE_BYTES, MOST_LIST_BYTES, read_bundle, read_revocation_list
from originlock.report.bundles import CheckedBundle, CheckedList
from originlock.wiring.files import STDIN, read_bounded


def checked_bundle(
    file: str, lists: tuple[str, ...], now: datetime.datetime, pins: frozenset[str] = frozenset()
) -> CheckedBundle:
    """Read a bundle and the revocation lists that go with it, and hold them against the rules.

    Args:
        file: its name; ``-`` is stdin.
        lists: the names of the files of revocation lists.
        now: with time zone.
        pins: fingerprints of the edge's shared authority that are believed beside those that are known.

    Raises:
        UsageError: a file cannot be read.
    """
    reading = read_bundle(read_bounded(file, MOST_BUNDLE_BYTES))
    authorities = tuple(found.certificate.pem for _, found in reading.certificates())
    held = tuple(_checked_list(name, authorities, now) for name in lists)
    return CheckedBundle(
        _shown(file),
        reading,
        findings(reading, now, pins),
        held,
        together_findings(tuple(each.reading for each in held)),
    )


def _checked_list(name: str, authorities: tuple[str, ...], now: datetime.datetime) -> CheckedList:
    reading = read_revocation_list(read_bounded(name, MOST_LIST_BYTES), authorities)
    return CheckedList(_shown(name), reading, revocation_findings(reading, now, with_bundle=bool(authorities)))


def _shown(name: str) -> str:
    return "stdin" if name == STDIN else name
