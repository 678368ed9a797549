"""Apprise, as it is installed, against a real server; and what is said where it is not installed."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from tests.channels.receivers import free_port, receiving
from tests.channels.said import RUN, TOKEN, told

from originlock.channels.through_apprise import AppriseChannel
from originlock.facts.secret import Hidden
from originlock.ports.telling import NotSent, Sent


def test_it_is_sent() -> None:
    """Apprise's JSON service stands for all the others."""
    with receiving() as receiver:
        url = f"json://127.0.0.1:{receiver.port}/{TOKEN}"
        assert AppriseChannel(Hidden(url)).send(told(), RUN, 5.0) == Sent()
    (received,) = receiver.received
    body = json.loads(received.body)
    assert (body["title"], body["type"]) == (told().subject, "failure")
    assert "what to do: remove the rule sgr-1" in body["message"]


@pytest.mark.parametrize("status", [403, 500])
def test_it_is_refused(status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Apprise says no, and its log, which tells the URL, is not kept."""
    with caplog.at_level(logging.DEBUG), receiving(status) as receiver:
        channel = AppriseChannel(Hidden(f"json://127.0.0.1:{receiver.port}/{TOKEN}"))
        came = channel.send(told(), RUN, 5.0)
    assert came == NotSent("Apprise could not send it by json://...")
    said = caplog.text + repr((channel, came)) + "".join(capfd.readouterr())
    assert "7f3c9b2e" not in said


def test_nobody_is_there() -> None:
    """A refused connection is a no as well."""
    channel = AppriseChannel(Hidden(f"json://127.0.0.1:{free_port()}/{TOKEN}"))
    assert channel.send(told(), RUN, 5.0) == NotSent("Apprise could not send it by json://...")


@pytest.mark.parametrize("url", [f"nosuch://{TOKEN}", TOKEN, f"tgram://{TOKEN}", ""])
def test_a_url_that_it_does_not_know(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A misspelt URL is told without the URL."""
    came = AppriseChannel(Hidden(url)).send(told(), RUN, 5.0)
    assert isinstance(came, NotSent)
    assert came.reason.startswith("Apprise does not know")
    assert "7f3c9b2e" not in came.reason + "".join(capfd.readouterr())


def test_it_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has not installed it is told how."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    came = AppriseChannel(Hidden("json://localhost")).send(told(), RUN, 5.0)
    assert came == NotSent("Apprise is not installed: pip install 'originlock[apprise]'")
