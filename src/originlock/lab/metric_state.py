"""CloudWatch's metrics of one account and Region, held beside what moto holds.

Here lives what is kept of a metric, how it is planted, and what becomes of it with age. Here must not live: answers
(see `metric_answers`).

moto goes through every point of every metric for each point that it answers with, so that it could not hold a load
balancer's 90 days; and what it gives is neither paged nor forgotten with time.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Where moto's backend keeps them: a reset of moto empties it.
_HELD: Final = "_originlock_metrics"

#: 'CloudWatch API reference', GetMetricData: how long ago a request may start, by the period it then has at least.
KEPT: Final = (
    (datetime.timedelta(hours=3), 1),
    (datetime.timedelta(days=15), 60),
    (datetime.timedelta(days=63), 300),
    (datetime.timedelta(days=455), 3600),
)

MINUTE: Final = 60

#: A metric's name: its namespace, its own, and its dimensions.
Name = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(slots=True)
class Samples:
    """What was reported in one minute: a sum of so many, the least and the most of them."""

    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    count: float = 0.0

    def add(self, total: float, least: float, most: float, count: float) -> None:
        """Report more."""
        self.total += total
        self.least, self.most = min(self.least, least), max(self.most, most)
        self.count += count


@dataclass(slots=True)
class Held:
    """Every metric, by minutes since the epoch."""

    metrics: dict[Name, dict[int, Samples]] = field(default_factory=dict)

    def put(self, name: Name, moment: float, samples: tuple[float, float, float, float]) -> None:
        """Report a sum, the least, the most and the number of values at a moment."""
        self.metrics.setdefault(name, {}).setdefault(int(moment) // MINUTE, Samples()).add(*samples)

    def values(self, name: Name, stat: str, start: int, end: int, period: int) -> list[tuple[int, float]]:
        """A statistic for each period in which something was reported, in order of time, all in seconds."""
        gathered: dict[int, list[Samples]] = {}
        for minute, each in self.metrics.get(name, {}).items():
            moment = minute * MINUTE
            if start <= moment < end:
                gathered.setdefault(start + (moment - start) // period * period, []).append(each)
        return [(moment, _statistic(stat, gathered[moment])) for moment in sorted(gathered)]


def _statistic(stat: str, samples: list[Samples]) -> float:
    total, count = math.fsum(each.total for each in samples), math.fsum(each.count for each in samples)
    by_name = {
        "Sum": total,
        "Average": total / count,
        "Minimum": min(each.least for each in samples),
        "Maximum": max(each.most for each in samples),
        "SampleCount": count,
    }
    return by_name[stat]


STATISTICS: Final = frozenset({"Sum", "Average", "Minimum", "Maximum", "SampleCount"})
"""Those that are known here; percentiles and others are not."""


def held_by(backend: Any) -> Held:  # noqa: ANN401 - moto's backend
    """What a backend of moto's holds."""
    found: Held | None = getattr(backend, _HELD, None)
    if found is None:
        found = Held()
        setattr(backend, _HELD, found)
    return found


def least_period(age: datetime.timedelta) -> int | None:
    """The shortest period of which there are points so long ago; None if there are none of any."""
    return next((period for kept, period in KEPT if age <= kept), None)


def rounding(age: datetime.timedelta) -> int:
    """To how many seconds a start so long ago is rounded down (the same page)."""
    return max(MINUTE, least_period(age) or KEPT[-1][1])


def plant(given: Mapping[str, Any]) -> None:
    """Put a metric's minutes as AWS's own services do, whose namespaces nobody else may write to.

    `given` is JSON: metric, dimensions, start (seconds since the epoch), values (one for each minute, null where
    nothing was reported), region, and if they are others than usual, namespace and account. Raises ValueError and
    KeyError.
    """
    from moto.cloudwatch.models import cloudwatch_backends  # noqa: PLC0415 - only after the corrections

    backend = cloudwatch_backends[given.get("account", "123456789012")][given["region"]]
    dimensions = frozenset((str(name), str(value)) for name, value in given["dimensions"].items())
    name = (str(given.get("namespace", "AWS/ApplicationELB")), str(given["metric"]), dimensions)
    held, start = held_by(backend), int(given["start"])
    if start % MINUTE:
        message = f"{start} is not the start of a minute"
        raise ValueError(message)
    for number, value in enumerate(given["values"]):
        if value is not None:
            one = float(value)
            held.put(name, start + number * MINUTE, (one, one, one, 1.0))
