"""Estimates and floods as data for machines: an exact amount is a number, any other ``[low, high]``.

Lives here: the names in JSON. Must not live here: what is reckoned, or the words for people (see `estimate`, `storm`).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from originlock.cost.bill import HOUR_PRICE, UNIT_PRICE
from originlock.cost.estimate import BillAmounts, DimensionAmounts, Estimate, Figures, switched
from originlock.cost.openness import open_in_estimate, open_in_storm
from originlock.cost.readings import ANSWERS, Amount, Question
from originlock.cost.storm import Harm, Storm
from originlock.facts.prices import Egress, Item, Price
from originlock.facts.usage import Usage
from originlock.report.open_questions import WORDS


def number(amount: Amount) -> float | list[float]:
    """A number where it is one, else ``[low, high]``."""
    return float(amount.low) if amount.exact else [float(amount.low), float(amount.high)]


def estimate_data(made: Estimate) -> dict[str, object]:
    """An estimate, and what it rests on.

    ``region``, ``prices_as_of``, ``kind``, ``lcu``, ``usd_per_hour``, ``usd_per_month``, ``locks``, ``figures``,
    ``open_questions``, ``prices``.
    """
    return {
        "region": made.prices.region,
        "prices_as_of": min(each.as_of for each in estimate_prices(made)).isoformat(),
        "kind": made.figures.owned.kind.value,
        "lcu": dimensions_data(made.lcu),
        "usd_per_hour": bill_data(made.per_hour),
        "usd_per_month": bill_data(made.per_month),
        "locks": {
            "network": {
                "saves_usd_per_month": number(made.network_lock),
                "lcu": number(made.bypassing),
                "lcu_alone": number(made.bypassing_alone),
            },
            "identity": {"adds_usd_per_month": None if made.identity_lock is None else number(made.identity_lock)},
        },
        "figures": figures_data(made.figures),
        "open_questions": questions_data(open_in_estimate(made.figures)),
        "prices": [price_data(each) for each in estimate_prices(made)],
    }


def storm_data(made: Storm) -> dict[str, object]:
    """What a flood adds in each posture, and what it rests on.

    ``region``, ``prices_as_of``, ``postures`` (each ``lcu``, which are LCU-hours of the whole flood, ``lcu_usd``,
    ``egress_gb``, ``egress_usd``, ``total_usd``), ``flood``, ``assumptions``, ``normal``, ``egress_this_month_gb``,
    ``open_questions``, ``prices``.
    """
    flood, price, egress = made.flood, made.prices.price(Item.ALB_LCU), made.prices.transfer()
    return {
        "region": made.prices.region,
        "prices_as_of": min(price.as_of, egress.as_of).isoformat(),
        "postures": {each.posture.value: _harm_data(each) for each in made.harms},
        "flood": {"connections_per_second": float(flood.rate), "hours": float(flood.hours)},
        "assumptions": {
            "requests_per_connection": float(flood.requests_per_connection),
            "request_bytes": float(flood.request_bytes),
            "response_bytes": float(flood.response_bytes),
            "open_seconds": float(flood.open_seconds),
            "rules": float(flood.rules),
            "certificate_key": made.key.value,
        },
        "normal": usage_data(made.normal),
        "egress_this_month_gb": float(made.already_gb),
        "open_questions": questions_data(open_in_storm(flood, made.normal, made.key)),
        "prices": [price_data(price), egress_data(egress)],
    }


def dimensions_data(lcu: DimensionAmounts) -> dict[str, object]:
    """Units by dimension; ``decided_by`` is the one that is charged where it comes dearest, null without usage."""
    return {
        **{dimension.value: number(amount) for dimension, amount in lcu.by_dimension},
        "decided_by": None if lcu.decided_by is None else lcu.decided_by.value,
        "may_decide": [each.value for each in lcu.may_decide],
        "total": number(lcu.total),
    }


def bill_data(bill: BillAmounts) -> dict[str, object]:
    """Dollars by what they are for."""
    return {
        "lcu": number(bill.lcu),
        "hours": number(bill.hours),
        "trust_stores": number(bill.trust_stores),
        "ipv4": number(bill.ipv4),
        "total": number(bill.total),
    }


def usage_data(usage: Usage) -> dict[str, object]:
    """Usage of an hour, each by its unit."""
    return {
        "new_connections_per_second": float(usage.new_connections),
        "active_connections": float(usage.active),
        "bytes_per_hour": float(usage.bytes),
        "lambda_bytes_per_hour": float(usage.lambda_bytes),
        "requests_per_second": float(usage.requests),
        "rules_per_second": float(usage.evaluations),
    }


def figures_data(figures: Figures) -> dict[str, object]:
    """What was given, and what was taken where nothing was."""
    return {
        **usage_data(figures.usage),
        "mutual_tls": figures.mutual,
        "certificate_key": figures.key.value,
        "trust_stores": figures.owned.trust_stores,
        "ipv4": figures.owned.ipv4,
        "zones": figures.owned.zones,
        "bypass": usage_data(figures.bypass),
    }


def questions_data(questions: Iterable[Question]) -> list[object]:
    """What AWS leaves open and this result depends on: ``question``, ``answers`` (the dearest first), ``words``."""
    return [{"question": each.value, "answers": list(ANSWERS[each]), "words": WORDS[each]} for each in questions]


def price_data(price: Price) -> dict[str, object]:
    """A price with its date and source."""
    return {
        "item": price.item.value,
        "usd": float(price.usd),
        "as_of": price.as_of.isoformat(),
        "source": price.source,
    }


def egress_data(egress: Egress) -> dict[str, object]:
    """The tiers of data transfer out, with their date and source."""
    return {
        "item": "transfer-out",
        "free_gb": float(egress.free_gb),
        "tiers": [{"up_to_gb": _or_none(each.up_to_gb), "usd_per_gb": float(each.usd_per_gb)} for each in egress.tiers],
        "as_of": egress.as_of.isoformat(),
        "source": egress.source,
    }


def estimate_prices(made: Estimate) -> list[Price]:
    """The prices that an estimate rests on, those of things not owned left out."""
    owned = made.figures.owned
    items = [HOUR_PRICE[owned.kind], UNIT_PRICE[owned.kind]]
    if made.identity_lock is not None and switched(made.figures, mutual=True).owned.trust_stores:
        items.append(Item.TRUST_STORE_HOUR)
    if owned.ipv4:
        items.append(Item.PUBLIC_IPV4_HOUR)
    return [made.prices.price(each) for each in items]


def _harm_data(harm: Harm) -> dict[str, object]:
    return {
        "lcu": number(harm.lcu),
        "lcu_usd": number(harm.lcu_usd),
        "egress_gb": number(harm.egress_gb),
        "egress_usd": number(harm.egress_usd),
        "total_usd": number(harm.total_usd),
    }


def _or_none(gb: Fraction | None) -> float | None:
    return None if gb is None else float(gb)
