"""Which row of AWS's price list is which price; a list in which anything is wrong is refused as a whole.

The names mislead: what ends in `LoadBalancerUsage` is a load balancer's hour, a trust store's or an Outpost's; what has
`LCUUsage` in it may be reserved, or free of charge on an Outpost; one usage type is that of four kinds of load
balancer; and a Region's prefix cannot be told from its name. So a row counts only if all of its attributes say what it
should be.

Lives here: the rows of load balancers and addresses. Must not live here: transfer (see `price_tiers`), reading a list.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.price_rates import day_of, one_rate, rates_on, refuse, usd
from originlock.cost.price_refusals import Doubt, NotBelievedError, PriceRefusal, shown
from originlock.cost.price_tiers import egress_of
from originlock.facts.price_list import Listing, PriceService, Product
from originlock.facts.prices import ITEM_WORDS, Egress, Item, Price, RegionPrices

_REGION: Final = "AWS Region"
"""The `locationType` of a Region's rows; others are Outposts, Local Zones and Wavelength Zones."""

_USAGE: Final = re.compile(r"(?P<prefix>EU-|[A-Z]+[0-9]{1,2}-)?(?P<usage>.+)")
"""A usage type: a Region's prefix (``EU-`` is eu-west-1's; us-east-1 mostly has none) and what is used. ``TS-`` and
``Outposts-`` are no prefixes."""

JUMP: Final = 4
"""A price that is more than so many times, or less than one part in so many of, the one known before is not believed
(our choice: no price of load balancing ever moved so far)."""

SPREAD: Final = 10
"""The same against us-east-1's price where none is known of the Region (our choice: Regions' prices lie within a factor
of two)."""

_USUAL: Final = {
    Item.ALB_HOUR: Fraction("0.0225"),
    Item.ALB_LCU: Fraction("0.008"),
    Item.ALB_RESERVED_LCU: Fraction("0.008"),
    Item.TRUST_STORE_HOUR: Fraction("0.005"),
    Item.NLB_HOUR: Fraction("0.0225"),
    Item.NLB_LCU: Fraction("0.006"),
    Item.GWLB_HOUR: Fraction("0.0125"),
    Item.GWLB_LCU: Fraction("0.004"),
    Item.PUBLIC_IPV4_HOUR: Fraction("0.005"),
}
"""Dollars in us-east-1 (AWS, Elastic Load Balancing pricing, 2026-09-20; AWS News Blog on public IPv4 addresses)."""


class _Wanted(msgspec.Struct, frozen=True):
    """The row of one thing.

    Attributes:
        usage: its usage type without a Region's prefix.
        operation: which kind of load balancer; empty where there is none.
        unit: what its unit matches.
    """

    service: PriceService
    usage: str
    operation: str
    unit: re.Pattern[str]


_HOUR: Final = re.compile("Hrs")
_LCU: Final = re.compile("LCU-Hrs")
_RESERVED: Final = re.compile("ReservedLCU-Hrs?")
_OTHER_LCU: Final = re.compile("[NG]?LCU-Hrs?")
"""Of NLCUs and GLCUs no row was seen whole, so that the unit's first letter is left open."""

_WANTED: Final = {
    Item.ALB_HOUR: _Wanted(PriceService.LOAD_BALANCING, "LoadBalancerUsage", "LoadBalancing:Application", _HOUR),
    Item.ALB_LCU: _Wanted(PriceService.LOAD_BALANCING, "LCUUsage", "LoadBalancing:Application", _LCU),
    Item.ALB_RESERVED_LCU: _Wanted(
        PriceService.LOAD_BALANCING, "ReservedLCUUsage", "LoadBalancing:Application", _RESERVED
    ),
    Item.TRUST_STORE_HOUR: _Wanted(
        PriceService.LOAD_BALANCING, "TS-LoadBalancerUsage", "LoadBalancing:Application", _HOUR
    ),
    Item.NLB_HOUR: _Wanted(PriceService.LOAD_BALANCING, "LoadBalancerUsage", "LoadBalancing:Network", _HOUR),
    Item.NLB_LCU: _Wanted(PriceService.LOAD_BALANCING, "LCUUsage", "LoadBalancing:Network", _OTHER_LCU),
    Item.GWLB_HOUR: _Wanted(PriceService.LOAD_BALANCING, "LoadBalancerUsage", "LoadBalancing:Gateway", _HOUR),
    Item.GWLB_LCU: _Wanted(PriceService.LOAD_BALANCING, "LCUUsage", "LoadBalancing:Gateway", _OTHER_LCU),
    Item.PUBLIC_IPV4_HOUR: _Wanted(PriceService.VPC, "PublicIPv4:InUseAddress", "", _HOUR),
}

_ALWAYS: Final = frozenset({Item.ALB_HOUR, Item.ALB_LCU})
"""What every Region has; of the rest, what was known before has to be on the list again."""


class Choice(msgspec.Struct, frozen=True):
    """What a list comes to.

    Attributes:
        prices: that were found; not to be used if there are refusals.
        absent: what the list does not have, and nobody knew of before, in words.
        refusals: why the list is not believed.
    """

    prices: RegionPrices
    absent: tuple[str, ...]
    refusals: tuple[PriceRefusal, ...]


