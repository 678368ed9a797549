"""One document from servers that do wrong, over real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from pathlib import Path

import pytest
from tests.edges.misbehaving import (
    Script,
    answer,
    certificate,
    drips,
    routes,
    says,
    serving,
    silent,
    tunnelling,
)

from originlock.edges.adapter import Document, NoDocument
from originlock.web.patience import Bounds, Cord
from originlock.web.transport import read_document

BODY = b"8.8.8.0/24\n8.8.4.0/24"
QUICK = Bounds(deadline_seconds=0.6, grace_seconds=0.1, connect_seconds=0.3, pause_seconds=0.05)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
BARE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def read(url: str, bounds: Bounds = QUICK) -> Document | NoDocument:
    """Read with a cord that is pulled at the deadline, as `fetch` does."""
    cord = Cord(bounds.deadline_seconds)
    puller = threading.Timer(bounds.deadline_seconds + bounds.grace_seconds, cord.cut)
    puller.start()
    try:
        return read_document(url, bounds, cord)
    finally:
        puller.cancel()


def failure(script: Script, bounds: Bounds = QUICK) -> NoDocument:
    """What is said of a server, which must not be a document, nor take long."""
    with serving(script) as server:
        before = time.monotonic()
        outcome = read(server.url(), bounds)
        assert time.monotonic() - before < bounds.deadline_seconds + 1.0
    assert isinstance(outcome, NoDocument), outcome
    assert "http://127.0.0.1" in outcome.reason
    return outcome


@pytest.mark.parametrize(
    "data,declared",
    [
        (answer(BODY, "200 OK", "Content-Type: text/plain"), True),
        (
            CHUNKED.replace(b"OK\r\n", b"OK\r\nContent-Type: text/plain\r\n") + b"15\r\n" + BODY + b"\r\n0\r\n\r\n",
            True,
        ),
        (BARE.replace(b"OK\r\n", b"OK\r\nContent-Type: text/plain\r\n") + BODY, False),
    ],
    ids=["with a length", "in chunks", "up to the end"],
)
def test_whole_answers(data: bytes, declared: bool) -> None:  # noqa: FBT001
    """The three ways to end a body; of the third a cut cannot be seen, and that is said."""
    with serving(says(data)) as server:
        assert read(server.url("/ips")) == Document(server.url("/ips"), BODY, "text/plain", declared)
        (head,) = server.heads
    assert head.startswith("GET /ips HTTP/1.1\r\n")
    assert "Accept-Encoding: identity\r\n" in head
    assert "User-Agent: originlock/" in head


@pytest.mark.parametrize(
    "script,guard,words",
    [
        (silent, "timeout", "in time"),
        (drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), "timeout", "in time"),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "timeout", "in time"),
        (drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", "in time"),
        (drips(b"H", b"T"), "timeout", "in time"),
        (drips(BARE), "timeout", "in time"),
        (drips(CHUNKED, b"1\r\nx\r\n"), "timeout", "in time"),
        (drips(CHUNKED, b"0"), "timeout", "in time"),
        (drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), "timeout", "in time"),
        (drips(BARE, b"x" * 65_536, 0.0), "too-large", "more than 262,144 bytes"),
        (drips(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 0.0), "too-large", "more than 262,144 bytes"),
        (drips(CHUNKED + b"-1\r\n", b"x" * 65_536, 0.0), "too-large", "more than 262,144 bytes"),
        (drips(CHUNKED + b"7fffffffffff\r\n", b"x" * 65_536, 0.0), "too-large", "more than 262,144 bytes"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n"), "too-large", "more than 262,144 bytes"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"), "too-large", "more than"),
        (says(answer(BODY)[:-5]), "cut-short", "broke off after 16 bytes"),
        (says(CHUNKED + b"15\r\n" + BODY[:9]), "cut-short", "broke off after 9 bytes"),
        (says(CHUNKED + b"15\r\n" + BODY + b"\r\n"), "cut-short", "broke off after 21 bytes"),
        (says(CHUNKED + b"what\r\n" + BODY + b"\r\n0\r\n\r\n"), "cut-short", "broke off after 0 bytes"),
        (says(answer(b"<html>gone", "404 Not Found")), "fetch", "status 404"),
        (says(answer(b"", "204 No Content", length=False)), "fetch", "status 204"),
        (says(answer(b"", "403 Forbidden")), "fetch", "status 403"),
        (says(answer(b"", "503 Service Unavailable")), "fetch", "status 503"),
        (says(answer(b"", "302 Found")), "fetch", "status 302"),
        (says(answer(gzip.compress(b"x" * 10**7), "200 OK", "Content-Encoding: gzip")), "fetch", "'gzip'"),
        (says(answer(BODY, "200 OK", "Content-Encoding: br, identity")), "fetch", "was not asked for"),
        (says(answer(BODY, "200 OK", "Transfer-Encoding: gzip, chunked")), "fetch", "transfer encoding"),
        (says(answer(BODY, "200 OK", "Content-Length: 7")), "fetch", "Content-Length"),
        (says(answer(BODY, "200 OK", "Content-Length: many", length=False)), "fetch", "no number, 'many'"),
        (says(answer(BODY, "200 OK", "X-Large: " + "x" * 70_000)), "fetch", "before the answer"),
        (says(answer(BODY, "200 OK", *(f"X-{n}: y" for n in range(200)))), "fetch", "before the answer"),
        (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "fetch", "before the answer"),
        (says(b""), "fetch", "before the answer"),
    ],
)  # fmt: skip
def test_what_is_refused(script: Script, guard: str, words: str) -> None:
    """Each by its guard, in its words, in time."""
    outcome = failure(script)
    assert outcome.guard == guard
    assert words in outcome.reason


def test_thread_and_connection_end_with_the_cord() -> None:
    """A server that drips its headers is left for good: its connection is shut, so no thread stays behind."""
    with serving(drips(b"HTTP/1.1 200 OK\r\nX: ")) as server:
        assert isinstance(read(server.url()), NoDocument)
        assert server.ended.wait(2.0)


def test_cord_that_was_cut_before_it_was_tied() -> None:
    """A connection that comes up too late is shut at once."""
    cord = Cord(1.0)
    cord.cut()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        cord.tie(lambda: None)
        cord.tie(lambda: ours)
        assert theirs.recv(1) == b""
    assert cord.left() == 0


def in_turn(*answers: bytes) -> Script:
    """One answer for each connection."""
    turns = iter(answers)
    return lambda connection, _: connection.sendall(next(turns))


def test_second_try() -> None:
    """After an answer that says later, and after a connection that broke; not more than once."""
    for first in (answer(b"", "500 Oops"), answer(b"", "429 Too Many Requests"), b""):
        with serving(in_turn(first, answer(BODY))) as server:
            assert isinstance(read(server.url()), Document)
            assert len(server.heads) == 2
    with serving(says(answer(b"", "500 Oops"))) as server:
        assert isinstance(read(server.url()), NoDocument)
        assert len(server.heads) == 2
    with serving(says(answer(b"", "404 Not Found"))) as server:
        assert isinstance(read(server.url()), NoDocument)
        assert len(server.heads) == 1


def test_connection_refused() -> None:
    """Nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = read(f"http://127.0.0.1:{port}/")
    assert outcome == NoDocument("fetch", f"http://127.0.0.1:{port}/: no connection: Connection refused")


