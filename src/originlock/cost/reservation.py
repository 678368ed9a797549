"""LCU reservations: what one would have cost on a history, and whether it makes sense.

Lives here: the minimum, the quotas, the sums. Must not live here: the words of the advice (see `originlock.report`).

Source of all that is said here of reservations: Elastic Load Balancing user guide for Application Load Balancers,
"Capacity reservations" and "Monitor", and its quotas, as of 2026-11.
"""

from __future__ import annotations

import datetime
import enum
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.bill import HOURS_PER_MONTH
from originlock.cost.observed import Hour, Observed
from originlock.cost.readings import Amount
from originlock.errors import UsageError
from originlock.facts.metering import HOUR, MINUTE, Metered, Metric, Points, Span
from originlock.facts.prices import Item, RegionPrices
from originlock.facts.unknown import Unknown
from originlock.facts.usage import MINUTES_PER_HOUR, ZERO

MINIMUM: Final = 100
"""LCU: the smallest reservation."""

MOST_PER_BALANCER: Final = 15_000
"""LCU that one Application Load Balancer may reserve, by default."""

MOST_PER_REGION: Final = 0
"""LCU that may be reserved in a Region by default: the quota must be raised first."""

REGION_QUOTA: Final = "L-8A66D0E6"
"""Service Quotas' code of it."""

DECREASES_PER_DAY: Final = 2


class Advice(enum.Enum):
    """What the history says of a reservation; the value is its name in JSON."""

    BELOW_MINIMUM = "peak_is_below_the_smallest"
    FOR_KNOWN_RISES = "for_rises_known_beforehand"
    IN_USE_ALL_THE_TIME = "used_up_anyway"
    NO_PEAK = "peak_unknown"


class Option(msgspec.Struct, frozen=True):
    """A reservation of so many LCU, held for the whole history.

    "You pay for the Reserved LCU amount plus any consumption that exceeds it": whether the excess is taken hour by
    hour or minute by minute is not stated. The low end is the hours', the high end the minutes', which where there are
    no minutes is as high as minutes could make it.

    Attributes:
        lcu: reserved.
        usd: dollars for the history.
        extra_usd: that, less the dollars without it.
        usd_per_month: dollars for 730 hours like the history's.
        extra_usd_per_month: that, less the dollars without it.
        idle: LCU-hours reserved and not used.
    """

    lcu: int
    usd: Amount
    extra_usd: Amount
    usd_per_month: Amount
    extra_usd_per_month: Amount
    idle: Fraction


class Reservation(msgspec.Struct, frozen=True):
    """What reservations come to on a history.

    Attributes:
        peak: the highest minute's Sum of PeakLCUs; None where there is none, or it is unknown.
        peak_at: that minute's start.
        minutes: how far back there are minutes.
        needed: what AWS's documentation would reserve: the peak, rounded up, and at least the minimum.
        hours: the hours it is reckoned for: those since the load balancer was made.
        on_demand_usd: dollars for the history without any reservation.
        options: the minimum, and what is needed if that is more.
        held: LCU-hours that were reserved.
        held_idle: of those, LCU-hours not used.
        held_extra_usd: dollars that they cost beyond what there was without them; None without any.
        advice: what the history says.
    """

    peak: Fraction | None
    peak_at: datetime.datetime | None
    minutes: Span
    needed: int | None
    hours: int
    on_demand_usd: Fraction
    options: tuple[Option, ...]
    held: Fraction | None
    held_idle: Fraction | None
    held_extra_usd: Amount | None
    advice: Advice


def reservation(
    seen: Observed, metered: Metered, minutes: Span, prices: RegionPrices, created: datetime.datetime | None = None
) -> Reservation | Unknown:
    """Reckon reservations on a history.

    Args:
        seen: the hours.
        metered: the series, for the minutes.
        minutes: the span that was asked for minute by minute: whole hours.
        prices: of the Region.
        created: when the load balancer was made; before, nothing is reserved.

    Raises:
        UsageError: the price of an LCU is not known in this Region.
    """
    usd = prices.usd(Item.ALB_LCU)
    try:
        reserved_usd = prices.usd(Item.ALB_RESERVED_LCU)
    except UsageError as error:
        return Unknown("what a reservation costs", f"{error.what}: {error.remedy}")
    if seen.consumed is None:
        return Unknown("what a reservation costs", "ConsumedLCUs could not be read")
    lived = [hour for hour in seen.hours if created is None or hour.at + HOUR > created]
    by_minute = _minutes_of(metered, minutes)
    history = _History(lived, by_minute, usd, reserved_usd)
    peak, peak_at = _peak(metered.minutes[Metric.PEAK])
    needed = None if peak is None else max(MINIMUM, math.ceil(peak))
    sizes = [MINIMUM] if needed is None or needed == MINIMUM else [MINIMUM, needed]
    options = tuple(history.option(size) for size in sizes)
    held = history.held(None) if seen.reserved is not None else None
    return Reservation(
        peak,
        peak_at,
        minutes,
        needed,
        len(lived),
        history.on_demand,
        options,
        seen.reserved,
        None if held is None else held.idle,
        None if held is None or not seen.reserved else history.added(held),
        _advice(peak, options[0]),
    )


