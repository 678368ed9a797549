"""How judgements name what they found: bounded, sorted, so that equal findings read alike.

Lives here: the wording that several guards share. Must not live here: any judgement.
"""

from __future__ import annotations

from collections.abc import Iterable

from originlock.facts.networks import Cidr, Family, sorted_unique

SHOWN = 3
"""How many offending entries a message names before it counts the rest (our choice: one line on a screen)."""


def family_name(family: Family) -> str:
    """``IPv4`` or ``IPv6``."""
    return f"IPv{family}"


def some(texts: Iterable[str], limit: int = SHOWN) -> str:
    """The first few of the texts in their order, and how many more there are."""
    every = tuple(texts)
    rest = len(every) - limit
    return ", ".join(every[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def some_sorted(texts: Iterable[str]) -> str:
    """The same, without doubles and in one order whatever order they came in."""
    return some(sorted(set(texts)))


def some_cidrs(cidrs: Iterable[Cidr], limit: int = SHOWN) -> str:
    """The same of CIDRs, in the order of addresses."""
    return some(sorted_unique(cidrs), limit)
