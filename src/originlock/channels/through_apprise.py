"""A message by anything that Apprise knows; Apprise is an extra.

Lives here: loading it late, and a message as it takes one. Must not live here: what is told.
"""

from __future__ import annotations

import logging
from typing import Final

from originlock.facts.runs import Run
from originlock.facts.secret import Hidden
from originlock.notify.message import Message
from originlock.notify.notices import Weight
from originlock.ports.telling import NotSent, Sent
from originlock.web.quiet import quiet

INSTALL: Final = "pip install 'originlock[apprise]'"

_TYPES: Final = {Weight.NEWS: "info", Weight.OVER: "success", Weight.WARNING: "warning", Weight.ALERT: "failure"}
"""Apprise's own four."""


class AppriseChannel:
    """A URL of Apprise."""

    def __init__(self, url: Hidden) -> None:
        """Remember where."""
        self._url = url

    def __repr__(self) -> str:
        """The kind of URL alone."""
        return f"AppriseChannel({self._called!r})"

    @property
    def _called(self) -> str:
        scheme, mark, _ = self._url.text.partition("://")
        return f"{scheme}://..." if mark and scheme.isascii() and scheme.isalnum() else "the URL"

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:  # noqa: ARG002  Apprise has limits of its own, for each try
        """Send a message. Apprise says yes or no and not why: its log may tell what is secret, and is not kept."""
        if message is None:
            return Sent(0)
        try:
            import apprise  # noqa: PLC0415  an extra
        except ImportError:
            return NotSent(f"Apprise is not installed: {INSTALL}")
        quiet()
        logging.getLogger("apprise").addFilter(_nothing)
        teller = apprise.Apprise()
        if not teller.add(self._url.text):
            return NotSent(f"Apprise does not know {self._called}, or finds it incomplete")
        sent = teller.notify(body=message.text, title=message.subject, notify_type=_TYPES[message.weight])
        return Sent() if sent else NotSent(f"Apprise could not send it by {self._called}")


def _nothing(_: logging.LogRecord) -> bool:
    return False
