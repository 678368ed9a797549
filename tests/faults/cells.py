"""The cells of the fault matrix: every call of every scenario with everything that can befall it.

Lives here: the troubles, which exit codes the contract allows for each at each place, and the list of cells.
Must not live here: how a cell is run.
"""

from __future__ import annotations

import enum
import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults.scenarios import ADD, READ_QUOTA, SCENARIOS, TAKE, Scenario

from originlock.lab.faults import is_reading

SEED: Final = 20261122
"""Of the sample that runs each time; another one is as good."""

SAMPLE: Final = 40
"""As many as go with the rest of this folder into a minute and a half on two processors."""

FOR_EVER: Final = 1_000_000

CLEAN: Final = None
"""The exit code of a run without faults."""

Codes = tuple[int | None, ...]


class Place(enum.Enum):
    """Where in a run a call stands."""

    LOOK = "the look before the plan"
    QUOTA = "asking for the quota, at the end of the look"
    ADD = "an act that widens"
    TAKE = "an act that narrows"
    GATE = "the read-back before narrowing"
    LAST = "the last read-back"


@dataclass(frozen=True, eq=False)
class Trouble:
    """What befalls a call, and a few after it.

    Attributes:
        kind: the lab's fault; None for none.
        then: what befalls the call after it, which is botocore's second try.
        codes: which exit codes are right, by place; at a place that is not named it is not tried.
        attempts: botocore's tries of one call; None leaves originlock's own.
        signal: what the process is sent while the call hangs.
        lag_seconds: how long AWS takes to show what was written.
        only: the scenarios that it is tried in, if not in all.
        slow: takes many seconds, so it is never part of the sample.
    """

    name: str
    kind: str | None
    codes: Mapping[Place, Codes]
    times: int = 1
    attempts: int | None = 2
    then: str | None = None
    signal: signal.Signals | None = None
    lag_seconds: float = 0
    only: tuple[str, ...] = ()
    slow: bool = False


def _codes(
    look: int | None, quota: int | None, add: int | None, take: int | None, gate: int | None, last: int | None
) -> Mapping[Place, Codes]:
    given = (look, quota, add, take, gate, last)
    return {place: (code,) for place, code in zip(Place, given, strict=True)}


_EVERYWHERE: Final = tuple(Place)

#: It heals by itself while originlock waits, except in the look: what cannot be read there is not acted on.
#: (Without an answer on the quota the documented default counts, which is the lab's as well.)
_PASSES: Final = _codes(7, CLEAN, CLEAN, CLEAN, CLEAN, CLEAN)
#: It never heals: an act, or the proof before narrowing, stops the run; a last proof that cannot be had is unknown.
_STAYS: Final = _codes(7, 5, 5, 5, 5, 7)
#: A refusal of an act is final; a read-back is tried again.
_REFUSED: Final = _codes(7, CLEAN, 5, 5, CLEAN, CLEAN)
#: AWS says that it is so already, and it is not.
_FALSE_ALREADY: Final = _codes(7, CLEAN, CLEAN, CLEAN, CLEAN, CLEAN)
#: A rule that is not found is gone already; a group that is not found is an error.
_NOT_FOUND: Final = _codes(7, CLEAN, 5, CLEAN, CLEAN, CLEAN)
#: botocore tries it again and nobody notices.
_ABSORBED: Final = _codes(*([CLEAN] * 6))


def _same(*codes: int | None, places: tuple[Place, ...] = _EVERYWHERE) -> Mapping[Place, Codes]:
    return dict.fromkeys(places, codes)


_ACTS: Final = (Place.ADD, Place.TAKE)
_READS: Final = (Place.LOOK, Place.QUOTA, Place.GATE, Place.LAST)

#: Where calls are not made side by side, so that the call after one is known.
_ONE_LANE: Final = tuple(scenario.name for scenario in SCENARIOS if scenario.name != "two")
_SHORT_LAG, _LONG_LAG = 0.7, 4.0