def test_name_that_does_not_resolve() -> None:
    """The reserved top-level domain of RFC 2606; without any network the words may differ."""
    outcome = read("https://edge.invalid/", Bounds(deadline_seconds=5))
    assert isinstance(outcome, NoDocument)
    assert outcome.reason.startswith("https://edge.invalid/")


def redirect(location: str) -> bytes:
    """A redirect."""
    return answer(b"", "302 Found", f"Location: {location}")


def test_redirects_that_are_followed() -> None:
    """Three in a row on the same host; the document keeps the name it was asked for by."""
    table = {"/1": redirect("/2"), "/2": redirect("3"), "/3": redirect("/4"), "/4": answer(BODY)}
    with serving(routes(table)) as server:
        assert read(server.url("/1")) == Document(server.url("/1"), BODY)


@pytest.mark.parametrize(
    "location,words",
    [
        ("/", "redirects more than 3 times"),
        ("http://edge.example/", "is plain http"),
        ("https://edge.example/", "to another host, edge.example"),
        ("http://localhost/", "to another host, localhost"),
        ("https://127.0.0.1/", "from http to https"),
        ("ftp://127.0.0.1/", "is not an https URL"),
        ("file:///etc/passwd", "is not an https URL"),
        ("http://[bad/", "not a URL"),
        ("http://127.0.0.1:port/", "not a URL"),
        ("http://me:secret@127.0.0.1/", "user name or a password"),
        ("http://10.0.0.1/", "is plain http"),
        ("/" + "x" * 500, "not a URL"),
        ("/\x1b[2J", "'/\\x1b[2J', which is not a URL"),
    ],
)
def test_redirects_that_are_not(location: str, words: str) -> None:
    """Loops, other hosts, other schemes, and what is no URL."""
    with serving(says(redirect(location))) as server:
        outcome = read(server.url())
    assert isinstance(outcome, NoDocument)
    assert outcome.guard == "fetch"
    assert words in outcome.reason
    assert "secret" not in outcome.reason


