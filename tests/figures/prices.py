"""Prices for tests: eu-west-1's of the facts, with round ones where those have none."""

from __future__ import annotations

import datetime
from fractions import Fraction

from originlock.facts.prices import Egress, Item, Price, RegionPrices, Tier

AS_OF = datetime.date(2026, 7, 3)

USD = {
    Item.ALB_HOUR: "0.0252",
    Item.ALB_LCU: "0.008",
    Item.TRUST_STORE_HOUR: "0.0056",
    Item.NLB_HOUR: "0.0252",
    Item.NLB_LCU: "0.006",
    Item.GWLB_HOUR: "0.0125",
    Item.GWLB_LCU: "0.004",
    Item.PUBLIC_IPV4_HOUR: "0.005",
}

TIERS = (("10240", "0.09"), ("51200", "0.085"), ("153600", "0.07"), (None, "0.05"))


def prices(*without: Item, region: str = "eu-west-1") -> RegionPrices:
    """All prices but some."""
    tiers = tuple(Tier(None if gb is None else Fraction(gb), Fraction(usd)) for gb, usd in TIERS)
    return RegionPrices(
        region,
        tuple(Price(each, Fraction(usd), AS_OF, "a test") for each, usd in USD.items() if each not in without),
        Egress(Fraction(100), tiers, AS_OF, "a test"),
    )
