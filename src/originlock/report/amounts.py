"""Amounts in words for people: rounded for reading, an interval as "low to high".

Lives here: rounding, signs, units. Must not live here: exact numbers for machines (see `money`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from originlock.cost.readings import Amount
from originlock.cost.units import FREE_RULES
from originlock.facts.usage import Usage

_WHOLE_FROM: Final = 10_000
"""Dollars from which nobody reads cents."""

_SIZES: Final = ((10**15, "PB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB"))
_TIMES: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def dollars(amount: Amount | Fraction, places: int = 2) -> str:
    """Dollars without their sign, such as ``54.39 to 58.40``; what is not nothing is never shown as 0.

    Args:
        amount: of dollars.
        places: after the point.
    """
    if isinstance(amount, Fraction):
        return _dollars(amount, places)
    return _from_to(_dollars(amount.low, places), _dollars(amount.high, places))


def priced(amount: Amount | Fraction, places: int = 2) -> str:
    """Dollars with their sign, such as ``$54.39 to 58.40``."""
    text = dollars(amount, places)
    return text.replace("under ", "under $", 1) if text.startswith("under ") else f"${text}"


def quantity(amount: Amount | Fraction) -> str:
    """Units or GB, such as ``9.31 to 10``: two places, or three digits where it is small."""
    if isinstance(amount, Fraction):
        return plain(amount)
    return _from_to(plain(amount.low), plain(amount.high))


def plain(number: Fraction) -> str:
    """A number with at most two places, or three digits where it is small."""
    if number and abs(number) < 1:
        return _small(number)
    text = f"{float(round(number, 2)):,.2f}"
    return text.rstrip("0").rstrip(".")


def many(number: Fraction, what: str) -> str:
    """So many of something, in the plural but for one."""
    return f"{plain(number)} {what}" if number == 1 else f"{plain(number)} {what}s"


def size(bytes_: Fraction) -> str:
    """Bytes, in decimal units."""
    for factor, unit in _SIZES:
        if bytes_ >= factor:
            return f"{plain(bytes_ / factor)} {unit}"
    return many(bytes_, "byte")


def time(seconds: Fraction) -> str:
    """A duration, in the largest unit of which there is one at least."""
    for factor, unit in _TIMES:
        if seconds >= factor:
            return many(seconds / factor, unit)
    return many(seconds, "second")


def usage_words(usage: Usage) -> str:
    """What an hour's usage is, as far as there is any."""
    said = (
        (usage.new_connections, f"{plain(usage.new_connections)} new connections/s"),
        (usage.active, f"{plain(usage.active)} active"),
        (usage.bytes, f"{size(usage.bytes)}/h"),
        (usage.lambda_bytes, f"{size(usage.lambda_bytes)}/h of Lambda targets"),
        (usage.requests, f"{plain(usage.requests)} requests/s{_rules(usage)}"),
    )
    return ", ".join(words for number, words in said if number) or "no usage"


def _rules(usage: Usage) -> str:
    """Rules of each request, where more are processed than are free."""
    if usage.evaluations <= FREE_RULES * usage.requests:
        return ""
    return f" with {plain(usage.evaluations / usage.requests)} rules each"


def _from_to(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _dollars(usd: Fraction, places: int) -> str:
    if usd >= _WHOLE_FROM:
        return f"{float(round(usd)):,.0f}"
    least = Fraction(1, 10**places)
    if 0 < usd < least / 2:
        return f"under {float(least):.{places}f}"
    return f"{float(round(usd, places)):,.{places}f}"


def _small(number: Fraction) -> str:
    text = f"{float(number):.3g}"
    return text if "e" not in text else f"{float(number):.1e}"
