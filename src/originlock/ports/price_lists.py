"""The questions about prices: AWS's list, and what is kept of it.

Lives here: Protocols. Must not live here: which row is which price (see `cost.price_choice`).
"""

from __future__ import annotations

import datetime
from typing import Protocol

from originlock.facts.known_prices import KnownPrices
from originlock.facts.price_list import Listing, PriceService
from originlock.facts.prices import RegionPrices


class PriceLists(Protocol):
    """AWS's price list, however it is read."""

    def listing(self, service: PriceService, region: str) -> Listing:
        """The rows of a service that concern a Region; rows of others may be among them.

        Raises:
            UsageError: the list knows no such Region.
            CloudError: it cannot be read.
            RefusedError: what came is no price list, or not all of one.
        """


class PriceShelf(Protocol):
    """The prices that are known here."""

    def known(self, region: str) -> KnownPrices | None:
        """What is known of a Region; None if nothing is.

        Raises:
            StateError: what is kept cannot be read.
        """

    def keep(self, prices: RegionPrices, asked_at: datetime.datetime) -> None:
        """Keep what AWS was asked for, in place of what was kept of this Region before.

        Raises:
            StateError: it could not be written.
        """
