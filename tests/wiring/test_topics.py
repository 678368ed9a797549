"""A topic behind an endpoint that does wrong on purpose: the sending ends in time, and says why."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.channels.receivers import free_port, receiving
from tests.channels.said import RUN, told
from tests.edges.misbehaving import Script, answer, certificate, drips, says, serving

from originlock.aws.topics import subject
from originlock.intent.policy import Configuration
from originlock.intent.telling import ChannelPolicy, Sns
from originlock.ports.telling import NotSent, Sent
from originlock.wiring.telling import send

SECONDS = 4.0
ARN = "arn:aws:sns:eu-west-1:123456789012:ops"
SECRET = "wJalr-7f3c9b2e"

DENIED = b"<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"
PUBLISHED = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Sent | NotSent]:
    """Publishes by an endpoint, which must be over in time and must not tell the key."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    def publish(endpoint: str) -> Sent | NotSent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        configuration = Configuration(channels=(ChannelPolicy("topic", Sns(ARN)),))
        before = time.monotonic()
        (came,) = send(configuration, {"topic": told()}, RUN, SECONDS)
        assert time.monotonic() - before < SECONDS + 1.0
        assert SECRET not in repr(came)
        return came.came

    return publish


def hears_all(connection: socket.socket, _: str) -> None:
    """Take whatever comes and never answer."""
    while connection.recv(65_536):
        pass


WRONG: dict[str, tuple[Script, str]] = {
    "denies it": (
        says(answer(DENIED % (b"AuthorizationError", b"not authorized to perform: SNS:Publish"), "403 Forbidden")),
        "Publish: AuthorizationError: not authorized to perform: SNS:Publish",
    ),
    "does not know the key": (
        says(answer(DENIED % (b"InvalidClientTokenId", b"The security token is invalid"), "403 Forbidden")),
        "InvalidClientTokenId",
    ),
    "does not know the topic": (
        says(answer(DENIED % (b"NotFound", b"Topic does not exist"), "404 Not Found")),
        "NotFound",
    ),
    "is broken": (says(answer(b"", "500 Internal Server Error")), "Publish"),
    "never answers": (hears_all, "it was not done within 4 seconds"),
    "drips": (drips(b"HTTP/1.1 200 OK\r\n\r\n", b"<"), "it was not done within 4 seconds"),
    "hangs up": (says(b""), "ConnectionClosedError"),
    "sends elsewhere": (says(answer(b"", "302 Found", "Location: http://127.0.0.1:1/")), "ResponseParserError"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_an_endpoint_can_do(what: str, sent: Callable[[str], Sent | NotSent]) -> None:
    """Each ends within the stated time, with a reason."""
    script, words = WRONG[what]
    with serving(script) as server:
        came = sent(server.url())
    assert isinstance(came, NotSent)
    assert words in came.reason


def test_it_is_taken(sent: Callable[[str], Sent | NotSent]) -> None:
    """The usual answer."""
    with serving(says(answer(PUBLISHED, "200 OK", "Content-Type: text/xml"))) as server:
        assert sent(server.url()) == Sent(1)


def test_nobody_is_there(sent: Callable[[str], Sent | NotSent]) -> None:
    """A Region that is down is told as such."""
    came = sent(f"http://127.0.0.1:{free_port()}")
    assert isinstance(came, NotSent)
    assert "Could not connect to the endpoint" in came.reason


def test_a_certificate_that_is_not_believed(sent: Callable[[str], Sent | NotSent], tmp_path: Path) -> None:
    """Whoever is in the way gets no message."""
    tls, _ = certificate(tmp_path, "localhost")
    with receiving(tls=tls) as receiver:
        came = sent(receiver.url("/", "https", "localhost"))
    assert isinstance(came, NotSent)
    assert "certificate verify failed" in came.reason
    assert receiver.received == []


@given(st.text())
def test_a_subject_is_one_that_sns_takes(said: str) -> None:
    """ASCII, one line, less than 100 characters, or Publish is refused."""
    made = subject(f"originlock: {said}")
    assert len(made) < 100
    assert made.isascii()
    assert made.isprintable()
