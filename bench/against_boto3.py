"""Originlock against the shortest boto3 program that does the same work, on one group.

Lives here: the pairs and their limits. Must not live here: the program (see `boto3_program`).
"""

from __future__ import annotations

from typing import Final

from contest import compared
from ground import BOTO3_PROGRAM, ground
from table import FIGURES, Figure, Section, Table, versus

ROUNDS: Final = 9

#: How much of the program's time and memory originlock may take.
LIMIT: Final = 1.3

#: How many calls to AWS each act may make, whatever the number of ranges.
MOST_CALLS: Final = {"fill": 3, "no change": 2, "one in, one out": 6}


def measured() -> list[Table]:
    """Measure the three acts in alternation."""
    with ground() as here:
        pairs, calls = here.duel(BOTO3_PROGRAM, ROUNDS)
    rows = []
    for act, found in pairs.items():
        rows += [
            compared(f"{act}: wall time", "s", found, lambda taken: taken.wall, limit=LIMIT),
            compared(f"{act}: CPU time", "s", found, lambda taken: taken.cpu, limit=LIMIT),
            compared(f"{act}: peak memory", "MiB", found, lambda taken: taken.peak, limit=LIMIT, decimals=0),
        ]
    figures = [
        Figure(
            f"{act}: calls to AWS (the program's)",
            f"{ours} ({theirs})",
            f"at most {MOST_CALLS[act]}",
            ours <= MOST_CALLS[act],
        )
        for act, (ours, theirs) in calls.items()
    ]
    return [Table(versus("boto3 program"), rows), Table(FIGURES, figures)]


def method() -> str:
    """How it was measured."""
    return (
        f"One group, {ROUNDS} rounds after one that is not counted; in each round both programs fill an empty group, "
        "find nothing to change, and follow a list with one range less and one more. "
        "The program is `bench/boto3_program.py`: the same documents of the list and the same calls, "
        "but no guards, no journal, no plan, no way back."
    )


SECTION: Final = Section(
    name="boto3",
    title="Against the shortest boto3 program",
    minutes=1,
    method=method,
    measured=measured,
)