def chosen(listings: Sequence[Listing], region: str, on: datetime.date, known: RegionPrices, *, jumps: bool) -> Choice:
    """The prices of a Region.

    Args:
        listings: one of each service.
        region: whose rows count; no other Region's does.
        on: the day for which terms are chosen, and which the prices are of.
        known: what was known before.
        jumps: believe a price that has moved by more than `JUMP`.
    """
    prices: list[Price] = []
    absent: list[str] = []
    refusals = [refusal for listing in listings for refusal in _of_list(listing, on)]
    egress: Egress | None = None
    services = {listing.service: listing for listing in listings}
    before = {each.item: each.usd for each in known.prices}
    for item in Item:
        listing = services[_WANTED[item].service]
        try:
            found = _price(item, listing, region, on)
            if found is None and (item in before or item in _ALWAYS):
                raise _missing(item, listing, region)
            if found is None:
                absent.append(ITEM_WORDS[item])
            else:
                _plausible(item, found, before.get(item), jumps=jumps)
                prices.append(Price(item, found, on, _source(listing)))
        except NotBelievedError as error:
            refusals.append(error.refusal)
    try:
        listing = services[PriceService.TRANSFER]
        egress = egress_of(listing, region, on, known.egress, jump=None if jumps else JUMP)
        if egress is None:
            absent.append("data transfer out to the internet")
    except NotBelievedError as error:
        refusals.append(error.refusal)
    return Choice(RegionPrices(region, tuple(prices), egress), tuple(absent), tuple(refusals))


def split_usage(usage_type: str) -> str:
    """A usage type without its Region's prefix: ``USW2-TS-LoadBalancerUsage`` is ``TS-LoadBalancerUsage``."""
    found = _USAGE.fullmatch(usage_type)
    return usage_type if found is None else found["usage"]


def _of_list(listing: Listing, on: datetime.date) -> list[PriceRefusal]:
    what = f"the price list of {listing.service.value}"
    if not listing.products:
        return [PriceRefusal(Doubt.EMPTY, what, f"{what} is empty")]
    day = day_of(listing.published)
    if day is None:
        message = f"{what} does not say when it was published: {shown(listing.published)}"
        return [PriceRefusal(Doubt.PUBLISHED, what, message)]
    if day > on + datetime.timedelta(days=1):
        message = f"{what} says that it was published on {day}, which is not yet: check this machine's clock"
        return [PriceRefusal(Doubt.PUBLISHED, what, message)]
    return []


def _source(listing: Listing) -> str:
    return f"AWS price list, {listing.service.value}, published {listing.published}, by {listing.how}"


def _price(item: Item, listing: Listing, region: str, on: datetime.date) -> Fraction | None:
    """The price of one thing; None if no row is about it.

    Raises:
        NotBelievedError: a row is, and is not believed.
    """
    wanted, what = _WANTED[item], ITEM_WORDS[item]
    rows = [each for each in listing.products if _is(each, wanted) and _stands_in(each, listing.service, region)]
    if not rows:
        return None
    names = sorted({each.says("usagetype") for each in rows})
    if len(names) > 1:
        raise refuse(Doubt.SEVERAL_NAMES, what, f"several usage types fit: {', '.join(map(shown, names[:3]))}")
    found = {usd(one_rate(rates_on(each, on, what), what), wanted.unit, what) for each in rows}
    if len(found) > 1:
        listed = " and ".join(f"${float(each):g}" for each in sorted(found)[:3])
        raise refuse(Doubt.DOUBLED, what, f"the list has it at different prices, {listed}")
    (price,) = found
    if not price:
        raise refuse(Doubt.FREE, what, "the list says that it costs nothing")
    return price


def _is(product: Product, wanted: _Wanted) -> bool:
    """Whether a row is about a thing, wherever it is."""
    return split_usage(product.says("usagetype")) == wanted.usage and product.says("operation") == wanted.operation


def _stands_in(product: Product, service: PriceService, region: str) -> bool:
    """Whether a row is one of a Region, under the service that was asked for."""
    return (
        product.says("regionCode") == region
        and product.says("locationType") in {"", _REGION}
        and product.says("servicecode") in {"", service.value}
    )


def _missing(item: Item, listing: Listing, region: str) -> NotBelievedError:
    """Why there is no row where there should be one."""
    wanted, what = _WANTED[item], ITEM_WORDS[item]
    about = [each for each in listing.products if _is(each, wanted)]
    elsewhere = sorted({each.says("regionCode") for each in about} - {region})
    if elsewhere:
        places = ", ".join(map(shown, elsewhere[:3]))
        return refuse(Doubt.OTHER_REGION, what, f"the list has it, but for {places} and not for {region}")
    services = sorted({each.says("servicecode") for each in about} - {listing.service.value})
    if services:
        return refuse(Doubt.OTHER_SERVICE, what, f"the list has it under another service, {shown(services[0])}")
    if about:
        place = shown(about[0].says("locationType"))
        return refuse(Doubt.OTHER_PLACE, what, f"the list has it, but for {place} and not for a Region")
    like = sorted(
        {
            each.says("usagetype")
            for each in listing.products
            if each.says("operation") == wanted.operation and _stands_in(each, listing.service, region)
        }
        - {each.says("usagetype") for each in listing.products for other in _WANTED.values() if _is(each, other)}
    )
    if like:
        names = ", ".join(map(shown, like[:4]))
        return refuse(Doubt.RENAMED, what, f"the list has no usage type {wanted.usage}; it may be renamed ({names})")
    return refuse(Doubt.MISSING, what, f"the list has no row for it in {region}")


def _plausible(item: Item, price: Fraction, before: Fraction | None, *, jumps: bool) -> None:
    """Raise where a price has moved too far.

    Raises:
        NotBelievedError: it has.
    """
    near, factor = (_USUAL[item], SPREAD) if before is None else (before, JUMP)
    if not jumps and not near / factor <= price <= near * factor:
        than = "us-east-1's" if before is None else "the one known before"
        message = f"${float(price):g} is more than {factor} times away from {than}, ${float(near):g}"
        raise refuse(Doubt.IMPLAUSIBLE, ITEM_WORDS[item], message)
