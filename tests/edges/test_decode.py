"""From bytes to entries: what is read, and every way to be refused."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from originlock.edges.adapter import Document
from originlock.edges.cloudflare import DESCRIPTION, decode_json, decode_text
from originlock.facts.edge import PublishedForm, Ranges, UnreadableForm
from originlock.facts.networks import parse

DATA = Path(__file__).parents[3] / "shared" / "data"
GOOD = {
    "result": {"ipv4_cidrs": ["8.8.8.0/24"], "ipv6_cidrs": ["2a00::/32"], "etag": "mark"},
    "success": True,
}
RESULT = GOOD["result"]
TEXT6 = Document("https://edge.example/v6", b"2a00::/32")


def of_json(body: bytes, content_type: str = "application/json") -> PublishedForm | UnreadableForm:
    """Read a body as the API's answer."""
    return decode_json("json", (Document("https://edge.example/ips", body, content_type),))


def of_text(body: bytes, content_type: str = "text/plain") -> PublishedForm | UnreadableForm:
    """Read a body as the IPv4 list."""
    return decode_text("text", (Document("https://edge.example/v4", body, content_type), TEXT6))


def dumped(**changes: object) -> bytes:
    """The good answer with another result."""
    return json.dumps({"result": {**dict(RESULT), **changes}, "success": True}).encode()  # type: ignore[call-overload]


def test_good_json() -> None:
    """Entries as they stand there, and the mark; what is not asked for is let be."""
    expected = PublishedForm("json", ("https://edge.example/ips",), ("8.8.8.0/24",), ("2a00::/32",), "mark")
    assert of_json(json.dumps(GOOD).encode()) == expected
    assert of_json(json.dumps({**GOOD, "errors": [], "messages": [{"code": 1.5}]}).encode()) == expected
    unmarked = of_json(dumped(etag=None))
    assert isinstance(unmarked, PublishedForm)
    assert unmarked.etag is None


def test_entries_are_not_judged() -> None:
    """Whether an entry is a CIDR is for acceptance to say; so is an empty list."""
    read = of_json(dumped(ipv4_cidrs=["error", "", "10.0.0.0/8"], ipv6_cidrs=[]))
    assert isinstance(read, PublishedForm)
    assert (read.ipv4, read.ipv6) == (("error", "", "10.0.0.0/8"), ())


@pytest.mark.parametrize(
    "body,words",
    [
        (b"", "not JSON"),
        (b"null", "the whole is not an object but None"),
        (b"[]", "the whole is not an object but a list"),
        (b"error code: 1015", "not JSON"),
        (json.dumps(GOOD).encode()[:-1], "not JSON"),
        (json.dumps(GOOD).encode() + b" {}", "not JSON: Extra data"),
        (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "byte order mark"),
        (json.dumps(GOOD).encode("utf-16"), "not UTF-8"),
        (b'{"success": true, "x": "\xff"}', "not UTF-8 (byte 24)"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"success": NaN}', "NaN is not a JSON value"),
        (b'{"success": -Infinity}', "-Infinity is not"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"success": true, "success": true}', "'success' occurs twice"),
        (b'{"success": true, "result": {"etag": 1, "etag": 2}}', "'etag' occurs twice"),
        (b'{"result": {}}', "'success' is missing"),
        (b'{"success": false, "result": null, "errors": [{"code": 1}]}', "no success"),
        (b'{"success": "true", "result": {}}', "no success"),
        (b'{"success": 1, "result": {}}', "no success"),
        (b'{"success": true}', "'result' is missing"),
        (b'{"success": true, "result": []}', "'result' is not an object"),
        (b'{"success": true, "result": {"ipv6_cidrs": []}}', "'ipv4_cidrs' is missing"),
        (b'{"success": true, "result": {"ipv4_cidrs": []}}', "'ipv6_cidrs' is missing"),
        (dumped(ipv4_cidrs="8.8.8.0/24"), "'ipv4_cidrs' is not a list but '8.8.8.0/24'"),
        (dumped(ipv6_cidrs={}), "'ipv6_cidrs' is not a list but an object"),
        (dumped(ipv4_cidrs=["8.8.8.0/24", 8]), "'ipv4_cidrs' holds 8, which is not a string"),
        (dumped(ipv4_cidrs=[None]), "holds None"),
        (dumped(ipv4_cidrs=["8" * 65]), "longer than 64 characters"),
        (dumped(ipv4_cidrs=["8.8.8.0/24"] * 10_001), "10,001 entries, more than 10,000"),
        (dumped(etag=7), "etag is not printable text but 7"),
        (dumped(etag="\x1b[2J"), "etag is not printable text"),
        (dumped(etag="x" * 129), "etag is longer"),
    ],
    ids=str,
)
def test_bad_json(body: bytes, words: str) -> None:
    """Unparsable, in words of its own, that name the URL."""
    read = of_json(body)
    assert isinstance(read, UnreadableForm)
    assert read.guard == "unparsable"
    assert words in read.reason
    assert "https://edge.example/ips" in read.reason


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><html>", b"\r\n <html>", b"\xef\xbb\xbf<p>", b"<?xml version='1.0'?>"]
)
def test_web_pages(body: bytes) -> None:
    """A page with status 200, whatever it says that it is; or what says that it is one."""
    for read in (
        of_json(body),
        of_text(body),
        of_json(b"{}", "text/html; charset=utf-8"),
        of_text(b"", "Text/HTML"),
    ):
        assert isinstance(read, UnreadableForm)
        assert read.guard == "html"


