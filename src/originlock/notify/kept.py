"""What is kept between runs, so that people are told once, and nothing of it is lost.

Lives here: the data, and what a run makes of it. Must not live here: the file (see `originlock.store.runs`).
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.runs import OriginRun, Run
from originlock.notify.notices import Notice, Told


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept between runs.

    Attributes:
        begun: when a run began that has not ended; None where none goes on. It stays where runs are killed: then it is
            the first of them.
        ended: when the last run ended.
        succeeded: when a run of all origins last found everything locked.
        exit_code: of the last run.
        origins: the last run of each origin, by name.
        told: what people know.
        unsent: what could not be sent, by channel, the oldest first.
    """

    begun: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    succeeded: datetime.datetime | None = None
    exit_code: int = 0
    origins: dict[str, OriginRun] = {}
    told: Told = Told()
    unsent: dict[str, tuple[Notice, ...]] = {}


def kept_after(before: Kept, run: Run, told: Told, unsent: dict[str, tuple[Notice, ...]], *, whole: bool) -> Kept:
    """What is kept after a run: the records of origins that it was not about stay.

    Args:
        before: what was kept.
        run: that has ended.
        told: what people know now.
        unsent: what is still to be sent, by channel.
        whole: it was about all origins.
    """
    return Kept(
        ended=run.ended,
        succeeded=run.at if whole and all(each.locked for each in run.origins) else before.succeeded,
        exit_code=run.exit_code,
        origins={**before.origins, **{each.origin: each for each in run.origins}},
        told=told,
        unsent=unsent,
    )
