"""Whatever comes from outside is read or refused: no crash, no hang, no other exception.

Each parser is fed noise, and real input with random wounds: the second finds what the first never reaches.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import random
import tomllib

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from originlock.edges import cloudflare
from originlock.edges.adapter import Document
from originlock.facts.edge import PublishedForm, UnreadableForm
from originlock.facts.networks import NotACidrError, parse
from originlock.intent.decode import decode as decode_configuration
from originlock.intent.policy import GroupsById, Limits, Overrides, Policy
from originlock.plan.document import PlanDamagedError, PlanFrame, composed, decode, encode
from originlock.plan.journal import Event
from originlock.probe.http import Reading
from originlock.probe.records import certificate_was_sent, server_words
from originlock.probe.vantage import trace

pytestmark = [pytest.mark.long, pytest.mark.fuzz]

MANY = settings(max_examples=20_000, deadline=2_000, suppress_health_check=list(HealthCheck))

SNAPSHOT = cloudflare.DESCRIPTION.snapshot
JSON = json.dumps(
    {
        "result": {
            "ipv4_cidrs": SNAPSHOT.ipv4,
            "ipv6_cidrs": SNAPSHOT.ipv6,
            "etag": "38f79d050aa027e3be3865e495dcc9bc",
        },
        "success": True,
        "errors": [],
        "messages": [],
    }
).encode()
TEXT4, TEXT6 = ("\n".join(cidrs).encode() for cidrs in (SNAPSHOT.ipv4, SNAPSHOT.ipv6))
TOML = b"""
[origins.blog]
region = "eu-west-1"
security_groups = ["sg-0123456789abcdef0"]
hostnames = ["www.example.org"]
[origins.blog.network]
ports = [443, 8443]
foreign = "remove"
foreign_rules = ["sgr-0123456789abcdef0"]
[[origins.blog.exceptions]]
source = "203.0.113.7/32"
owner = "ops@example.org"
reason = "office"
expires = 2027-03-31
[limits]
changes_per_second = 2.5
"""
PLAN = encode(
    composed(
        PlanFrame((Policy("blog", GroupsById(("sg-0123456789abcdef0",))),), Limits(), Overrides(), accepted=None), ()
    )
)


POISON = [b"\x00", b"9" * 400, b"[" * 400, b'"', b"\\", b"\xff\xfe", b"-1", b"{}"]


@st.composite
def wounded(draw: st.DrawFn, original: bytes) -> bytes:
    """Real input in which pieces are cut out, doubled, swapped or overwritten."""
    chance = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311  no secret
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        at, length = chance.randrange(len(data) + 1), chance.randrange(1, 12)
        piece = data[at : at + length]
        match chance.randrange(4):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = piece * chance.randrange(1, 50)
            case 2:
                data[at : at + length] = chance.randbytes(length)
            case _:
                data[at : at + length] = chance.choice(
                    [b"\x00", b"9" * 400, b"[" * 400, b'"', b"\\", b"\xff\xfe", b"-1", b"{}"]
                )
    return bytes(data)


def noise_or(original: bytes) -> st.SearchStrategy[bytes]:
    """Noise, or wounded real input."""
    return st.one_of(st.binary(max_size=400), wounded(original), wounded(original), wounded(original))


@MANY
@given(noise_or(JSON))
def test_the_json_form(body: bytes) -> None:
    """An answer of the API that crashes the reader."""
    reading = cloudflare.decode_json("json", (Document("https://example.org/ips", body, "application/json"),))
    assert isinstance(reading, PublishedForm | UnreadableForm)


@MANY
@given(noise_or(TEXT4), noise_or(TEXT6))
def test_the_text_form(ipv4: bytes, ipv6: bytes) -> None:
    """A text list that crashes the reader."""
    documents = (Document("https://example.org/4", ipv4, "text/plain"), Document("https://example.org/6", ipv6))
    reading = cloudflare.decode_text("text", documents)
    assert isinstance(reading, PublishedForm | UnreadableForm)


@MANY
@given(noise_or(TOML))
def test_the_configuration(data: bytes) -> None:
    """A file that crashes the decoder, or one that is wrong and gives a configuration."""
    try:
        document = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return
    decoded = decode_configuration(document, {}, (cloudflare.DESCRIPTION,))
    assert (decoded.configuration is None) == bool(decoded.problems)


@MANY
@given(noise_or(PLAN))
def test_a_saved_plan(data: bytes) -> None:
    """A file that crashes `apply FILE`, or an altered plan that passes for the saved one."""
    with contextlib.suppress(PlanDamagedError):
        assert decode(data) == decode(PLAN)


@MANY
@given(noise_or(b'{"event":"run-ended","run":"r","at":"2026-11-22T00:00:00+00:00","outcome":"done","exit_code":0}'))
def test_a_line_of_the_journal(data: bytes) -> None:
    """A torn line that stops the reading of the others."""
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        msgspec.json.decode(data, type=Event)


ANSWER = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 301 Moved Permanently\r\nServer: cloudflare\r\n"
    b"CF-RAY: 8f0-FRA\r\nLocation: https://user:word@example.org/in?token=secret\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: text/plain\r\n\r\n5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n"
)


@MANY
@given(noise_or(ANSWER), st.integers(1, 50))
def test_an_answer_to_a_probe(data: bytes, size: int) -> None:
    """An answer that crashes a probe, or one that reads otherwise when it comes in pieces."""
    whole, pieces = Reading(), Reading()
    whole.feed(data)
    for at in range(0, len(data), size):
        pieces.feed(data[at : at + size])
    assert whole.result() == pieces.result()
    assert "\x1b" not in repr(whole.result())


FLIGHT = (
    bytes.fromhex("160303002a 02000026 0303 5a5a")
    + bytes(30)
    + bytes.fromhex("00 c02f 00")
    + bytes.fromhex("1603030012 0b00000e 00000b 000008 3006020101020101")
    + bytes.fromhex("1603030008 0d000000 0e000000 1503030002 0228")
)
"""The records of a TLS 1.2 server: hello, certificate, request for one, done, an alert."""


@MANY
@given(noise_or(FLIGHT))
def test_the_records_of_a_server(data: bytes) -> None:
    """Records that crash a probe."""
    words = server_words(data)
    assert len(words.certificate or b"") <= len(data)
    assert certificate_was_sent(data, sha384=False) in {True, False}


@MANY
@given(noise_or(b"fl=1\nh=www.example.org\nip=2001:db8::1\nts=1.0\nuag=x\ncolo=FRA\nwarp=off\n"))
def test_the_trace_of_the_edge(data: bytes) -> None:
    """A page of the edge that crashes a probe, or tells an address that is none."""
    found = trace(data.decode("latin-1"))
    if found is not None:
        ipaddress.ip_address(found.ip)


@MANY
@given(st.one_of(st.text(max_size=60), wounded(b"2606:4700::/32").map(lambda b: b.decode("latin-1"))))
def test_a_cidr(text: str) -> None:
    """A spelling that raises something else than the refusal."""
    with contextlib.suppress(NotACidrError):
        assert parse(parse(text)) == parse(text)
