"""Webhook, Slack and ping against real servers: up, slow, down, refusing, endless, elsewhere, and not who they say."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.channels.receivers import QUICK, free_port, receiving
from tests.channels.said import RUN, TOKEN, told
from tests.edges.misbehaving import Script, answer, certificate, drips, says, serving

from originlock.channels.ping import PingChannel
from originlock.channels.slack import SlackChannel
from originlock.channels.webhook import WebhookChannel
from originlock.facts.secret import Hidden
from originlock.ports.telling import Channel, NotSent, Sent

SECONDS = 2.0
KINDS: dict[str, Callable[[str], Channel]] = {
    "webhook": lambda url: WebhookChannel(Hidden(url), Hidden("a secret to sign with"), QUICK),
    "slack": lambda url: SlackChannel(Hidden(url), QUICK),
    "ping": lambda url: PingChannel(Hidden(url), QUICK),
}

kinds = pytest.mark.parametrize("kind", KINDS)


def sent(kind: str, url: str) -> Sent | NotSent:
    """What comes of sending, which must be over in time and must not tell the URL."""
    channel = KINDS[kind](url)
    before = time.monotonic()
    came = channel.send(told(), RUN, SECONDS)
    assert time.monotonic() - before < SECONDS + 1.0
    assert TOKEN not in repr((came, channel))
    assert "7f3c9b2e" not in repr((came, channel))
    return came


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    """Whatever happens, no log at any level tells the URL."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert "7f3c9b2e" not in caplog.text


@kinds
def test_it_is_taken(kind: str) -> None:
    """One request, by POST, at the URL that was given."""
    with receiving() as receiver:
        assert sent(kind, receiver.url(f"/hook/{TOKEN}?a=b")) == Sent(1)
    (came,) = receiver.received
    assert came.path == (f"/hook/{TOKEN}/3?a=b" if kind == "ping" else f"/hook/{TOKEN}?a=b")
    assert came.headers["User-Agent"].startswith("originlock/")


def hears_all(connection: socket.socket, _: str) -> None:
    """Take whatever comes and never answer."""
    while connection.recv(65_536):
        pass


REFUSALS = {
    # what the server does: script, words of the reason, how often it is asked
    "bad request": (says(answer(b"", "400 Bad Request")), "status 400", 1),
    "not who may": (says(answer(b"", "401 Unauthorized")), "status 401", 1),
    "forbidden": (says(answer(b"", "403 Forbidden")), "status 403", 1),
    "gone": (says(answer(b"", "410 Gone")), "status 410", 1),
    "broken": (says(answer(b"", "500 Internal Server Error")), "status 500 (2 tries)", 2),
    "overloaded": (says(answer(b"", "503 Service Unavailable", "Retry-After: 0")), "status 503 (2 tries)", 2),
    "too early": (says(answer(b"", "425 Too Early")), "status 425 (2 tries)", 2),
    "too many, for long": (
        says(answer(b"", "429 Too Many Requests", "Retry-After: 3600")),
        "status 429; it asks to be left alone for 3600 seconds",
        1,
    ),
    "too many, until a day": (
        says(answer(b"", "429 Too Many Requests", "Retry-After: Fri, 31 Dec 2027 23:59:59 GMT")),
        "status 429 (2 tries)",
        2,
    ),
    "never answers": (hears_all, "in time (2 tries)", 2),
    "drips a status": (drips(b"HTTP/1.1 2", b"0"), "in time (2 tries)", 2),
    "drips headers": (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "in time (2 tries)", 2),
    "goes on for ever": (drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), "in time", 2),
    "hangs up": (says(b""), "before the answer", 2),
    "speaks another language": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), "before the answer", 2),
    "huge headers": (says(answer(b"", "200 OK", "X-Large: " + "x" * 70_000)), "before the answer", 2),
    "refuses without end": (drips(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"x" * 65_536, 0.0), "status 403", 1),
    "refuses and never says why": (drips(b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n", b""), "status 403", 1),
    "refuses with the secret": (says(answer(TOKEN.encode(), "403 Forbidden")), "status 403", 1),
    "refuses with a code": (says(answer(b"no_service", "404 Not Found")), "status 404 (no_service)", 1),
    "sends elsewhere": (
        says(answer(b"", "302 Found", "Location: http://127.0.0.1:1/")),
        "a redirect (302), which is not followed",
        1,
    ),
    "sends elsewhere for good": (
        says(answer(b"", "308 Permanent Redirect", "Location: /new")),
        "a redirect (308), which is not followed",
        1,
    ),
}


@kinds
@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_not_taken(kind: str, what: str) -> None:
    """Each way to fail ends in time, in words, and is tried again only where that may help."""
    script, words, times = REFUSALS[what]
    with serving(script) as server:
        came = sent(kind, server.url(f"/hook/{TOKEN}"))
    assert isinstance(came, NotSent)
    assert words in came.reason
    assert f"http://127.0.0.1:{server.port}/..." in came.reason
    assert len(server.heads) == times


@kinds
@pytest.mark.parametrize(
    "script",
    [
        drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0.0),
        drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        says(b"HTTP/1.1 204 No Content\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999999999\r\n\r\n"),
    ],
    ids=["endless", "dripping", "without a body", "as large as it likes"],
)
def test_nothing_is_read_of_a_yes(kind: str, script: Script) -> None:
    """An answer that never ends is a yes all the same: only its status matters."""
    with serving(script) as server:
        assert sent(kind, server.url(f"/hook/{TOKEN}")) == Sent(1)


