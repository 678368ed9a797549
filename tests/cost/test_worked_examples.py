"""Hours, months, transfers and floods reckoned by hand, AWS's own and bills among them, against the model.

Of AWS's examples (Elastic Load Balancing pricing, "Pricing examples") these are known through public copies: both of
Application Load Balancers (notes of October 2024 on us-west-2; one on Frankfurt in Mbps, as the page had it first), the
one of Network Load Balancers with TCP (notes on Seoul), and that of AWS's blog on mutual TLS for SAP. The inputs of the
second one differ from copy to copy in bytes and requests: only what all have stands here. Its examples of TLS, UDP,
Gateway Load Balancers and Lambda targets were not found; what stands here for them is ours.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.cost.examples import ACTIVE, BINARY, BYTES, EGRESS, NEW, RULES, Worked, hour, region

from originlock.cost.bill import HOURS_PER_MONTH, Owned, bill
from originlock.cost.egress import transfer_usd
from originlock.cost.estimate import OPEN, Figures, estimate
from originlock.cost.readings import DEAREST, Amount, hull
from originlock.cost.storm import Flood, Posture, storm
from originlock.cost.units import Dimension, ServerKey, marginal, units, with_headers
from originlock.errors import UsageError
from originlock.facts.prices import Item
from originlock.facts.usage import Kind, Usage

HOURS_OF_AWS = 24 * 30
"""AWS's examples have months of 720 hours; the model has 730."""

AWS_ONE = hour(new="1", active="120", gb="1.08", requests="5", rules="60")
"""1 connection a second for 2 minutes: 120 open. 5 requests a second. 300 KB a second x 3,600 = 1.08 GB. 60 rules."""

