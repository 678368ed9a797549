"""Prices for people and for machines: what each is, how old, and who says so.

Lives here: text, Markdown and data of prices. Must not live here: what is reckoned with them.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fractions import Fraction

import msgspec

from originlock.facts.known_prices import KnownPrices
from originlock.facts.prices import ITEM_WORDS, Egress, Item
from originlock.report.document import Document, Line, Tone, table

Data = dict[str, object]

_OLD_DAYS = 90
"""A price that is older is shown as old (our choice: AWS publishes its lists several times a month)."""


class Asked(msgspec.Struct, frozen=True):
    """What became of asking AWS for a Region.

    Attributes:
        region: its name.
        absent: what AWS's list does not have there, in words.
        what, remedy: why it failed, and what to do; empty if it did not.
    """

    region: str
    absent: tuple[str, ...] = ()
    what: str = ""
    remedy: str = ""


def prices_data(known: Sequence[KnownPrices], asked: Sequence[Asked], today: datetime.date) -> Data:
    """``regions`` (``prices``, ``egress``, ``asked_at``, ``prices_as_of``) and ``refused`` (``region``, ``what``)."""
    absent = {each.region: list(each.absent) for each in asked}
    return {
        "regions": [_region(each, absent.get(each.prices.region, []), today) for each in known],
        "refused": [{"region": each.region, "what": each.what, "remedy": each.remedy} for each in asked if each.what],
    }


def _region(known: KnownPrices, absent: list[str], today: datetime.date) -> Data:
    prices = known.prices
    as_of = prices.as_of()
    return {
        "region": prices.region,
        "prices_as_of": None if as_of is None else as_of.isoformat(),
        "asked_at": None if known.asked_at is None else known.asked_at.isoformat(),
        "prices": [
            {
                "item": each.item.value,
                "usd": float(each.usd),
                "as_of": each.as_of.isoformat(),
                "age_days": (today - each.as_of).days,
                "asked": each.item in known.asked,
                "source": each.source,
            }
            for each in prices.prices
        ],
        "egress": None if prices.egress is None else _egress(prices.egress, known, today),
        "unknown": [item.value for item in Item if item not in {each.item for each in prices.prices}],
        "absent": absent,
    }


def _egress(egress: Egress, known: KnownPrices, today: datetime.date) -> Data:
    return {
        "free_gb": float(egress.free_gb),
        "tiers": [
            {"up_to_gb": None if tier.up_to_gb is None else float(tier.up_to_gb), "usd_per_gb": float(tier.usd_per_gb)}
            for tier in egress.tiers
        ],
        "as_of": egress.as_of.isoformat(),
        "age_days": (today - egress.as_of).days,
        "asked": known.egress_asked,
        "source": egress.source,
    }


class _Row(msgspec.Struct, frozen=True):
    what: str
    usd: str
    age: str
    source: str
    old: bool
    more: tuple[str, ...] = ()


def prices_document(known: Sequence[KnownPrices], asked: Sequence[Asked], today: datetime.date) -> Document:
    """The same for people."""
    absent = {each.region: each.absent for each in asked}
    lines: list[Line] = []
    for each in known:
        region = each.prices.region
        lines.append(Line(f"{region}{_when(each)}", Tone.TITLE))
        rows = _rows(each, today)
        sources = list(dict.fromkeys(row.source for row in rows))
        drawn = table([(row.what, row.usd, row.age, f"[{sources.index(row.source) + 1}]") for row in rows], indent=1)
        for row, line in zip(rows, drawn, strict=True):
            lines.append(msgspec.structs.replace(line, tone=Tone.WARNING) if row.old else line)
            lines += [Line(more, indent=2) for more in row.more]
        if unknown := _unknown(each):
            lines.append(Line(f"not known: {', '.join(unknown)}", Tone.QUIET, 1))
        if absent.get(region):
            lines.append(Line(f"AWS's list has nothing of: {', '.join(absent[region])}", Tone.QUIET, 1))
        lines += [Line(f"[{number}] {source}", Tone.QUIET, 1) for number, source in enumerate(sources, 1)]
    for failed in asked:
        if failed.what:
            lines += [Line(f"{failed.region}: {failed.what}", Tone.BAD), Line(failed.remedy, indent=1)]
    return tuple(lines)


def prices_markdown(known: Sequence[KnownPrices], asked: Sequence[Asked], today: datetime.date) -> str:
    """The same as Markdown: a heading and a table for each Region."""
    absent = {each.region: each.absent for each in asked}
    blocks: list[str] = []
    for each in known:
        rows = ["| price of | dollars | as of | source |", "|---|---|---|---|"]
        rows += [
            f"| {_cell(row.what)} | {_cell('; '.join(row.more) or row.usd)} | {_cell(row.age)} | {_cell(row.source)} |"
            for row in _rows(each, today)
        ]
        blocks += [f"## {each.prices.region}{_when(each)}", "\n".join(rows)]
        if unknown := _unknown(each):
            blocks.append(f"Not known: {', '.join(unknown)}.")
        if absent.get(each.prices.region):
            blocks.append(f"AWS's list has nothing of: {', '.join(absent[each.prices.region])}.")
    blocks += [f"**{each.region}**: {_cell(each.what)}. {_cell(each.remedy)}." for each in asked if each.what]
    return "\n\n".join(blocks) + "\n"


def _rows(known: KnownPrices, today: datetime.date) -> list[_Row]:
    rows = [
        _Row(ITEM_WORDS[each.item], _usd(each.usd), *_aged(each.as_of, each.source, today))
        for each in known.prices.prices
    ]
    egress = known.prices.egress
    if egress is not None:
        aged = _aged(egress.as_of, egress.source, today)
        rows.append(_Row("data transfer out to the internet", "in tiers", *aged, _tiers(egress)))
    return rows


def _aged(as_of: datetime.date, source: str, today: datetime.date) -> tuple[str, str, bool]:
    days = (today - as_of).days
    age = "today" if days <= 0 else f"{days:,} day{'s' if days != 1 else ''} old"
    return f"{as_of} ({age})", source, days > _OLD_DAYS


def _tiers(egress: Egress) -> tuple[str, ...]:
    tiers = [
        f"{_usd(tier.usd_per_gb)}/GB " + ("beyond" if tier.up_to_gb is None else f"to {float(tier.up_to_gb):,.0f} GB")
        for tier in egress.tiers
    ]
    return (f"{float(egress.free_gb):g} GB of a month are free, then {', '.join(tiers)}",)


def _unknown(known: KnownPrices) -> list[str]:
    there = {each.item for each in known.prices.prices}
    words = [ITEM_WORDS[item] for item in Item if item not in there]
    return [*words, "data transfer out to the internet"] if known.prices.egress is None else words


def _when(known: KnownPrices) -> str:
    return "" if known.asked_at is None else f", asked of AWS on {known.asked_at:%Y-%m-%d %H:%M} UTC"


def _usd(number: Fraction) -> str:
    """Dollars with at least the cents, and all digits that there are."""
    digits = f"{float(number):.10f}".rstrip("0")
    whole, _, rest = digits.partition(".")
    return f"${whole}.{rest:0<2}"


def _cell(text: str) -> str:
    """A text as it may stand in a cell."""
    return " ".join(text.replace("|", "\\|").split())
