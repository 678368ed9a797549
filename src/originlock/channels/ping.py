"""A monitor that expects a ping from each run, and tells people when none comes.

Lives here: its URLs: ``/start`` when a run begins, ``/CODE`` with its exit code when it ended, as Healthchecks has them
("Pinging API": start signals, exit statuses, a body of at most 100 kB). Must not live here: HTTP, what is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from originlock.channels.posting import Post
from originlock.channels.tries import PACE, Pace
from originlock.facts.runs import Run
from originlock.facts.secret import Hidden
from originlock.notify.message import Message
from originlock.ports.telling import NotSent, Sent

_LARGEST: Final = 10_000
"""Bytes of a body (our choice)."""


class PingChannel:
    """A monitor's URL."""

    def __init__(self, url: Hidden, pace: Pace = PACE) -> None:
        """Remember where."""
        self._post = Post(url, (), pace)

    def __repr__(self) -> str:
        """The host alone."""
        return f"PingChannel({self._post.called!r})"

    def begin(self, seconds: float) -> Sent | NotSent:
        """Tell that a run begins."""
        return self._post.send(b"", _text, seconds, below="start")

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:
        """Tell how a run ended: its exit code, with what there is to tell of it."""
        text = "" if message is None else message.text
        said = text.encode()[:_LARGEST].decode(errors="ignore").encode()
        return self._post.send(said, _text, seconds, below=str(run.exit_code))


def _text(_: bytes) -> Mapping[str, str]:
    return {"Content-Type": "text/plain; charset=utf-8"}