HOURS = (
    # --- AWS's own
    # 1/25; 120/3,000; 1.08/1; (60 - 10) x 5 = 250, /1,000.
    Worked("AWS, ALB, example 1", AWS_ONE, ("0.04", "0.04", "1.08", "0.25"), "1.08", BYTES),
    # 100/25; 100 x 180 s = 18,000 open, /3,000.
    Worked("AWS, ALB, example 2", hour(new="100", active="18000"), ("4", "6", "0", "0"), "6", ACTIVE),
    # 2.4 Mbit/s / 8 x 3,600 s = 1,080 MB: what the page called 2.4 / 2.22.
    Worked(
        "AWS, ALB, example 1 as it was in Mbps",
        hour(new="1", active="120", gb=str(Fraction(24, 10) / 8 * 3600 / 1000), requests="5", rules="60"),
        ("0.04", "0.04", "1.08", "0.25"),
        "1.08",
        BYTES,
    ),
    # 1/800; 120/100,000; 1.08/1.
    Worked(
        "AWS, NLB, TCP",
        hour(new="1", active="120", gb="1.08"),
        ("0.00125", "0.0012", "1.08", "0"),
        "1.08",
        BYTES,
        Kind.NLB_TCP,
    ),
    # AWS's FAQ: one LCU covers 25, 5, 1 or 0.25 new connections a second.
    Worked("AWS, FAQ, RSA-2048", hour(new="25"), ("1", "0", "0", "0"), "1", NEW),
    Worked("AWS, FAQ, RSA-4096", hour(new="25"), ("5", "0", "0", "0"), "5", NEW, key=ServerKey.LARGE),
    Worked("AWS, FAQ, RSA-8192", hour(new="25"), ("25", "0", "0", "0"), "25", NEW, key=ServerKey.LARGER),
    Worked("AWS, FAQ, larger keys", hour(new="25"), ("100", "0", "0", "0"), "100", NEW, key=ServerKey.LARGEST),
    Worked(
        "a key changes no other dimension",
        hour(new="1", active="6000", gb="1", requests="100", rules="15"),
        ("0.2", "2", "1", "0.5"),
        "2",
        ACTIVE,
        key=ServerKey.LARGE,
    ),
    Worked(
        "a key is of no account at an NLB",
        hour(new="50"),
        ("1", "0", "0", "0"),
        "1",
        NEW,
        Kind.NLB_TLS,
        key=ServerKey.LARGEST,
    ),
    # --- what people reckon wrongly
    Worked("26 connections a second for an hour", hour(new="26"), ("1.04", "0", "0", "0"), "1.04", NEW),
    # 26 in 3,600 s, /25 = 26/90,000.
    Worked("26 connections within one second", hour(new="26/3600"), ("13/45000", "0", "0", "0"), "13/45000", NEW),
    # One connection in the hour, open throughout.
    Worked(
        "26 requests a second on one connection",
        hour(new="1/3600", active="1", requests="26", rules="1"),
        ("1/90000", "1/3000", "0", "0"),
        "1/3000",
        ACTIVE,
    ),
    Worked(
        "1,000 rules a second, of which all are free",
        hour(requests="100", rules="10"),
        ("0", "0", "0", "0"),
        "0",
        None,
    ),
    # --- rules
    Worked("the eleventh rule", hour(requests="1000", rules="11"), ("0", "0", "0", "1"), "1", RULES),
    Worked("20 rules", hour(requests="100", rules="20"), ("0", "0", "0", "1"), "1", RULES),
    Worked("nine rules", hour(requests="1000", rules="9"), ("0", "0", "0", "0"), "0", None),
    Worked("no rule but the default", hour(requests="1000", rules="0"), ("0", "0", "0", "0"), "0", None),
    Worked("a hundred rules", hour(requests="200", rules="100"), ("0", "0", "0", "18"), "18", RULES),
    # --- ALB, each dimension
    Worked("ALB, new connections", hour(new="100", active="3000", gb="1"), ("4", "1", "1", "0"), "4", NEW),
    Worked("ALB, active ones", hour(new="1", active="7500", gb="1"), ("0.04", "2.5", "1", "0"), "2.5", ACTIVE),
    Worked("ALB, bytes", hour(new="1", active="30", gb="10"), ("0.04", "0.01", "10", "0"), "10", BYTES),
    Worked("ALB, a byte", hour(gb="0.000000001"), ("0", "0", "0.000000001", "0"), "0.000000001", BYTES),
    # 0.4 GB an hour for Lambda: 1 / 0.4.
    Worked("ALB, Lambda targets", hour(lambda_gb="1"), ("0", "0", "2.5", "0"), "2.5", BYTES),
    Worked("ALB, Lambda and others", hour(gb="1", lambda_gb="0.4"), ("0", "0", "2", "0"), "2", BYTES),
    # --- mutual TLS: 1,500 instead of 3,000
    Worked("3,000 open", hour(active="3000"), ("0", "1", "0", "0"), "1", ACTIVE),
    Worked("3,000 open, mutual TLS", hour(active="3000"), ("0", "2", "0", "0"), "2", ACTIVE, mutual=True),
    Worked(
        "mutual TLS changes who decides",
        hour(new="30", active="3000"),
        ("1.2", "2", "0", "0"),
        "2",
        ACTIVE,
        mutual=True,
    ),
    Worked("and without it", hour(new="30", active="3000"), ("1.2", "1", "0", "0"), "1.2", NEW),
    # --- NLB and GWLB, each dimension
    Worked("NLB TCP, new", hour(new="1600", active="100000"), ("2", "1", "0", "0"), "2", NEW, Kind.NLB_TCP),
    Worked("NLB TCP, active", hour(new="800", active="250000"), ("1", "2.5", "0", "0"), "2.5", ACTIVE, Kind.NLB_TCP),
    Worked("NLB TCP, bytes", hour(new="800", gb="3"), ("1", "0", "3", "0"), "3", BYTES, Kind.NLB_TCP),
    Worked("NLB UDP, new", hour(new="1000", active="75000"), ("2.5", "1.5", "0", "0"), "2.5", NEW, Kind.NLB_UDP),
    Worked("NLB UDP, active", hour(new="400", active="75000"), ("1", "1.5", "0", "0"), "1.5", ACTIVE, Kind.NLB_UDP),
    Worked("NLB UDP, bytes", hour(new="100", gb="0.5"), ("0.25", "0", "0.5", "0"), "0.5", BYTES, Kind.NLB_UDP),
    Worked("NLB TLS, new", hour(new="125", active="6000"), ("2.5", "2", "0", "0"), "2.5", NEW, Kind.NLB_TLS),
    Worked("NLB TLS, active", hour(new="50", active="4500"), ("1", "1.5", "0", "0"), "1.5", ACTIVE, Kind.NLB_TLS),
    Worked("NLB TLS, bytes", hour(new="5", gb="7"), ("0.1", "0", "7", "0"), "7", BYTES, Kind.NLB_TLS),
    Worked("GWLB, new", hour(new="900", active="30000"), ("1.5", "0.5", "0", "0"), "1.5", NEW, Kind.GWLB),
    Worked("GWLB, active", hour(new="300", active="90000"), ("0.5", "1.5", "0", "0"), "1.5", ACTIVE, Kind.GWLB),
    Worked("GWLB, bytes", hour(new="60", gb="2"), ("0.1", "0", "2", "0"), "2", BYTES, Kind.GWLB),
    Worked(
        "what only an ALB has is of no account elsewhere",
        hour(active="3000", lambda_gb="9", requests="100", rules="99"),
        ("0", "1", "0", "0"),
        "1",
        ACTIVE,
        Kind.NLB_TLS,
        mutual=True,
    ),
    # --- ties: the first is said to decide
    Worked("new and active alike", hour(new="25", active="3000"), ("1", "1", "0", "0"), "1", NEW),
    Worked("active and bytes alike", hour(active="3000", gb="1"), ("0", "1", "1", "0"), "1", ACTIVE),
    Worked("bytes and rules alike", hour(gb="1", requests="100", rules="20"), ("0", "0", "1", "1"), "1", BYTES),
    Worked(
        "all alike",
        hour(new="50", active="6000", gb="2", requests="100", rules="30"),
        ("2", "2", "2", "2"),
        "2",
        NEW,
    ),
    # --- none
    Worked("nothing", hour(), ("0", "0", "0", "0"), "0", None),
    Worked("nothing, mutual TLS", hour(), ("0", "0", "0", "0"), "0", None, mutual=True),
    Worked("nothing at a GWLB", hour(), ("0", "0", "0", "0"), "0", None, Kind.GWLB),
    # --- averages over the hour: 1,500 a second for one minute are 25 a second.
    Worked("a minute's burst", hour(new="1500").times(Fraction(1, 60)), ("1", "0", "0", "0"), "1", NEW),
    Worked(
        "half an hour",
        hour(new="100", active="3000", gb="1").times(Fraction(1, 2)),
        ("2", "0.5", "0.5", "0"),
        "2",
        NEW,
    ),
)


