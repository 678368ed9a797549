"""What is kept between runs: of origins that are gone, for a while; of what a run was not about, everything."""

from __future__ import annotations

import msgspec
from tests.notify.runs import HOLE, START, WEEK, origin, run

from originlock.facts.runs import Run
from originlock.notify.kept import FORGOTTEN_AFTER, Kept, kept_after
from originlock.notify.notices import notices

OPEN = origin("shop", holes=(HOLE,))


def after(kept: Kept, made: Run, *, whole: bool = True) -> Kept:
    """What is kept after one more run."""
    _, told = notices(made, kept.told, WEEK)
    return kept_after(kept, made, told, {}, whole=whole)


def test_an_origin_that_is_gone_is_forgotten_in_the_end() -> None:
    """What was renamed years ago would be written down for ever."""
    first = after(Kept(), run(origin(), OPEN))
    day = FORGOTTEN_AFTER.days * 24
    still = after(first, run(origin(), hours=day))
    assert (set(still.origins), len(still.told.standing)) == ({"blog", "shop"}, 1)
    gone = after(still, run(origin(), hours=day + 1))
    assert (set(gone.origins), dict(gone.told.standing)) == ({"blog"}, {})


def test_an_origin_that_a_run_was_not_about_is_not_forgotten() -> None:
    """Who runs `--origin blog` by cron would forget the shop's hole."""
    first = after(Kept(), run(origin(), OPEN))
    assert "shop" in after(first, run(origin(), hours=10_000), whole=False).origins


def test_what_was_about_to_be_renewed_stays_until_its_origin_was_looked_at() -> None:
    """A run that was killed, and one of another origin after it: nobody would hear of the renewal."""
    killed = Kept(begun=START, renewing={"shop": ("it",)})
    other = after(killed, run(origin(), hours=6), whole=False)
    assert (other.begun, other.renewing) == (None, {"shop": ("it",)})
    assert after(other, run(OPEN, hours=12), whole=False).renewing == {}


def test_a_record_that_is_lost_is_told_of() -> None:
    """Everything is told once more, and nobody knows why."""
    made = msgspec.structs.replace(run(), anew="the record of runs is damaged")
    (found,), _ = notices(made, Kept().told, WEEK)
    assert found.text.startswith("the record of runs is damaged: it begins anew")
