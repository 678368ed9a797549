"""Which row of AWS's price list is which price: every trap that others fell into, and every way to be wrong."""

from __future__ import annotations

import datetime
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.cost.price_lists import (
    APPLICATION,
    BEGUN,
    TIERS,
    Change,
    Rows,
    addresses,
    balancing,
    changed,
    costing,
    lists,
    moved,
    rate,
    row,
    saying,
    transfer,
    with_rates,
    with_terms,
    without,
)
from tests.cost.region import prices as ireland

from originlock.cost.price_choice import Choice, chosen, split_usage
from originlock.cost.price_refusals import Doubt
from originlock.facts.price_list import Rate, Term
from originlock.facts.prices import Egress, Item, RegionPrices, Tier

ON = datetime.date(2026, 11, 23)
NOTHING = RegionPrices("eu-west-1", ())

TRUE = {
    Item.ALB_HOUR: Fraction("0.0252"),
    Item.ALB_LCU: Fraction("0.008"),
    Item.ALB_RESERVED_LCU: Fraction("0.0081"),
    Item.TRUST_STORE_HOUR: Fraction("0.0056"),
    Item.NLB_HOUR: Fraction("0.0253"),
    Item.NLB_LCU: Fraction("0.006"),
    Item.GWLB_HOUR: Fraction("0.014"),
    Item.GWLB_LCU: Fraction("0.004"),
    Item.PUBLIC_IPV4_HOUR: Fraction("0.005"),
}
"""What the lists of `price_lists` say; hardly two things at the same price, so that a mistake shows."""


def choose(
    elb: Rows | None = None,
    vpc: Rows | None = None,
    out: Rows | None = None,
    *,
    region: str = "eu-west-1",
    known: RegionPrices = NOTHING,
    jumps: bool = False,
) -> Choice:
    """The choice on these rows, the usual ones where none are given."""
    return chosen(lists(elb, vpc, out), region, ON, known, jumps=jumps)


def doubts(choice: Choice) -> list[tuple[Doubt, str]]:
    """Why a list is refused."""
    return [(each.doubt, each.message) for each in choice.refusals]


def dollars(choice: Choice) -> dict[Item, Fraction]:
    """The prices of a list that is believed."""
    assert doubts(choice) == []
    return {each.item: each.usd for each in choice.prices.prices}


# ---------------------------------------------------------------- what is right


def test_every_price_is_found_among_its_look_alikes() -> None:
    """A trust store's hour, an Outpost's free LCU or a reserved one would be taken for the real thing."""
    assert dollars(choose()) == TRUE


@pytest.mark.parametrize(
    "region,prefix",
    [
        ("us-east-1", ""),
        ("eu-west-1", "EU-"),
        ("us-west-2", "USW2-"),
        ("ap-southeast-1", "APS1-"),
        ("ap-south-1", "APS3-"),
        ("us-gov-west-1", "UGW1-"),
        ("ca-central-1", "CAN1-"),
    ],
)
def test_a_prefix_cannot_be_told_from_the_region(region: str, prefix: str) -> None:
    """In us-east-1 there is none, and `TS-` looks like one; elsewhere it is in no table."""
    own = prefix or "USE1-"
    found = choose(balancing(prefix, region), addresses(own, region), transfer(prefix, region), region=region)
    assert dollars(found) == TRUE


@pytest.mark.parametrize(
    "said,usage",
    [
        ("LCUUsage", "LCUUsage"),
        ("EU-LCUUsage", "LCUUsage"),
        ("APN1-LCUUsage", "LCUUsage"),
        ("TS-LoadBalancerUsage", "TS-LoadBalancerUsage"),
        ("USW2-TS-LoadBalancerUsage", "TS-LoadBalancerUsage"),
        ("Outposts-LCUUsage", "Outposts-LCUUsage"),
        ("EU-Outposts-LCUUsage", "Outposts-LCUUsage"),
        ("Global-DataTransfer-Out-Bytes", "Global-DataTransfer-Out-Bytes"),
        ("USE1-PublicIPv4:InUseAddress", "PublicIPv4:InUseAddress"),
        ("", ""),
    ],
)
def test_only_a_prefix_is_taken_off(said: str, usage: str) -> None:
    """What is part of the usage would be taken for a Region."""
    assert split_usage(said) == usage


