"""Prices as they are shown: with what is old, what is lacking, and what failed."""

from __future__ import annotations

import datetime
from fractions import Fraction

from originlock.facts.known_prices import KnownPrices
from originlock.facts.prices import Item, Price, RegionPrices
from originlock.report.document import Tone
from originlock.report.prices import Asked, prices_data, prices_document, prices_markdown

TODAY = datetime.date(2026, 11, 23)


def price(item: Item, usd: str, days: int) -> Price:
    """A price of so many days ago."""
    return Price(item, Fraction(usd), TODAY - datetime.timedelta(days=days), "a | b")


KNOWN = (
    KnownPrices(
        RegionPrices(
            "eu-west-1",
            (
                price(Item.ALB_HOUR, "0.0252", 0),
                price(Item.ALB_LCU, "0.01", 1),
                price(Item.TRUST_STORE_HOUR, "0.0056789", 90),
                price(Item.NLB_HOUR, "1", 91),
            ),
        ),
        datetime.datetime(2026, 11, 23, 3, 4, tzinfo=datetime.UTC),
        frozenset({Item.ALB_HOUR}),
    ),
)
ASKED = (
    Asked("eu-west-1", ("a Gateway Load Balancer's hour",)),
    Asked("eu-north-1", what="AWS | is silent", remedy="try again"),
)


def test_for_people() -> None:
    """What is old would look like what is new, or a gap like none."""
    lines = prices_document(KNOWN, ASKED, TODAY)
    text = [line.text for line in lines]
    assert text[0] == "eu-west-1, asked of AWS on 2026-11-23 03:04 UTC"
    assert "2026-11-23 (today)" in text[1]
    assert [line.tone for line in lines[1:5]] == [Tone.PLAIN, Tone.PLAIN, Tone.PLAIN, Tone.WARNING]
    assert "$0.01 " in text[2]
    assert "(1 day old)" in text[2]
    assert "$0.0056789 " in text[3]
    assert "$1.00 " in text[4]
    assert "(91 days old)" in text[4]
    assert text[5].startswith("not known: an Application Load Balancer's reserved LCU-hour, ")
    assert text[5].endswith(", data transfer out to the internet")
    assert text[6:] == [
        "AWS's list has nothing of: a Gateway Load Balancer's hour",
        "[1] a | b",
        "eu-north-1: AWS | is silent",
        "try again",
    ]


def test_to_paste() -> None:
    """A bar in a source would break the table."""
    text = prices_markdown(KNOWN, ASKED, TODAY)
    assert "| a trust store's hour | $0.0056789 | 2026-08-25 (90 days old) | a \\| b |" in text
    assert "AWS's list has nothing of: a Gateway Load Balancer's hour." in text
    assert text.endswith("**eu-north-1**: AWS \\| is silent. try again.\n")


def test_for_machines() -> None:
    """A key that others rely on would be missing."""
    data = prices_data(KNOWN, ASKED, TODAY)
    regions = data["regions"]
    assert isinstance(regions, list)
    (region,) = regions
    assert region["prices_as_of"] == "2026-08-24"
    assert region["asked_at"] == "2026-11-23T03:04:00+00:00"
    assert region["absent"] == ["a Gateway Load Balancer's hour"]
    assert region["egress"] is None
    assert [(each["item"], each["asked"], each["age_days"]) for each in region["prices"]] == [
        ("alb-hour", True, 0),
        ("alb-lcu", False, 1),
        ("trust-store-hour", False, 90),
        ("nlb-hour", False, 91),
    ]
    assert data["refused"] == [{"region": "eu-north-1", "what": "AWS | is silent", "remedy": "try again"}]
