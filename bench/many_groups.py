"""A thousand groups behind a slow network: originlock side by side, the boto3 program one after another.

Lives here: the pairs and their limit. Must not live here: the EC2 that answers (see `ec2_stand_in`).
"""

from __future__ import annotations

from typing import Final

from ground import BOTO3_PROGRAM, CHANGE, FILL, ORIGINLOCK, Acted, beside, stand_in
from table import FIGURES, Comparison, Figure, Section, Table, versus

ROUNDS: Final = 2
GROUPS: Final = 1000
#: The program does fewer, as it takes them one after another; what is compared is groups a second.
SEQUENTIAL: Final = 150
LATENCY_MS: Final = 30.0

#: How many times as many groups a second.
TIMES: Final = 5.0

ACTS: Final = (FILL, CHANGE)


def measured() -> list[Table]:
    """Fill all groups, then follow a change in all of them."""
    ours: list[Acted] = []
    theirs: list[Acted] = []
    for _ in range(ROUNDS):
        ours += _acted(ORIGINLOCK, GROUPS)
        theirs += _acted(BOTO3_PROGRAM, SEQUENTIAL)
    rows = [
        Comparison(
            act,
            "groups/s",
            tuple(GROUPS / each.taken.wall for each in ours if each.act == act),
            tuple(SEQUENTIAL / each.taken.wall for each in theirs if each.act == act),
            limit=TIMES,
            better="at least",
            decimals=1,
            higher=True,
        )
        for act in ACTS
    ]
    figures = [
        Figure(f"{each.act}: calls to AWS, peak memory", f"{sum(each.state.calls.values())}, {each.taken.peak:.0f} MiB")
        for each in ours[-len(ACTS) :]
    ]
    return [Table(versus("boto3 program", "times as many"), rows), Table(FIGURES, figures)]


def _acted(command: tuple[str, ...], groups: int) -> list[Acted]:
    with beside() as where, stand_in(groups, latency_ms=LATENCY_MS) as ec2:
        return [ec2.act(act, command, where) for act in ACTS]


def method() -> str:
    """How it was measured."""
    return (
        f"Groups by tag, {LATENCY_MS:g} ms for each call, {ROUNDS} pairs. Originlock does {GROUPS}, up to 16 calls at "
        f"once. `bench/boto3_program.py` does {SEQUENTIAL}, one after another, which is what sequential means here. "
        "Every group is looked at afterwards. EC2 is `bench/ec2_stand_in.py`, a small server that knows just these "
        "calls: the lab is moto, and with so many groups it is moto that would be measured."
    )


SECTION: Final = Section(
    name="many",
    title=f"{GROUPS} groups",
    minutes=2.5,
    method=method,
    measured=measured,
)
