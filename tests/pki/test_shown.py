"""How an authority is shown as time goes by."""

from __future__ import annotations

import datetime

from tests.pki.conftest import NOW

from originlock.facts.certificates import Authority
from originlock.pki.authorities import AuthorityFiles
from originlock.report.authorities import authorities_document, authority_data, authority_document
from originlock.report.document import Tone, as_text

DAY = datetime.timedelta(days=1)


def made(files: AuthorityFiles) -> Authority:
    """One with a good leaf and a revoked one."""
    files.init("shop", NOW)
    files.issue("shop", "gone", NOW)
    files.revoke("shop", "gone", NOW)
    files.issue("shop", "edge", NOW)
    found = files.authority("shop")
    assert found is not None
    return found


def test_what_is_due_and_what_has_ended(files: AuthorityFiles) -> None:
    """A person would learn that a certificate has ended from the visitors."""
    authority = made(files)
    text = as_text(authority_document(authority, NOW), colour=False)
    assert "leaf edge, until 2027-11-22 (364 days left)\n" in text
    assert "leaf gone, revoked 2026-11-22" in text
    assert "due" not in text
    due = as_text(authority_document(authority, NOW + 250 * DAY), colour=False)
    assert "leaf edge, until 2027-11-22 (114 days left), due for renewal" in due
    assert "ended 2026-12-22: 1 certificate, due for the next one" in due
    ended = authority_document(authority, NOW + 366 * DAY)
    assert [line.tone for line in ended if line.text.startswith("leaf edge, ended 2027-11-22")] == [Tone.BAD]
    (line,) = authorities_document([authority], NOW + 366 * DAY, "here")
    assert "0 good leaves" in line.text


def test_the_same_for_machines(files: AuthorityFiles) -> None:
    """A monitor would find out too late, or count from another day."""
    authority = made(files)

    def told(days: int) -> list[object]:
        data = authority_data(authority, NOW + days * DAY)
        leaves, lists = data["leaves"], data["revocation_lists"]
        assert isinstance(leaves, list)
        assert isinstance(lists, list)
        return [leaves[1]["days_left"], leaves[1]["due"], lists[0]["days_left"], lists[0]["due"]]

    assert told(0) == [364, False, 29, False]
    assert told(250) == [114, True, -221, True]
    assert told(366) == [-2, True, -337, True]