@pytest.mark.parametrize(
    "url,words",
    [
        ("http://edge.example/ips", "plain http"),
        ("ips.txt", "not an https URL"),
        ("https://", "not an https URL"),
        ("https://me:secret@edge.example/", "user name or a password"),
        ("https://edge.example:99999/", "not a URL"),
        ("https://" + "a" * 70 + ".example/", "HTTP failed"),
    ],
)
def test_urls_that_are_not_asked(url: str, words: str) -> None:
    """They are refused before anything is connected to."""
    outcome = read(url)
    assert isinstance(outcome, NoDocument)
    assert words in outcome.reason
    assert "secret" not in outcome.reason


def test_tls_with_a_trusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE names the store."""
    context, trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(says(answer(BODY)), context) as server:
        assert isinstance(read(server.url(scheme="https", host="localhost")), Document)
        wrong_name = read(server.url(scheme="https"))
    assert isinstance(wrong_name, NoDocument)
    assert "TLS failed" in wrong_name.reason


@pytest.mark.parametrize("days,known,words", [(1, False, "self-signed"), (-5, True, "expired")])
def test_wrong_certificates(
    days: int,
    known: bool,  # noqa: FBT001
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unknown to the store, or no longer valid; there is no second try."""
    context, trusted = certificate(tmp_path, "localhost", days=days)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(says(answer(BODY)), context) as server:
        outcome = read(server.url(scheme="https", host="localhost"))
    assert isinstance(outcome, NoDocument)
    assert outcome.guard == "fetch"
    assert words in outcome.reason


def test_plain_server_on_an_https_url() -> None:
    """TLS is spoken to somebody who does not."""
    with serving(says(answer(BODY))) as server:
        outcome = read(server.url(scheme="https"))
    assert isinstance(outcome, NoDocument)
    assert outcome.guard in {"fetch", "timeout"}


def test_proxy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked to tunnel, with its password; TLS is verified against the edge's name all the same."""
    context, trusted = certificate(tmp_path, "edge.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    monkeypatch.setenv("no_proxy", "other.example")
    with serving(says(answer(BODY)), context) as edge, serving(tunnelling(edge.port)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        assert isinstance(read("https://edge.example/ips"), Document)
        assert "proxy-authorization: basic bwu6c2vjcmv0" in proxy.heads[0].lower()
        wrong = read("https://wrong.example/ips")
        assert isinstance(wrong, NoDocument)
        assert "TLS failed" in wrong.reason
        assert "secret" not in wrong.reason


def test_proxies_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that refuses, one that drips, one of an unknown kind; and the loopback goes by none of them."""
    monkeypatch.setenv("no_proxy", "")
    for script, words in (
        (says(answer(b"", "403 Forbidden")), "the proxy failed: Tunnel connection failed: 403"),
        (drips(b"HTTP/1.1 200 OK\r\nX: "), "in time"),
    ):
        with serving(script) as proxy, serving(says(answer(BODY))) as server:
            monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
            monkeypatch.setenv("http_proxy", f"127.0.0.1:{proxy.port}")
            outcome = read("https://edge.example/ips")
            assert isinstance(outcome, NoDocument)
            assert words in outcome.reason
            assert isinstance(read(server.url()), Document)
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    assert isinstance(read("https://edge.example/ips"), NoDocument)
