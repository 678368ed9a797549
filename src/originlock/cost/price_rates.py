"""One row's price today: its term, its rates, its unit, its number in dollars.

Lives here: the terms and rates of a row that was found. Must not live here: which row it is (see `price_choice`).
"""

from __future__ import annotations

import datetime
import re
from fractions import Fraction
from typing import Final

from originlock.cost.price_refusals import Doubt, NotBelievedError, PriceRefusal, shown
from originlock.facts.price_list import Product, Rate

NO_END: Final = "Inf"

_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,15})?")
"""A plain decimal: AWS writes ten digits behind the point, as in ``0.0080000000``."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def refuse(doubt: Doubt, what: str, message: str) -> NotBelievedError:
    """The error that a row is refused with."""
    return NotBelievedError(PriceRefusal(doubt, what, f"{what}: {message}"))


def rates_on(product: Product, on: datetime.date, what: str) -> tuple[Rate, ...]:
    """The rates of a row that are in force on a day: of the latest term that has begun.

    Raises:
        NotBelievedError: there are none, or two that contradict each other.
    """
    if not product.terms:
        raise refuse(Doubt.NO_TERM, what, "the row has no price on demand")
    dated = [(_date(term.effective, what), term.rates) for term in product.terms]
    begun = [(day, rates) for day, rates in dated if day <= on]
    if not begun:
        first = min(day for day, _ in dated)
        raise refuse(Doubt.NOT_YET, what, f"the price holds only from {first} on")
    latest = max(day for day, _ in begun)
    current = [rates for day, rates in begun if day == latest]
    if any(_plain(rates) != _plain(current[0]) for rates in current):
        raise refuse(Doubt.TWO_TERMS, what, f"two terms that hold from {latest} on have different prices")
    if not current[0]:
        raise refuse(Doubt.NO_RATE, what, "the term that holds now has no price in it")
    return current[0]


def day_of(text: str) -> datetime.date | None:
    """The day of a time as AWS writes it; None if it is none."""
    begin = text[: len("2026-09-01")]
    if not _DATE.fullmatch(begin):
        return None
    try:
        return datetime.date.fromisoformat(begin)
    except ValueError:
        return None


def _date(text: str, what: str) -> datetime.date:
    day = day_of(text)
    if day is None:
        raise refuse(Doubt.BAD_DATE, what, f"the term's date {shown(text)} is none")
    return day


def _plain(rates: tuple[Rate, ...]) -> list[tuple[str, str, str, str]]:
    return sorted((each.begin, each.end, each.unit, each.per_unit.get("USD", "")) for each in rates)


def one_rate(rates: tuple[Rate, ...], what: str) -> Rate:
    """The only rate of something whose price does not depend on how much is used.

    Raises:
        NotBelievedError: it does depend.
    """
    if len(rates) > 1 or amount(rates[0].begin, what) != 0 or rates[0].end != NO_END:
        raise refuse(Doubt.TIERED, what, "the price depends on how much is used, which it never did")
    return rates[0]


def usd(rate: Rate, unit: re.Pattern[str], what: str) -> Fraction:
    """Dollars for one unit.

    Args:
        rate: of a row.
        unit: what the unit has to match.
        what: of which price this is, for messages.

    Raises:
        NotBelievedError: it is in another unit or currency, or no number that a price may be.
    """
    if not unit.fullmatch(rate.unit):
        raise refuse(Doubt.UNIT, what, f"the price is for one {shown(rate.unit)}, which is another unit than expected")
    if "USD" not in rate.per_unit:
        others = ", ".join(sorted(rate.per_unit)[:3]) or "no currency"
        raise refuse(Doubt.CURRENCY, what, f"the price is not in dollars but in {shown(others)}")
    return amount(rate.per_unit["USD"], what)


def amount(text: str, what: str) -> Fraction:
    """A number as AWS writes it.

    Raises:
        NotBelievedError: it is none, or below nothing.
    """
    if not _NUMBER.fullmatch(text):
        raise refuse(Doubt.NOT_A_NUMBER, what, f"{shown(text)} is no number")
    number = Fraction(text)
    if number < 0:
        raise refuse(Doubt.NEGATIVE, what, f"{shown(text)} is less than nothing")
    return number
