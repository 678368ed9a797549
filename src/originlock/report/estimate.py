"""An estimate for people: what a month costs, what decided, what each lock adds or saves, and what is not counted.

Lives here: the words. Must not live here: what is reckoned, or how a sheet is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from originlock.cost.bill import HOURS_PER_MONTH, UNIT_PRICE
from originlock.cost.estimate import DimensionAmounts, Estimate
from originlock.cost.mutual import MutualParts, mutual_parts
from originlock.cost.openness import open_in_estimate
from originlock.cost.units import KEY_FACTOR, Dimension, ServerKey
from originlock.facts.prices import Egress, Item, Price
from originlock.facts.usage import Kind, Usage
from originlock.facts.words import count
from originlock.report.amounts import dollars, priced, quantity, usage_words
from originlock.report.document import Tone
from originlock.report.money import estimate_prices
from originlock.report.open_questions import WHY_A_RANGE, WORDS
from originlock.report.sheet import Part, Row, Sheet

KIND_WORDS: Final = {
    Kind.ALB: "Application Load Balancer",
    Kind.NLB_TCP: "Network Load Balancer (TCP)",
    Kind.NLB_UDP: "Network Load Balancer (UDP)",
    Kind.NLB_TLS: "Network Load Balancer (TLS)",
    Kind.GWLB: "Gateway Load Balancer",
}

UNIT_WORDS: Final = {
    Kind.ALB: "LCU",
    Kind.NLB_TCP: "NLCU",
    Kind.NLB_UDP: "NLCU",
    Kind.NLB_TLS: "NLCU",
    Kind.GWLB: "GLCU",
}
"""What AWS calls a capacity unit of each kind."""

DIMENSION_WORDS: Final = {
    Dimension.NEW_CONNECTIONS: "new connections",
    Dimension.ACTIVE_CONNECTIONS: "active connections",
    Dimension.PROCESSED_BYTES: "processed bytes",
    Dimension.RULE_EVALUATIONS: "rule evaluations",
}

PRICE_WORDS: Final = {
    Item.ALB_HOUR: "ALB-hour",
    Item.ALB_LCU: "LCU-hour",
    Item.ALB_RESERVED_LCU: "reserved LCU-hour",
    Item.TRUST_STORE_HOUR: "trust store's hour",
    Item.NLB_HOUR: "NLB-hour",
    Item.NLB_LCU: "NLCU-hour",
    Item.GWLB_HOUR: "GWLB-hour in a zone",
    Item.GWLB_LCU: "GLCU-hour",
    Item.PUBLIC_IPV4_HOUR: "public IPv4 address's hour",
}
"""What a price is for, short enough to list several."""

CENTS_OF_HOURS: Final = 4
"""Places of dollars an hour: AWS's hours cost a few cents."""


def estimate_sheet(made: Estimate) -> Sheet:
    """All that is worth telling."""
    kind = made.figures.owned.kind
    return Sheet(
        f"{KIND_WORDS[kind]} in {made.prices.region}: {priced(made.per_month.total)} a month",
        _lead(made),
        (
            _bill(made),
            _dimensions(made),
            _locks(made),
            Part(WHY_A_RANGE, remarks=tuple(WORDS[each] for each in open_in_estimate(made.figures))),
            Part("Not counted", remarks=_not_counted(made)),
            Part("Prices", remarks=price_remarks(estimate_prices(made))),
        ),
    )


def key_words(key: ServerKey) -> str:
    """What is to be said of a certificate's key: nothing, if it is like most."""
    if key is ServerKey.COMMON:
        return ""
    size = "with a key beyond RSA-8192" if key is ServerKey.LARGEST else f"with an {key.value.upper()} key"
    return f", {size} (each new connection counts {KEY_FACTOR[key]} times)"


def price_remarks(prices: Sequence[Price], transfer: Egress | None = None) -> tuple[str, ...]:
    """What each date and source is for."""
    by_source: dict[str, list[str]] = {}
    for each in prices:
        said = f"as of {each.as_of}, {each.source}"
        by_source.setdefault(said, []).append(f"{PRICE_WORDS[each.item]} ${_exactly(each.usd)}")
    if transfer is not None:
        by_source.setdefault(f"as of {transfer.as_of}, {transfer.source}", []).append(_tiers(transfer))
    return tuple(f"{', '.join(what)}: {said}" for said, what in by_source.items())


def _tiers(transfer: Egress) -> str:
    first, last = transfer.tiers[0].usd_per_gb, transfer.tiers[-1].usd_per_gb
    falling = "" if first == last else f", falling to ${_exactly(last)}"
    return f"GB out ${_exactly(first)}{falling}"


def _exactly(usd: Fraction) -> str:
    """A price as AWS has it; all of them end."""
    return f"{Decimal(usd.numerator) / Decimal(usd.denominator):f}"


def _lead(made: Estimate) -> tuple[str, ...]:
    decided = " or ".join(DIMENSION_WORDS[each] for each in made.lcu.may_decide)
    unit = UNIT_WORDS[made.figures.owned.kind]
    locks = []
    if made.identity_lock is not None:
        adds, of_it = ("is", " of it") if made.figures.mutual else ("would add", "")
        locks.append(f"mutual TLS {adds} {priced(made.identity_lock)}{of_it}")
    if made.figures.bypass != Usage():
        saved = priced(made.network_lock) if made.network_lock.high else "nothing"
        locks.append(f"the network lock would save {saved}")
    units = f"{quantity(made.lcu.total)} {unit}, decided by {decided}" if decided else f"no {unit}"
    listeners = (", with mutual TLS" if made.figures.mutual else "") + key_words(made.figures.key)
    given = usage_words(made.figures.usage) + listeners
    return (
        f"{priced(made.per_hour.total, CENTS_OF_HOURS)} an hour; {units}",
        *(["; ".join(locks)] if locks else []),
        f"for {given}",
    )


