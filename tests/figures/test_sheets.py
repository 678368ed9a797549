"""Sheets for people: what is said of an estimate and of a flood, in a terminal and as Markdown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.figures.prices import prices

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures, estimate
from originlock.cost.mutual import mutual_parts
from originlock.cost.openness import open_in_estimate, open_in_storm
from originlock.cost.readings import Amount, Question
from originlock.cost.storm import Flood, storm
from originlock.cost.units import Dimension, ServerKey
from originlock.facts.prices import Item
from originlock.facts.usage import Kind, Usage
from originlock.report.amounts import dollars, plain, priced, quantity, size, time, usage_words
from originlock.report.document import as_text
from originlock.report.estimate import estimate_sheet
from originlock.report.sheet import Part, Row, Sheet, sheet_document, sheet_markdown
from originlock.report.storm import storm_sheet

FLOOD = Flood(Fraction(10_000), Fraction(1))
NOTHING = Usage()


def estimated(figures: Figures, *without: Item) -> str:
    """What a terminal shows of an estimate."""
    return as_text(sheet_document(estimate_sheet(estimate(prices(*without), figures))), colour=False)


def flooded(flood: Flood, normal: Usage = NOTHING) -> str:
    """What a terminal shows of a flood."""
    return as_text(sheet_document(storm_sheet(storm(prices(), flood, normal))), colour=False)


@pytest.mark.parametrize(
    "number, said",
    [
        (Fraction(0), "0"),
        (Fraction(104, 100), "1.04"),
        (Fraction(10), "10"),
        (Fraction(10_000), "10,000"),
        (Fraction(1, 3), "0.333"),
        (Fraction(1, 90_000), "1.1e-05"),
        (Fraction(999_999, 100), "9,999.99"),
    ],
)
def test_numbers(number: Fraction, said: str) -> None:
    """What is not nothing would be shown as nothing, or with digits that nobody reads."""
    assert plain(number) == said


@pytest.mark.parametrize(
    "usd, places, said",
    [
        (Fraction(0), 2, "0.00"),
        (Fraction(1, 1000), 2, "under 0.01"),
        (Fraction(6, 1000), 2, "0.01"),
        (Fraction(252, 10_000), 4, "0.0252"),
        (Fraction(1_234_567, 100), 2, "12,346"),
    ],
)
def test_dollars(usd: Fraction, places: int, said: str) -> None:
    """A small cost would be shown as none."""
    assert dollars(usd, places) == said


def test_dollars_with_their_sign() -> None:
    """A person would read of $under."""
    assert priced(Amount(Fraction(1), Fraction(2))) == "$1.00 to 2.00"
    assert priced(Fraction(1, 1000)) == "under $0.01"


def test_an_interval_that_looks_like_a_number_is_shown_as_one() -> None:
    """A person would wonder what 4.09 to 4.09 is."""
    assert dollars(Amount(Fraction("4.0881"), Fraction("4.0919"))) == "4.09"
    assert quantity(Amount(Fraction(1), Fraction(2))) == "1 to 2"


def test_sizes_and_times() -> None:
    """A person would count zeros."""
    assert [size(Fraction(each)) for each in (1, 500, 5000, 10**10, 5 * 10**12)] == [
        "1 byte",
        "500 bytes",
        "5 KB",
        "10 GB",
        "5 TB",
    ]
    assert [time(Fraction(each)) for each in (1, 90, 3600, 9000, 172_800)] == [
        "1 second",
        "1.5 minutes",
        "1 hour",
        "2.5 hours",
        "2 days",
    ]


def test_usage_in_words_has_only_what_there_is() -> None:
    """A person would read of dimensions that he did not give."""
    assert usage_words(Usage()) == "no usage"
    usage = Usage(new_connections=Fraction(26), requests=Fraction(100), evaluations=Fraction(2000))
    assert usage_words(usage) == "26 new connections/s, 100 requests/s with 20 rules each"
    free = Usage(requests=Fraction(100), evaluations=Fraction(1000))
    assert usage_words(free) == "100 requests/s"


def test_what_else_would_have_cost_is_said_to_be_paid_for() -> None:
    """A person would add the dimensions up."""
    said = estimated(Figures(Owned(), Usage(new_connections=Fraction(50), active=Fraction(3000))))
    assert "What decided: new connections" in said
    rows = {line.strip().split("  ")[0]: line for line in said.splitlines()}
    assert rows["new connections"].endswith("charged")
    assert rows["active connections"].endswith("already paid for")
    assert rows["processed bytes"].endswith("none")


def test_where_aws_leaves_open_what_decides_both_are_named() -> None:
    """A person would believe that one dimension decides, and it may be the other."""
    usage = Usage(new_connections=Fraction(2400), bytes=Fraction(100 * 10**9))
    made = estimate(prices(), Figures(Owned(), usage))
    assert made.lcu.may_decide == (Dimension.NEW_CONNECTIONS, Dimension.PROCESSED_BYTES)
    said = estimated(made.figures)
    assert "decided by new connections or processed bytes" in said
    assert said.count("may be charged") == 2


def test_why_mutual_tls_adds_what_it_adds() -> None:
    """A person would see a number and no cause."""
    usage = Usage(active=Fraction(30_000), requests=Fraction(100))
    said = estimated(Figures(Owned(trust_stores=1), usage, mutual=True))
    assert "1 trust store" in said
    assert "10 -> 20" in said
    assert "1,500 active connections are then an LCU, not 3,000 and certificate headers" in said
    spared = estimated(Figures(Owned(), Usage(new_connections=Fraction(500), requests=Fraction(1))))
    assert "another dimension pays for that already" in spared


def test_the_parts_of_mutual_tls_come_to_its_sum() -> None:
    """The parts would be told of another sum than the one above them."""
    for mutual in (False, True):
        usage = Usage(active=Fraction(30_000), requests=Fraction(100), bytes=Fraction(10**10))
        made = estimate(prices(), Figures(Owned(trust_stores=2), usage, mutual=mutual, key=ServerKey.LARGE))
        parts = mutual_parts(made)
        assert parts is not None
        assert made.identity_lock == Amount(parts.stores_usd + parts.lcu_usd.low, parts.stores_usd + parts.lcu_usd.high)
        assert (parts.with_it if mutual else parts.without) == made.lcu


def test_trust_stores_that_are_given_are_neither_added_nor_taken_off() -> None:
    """Mutual TLS would be told as a larger part of the bill than it is, or to add stores that are paid for."""
    without = Usage(new_connections=Fraction(26))
    none = Figures(Owned(), without, mutual=True)
    assert "mutual TLS is $0.00 of it" in estimated(none, Item.TRUST_STORE_HOUR)
    assert "trust store's hour" not in estimated(none)
    paid = estimate(prices(), Figures(Owned(trust_stores=2), without))
    assert paid.per_month.trust_stores.low == Fraction("8.176")
    assert paid.identity_lock == Amount(Fraction(0), Fraction(0))
    for stores in (1, 2):
        made = estimate(prices(), Figures(Owned(trust_stores=stores), without, mutual=True))
        assert made.identity_lock == made.per_month.trust_stores


def test_the_parts_of_mutual_tls_count_one_store_and_the_key() -> None:
    """What mutual TLS would add would be told without the store that it needs, or of another key."""
    usage = Usage(new_connections=Fraction(5), active=Fraction(3000))
    parts = mutual_parts(estimate(prices(), Figures(Owned(), usage, key=ServerKey.LARGE)))
    assert parts is not None
    assert (parts.stores, parts.stores_usd) == (1, Fraction("0.0056") * 730)
    assert parts.without.total == Amount(Fraction(1), Fraction(1))
    assert parts.with_it.total == Amount(Fraction(2), Fraction(2))
    large = mutual_parts(estimate(prices(), Figures(Owned(), Usage(new_connections=Fraction(50)), key=ServerKey.LARGE)))
    assert large is not None
    assert large.with_it.total == large.without.total == Amount(Fraction(10), Fraction(10))
    assert mutual_parts(estimate(prices(), Figures(Owned(Kind.NLB_TCP), usage))) is None


def test_an_unknown_price_of_a_trust_store_is_said() -> None:
    """A person would believe that mutual TLS costs nothing there."""
    said = estimated(Figures(Owned(), Usage(active=Fraction(1))), Item.TRUST_STORE_HOUR)
    assert "a trust store's price in eu-west-1 is not known here" in said


def test_other_kinds_are_told_by_their_names() -> None:
    """A Gateway Load Balancer would be told as one with rules and mutual TLS."""
    said = estimated(Figures(Owned(Kind.GWLB, zones=3), Usage(bytes=Fraction(10**9))))
    assert "the load balancer x 3 zones" in said
    assert "GLCU" in said
    assert "rule evaluations" not in said
    assert "mutual TLS" not in said
    assert "Gateway Load Balancer endpoints" in said
    assert "public IPv4" not in said


def test_nothing_used_is_said() -> None:
    """A load balancer that idles would be told as charged by some dimension."""
    assert "Nothing is used, so that no LCU is charged." in estimated(Figures(Owned(), Usage()))


def test_only_what_moves_is_named_as_open() -> None:
    """A person would look for the doubt where there is none."""
    connections = Figures(Owned(), Usage(new_connections=Fraction(26)))
    assert open_in_estimate(connections) == ()
    assert "Why a range" not in estimated(connections)
    lambdas = Figures(Owned(), Usage(bytes=Fraction(1), lambda_bytes=Fraction(1)))
    assert open_in_estimate(lambdas) == (Question.GIGABYTE, Question.LAMBDA)
    no_requests = Flood(Fraction(1), Fraction(1), requests_per_connection=Fraction(0))
    assert open_in_storm(no_requests, Usage()) == (Question.GIGABYTE, Question.REFUSED, Question.HANDSHAKE)
    assert Question.HEADERS in open_in_storm(FLOOD, Usage(requests=Fraction(10_000)))


def test_that_transfer_is_most_of_it_is_said_only_where_it_surely_is() -> None:
    """A sentence would be said of floods of which it is not true."""
    assert "Data transfer out is most of it: at least 88 % with the door open." in flooded(FLOOD)
    held = Flood(Fraction(10_000), Fraction(1), Fraction(0), open_seconds=Fraction(3600))
    assert "Data transfer out is most of it" not in flooded(held)


def test_a_flood_says_what_it_comes_on_top_of() -> None:
    """A person would take what a flood adds for what the month costs."""
    assert "with no normal load" in flooded(FLOOD)
    assert "No normal load was given" in flooded(FLOOD)
    said = flooded(FLOOD, Usage(bytes=Fraction(10**10)))
    assert "on top of 10 GB/h, the normal load" in said
    assert "What the normal load pays for already" in said


SHEET = Sheet(
    "A *title*", ("first", "second"), (Part("Table", ("", "n"), (Row(("a|b", "1")),), ("why\x1b[31m",)), Part("None"))
)


def test_markdown_is_not_steered_by_what_it_shows() -> None:
    """A price's source from outside would break the table, or hide something in a pull request."""
    shown = sheet_markdown(SHEET)
    assert "### A \\*title\\*" in shown
    assert "| a\\|b | 1 |" in shown
    assert "\x1b" not in shown
    assert "None" not in shown


def test_a_sheet_in_a_terminal_has_its_numbers_below_each_other() -> None:
    """Columns would run into each other."""
    assert as_text(sheet_document(SHEET), colour=False).splitlines() == [
        "A *title*",
        "  first",
        "  second",
        "",
        "Table",
        "       n",
        "  a|b  1",
        "  why\N{REPLACEMENT CHARACTER}[31m",
    ]
