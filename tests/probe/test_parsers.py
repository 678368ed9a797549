"""What peers send is read without a slip, whatever it is: heads of HTTP, TLS records, alerts, the edge's trace."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, strategies as st

from originlock.facts.probing import Trace
from originlock.probe.alerts import ALERTS, alert_name, alert_of_reason
from originlock.probe.http import KEPT, MAX_BODY, MAX_HEAD, Answer, NotHttp, NotYet, Reading, request, shown
from originlock.probe.records import certificate_was_sent, is_tls, records, server_words
from originlock.probe.vantage import trace

PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 ",
        b"HTTP",
        b"301",
        b"Location: http://u:p@x/?secret\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Server:\x1b[31m\r\n",
        b":\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"3\r\nabc\r\n",
        b"ffffffffff\r\n",
        b"0\r\n\r\n",
        b"\x00",
    ]
)

SAFE = set(string.printable) - set("\r\t\x0b\x0c")


def visible(text: str) -> bool:
    """Whether a terminal would only show it."""
    return all(character in SAFE or ord(character) >= 0xA0 for character in text)


def read(pieces: list[bytes]) -> Reading:
    """Read these pieces."""
    reading = Reading()
    for piece in pieces:
        reading.feed(piece)
    return reading


@given(st.lists(PIECES | st.binary(max_size=40), max_size=40))
def test_any_answer(pieces: list[bytes]) -> None:
    """A peer's bytes would end a probe with a page of Python, or control a terminal."""
    reading = read(pieces)
    match reading.result():
        case Answer() as found:
            assert 100 <= found.status <= 999
            assert {name for name, _ in found.headers} <= KEPT
            assert all(visible(value) and "\n" not in value and len(value) <= 200 for _, value in found.headers)
            assert len(found.body) <= MAX_HEAD + MAX_BODY
            assert visible(found.body_start)
            assert "secret" not in repr(found.headers)
            assert "u:p" not in repr(found.headers)
        case NotHttp(start):
            assert visible(start)
        case NotYet():
            assert b"HTTP/".startswith(b"".join(pieces)[:5])


