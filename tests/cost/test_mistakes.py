"""What `docs/cost-mistakes.md` says that others reckon, and that we do: by their rules, and by the model."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from tests.cost.examples import hour, region

from originlock.cost.bill import HOURS_PER_MONTH, Owned, bill
from originlock.cost.estimate import OPEN, Figures, estimate
from originlock.cost.readings import Amount, Reading, hull
from originlock.cost.storm import Flood, storm
from originlock.cost.units import ServerKey, marginal, units
from originlock.facts.prices import Item
from originlock.facts.usage import Kind, Usage

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "cost-mistakes.md"

LCU: Final = Fraction("0.008")
MONTH: Final = HOURS_PER_MONTH
FLOOD: Final = storm(region("eu-west-1"), Flood(Fraction(10_000), Fraction(1)), Usage())
BYPASS: Final = Usage(new_connections=Fraction(534_786, 3600), bytes=Fraction(1_810_000_000))


def ours(usage: Usage, *, kind: Kind = Kind.ALB, mutual: bool = False, key: ServerKey = ServerKey.COMMON) -> Amount:
    """Units of an hour, by the model."""
    return hull(lambda reading: units(kind, usage, reading, mutual=mutual, key=key).total, OPEN)


def exactly(number: Fraction) -> Amount:
    """One number, for theirs or ours."""
    return Amount(number, number)


def owned(things: Owned, lcu: str = "0", name: str = "us-east-1") -> Amount:
    """A month's dollars."""
    return exactly(bill(region(name), things, Fraction(lcu)).total * MONTH)


def usd(item: Item, name: str = "us-east-1") -> Fraction:
    """A price."""
    return region(name).usd(item)


def caused(reading: Reading) -> Fraction:
    """What the edge's 11.5 GB leave a flood to pay for."""
    return marginal(Kind.ALB, BYPASS + hour(new="5", gb="11.5"), BYPASS, reading)


def headers() -> Amount:
    """Dollars a month that certificate headers add to 10 GB an hour."""
    prices, usage = region("us-east-1"), hour(gb="10", requests="100")
    added = estimate(prices, Figures(Owned(), usage)).identity_lock
    assert added is not None
    store = prices.usd(Item.TRUST_STORE_HOUR) * MONTH
    return Amount(added.low - store, added.high - store)


ROWS: Final = {
    1: (exactly(Fraction(100, 100)), ours(hour(new="100"))),
    2: (exactly(Fraction(26, 25)), ours(hour(new="1/3600", active="1", requests="26", rules="1"))),
    3: (exactly(Fraction(26, 25)), ours(hour(new="26/3600"))),
    4: (exactly(1 * LCU), exactly(bill(region(), Owned(), Fraction("0.00200749")).lcu)),
    5: (
        exactly(Fraction("0.04") + Fraction("0.04") + Fraction("1.08") + Fraction("0.25")),
        exactly(ours(hour(new="1", active="120", gb="1.08", requests="5", rules="60")).high),
    ),
    6: (exactly(Fraction(1600, 100)), ours(hour(new="1600"), kind=Kind.NLB_TCP)),
    7: (exactly(Fraction(100 * 10, 1000)), ours(hour(requests="100", rules="10"))),
    8: (ours(hour(new="100")), ours(hour(new="100"), key=ServerKey.LARGE)),
    9: (exactly(1 * LCU), exactly(ours(hour(new="25")).low * LCU * MONTH)),
    10: (exactly(Fraction(1000)), ours(hour(gb=str(Fraction(1000, MONTH))))),
    11: (exactly(LCU), ours(hour(new="250")).times(LCU)),
    12: (exactly(usd(Item.TRUST_STORE_HOUR) * MONTH), owned(Owned())),
    13: (exactly(Fraction(0)), exactly(usd(Item.ALB_LCU) * MONTH)),
    14: (
        exactly(usd(Item.TRUST_STORE_HOUR, "eu-west-1") * MONTH),
        exactly(usd(Item.TRUST_STORE_HOUR, "us-west-2") * MONTH),
    ),
    15: (exactly(3 * usd(Item.NLB_HOUR) * MONTH), owned(Owned(Kind.NLB_TCP, zones=3))),
    16: (ours(hour(active="120")), ours(hour(active="120"), mutual=True)),
    17: (exactly(Fraction(3000, 1500)), ours(hour(active="3000"))),
    18: (exactly(Fraction(0)), headers()),
    19: (
        exactly(Fraction(0)),
        exactly(bill(region("us-east-1"), Owned(trust_stores=1), Fraction(0)).trust_stores * MONTH),
    ),
    20: (ours(BYPASS), hull(caused, OPEN)),
    21: (FLOOD.harms[0].lcu_usd, FLOOD.harms[0].total_usd),
    22: (exactly(Fraction(0)), FLOOD.harms[1].total_usd),
    23: (exactly(Fraction(0)), ours(hour(gb=str(Fraction(117_000, 24)))).times(24 * LCU)),
}
"""Theirs and ours by the number of the row."""

_ROW: Final = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_NUMBER: Final = re.compile(r"[\d,]+(?:\.\d+)?")


def told() -> dict[int, tuple[str, str]]:
    """The last two cells of every row."""
    return {int(row[1]): (row[2], row[3]) for row in _ROW.finditer(DOCUMENT.read_text())}


def rounded(number: Fraction, like: str) -> Fraction:
    """A number in as many digits as one in the document has; halves go up, as on a bill."""
    unit = Fraction(1, 10 ** len(like.partition(".")[2]))
    return (number / unit + Fraction(1, 2)).__floor__() * unit


def written(cell: str, amount: Amount) -> None:
    """A cell says what was reckoned: one number, or two."""
    numbers = _NUMBER.findall(cell)
    ends = [amount.low] if amount.exact else [amount.low, amount.high]
    assert [Fraction(each.replace(",", "")) for each in numbers] == [
        rounded(end, like) for end, like in zip(ends, numbers, strict=True)
    ], (cell, [float(each) for each in ends])


@pytest.mark.parametrize("number", ROWS)
def test_the_document_says_what_is_reckoned(number: int) -> None:
    """An article against wrong numbers would have some."""
    theirs, here = told()[number]
    written(theirs, ROWS[number][0])
    written(here, ROWS[number][1])


def test_every_row_is_reckoned() -> None:
    """A row would stand in the document that nothing holds."""
    assert list(told()) == list(ROWS)


def test_no_row_is_without_a_mistake() -> None:
    """Others would be blamed for what is right."""
    for theirs, here in ROWS.values():
        assert theirs.high < here.low or here.high < theirs.low
