"""The verdicts are right: everything that a server can do to a connection, on the loopback, over IPv4 and IPv6."""

from __future__ import annotations

import contextlib
import socket

import msgspec
import pytest
from tests.probe import peers
from tests.probe.peers import HELLO, Script, alert

from originlock.facts.probing import ANSWERED, CONNECTED, OUTCOME_MEANINGS, Ask, Outcome, Probed
from originlock.lab.authority import Leaf, root
from originlock.probe.alerts import ALERTS, CLOSE_NOTIFY
from originlock.probe.http import MAX_BODY, MAX_HEAD
from originlock.probe.prober import SocketProber

NAME = "origin.example"

FAMILIES = {"IPv4": "127.0.0.1", "IPv6": "::1"}


def probed(script: Script, *, tls: bool, address: str = "127.0.0.1", sni: str | None = None) -> Probed:
    """One probe of a peer that follows this script; short, for peers that never end."""
    with peers.peer(script, address) as server:
        ask = Ask(address, server.port, tls=tls, sni=sni, host=NAME, path="/?q=1")
        (answer,) = SocketProber(connect_seconds=1, seconds=1.5).probe((ask,))
        return answer


PLAIN = {
    "an answer": (peers.says(HELLO), Outcome.HTTP),
    "an error": (peers.says(b"HTTP/1.1 503 Busy\r\n\r\n"), Outcome.HTTP),
    "an answer without a reason": (peers.says(b"HTTP/1.1 403\r\n\r\n"), Outcome.HTTP),
    "HTTP/1.0": (peers.says(b"HTTP/1.0 200 OK\r\n\r\nhi"), Outcome.HTTP),
    "an answer that has line feeds alone": (peers.says(b"HTTP/1.1 200 OK\nServer: x\n\nhi"), Outcome.HTTP),
    "an answer after early hints": (peers.says(b"HTTP/1.1 103 Early Hints\r\nVia: x\r\n\r\n", HELLO), Outcome.HTTP),
    "an answer that is reset half way": (
        peers.says_and_resets(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
        Outcome.HTTP,
    ),
    "a status line, and a reset": (peers.says_and_resets(b"HTTP/1.1 200 OK\r\n"), Outcome.HTTP),
    "early hints, and nothing more": (peers.says(b"HTTP/1.1 103 Early Hints\r\n\r\n"), Outcome.HTTP),
    "a redirect": (peers.says(b"HTTP/1.1 301 Moved\r\nLocation: https://x.example/\r\n\r\n"), Outcome.REDIRECT),
    "a redirect that keeps the method": (peers.says(b"HTTP/1.1 308 Moved\r\n\r\n"), Outcome.REDIRECT),
    "not modified": (peers.says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), Outcome.HTTP),
    "an ssh banner": (peers.says(b"SSH-2.0-OpenSSH_9.2\r\n", before_hearing=True), Outcome.NOT_HTTP),
    "one wrong byte": (peers.says(b"2"), Outcome.NOT_HTTP),
    "a status that is none": (peers.says(b"HTTP/1.1 20 OK\r\n\r\n"), Outcome.NOT_HTTP),
    "half a status line, and the end": (peers.says(b"HTTP/1.1 2"), Outcome.NOT_HTTP),
    "half a status line, and a reset": (peers.says_and_resets(b"HTTP/1.1 2"), Outcome.NOT_HTTP),
    "a TLS alert": (peers.says(alert(40)), Outcome.NOT_HTTP),
    "silence": (peers.silent, Outcome.SILENT),
    "a head that never ends": (peers.drips(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"), Outcome.HTTP),
    "a status line, byte by byte": (peers.drips(b"HTTP/1.1 200 ", b"O"), Outcome.SILENT),
    "the end": (peers.closed, Outcome.CLOSED),
    "a reset at once": (peers.reset, Outcome.RESET_BEFORE),
    "a reset on hearing": (peers.reset_after_hearing, Outcome.RESET_BEFORE),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cell", PLAIN)
def test_plain_http(cell: str, family: str) -> None:
    """What a server does on port 80 would be called something else."""
    script, expected = PLAIN[cell]
    answer = probed(script, tls=False, address=FAMILIES[family])
    assert answer.outcome is expected, answer
    assert answer.evidence.source == FAMILIES[family]
    assert answer.evidence.tls_version is None
    assert (answer.evidence.status is not None) == (answer.outcome in ANSWERED)


HELLO_RECORD = bytes.fromhex("160303003a0200003603035a5a") + bytes(31) + bytes.fromhex("00c02f00")
"""A TLS 1.2 ServerHello that is cut off."""

BEFORE_ANY_TLS = {
    "plain HTTP": (peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Outcome.NOT_TLS),
    "an ssh banner": (peers.says(b"SSH-2.0-OpenSSH_9.2\r\n", before_hearing=True), Outcome.NOT_TLS),
    "one wrong byte": (peers.says(b"\x80"), Outcome.NOT_TLS),
    "a record that is too long": (peers.says(b"\x16\x03\x03\xff\xff"), Outcome.NOT_TLS),
    "records that make no sense": (peers.says(b"\x16\x03\x03\x00\x04\xff\xff\xff\xff"), Outcome.NOT_TLS),
    "silence": (peers.silent, Outcome.SILENT),
    "a hello, byte by byte": (peers.drips(HELLO_RECORD[:9], b"\x00", 0.2), Outcome.SILENT),
    "records without end": (peers.floods(b"", alert(90, fatal=False)), Outcome.NOT_TLS),
    "the end": (peers.closed, Outcome.CLOSED),
    "an end in order": (peers.says(alert(CLOSE_NOTIFY, fatal=False)), Outcome.CLOSED),
    "half a hello, and the end": (peers.says(HELLO_RECORD), Outcome.CLOSED),
    "a reset at once": (peers.reset, Outcome.RESET_BEFORE),
    "a reset on hearing": (peers.reset_after_hearing, Outcome.RESET_BEFORE),
    "half a hello, and a reset": (peers.says_and_resets(HELLO_RECORD), Outcome.RESET_IN),
    "an alert that is in no registry": (peers.says(alert(117)), Outcome.ALERT),
    "an alert, and a reset": (peers.says_and_resets(alert(40)), Outcome.ALERT),
    "a warning, then an alert": (peers.says(alert(112, fatal=False), alert(40)), Outcome.ALERT),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("cell", BEFORE_ANY_TLS)
def test_tls_that_does_not_come_about(cell: str, family: str) -> None:
    """What a server does before a handshake is done would be called something else."""
    script, expected = BEFORE_ANY_TLS[cell]
    answer = probed(script, tls=True, address=FAMILIES[family], sni=NAME)
    assert answer.outcome is expected, answer
    assert answer.evidence.source == FAMILIES[family]
    assert answer.evidence.sent == ""
    assert answer.evidence.certificate_problem is None
    assert answer.evidence.asked_for_certificate is None


@pytest.mark.parametrize("code", [code for code in ALERTS if code != CLOSE_NOTIFY])
def test_every_alert_by_its_name(code: int) -> None:
    """OpenSSL's names of alerts differ from the registry's, and Python lacks some."""
    answer = probed(peers.says(alert(code)), tls=True)
    assert (answer.outcome, answer.evidence.alert) == (Outcome.ALERT, ALERTS[code]), answer


@pytest.mark.parametrize("port", ["tls", "plain"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_port_that_nobody_listens_on(family: str, port: str) -> None:
    """A refusal would be called a time-out, and so a packet filter."""
    kind = socket.AF_INET6 if family == "IPv6" else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as held:
        held.bind((FAMILIES[family], 0))  # bound and not listening: nobody else can come to listen there
        ask = Ask(FAMILIES[family], held.getsockname()[1], tls=port == "tls", sni=None, host=NAME)
        (answer,) = SocketProber().probe((ask,))
    assert answer.outcome is Outcome.REFUSED
    assert answer.evidence.source is None
    assert "reset" in answer.evidence.detail


def test_every_outcome_has_its_meaning_and_its_cell() -> None:
    """An outcome would be told without words."""
    assert set(OUTCOME_MEANINGS) == set(Outcome)
    tried = {outcome for cells in (PLAIN, BEFORE_ANY_TLS) for _, outcome in cells.values()}
    # No name is resolved here; the others have files of their own: packets, client certificates.
    elsewhere = {Outcome.UNRESOLVED, Outcome.NO_ROUTE, Outcome.REFUSED, Outcome.TIMED_OUT, Outcome.RESET_AFTER}
    assert tried | elsewhere == set(Outcome)
    assert tried <= CONNECTED


# --- evidence -----------------------------------------------------------------------------------------------------


def test_the_evidence_of_an_answer() -> None:
    """What proves a verdict would be missing, or hold somebody's session."""
    said = (
        b"HTTP/1.1 302 Found\r\nServer: cloudflare\r\nCF-RAY: 8f-FRA\r\ncf-cache-status:  DYNAMIC \r\n"
        b"Set-Cookie: session=secret\r\nX-Other: 1\r\nLocation: https://user:word@x.example/in?token=secret#t\r\n"
        b"Content-Type: text/plain\r\n\r\nline one\r\n\x1b[31mred"
    )
    evidence = probed(peers.says(said), tls=False).evidence
    assert evidence.status == 302
    assert evidence.headers == (
        ("server", "cloudflare"),
        ("cf-ray", "8f-FRA"),
        ("cf-cache-status", "DYNAMIC"),
        ("location", "https://x.example/in"),
        ("content-type", "text/plain"),
    )
    assert evidence.body_start == "line one\n\ufffd[31mred"
    assert evidence.sent == f"GET /?q=1 Host: {NAME}"
    assert evidence.at.endswith("+00:00")
    assert "secret" not in repr(evidence)


def test_a_body_in_chunks() -> None:
    """The edge sends bodies in chunks, and their lengths would stand in the text."""
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nip=19\r\n6\r\n2.0.2.\r\n0\r\n\r\n"
    assert probed(peers.says(said), tls=False).evidence.body_start == "ip=192.0.2."


def test_what_the_request_is() -> None:
    """A proxy's, a cookie's or a person's name would go out with a probe."""
    heard: list[bytes] = []

    def hears(connection: socket.socket) -> None:
        heard.append(connection.recv(16_384))
        connection.sendall(HELLO)

    probed(hears, tls=False)
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /?q=1 HTTP/1.1"
    assert [line.partition(":")[0] for line in lines[1:-2]] == [
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Connection",
    ]
    assert f"Host: {NAME}" in lines


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nX: 1\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 ",
    ],
)
@pytest.mark.parametrize("piece", [b"x", b"X: 1\r\n", b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"fff\r\n"])
def test_a_flood_is_bounded(said: bytes, piece: bytes) -> None:
    """A peer that never stops would be read for ever, or fill the memory."""
    answer = probed(peers.floods(said, piece), tls=False)
    assert answer.outcome in {Outcome.HTTP, Outcome.NOT_HTTP}
    assert len(answer.evidence.body_start) <= MAX_BODY
    assert sum(len(name) + len(value) for name, value in answer.evidence.headers) <= MAX_HEAD


@pytest.mark.parametrize("piece", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n", b"\r\n"])
def test_a_flood_within_tls_is_bounded(piece: bytes) -> None:
    """A peer that speaks TLS and never stops, in the smallest records, would be read for ever."""
    context = peers.server_context(root("a peer").issue(Leaf(NAME, server=True)))
    answer = probed(peers.tls_floods(context, piece), tls=True)
    assert answer.outcome in {Outcome.HTTP, Outcome.NOT_HTTP, Outcome.SILENT}
    assert answer.evidence.seconds < 1.5 * 2


def test_sixty_peers_that_never_end() -> None:
    """One peer would keep the others, or a batch would take as long as all of them one after the other."""
    mean = (
        peers.silent,
        peers.drips(b"HTTP/1.1 200 OK\r\n"),
        peers.drips(HELLO_RECORD[:9], b"\x00"),
        peers.drips(b""),
    )
    with contextlib.ExitStack() as opened:
        ports = [opened.enter_context(peers.peer(script)).port for script in mean]
        asks = [Ask("127.0.0.1", port, tls=tls, sni=NAME, host=NAME) for port in ports for tls in (True, False)]
        batch = tuple(asks[number % len(asks)] for number in range(60))
        answers = SocketProber(connect_seconds=1, seconds=2).probe(batch)
    assert tuple(each.ask for each in answers) == batch
    assert max(each.evidence.seconds for each in answers) < 2 * 2
    assert {each.outcome for each in answers} <= {Outcome.SILENT, Outcome.HTTP, Outcome.NOT_TLS, Outcome.NOT_HTTP}


# --- what is asked ------------------------------------------------------------------------------------------------


def test_no_asks_no_answers() -> None:
    """An origin without anything to try would wait."""
    assert SocketProber().probe(()) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "origin.example"},
        {"host": "a b"},
        {"host": ""},
        {"host": "a\r\nX: 1"},
        {"path": "/\r\nX: 1"},
        {"path": "x"},
        {"sni": ""},
        {"sni": "."},
        {"sni": "nul\x00.example"},
        {"sni": "a..example"},
        {"port": 0},
        {"port": 65_536},
        {"sni": "a" * 64 + ".example"},
        {"newest_tls": "1.1"},
    ],
)
def test_what_cannot_be_asked(wrong: dict[str, str | int]) -> None:
    """A name that holds a line break would write headers of its own."""
    ask = msgspec.structs.replace(Ask("127.0.0.1", 1, tls=True, sni=None, host=NAME), **wrong)
    with pytest.raises(ValueError, match=r"."):
        SocketProber().probe((ask,))
