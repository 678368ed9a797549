"""One message of a run: a subject that says it all, and a line or two for each thing.

Lives here: the words that every channel shares. Must not live here: a channel's own format.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from originlock.notify.notices import Notice, On, Weight

_SIGNS: Final = {Weight.NEWS: "news", Weight.OVER: "over", Weight.WARNING: "soon", Weight.ALERT: "ALERT"}


class Message(msgspec.Struct, frozen=True):
    """What is sent.

    Attributes:
        subject: one line.
        text: all of it, for a person; lines end with a newline.
        weight: of the weightiest notice.
        notices: what it tells, the weightiest first.
    """

    subject: str
    text: str
    weight: Weight
    notices: tuple[Notice, ...]


def message(notices: tuple[Notice, ...], on: Collection[On] = tuple(On)) -> Message | None:
    """The message of those notices that a channel wants to be told; None if there is none."""
    wanted = tuple(each for each in notices if each.on in on)
    if not wanted:
        return None
    first = wanted[0]
    more = f" (and {len(wanted) - 1} more)" if len(wanted) > 1 else ""
    subject = f"originlock: {_whose(first)}{first.text}{more}"
    lines = [line for each in wanted for line in _lines(each)]
    return Message(subject, "".join(f"{line}\n" for line in lines), first.weight, wanted)


def _whose(notice: Notice) -> str:
    return f"{notice.origin}: " if notice.origin else ""


def _lines(notice: Notice) -> tuple[str, ...]:
    said = f"[{_SIGNS[notice.weight]}] {_whose(notice)}{notice.text}"
    return (said, f"    what to do: {notice.remedy}") if notice.remedy else (said,)
