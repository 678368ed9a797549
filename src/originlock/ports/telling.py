"""How people are told: one protocol for every channel.

Lives here: the protocol and its two outcomes. Must not live here: any channel, what is told (see `originlock.notify`).
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from originlock.facts.runs import Run
from originlock.notify.message import Message


class Sent(msgspec.Struct, frozen=True):
    """It was taken.

    Attributes:
        tries: how many it took.
        but: what was not taken all the same, such as one of several addresses; sending again would repeat the rest.
    """

    tries: int = 1
    but: str = ""


class NotSent(msgspec.Struct, frozen=True):
    """It was not taken, or nobody can say.

    Attributes:
        reason: in words without any secret, one line.
    """

    reason: str


class Channel(Protocol):
    """One way to tell people."""

    def send(self, message: Message | None, run: Run, seconds: float) -> Sent | NotSent:
        """Tell of a run; what goes wrong is the answer, and nothing is raised for it.

        Args:
            message: what there is to tell; None where there is nothing, which only a monitor that counts runs is told.
            run: what it is of.
            seconds: by when it must have ended, whatever the other side does.
        """


class Monitor(Channel, Protocol):
    """A channel that is told when a run begins, too."""

    def begin(self, seconds: float) -> Sent | NotSent:
        """Tell that a run begins; as `send`."""
