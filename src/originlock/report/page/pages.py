"""The three pages: what each says without its script, and what its script is given.

Lives here: which data goes into which page. Must not live here: escaping (see `shell`), or how anything is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from originlock.cost.estimate import BillAmounts, Estimate
from originlock.cost.locks import FLOOD
from originlock.cost.readings import Amount
from originlock.cost.storm import Harm, Posture, Storm
from originlock.cost.units import ServerKey
from originlock.facts.prices import RegionPrices
from originlock.facts.usage import Kind
from originlock.report.document import without_controls
from originlock.report.page.asked import asked_of_estimate, asked_of_storm
from originlock.report.page.embedded import constants, quantities, regions
from originlock.report.page.history import balancers, mean_hour, unread
from originlock.report.page.shell import document, escaped, table

KIND_WORDS = {
    Kind.ALB: "Application Load Balancer",
    Kind.NLB_TCP: "Network Load Balancer (TCP)",
    Kind.NLB_UDP: "Network Load Balancer (UDP)",
    Kind.NLB_TLS: "Network Load Balancer (TLS)",
    Kind.GWLB: "Gateway Load Balancer",
}

KEY_WORDS = {
    ServerKey.COMMON: "RSA to 2,048, ECDSA to 256 bits",
    ServerKey.LARGE: "RSA to 4,096, ECDSA to 384 bits",
    ServerKey.LARGER: "RSA to 8,192, ECDSA to 521 bits",
    ServerKey.LARGEST: "larger",
}

POSTURE_WORDS = {
    Posture.OPEN: "Door open",
    Posture.MUTUAL_TLS: "Mutual TLS",
    Posture.SECURITY_GROUP: "Security group",
}

TOTALS = ("lcu_hours", "consumed_lcu_hours", "usd")

BILL_WORDS = ("capacity units", "hours", "trust stores", "public IPv4", "total")


def estimate_page(made: Estimate, known: Sequence[RegionPrices] = ()) -> str:
    """What an hour and a month of a usage cost, as a page.

    Args:
        made: what was reckoned.
        known: the Regions that the calculator offers besides the estimate's own.
    """
    article = "an" if made.figures.owned.kind is Kind.ALB else "a"
    title = f"What {article} {KIND_WORDS[made.figures.owned.kind]} in {without_controls(made.prices.region)} costs"
    tables = (
        table("Dollars", ("for", "an hour", "a month"), _bill_rows(made.per_hour, made.per_month)),
        table(
            "Capacity units an hour",
            ("dimension", "units"),
            [(each.value.replace("_", " "), in_words(amount)) for each, amount in made.lcu.by_dimension],
        ),
    )
    return _page("estimate", title, tables, asked_of_estimate(made), _offered(made.prices, known))


def storm_page(made: Storm, known: Sequence[RegionPrices] = ()) -> str:
    """What a flood adds in each posture, as a page.

    Args:
        made: what was reckoned.
        known: the Regions that the calculator offers besides the flood's own.
    """
    title = f"What a flood costs in {without_controls(made.prices.region)}"
    heads = ("posture", "LCU-hours", "dollars for them", "GB out", "dollars for them", "dollars in all")
    tables = (table("What the flood adds", heads, [_harm_row(each) for each in made.harms]),)
    return _page("storm", title, tables, asked_of_storm(made), _offered(made.prices, known))


def observed_page(data: Mapping[str, object], known: Sequence[RegionPrices] = ()) -> str:
    """What load balancers were charged for, hour by hour, as a page.

    Args:
        data: what ``cost observe -o json`` prints.
        known: the Regions that the calculator offers.
    """
    observed = balancers(data)
    names = ", ".join(str(each["name"]) for each in observed) or "no load balancer"
    heads = ("load balancer", "LCU-hours", "ConsumedLCUs", "dollars for units")
    tables = (table("Totals", heads, [_totals_row(each) for each in observed]),)
    offered = {each.region: each for each in known}
    history = {"observed": observed, "unknown": unread(data)}
    return _page("observe", f"What {names} cost", tables, mean_hour(observed, FLOOD), offered, history)


def in_words(amount: Amount) -> str:
    """``9.31323 to 10``."""
    low, high = f"{float(amount.low):,.6g}", f"{float(amount.high):,.6g}"
    return low if low == high else f"{low} to {high}"


def told_in_words(told: object) -> str:
    """A number of the observed data, or both its ends; a dash where there is none."""
    ends = told if isinstance(told, list | tuple) else [told]
    words = [f"{each:,.6g}" for each in ends if isinstance(each, int | float)]
    return " to ".join(dict.fromkeys(words)) or "-"


def _page(
    page: str,
    title: str,
    tables: Sequence[str],
    asked: Mapping[str, str],
    offered: Mapping[str, RegionPrices],
    history: Mapping[str, object] | None = None,
) -> str:
    """The body that stands without the script, and what the script makes its own from."""
    body = f"""<div id="page"><header><h1>{escaped(title)}</h1></header>
<noscript><main><p>The plots and the calculator need this page's own script, which is switched off. It asks nothing of
anywhere. These are the numbers without it.</p>{"".join(tables)}</main></noscript></div>"""
    data = {
        "page": page,
        "constants": constants(),
        "quantities": quantities(),
        "kind_words": {kind.value: words for kind, words in KIND_WORDS.items()},
        "key_words": {key.value: words for key, words in KEY_WORDS.items()},
        "posture_words": {posture.value: words for posture, words in POSTURE_WORDS.items()},
        "regions": regions(offered.values()),
        "asked": dict(asked),
        **({"observed": [], "unknown": []} if history is None else history),
    }
    return document(title, body, data)


def _offered(own: RegionPrices, known: Sequence[RegionPrices]) -> dict[str, RegionPrices]:
    """By name; of the Region that was reckoned with, the prices that it was reckoned with."""
    return dict(sorted(({each.region: each for each in known} | {own.region: own}).items()))


def _bill_rows(per_hour: BillAmounts, per_month: BillAmounts) -> list[tuple[str, ...]]:
    pairs = zip(BILL_WORDS, per_hour.numbers(), per_month.numbers(), strict=True)
    return [(words, in_words(hour), in_words(month)) for words, hour, month in pairs]


def _harm_row(harm: Harm) -> tuple[str, ...]:
    amounts = (harm.lcu, harm.lcu_usd, harm.egress_gb, harm.egress_usd, harm.total_usd)
    return (POSTURE_WORDS[harm.posture], *(in_words(each) for each in amounts))


def _totals_row(observed: Mapping[str, object]) -> tuple[str, ...]:
    totals = observed.get("totals")
    told = totals if isinstance(totals, Mapping) else {}
    return (str(observed["name"]), *(told_in_words(told.get(each)) for each in TOTALS))