def _bill(made: Estimate) -> Part:
    owned, hour, month = made.figures.owned, made.per_hour, made.per_month
    unit = UNIT_WORDS[owned.kind]
    zones = f" x {owned.zones} zones" if owned.kind is Kind.GWLB else ""
    named = (
        (f"the load balancer{zones}", "", hour.hours, month.hours),
        (f"capacity units ({unit})", quantity(made.lcu.total), hour.lcu, month.lcu),
        ("trust stores", str(owned.trust_stores), hour.trust_stores, month.trust_stores),
        ("public IPv4 addresses", str(owned.ipv4), hour.ipv4, month.ipv4),
    )
    rows = [
        Row((what, number, dollars(an_hour, CENTS_OF_HOURS), dollars(a_month)))
        for what, number, an_hour, a_month in named
        if number != "0" or what.startswith("capacity")
    ]
    total = Row(("total", "", dollars(hour.total, CENTS_OF_HOURS), dollars(month.total)), Tone.TITLE)
    said = f"A month is {HOURS_PER_MONTH} hours, as in AWS's own calculator."
    return Part("What is paid for", ("", "number", "$ an hour", "$ a month"), (*rows, total), (said,))


def _dimensions(made: Estimate) -> Part:
    unit, price = UNIT_WORDS[made.figures.owned.kind], _unit_month(made)
    if made.lcu.decided_by is None:
        return Part("What decides", remarks=(f"Nothing is used, so that no {unit} is charged.",))
    rows = tuple(
        Row(
            (DIMENSION_WORDS[each], quantity(amount), dollars(amount.times(price)), _fate(made.lcu, each)),
            Tone.GOOD if each in made.lcu.may_decide else Tone.PLAIN,
        )
        for each, amount in made.lcu.by_dimension
        if each is not Dimension.RULE_EVALUATIONS or made.figures.owned.kind is Kind.ALB
    )
    highest = f"Only the highest is charged. The others, at what each would cost alone, are in its {unit} already."
    return Part(
        f"What decided: {' or '.join(DIMENSION_WORDS[each] for each in made.lcu.may_decide)}",
        ("", unit, "$ a month", ""),
        rows,
        (highest,),
    )


def _fate(lcu: DimensionAmounts, dimension: Dimension) -> str:
    if dimension not in lcu.may_decide:
        return "already paid for" if dict(lcu.by_dimension)[dimension].high else "none"
    return "charged" if len(lcu.may_decide) == 1 else "may be charged"


def _locks(made: Estimate) -> Part:
    rows, remarks = [], []
    parts = mutual_parts(made)
    if parts is not None and made.identity_lock is not None:
        rows.append(Row(("mutual TLS adds", "", dollars(made.identity_lock)), Tone.TITLE))
        rows += _mutual_rows(parts)
        remarks += _mutual_remarks(made, parts)
    elif made.figures.owned.kind is Kind.ALB:
        remarks.append(f"What mutual TLS adds: a trust store's price in {made.prices.region} is not known here.")
    if made.figures.bypass != Usage():
        alone = made.bypassing_alone.times(_unit_month(made))
        rows.append(Row(("the network lock saves", quantity(made.bypassing), dollars(made.network_lock)), Tone.TITLE))
        rows.append(Row(("  not this: the same alone", quantity(made.bypassing_alone), dollars(alone))))
        remarks.append(
            f"Round the edge come {usage_words(made.figures.bypass)}. What they cost is the bill with them, less the"
            " bill without them: in other dimensions they are free."
        )
        remarks += [_LET_IN] if parts is not None else []
    return Part(
        "What each lock adds or saves",
        ("", UNIT_WORDS[made.figures.owned.kind], "$ a month"),
        tuple(rows),
        tuple(remarks),
    )


_LET_IN: Final = "Mutual TLS is reckoned as if it let in all of them; what it keeps out: originlock cost storm."


def _change(parts: MutualParts) -> str:
    return f"{quantity(parts.without.total)} -> {quantity(parts.with_it.total)}"


def _mutual_rows(parts: MutualParts) -> list[Row]:
    stores = count(parts.stores, "trust store") if parts.stores else "no trust store more"
    return [
        Row((f"  {stores}", "", dollars(parts.stores_usd))),
        Row(("  capacity units", _change(parts), dollars(parts.lcu_usd))),
    ]


def _mutual_remarks(made: Estimate, parts: MutualParts) -> list[str]:
    usage, told = made.figures.usage, []
    if usage.active:
        told.append("1,500 active connections are then an LCU, not 3,000")
    if usage.requests:
        told.append("certificate headers on every request are processed bytes")
    if not told:
        return []
    spared = not parts.lcu_usd.high
    end = "; another dimension pays for that already." if spared else "."
    return [f"With mutual TLS {' and '.join(told)}{end}"]


def _not_counted(made: Estimate) -> tuple[str, ...]:
    owned = made.figures.owned
    if owned.kind is Kind.GWLB:
        told = ["Gateway Load Balancer endpoints, which are charged by the hour and by the GB"]
    else:
        where = " (originlock cost storm has it)" if owned.kind is Kind.ALB else ""
        told = [f"data transfer out to the internet, mostly more than the capacity units{where}"]
        if not owned.ipv4:
            told.append("public IPv4 addresses: none was given (--ipv4 N; one in each zone, if it faces the internet)")
    return (*told, "the free tier, credits, discounts, taxes, and what stands behind the load balancer")


def _unit_month(made: Estimate) -> Fraction:
    """Dollars for one unit through a month."""
    return made.prices.usd(UNIT_PRICE[made.figures.owned.kind]) * HOURS_PER_MONTH
