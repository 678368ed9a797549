"""A message as JSON, by POST, signed.

Lives here: the body, which is a promise to whoever reads it (docs/notify.md), and its signature.
Must not live here: HTTP, what is told.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from typing import Final

import msgspec

from originlock import __version__
from originlock.channels.posting import Post
from originlock.channels.tries import PACE, Pace
from originlock.facts.runs import Run
from originlock.facts.secret import Hidden
from originlock.notify.message import Message
from originlock.ports.telling import NotSent, Sent

VERSION: Final = 1
"""Of the body: members may be added to a version, and none goes or changes its meaning."""

SIGNATURE: Final = "Originlock-Signature"
DELIVERY: Final = "Originlock-Delivery"


def body(message: Message, run: Run, delivery: str) -> bytes:
    """The body of a message.

    Args:
        message: what is told.
        run: what it is of.
        delivery: its id, the same at each try.
    """
    return msgspec.json.encode(
        {
            "version": VERSION,
            "delivery": delivery,
            "originlock": __version__,
            "subject": message.subject,
            "text": message.text,
            "weight": message.weight.name.lower(),
            "notices": [
                {
                    "on": each.on.value,
                    "weight": each.weight.name.lower(),
                    "origin": each.origin,
                    "text": each.text,
                    "remedy": each.remedy,
                }
                for each in message.notices
            ],
            "run": {
                "at": run.at,
                "ended": run.ended,
                "exit_code": run.exit_code,
                "dry": run.dry,
                "origins": [
                    {
                        "origin": each.origin,
                        "outcome": each.outcome,
                        "exit_code": each.exit_code,
                        "locked": each.locked,
                        "run": each.run,
                    }
                    for each in run.origins
                ],
            },
        }
    )


def signature(secret: Hidden, at: int, content: bytes) -> str:
    """The signature of a body: ``t=SECONDS,v1=HEX``, HMAC-SHA256 of the seconds, a dot and the body.

    Args:
        secret: shared with whoever reads it.
        at: when it is sent, in seconds since 1970; whoever reads it refuses what is old, so that none is played again.
        content: the body, byte for byte.
    """
    signed = hmac.new(secret.text.encode(), f"{at}.".encode() + content, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


class WebhookChannel:
    """A URL that takes JSON."""

    def __init__(self, url: Hidden, secret: Hidden | None = None, pace: Pace = PACE) -> None:
        """Remember where, and what to sign with."""
        self._secret = secret
        self._post = Post(url, () if secret is None else (secret,), pace)

    def __repr__(self) -> str:
        """The host alone."""
        return f"WebhookChannel({self._post.called!r})"

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:
        """Send a message; the same delivery id at each try tells the other side which it has already."""
        if message is None:
            return Sent(0)
        delivery = str(uuid.uuid4())

        def headers(content: bytes) -> Mapping[str, str]:
            said = {"Content-Type": "application/json", DELIVERY: delivery, "Idempotency-Key": delivery}
            if self._secret is not None:
                said[SIGNATURE] = signature(self._secret, int(time.time()), content)
            return said

        return self._post.send(body(message, run, delivery), headers, seconds)