@pytest.mark.parametrize("worked", HOURS, ids=lambda each: each.name)
def test_an_hour(worked: Worked) -> None:
    """Somebody's bill would not be what they were told."""
    made = units(worked.kind, worked.usage, DEAREST, mutual=worked.mutual, key=worked.key)
    assert [number for _, number in made.each()] == [Fraction(each) for each in worked.units]
    assert made.total == Fraction(worked.total)
    assert made.decided_by is worked.decided


# ---------------------------------------------------------------- dollars


@pytest.mark.parametrize(
    "name, owned, lcu, parts",
    [
        # 1.08 x 0.008. AWS: $0.00864.
        ("us-east-1", Owned(), "1.08", ("0.00864", "0.0225", "0", "0")),
        ("ca-central-1", Owned(), "1.08", ("0.009504", "0.02475", "0", "0")),
        ("ap-northeast-1", Owned(trust_stores=1), "1.08", ("0.00864", "0.0243", "0.0054", "0")),
        # AWS: (1.08 NLCU x $0.006).
        ("us-east-1", Owned(Kind.NLB_TCP), "1.08", ("0.00648", "0.0225", "0", "0")),
        ("us-east-1", Owned(Kind.NLB_UDP), "2", ("0.012", "0.0225", "0", "0")),
        ("us-east-1", Owned(Kind.NLB_TLS), "0.5", ("0.003", "0.0225", "0", "0")),
        # An hour for each Availability Zone: 3 x 0.0125.
        ("us-east-1", Owned(Kind.GWLB, zones=3), "1.5", ("0.006", "0.0375", "0", "0")),
        ("us-east-1", Owned(Kind.GWLB), "1.5", ("0.006", "0.0125", "0", "0")),
        # An ALB's zones are not charged for.
        ("us-east-1", Owned(zones=3), "1", ("0.008", "0.0225", "0", "0")),
        ("eu-west-1", Owned(trust_stores=2, ipv4=3), "10", ("0.08", "0.0252", "0.0112", "0.015")),
        ("eu-west-1", Owned(), "0", ("0", "0.0252", "0", "0")),
    ],
)
def test_an_hours_bill(name: str, owned: Owned, lcu: str, parts: tuple[str, str, str, str]) -> None:
    """A price would be applied to what it is not for."""
    made = bill(region(name), owned, Fraction(lcu))
    assert (made.lcu, made.hours, made.trust_stores, made.ipv4) == tuple(Fraction(each) for each in parts)
    assert made.total == sum(Fraction(each) for each in parts)


@pytest.mark.parametrize(
    "hours, usd_an_hour, usd",
    [
        # AWS, ALB, example 1: 0.0225 + 0.00864 = 0.03114; $22.42 for 720 hours, of which $6.22 are LCUs.
        (HOURS_OF_AWS, "0.03114", "22.4208"),
        (HOURS_OF_AWS, "0.00864", "6.2208"),
        # AWS, ALB, example 2: 6 x 0.008 = 0.048; $34.56, and $50.76 with the hours.
        (HOURS_OF_AWS, "0.048", "34.56"),
        (HOURS_OF_AWS, "0.0705", "50.76"),
        # eu-west-1: $18.40, $4.09, and $7.30 to $10.95 for two or three addresses a month.
        (HOURS_PER_MONTH, "0.0252", "18.396"),
        (HOURS_PER_MONTH, "0.0056", "4.088"),
        (HOURS_PER_MONTH, "0.010", "7.3"),
        (HOURS_PER_MONTH, "0.015", "10.95"),
        # A trust store's month in us-east-1 and us-west-2.
        (HOURS_PER_MONTH, "0.0050", "3.65"),
        (HOURS_PER_MONTH, "0.0063", "4.599"),
    ],
)
def test_a_month(hours: int, usd_an_hour: str, usd: str) -> None:
    """The hand's own arithmetic: what the other tests rest on."""
    assert hours * Fraction(usd_an_hour) == Fraction(usd)