@kinds
def test_nobody_is_there(kind: str) -> None:
    """A refused connection is tried again, and told."""
    came = sent(kind, f"http://127.0.0.1:{free_port()}/hook/{TOKEN}")
    assert isinstance(came, NotSent)
    assert "no connection: Connection refused (2 tries)" in came.reason


@kinds
def test_a_second_try(kind: str) -> None:
    """A server that restarts is told all the same."""
    with receiving(503, 200) as receiver:
        assert sent(kind, receiver.url(f"/{TOKEN}")) == Sent(2)
    first, second = receiver.received
    assert first.body == second.body


@kinds
def test_a_certificate_of_nobody_that_is_known(kind: str, tmp_path: Path) -> None:
    """Whoever is in the way gets neither the URL nor the message, and is not asked twice."""
    tls, _ = certificate(tmp_path, "localhost")
    with serving(says(answer(b"")), tls) as server:
        came = sent(kind, server.url(f"/hook/{TOKEN}", "https", "localhost"))
    assert isinstance(came, NotSent)
    assert "certificate verify failed: self-signed certificate" in came.reason
    assert server.heads == []


@kinds
def test_a_certificate_for_another(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that is believed, of another name, is a stranger's."""
    tls, trusted = certificate(tmp_path, "other.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(says(answer(b"")), tls) as server:
        came = sent(kind, server.url(f"/hook/{TOKEN}", "https", "localhost"))
    assert isinstance(came, NotSent)
    assert "certificate verify failed: Hostname mismatch" in came.reason
    assert server.heads == []


@kinds
def test_over_tls(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual way: a certificate of an authority that the system knows."""
    tls, trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with receiving(tls=tls) as receiver:
        assert sent(kind, receiver.url(f"/{TOKEN}", "https", "localhost")) == Sent(1)
    assert len(receiver.received) == 1


@kinds
def test_in_clear_to_elsewhere(kind: str) -> None:
    """A URL that slipped through is not asked: anybody on the way would read it."""
    came = sent(kind, f"http://hooks.example.org/{TOKEN}")
    assert came == NotSent("http://hooks.example.org/... is no URL that may be asked")


def test_no_time_is_left() -> None:
    """A pause that would go beyond the end is not begun."""
    with receiving(503) as receiver:
        channel = WebhookChannel(Hidden(receiver.url()), None, QUICK)
        came = channel.send(told(), RUN, 0.0)
    assert isinstance(came, NotSent)
