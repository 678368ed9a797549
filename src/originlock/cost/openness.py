"""Which of the open questions a result really depends on, so that a person is told why it is an interval.

Lives here: trying every answer and looking whether anything moves. Must not live here: the words for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import msgspec

from originlock.cost import estimate as estimates, storm as storms
from originlock.cost.estimate import Figures
from originlock.cost.readings import ANSWERS, Question, Reading, readings
from originlock.cost.storm import Flood, Posture, added_units, sent_bytes
from originlock.cost.units import ServerKey, Units, units, with_headers
from originlock.facts.usage import Kind, Usage


def open_in_estimate(figures: Figures) -> tuple[Question, ...]:
    """What an estimate's capacity units depend on, and what each lock adds to them or saves."""
    kind, usage = figures.owned.kind, figures.usage
    switched = (False, True) if kind is Kind.ALB else (False,)

    def counted(reading: Reading, *, mutual: bool) -> Units:
        seen = with_headers(usage, reading) if mutual else usage
        return units(kind, seen, reading, mutual=mutual, key=figures.key)

    def reckon(reading: Reading) -> Hashable:
        # What a part of the usage comes to moves with no question that moves none of the whole's dimensions.
        totals = (counted(reading, mutual=mutual).total for mutual in switched)
        return (counted(reading, mutual=figures.mutual), *totals)

    return _moving(reckon, estimates.OPEN)


def open_in_storm(flood: Flood, normal: Usage, key: ServerKey = ServerKey.COMMON) -> tuple[Question, ...]:
    """What a flood's capacity units and bytes depend on, in any posture."""

    def reckon(reading: Reading) -> Hashable:
        # GB, not bytes: what a GB is moves the dollars of the transfer, too.
        return tuple(
            (added_units(each, flood, normal, reading, key), sent_bytes(each, flood, reading) / reading.gigabyte)
            for each in Posture
        )

    return _moving(reckon, storms.OPEN)


def _moving(reckon: Callable[[Reading], Hashable], questions: tuple[Question, ...]) -> tuple[Question, ...]:
    """The questions of which another answer, all others the same, gives another result."""
    return tuple(each for each in questions if any(_moves(reckon, each, reading) for reading in readings(questions)))


def _moves(reckon: Callable[[Reading], Hashable], question: Question, reading: Reading) -> bool:
    others = (msgspec.structs.replace(reading, **{question.value: answer}) for answer in ANSWERS[question])
    return len({reckon(each) for each in others}) > 1
