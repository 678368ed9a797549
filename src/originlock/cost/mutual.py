"""What mutual TLS adds to an hour, taken apart: the trust store, and the capacity units before and after.

Lives here: the parts of the identity lock's price. Must not live here: their sum (see `estimate`), or words.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from originlock.cost.bill import HOURS_PER_MONTH, UNIT_PRICE
from originlock.cost.estimate import OPEN, DimensionAmounts, Estimate, dimension_amounts, switched
from originlock.cost.readings import Amount, Reading, hull
from originlock.cost.units import Units, units, with_headers
from originlock.facts.prices import Item
from originlock.facts.usage import ZERO


class MutualParts(msgspec.Struct, frozen=True):
    """What mutual TLS adds, by cause.

    Attributes:
        stores: trust stores that it adds.
        stores_usd: dollars a month for them.
        lcu_usd: dollars a month for the capacity units that are more.
        without: the units of an hour without mutual TLS.
        with_it: the units of the same hour with it.
    """

    stores: int
    stores_usd: Fraction
    lcu_usd: Amount
    without: DimensionAmounts
    with_it: DimensionAmounts


def mutual_parts(made: Estimate) -> MutualParts | None:
    """The parts of `Estimate.identity_lock`; None where that is None.

    Raises:
        UsageError: never, as the estimate was made with the same prices.
    """
    if made.identity_lock is None:
        return None
    figures = made.figures
    kind = figures.owned.kind
    stores = switched(figures, mutual=True).owned.trust_stores - switched(figures, mutual=False).owned.trust_stores

    def without(reading: Reading) -> Units:
        return units(kind, figures.usage, reading, key=figures.key)

    def with_it(reading: Reading) -> Units:
        return units(kind, with_headers(figures.usage, reading), reading, mutual=True, key=figures.key)

    def added(reading: Reading) -> Fraction:
        return with_it(reading).total - without(reading).total

    return MutualParts(
        stores,
        stores * made.prices.usd(Item.TRUST_STORE_HOUR) * HOURS_PER_MONTH if stores else ZERO,
        hull(added, OPEN).times(made.prices.usd(UNIT_PRICE[kind]) * HOURS_PER_MONTH),
        dimension_amounts(without),
        dimension_amounts(with_it),
    )
