"""The prices of a Region that are known here, and which of them AWS was asked for.

Lives here: what is known, as data. Must not live here: files, or which of two prices counts.
"""

from __future__ import annotations

import datetime

import msgspec

from originlock.facts.prices import Item, RegionPrices


class KnownPrices(msgspec.Struct, frozen=True):
    """What is known of one Region.

    Attributes:
        prices: those that count.
        asked_at: when AWS was last asked with success; None if never.
        asked: of which things the price that counts is from then; the others' came with originlock.
        egress_asked: whether that of data transfer is from then.
    """

    prices: RegionPrices
    asked_at: datetime.datetime | None = None
    asked: frozenset[Item] = frozenset()
    egress_asked: bool = False
