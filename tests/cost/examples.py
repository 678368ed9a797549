"""How worked examples are written down: numbers as decimal texts, exact, and reckoned by hand.

GB are 10^9 bytes here, which is the dearest reading and the one of AWS's own examples; where a GB is 2^30 bytes, the
same bytes are `BINARY` times as many.
"""

from __future__ import annotations

import datetime
from fractions import Fraction

import msgspec

from originlock.cost.units import Dimension, ServerKey
from originlock.facts.prices import Egress, Item, Price, RegionPrices, Tier
from originlock.facts.usage import Kind, Usage

BINARY = Fraction("0.931322574615478515625")
"""1,000,000,000 / 1,073,741,824."""

NEW, ACTIVE, BYTES, RULES = Dimension


class Worked(msgspec.Struct, frozen=True):
    """An hour, and what it comes to.

    Attributes:
        name: what it is, with its source if AWS or a bill gives one.
        usage: new connections a second, active ones, GB an hour, GB an hour of Lambda targets, requests a second, rules
            a second; each as a decimal text or a fraction.
        units: of each dimension.
        total: what is charged.
        decided: by which dimension.
        kind: of load balancer.
        mutual: with mutual TLS.
        key: of the listener's certificate.
    """

    name: str
    usage: Usage
    units: tuple[str, str, str, str]
    total: str
    decided: Dimension | None
    kind: Kind = Kind.ALB
    mutual: bool = False
    key: ServerKey = ServerKey.COMMON


def hour(
    *,
    new: str = "0",
    active: str = "0",
    gb: str = "0",
    lambda_gb: str = "0",
    requests: str = "0",
    rules: str = "0",
) -> Usage:
    """An hour's usage; `rules` are those that each request processes."""
    return Usage(
        Fraction(new),
        Fraction(active),
        Fraction(gb) * 10**9,
        Fraction(lambda_gb) * 10**9,
        Fraction(requests),
        Fraction(requests) * Fraction(rules),
    )


AS_OF = datetime.date(2026, 9, 20)

USD: dict[str, dict[Item, str]] = {
    "us-east-1": {
        Item.ALB_HOUR: "0.0225",
        Item.ALB_LCU: "0.008",
        Item.TRUST_STORE_HOUR: "0.0050",
        Item.NLB_HOUR: "0.0225",
        Item.NLB_LCU: "0.006",
        Item.GWLB_HOUR: "0.0125",
        Item.GWLB_LCU: "0.004",
        Item.PUBLIC_IPV4_HOUR: "0.005",
    },
    "us-west-2": {Item.ALB_HOUR: "0.0225", Item.ALB_LCU: "0.008", Item.TRUST_STORE_HOUR: "0.0063"},
    "ca-central-1": {Item.ALB_HOUR: "0.02475", Item.ALB_LCU: "0.0088"},
    "eu-west-1": {
        Item.ALB_HOUR: "0.0252",
        Item.ALB_LCU: "0.008",
        Item.TRUST_STORE_HOUR: "0.0056",
        Item.PUBLIC_IPV4_HOUR: "0.005",
    },
    "ap-northeast-1": {Item.ALB_HOUR: "0.0243", Item.ALB_LCU: "0.008", Item.TRUST_STORE_HOUR: "0.0054"},
}
"""List prices of 2026 by Region, in dollars; a Region that lacks one lacks it here, too."""

TIERS = (("10240", "0.09"), ("51200", "0.085"), ("153600", "0.07"), (None, "0.05"))
"""Data transfer out to the internet, us-east-1 and eu-west-1: up to so many GB of a month, dollars for one."""

EGRESS = Egress(
    Fraction(100),
    tuple(Tier(None if end is None else Fraction(end), Fraction(usd)) for end, usd in TIERS),
    AS_OF,
    "a test",
)


def region(name: str = "eu-west-1") -> RegionPrices:
    """One Region's prices."""
    return RegionPrices(
        name, tuple(Price(item, Fraction(usd), AS_OF, "a test") for item, usd in USD[name].items()), EGRESS
    )