def test_a_month_of_awss_first_example() -> None:
    """The estimate's months would not be its hours."""
    made = estimate(region("us-east-1"), Figures(Owned(), AWS_ONE))
    assert made.per_hour.lcu == Amount(Fraction("0.00864") * BINARY, Fraction("0.00864"))
    assert made.per_hour.total.high == Fraction("0.03114")
    # 0.03114 x 730.
    assert made.per_month.total.high == Fraction("22.7322")


def test_awss_example_of_mutual_tls() -> None:
    """AWS's blog on SAP has 0.04, 0.04, 1.08 and 0 LCU, and $26.45 for 720 hours: it halves nothing and adds no header.

    1/25; 120/1,500; 1.08 + 5 x 3,600 x 2,180 B = 1.08 + 0.03924 (with P-256 0.0342); one rule is free. Its prices are
    $0.0225, $0.0056 and $0.008: 720 x (0.0225 + 0.0056 + 0.008 x 1.11924).
    """
    usage = hour(new="1", active="120", gb="1.08", requests="5", rules="1")
    blog = units(Kind.ALB, usage, DEAREST)
    assert [number for _, number in blog.each()] == [Fraction(each) for each in ("0.04", "0.04", "1.08", "0")]
    assert HOURS_OF_AWS * (Fraction("0.0281") + blog.total * Fraction("0.008")) == Fraction("26.4528")

    ours = estimate(region(), Figures(Owned(trust_stores=1), usage, mutual=True))
    by_dimension = dict(ours.lcu.by_dimension)
    assert by_dimension[NEW] == Amount(Fraction("0.04"), Fraction("0.04"))
    assert by_dimension[ACTIVE] == Amount(Fraction("0.08"), Fraction("0.08"))
    assert by_dimension[BYTES] == Amount(Fraction("1.1142") * BINARY, Fraction("1.11924"))
    assert by_dimension[RULES] == Amount(Fraction(0), Fraction(0))
    assert HOURS_OF_AWS * (Fraction("0.0281") + ours.lcu.total.high * Fraction("0.008")) == Fraction("26.6788224")


# ---------------------------------------------------------------- bills


def test_a_bill_is_not_rounded_up() -> None:
    """FOCUS's sample: 0.00200749 LCU-hours, list cost $0.0000160599. By hand: 0.00001605992."""
    made = bill(region(), Owned(), Fraction("0.00200749")).lcu
    assert made == Fraction("0.00001605992")
    assert round(made, 10) == Fraction("0.0000160599")


@pytest.mark.parametrize(
    "item, amount, billed",
    [
        # 0.80 x 0.008 = 0.0064.
        (Item.ALB_LCU, "0.80", "0.01"),
        # 595 x 0.0252 = 14.994.
        (Item.ALB_HOUR, "595", "15.00"),
        # 1,783 x 0.005 = 8.915.
        (Item.PUBLIC_IPV4_HOUR, "1783", "8.91"),
    ],
)
def test_cost_explorers_july_of_2026(item: Item, amount: str, billed: str) -> None:
    """Cost Explorer, eu-west-1: shown in cents, and so within one of ours."""
    assert abs(Fraction(amount) * region().usd(item) - Fraction(billed)) < Fraction(1, 100)


def test_an_incident_of_bytes_that_no_log_showed() -> None:
    """Freshworks: 1 TB a day became 118, and $25,000. By hand: 117,000 GB x $0.008 = $936 a day, for 27 days."""
    more = units(Kind.ALB, hour(gb=str(Fraction(117_000, 24))), DEAREST).total
    assert more == 4875
    a_day = 24 * more * region("us-east-1").usd(Item.ALB_LCU)
    assert a_day == 936
    assert 26 < Fraction(25_000) / a_day < 27


# ---------------------------------------------------------------- what AWS leaves open