TROUBLES: Final = (
    Trouble("throttle", "throttle", _PASSES, times=3),
    Trouble("throttle-for-ever", "throttle", _STAYS, times=FOR_EVER),
    Trouble("server-error", "server-error", _PASSES, times=2),
    Trouble("unavailable", "unavailable", _PASSES, times=2),
    Trouble("drop-before", "drop-before", _PASSES, times=2),
    Trouble("drop-after", "drop-after", _ABSORBED),
    Trouble("drop-after-twice", "drop-after", _PASSES, times=2),
    Trouble("drop-after-for-ever", "drop-after", _STAYS, times=FOR_EVER, only=("swap", "full")),
    Trouble("access-denied", "access-denied", _REFUSED),
    Trouble("access-denied-for-ever", "access-denied", _STAYS, times=FOR_EVER, only=("swap", "full")),
    Trouble("quota", "quota", _REFUSED),
    Trouble("duplicate", "duplicate", _FALSE_ALREADY),
    Trouble("not-found", "not-found", _NOT_FOUND),
    Trouble(
        "stale",
        "stale",
        {Place.LOOK: (CLEAN, 3, 4, 5), Place.GATE: (CLEAN,), Place.LAST: (CLEAN,)},
    ),
    Trouble(
        "stale-for-long",
        "stale",
        {Place.LOOK: (CLEAN, 3, 4, 5), Place.GATE: (CLEAN,), Place.LAST: (CLEAN,)},
        times=4,
        only=("open", "full"),
    ),
    Trouble("kill-before", "hang-before", _same(-signal.SIGKILL), signal=signal.SIGKILL),
    Trouble("kill-after", "hang-after", _same(-signal.SIGKILL), signal=signal.SIGKILL),
    Trouble("interrupt-before", "hang-before", _same(130, places=_ACTS), signal=signal.SIGINT),
    Trouble("interrupt-after", "hang-after", _same(130, places=_ACTS), signal=signal.SIGINT),
    Trouble("interrupt-a-read", "hang-after", _same(130, places=_READS), signal=signal.SIGINT, only=("open", "full")),
    Trouble("terminate-before", "hang-before", _same(130, places=_ACTS), signal=signal.SIGTERM, only=("swap", "full")),
    Trouble("terminate-after", "hang-after", _same(130, places=_ACTS), signal=signal.SIGTERM, only=("swap", "full")),
    # The first try was done and its answer lost, so that the refusal of the second is not the whole truth.
    Trouble("drop-after-then-denied", "drop-after", _same(CLEAN, places=_ACTS), then="access-denied", only=_ONE_LANE),
    Trouble("drop-after-then-quota", "drop-after", _same(CLEAN, places=_ACTS), then="quota", only=_ONE_LANE),
    # Two troubles at once: what was written shows late, and an answer is lost beside.
    Trouble("lag", None, {Place.ADD: (CLEAN,)}, lag_seconds=_SHORT_LAG),
    Trouble("lag-and-drop-after", "drop-after", _same(CLEAN, places=_ACTS), lag_seconds=_SHORT_LAG),
    Trouble("lag-and-drop-after-twice", "drop-after", _same(CLEAN, places=_ACTS), times=2, lag_seconds=_SHORT_LAG),
    Trouble("lag-and-kill-after", "hang-after", _same(-9, places=_ACTS), signal=signal.SIGKILL, lag_seconds=_SHORT_LAG),
    # Longer than originlock is told to wait: it must stop before it narrows, or say that it cannot tell.
    Trouble("long-lag", None, {Place.ADD: (5, 7)}, lag_seconds=_LONG_LAG, slow=True),
    # With originlock's own number of tries, and botocore's own patience.
    Trouble("patient-throttle", "throttle", _ABSORBED, times=3, attempts=None, only=("swap",), slow=True),
    Trouble("patient-server-error", "server-error", _ABSORBED, times=3, attempts=None, only=("open",), slow=True),
    Trouble("patient-drop-after", "drop-after", _ABSORBED, times=2, attempts=None, only=("full",), slow=True),
    Trouble(
        "patient-throttle-for-ever",
        "throttle",
        {Place.LOOK: (7,), Place.LAST: (7,)},
        times=FOR_EVER,
        attempts=None,
        only=("fill",),
        slow=True,
    ),
    # No answer for longer than a call may take.
    Trouble("silence-before", "hang-before", _PASSES, attempts=1, only=("swap",), slow=True),
    Trouble("silence-after", "hang-after", _PASSES, attempts=1, only=("swap",), slow=True),
)


@dataclass(frozen=True)
class Cell:
    """One cell: a trouble at the `at`-th call of a scenario."""

    scenario: Scenario
    at: int
    trouble: Trouble

    @property
    def action(self) -> str:
        """The call that it befalls."""
        return self.scenario.calls[self.at - 1]

    @property
    def place(self) -> Place:
        """Where in the run that call stands."""
        return place_of(self.scenario, self.at)

    @property
    def counted(self) -> int:
        """The number by which the lab finds the call: for a stale read it counts reads of EC2 alone."""
        if self.trouble.kind != "stale":
            return self.at
        return sum(1 for action in self.scenario.calls[: self.at] if is_reading(action) and action != READ_QUOTA)

    @property
    def codes(self) -> tuple[int, ...]:
        """The exit codes that the contract allows."""
        allowed = self.trouble.codes[self.place]
        return tuple(self.scenario.code if code is None else code for code in allowed)

    def __str__(self) -> str:
        """Scenario, call and trouble: the test's id."""
        return f"{self.scenario.name}-{self.at}-{self.trouble.name}"


def place_of(scenario: Scenario, at: int) -> Place:
    """Where a call stands."""
    action = scenario.calls[at - 1]
    if action == READ_QUOTA:
        return Place.QUOTA
    if action in {ADD, TAKE}:
        return Place.ADD if action == ADD else Place.TAKE
    if all(is_reading(each) for each in scenario.calls[:at]):
        return Place.LOOK
    return Place.LAST if at == len(scenario.calls) else Place.GATE


def _cells() -> tuple[Cell, ...]:
    found = []
    for scenario in SCENARIOS:
        for trouble in TROUBLES:
            if trouble.only and scenario.name not in trouble.only:
                continue
            places = [at for at in range(1, len(scenario.calls) + 1) if place_of(scenario, at) in trouble.codes]
            # What befalls no call in particular is tried once.
            found += [Cell(scenario, at, trouble) for at in (places if trouble.kind else places[:1])]
    return tuple(found)


def _sample(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Some cells, the same each time: every trouble that is not slow, then any."""
    dice = random.Random(SEED)  # noqa: S311 - a choice, no secret
    quick = [cell for cell in cells if not cell.trouble.slow]
    dice.shuffle(quick)
    first = {cell.trouble.name: cell for cell in quick}
    rest = [cell for cell in quick if first[cell.trouble.name] is not cell]
    chosen = {*first.values(), *rest[: SAMPLE - len(first)]}
    return tuple(cell for cell in cells if cell in chosen)


CELLS: Final = _cells()
SAMPLED: Final = _sample(CELLS)
