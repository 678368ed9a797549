"""What AWS asks for the things that a locked origin consists of, in one Region, each with its source and date.

Lives here: prices as data, and that a missing one is an error.
Must not live here: prices themselves (the shipped table is data of `originlock.store`), or what is reckoned with them.
"""

from __future__ import annotations

import datetime
import enum
from fractions import Fraction
from typing import Final

import msgspec

from originlock.errors import UsageError


class Item(enum.Enum):
    """Something that has a price; the value is its name in files and in JSON."""

    ALB_HOUR = "alb-hour"
    ALB_LCU = "alb-lcu"
    ALB_RESERVED_LCU = "alb-reserved-lcu"
    TRUST_STORE_HOUR = "trust-store-hour"
    NLB_HOUR = "nlb-hour"
    NLB_LCU = "nlb-lcu"
    GWLB_HOUR = "gwlb-hour"
    GWLB_LCU = "gwlb-lcu"
    PUBLIC_IPV4_HOUR = "public-ipv4-hour"


ITEM_WORDS: Final = {
    Item.ALB_HOUR: "an Application Load Balancer's hour",
    Item.ALB_LCU: "an Application Load Balancer's LCU-hour",
    Item.ALB_RESERVED_LCU: "an Application Load Balancer's reserved LCU-hour",
    Item.TRUST_STORE_HOUR: "a trust store's hour",
    Item.NLB_HOUR: "a Network Load Balancer's hour",
    Item.NLB_LCU: "a Network Load Balancer's LCU-hour",
    Item.GWLB_HOUR: "a Gateway Load Balancer's hour",
    Item.GWLB_LCU: "a Gateway Load Balancer's LCU-hour",
    Item.PUBLIC_IPV4_HOUR: "a public IPv4 address's hour",
}


class Price(msgspec.Struct, frozen=True):
    """One price: US dollars for one of what the item names.

    Attributes:
        item: what it is for.
        usd: dollars.
        as_of: when AWS said so.
        source: who says so, in words for a person.
    """

    item: Item
    usd: Fraction
    as_of: datetime.date
    source: str


class Tier(msgspec.Struct, frozen=True):
    """One step of what data transfer out to the internet costs.

    Attributes:
        up_to_gb: the month's GB at which it ends; None for the last one.
        usd_per_gb: dollars for a GB within it.
    """

    up_to_gb: Fraction | None
    usd_per_gb: Fraction


class Egress(msgspec.Struct, frozen=True):
    """Data transfer out to the internet: tiers of a month's GB, cheapest last.

    Attributes:
        free_gb: the month's first GB, which cost nothing.
        tiers: in order; the first starts at 0 GB, the free ones included.
        as_of: when AWS said so.
        source: who says so.
    """

    free_gb: Fraction
    tiers: tuple[Tier, ...]
    as_of: datetime.date
    source: str


class RegionPrices(msgspec.Struct, frozen=True):
    """What is known of one Region's prices.

    Attributes:
        region: such as ``eu-west-1``.
        prices: at most one for each item.
        egress: data transfer out; None if it is not known.
    """

    region: str
    prices: tuple[Price, ...]
    egress: Egress | None = None

    def price(self, item: Item) -> Price:
        """The price of one thing.

        Raises:
            UsageError: it is not known in this Region; no other Region's is ever taken for it.
        """
        for each in self.prices:
            if each.item is item:
                return each
        raise self._missing(ITEM_WORDS[item])

    def knows(self, item: Item) -> bool:
        """Whether the price of one thing is known."""
        return any(each.item is item for each in self.prices)

    def usd(self, item: Item) -> Fraction:
        """The same, in dollars alone.

        Raises:
            UsageError: it is not known in this Region.
        """
        return self.price(item).usd

    def transfer(self) -> Egress:
        """What data transfer out to the internet costs.

        Raises:
            UsageError: it is not known in this Region.
        """
        if self.egress is None:
            what = "data transfer out to the internet"
            raise self._missing(what)
        return self.egress

    def as_of(self, *items: Item, transfer: bool = False) -> datetime.date | None:
        """The date of the oldest of these prices; None where there are none.

        Args:
            items: those that something was reckoned with; where none is named, all, and data transfer.
            transfer: it was reckoned with data transfer, too.
        """
        dates = [each.as_of for each in self.prices if not items or each.item in items]
        if self.egress is not None and (transfer or not items):
            dates.append(self.egress.as_of)
        return min(dates, default=None)

    def _missing(self, what: str) -> UsageError:
        return UsageError(
            f"the price of {what} in {self.region} is not known here",
            f"ask AWS for it: originlock cost prices --refresh --region {self.region}",
        )