@pytest.mark.parametrize(
    "usage, low, high",
    [
        # 10 GB are 9.31 where a GB is 2^30 bytes.
        (hour(gb="10"), 10 * BINARY, Fraction(10)),
        (hour(lambda_gb="0.4"), BINARY, Fraction(1)),
        # 3 + 2 / 0.4 = 8, or the larger: 5.
        (hour(gb="3", lambda_gb="2"), 5 * BINARY, Fraction(8)),
        (hour(gb="5", lambda_gb="0.4"), 5 * BINARY, Fraction(6)),
        # Another dimension decides: nothing is open.
        (hour(new="25", gb="0.5"), Fraction(1), Fraction(1)),
        # 0.98 GB are 0.91 or 0.98: under one reading the connections decide (0.95).
        (hour(new="23.75", gb="0.98"), Fraction("0.95"), Fraction("0.98")),
    ],
)
def test_an_interval(usage: Usage, low: Fraction, high: Fraction) -> None:
    """A number would be given for what AWS does not say, or an interval for what it does."""
    assert estimate(region(), Figures(Owned(), usage)).lcu.total == Amount(low, high)


def test_who_decides_may_be_open_too() -> None:
    """A dimension would be named as the one that is charged while another may be."""
    made = estimate(region(), Figures(Owned(), hour(new="23.75", gb="0.98"))).lcu
    assert made.decided_by is BYTES
    assert made.may_decide == (NEW, BYTES)


@pytest.mark.parametrize("per_second, low, high", [("100", "0.684", "0.7848"), ("1", "0.00684", "0.007848")])
def test_headers_of_mutual_tls(per_second: str, low: str, high: str) -> None:
    """100 a second x 3,600 x 2,180 B = 0.7848 GB an hour, $4.58 a month; with P-256 1,900 B: 0.684."""
    usage = Usage(requests=Fraction(per_second))

    def gb(made: Usage) -> Fraction:
        return made.bytes / 10**9

    made = hull(lambda reading: gb(with_headers(usage, reading)), OPEN)
    assert made == Amount(Fraction(low), Fraction(high))


def test_what_mutual_tls_adds_a_month() -> None:
    """10 GB and 100 requests a second in eu-west-1: a trust store, $4.088, and the headers.

    At most 0.7848 x 0.008 x 730 = 4.583232; at least 0.684 x 0.008 x 730 x 0.9313... of it.
    """
    made = estimate(region(), Figures(Owned(), hour(gb="10", requests="100"))).identity_lock
    assert made == Amount(
        Fraction("4.088") + Fraction("3.99456") * BINARY,
        Fraction("4.088") + Fraction("4.583232"),
    )


def test_mutual_tls_where_headers_are_free() -> None:
    """Connections decide (4 LCU), the headers lie below them: the trust store alone is paid for."""
    made = estimate(region(), Figures(Owned(), hour(new="100", gb="1", requests="100"))).identity_lock
    assert made == Amount(Fraction("4.088"), Fraction("4.088"))


def test_the_same_whether_asked_with_or_without_it() -> None:
    """What the lock adds would depend on whether it is there already."""
    usage = hour(new="3", active="9000", gb="2", requests="50", rules="12")
    without = estimate(region(), Figures(Owned(), usage))
    with_it = estimate(region(), Figures(Owned(trust_stores=1), usage, mutual=True))
    assert without.identity_lock == with_it.identity_lock
    # 9,000 open: 3 LCU, and 6 with mutual TLS; 3 x 0.008 x 730 = 17.52.
    assert without.identity_lock == Amount(Fraction("21.608"), Fraction("21.608"))


def test_only_an_alb_has_the_identity_lock() -> None:
    """A lock would be priced that cannot be had."""
    assert estimate(region("us-east-1"), Figures(Owned(Kind.NLB_TLS), hour(new="1"))).identity_lock is None


# ---------------------------------------------------------------- prices that are missing


def test_a_missing_trust_store_price_is_no_others() -> None:
    """ca-central-1 has no trust store's price: with mutual TLS that is an error, without it the estimate stands."""
    figures = Figures(Owned(), hour(new="26"))
    made = estimate(region("ca-central-1"), figures)
    assert made.per_hour.lcu == Amount(Fraction("0.009152"), Fraction("0.009152"))
    assert made.identity_lock is None
    with pytest.raises(UsageError, match="the price of a trust store's hour in ca-central-1 is not known here"):
        estimate(region("ca-central-1"), Figures(Owned(trust_stores=1), hour(new="26"), mutual=True))


def test_a_missing_unit_price_is_no_others() -> None:
    """Tokyo's table has no Network Load Balancer's prices."""
    with pytest.raises(UsageError, match="Network Load Balancer's LCU-hour in ap-northeast-1"):
        estimate(region("ap-northeast-1"), Figures(Owned(Kind.NLB_TCP), hour(new="1")))


# ---------------------------------------------------------------- data transfer out

# A month from its first GB, by hand: 10,140 x 0.09 = 912.6; + 40,960 x 0.085 = 4,394.2; + 102,400 x 0.07 = 11,562.2.


