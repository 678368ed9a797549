"""What is kept between runs, so that people are told once, and nothing of it is lost.

Lives here: the data, and what a run makes of it. Must not live here: the file (see `originlock.store.runs`).
"""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

from originlock.facts.runs import OriginRun, Run
from originlock.notify.notices import Notice, Told

FORGOTTEN_AFTER: Final = datetime.timedelta(days=30)
"""How long what is known of an origin is kept that is no longer configured (our choice): several configurations may
share a state directory, and one that is taken out for a day is not told of from the beginning."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept between runs.

    Attributes:
        begun: when a run began that has not ended; None where none goes on. It stays where runs are killed: then it is
            the first of them.
        after: the last run that the journal had then; what comes after it and was broken off is still to be told.
        renewing: what was about to be renewed, in words, by origin; of a run that was broken off.
        ended: when the last run ended.
        succeeded: when a run of all origins last found everything locked.
        exit_code: of the last run.
        origins: the last run of each origin, by name.
        told: what people know.
        unsent: what could not be sent, by channel, the oldest first.
    """

    begun: datetime.datetime | None = None
    after: str = ""
    renewing: dict[str, tuple[str, ...]] = {}
    ended: datetime.datetime | None = None
    succeeded: datetime.datetime | None = None
    exit_code: int = 0
    origins: dict[str, OriginRun] = {}
    told: Told = Told()
    unsent: dict[str, tuple[Notice, ...]] = {}


def kept_after(before: Kept, run: Run, told: Told, unsent: dict[str, tuple[Notice, ...]], *, whole: bool) -> Kept:
    """What is kept after a run: the records of origins that it was not about stay, those that are gone but a while.

    Args:
        before: what was kept.
        run: that has ended.
        told: what people know now.
        unsent: what is still to be sent, by channel.
        whole: it was about all origins.
    """
    ran = {each.origin for each in run.origins}
    gone = {
        name
        for name, last in before.origins.items()
        if whole and name not in ran and run.at - last.at > FORGOTTEN_AFTER
    }
    origins = {name: last for name, last in before.origins.items() if name not in gone}
    standing = {key: known for key, known in told.standing.items() if known.origin not in gone}
    return Kept(
        renewing={name: words for name, words in before.renewing.items() if name not in ran | gone},
        ended=run.ended,
        succeeded=run.at if whole and all(each.locked for each in run.origins) else before.succeeded,
        exit_code=run.exit_code,
        origins={**origins, **{each.origin: each for each in run.origins}},
        told=msgspec.structs.replace(told, standing=standing),
        unsent=unsent,
    )
