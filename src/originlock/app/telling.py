"""Telling people of a run: what each channel is to be told, and what could not be sent and is told next time.

Lives here: who gets which notices, and that none is lost. Must not live here: which there are (see `notify`), sending.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from originlock.facts.runs import Run
from originlock.notify.message import Message, message
from originlock.notify.notices import Notice, On, Told, notices

MOST_UNSENT: Final = 100
"""Notices that are kept for a channel that cannot be reached (our choice); the newest are kept."""

Send = Callable[[Mapping[str, Message]], Mapping[str, str]]
"""Sends a message to each channel, by name, at once and within its time; returns why, for those that did not get it.
Channels that count runs hear of this one, with a message or without."""


class Telling(msgspec.Struct, frozen=True):
    """What came of telling.

    Attributes:
        found: everything that there was to tell of this run.
        told: what people know now.
        unsent: what is still to be sent, by channel.
        failed: why a channel could not be reached, by channel.
    """

    found: tuple[Notice, ...]
    told: Told
    unsent: dict[str, tuple[Notice, ...]]
    failed: Mapping[str, str]


def tell(
    run: Run,
    told: Told,
    unsent: Mapping[str, tuple[Notice, ...]],
    channels: Mapping[str, frozenset[On]],
    oldest: datetime.timedelta,
    send: Send,
) -> Telling:
    """Tell everybody who wants to know, in one message each.

    Args:
        run: that has ended.
        told: what people know.
        unsent: what could not be sent before, by channel.
        channels: what each channel is to be told of, by its name.
        oldest: how old an edge's list may be.
        send: as `Send` says.
    """
    found, known = notices(run, told, oldest)
    waiting = {
        name: (*unsent.get(name, ()), *(each for each in found if each.on in on))[-MOST_UNSENT:]
        for name, on in channels.items()
    }
    messages = {name: made for name, each in waiting.items() if (made := message(_weightiest(each))) is not None}
    # Without any message, too: a monitor is told of every run.
    failed = send(messages)
    return Telling(found, known, {name: waiting[name] for name in failed if waiting.get(name)}, failed)


def _weightiest(found: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """The weightiest first; what was not sent before stands before what is new."""
    return tuple(sorted(found, key=lambda each: -each.weight))