@pytest.mark.parametrize(
    "already, gb, usd",
    [
        ("0", "0", "0"),
        ("0", "99", "0"),
        ("0", "100", "0"),
        ("0", "101", "0.09"),
        ("0", "100.5", "0.045"),
        ("99", "1", "0"),
        ("99", "2", "0.09"),
        ("100", "1", "0.09"),
        ("0", "10239", "912.51"),
        ("0", "10240", "912.6"),
        ("0", "10241", "912.685"),
        ("10239", "1", "0.09"),
        ("10240", "1", "0.085"),
        ("10239", "2", "0.175"),
        ("0", "51199", "4394.115"),
        ("0", "51200", "4394.2"),
        ("0", "51201", "4394.27"),
        ("51200", "1", "0.07"),
        ("51199", "2", "0.155"),
        ("0", "153599", "11562.13"),
        ("0", "153600", "11562.2"),
        ("0", "153601", "11562.25"),
        ("153600", "1", "0.05"),
        ("153599", "2", "0.12"),
        ("0", "200000", "13882.2"),
        # 240 x 0.09 + 40,960 x 0.085 + 102,400 x 0.07 + 56,400 x 0.05.
        ("10000", "200000", "13491.2"),
        ("1000000", "10", "0.5"),
        ("5000", "0", "0"),
    ],
)
def test_a_transfer(already: str, gb: str, usd: str) -> None:
    """A tier would begin a GB early or late, or the free ones would be given twice."""
    assert transfer_usd(EGRESS, Fraction(gb), Fraction(already)) == Fraction(usd)


# ---------------------------------------------------------------- a class of clients


def test_a_class_is_the_cause_of_less_than_it_would_cost_alone() -> None:
    """534,786 connections of a flood, 1.81 GB of 13.31: 5.94 LCU alone, and 1.81 besides the edge's 11.5 GB.

    534,786 / 3,600 / 25 = 5.942066...; 13.31 - 11.5 = 1.81, $0.01448 rather than $0.0475.
    """
    flood = Usage(new_connections=Fraction(534_786, 3600), bytes=Fraction(1_810_000_000))
    everyone = flood + hour(new="5", gb="11.5")
    assert units(Kind.ALB, flood, DEAREST).total == Fraction(89_131, 15_000)
    assert marginal(Kind.ALB, everyone, flood, DEAREST) == Fraction("1.81")
    made = estimate(region(), Figures(Owned(), everyone, bypass=flood))
    assert made.bypassing == Amount(Fraction("1.81") * BINARY, Fraction("1.81"))
    assert made.bypassing_alone == Amount(Fraction(89_131, 15_000), Fraction(89_131, 15_000))
    # 1.81 x 0.008 x 730.
    assert made.network_lock.high == Fraction("10.5704")


@pytest.mark.parametrize(
    "rest, part, caused",
    [
        # Hidden altogether below what is paid for already.
        (hour(gb="10"), hour(new="250"), "0"),
        # 300 connections a second are 12, of which 10 are paid for.
        (hour(gb="10"), hour(new="300"), "2"),
        (hour(gb="10"), hour(gb="1"), "1"),
        (hour(), hour(new="25"), "1"),
        (hour(new="25"), hour(), "0"),
        # 5 + 3 connections and 4 + 5 GB: 9, less 5.
        (hour(new="125", gb="4"), hour(new="75", gb="5"), "4"),
    ],
)
def test_what_a_class_adds(rest: Usage, part: Usage, caused: str) -> None:
    """The maximum would be taken for a sum."""
    assert marginal(Kind.ALB, rest + part, part, DEAREST) == Fraction(caused)


def test_what_a_class_adds_with_mutual_tls_and_a_large_key() -> None:
    """Both would be left out of what is saved: 3,000 open are 2 LCU, 10 connections a second are 2, in all 4 and 4."""
    part = hour(new="10", active="3000")
    assert marginal(Kind.ALB, part + part, part, DEAREST, mutual=True, key=ServerKey.LARGE) == 2
    assert marginal(Kind.ALB, part + part, part, DEAREST) == 1
    figures = Figures(Owned(trust_stores=1), part + part, mutual=True, bypass=part, key=ServerKey.LARGE)
    assert estimate(region(), figures).bypassing == Amount(Fraction(2), Fraction(2))


# ---------------------------------------------------------------- floods