def _advice(peak: Fraction | None, smallest: Option) -> Advice:
    if not smallest.idle and smallest.usd.low:
        return Advice.IN_USE_ALL_THE_TIME
    if peak is None:
        return Advice.NO_PEAK
    return Advice.BELOW_MINIMUM if peak < MINIMUM else Advice.FOR_KNOWN_RISES


def _peak(points: Points | Unknown) -> tuple[Fraction | None, datetime.datetime | None]:
    """The highest minute, the earliest of those that are equal."""
    if isinstance(points, Unknown) or not points:
        return None, None
    at = max(sorted(points), key=lambda each: points[each])
    return points[at], at


def _minutes_of(metered: Metered, span: Span) -> Mapping[datetime.datetime, tuple[Fraction, ...]]:
    """The minutes of each hour that has all of them in the span; a minute that was not reported consumed nothing."""
    points = metered.minutes[Metric.CONSUMED]
    if isinstance(points, Unknown):
        return {}
    found: dict[datetime.datetime, list[Fraction]] = {
        span.start + number * HOUR: [ZERO] * MINUTES_PER_HOUR for number in range(span.steps(HOUR))
    }
    for at, value in points.items():
        start = at.replace(minute=0, second=0, microsecond=0)
        if start in found:
            found[start][(at - start) // MINUTE] = value
    return {start: tuple(values) for start, values in found.items()}


class _Held(msgspec.Struct, frozen=True):
    """A reservation held over a history.

    Attributes:
        reserved: LCU-hours.
        excess: LCU-hours consumed beyond.
        idle: LCU-hours reserved and not used, hour by hour.
    """

    reserved: Fraction
    excess: Amount
    idle: Fraction


class _History(msgspec.Struct, frozen=True):
    hours: Sequence[Hour]
    minutes: Mapping[datetime.datetime, tuple[Fraction, ...]]
    usd: Fraction
    reserved_usd: Fraction

    @property
    def on_demand(self) -> Fraction:
        return sum((hour.sum(Metric.CONSUMED) for hour in self.hours), ZERO) * self.usd

    def option(self, lcu: int) -> Option:
        held = self.held(lcu)
        paid, added = self.paid(held), self.added(held)
        month = Fraction(HOURS_PER_MONTH, max(1, len(self.hours)))
        return Option(lcu, paid, added, paid.times(month), _signed(added, month), held.idle)

    def paid(self, held: _Held) -> Amount:
        """Dollars for the history with it."""
        fixed = held.reserved * self.reserved_usd
        return Amount(fixed + held.excess.low * self.usd, fixed + held.excess.high * self.usd)

    def added(self, held: _Held) -> Amount:
        """Dollars more than without it; less than none where it is cheaper."""
        paid, without = self.paid(held), self.on_demand
        return Amount(paid.low - without, paid.high - without)

    def held(self, lcu: int | None) -> _Held:
        """A reservation of so many LCU; None: what was really reserved."""
        reserved, low, high, idle = ZERO, ZERO, ZERO, ZERO
        for hour in self.hours:
            consumed = hour.sum(Metric.CONSUMED)
            size = hour.sum(Metric.RESERVED) if lcu is None else Fraction(lcu)
            excess = excess_of(size, consumed, self.minutes.get(hour.at))
            reserved, low, high = reserved + size, low + excess.low, high + excess.high
            idle += max(ZERO, size - consumed)
        return _Held(reserved, Amount(low, high), idle)


def excess_of(size: Fraction, consumed: Fraction, minutes: Sequence[Fraction] | None) -> Amount:
    """LCU-hours of one hour beyond a reservation: taken over the hour, and taken minute by minute.

    Args:
        size: LCU reserved; a minute's part of it is a sixtieth, as in the metric ReservedLCUs.
        consumed: LCU-hours of the hour.
        minutes: LCU-hours of its minutes; None where they are not known: then all may have come in one minute.
    """
    low = max(ZERO, consumed - size)
    part = size / MINUTES_PER_HOUR
    if minutes is None:
        return Amount(low, max(ZERO, consumed - part))
    if not any(minutes):
        return Amount(low, low)
    high = sum((max(ZERO, each - part) for each in minutes), ZERO)
    # Minutes that do not sum up to their hour (late data) must not turn the interval round.
    return Amount(min(low, high), max(low, high))


def _signed(amount: Amount, factor: Fraction) -> Amount:
    return Amount(amount.low * factor, amount.high * factor)
