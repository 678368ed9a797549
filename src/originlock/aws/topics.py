"""A message for a topic of Amazon SNS.

Lives here: Publish, and a message within SNS's bounds. Must not live here: what is told, the other channels.
Source: SNS API reference, Publish: a subject has less than 100 characters, no line breaks and no control characters,
and a message at most 262,144 bytes. Older editions of it take subjects in ASCII alone; so do we.
"""

from __future__ import annotations

from typing import Final

from originlock.aws.answers import CallError
from originlock.aws.session import Sessions
from originlock.aws.wording import in_words
from originlock.errors import OriginlockError
from originlock.facts.runs import Run
from originlock.intent.policy import Place
from originlock.notify.message import Message
from originlock.ports.telling import NotSent, Sent

_LONGEST_SUBJECT: Final = 99
_LARGEST: Final = 200_000
"""Bytes of a message (our choice): attributes count towards SNS's bound."""


def region_of_topic(arn: str) -> str:
    """The Region in a topic's ARN (``arn:PARTITION:sns:REGION:ACCOUNT:NAME``)."""
    return arn.split(":")[3]


def subject(text: str) -> str:
    """A subject as SNS takes it."""
    flat = "".join(letter if " " <= letter <= "~" else "?" if letter.isprintable() else " " for letter in text)
    return flat if len(flat) <= _LONGEST_SUBJECT else f"{flat[: _LONGEST_SUBJECT - 3]}..."


class TopicChannel:
    """A topic of SNS."""

    def __init__(self, sessions: Sessions, place: Place, topic_arn: str) -> None:
        """Remember which.

        Args:
            sessions: makes the client, when there is something to tell.
            place: where the topic is, and as whom it is published to.
            topic_arn: of a standard topic.
        """
        self._sessions = sessions
        self._place = place
        self._arn = topic_arn

    def __repr__(self) -> str:
        """Which topic."""
        return f"TopicChannel({self._arn!r})"

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:  # noqa: ARG002  botocore has limits of its own, for each try
        """Publish a message; botocore tries again where that may help."""
        if message is None:
            return Sent(0)
        try:
            self._sessions.sns(self._place).publish(
                TopicArn=self._arn,
                Subject=subject(message.subject),
                Message=message.text.encode()[:_LARGEST].decode(errors="ignore"),
                MessageAttributes={
                    # For subscriptions that filter: SNS developer guide, "Message filtering".
                    "weight": {"DataType": "String", "StringValue": message.weight.name.lower()},
                },
            )
        except OriginlockError as error:
            return NotSent(f"{error.what}; {error.remedy}")
        except CallError as error:
            return NotSent(f"{self._arn}: {in_words(error)}")
        return Sent()