# (flood, LCU open, LCU dollars open, transfer dollars open, LCU dollars mutual TLS, transfer dollars mutual TLS): an
# hour in eu-west-1, 500 B and 5 kB, one request on each connection and 3.5 kB within a handshake, rounded as it was
# published. LCU dollars of mutual TLS are upper bounds there; every one must lie within ours.
TABLE = (
    ("100 connections a second", Flood(Fraction(100), Fraction(1)), "4", "0.03", "0.28", "0.03", "0.11"),
    ("1,000", Flood(Fraction(1000), Fraction(1)), "40", "0.32", "2.75", "0.32", "1.13"),
    ("10,000", Flood(Fraction(10_000), Fraction(1)), "400", "3.20", "27.54", "3.20", "11.34"),
    ("100,000", Flood(Fraction(100_000), Fraction(1)), "4000", "32.0", "275", "32.0", "113"),
    (
        "200 connections a second, 50 requests on each",
        Flood(Fraction(200), Fraction(1), Fraction(50)),
        "198",
        "1.58",
        "16.43",
        "0.06",
        "0.23",
    ),
    (
        "100 connections a second, 200 kB for each",
        Flood(Fraction(100), Fraction(1), response_bytes=Fraction(200_000)),
        "72",
        "0.58",
        "6.59",
        "0.03",
        "0.11",
    ),
)


def within(published: str, amount: Amount) -> bool:
    """A published number lies within an interval, but for its own rounding to its last digit."""
    digits = len(published.partition(".")[2])
    slack = Fraction(1, 2 * 10**digits)
    return amount.low - slack <= Fraction(published) <= amount.high + slack


@pytest.mark.parametrize(
    "name, flood, lcu, lcu_usd, out_usd, mutual_usd, mutual_out", TABLE, ids=[row[0] for row in TABLE]
)
def test_the_published_table_of_floods(
    name: str, flood: Flood, lcu: str, lcu_usd: str, out_usd: str, mutual_usd: str, mutual_out: str
) -> None:
    """A flood would cost something else than was reckoned for the same one by others."""
    is_open, mutual, shut = storm(region(), flood, Usage()).harms
    assert is_open.posture is Posture.OPEN, name
    assert within(lcu, is_open.lcu)
    assert within(lcu_usd, is_open.lcu_usd)
    assert within(out_usd, is_open.egress_usd)
    assert within(mutual_usd, mutual.lcu_usd)
    assert within(mutual_out, mutual.egress_usd)
    nothing = Amount(Fraction(0), Fraction(0))
    assert (shut.lcu, shut.lcu_usd, shut.egress_gb, shut.egress_usd, shut.total_usd) == (nothing,) * 5


def test_a_flood_to_the_last_digit() -> None:
    """10,000 connections a second for an hour: 36,000,000, each 5,000 B and a handshake of 3,000 to 5,000 B.

    Open: 400 LCU (bytes: 198); 288 to 360 GB. Mutual TLS: 108 to 180 GB, 400 LCU or none. $0.09 for each GB.
    """
    is_open, mutual, _ = storm(region(), Flood(Fraction(10_000), Fraction(1)), Usage()).harms
    assert is_open.lcu == Amount(Fraction(400), Fraction(400))
    assert is_open.lcu_usd == Amount(Fraction("3.2"), Fraction("3.2"))
    assert is_open.egress_gb == Amount(288 * BINARY, Fraction(360))
    assert is_open.egress_usd == Amount(Fraction("25.92") * BINARY, Fraction("32.4"))
    assert is_open.total_usd == Amount(Fraction("3.2") + Fraction("25.92") * BINARY, Fraction("35.6"))
    assert mutual.lcu == Amount(Fraction(0), Fraction(400))
    assert mutual.egress_gb == Amount(108 * BINARY, Fraction(180))
    assert mutual.egress_usd == Amount(Fraction("9.72") * BINARY, Fraction("16.2"))
    assert mutual.total_usd == Amount(Fraction("9.72") * BINARY, Fraction("19.4"))


ONE_HOUR = Amount(Fraction(4), Fraction(4))


