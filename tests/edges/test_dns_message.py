"""Our reading of DNS messages, held against dnspython's."""

from __future__ import annotations

import contextlib

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings, strategies as st

from originlock.edges.dns_message import CODES, DnsMessageError, answer, query
from originlock.facts.dns import TYPES, NamedRecord, RecordType, normal

LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=5).map(".".join)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=300)


def _pieces(text: str) -> str:
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, max(len(text), 1), 255))


@st.composite
def contents(draw: st.DrawFn) -> tuple[RecordType, str, str]:
    """A type, a content as a zone file has it, and as we have it."""
    kind = draw(st.sampled_from(TYPES))
    match kind:
        case "A":
            address = str(draw(st.ip_addresses(v=4)))
            return kind, address, address
        case "AAAA":
            address = str(draw(st.ip_addresses(v=6)))
            return kind, address, address
        case "TXT":
            text = draw(TEXT)
            return kind, _pieces(text), text
        case "CAA":
            value = f'0 issue "{draw(LABEL)}"'
            return kind, value, value
        case _:
            name = draw(NAME)
            before = {"MX": "10 ", "SRV": "1 2 443 "}.get(kind, "")
            return kind, f"{before}{name}.", name


@given(NAME, contents(), st.integers(0, 65535))
@settings(deadline=None)
def test_what_dnspython_answers_is_read(name: str, content: tuple[RecordType, str, str], number: int) -> None:
    """A record would be read as another, or a question be asked that no server understands."""
    kind, zone_file, wanted = content
    asked = dns.message.from_wire(query(number, name, kind))
    assert not asked.flags & dns.flags.RD
    reply = dns.message.make_response(asked)
    reply.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", kind, zone_file))
    got = answer(reply.to_wire(), number, name, kind)
    assert got.records == (NamedRecord(name, kind, wanted),)
    assert not got.truncated


@given(st.binary(max_size=600), NAME, st.sampled_from(TYPES))
def test_any_bytes_are_an_answer_or_the_one_error(body: bytes, name: str, kind: RecordType) -> None:
    """A stranger's packet would end the command."""
    with contextlib.suppress(DnsMessageError):
        answer(body, 0, name, kind)


@given(st.data(), contents())
@settings(deadline=None)
def test_any_change_of_an_answer_is_read_or_refused(data: st.DataObject, content: tuple[RecordType, str, str]) -> None:
    """A packet that is nearly right would end the command, or never end."""
    kind, zone_file, _ = content
    reply = dns.message.make_response(dns.message.from_wire(query(7, "a.example", kind)))
    for _ in range(3):
        reply.answer.append(dns.rrset.from_text("a.example.", 300, "IN", kind, zone_file))
    body = bytearray(reply.to_wire())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    with contextlib.suppress(DnsMessageError):
        answer(bytes(body[:cut]), 7, "a.example", kind)


def _header(answers: int = 1) -> bytes:
    return b"\0\7\x80\0\0\1" + answers.to_bytes(2, "big") + b"\0\0\0\0" + b"\1a\0\0\1\0\1"


@pytest.mark.parametrize(
    "body",
    [
        _header() + b"\xc0\x13" + bytes(10),  # to itself
        _header() + b"\xc0\xff" + bytes(10),  # forward
        _header(60_000),
        _header() + b"\1a\0\0\1\0\1\0\0\0\0\0\xff",  # longer than the message
        _header() + b"\1a\0\0\1\0\1\0\0\0\0\0\3abc",  # an address of three bytes
        b"\0\10" + _header()[2:],  # another number
        _header().replace(b"\1a", b"\1b"),  # another question
    ],
)
def test_what_does_not_fit_is_refused(body: bytes) -> None:
    """A pointer that leads to itself would never end; an answer of somebody else would be believed."""
    with pytest.raises(DnsMessageError):
        answer(body, 7, "a", "A")


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64, ".".join(["x" * 60] * 5), "ä.example"])
def test_names_that_cannot_be_asked_for(name: str) -> None:
    """A label's length byte would be read as a pointer."""
    with pytest.raises(DnsMessageError):
        query(1, name, "A")


def test_odd_labels_are_escaped() -> None:
    """A dot or an escape sequence inside a label would pass for another name, or steer a terminal."""
    body = _header().replace(b"\1a", b"\1A") + b"\4a.\x1b\xe9\0\0\5\0\1\0\0\0\0\0\3\1b\0"
    assert answer(body, 7, "a", "A").records == (NamedRecord("a\\046\\027\\233", "CNAME", "b"),)


@pytest.mark.parametrize(
    "one, other",
    [
        (NamedRecord("A.example.", "CNAME", "B.Example."), NamedRecord("a.example", "CNAME", "b.example")),
        (NamedRecord("a", "TXT", '"v=spf1 -all"'), NamedRecord("a", "TXT", "v=spf1 -all")),
        (NamedRecord("a", "TXT", '"ab" "cd"'), NamedRecord("a", "TXT", "abcd")),
    ],
)
def test_records_that_say_the_same(one: NamedRecord, other: NamedRecord) -> None:
    """A record that was imported would be told as missing."""
    assert normal(one) == normal(other)
    assert set(CODES) == set(TYPES)