@given(st.lists(PIECES | st.binary(max_size=40), max_size=30), st.data())
@example([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello"], None)
def test_how_an_answer_is_cut_does_not_matter(pieces: list[bytes], data: st.DataObject | None) -> None:
    """A verdict would depend on how a network cut the bytes."""
    whole = b"".join(pieces)
    sizes = data.draw(st.lists(st.integers(1, 30), max_size=20)) if data else [1] * len(whole)
    cut, at = [], 0
    for size in sizes:
        cut.append(whole[at : at + size])
        at += size
    cut.append(whole[at:])
    assert read(cut).result() == read([whole]).result()
    assert read(cut).enough == read([whole]).enough


@given(st.lists(PIECES, max_size=30))
def test_enough_is_for_good(pieces: list[bytes]) -> None:
    """A probe would stop reading before it knows, or go on after."""
    reading = Reading()
    for piece in pieces:
        before, kind = reading.enough, type(reading.result())
        reading.feed(piece)
        assert not before or (reading.enough and type(reading.result()) is kind)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_request_is_one_request(host: str, path: str) -> None:
    """A name with a line break would write a second request."""
    try:
        made = request(host, path)
    except ValueError:
        return
    assert made.count(b"\r\n\r\n") == 1
    assert made.split(b"\r\n")[0] == f"GET {path} HTTP/1.1".encode()
    assert made.split(b"\r\n")[1] == f"Host: {host}".encode()


def record(kind: int, content: bytes) -> bytes:
    """A TLS record."""
    return bytes((kind, 3, 3)) + len(content).to_bytes(2, "big") + content


def message(kind: int, body: bytes) -> bytes:
    """A handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


RECORDS = st.builds(record, st.sampled_from([20, 21, 22, 23, 24]), st.binary(max_size=80))
MESSAGES = st.builds(
    lambda messages: record(22, b"".join(messages)),
    st.lists(st.builds(message, st.sampled_from([0, 2, 11, 13, 14, 16]), st.binary(max_size=80)), max_size=6),
)


@given(st.lists(RECORDS | MESSAGES | st.binary(max_size=20), max_size=12))
def test_any_records(pieces: list[bytes]) -> None:
    """A peer's bytes would end a probe with a page of Python."""
    raw = b"".join(pieces)
    words = server_words(raw)
    assert words.tls is (is_tls(raw) if raw else None)
    assert words.version in {None, "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}
    assert all(alert_name(code) for _, code in words.alerts)
    assert sum(len(each.content) for each in records(raw)) <= len(raw)
    assert isinstance(certificate_was_sent(raw, sha384=True), bool)


HELLO_12 = bytes.fromhex("0303") + bytes(32) + b"\x00" + bytes.fromhex("c02f00")
HELLO_13 = HELLO_12 + bytes.fromhex("0006002b00020304")


@pytest.mark.parametrize(
    "raw, version, asked",
    [
        (record(22, message(2, HELLO_12)), "TLSv1.2", None),
        (record(22, message(2, HELLO_12) + message(14, b"")), "TLSv1.2", False),
        (record(22, message(2, HELLO_12) + message(13, b"") + message(14, b"")), "TLSv1.2", True),
        (record(22, message(2, HELLO_12)) + record(22, message(13, b"")), "TLSv1.2", True),
        (record(22, message(2, HELLO_13)) + record(20, b"\x01") + record(23, b"x"), "TLSv1.3", None),
        (record(22, message(13, b"")), None, None),
        (record(22, b"\x02\x00"), None, None),
        (b"\x16\x03", None, None),
    ],
)
def test_what_a_server_says_in_the_clear(raw: bytes, version: str | None, asked: bool | None) -> None:  # noqa: FBT001 - what is expected
    """A server that asks for certificates would be taken for one that does not."""
    words = server_words(raw)
    assert (words.version, words.asked_for_certificate) == (version, asked)


@pytest.mark.parametrize(
    "contents, sha384, sent",
    [
        ([53], False, False),
        ([69], True, False),
        ([25, 53], False, True),  # an empty certificate, and Finished
        ([25, 69], True, True),
        ([61], False, True),  # both in one record
        ([800, 281, 53], False, True),
        ([], False, False),
    ],
)
def test_whether_a_certificate_was_sent(contents: list[int], sha384: bool, sent: bool) -> None:  # noqa: FBT001 - what is expected
    """A server that asks for certificates with TLS 1.3 would be taken for one that does not."""
    own = record(22, b"hello") + record(20, b"\x01") + b"".join(record(23, bytes(size)) for size in contents)
    assert certificate_was_sent(own, sha384=sha384) is sent


@given(st.binary(max_size=16))
def test_the_first_bytes_decide_as_they_come(raw: bytes) -> None:
    """What is not TLS would be taken for it after one more byte."""
    assert not is_tls(raw) or all(is_tls(raw[:length]) for length in range(len(raw)))


@given(st.none() | st.text(string.ascii_uppercase + "_0123456789", max_size=40), st.text(max_size=60))
def test_any_reason(reason: str | None, text: str) -> None:
    """An error of OpenSSL that is new would end a probe with a page of Python."""
    found = alert_of_reason(reason, text)
    assert found is None or found


@pytest.mark.parametrize(
    "reason, text, name",
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "", "certificate_required"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "", "bad_certificate"),
        ("TLSV1_ALERT_USER_CANCELLED", "", "user_canceled"),
        ("TLSV1_UNRECOGNIZED_NAME", "", "unrecognized_name"),
        ("WRONG_VERSION_NUMBER", "", None),
        (None, "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)", "no_application_protocol"),
        (None, "[SSL] unknown error (_ssl.c:1006)", None),
    ],
)
def test_reasons_by_the_registry(reason: str | None, text: str, name: str | None) -> None:
    """OpenSSL's names of alerts are not the registry's."""
    assert alert_of_reason(reason, text) == name
    assert name is None or name in ALERTS.values()


@given(st.binary(max_size=200))
def test_shown_bytes_are_safe(raw: bytes) -> None:
    """A banner would control a terminal."""
    assert visible(shown(raw))
    assert "\n" not in shown(raw)


# --- the edge's trace -----------------------------------------------------------------------------------------------

TRACE = """fl=12f345
h=origin.example
ip=192.0.2.66
ts=1700000000.000
visit_scheme=https
uag=originlock
colo=FRA
sliver=none
http=http/1.1
loc=DE
tls=TLSv1.3
sni=plaintext
warp=off
gateway=off
rbi=off
kex=X25519
"""


def test_a_trace() -> None:
    """What the edge calls this vantage would not be known."""
    assert trace(TRACE) == Trace(ip="192.0.2.66", host="origin.example", colo="FRA", warp="off")
    six = trace(TRACE.replace("192.0.2.66", "2001:db8:bad::9").replace("\n", "\r\n"))
    assert six is not None
    assert six.ip == "2001:db8:bad::9"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>ip=192.0.2.66</html>",
        TRACE.replace("ip=192.0.2.66", "ip=192.0.2.666"),
        TRACE.replace("ip=192.0.2.66", "ip=fe80::1%eth0"),
        TRACE.replace("h=origin.example\n", ""),
        TRACE.replace("ip=192.0.2.66", "ip=" + "1" * 10_000),
    ],
)
def test_what_is_no_trace(body: str) -> None:
    """A page of somebody else would tell this vantage its address."""
    assert trace(body) is None


@given(st.text() | st.lists(st.sampled_from([*TRACE.splitlines(), "=", "ip=", "h=\x1b"])).map("\n".join))
def test_any_trace(body: str) -> None:
    """A page of somebody else would end a run with a page of Python."""
    found = trace(body)
    assert found is None or all(visible(text) for text in (found.ip, found.host, found.colo, found.warp))
