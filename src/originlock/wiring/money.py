"""The prices of a Region, from the state directory and the table that ships.

Lives here: from a name to prices. Must not live here: files (see `store.prices`), what is reckoned with prices.
"""

from __future__ import annotations

from originlock.facts.prices import RegionPrices
from originlock.facts.regions import dollar_region, unpriced
from originlock.store.prices import PriceFiles
from originlock.wiring.settings import state_directory


def prices_of(region: str) -> RegionPrices:
    """What is known of a Region's prices. Asks nothing of AWS.

    Raises:
        UsageError: it is no Region, none that is billed in dollars, or none whose prices are known; the message says
            which Region may be meant, and how to ask AWS.
        StateError: the prices that AWS was asked for cannot be read; no other price is taken for them.
    """
    files = PriceFiles(state_directory())
    known = files.known(dollar_region(region))
    if known is None:
        raise unpriced(region, files.regions())
    return known.prices
