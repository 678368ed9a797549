"""A history of hours as columns of numbers: what the script draws ninety days from.

Lives here: turning each hour's record into columns, which take a fifth of the room, and names into harmless text.
Must not live here: what any number means for the bill (see `originlock.cost`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from originlock.cost.storm import Flood
from originlock.cost.units import Dimension
from originlock.facts.usage import MINUTES_PER_HOUR, SECONDS_PER_HOUR, Usage
from originlock.report.document import without_controls
from originlock.report.page.asked import asked_of_nothing, asked_of_usage

COLUMNS: Final = ("lcu", "consumed", "reserved", "refused")
"""Of each hour: a number, ``[low, high]``, or nothing where nothing was told."""

DECIDERS: Final = {dimension.value: index for index, dimension in enumerate(Dimension)}
"""Each dimension's place among all."""

_DIGITS: Final = 8


def balancers(data: Mapping[str, object]) -> list[dict[str, object]]:
    """Each load balancer of ``cost observe -o json``, its hours as columns.

    Raises:
        ValueError: an hour's time is no time.
    """
    return [_balancer(each) for each in _list(data.get("load_balancers")) if isinstance(each, Mapping)]


def unread(data: Mapping[str, object]) -> list[object]:
    """What could not be read besides what each load balancer says of itself: ``what`` and ``reason``."""
    return [_clean(each) for each in _list(data.get("unknown"))]


def mean_hour(observed: Sequence[Mapping[str, object]], flood: Flood) -> dict[str, str]:
    """What the calculator begins with: the mean of the hours that were reported of the first load balancer.

    Mutual TLS is left off: the headers that it adds are among the bytes that were measured.
    """
    if not observed:
        return asked_of_nothing("", flood)
    totals = observed[0].get("totals")
    told = totals if isinstance(totals, Mapping) else {}
    sums, hours = told.get("sums"), told.get("hours_with_data")
    begun = asked_of_nothing(str(observed[0]["region"]), flood)
    if not isinstance(sums, Mapping) or not isinstance(hours, int) or hours == 0:
        return begun

    def mean(metric: str) -> Fraction:
        value = sums.get(metric, 0)
        # Six digits are enough to begin with, and can be read.
        return Fraction(f"{value / hours:.5e}") if isinstance(value, int | float) else Fraction(0)

    requests, lambda_bytes = mean("requests") / SECONDS_PER_HOUR, mean("lambda_bytes")
    usage = Usage(
        mean("new_connections") / SECONDS_PER_HOUR,
        mean("active_connections") / MINUTES_PER_HOUR,
        max(Fraction(0), mean("processed_bytes") - lambda_bytes),
        lambda_bytes,
        requests,
        mean("rule_evaluations") / SECONDS_PER_HOUR,
    )
    return begun | {field: f"{float(text):.6g}" for field, text in asked_of_usage(usage).items()}


def _balancer(told: Mapping[str, object]) -> dict[str, object]:
    hours = [each for each in _list(told.get("hours")) if isinstance(each, Mapping)]
    times = [datetime.datetime.fromisoformat(str(each["at"])) for each in hours]
    start = min(times, default=None)
    # The sum of what was refused has the name that the column of hours has.
    kept = {key: _clean(value) for key, value in told.items() if key not in {"hours", "refused"}}
    return {
        "name": "",
        "region": "",
        **kept,
        "refused_in_all": _clean(told.get("refused")),
        "start": None if start is None else start.isoformat(),
        "at": [round((each - start).total_seconds() / 3600) for each in times] if start is not None else [],
        "decided_by": [DECIDERS.get(str(each.get("decided_by")), -1) for each in hours],
        **{column: [_number(each.get(column)) for each in hours] for column in COLUMNS},
    }


def _number(told: object) -> object:
    """Both ends of an interval, a number, or nothing; eight digits are more than a plot shows."""
    if isinstance(told, list | tuple):
        return [_number(each) for each in told]
    return float(f"{told:.{_DIGITS}g}") if isinstance(told, int | float | Fraction) else None


def _clean(told: object) -> object:
    """The same, its texts without what steers a screen."""
    match told:
        case str():
            return without_controls(told)
        case Mapping():
            return {without_controls(str(key)): _clean(value) for key, value in told.items()}
        case list() | tuple():
            return [_clean(each) for each in told]
        case _:
            return told


def _list(told: object) -> list[object]:
    return list(told) if isinstance(told, list | tuple) else []
