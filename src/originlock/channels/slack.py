"""A message for Slack, by an incoming webhook.

Lives here: Slack's blocks, escapes and bounds. Must not live here: HTTP, what is told.
Source: Slack's documentation, "Sending messages using incoming webhooks", "Formatting message text" (escape ``&``,
``<`` and ``>``, nothing else), and the references of the header block (150 characters), of the section block (3,000)
and of blocks (50 in a message).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from originlock.channels.posting import Post
from originlock.channels.tries import PACE, Pace
from originlock.facts.runs import Run
from originlock.facts.secret import Hidden
from originlock.notify.message import Message
from originlock.notify.notices import Notice, Weight
from originlock.ports.telling import NotSent, Sent

_HEADER: Final = 150
_SECTION: Final = 3000
_MOST: Final = 20
"""Notices of one message (our choice, of 50 blocks): who has more of them opens a terminal."""

_SIGNS: Final = {
    Weight.NEWS: ":information_source:",
    Weight.OVER: ":white_check_mark:",
    Weight.WARNING: ":warning:",
    Weight.ALERT: ":rotating_light:",
}


def escaped(text: str, longest: int) -> str:
    """A text in which nothing is a link, a mention or a name of a channel; of the longest length, escapes included."""
    found = ""
    for letter in text:
        said = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter)
        if len(found) + len(said) > longest - 1:
            return f"{found}…"
        found += said
    return found


def body(message: Message) -> bytes:
    """The message in Slack's blocks, with a text for where these are not shown."""
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(message.subject, _HEADER), "emoji": False}},
        *(_section(_of_notice(each)) for each in message.notices[:_MOST]),
    ]
    if len(message.notices) > _MOST:
        blocks.append(_section(f"and {len(message.notices) - _MOST} more"))
    fallback = escaped(message.subject, _SECTION)
    return msgspec.json.encode({"text": fallback, "blocks": blocks, "unfurl_links": False, "unfurl_media": False})


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _of_notice(notice: Notice) -> str:
    whose = f"*{escaped(notice.origin, 100)}*: " if notice.origin else ""
    said = f"{_SIGNS[notice.weight]} {whose}{escaped(notice.text, _SECTION // 2)}"
    return f"{said}\nWhat to do: {escaped(notice.remedy, _SECTION // 3)}" if notice.remedy else said


def _cut(text: str, longest: int) -> str:
    """A text that is taken as it is."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


class SlackChannel:
    """An incoming webhook of Slack; its URL is its password."""

    def __init__(self, url: Hidden, pace: Pace = PACE) -> None:
        """Remember where."""
        self._post = Post(url, (), pace)

    def __repr__(self) -> str:
        """The host alone."""
        return f"SlackChannel({self._post.called!r})"

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:  # noqa: ARG002  of a run all is in the message
        """Send a message."""
        if message is None:
            return Sent(0)
        return self._post.send(body(message), _json, seconds)


def _json(_: bytes) -> Mapping[str, str]:
    return {"Content-Type": "application/json; charset=utf-8"}
