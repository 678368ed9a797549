"""A hundred groups behind a throttle: what is lost, and who waits how long.

Lives here: the run and its limits. Must not live here: the throttle (see `ec2_stand_in`).
"""

from __future__ import annotations

from typing import Final

from ground import CHANGE, FILL, ORIGINLOCK, Acted, beside, stand_in
from table import FIGURES, Figure, Section, Table

GROUPS: Final = 100
PER_SECOND: Final = 10

LEAST_WAIT: Final = (GROUPS - PER_SECOND) / PER_SECOND
"""Seconds that the bucket alone makes the last group wait."""

LONGEST_WAIT: Final = 3 * LEAST_WAIT
"""Our choice: nobody starves who waits no longer than this."""


def measured() -> list[Table]:
    """Fill all groups, then follow a change in all of them."""
    with beside() as where, stand_in(GROUPS, per_second=PER_SECOND) as ec2:
        figures = [figure for act in (FILL, CHANGE) for figure in _figures(ec2.act(act, ORIGINLOCK, where))]
    return [Table(FIGURES, figures)]


def _figures(each: Acted) -> list[Figure]:
    act, state = each.act, each.state
    right = max(state.groups.values())
    waited = state.longest_wait
    calls, later = sum(state.calls.values()), sum(state.errors.values())
    return [
        Figure(f"{act}: groups that are right at the end", f"{right} of {GROUPS}", f"{GROUPS}", right == GROUPS),
        Figure(f"{act}: whole process", f"{each.taken.wall:.1f} s"),
        Figure(f"{act}: calls, refused ones among them", f"{calls}, {later}"),
        Figure(f"{act}: most refusals to one group", f"{state.most_throttled}"),
        Figure(
            f"{act}: wait of the slowest group",
            f"{waited:.1f} s",
            f"at most {LONGEST_WAIT:g} s",
            waited <= LONGEST_WAIT,
        ),
    ]


def method() -> str:
    """How it was measured."""
    return (
        f"{GROUPS} groups by tag, originlock's own pacing off, one run. EC2 is `bench/ec2_stand_in.py`. "
        f"Each action has a bucket that holds {PER_SECOND} calls and is refilled with {PER_SECOND} a second; a call "
        "without a token is refused with `RequestLimitExceeded`. A group's wait goes from when a change was asked for "
        f"first until it was done. The bucket alone makes the last group wait {LEAST_WAIT:g} s."
    )


SECTION: Final = Section(
    name="throttle",
    title="Behind a throttle",
    minutes=1,
    method=method,
    measured=measured,
)