def test_the_tiers_come_in_order() -> None:
    """They are listed in no order, and the free ones under no Region."""
    egress = choose().prices.transfer()
    assert egress.free_gb == 100
    assert [(tier.up_to_gb, tier.usd_per_gb) for tier in egress.tiers] == [
        (10_240, Fraction("0.09")),
        (51_200, Fraction("0.085")),
        (153_600, Fraction("0.07")),
        (None, Fraction("0.05")),
    ]


def test_nothing_is_free_in_govcloud() -> None:
    """The free 100 GB are "except China and GovCloud"."""
    found = choose(
        balancing("UGW1-", "us-gov-west-1"),
        addresses("UGW1-", "us-gov-west-1"),
        transfer("UGW1-", "us-gov-west-1"),
        region="us-gov-west-1",
    )
    assert found.prices.transfer().free_gb == 0


def test_a_price_says_when_and_by_whom() -> None:
    """A person could not tell how old it is."""
    (first, *_) = choose().prices.prices
    assert first.as_of == ON
    assert first.source == "AWS price list, AWSELB, published 2026-09-11T12:45:44Z, by a test"


def test_of_two_terms_the_one_in_force_counts() -> None:
    """Next month's price, or last year's, would be taken for today's."""
    terms = with_terms(
        Term("2027-01-01T00:00:00Z", (rate("0.0160000000", "LCU-Hrs"),)),
        Term("2026-11-23T00:00:00Z", (rate("0.0090000000", "LCU-Hrs"),)),
        Term("2020-01-01T00:00:00Z", (rate("0.0070000000", "LCU-Hrs"),)),
    )
    found = choose(changed(balancing(), "EU-LCUUsage", terms, APPLICATION))
    assert dollars(found)[Item.ALB_LCU] == Fraction("0.009")


def test_two_terms_that_say_the_same_are_one() -> None:
    """A harmless repetition would stop a refresh."""
    term = Term(BEGUN, (rate("0.0080000000", "LCU-Hrs"),))
    assert dollars(choose(changed(balancing(), "EU-LCUUsage", with_terms(term, term), APPLICATION))) == TRUE


def test_a_row_that_is_listed_twice_at_one_price_is_one() -> None:
    """The same: pages may overlap."""
    assert dollars(choose((*balancing(), *balancing()))) == TRUE


def test_rows_of_other_regions_do_not_count() -> None:
    """A file of transfer has those of others, and another Region's price would be taken."""
    other = changed(balancing("USW2-", "us-west-2"), "USW2-LCUUsage", costing("0.0090000000"), APPLICATION)
    cheap = moved("USW2-DataTransfer-Out-Bytes", "AWS Outbound", "us-west-2", "External", rate("0.02", "GB"))
    assert dollars(choose((*other, *balancing()), out=(cheap, *transfer()))) == TRUE


def test_the_same_rows_under_another_service_do_not_count() -> None:
    """Older lists have load balancers under AmazonEC2, too, and the two need not agree."""
    old = tuple(saying(servicecode="AmazonEC2")(each) for each in balancing())
    old = changed(old, "EU-LCUUsage", costing("0.0070000000"), APPLICATION)
    assert dollars(choose((*old, *balancing()))) == TRUE


def test_a_local_zone_does_not_count() -> None:
    """It has prices of its own, under a name that fits."""
    zone = saying(locationType="AWS Local Zone", usagetype="EU-LCUUsage")
    local = changed(balancing(), "EU-LCUUsage", zone, APPLICATION)
    local = changed(local, "EU-LCUUsage", costing("0.0090000000"), APPLICATION)
    assert dollars(choose((*local, *balancing()))) == TRUE


