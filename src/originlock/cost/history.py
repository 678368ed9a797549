"""All that is reckoned of one load balancer's history.

Lives here: the whole, put together, and its dollars. Must not live here: any of the reckonings.
"""

from __future__ import annotations

import datetime
from fractions import Fraction

import msgspec

from originlock.cost.difference import Difference, difference
from originlock.cost.egress import transfer_usd
from originlock.cost.observed import Observed, Refused, observed
from originlock.cost.readings import Amount, Question, Reading, hull
from originlock.cost.reservation import Reservation, reservation
from originlock.facts.metering import HOUR, Demands, Metered, MeteredBalancer, Span
from originlock.facts.prices import Egress, Item, RegionPrices
from originlock.facts.unknown import Unknown


class RefusedUsd(msgspec.Struct, frozen=True):
    """What refused handshakes cost.

    Attributes:
        lcu: dollars for capacity units.
        egress_gb: GB that left within them.
        egress: dollars for those, the month's free GB taken as used up; None where the price is not known.
    """

    lcu: Amount
    egress_gb: Amount
    egress: Amount | None


class History(msgspec.Struct, frozen=True):
    """A load balancer's history with its dollars.

    Attributes:
        balancer: which one.
        prices: of its Region.
        demands: of its listeners, now.
        minutes: what was asked for minute by minute.
        seen: the hours.
        lcu_usd: dollars for the LCU-hours that we reckon; None where they are unknown.
        consumed_usd: dollars for those that AWS consumed; None where they are unknown.
        hours_usd: dollars for the hours since it was made.
        difference: consumed beside reckoned; None where either is unknown.
        reservation: what reservations come to.
        refused_usd: None where the refused are unknown.
    """

    balancer: MeteredBalancer
    prices: RegionPrices
    demands: Demands | Unknown
    minutes: Span
    seen: Observed
    lcu_usd: Amount | None
    consumed_usd: Fraction | None
    hours_usd: Fraction
    difference: Difference | None
    reservation: Reservation | Unknown
    refused_usd: RefusedUsd | None

    @property
    def items(self) -> tuple[Item, ...]:
        """The prices that it was reckoned with, besides data transfer's."""
        reserved = () if isinstance(self.reservation, Unknown) else (Item.ALB_RESERVED_LCU,)
        return (Item.ALB_LCU, Item.ALB_HOUR, *reserved)

    @property
    def transfer(self) -> Egress | None:
        """Data transfer's, where it was reckoned with."""
        refused = self.seen.refused
        return self.prices.egress if refused is not None and refused.handshakes else None

    @property
    def as_of(self) -> datetime.date | None:
        """The date of the oldest of them."""
        return self.prices.as_of(*self.items, transfer=self.transfer is not None)

    @property
    def unknown(self) -> tuple[Unknown, ...]:
        """Everything that could not be told."""
        missing = (self.reservation,) if isinstance(self.reservation, Unknown) else ()
        return (*self.seen.unknown, *missing)


def history(
    balancer: MeteredBalancer,
    spans: tuple[Span, Span],
    metered: Metered,
    demands: Demands | Unknown,
    prices: RegionPrices,
) -> History:
    """Reckon it all.

    Args:
        balancer: which one.
        spans: what was asked for hour by hour, and minute by minute.
        metered: its series.
        demands: of its listeners.
        prices: of its Region.

    Raises:
        UsageError: the price of an LCU or of an hour is not known in this Region.
    """
    hours, minutes = spans
    born = _born(balancer.created, metered)
    seen = observed(hours, metered, demands, born)
    usd = prices.usd(Item.ALB_LCU)
    lived = sum(born is None or hour.at + HOUR > born for hour in seen.hours)
    return History(
        balancer,
        prices,
        demands,
        minutes,
        msgspec.structs.replace(seen, unknown=(*seen.unknown, *_unread(metered))),
        None if seen.lcu_hours is None else seen.lcu_hours.times(usd),
        None if seen.consumed is None else seen.consumed * usd,
        lived * prices.usd(Item.ALB_HOUR),
        difference(seen),
        reservation(seen, metered, minutes, prices, born),
        None if seen.refused is None else _refused_usd(seen.refused, prices),
    )


def _born(created: datetime.datetime | None, metered: Metered) -> datetime.datetime | None:
    """Since when it was there: an hour that was measured is witness against a later date."""
    measured = [min(points) for points in metered.hours.values() if not isinstance(points, Unknown) and points]
    return created if created is None else min([created, *measured])


def _unread(metered: Metered) -> tuple[Unknown, ...]:
    return tuple(each for each in metered.minutes.values() if isinstance(each, Unknown))


def _refused_usd(refused: Refused, prices: RegionPrices) -> RefusedUsd:
    def gb(reading: Reading) -> Fraction:
        return refused.handshakes * reading.handshake_bytes / reading.gigabyte

    asked = (Question.GIGABYTE, Question.HANDSHAKE)
    lcu = refused.lcu_hours.times(prices.usd(Item.ALB_LCU))
    if prices.egress is None:
        return RefusedUsd(lcu, hull(gb, asked), None)
    egress = prices.egress
    return RefusedUsd(lcu, hull(gb, asked), hull(lambda each: transfer_usd(egress, gb(each), egress.free_gb), asked))
