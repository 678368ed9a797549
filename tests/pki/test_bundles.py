"""Files of certificates are read whole: what is where, and nothing of a key."""

from __future__ import annotations

import pytest
from tests.pki.bad_files import BAD_BUNDLES, BAD_LISTS, KEY, PEM, ROOT, Case
from tests.pki.making import made

from originlock.facts.bundle import FoundCertificate, Unreadable
from originlock.pki.bundles import MOST_BUNDLE_BYTES, read_bundle, read_revocation_list

LINES = len(PEM.splitlines())


def test_blocks_have_their_lines() -> None:
    """A finding would point to the wrong certificate."""
    reading = read_bundle(f"# one\n{PEM}# two\n{made('two').pem}".encode())
    assert [(block.first, block.last) for block in reading.blocks] == [(2, LINES + 1), (LINES + 3, 2 * LINES + 2)]
    assert [(line.number, line.kind) for line in reading.lines] == [(1, "comment"), (LINES + 2, "comment")]


def test_who_signed_whom() -> None:
    """A chain could not be told from a heap of certificates."""
    below = ROOT.below("below")
    reading = read_bundle((below.pem + PEM).encode())
    (_, first), (_, second) = reading.certificates()
    assert first.signers == (second.certificate.sha256,)
    assert second.signers == ()
    assert second.certificate.self_signed


def test_a_chain_that_is_too_much_work_is_unknown() -> None:
    """A file of hundreds of authorities with one name would keep the machine busy for minutes."""
    many = "".join(made("one name", serial=number).pem for number in range(1, 60))
    reading = read_bundle(many.encode())
    known = [found.signers for _, found in reading.certificates()]
    assert None in known
    assert known[0] is not None


@pytest.mark.parametrize("text", [KEY, PEM + KEY, KEY.removesuffix("-----END PRIVATE KEY-----\n")])
def test_nothing_of_a_key_is_kept(text: str) -> None:
    """A key that was put into a bundle by mistake would be shown again by every report."""
    reading = read_bundle(text.encode())
    said = repr(reading)
    assert "PRIVATE KEY" in said
    assert all(line not in said for line in KEY.splitlines()[1:-1])


@pytest.mark.parametrize("case", [*BAD_BUNDLES, *BAD_LISTS], ids=lambda case: case.title)
def test_whatever_is_in_a_file_it_is_read(case: Case) -> None:
    """A bad file would end in a traceback instead of a finding; and its size is what it is."""
    for reading in (read_bundle(case.data), read_revocation_list(case.data, (PEM,))):
        assert reading.size == len(case.data)


def test_what_is_too_large_is_not_read() -> None:
    """A file of any size would fill the memory."""
    reading = read_bundle(PEM.encode() + b"#" * MOST_BUNDLE_BYTES)
    assert (reading.form, reading.blocks, reading.lines) == ("too-large", (), ())


def test_an_unreadable_block_hides_no_other() -> None:
    """A person would mend one certificate at a time."""
    reading = read_bundle(f"{PEM.replace('MII', '!II', 1)}{PEM}".encode())
    assert [type(block.content) for block in reading.blocks] == [Unreadable, FoundCertificate]


def test_the_facts_of_a_list() -> None:
    """A list would be judged by what it does not say."""
    (case,) = (each for each in BAD_LISTS if each.title == "delta")
    ((_, found),) = read_revocation_list(case.data, (PEM,)).lists()
    assert (found.delta, found.indirect, found.partial, found.entries) == (True, False, False, 0)
    assert found.signers == found.named
    assert (found.issuer, found.signature) == ("CN=root", "ECDSA SHA256")