def test_what_nobody_knew_of_may_be_absent() -> None:
    """A Region without Gateway Load Balancers, or trust stores yet, could never be priced."""
    rows = without(balancing(), "EU-LCUUsage", "LoadBalancing:Gateway")
    rows = without(rows, "EU-LoadBalancerUsage", "LoadBalancing:Gateway")
    out = without(transfer(), "EU-DataTransfer-Out-Bytes")
    found = choose(rows, out=out)
    assert dollars(found).keys() == TRUE.keys() - {Item.GWLB_HOUR, Item.GWLB_LCU}
    assert found.absent == (
        "a Gateway Load Balancer's hour",
        "a Gateway Load Balancer's LCU-hour",
        "data transfer out to the internet",
    )


def test_a_first_tier_may_be_free() -> None:
    """It was, of 1 GB, before 2021; a list like that is no broken one."""
    rates = (rate("0.0", "GB", "0", "1"), rate("0.09", "GB", "1"))
    found = choose(out=changed(transfer(), "EU-DataTransfer-Out-Bytes", with_rates(*rates)))
    assert doubts(found) == []
    assert found.prices.transfer().tiers == (Tier(Fraction(1), Fraction(0)), Tier(None, Fraction("0.09")))


# ---------------------------------------------------------------- what is wrong

LCU = "an Application Load Balancer's LCU-hour"
HOUR = "an Application Load Balancer's hour"
ADDRESS = "a public IPv4 address's hour"
OUT = "data transfer out to the internet"


def lcu(change: Change) -> Rows:
    """The rows with that of an LCU changed."""
    return changed(balancing(), "EU-LCUUsage", change, APPLICATION)


def out(*rates: Rate) -> Rows:
    """The rows of transfer with other tiers."""
    return changed(transfer(), "EU-DataTransfer-Out-Bytes", with_rates(*rates))


