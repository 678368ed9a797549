"""What arrives: the webhook's JSON and its signature, Slack's blocks, a monitor's pings."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import re
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.channels.receivers import QUICK, Received, receiving
from tests.channels.said import CHANGE, HOLE, NOW, RUN, STALE, told

from originlock import __version__
from originlock.channels import slack
from originlock.channels.ping import PingChannel
from originlock.channels.slack import SlackChannel
from originlock.channels.webhook import WebhookChannel, signature
from originlock.facts.secret import Hidden
from originlock.facts.telling import On
from originlock.notify.notices import Notice, Weight
from originlock.ports.telling import Sent

SECRET = "correct horse battery staple"


def verified(received: Received, secret: str, oldest: float = 300.0) -> bool:
    """Whether a request is what it says, worked out from docs/notify.md alone and not from our code."""
    said = dict(part.split("=", 1) for part in received.headers["Originlock-Signature"].split(","))
    if abs(time.time() - int(said["t"])) > oldest:
        return False
    expected = hmac.new(secret.encode(), said["t"].encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, said["v1"])


def by_webhook(secret: str | None = SECRET, *statuses: int) -> list[Received]:
    """What a webhook gets."""
    with receiving(*statuses) as receiver:
        channel = WebhookChannel(Hidden(receiver.url()), None if secret is None else Hidden(secret), QUICK)
        assert isinstance(channel.send(told(), RUN, 5.0), Sent)
    return receiver.received


def test_the_signature_holds() -> None:
    """Whoever knows the secret can tell our messages from anybody else's."""
    (received,) = by_webhook()
    assert verified(received, SECRET)
    assert not verified(received, "another secret")
    assert not verified(dataclasses.replace(received, body=received.body + b" "), SECRET)


def test_what_is_signed() -> None:
    """A signature of known things, so that no version of ours signs in another way."""
    signed = signature(Hidden("secret"), 1_700_000_000, b'{"a":1}')
    assert signed == ("t=1700000000,v1=" + hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest())


def test_each_try_has_the_same_name() -> None:
    """Whoever got it twice can tell; each try is signed with its own time."""
    first, second = by_webhook(SECRET, 503, 200)
    assert first.headers["Originlock-Delivery"] == second.headers["Originlock-Delivery"]
    assert first.headers["Idempotency-Key"] == first.headers["Originlock-Delivery"]
    assert json.loads(first.body)["delivery"] == first.headers["Originlock-Delivery"]
    assert verified(first, SECRET)
    assert verified(second, SECRET)
    (other,) = by_webhook()
    assert other.headers["Originlock-Delivery"] != first.headers["Originlock-Delivery"]


def test_without_a_secret_nothing_is_signed() -> None:
    """A signature by an empty secret would be one that everybody can make."""
    (received,) = by_webhook(None)
    assert "Originlock-Signature" not in received.headers


def test_the_body_is_a_promise() -> None:
    """Programs read it: nothing of it may go or change its meaning."""
    (received,) = by_webhook()
    assert received.headers["Content-Type"] == "application/json"
    body = json.loads(received.body)
    assert body.pop("delivery")
    assert body == {
        "version": 1,
        "originlock": __version__,
        "subject": told().subject,
        "text": told().text,
        "weight": "alert",
        "notices": [
            {"on": "hole", "weight": "alert", "origin": "blog", "text": HOLE.text, "remedy": HOLE.remedy},
            {"on": "stale", "weight": "warning", "origin": "", "text": STALE.text, "remedy": ""},
            {"on": "change", "weight": "news", "origin": "shop", "text": CHANGE.text, "remedy": CHANGE.remedy},
        ],
        "run": {
            "at": NOW.isoformat().replace("+00:00", "Z"),
            "ended": "2026-11-23T12:00:09Z",
            "exit_code": 3,
            "dry": False,
            "origins": [
                {"origin": "blog", "outcome": "pending", "exit_code": 3, "locked": False, "run": ""},
                {"origin": "shop", "outcome": "done", "exit_code": 0, "locked": None, "run": "r-1"},
            ],
        },
    }


def by_slack(*notices: Notice) -> Any:  # noqa: ANN401  JSON
    """What Slack gets."""
    with receiving() as receiver:
        assert isinstance(SlackChannel(Hidden(receiver.url()), QUICK).send(told(*notices), RUN, 5.0), Sent)
    (received,) = receiver.received
    return json.loads(received.body)


def test_slack_is_told_in_blocks() -> None:
    """A header, a section for each thing, and a text for where blocks are not shown; nothing unfolds."""
    body = by_slack()
    assert body["unfurl_links"] is False
    assert body["text"] == ("originlock: blog: sg-1 lets 0.0.0.0/0 in on port 443 &lt;all&gt; &amp; more (and 2 more)")
    header, hole, stale, change = body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": told().subject, "emoji": False}
    assert hole["text"]["text"] == (
        ":rotating_light: *blog*: sg-1 lets 0.0.0.0/0 in on port 443 &lt;all&gt; &amp; more\n"
        "What to do: remove the rule sgr-1"
    )
    assert stale["text"]["text"] == ":warning: the list of cloudflare is 9 days old"
    assert change["text"]["verbatim"] is True


texts = st.text(max_size=4000)


@given(st.lists(st.builds(Notice, st.sampled_from(On), st.sampled_from(Weight), texts, texts, texts), min_size=1))
def test_whatever_there_is_to_tell_slack_takes(notices: list[Notice]) -> None:
    """A message that Slack refuses tells nobody; one with a mention in it wakes everybody."""
    body = json.loads(slack.body(told(*notices)))
    blocks = body["blocks"]
    assert 2 <= len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    for each in blocks[1:]:
        said = each["text"]["text"]
        assert 1 <= len(said) <= 3000
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", said)


@pytest.mark.parametrize("said", ["<!channel> <@U1> <https://evil.example|here>", "a & b", "&lt;"])
def test_slack_sees_no_mention(said: str) -> None:
    """The name of a group or rule may be anybody's text."""
    shown = slack.escaped(said, 500)
    assert not re.search(r"[<>]", shown)
    assert shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == said


def test_a_monitor_is_pinged() -> None:
    """At the beginning and at the end, with the exit code; with the message as its log, if there is one."""
    with receiving() as receiver:
        channel = PingChannel(Hidden(receiver.url("/ping/uuid/?create=1")), QUICK)
        assert channel.begin(5.0) == Sent(1)
        assert channel.send(None, RUN, 5.0) == Sent(1)
        assert channel.send(told(), msgspec.structs.replace(RUN, exit_code=0), 5.0) == Sent(1)
    assert [each.path for each in receiver.received] == [
        "/ping/uuid/start?create=1",
        "/ping/uuid/3?create=1",
        "/ping/uuid/0?create=1",
    ]
    assert [each.body.decode() for each in receiver.received] == ["", "", told().text]


def test_a_long_log_is_cut_between_letters() -> None:
    """A monitor that gets half a letter may refuse all of it."""
    notice = Notice(On.HOLE, Weight.ALERT, "blog", "é" * 20_000)
    with receiving() as receiver:
        PingChannel(Hidden(receiver.url()), QUICK).send(told(notice), RUN, 5.0)
    (received,) = receiver.received
    assert len(received.body) <= 10_000
    assert received.body.decode().startswith("[ALERT] blog: ééé")


def test_nothing_to_tell() -> None:
    """Only a monitor hears of a run without news."""
    with receiving() as receiver:
        for channel in (WebhookChannel(Hidden(receiver.url())), SlackChannel(Hidden(receiver.url()))):
            assert channel.send(None, RUN, 5.0) == Sent(0)
    assert receiver.received == []
