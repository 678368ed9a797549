"""One run in a row of many: what was kept before it, who is told of it, and what is kept for the next.

Lives here: the order of these. Must not live here: what a run does (see `originlock.app.run`), what is told.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping

import msgspec

from originlock.app.plan import Readers
from originlock.app.run import Asked, Hands, run
from originlock.app.telling import Telling, tell
from originlock.facts.runs import Run
from originlock.facts.telling import On
from originlock.intent.policy import Limits, Policy
from originlock.notify.kept import Kept, kept_after
from originlock.notify.message import Message


@dataclasses.dataclass(frozen=True)
class Audience:
    """Who is told.

    Attributes:
        wishes: what each channel is to be told of, by its name.
        oldest: how old an edge's list may be.
        send: sends to each channel within its time; returns why, for those that did not get it.
    """

    wishes: Mapping[str, frozenset[On]]
    oldest: datetime.timedelta
    send: Callable[[Mapping[str, Message], Run], Mapping[str, str]]


@dataclasses.dataclass(frozen=True)
class Row:
    """What stays the same from run to run.

    Attributes:
        policies: the origins that a run is about.
        whole: these are all that there are.
        keep: keeps something for the next run, at once.
    """

    policies: tuple[Policy, ...]
    limits: Limits
    whole: bool
    keep: Callable[[Kept], None]


def again(row: Row, kept: Kept, readers: Readers, hands: Hands, audience: Audience) -> tuple[Run, Telling]:
    """Run once more, tell, and keep.

    Raises:
        StateError: something could not be kept; before anything was changed, or after people were told.
    """
    # Of several in a row that were broken off, the first: what any of them did is still to be told.
    row.keep(msgspec.structs.replace(kept, begun=kept.begun or readers.clock.now()))
    made = run(Asked(row.policies, row.limits, before=kept.origins, broken_off=kept.begun), readers, hands)
    telling = tell(
        made, kept.told, kept.unsent, audience.wishes, audience.oldest, lambda messages: audience.send(messages, made)
    )
    row.keep(kept_after(kept, made, telling.told, telling.unsent, whole=row.whole))
    return made, telling