# Each: load balancing, addresses, transfer; the doubt, and its message.
WRONG: dict[str, tuple[Rows | None, Rows | None, Rows | None, Doubt, str]] = {
    "a row is missing": (
        without(balancing(), "EU-LCUUsage", APPLICATION),
        None,
        None,
        Doubt.MISSING,
        f"{LCU}: the list has no row for it in eu-west-1",
    ),
    "a row is renamed": (
        lcu(saying(usagetype="EU-LCUUsageV2")),
        None,
        None,
        Doubt.RENAMED,
        f"{LCU}: the list has no usage type LCUUsage; it may be renamed ('EU-LCUUsageV2')",
    ),
    "a row has another prefix that is none": (
        lcu(saying(usagetype="IRELAND-LCUUsage")),
        None,
        None,
        Doubt.RENAMED,
        f"{LCU}: the list has no usage type LCUUsage; it may be renamed ('IRELAND-LCUUsage')",
    ),
    "rows are of another Region": (
        balancing("USW2-", "us-west-2"),
        None,
        None,
        Doubt.OTHER_REGION,
        f"{HOUR}: the list has it, but for 'us-west-2' and not for eu-west-1",
    ),
    "rows are of no Region": (
        tuple(saying(regionCode="")(each) for each in balancing()),
        None,
        None,
        Doubt.OTHER_REGION,
        f"{HOUR}: the list has it, but for '' and not for eu-west-1",
    ),
    "rows are under another service": (
        tuple(saying(servicecode="AmazonEC2")(each) for each in balancing()),
        None,
        None,
        Doubt.OTHER_SERVICE,
        f"{HOUR}: the list has it under another service, 'AmazonEC2'",
    ),
    "a row is of an Outpost": (
        lcu(saying(locationType="AWS Outposts")),
        None,
        None,
        Doubt.OTHER_PLACE,
        f"{LCU}: the list has it, but for 'AWS Outposts' and not for a Region",
    ),
    "two prefixes": (
        (*balancing(), *balancing("EUW1-")),
        None,
        None,
        Doubt.SEVERAL_NAMES,
        f"{HOUR}: several usage types fit: 'EU-LoadBalancerUsage', 'EUW1-LoadBalancerUsage'",
    ),
    "a row is doubled at another price": (
        (*balancing(), row("EU-LCUUsage", APPLICATION, "0.0090000000", "LCU-Hrs")),
        None,
        None,
        Doubt.DOUBLED,
        f"{LCU}: the list has it at different prices, $0.008 and $0.009",
    ),
    "no term": (lcu(with_terms()), None, None, Doubt.NO_TERM, f"{LCU}: the row has no price on demand"),
    "a term that has not begun": (
        lcu(with_terms(Term("2027-01-01T00:00:00Z", (rate("0.008", "LCU-Hrs"),)))),
        None,
        None,
        Doubt.NOT_YET,
        f"{LCU}: the price holds only from 2027-01-01 on",
    ),
    "two terms of a day": (
        lcu(
            with_terms(
                Term(BEGUN, (rate("0.008", "LCU-Hrs"),)),
                Term(BEGUN, (rate("0.009", "LCU-Hrs"),)),
            )
        ),
        None,
        None,
        Doubt.TWO_TERMS,
        f"{LCU}: two terms that hold from 2026-09-01 on have different prices",
    ),
    "a term without a date": (
        lcu(with_terms(Term("soon", (rate("0.008", "LCU-Hrs"),)))),
        None,
        None,
        Doubt.BAD_DATE,
        f"{LCU}: the term's date 'soon' is none",
    ),
    "a term on no day": (
        lcu(with_terms(Term("2026-02-30T00:00:00Z", (rate("0.008", "LCU-Hrs"),)))),
        None,
        None,
        Doubt.BAD_DATE,
        f"{LCU}: the term's date '2026-02-30T00:00:00Z' is none",
    ),
    "a term without a rate": (
        lcu(with_terms(Term(BEGUN, ()))),
        None,
        None,
        Doubt.NO_RATE,
        f"{LCU}: the term that holds now has no price in it",
    ),
    "tiers where there were none": (
        lcu(with_rates(rate("0.008", "LCU-Hrs", "0", "100"), rate("0.006", "LCU-Hrs", "100"))),
        None,
        None,
        Doubt.TIERED,
        f"{LCU}: the price depends on how much is used, which it never did",
    ),
    "a price that ends": (
        lcu(with_rates(rate("0.008", "LCU-Hrs", "0", "100"))),
        None,
        None,
        Doubt.TIERED,
        f"{LCU}: the price depends on how much is used, which it never did",
    ),
    "another unit": (
        lcu(costing("0.0080000000", "LCU-Mo")),
        None,
        None,
        Doubt.UNIT,
        f"{LCU}: the price is for one 'LCU-Mo', which is another unit than expected",
    ),
    "yuan": (
        lcu(with_rates(Rate("LCU-Hrs", "0", "Inf", {"CNY": "0.0720000000"}))),
        None,
        None,
        Doubt.CURRENCY,
        f"{LCU}: the price is not in dollars but in 'CNY'",
    ),
    "no currency": (
        lcu(with_rates(Rate("LCU-Hrs", "0", "Inf", {}))),
        None,
        None,
        Doubt.CURRENCY,
        f"{LCU}: the price is not in dollars but in 'no currency'",
    ),
    "a price that is no number": (
        lcu(costing("NaN")),
        None,
        None,
        Doubt.NOT_A_NUMBER,
        f"{LCU}: 'NaN' is no number",
    ),
    "a price with an exponent": (
        lcu(costing("8E-3")),
        None,
        None,
        Doubt.NOT_A_NUMBER,
        f"{LCU}: '8E-3' is no number",
    ),
    "an empty price": (lcu(costing("")), None, None, Doubt.NOT_A_NUMBER, f"{LCU}: '' is no number"),
    "a price below nothing": (
        lcu(costing("-0.0080000000")),
        None,
        None,
        Doubt.NEGATIVE,
        f"{LCU}: '-0.0080000000' is less than nothing",
    ),
    "nothing to pay": (
        lcu(costing("0.0000000000")),
        None,
        None,
        Doubt.FREE,
        f"{LCU}: the list says that it costs nothing",
    ),
    "a hundred times as much": (
        lcu(costing("0.8000000000")),
        None,
        None,
        Doubt.IMPLAUSIBLE,
        f"{LCU}: $0.8 is more than 10 times away from us-east-1's, $0.008",
    ),
    "a hundredth": (
        lcu(costing("0.0000800000")),
        None,
        None,
        Doubt.IMPLAUSIBLE,
        f"{LCU}: $8e-05 is more than 10 times away from us-east-1's, $0.008",
    ),
    "an empty list": ((), None, None, Doubt.EMPTY, "the price list of AWSELB is empty"),
    "no addresses": (None, (), None, Doubt.EMPTY, "the price list of AmazonVPC is empty"),
    "tiers that begin later": (
        None,
        None,
        out(rate("0.09", "GB", "100", "10240"), rate("0.05", "GB", "10240")),
        Doubt.TIER_START,
        f"{OUT}: the first tier begins at '100' GB",
    ),
    "tiers that end": (
        None,
        None,
        out(rate("0.09", "GB", "0", "10240")),
        Doubt.TIER_END,
        f"{OUT}: the last tier ends at '10240' GB",
    ),
    "a gap between tiers": (
        None,
        None,
        out(rate("0.09", "GB", "0", "10240"), rate("0.05", "GB", "10241")),
        Doubt.TIER_GAP,
        f"{OUT}: a tier ends at '10240' GB and the next begins at '10241'",
    ),
    "tiers that overlap": (
        None,
        None,
        out(rate("0.09", "GB", "0", "10240"), rate("0.05", "GB", "10000")),
        Doubt.TIER_GAP,
        f"{OUT}: a tier ends at '10240' GB and the next begins at '10000'",
    ),
    "a tier without end before another": (
        None,
        None,
        out(rate("0.09", "GB"), rate("0.05", "GB", "10240")),
        Doubt.TIER_GAP,
        f"{OUT}: a tier ends at 'Inf' GB and the next begins at '10240'",
    ),
    "tiers that get dearer": (
        None,
        None,
        out(rate("0.05", "GB", "0", "10240"), rate("0.09", "GB", "10240")),
        Doubt.TIER_RISES,
        f"{OUT}: a GB gets dearer where more is sent, which it never did",
    ),
    "a free tier at the end": (
        None,
        None,
        out(rate("0.09", "GB", "0", "10240"), rate("0.0", "GB", "10240")),
        Doubt.FREE,
        f"{OUT}: the list says that it costs nothing",
    ),
    "a tier by the TB": (
        None,
        None,
        out(rate("90", "TB")),
        Doubt.UNIT,
        f"{OUT}: the price is for one 'TB', which is another unit than expected",
    ),
    "transfer a hundred times as dear": (
        None,
        None,
        out(rate("9", "GB")),
        Doubt.IMPLAUSIBLE,
        f"{OUT}: $9 a GB is more than 10 times away from us-east-1's, $0.09",
    ),
    "transfer is doubled": (
        None,
        None,
        (
            *transfer(),
            moved("EU-DataTransfer-Out-Bytes", "AWS Outbound", "eu-west-1", "External", rate("0.09", "GB")),
        ),
        Doubt.DOUBLED,
        f"{OUT}: the list has it at different prices",
    ),
    "transfer under two names": (
        None,
        None,
        (*transfer(), moved("EUW1-DataTransfer-Out-Bytes", "AWS Outbound", "eu-west-1", "External", *TIERS)),
        Doubt.SEVERAL_NAMES,
        f"{OUT}: several usage types fit: 'EU-DataTransfer-Out-Bytes', 'EUW1-DataTransfer-Out-Bytes'",
    ),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_list_is_refused_in_its_own_words(how: str) -> None:
    """A price would be made up, or a person would not learn what is wrong with the list."""
    elb, vpc, transferred, doubt, message = WRONG[how]
    assert (doubt, message) in doubts(choose(elb, vpc, transferred))


def test_every_doubt_is_tried() -> None:
    """A reason to refuse could be dead, or have no words."""
    assert {doubt for *_, doubt, _ in WRONG.values()} == set(Doubt) - {Doubt.PUBLISHED}


@pytest.mark.parametrize(
    "published,message",
    [
        ("", "does not say when it was published: ''"),
        ("yesterday", "does not say when it was published: 'yesterday'"),
        ("2026-13-01", "does not say when it was published: '2026-13-01'"),
        ("2026-11-25T00:00:00Z", "was published on 2026-11-25, which is not yet"),
        ("2027-01-01T00:00:00Z", "was published on 2027-01-01, which is not yet: check this machine's clock"),
    ],
)
def test_a_list_says_when_it_was_published(published: str, message: str) -> None:
    """A price would be shown without its age, or a clock that is wrong would choose the term."""
    found = chosen(lists(published=published), "eu-west-1", ON, NOTHING, jumps=False)
    assert [each.doubt for each in found.refusals] == [Doubt.PUBLISHED] * 3
    assert message in found.refusals[0].message


def test_a_list_may_be_of_tomorrow() -> None:
    """Where it is tomorrow already AWS may have published it: a day is no error of a clock."""
    found = chosen(lists(published="2026-11-24T00:00:00Z"), "eu-west-1", ON, NOTHING, jumps=False)
    assert dollars(found) == TRUE


# ---------------------------------------------------------------- what was known before


@pytest.mark.parametrize("item", [Item.ALB_RESERVED_LCU, Item.TRUST_STORE_HOUR])
def test_what_was_known_has_to_be_there_again(item: Item) -> None:
    """A row that was renamed would quietly leave an old price standing."""
    usage = {Item.ALB_RESERVED_LCU: "EU-ReservedLCUUsage", Item.TRUST_STORE_HOUR: "EU-TS-LoadBalancerUsage"}[item]
    found = choose(without(balancing(), usage), known=ireland())
    assert [each.doubt for each in found.refusals] == [Doubt.MISSING]


def test_an_address_that_was_known_has_to_be_there_again() -> None:
    """The same of what another list has."""
    found = choose(vpc=without(addresses(), "EU-PublicIPv4:InUseAddress"), known=ireland())
    assert (Doubt.RENAMED, f"{ADDRESS}: the list has no usage type PublicIPv4:InUseAddress; it may be renamed") in [
        (doubt, message.partition(" (")[0]) for doubt, message in doubts(found)
    ]


def test_transfer_that_was_known_has_to_be_there_again() -> None:
    """The same of the tiers."""
    gone = without(transfer(), "EU-DataTransfer-Out-Bytes")
    assert doubts(choose(out=gone, known=ireland())) == [
        (Doubt.MISSING, f"{OUT}: the list has no row for it from eu-west-1")
    ]
    other = transfer("USW2-", "us-west-2")
    assert doubts(choose(out=other, known=ireland())) == [
        (Doubt.OTHER_REGION, f"{OUT}: the list has it, but from 'us-west-2' and not from eu-west-1")
    ]


@pytest.mark.parametrize(
    "usd,believed",
    [
        ("0.032", True),
        ("0.0320000001", False),
        ("0.002", True),
        ("0.0019999999", False),
        ("0.8", False),
    ],
)
def test_a_price_may_move_but_not_far(usd: str, believed: bool) -> None:  # noqa: FBT001  a table's column
    """A slip of the point in a list would become the price; or AWS could never change one."""
    rows = lcu(costing(usd))
    found = choose(rows, known=ireland())
    assert [each.doubt for each in found.refusals] == ([] if believed else [Doubt.IMPLAUSIBLE])
    assert dollars(choose(rows, known=ireland(), jumps=True))[Item.ALB_LCU] == Fraction(usd)


@pytest.mark.parametrize("usd,believed", [("0.36", True), ("0.37", False), ("0.0225", True), ("0.02", False)])
def test_so_may_transfer(usd: str, believed: bool) -> None:  # noqa: FBT001  a table's column
    """The same of the dearest tier."""
    rows = out(rate(usd, "GB"))
    found = choose(out=rows, known=ireland())
    assert [each.doubt for each in found.refusals] == ([] if believed else [Doubt.IMPLAUSIBLE])
    assert doubts(choose(out=rows, known=ireland(), jumps=True)) == []


def test_a_free_tier_does_not_hide_a_jump() -> None:
    """The first tier alone would be compared, and it may be free."""
    known = msgspec.structs.replace(
        ireland(),
        egress=Egress(Fraction(0), (Tier(Fraction(1), Fraction(0)), Tier(None, Fraction("0.09"))), ON, "test"),
    )
    rates = (rate("0.0", "GB", "0", "1"), rate("9", "GB", "1"))
    assert [each.doubt for each in choose(out=out(*rates), known=known).refusals] == [Doubt.IMPLAUSIBLE]


# ---------------------------------------------------------------- whatever comes


@given(st.permutations(balancing()), st.permutations(addresses()), st.permutations(transfer()))
def test_the_order_of_rows_does_not_count(elb: list[object], vpc: list[object], moves: list[object]) -> None:
    """AWS lists them in no order, and one that comes last would win."""
    made = lists()
    shuffled = tuple(
        msgspec.structs.replace(listing, products=tuple(rows))
        for listing, rows in zip(made, (elb, vpc, moves), strict=True)
    )
    assert dollars(chosen(shuffled, "eu-west-1", ON, NOTHING, jumps=False)) == TRUE


_ATTRIBUTES = ("servicecode", "regionCode", "locationType", "usagetype", "operation")
_SAID = st.one_of(
    st.sampled_from([each.says(name) for each in balancing() for name in _ATTRIBUTES]),
    st.sampled_from(["", "LCUUsage", "TS-LCUUsage", "USW2-LCUUsage", "AmazonEC2", "us-west-2", "AWS Local Zone"]),
    st.text(max_size=12),
)


@given(st.integers(0, len(balancing()) - 1), st.sampled_from(_ATTRIBUTES), _SAID)
def test_one_wrong_attribute_never_makes_a_wrong_price(number: int, attribute: str, said: str) -> None:
    """A row that claims to be another would pass for it where the real one is there as well, or nobody would notice."""
    rows = list(balancing())
    rows[number] = saying(**{attribute: said})(rows[number])
    found = choose(tuple(rows))
    if not found.refusals:
        assert all(TRUE[each.item] == each.usd for each in found.prices.prices)
        assert {Item.ALB_HOUR, Item.ALB_LCU} <= {each.item for each in found.prices.prices}


@given(st.text(max_size=30), st.text(max_size=20), st.text(max_size=20), st.text(max_size=12))
def test_whatever_a_rate_says_there_is_a_number_or_a_reason(usd: str, begin: str, end: str, unit: str) -> None:
    """A list of nonsense would end in a traceback."""
    strange = with_rates(Rate(unit, begin, end, {"USD": usd}))
    found = choose(lcu(strange), out=changed(transfer(), "EU-DataTransfer-Out-Bytes", strange))
    assert found.refusals
    assert all(each.message.isascii() and len(each.message) < 300 for each in found.refusals)


def test_what_a_list_says_cannot_steer_a_terminal() -> None:
    """A colour code in an attribute would be printed as it is."""
    found = choose(lcu(saying(usagetype="EU-\x1b[31mLCUUsage" + "x" * 5000)))
    assert all("\x1b" not in each.message and len(each.message) < 300 for each in found.refusals)
    assert found.refusals
