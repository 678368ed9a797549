"""Originlock against the plain cron script, on one group and on a hundred.

Lives here: the pairs and their limits. Must not live here: the script (see `cron_script.sh`).
"""

from __future__ import annotations

import dataclasses
from typing import Final

import aws_cli
from contest import Pairs, Taken, compared
from ground import CHANGE, CRON_SCRIPT, FILL, NO_CHANGE, ORIGINLOCK, beside, ground, stand_in
from table import FIGURES, Comparison, Figure, Section, Table, versus

ROUNDS: Final = 7

#: How many times as fast originlock must be where the script is slow.
TIMES: Final = 10.0

GROUPS: Final = 100
#: The script does so many of them; its time is multiplied.
SAMPLE: Final = 10


def measured() -> list[Table]:
    """Measure one group in alternation, then a hundred."""
    path = aws_cli.path_with_aws_cli()
    with ground(path) as here:
        pairs, calls = here.duel(CRON_SCRIPT, ROUNDS, warm_up=False)
    rows = [_row(f"{act}, 1 group", found, TIMES if act == FILL else None) for act, found in pairs.items()]
    rows += [_row(f"{act}, {GROUPS} groups", [pair], TIMES) for act, pair in _hundred(path).items()]
    figures = [
        Figure(f"{act}, 1 group: calls to AWS (the script's)", f"{ours} ({theirs})")
        for act, (ours, theirs) in calls.items()
    ]
    return [Table(versus("cron script", "times as fast"), rows), Table(FIGURES, figures)]


def _row(what: str, pairs: Pairs, limit: float | None) -> Comparison:
    return compared(what, "s", pairs, lambda taken: taken.wall, better="at least", limit=limit)


def _hundred(path: str) -> dict[str, tuple[Taken, Taken]]:
    """Many groups by tag: nothing to change, then one range in and one out."""
    with beside(path) as where, stand_in(GROUPS) as mine, stand_in(SAMPLE) as theirs:
        for each in (mine, theirs):
            each.act(FILL, ORIGINLOCK, where)
        return {
            act: (mine.act(act, ORIGINLOCK, where).taken, _all_of(theirs.act(act, CRON_SCRIPT, where).taken))
            for act in (NO_CHANGE, CHANGE)
        }


def _all_of(part: Taken) -> Taken:
    return dataclasses.replace(part, wall=part.wall * GROUPS / SAMPLE, cpu=part.cpu * GROUPS / SAMPLE)


def method() -> str:
    """How it was measured."""
    return (
        "The script is `bench/cron_script.sh`: curl for both lists, and for each group one `describe-security-groups` "
        f"and one call for each range that is missing or too much, with the AWS CLI {aws_cli.version()}. "
        f"One group: {ROUNDS} rounds. {GROUPS} groups by tag: one pair, and EC2 is `bench/ec2_stand_in.py`. "
        f"There the script does {SAMPLE} groups, one after another, and its time is multiplied by {GROUPS // SAMPLE}. "
        "Wall time of the whole process."
    )


SECTION: Final = Section(
    name="cron",
    title="Against the cron script",
    minutes=4,
    method=method,
    measured=measured,
)
