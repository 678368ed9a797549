"""What data transfer out to the internet costs, from AWS's price list: tiers without gap, cheaper with more.

Lives here: the rows of data transfer. Must not live here: other rows (see `price_choice`).
"""

from __future__ import annotations

import datetime
import re
from fractions import Fraction
from itertools import pairwise
from typing import Final

from originlock.cost.price_rates import NO_END, amount, rates_on, refuse, usd
from originlock.cost.price_refusals import Doubt, NotBelievedError, shown
from originlock.facts.price_list import Listing, Product, Rate
from originlock.facts.prices import Egress, Tier

_WHAT: Final = "data transfer out to the internet"

_USAGE: Final = re.compile(r"(EU-|[A-Z]+[0-9]{1,2}-)?DataTransfer-Out-Bytes")
"""``Global-DataTransfer-Out-Bytes``, at no price, is what is free, and no Region's."""

_GB: Final = re.compile("GB")

FREE_GB: Final = Fraction(100)
"""The first 100 GB of a month, of all services and Regions together "(except China and GovCloud)": Amazon S3 pricing.
The list itself has them in a row of no Region."""

_USUAL: Final = Fraction("0.09")
"""Dollars for a GB of the first tier in us-east-1 (AWS price list, AWSDataTransfer, 2026-08-19)."""

_SPREAD: Final = 10


def egress_of(
    listing: Listing, region: str, on: datetime.date, known: Egress | None, *, jump: int | None
) -> Egress | None:
    """The tiers of a Region; None if the list has none and none were known before.

    Args:
        listing: of AWSDataTransfer.
        region: from which data is transferred.
        on: the day for which terms are chosen.
        known: what was known before.
        jump: by how many times a price may have moved; None if by any.

    Raises:
        NotBelievedError: what is there is not believed, or what was there before is gone.
    """
    rows = [each for each in listing.products if _is(each) and each.says("fromRegionCode") == region]
    if not rows:
        if known is None:
            return None
        raise _missing(listing, region)
    names = sorted({each.says("usagetype") for each in rows})
    if len(names) > 1:
        raise refuse(Doubt.SEVERAL_NAMES, _WHAT, f"several usage types fit: {', '.join(map(shown, names[:3]))}")
    found = {_tiers(rates_on(each, on, _WHAT)) for each in rows}
    if len(found) > 1:
        raise refuse(Doubt.DOUBLED, _WHAT, "the list has it at different prices")
    (tiers,) = found
    _plausible(tiers, known, jump)
    free = Fraction(0) if region.startswith("us-gov-") else FREE_GB
    source = f"AWS price list, {listing.service.value}, published {listing.published}, by {listing.how}"
    return Egress(free, tiers, on, source)


def _is(product: Product) -> bool:
    """Whether a row is about transfer out to the internet, from wherever."""
    return (
        _USAGE.fullmatch(product.says("usagetype")) is not None
        and product.says("transferType") == "AWS Outbound"
        and product.says("toLocation") == "External"
    )


def _missing(listing: Listing, region: str) -> NotBelievedError:
    elsewhere = sorted({each.says("fromRegionCode") for each in listing.products if _is(each)})
    if elsewhere:
        places = ", ".join(map(shown, elsewhere[:3]))
        return refuse(Doubt.OTHER_REGION, _WHAT, f"the list has it, but from {places} and not from {region}")
    return refuse(Doubt.MISSING, _WHAT, f"the list has no row for it from {region}")


def _tiers(rates: tuple[Rate, ...]) -> tuple[Tier, ...]:
    """Rates in order.

    Raises:
        NotBelievedError: they leave a gap, overlap, do not begin or end, or get dearer.
    """
    ordered = sorted(rates, key=lambda rate: amount(rate.begin, _WHAT))
    if amount(ordered[0].begin, _WHAT) != 0:
        raise refuse(Doubt.TIER_START, _WHAT, f"the first tier begins at {shown(ordered[0].begin)} GB")
    if ordered[-1].end != NO_END:
        raise refuse(Doubt.TIER_END, _WHAT, f"the last tier ends at {shown(ordered[-1].end)} GB")
    for one, next_one in pairwise(ordered):
        if one.end == NO_END or amount(one.end, _WHAT) != amount(next_one.begin, _WHAT):
            message = f"a tier ends at {shown(one.end)} GB and the next begins at {shown(next_one.begin)}"
            raise refuse(Doubt.TIER_GAP, _WHAT, message)
    prices = [usd(rate, _GB, _WHAT) for rate in ordered]
    # A first tier may be free; what follows is not, and the more the cheaper.
    paid = prices[1:] if len(prices) > 1 and not prices[0] else prices
    if not all(paid):
        raise refuse(Doubt.FREE, _WHAT, "the list says that it costs nothing")
    if any(one < next_one for one, next_one in pairwise(paid)):
        raise refuse(Doubt.TIER_RISES, _WHAT, "a GB gets dearer where more is sent, which it never did")
    ends = [None if rate.end == NO_END else amount(rate.end, _WHAT) for rate in ordered]
    return tuple(Tier(end, price) for end, price in zip(ends, prices, strict=True))


def _plausible(tiers: tuple[Tier, ...], known: Egress | None, jump: int | None) -> None:
    """Raise where the dearest tier has moved too far.

    Raises:
        NotBelievedError: it has.
    """
    if jump is None:
        return
    dearest = max(tier.usd_per_gb for tier in tiers)
    near, factor = (_USUAL, _SPREAD) if known is None else (max(tier.usd_per_gb for tier in known.tiers), jump)
    if not near / factor <= dearest <= near * factor:
        than = "us-east-1's" if known is None else "the one known before"
        message = f"${float(dearest):g} a GB is more than {factor} times away from {than}, ${float(near):g}"
        raise refuse(Doubt.IMPLAUSIBLE, _WHAT, message)
