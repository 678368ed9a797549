"""Prices of a Region as a test wants them."""

from __future__ import annotations

import datetime
from fractions import Fraction

from originlock.facts.prices import Egress, Item, Price, RegionPrices, Tier

AS_OF = datetime.date(2026, 9, 11)

IRELAND = {
    Item.ALB_HOUR: "0.0252",
    Item.ALB_LCU: "0.008",
    Item.ALB_RESERVED_LCU: "0.008",
    Item.TRUST_STORE_HOUR: "0.0056",
    Item.PUBLIC_IPV4_HOUR: "0.005",
}
"""Dollars in eu-west-1, offer of 2026-09-11."""

TIERS = ((10_240, "0.09"), (51_200, "0.085"), (153_600, "0.07"), (None, "0.05"))
"""Data transfer out of eu-west-1: up to so many GB a month, dollars for each."""


def prices(*without: Item, region: str = "eu-west-1", egress: bool = True) -> RegionPrices:
    """Ireland's prices, without some of them."""
    rows = tuple(Price(each, Fraction(usd), AS_OF, "test") for each, usd in IRELAND.items() if each not in without)
    tiers = tuple(Tier(None if end is None else Fraction(end), Fraction(usd)) for end, usd in TIERS)
    return RegionPrices(region, rows, Egress(Fraction(100), tiers, AS_OF, "test") if egress else None)