@pytest.mark.parametrize(
    "flood, normal, key, expected",
    [
        # 100 connections a second for a minute: 100/60/25 of an LCU.
        (Flood(Fraction(100), Fraction(1, 60)), Usage(), ServerKey.COMMON, ("1/15", "1/15")),
        # An hour and a half: 4 + 2.
        (Flood(Fraction(100), Fraction(3, 2)), Usage(), ServerKey.COMMON, ("6", "6")),
        (Flood(Fraction(100), Fraction(24)), Usage(), ServerKey.COMMON, ("96", "96")),
        # A certificate with RSA-4096: five times.
        (Flood(Fraction(100), Fraction(1)), Usage(), ServerKey.LARGE, ("20", "20")),
        # 25 connections a second are 5 LCU of the normal load: 25 - 5.
        (Flood(Fraction(100), Fraction(1)), hour(new="25"), ServerKey.LARGE, ("20", "20")),
        # 3,000 open connections are 1: 20 - 1.
        (Flood(Fraction(100), Fraction(1)), hour(active="3000"), ServerKey.LARGE, ("19", "19")),
        # 100 open for 120 s: 12,000, as many LCU as new ones; for 300 s 10 LCU.
        (Flood(Fraction(100), Fraction(1), open_seconds=Fraction(120)), Usage(), ServerKey.COMMON, ("4", "4")),
        (Flood(Fraction(100), Fraction(1), open_seconds=Fraction(300)), Usage(), ServerKey.COMMON, ("10", "10")),
        # 25 connections a second are paid for already: 5 - 1.
        (Flood(Fraction(100), Fraction(1)), hour(new="25"), ServerKey.COMMON, ("4", "4")),
        # 3,000 open connections are paid for already: 4 - 1.
        (Flood(Fraction(100), Fraction(1)), hour(active="3000"), ServerKey.COMMON, ("3", "3")),
        # 50 requests of 1 rule on each of 10 connections a second, besides 200 with 20 rules (2 LCU): the free ones
        # that the flood leaves are not lent to the others. New 0.4, bytes 500 x 3,600 x 1 B = 0.0018: nothing more.
        (
            Flood(Fraction(10), Fraction(1), Fraction(50), Fraction(0), Fraction(1)),
            hour(requests="200", rules="20"),
            ServerKey.COMMON,
            ("0", "0"),
        ),
        # 60 rules: 100 x 50 = 5,000 a second, 5 LCU, more than 4.
        (Flood(Fraction(100), Fraction(1), rules=Fraction(60)), Usage(), ServerKey.COMMON, ("5", "5")),
    ],
)
def test_what_a_flood_adds_to_an_open_door(
    flood: Flood, normal: Usage, key: ServerKey, expected: tuple[str, str]
) -> None:
    """A flood would be charged by its peak, or without regard to what is paid for already."""
    is_open = storm(region(), flood, normal, key=key).harms[0]
    assert is_open.lcu == Amount(*(Fraction(each) for each in expected))


def test_a_flood_hidden_below_the_normal_load() -> None:
    """10 GB an hour are paid for: 9.31 or 10 LCU. 250 connections a second with nothing sent are 10: 0 or 0.69 more."""
    flood = Flood(Fraction(250), Fraction(1), request_bytes=Fraction(0), response_bytes=Fraction(0))
    is_open = storm(region(), flood, hour(gb="10")).harms[0]
    assert is_open.lcu == Amount(Fraction(0), 10 - 10 * BINARY)


def test_a_flood_with_mutual_tls_besides_its_headers() -> None:
    """The headers of the normal load would be blamed on the flood: they are paid with it and without it.

    100 requests a second: 0.684 to 0.7848 GB. 100 refused handshakes a second are 4 LCU, less those; or, if none of
    them counts, nothing.
    """
    mutual = storm(region(), Flood(Fraction(100), Fraction(1)), hour(requests="100")).harms[1]
    assert mutual.lcu == Amount(Fraction(0), 4 - Fraction("0.684") * BINARY)


def test_refused_handshakes_that_stay_open() -> None:
    """They would be taken to stay as long as those that are let in: 1 s at most, 100 open, of 1,500 covered."""
    slow = Flood(Fraction(100), Fraction(1), open_seconds=Fraction(600))
    assert storm(region(), slow, Usage()).harms[1].lcu.high == 4
    # 9,000 are open: 6 LCU, and 100 more are 100/1,500.
    assert storm(region(), slow, hour(active="9000")).harms[1].lcu.high == Fraction(1, 15)
    quick = Flood(Fraction(100), Fraction(1), open_seconds=Fraction(1, 2))
    made = storm(region(), quick, hour(active="2950")).harms[1]
    # (2,950 + 50) / 1,500 = 2; before it 2,950 / 1,500; 4 by connections.
    assert made.lcu.high == 4 - Fraction(2950, 1500)


def test_a_flood_at_the_end_of_a_tier() -> None:
    """10,240 GB are out: each GB more is $0.085. 36 GB at most: $3.06."""
    is_open = storm(region(), Flood(Fraction(1000), Fraction(1)), Usage(), Fraction(10_240)).harms[0]
    assert is_open.egress_usd.high == Fraction("3.06")


def test_dimensions_are_told_in_order() -> None:
    """A table would have its columns exchanged."""
    assert [each for each, _ in units(Kind.ALB, Usage(), DEAREST).each()] == list(Dimension)


def test_what_is_taken_for_granted_of_a_flood() -> None:
    """The published table's own: 500 B, 5 kB, one request on each connection; and ours: a second, one rule."""
    assert Flood(Fraction(1), Fraction(1)) == Flood(
        rate=Fraction(1),
        hours=Fraction(1),
        requests_per_connection=Fraction(1),
        request_bytes=Fraction(500),
        response_bytes=Fraction(5000),
        open_seconds=Fraction(1),
        rules=Fraction(1),
    )
