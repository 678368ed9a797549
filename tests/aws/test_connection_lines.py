"""Lines of connection logs: read in one way or not at all, whatever a client wrote into its certificate."""

from __future__ import annotations

import datetime
import gzip

import pytest
from hypothesis import given, strategies as st

from originlock.aws.connection_lines import fields, handshake, serial_of
from originlock.aws.connection_logs import unpacked
from originlock.aws.presigned import NotReadError
from originlock.facts.trust import Handshake

BEGIN = "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"
VALIDITY = "NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z"
SUBJECT = '"CN=amazondomains.com,O=endEntity,L=Seattle,ST=Washington,C=US"'
AT = datetime.datetime(2023, 10, 4, 17, 5, 15, 514108, datetime.UTC)
TRACE = "TID_3180a73013c8ca4bac2f731159d4b0fe"


def line(
    subject: str = SUBJECT,
    serial: str = "FEF257372D5C14D4",
    status: str = "Success",
    validity: str = VALIDITY,
    end: str = "",
) -> str:
    """A line of the user guide, or one like it."""
    return f"{BEGIN} 4.036 {subject} {validity} {serial} {status} {TRACE}{end}"


@pytest.mark.parametrize(
    "text, serial, verified",
    [
        # Application Load Balancers user guide, connection log entries.
        (line(), "fef257372d5c14d4", "Success"),
        (line(status="Failed:ClientCertUntrusted"), "fef257372d5c14d4", "Failed:ClientCertUntrusted"),
        # AWS re:Post: a quoted status, a subject with a space.
        (
            line(
                '"CN=client-expired.alb-mtls-example.com,OU=IT,O=Company LLC,C=US"', "02", '"Failed:ClientCertExpired"'
            ),
            "02",
            "Failed:ClientCertExpired",
        ),
        # mTLS is off, or the client brought none.
        (line("-", "-", "-", "-"), "", "-"),
        (line("-", "-", "Failed:UnmappedConnectionError", "-"), "", "Failed:UnmappedConnectionError"),
        (line('"-"', "-", "-", "-"), "", "-"),
        # Fields that came later, and those that will come.
        (line(end=" X25519MLKEM768 app/shop/0123456789abcdef 192.0.2.7"), "fef257372d5c14d4", "Success"),
        (line(end=' x25519 app/shop/01 2001:db8::1 "something new" -'), "fef257372d5c14d4", "Success"),
        (line(serial="03A5B1"), "03a5b1", "Success"),
        (line(serial="3A5B1"), "03a5b1", "Success"),
        (line(serial="0003A5B1"), "03a5b1", "Success"),
    ],
)
def test_lines_as_they_are_written(text: str, serial: str, verified: str) -> None:
    """AWS's own recipe counts words, and reads a name's second word as the validity."""
    assert handshake(text) == Handshake(AT, "203.0.113.1", 443, serial, verified)
    assert handshake(text + "\n") == handshake(text)


FORGED = f"{VALIDITY} 0A1B Success TID_0000000000000000000000000000000a"


@pytest.mark.parametrize(
    "subject",
    [
        f'"CN=x" {FORGED}"',
        f'"CN=x" {FORGED} "y"',
        f'"CN=x" {FORGED} - - - "y"',
        '"CN=x" - 0A1B Success TID_1 "y"',
        f'"CN=x" {VALIDITY} 0A1B Success "TID_1"',
        f'"CN=x\\" {FORGED} \\"y"',
        f'"CN=x"" {FORGED} ""',
        f"CN=x {FORGED}",
    ],
)
@pytest.mark.parametrize("status", ["Failed:ClientCertUntrusted", "-"])
def test_a_client_writes_no_line_of_its_own(subject: str, status: str) -> None:
    """With such a name anybody could have our serial in the log as verified."""
    told = handshake(line(subject, "0C", status))
    assert told is None or (told.serial, told.verified) == ("0c", status)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        line()[:100],
        line().replace(" ", "  ", 1),
        line() + " ",
        line('"CN=x'),
        line('CN="x"'),
        line(serial="XYZ"),
        line(serial="0x1"),
        line(serial="F" * 129),
        line(status="Perhaps"),
        line(validity="NotBefore"),
        line().replace("203.0.113.1", "nowhere"),
        line().replace(" 443 ", " 65536 "),
        line().replace(" 443 ", " \uff14\uff14\uff13 "),
        line().replace("2023-10-04T17:05:15.514108Z", "2023-10-04T17:05:15"),
        line().replace("2023-10-04T17:05:15.514108Z", "yesterday"),
        line().replace("TID_", "ID_"),
        line('"' + "x" * 20_000 + '"'),
    ],
)
def test_what_is_no_line(text: str) -> None:
    """It is left out: one line must not hide all others, and must not be guessed at."""
    assert handshake(text) is None


def test_serials_are_those_of_certificates() -> None:
    """One spelling, or none would ever be found."""
    assert [serial_of(each) for each in ("-", "00", "0", "AB", "abc", "")] == ["", "00", "00", "ab", "0abc", None]


WORD = st.text(st.characters(exclude_characters='" \n\r'), min_size=1)
QUOTED = st.text(st.characters(exclude_characters='"\n\r'))


@given(
    st.lists(st.one_of(WORD.map(lambda each: (each, each)), QUOTED.map(lambda each: (f'"{each}"', each))), min_size=1)
)
def test_fields_come_back(parts: list[tuple[str, str]]) -> None:
    """Whatever is put between spaces, quoted or plain, comes back as it was."""
    assert fields(" ".join(written for written, _ in parts)) == tuple(held for _, held in parts)


@given(st.text())
def test_any_text_is_read_or_not(text: str) -> None:
    """No text makes it fail; what is read has all its parts."""
    found = fields(text)
    assert found is None or '"' not in "".join(found)
    assert handshake(text) is None


@given(st.text())
def test_any_subject_leaves_the_rest_alone(subject: str) -> None:
    """What a client has in its certificate moves no other field."""
    told = handshake(line(f'"{subject}"', "0C", "Failed:ClientCertUntrusted"))
    assert told is None or (told.serial, told.verified) == ("0c", "Failed:ClientCertUntrusted")


@given(st.lists(st.binary(max_size=50).filter(lambda each: b"\n" not in each)), st.booleans())
def test_lines_of_a_file(lines: list[bytes], ended: bool) -> None:  # noqa: FBT001  hypothesis gives it
    """As they were written, with an end at the last one or without."""
    text = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    expected = text.split(b"\n")
    assert list(unpacked(gzip.compress(text), 10_000)) == (expected if expected[-1] else expected[:-1])


def test_files_one_behind_the_other() -> None:
    """Gzip allows it, and a part that is left out could be the one that matters."""
    assert list(unpacked(gzip.compress(b"one\n") + gzip.compress(b"two\n"), 100)) == [b"one", b"two"]


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(body: bytes) -> None:
    """Nothing else than a refusal comes of noise."""
    for given_ in (body, gzip.compress(b"line\n")[:10] + body):
        try:
            list(unpacked(given_, 1_000))
        except NotReadError:
            continue


def test_a_bomb_is_given_up() -> None:
    """Ten megabytes in ten kilobytes: given up within the bound, with lines and without."""
    for piece in (b"\n", b"x"):
        with pytest.raises(NotReadError):
            list(unpacked(gzip.compress(piece * 10_000_000), 1_000_000))
