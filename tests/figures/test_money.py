"""Estimates and floods as JSON: the names that programs read, numbers where they are exact, else intervals."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any, cast

import msgspec
import pytest
from tests.figures.prices import AS_OF, prices

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures, estimate
from originlock.cost.readings import Amount
from originlock.cost.storm import Flood, storm
from originlock.facts.prices import Item, RegionPrices
from originlock.facts.usage import Kind, Usage
from originlock.report.money import estimate_data, number, storm_data

CONNECTIONS = Usage(new_connections=Fraction(26))
BYTES = Usage(bytes=Fraction(10**10))


def estimated(figures: Figures) -> dict[str, Any]:
    """The data of an estimate; what it holds is looked up by name."""
    return estimate_data(estimate(prices(), figures))


def test_an_exact_amount_is_a_number() -> None:
    """A program would have to know which fields may be lists where nothing is open."""
    assert number(Amount(Fraction(26, 25), Fraction(26, 25))) == 1.04
    assert number(Amount(Fraction(1), Fraction(2))) == [1.0, 2.0]


def test_an_estimate_has_the_names_that_programs_read() -> None:
    """A name would change under a program that reads it."""
    data = estimated(Figures(Owned(), CONNECTIONS))
    assert data["region"] == "eu-west-1"
    assert data["prices_as_of"] == "2026-07-03"
    assert data["lcu"] == {
        "new_connections": 1.04,
        "active_connections": 0.0,
        "processed_bytes": 0.0,
        "rule_evaluations": 0.0,
        "decided_by": "new_connections",
        "may_decide": ["new_connections"],
        "total": 1.04,
    }
    assert data["usd_per_hour"] == {
        "lcu": pytest.approx(0.00832),
        "hours": 0.0252,
        "trust_stores": 0.0,
        "ipv4": 0.0,
        "total": pytest.approx(0.03352),
    }
    assert data["usd_per_month"]["total"] == pytest.approx(730 * 0.03352)
    assert data["open_questions"] == []


def dated(**days: int) -> RegionPrices:
    """Prices of July, but for some of those of August 2025, by their names and ``transfer``."""
    of = prices()

    def day(name: str) -> datetime.date:
        return datetime.date(2025, 8, days[name]) if name in days else AS_OF

    assert of.egress is not None
    return RegionPrices(
        of.region,
        tuple(msgspec.structs.replace(each, as_of=day(each.item.name.lower())) for each in of.prices),
        msgspec.structs.replace(of.egress, as_of=day("transfer")),
    )


@pytest.mark.parametrize(
    "figures, days, said",
    [
        (Figures(Owned(), Usage()), {"public_ipv4_hour": 1, "nlb_lcu": 2, "transfer": 3}, "2026-07-03"),
        (Figures(Owned(ipv4=1), Usage()), {"public_ipv4_hour": 1, "nlb_lcu": 2}, "2025-08-01"),
        (Figures(Owned(), Usage()), {"trust_store_hour": 4}, "2025-08-04"),
        (Figures(Owned(), Usage(), mutual=True), {"trust_store_hour": 4}, "2026-07-03"),
        (Figures(Owned(Kind.NLB_TLS), Usage()), {"trust_store_hour": 4, "alb_lcu": 5, "nlb_lcu": 6}, "2025-08-06"),
    ],
)
def test_an_estimate_is_as_old_as_the_prices_in_it(figures: Figures, days: dict[str, int], said: str) -> None:
    """It would be told as old because of a price that it has nothing to do with, or as new in spite of one in it."""
    usage = msgspec.structs.replace(figures, usage=CONNECTIONS)
    data = estimate_data(estimate(dated(**days), usage))
    assert data["prices_as_of"] == said == min(each["as_of"] for each in cast("list[dict[str, str]]", data["prices"]))


@pytest.mark.parametrize(
    "days, said",
    [
        ({"public_ipv4_hour": 1, "alb_hour": 2, "trust_store_hour": 3}, "2026-07-03"),
        ({"alb_lcu": 5}, "2025-08-05"),
        ({"transfer": 6}, "2025-08-06"),
    ],
)
def test_a_flood_is_as_old_as_the_prices_in_it(days: dict[str, int], said: str) -> None:
    """The same of a flood, which no hours, addresses or trust stores are in."""
    assert storm_data(storm(dated(**days), Flood(Fraction(1), Fraction(1)), Usage()))["prices_as_of"] == said


def test_bytes_are_an_interval() -> None:
    """What AWS does not say would be told as if it had."""
    data = estimated(Figures(Owned(), BYTES))
    assert data["lcu"]["total"] == [10**10 / 2**30, 10.0]
    assert [each["question"] for each in data["open_questions"]] == ["gigabyte"]


def test_without_usage_nothing_decides() -> None:
    """A load balancer that idles would be charged for a dimension."""
    lcu = estimated(Figures(Owned(), Usage()))["lcu"]
    assert (lcu["decided_by"], lcu["may_decide"], lcu["total"]) == (None, [], 0.0)


def test_the_locks_are_told_beside_it() -> None:
    """What the network lock saves would be taken for what the flood would cost alone."""
    flood = Usage(new_connections=Fraction(50))
    data = estimated(Figures(Owned(), BYTES + flood, bypass=flood))
    assert data["locks"]["network"] == {"saves_usd_per_month": 0.0, "lcu": 0.0, "lcu_alone": 2.0}
    assert data["locks"]["identity"] == {"adds_usd_per_month": pytest.approx(0.0056 * 730)}


def test_an_unknown_price_of_what_is_not_asked_for_stops_nothing() -> None:
    """A Region whose trust stores have no price could not be reckoned at all."""
    data: Any = estimate_data(estimate(prices(Item.TRUST_STORE_HOUR), Figures(Owned(), CONNECTIONS)))
    assert data["locks"]["identity"] == {"adds_usd_per_month": None}
    assert [each["item"] for each in data["prices"]] == ["alb-hour", "alb-lcu"]


def test_another_kind_has_no_mutual_tls() -> None:
    """Someone would look for mutual TLS on a load balancer that has none."""
    data = estimated(Figures(Owned(Kind.NLB_TLS), CONNECTIONS))
    assert data["kind"] == "nlb-tls"
    assert data["lcu"]["total"] == 0.52
    assert data["locks"]["identity"] == {"adds_usd_per_month": None}


def test_a_flood_has_the_names_that_programs_read() -> None:
    """A name would change under a program that reads it."""
    data: Any = storm_data(storm(prices(), Flood(Fraction(10000), Fraction(1)), Usage()))
    assert set(data["postures"]) == {"open", "mtls", "security_group"}
    for posture in data["postures"].values():
        assert set(posture) == {"lcu", "lcu_usd", "egress_gb", "egress_usd", "total_usd"}
    assert data["postures"]["open"]["lcu"] == 400.0
    assert data["postures"]["open"]["lcu_usd"] == 3.2
    assert data["postures"]["mtls"]["lcu"] == [0.0, 400.0]
    assert set(data["postures"]["security_group"].values()) == {0.0}
    assert data["egress_this_month_gb"] == 100.0
    assert {each["question"] for each in data["open_questions"]} == {"gigabyte", "refused_count", "handshake_bytes"}
