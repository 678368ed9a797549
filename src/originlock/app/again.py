"""One run in a row of many: what was kept before it, who is told of it, and what is kept for the next.

Lives here: the order of these. Must not live here: what a run does (see `originlock.app.run`), what is told.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping

import msgspec

from originlock.app.plan import Readers
from originlock.app.run import COMMAND, Asked, Hands, run
from originlock.app.telling import Telling, tell
from originlock.facts.runs import Run
from originlock.facts.telling import On
from originlock.intent.policy import Limits, Policy
from originlock.notify.kept import Kept, kept_after
from originlock.notify.message import Message
from originlock.plan.journal import RunRecord, runs


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
        anew: why nothing is known of what was before; empty where that is as it should be.
    """

    policies: tuple[Policy, ...]
    limits: Limits
    whole: bool
    keep: Callable[[Kept], None]
    anew: str = ""


def again(row: Row, kept: Kept, readers: Readers, hands: Hands, audience: Audience) -> tuple[Run, Telling]:
    """Run once more, tell, and keep.

    Raises:
        StateError: something could not be kept; before anything was changed, or after people were told.
    """
    journal = runs(hands.writers.journal_reader.events())
    begun = kept
    if kept.begun is None:
        last = journal[-1].run if journal else ""
        begun = msgspec.structs.replace(kept, begun=readers.clock.now(), after=last)
    # Of several in a row that were broken off, the first: what any of them did is still to be told.
    row.keep(begun)
    renewing = dict(kept.renewing)

    def note(origin: str, words: tuple[str, ...]) -> None:
        renewing[origin] = words
        row.keep(msgspec.structs.replace(begun, renewing=renewing))

    asked = Asked(row.policies, row.limits, before=kept.origins, untold=_untold(kept, journal), renewing=kept.renewing)
    made = msgspec.structs.replace(run(asked, readers, hands, note), anew=row.anew)
    telling = tell(
        made, kept.told, kept.unsent, audience.wishes, audience.oldest, lambda messages: audience.send(messages, made)
    )
    row.keep(kept_after(kept, made, telling.told, telling.unsent, whole=row.whole))
    return made, telling


def _untold(kept: Kept, journal: tuple[RunRecord, ...]) -> tuple[str, ...]:
    """Runs that changed something after one began that never told of it; what a person did by hand is none.

    They are told by their place in the journal: a clock may have been set back since.
    """
    if kept.begun is None:
        return ()
    names = [each.run for each in journal]
    if kept.after in names:
        later = journal[names.index(kept.after) + 1 :]
    else:
        # The journal was empty then, or is another one: by time, then, in whole seconds as the journal has it.
        began = kept.begun.replace(microsecond=0)
        later = tuple(each for each in journal if each.at and datetime.datetime.fromisoformat(each.at) >= began)
    return tuple(each.run for each in later if each.changed and each.command in {COMMAND, ""})
