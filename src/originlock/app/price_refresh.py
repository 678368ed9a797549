"""Ask AWS for a Region's prices, and keep them if all of them are believed.

Lives here: the order of it. Must not live here: which row is which price (see `cost.price_choice`), files, HTTP.
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.cost.price_choice import chosen
from originlock.cost.price_refusals import Doubt, PriceRefusal
from originlock.errors import RefusedError, Whose
from originlock.facts.known_prices import KnownPrices
from originlock.facts.price_list import PriceService
from originlock.facts.prices import RegionPrices
from originlock.facts.regions import unlisted
from originlock.ports.price_lists import PriceLists, PriceShelf

_SHOWN = 5


class Refreshed(msgspec.Struct, frozen=True):
    """What became known.

    Attributes:
        known: what is known now.
        absent: what AWS's list does not have for this Region, and nobody knew of before, in words.
    """

    known: KnownPrices
    absent: tuple[str, ...]


def refreshed(
    region: str, lists: PriceLists, shelf: PriceShelf, now: datetime.datetime, *, jumps: bool = False
) -> Refreshed:
    """Ask, judge and keep; what is not believed changes nothing.

    Args:
        region: shaped as the name of a Region.
        lists: AWS's price list.
        shelf: where prices are kept.
        now: with time zone.
        jumps: believe prices that moved far.

    Raises:
        UsageError: the list knows no such Region.
        CloudError: it cannot be read.
        RefusedError: it is not believed; what was kept is as it was.
        StateError: what is kept cannot be read, or written.
    """
    before = shelf.known(region)
    listings = [lists.listing(service, region) for service in PriceService]
    if not any(listing.products for listing in listings):
        raise unlisted(region)
    known = RegionPrices(region, ()) if before is None else before.prices
    choice = chosen(listings, region, now.date(), known, jumps=jumps)
    if choice.refusals:
        raise _not_believed(region, choice.refusals)
    shelf.keep(choice.prices, now)
    return Refreshed(shelf.known(region) or KnownPrices(choice.prices, now), choice.absent)


def _not_believed(region: str, refusals: tuple[PriceRefusal, ...]) -> RefusedError:
    listed = "; ".join(f"{each.message} [{each.doubt.value}]" for each in refusals[:_SHOWN])
    more = f"; and {len(refusals) - _SHOWN} more" if len(refusals) > _SHOWN else ""
    remedy = "nothing was changed; try again later"
    if {each.doubt for each in refusals} == {Doubt.IMPLAUSIBLE}:
        remedy = "nothing was changed; hold it against AWS's pricing pages, and if it is so, say --accept-jumps"
    return RefusedError(f"AWS's prices for {region} are not believed: {listed}{more}", remedy, whose=Whose.AWS)
