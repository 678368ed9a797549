"""Prices: the dated table that ships with originlock, and what AWS was asked for since, by Region.

Lives here: both files, and that the newer price of a thing counts.
Must not live here: asking AWS, or which row of its list is which price (see `cost.price_choice`).
"""

from __future__ import annotations

import datetime
import functools
import re
from fractions import Fraction
from pathlib import Path
from typing import Final

import msgspec

from originlock.errors import StateError
from originlock.facts.known_prices import KnownPrices
from originlock.facts.prices import Egress, Item, Price, RegionPrices, Tier
from originlock.facts.regions import is_shaped
from originlock.store.directory import prepared, replaced

_SHIPPED: Final = Path(__file__).parent / "shipped-prices.json"
_VERSION: Final = 1
_LARGEST: Final = 1024 * 1024
"""No cache of ours is anywhere near; a larger file is something else."""

_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,15})?")
_NAME: Final = re.compile(r"prices-(?P<region>[a-z0-9-]+)\.json")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One price in a file; dollars as a decimal text, so that nothing is rounded."""

    item: Item
    usd: str
    as_of: datetime.date
    source: str
    region: str = ""


class _TierRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    up_to_gb: str | None
    usd_per_gb: str


class _EgressRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    free_gb: str
    tiers: tuple[_TierRow, ...]
    as_of: datetime.date
    source: str
    region: str = ""


class _Shipped(msgspec.Struct, frozen=True):
    version: int
    prices: tuple[_Row, ...]
    egress: tuple[_EgressRow, ...]


class _Cached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    region: str
    asked_at: datetime.datetime
    prices: tuple[_Row, ...]
    egress: _EgressRow | None


class PriceFiles:
    """The prices that ship, and those of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def known(self, region: str) -> KnownPrices | None:
        """What is known of a Region; None if nothing is.

        Args:
            region: shaped as the name of one.

        Raises:
            StateError: the prices that AWS was asked for are there and cannot be read. They are then unknown, and no
                other price is taken for them.
        """
        shipped = _shipped().get(region)
        cached = self._cached(region)
        if cached is None:
            return None if shipped is None else KnownPrices(shipped)
        return _merged(shipped or RegionPrices(region, ()), cached)

    def regions(self) -> tuple[str, ...]:
        """The Regions of which something is known, by name."""
        try:
            names = [path.name for path in self._directory.iterdir()] if self._directory.is_dir() else []
        except OSError as error:
            message = f"the state directory {self._directory} cannot be read: {error.strerror}"
            raise StateError(message, "mend its permissions, or give another ORIGINLOCK_STATE_DIR") from error
        asked = {found["region"] for name in names if (found := _NAME.fullmatch(name)) and is_shaped(found["region"])}
        return tuple(sorted(asked | _shipped().keys()))

    def keep(self, prices: RegionPrices, asked_at: datetime.datetime) -> None:
        """Keep what AWS was asked for; what was kept of this Region before is replaced as a whole.

        Args:
            prices: of a Region, all that is to be kept.
            asked_at: with time zone.

        Raises:
            StateError: it could not be written; what was kept is as it was.
        """
        egress = prices.egress
        cached = _Cached(
            _VERSION,
            prices.region,
            asked_at,
            tuple(_Row(each.item, _text(each.usd), each.as_of, each.source) for each in prices.prices),
            None
            if egress is None
            else _EgressRow(
                _text(egress.free_gb),
                tuple(
                    _TierRow(None if tier.up_to_gb is None else _text(tier.up_to_gb), _text(tier.usd_per_gb))
                    for tier in egress.tiers
                ),
                egress.as_of,
                egress.source,
            ),
        )
        prepared(self._directory)
        replaced(self._path(prices.region), msgspec.json.format(msgspec.json.encode(cached), indent=1) + b"\n")

    def _path(self, region: str) -> Path:
        return self._directory / f"prices-{region}.json"

    def _cached(self, region: str) -> KnownPrices | None:
        path = self._path(region)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"the prices that AWS was asked for, {path}, cannot be read: {error.strerror}"
            raise StateError(message, "mend its permissions, or give another ORIGINLOCK_STATE_DIR") from error
        try:
            return _understood(data, region)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            message = f"the prices that AWS was asked for, {path}, are damaged"
            raise StateError(
                message,
                f"remove {path}, then ask AWS anew: originlock cost prices --refresh --region {region}",
            ) from error