@pytest.mark.parametrize(
    "body,entries",
    [
        (b"8.8.8.0/24\n8.8.4.0/24", ("8.8.8.0/24", "8.8.4.0/24")),
        (b"8.8.8.0/24\n8.8.4.0/24\n", ("8.8.8.0/24", "8.8.4.0/24")),
        (b"8.8.8.0/24\r\n8.8.4.0/24\r\n\r\n", ("8.8.8.0/24", "8.8.4.0/24")),
        (b"8.8.8.0/24\n\n\n", ("8.8.8.0/24",)),
        (b"8.8.8.0/2", ("8.8.8.0/2",)),
        (b"", ()),
        (b"\n", ()),
    ],
    ids=str,
)
def test_good_text(body: bytes, entries: tuple[str, ...]) -> None:
    """Line ends of both kinds, and what may follow the last."""
    read = of_text(body)
    assert isinstance(read, PublishedForm)
    assert (read.ipv4, read.ipv6, read.etag) == (entries, ("2a00::/32",), None)


@pytest.mark.parametrize(
    "body,words",
    [
        (b"error code: 1015", "line 1 is not an address range: 'error code: 1015'"),
        (b"8.8.8.0/24\n\n8.8.4.0/24", "line 2 is not an address range: ''"),
        (b"8.8.8.0/24\r8.8.4.0/24", "line 1 is not"),
        (b"8.8.8.0/24\n# a comment", "line 2 is not an address range: '# a comment'"),
        (b"8.8.8.0/24 \n", "line 1 is not"),
        (b"8.8.8.0/24,8.8.4.0/24", "line 1 is not"),
        (b"8.8.8.0/24\x00", "'8.8.8.0/24\\x00'"),
        (b"\x00" * 100, "line 1 is not"),
        (b"\x1b[2J8.8.8.0/24", "'\\x1b[2J8.8.8.0/24'"),
        ("8.8.8.0/２４".encode(), "not ASCII (byte 8)"),  # noqa: RUF001
        (b"\xef\xbb\xbf8.8.8.0/24", "not ASCII (byte 0)"),
        ("8.8.8.0/24".encode("utf-16"), "not ASCII"),
        (b'{"success": true}', "line 1 is not"),
        (b"8" * 65, "longer than 64 characters"),
        (b"8.8.8.0/24\n" * 10_001, "10,001 entries, more than 10,000"),
    ],
    ids=str,
)
def test_bad_text(body: bytes, words: str) -> None:
    """Unparsable, in words of its own, that name the URL."""
    read = of_text(body)
    assert isinstance(read, UnreadableForm)
    assert read.guard == "unparsable"
    assert words in read.reason
    assert "https://edge.example/v4" in read.reason


def test_length_of_both_documents_counts() -> None:
    """A text form whose one part has no declared length may be cut there."""
    part = Document("https://edge.example/v4", b"8.8.8.0/24", length_declared=False)
    for documents in ((part, TEXT6), (TEXT6, part)):
        read = decode_text("text", documents)
        assert isinstance(read, PublishedForm)
        assert not read.length_declared


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise(body: bytes) -> None:
    """Whatever comes, the answer is a form or a reason that a terminal can show."""
    for read in (of_json(body), of_text(body)):
        if isinstance(read, UnreadableForm):
            assert read.guard in {"html", "unparsable"}
            assert read.reason.isprintable()


def test_many_keys_take_no_time() -> None:
    """As many keys as fit into a body, the last of them twice."""
    keys = "".join(f'"{n}":1,' for n in range(25_000))
    before = time.monotonic()
    assert isinstance(of_json(f'{{{keys}"24999":1}}'.encode()), UnreadableForm)
    assert time.monotonic() - before < 1


def test_snapshot_has_its_size() -> None:
    """Fifteen and seven, none wider than the limits of the same description."""
    assert (len(DESCRIPTION.snapshot.ipv4), len(DESCRIPTION.snapshot.ipv6)) == (15, 7)


def test_snapshot_is_what_was_recorded() -> None:
    """Both forms as they came over the wire on the snapshot's date, where the recordings are at hand."""
    if not DATA.is_dir():
        pytest.skip("the recordings are not here")
    from_json = of_json((DATA / "cloudflare-ips.json").read_bytes())
    v4, v6 = ((DATA / f"cloudflare-ips-v{n}.txt").read_bytes() for n in (4, 6))
    from_text = decode_text("text", (Document("v4", v4), Document("v6", v6)))
    for read in (from_json, from_text):
        assert isinstance(read, PublishedForm)
        assert Ranges.of([parse(entry) for entry in read.ipv4 + read.ipv6]) == DESCRIPTION.snapshot
