"""Units and things owned, times prices: an hour's bill, in dollars.

Lives here: which price belongs to which kind, and sums. Must not live here: units (see `units`), transfer (`egress`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import msgspec

from originlock.facts.prices import Item, RegionPrices
from originlock.facts.usage import Kind

HOURS_PER_MONTH: Final = 730
"""A year's 8,760 hours by twelve: the month of AWS's own calculator."""

UNIT_PRICE: Final = {
    Kind.ALB: Item.ALB_LCU,
    Kind.NLB_TCP: Item.NLB_LCU,
    Kind.NLB_UDP: Item.NLB_LCU,
    Kind.NLB_TLS: Item.NLB_LCU,
    Kind.GWLB: Item.GWLB_LCU,
}

HOUR_PRICE: Final = {
    Kind.ALB: Item.ALB_HOUR,
    Kind.NLB_TCP: Item.NLB_HOUR,
    Kind.NLB_UDP: Item.NLB_HOUR,
    Kind.NLB_TLS: Item.NLB_HOUR,
    Kind.GWLB: Item.GWLB_HOUR,
}


class Owned(msgspec.Struct, frozen=True):
    """What is paid for by the hour, used or not.

    Attributes:
        kind: of the load balancer.
        zones: a Gateway Load Balancer's hour is charged for each Availability Zone; others' is not.
        trust_stores: associated with listeners of this load balancer.
        ipv4: public IPv4 addresses, in use or idle.
    """

    kind: Kind = Kind.ALB
    zones: int = 1
    trust_stores: int = 0
    ipv4: int = 0


class Bill(msgspec.Struct, frozen=True):
    """Dollars for an hour, by what they are for."""

    lcu: Fraction
    hours: Fraction
    trust_stores: Fraction
    ipv4: Fraction

    @property
    def total(self) -> Fraction:
        """All of it."""
        return self.lcu + self.hours + self.trust_stores + self.ipv4


def bill(prices: RegionPrices, owned: Owned, unit_hours: Fraction) -> Bill:
    """What one hour costs.

    Args:
        prices: of the Region.
        owned: what is paid for by the hour.
        unit_hours: capacity units charged in the hour.

    Raises:
        UsageError: a price that is needed is not known in this Region. What is not owned needs none.
    """
    zones = owned.zones if owned.kind is Kind.GWLB else 1
    return Bill(
        unit_hours * prices.usd(UNIT_PRICE[owned.kind]),
        zones * prices.usd(HOUR_PRICE[owned.kind]),
        _owned(prices, Item.TRUST_STORE_HOUR, owned.trust_stores),
        _owned(prices, Item.PUBLIC_IPV4_HOUR, owned.ipv4),
    )


def _owned(prices: RegionPrices, item: Item, number: int) -> Fraction:
    return number * prices.usd(item) if number else Fraction(0)
