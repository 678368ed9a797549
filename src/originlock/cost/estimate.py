"""What an hour of a stated usage costs, with and without each lock.

Lives here: the estimate. Must not live here: floods (see `storm`), history (see `observed`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import msgspec

from originlock.cost.bill import HOURS_PER_MONTH, UNIT_PRICE, Bill, Owned, bill
from originlock.cost.readings import DEAREST, Amount, Question, Reading, hull, readings, spanning
from originlock.cost.units import Dimension, ServerKey, Units, marginal, units, with_headers
from originlock.facts.prices import Item, RegionPrices
from originlock.facts.usage import Kind, Usage

OPEN: tuple[Question, ...] = (Question.GIGABYTE, Question.LAMBDA, Question.HEADERS)
"""What an estimate may depend on."""


class Figures(msgspec.Struct, frozen=True):
    """What is estimated.

    Attributes:
        owned: what is paid for by the hour.
        usage: of an average hour, certificate headers not among its bytes.
        mutual: listeners verify clients' certificates.
        bypass: the part of the usage that comes round the edge, which the network lock keeps out.
        key: of the listener's certificate.
    """

    owned: Owned
    usage: Usage
    mutual: bool = False
    bypass: Usage = Usage()
    key: ServerKey = ServerKey.COMMON


class DimensionAmounts(msgspec.Struct, frozen=True):
    """Units of one hour by dimension, and what is charged.

    Attributes:
        by_dimension: in the order of `Dimension`.
        total: the highest, under each reading.
        decided_by: the dimension that is charged where it comes dearest; None without usage.
        may_decide: every dimension that is charged under some reading.
    """

    by_dimension: tuple[tuple[Dimension, Amount], ...]
    total: Amount
    decided_by: Dimension | None
    may_decide: tuple[Dimension, ...]


class BillAmounts(msgspec.Struct, frozen=True):
    """Dollars, by what they are for."""

    lcu: Amount
    hours: Amount
    trust_stores: Amount
    ipv4: Amount
    total: Amount

    def times(self, factor: int) -> BillAmounts:
        """So many hours of it."""
        return BillAmounts(*(each.times(factor) for each in self.numbers()))

    def numbers(self) -> tuple[Amount, ...]:
        """The amounts alone, in the order of the attributes."""
        return (self.lcu, self.hours, self.trust_stores, self.ipv4, self.total)


class Estimate(msgspec.Struct, frozen=True):
    """An hour, and a month of such hours.

    Attributes:
        prices: the Region's.
        figures: what was estimated.
        lcu: the units.
        per_hour: dollars an hour.
        per_month: dollars for 730 hours.
        identity_lock: dollars a month that mutual TLS adds (with it, less without it: see `switched`); None where there
            can be none, and where it is not asked for and a trust store's price is not known. All of the usage is taken
            to be let in: what the lock spares by refusing those who come round the edge is told of a flood alone
            (`storm`).
        bypassing: units an hour that those who come round the edge are the cause of: what the network lock saves.
        bypassing_alone: units an hour that they would need if they were alone, which is what people reckon wrongly.
        network_lock: dollars a month that the network lock saves.
    """

    prices: RegionPrices
    figures: Figures
    lcu: DimensionAmounts
    per_hour: BillAmounts
    per_month: BillAmounts
    identity_lock: Amount | None
    bypassing: Amount
    bypassing_alone: Amount
    network_lock: Amount


def estimate(prices: RegionPrices, figures: Figures) -> Estimate:
    """Reckon an hour of a usage.

    Raises:
        UsageError: a price that is needed is not known in this Region.
    """
    per_hour = bill_amounts(lambda reading: _bill(prices, figures, reading))
    alone = msgspec.structs.replace(figures, usage=figures.bypass)

    def caused(reading: Reading) -> Fraction:
        kind, mutual = figures.owned.kind, figures.mutual
        everyone, bypassing = _counted(figures, reading), _counted(alone, reading)
        return marginal(kind, everyone, bypassing, reading, mutual=mutual, key=figures.key)

    bypassing = hull(caused, OPEN)
    return Estimate(
        prices,
        figures,
        dimension_amounts(lambda reading: _units(figures, reading)),
        per_hour,
        per_hour.times(HOURS_PER_MONTH),
        _identity_lock(prices, figures),
        bypassing,
        hull(lambda reading: _units(alone, reading).total, OPEN),
        bypassing.times(prices.usd(UNIT_PRICE[figures.owned.kind]) * HOURS_PER_MONTH),
    )


def dimension_amounts(reckon: Callable[[Reading], Units]) -> DimensionAmounts:
    """The units of one hour under every reading."""
    every = [reckon(each) for each in readings(OPEN)]
    by_dimension = [
        (dimension, spanning(each.each()[index][1] for each in every)) for index, dimension in enumerate(Dimension)
    ]
    deciders = {each.decided_by for each in every}
    return DimensionAmounts(
        tuple(by_dimension),
        spanning(each.total for each in every),
        reckon(DEAREST).decided_by,
        tuple(each for each in Dimension if each in deciders),
    )


def bill_amounts(reckon: Callable[[Reading], Bill]) -> BillAmounts:
    """An hour's bill under every reading."""
    every = [reckon(each) for each in readings(OPEN)]
    return BillAmounts(
        spanning(each.lcu for each in every),
        spanning(each.hours for each in every),
        spanning(each.trust_stores for each in every),
        spanning(each.ipv4 for each in every),
        spanning(each.total for each in every),
    )


def switched(figures: Figures, *, mutual: bool) -> Figures:
    """The same figures with mutual TLS, or without it.

    What is asked for is taken as it is, whatever trust stores are in it: those that are paid for without mutual TLS
    cost no more with it, and where none is given with it, none is in the bill. Switched on, it needs one at least;
    switched off, none.
    """
    if mutual is figures.mutual:
        return figures
    stores = (figures.owned.trust_stores or 1) if mutual else 0
    owned = msgspec.structs.replace(figures.owned, trust_stores=stores)
    return msgspec.structs.replace(figures, mutual=mutual, owned=owned)


def _counted(figures: Figures, reading: Reading) -> Usage:
    """The usage as the load balancer counts it."""
    return with_headers(figures.usage, reading) if figures.mutual else figures.usage


def _units(figures: Figures, reading: Reading) -> Units:
    return units(figures.owned.kind, _counted(figures, reading), reading, mutual=figures.mutual, key=figures.key)


def _bill(prices: RegionPrices, figures: Figures, reading: Reading) -> Bill:
    return bill(prices, figures.owned, _units(figures, reading).total)


def _identity_lock(prices: RegionPrices, figures: Figures) -> Amount | None:
    """What mutual TLS adds a month, whether the figures are with it or without it; only an ALB can have it."""
    if figures.owned.kind is not Kind.ALB:
        return None
    if not figures.mutual and not prices.knows(Item.TRUST_STORE_HOUR):
        # What is only told beside the estimate must not be why there is none.
        return None
    without, with_it = switched(figures, mutual=False), switched(figures, mutual=True)

    def added(reading: Reading) -> Fraction:
        return _bill(prices, with_it, reading).total - _bill(prices, without, reading).total

    return hull(added, OPEN).times(HOURS_PER_MONTH)
