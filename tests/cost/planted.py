"""A load balancer's metrics, minute by minute, as integers: what is planted, and what is reckoned from it apart.

Here live the days of a shop: quiet nights, busy noons, floods of refused handshakes, hours without any data, a
reservation. Here must not live: anything of the code under test but the names of metrics.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from originlock.facts.metering import BY_HOUR, BY_MINUTE, Metered, Metric, Span
from originlock.lab.process import LocalAws

HOUR: Final = datetime.timedelta(hours=1)
MINUTE: Final = datetime.timedelta(minutes=1)

SCALE: Final = 10**6
"""LCU are planted in millionths, so that their sums are exact whatever adds them up."""

LCU: Final = frozenset({Metric.CONSUMED, Metric.RESERVED, Metric.PEAK})


@dataclass
class Shop:
    """What a shop's load balancer measured.

    `minutes` has, for each minute in which something was reported, the metrics' values (LCU in millionths).
    """

    start: datetime.datetime
    days: int
    strength: int = 1
    reserved_days: range = range(0)
    minutes: dict[datetime.datetime, dict[Metric, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Live the days."""
        for hour in range(self.days * 24):
            self._live(hour)

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(self.start, self.start + self.days * 24 * HOUR)

    def gap(self, hour: int) -> bool:
        """Hours without data: the first day, before it was opened, and Sundays' deep night."""
        return hour < 24 or (hour % 168 in range(2, 6))

    def _live(self, hour: int) -> None:
        if self.gap(hour):
            return
        day, of_day = divmod(hour, 24)
        busy = (1 + min(of_day, 24 - of_day)) * self.strength
        flood = day % 17 == 11 and of_day in {9, 10}
        for minute in range(60):
            if of_day == 4 and minute % 7 == 0:
                continue  # nobody came in these minutes
            at = self.start + hour * HOUR + minute * MINUTE
            self.minutes[at] = self._measured(day, busy, minute, flood=flood)

    def _measured(self, day: int, busy: int, minute: int, *, flood: bool) -> dict[Metric, int]:
        refused = 180_000 + minute if flood else minute % 3
        new = 300 * busy + 7 * minute + refused
        active = 900 * busy + 11 * minute + refused // 60
        bytes_ = 21_000_000 * busy * (1 + day % 3) + 1_003 * minute
        requests = 2_000 * busy + minute
        rules = requests * 12
        measured = {
            Metric.NEW_CONNECTIONS: new,
            Metric.ACTIVE_CONNECTIONS: active,
            Metric.PROCESSED_BYTES: bytes_,
            Metric.RULE_EVALUATIONS: rules,
            Metric.REQUESTS: requests,
            Metric.CONSUMED: consumed_of(new, active, bytes_),
            Metric.PEAK: 3 * consumed_of(new, active, bytes_) * 60,
        }
        if refused:
            measured[Metric.REFUSED] = refused
        if flood:
            measured[Metric.REJECTED] = minute
        if day in self.reserved_days:
            measured[Metric.RESERVED] = 100 * SCALE // 60
        return measured

    # --- what it sums up to, by itself --------------------------------------------------------

    def value(self, at: datetime.datetime, metric: Metric) -> Fraction | None:
        """One minute's value; None where nothing was reported."""
        told = self.minutes.get(at, {}).get(metric)
        if told is None:
            return None
        return Fraction(told, SCALE) if metric in LCU else Fraction(told)

    def total(self, metric: Metric, span: Span | None = None) -> Fraction:
        """A metric's sum."""
        within = span or self.span
        told = sum(each.get(metric, 0) for at, each in self.minutes.items() if within.start <= at < within.end)
        return Fraction(told, SCALE) if metric in LCU else Fraction(told)

    def hourly(self, metric: Metric) -> dict[datetime.datetime, Fraction]:
        """A metric's sums by hour."""
        found: dict[datetime.datetime, Fraction] = {}
        for at, each in self.minutes.items():
            if metric in each:
                start = at.replace(minute=0)
                found[start] = found.get(start, Fraction(0)) + each[metric]
        return {at: each / SCALE if metric in LCU else each for at, each in found.items()}

    def minutely(self, metric: Metric, since: datetime.datetime) -> dict[datetime.datetime, Fraction]:
        """A metric by minute."""
        told = {at: self.value(at, metric) for at in self.minutes if at >= since}
        return {at: each for at, each in told.items() if each is not None}

    def metered(self, since: datetime.datetime) -> Metered:
        """As if it had been read."""
        return Metered(
            {metric: self.hourly(metric) for metric in BY_HOUR},
            {metric: self.minutely(metric, since) for metric in BY_MINUTE},
        )


def consumed_of(new: int, active: int, bytes_: int) -> int:
    """Millionths of an LCU-hour that a minute consumed, with mutual TLS and GB of 1e9 bytes: by AWS's formula."""
    parts = (Fraction(new, 60 * 25), Fraction(active, 1500), Fraction(bytes_ * 60, 10**9))
    return round(max(parts) * SCALE / 60)


def series(shop: Shop) -> Iterator[tuple[Metric, Mapping[datetime.datetime, int]]]:
    """Every metric that was reported, by minute."""
    for metric in Metric:
        told = {at: each[metric] for at, each in shop.minutes.items() if metric in each}
        if told:
            yield metric, told


def plant(aws: LocalAws, shop: Shop, arn: str) -> None:
    """Let the local AWS have measured it."""
    dimensions = {"LoadBalancer": arn.partition(":loadbalancer/")[2]}
    length = (shop.span.end - shop.start) // MINUTE
    for metric, told in series(shop):
        values: list[float | None] = [None] * length
        for at, value in told.items():
            values[(at - shop.start) // MINUTE] = value / SCALE if metric in LCU else value
        aws.plant_metric(metric.value, dimensions, int(shop.start.timestamp()), values)


def last_hour() -> datetime.datetime:
    """The start of the hour that is not over."""
    return datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)