def _understood(data: bytes, region: str) -> KnownPrices:
    """What a cache holds.

    Raises:
        DecodeError, ValueError: it is none of ours.
    """
    if len(data) > _LARGEST:
        message = "too large"
        raise ValueError(message)
    cached = msgspec.json.decode(data, type=_Cached)
    if cached.version != _VERSION or cached.region != region or cached.asked_at.tzinfo is None:
        message = "of another version or Region"
        raise ValueError(message)
    prices = RegionPrices(region, _prices(cached.prices), None if cached.egress is None else _egress(cached.egress))
    return KnownPrices(
        prices, cached.asked_at, frozenset(each.item for each in prices.prices), prices.egress is not None
    )


def _merged(shipped: RegionPrices, cached: KnownPrices) -> KnownPrices:
    """The newer price of each thing; of two of the same day, the one that AWS was asked for."""
    asked = {each.item: each for each in cached.prices.prices}
    came = {each.item: each for each in shipped.prices}
    newer = frozenset(item for item, price in asked.items() if item not in came or price.as_of >= came[item].as_of)
    count = came | {item: asked[item] for item in newer}
    before, after = shipped.egress, cached.prices.egress
    egress_asked = after is not None and (before is None or after.as_of >= before.as_of)
    prices = RegionPrices(
        shipped.region,
        tuple(count[item] for item in Item if item in count),
        after if egress_asked else before,
    )
    return KnownPrices(prices, cached.asked_at, newer, egress_asked)


@functools.cache
def _shipped() -> dict[str, RegionPrices]:
    """The table that ships, by Region. It is part of the program: what is wrong in it is a fault of ours."""
    table = msgspec.json.decode(_SHIPPED.read_bytes(), type=_Shipped)
    egress = {row.region: _egress(row) for row in table.egress}
    rows: dict[str, list[_Row]] = {}
    for row in table.prices:
        rows.setdefault(row.region, []).append(row)
    return {region: RegionPrices(region, _prices(tuple(of)), egress.get(region)) for region, of in rows.items()}


def _prices(rows: tuple[_Row, ...]) -> tuple[Price, ...]:
    """Prices of rows.

    Raises:
        ValueError: a number is none, or a thing has two prices.
    """
    found = {row.item: Price(row.item, _number(row.usd), row.as_of, row.source) for row in rows}
    if len(found) != len(rows):
        message = "a thing with two prices"
        raise ValueError(message)
    return tuple(found[item] for item in Item if item in found)


def _egress(row: _EgressRow) -> Egress:
    """Tiers of a row.

    Raises:
        ValueError: a number is none, or the tiers do not follow each other.
    """
    tiers = tuple(
        Tier(None if tier.up_to_gb is None else _number(tier.up_to_gb), _number(tier.usd_per_gb)) for tier in row.tiers
    )
    ends = [tier.up_to_gb for tier in tiers[:-1]]
    bounded = [end for end in ends if end is not None]
    if not tiers or tiers[-1].up_to_gb is not None or bounded != ends or sorted(set(bounded)) != bounded:
        message = "tiers out of order"
        raise ValueError(message)
    return Egress(_number(row.free_gb), tiers, row.as_of, row.source)


def _number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text):
        message = "no number"
        raise ValueError(message)
    return Fraction(text)


def _text(number: Fraction) -> str:
    """A number as a decimal text; AWS's have at most ten digits behind the point, so that it is exact."""
    whole, rest = divmod(number * 10**15, 10**15)
    return f"{int(whole)}.{int(rest):015d}".rstrip("0").rstrip(".")
