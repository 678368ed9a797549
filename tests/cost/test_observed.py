"""A history from metrics: sums, what decided, the difference explained, the refused, reservations."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st
from tests.cost.planted import HOUR, SCALE, Shop

from originlock.cost.difference import Cause, Difference, difference
from originlock.cost.history import history
from originlock.cost.observed import Observed, observed
from originlock.cost.readings import DEAREST, Amount
from originlock.cost.reservation import MINIMUM, Advice, Reservation, excess_of, reservation
from originlock.cost.units import Dimension, units
from originlock.errors import ExitCode
from originlock.facts.metering import BY_HOUR, BY_MINUTE, USED, Demands, Metered, MeteredBalancer, Metric, Span
from originlock.facts.prices import Item, Price, RegionPrices
from originlock.facts.unknown import Unknown
from originlock.facts.usage import Kind
from originlock.report.observed import exit_code_of_observed

START = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
DATE = datetime.date(2026, 9, 11)
VERIFY = Demands(("verify",), ("store",))
OFF = Demands(("off",), ())
MIXED = Demands(("off", "verify"), ("store",))


def prices(lcu: str = "0.008", reserved: str | None = "0.008") -> RegionPrices:
    """What an hour costs somewhere."""
    told = {Item.ALB_HOUR: "0.025", Item.ALB_LCU: lcu, Item.ALB_RESERVED_LCU: reserved}
    return RegionPrices(
        "xx-test-1", tuple(Price(item, Fraction(usd), DATE, "made up") for item, usd in told.items() if usd)
    )


def hours_of(*each: Mapping[Metric, int | Fraction], minutes: Mapping[Metric, Mapping] | None = None) -> Metered:  # type: ignore[type-arg]
    """Series of hours in a row; what is not named was not reported."""
    return Metered(
        {
            metric: {
                START + number * HOUR: Fraction(sums[metric]) for number, sums in enumerate(each) if metric in sums
            }
            for metric in BY_HOUR
        },
        {metric: (minutes or {}).get(metric, {}) for metric in BY_MINUTE},
    )


def seen_of(
    *each: Mapping[Metric, int | Fraction],
    demands: Demands | Unknown = OFF,
    created: datetime.datetime | None = None,
) -> Observed:
    """Those hours, reckoned."""
    return observed(Span(START, START + len(each) * HOUR), hours_of(*each), demands, created)


def explained(*each: Mapping[Metric, int | Fraction], demands: Demands | Unknown = OFF) -> Difference:
    """Those hours' difference."""
    found = difference(seen_of(*each, demands=demands))
    assert found is not None
    return found


def exact(amount: Amount | None) -> Fraction:
    """An amount that is one number."""
    assert amount is not None
    assert amount.exact
    return amount.low


# --- hours --------------------------------------------------------------------------------------


def test_an_hour_by_hand() -> None:
    """The whole chain for one hour: 90,000 connections are 25 a second, which is one unit."""
    seen = seen_of(
        {
            Metric.NEW_CONNECTIONS: 90_000,
            Metric.ACTIVE_CONNECTIONS: 60 * 1500,
            Metric.RULE_EVALUATIONS: 3600 * 1200,
            Metric.REQUESTS: 3600 * 100,
        }
    )
    (hour,) = seen.hours
    assert dict(hour.by_dimension) == {
        Dimension.NEW_CONNECTIONS: Amount(Fraction(1), Fraction(1)),
        Dimension.ACTIVE_CONNECTIONS: Amount(Fraction(1, 2), Fraction(1, 2)),
        Dimension.PROCESSED_BYTES: Amount(Fraction(0), Fraction(0)),
        # 1,200 a second, of which ten for each of 100 requests are free.
        Dimension.RULE_EVALUATIONS: Amount(Fraction(1, 5), Fraction(1, 5)),
    }
    assert exact(hour.lcu) == 1
    assert hour.decided_by is Dimension.NEW_CONNECTIONS
    assert exact(seen.lcu_hours) == 1


def test_what_a_gigabyte_is_makes_an_interval() -> None:
    """AWS does not say which, so that a number would be a guess."""
    seen = seen_of({Metric.PROCESSED_BYTES: 10**10})
    assert seen.lcu_hours == Amount(Fraction(10**10, 2**30), Fraction(10))


def test_a_total_keeps_to_one_reading() -> None:
    """The sum of the hours' highest is higher than any bill: the GB of one hour is the GB of the next."""
    hour = {Metric.PROCESSED_BYTES: 10**10, Metric.LAMBDA_BYTES: 10**9}
    seen = seen_of(hour, {Metric.PROCESSED_BYTES: 2 * 10**10, Metric.LAMBDA_BYTES: 10**9})
    assert seen.lcu_hours is not None
    assert seen.lcu_hours.high == sum((each.lcu.high for each in seen.hours if each.lcu), Fraction(0))
    # Separate dimensions and binary GB: the cheapest of both questions, in both hours.
    assert seen.lcu_hours.low == Fraction(9 * 10**9 + 19 * 10**9, 2**30)


def test_bytes_of_lambda_targets_are_among_the_processed() -> None:
    """ProcessedBytes holds traffic to and from Lambda functions: adding the two metrics would count it twice."""
    (hour,) = seen_of({Metric.PROCESSED_BYTES: 10**9, Metric.LAMBDA_BYTES: 10**9}).hours
    assert hour.usage is not None
    assert hour.usage.bytes == 0
    assert hour.usage.lambda_bytes == 10**9


@pytest.mark.parametrize(
    "demands, low, high",
    [
        (OFF, 1, 1),
        (VERIFY, 2, 2),
        (MIXED, 1, 2),
        (Demands(("passthrough",), ()), 1, 2),
        (Unknown("listeners", "denied"), 1, 2),
        (Demands((), ()), 1, 1),
    ],
)
def test_mutual_tls_halves_what_a_unit_covers(demands: Demands | Unknown, low: int, high: int) -> None:
    """1,500 active connections rather than 3,000; where it is not known, or only some listeners have it, both."""
    seen = seen_of({Metric.ACTIVE_CONNECTIONS: 3000 * 60}, demands=demands)
    assert seen.lcu_hours == Amount(Fraction(low), Fraction(high))


def test_a_minute_without_data_counts_nothing() -> None:
    """6,000 connections in half of the minutes are 3,000 on average, not 6,000."""
    shop = Metered(
        {metric: {START: Fraction(6000 * 30)} if metric is Metric.ACTIVE_CONNECTIONS else {} for metric in BY_HOUR},
        {metric: {} for metric in BY_MINUTE},
    )
    assert exact(observed(Span(START, START + HOUR), shop, OFF).lcu_hours) == 1


def test_hours_without_data_are_gaps() -> None:
    """They are told, and told apart from those before the load balancer was made."""
    busy = {Metric.NEW_CONNECTIONS: 90_000}
    seen = seen_of({}, {}, {}, busy, {}, busy, {}, created=START + 2 * HOUR)
    spans = [(gap.span.start, gap.span.end, gap.before) for gap in seen.gaps]
    assert spans == [
        (START, START + 2 * HOUR, True),
        (START + 2 * HOUR, START + 3 * HOUR, False),
        (START + 4 * HOUR, START + 5 * HOUR, False),
        (START + 6 * HOUR, START + 7 * HOUR, False),
    ]
    assert [hour.lcu is None for hour in seen.hours] == [True, True, True, False, True, False, True]


@pytest.mark.parametrize("metric", USED)
def test_a_metric_that_is_unknown_is_never_nothing(metric: Metric) -> None:
    """Without it the highest dimension cannot be told; a sum without it would be a bill that is too low."""
    metered = hours_of({Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 1})
    unread = Unknown(f"{metric.value} of shop", "Forbidden")
    seen = observed(Span(START, START + HOUR), Metered({**metered.hours, metric: unread}, metered.minutes), OFF, None)
    assert (seen.lcu_hours, seen.refused, seen.hours[0].lcu) == (None, None, None)
    assert seen.consumed == 1
    assert (seen.unknown, difference(seen)) == ((unread,), None)


def test_what_was_consumed_may_be_unknown_alone() -> None:
    """Then what was used is still told, and no difference is."""
    metered = hours_of({Metric.NEW_CONNECTIONS: 90_000})
    unread = Unknown("ConsumedLCUs of shop", "PartialData")
    changed = Metered({**metered.hours, Metric.CONSUMED: unread}, metered.minutes)
    span = Span(START, START + HOUR)
    told = history(MeteredBalancer("shop", "arn", "application"), (span, span), changed, OFF, prices())
    assert exact(told.seen.lcu_hours) == 1
    assert (told.seen.consumed, told.difference) == (None, None)
    assert isinstance(told.reservation, Unknown)


# --- the difference ---------------------------------------------------------------------------------


def test_the_bytes_of_a_gigabyte_are_found() -> None:
    """Where bytes decide, what was consumed tells which GB it is."""
    decimal = [{Metric.PROCESSED_BYTES: n * 10**9, Metric.CONSUMED: n} for n in range(1, 9)]
    binary = [{Metric.PROCESSED_BYTES: n * 2**30, Metric.CONSUMED: n} for n in range(1, 9)]
    for hours, answer in ((decimal, 10**9), (binary, 2**30)):
        found = explained(*hours)
        (evidence,) = found.evidence
        assert (evidence.question, evidence.fits, evidence.hours) == ("gigabyte", answer, 8)
        assert found.fitted.reading.gigabyte == answer
        assert found.fitted_lcu_hours == 0
        assert [each.cause for each in found.shares] == [Cause.AGREES]


def test_whether_mutual_tls_counts_is_found() -> None:
    """With listeners of both sorts it is open, and active connections that decide tell."""
    for unit, mutual in ((1500, True), (3000, False)):
        hours = [{Metric.ACTIVE_CONNECTIONS: 60 * unit * n, Metric.CONSUMED: n} for n in (1, 2, 3)]
        found = explained(*hours, demands=MIXED)
        (evidence,) = found.evidence
        assert (evidence.question, evidence.fits) == ("mutual_tls", mutual)
        assert found.fitted.mutual is mutual


def test_whether_lambda_bytes_add_is_found() -> None:
    """1 GB of each is 3.5 units if they add, and 2.5 if they do not."""
    both = {Metric.PROCESSED_BYTES: 2 * 10**9, Metric.LAMBDA_BYTES: 10**9}
    for consumed, adds in ((Fraction(7, 2), True), (Fraction(5, 2), False)):
        found = explained({**both, Metric.CONSUMED: consumed})
        told = {each.question: each.fits for each in found.evidence}
        assert told["lambda_adds"] is adds
        assert found.fitted.reading.lambda_adds is adds


def test_hours_that_cannot_tell_are_no_evidence() -> None:
    """Where connections decide, what a GB is makes no difference."""
    assert explained({Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 1}).evidence == ()


def test_evidence_that_fits_nothing_says_so() -> None:
    """Half of what either answer gives is no evidence for the nearer one."""
    (evidence,) = explained({Metric.PROCESSED_BYTES: 10**10, Metric.CONSUMED: 5}).evidence
    assert evidence.fits is None


CAUSES: dict[Cause, dict[Metric, int | Fraction]] = {
    Cause.AGREES: {Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 1},
    Cause.NO_USAGE: {Metric.CONSUMED: 1},
    Cause.TARGET_CONNECTIONS: {Metric.NEW_CONNECTIONS: 180_000, Metric.CONSUMED: 1},
    Cause.NO_TARGET: {Metric.RULE_EVALUATIONS: 3_600_000, Metric.REQUESTS: 1000, Metric.CONSUMED: Fraction(1, 2)},
    Cause.FEW_RULES: {Metric.RULE_EVALUATIONS: 3_600_000, Metric.REQUESTS: 360_000, Metric.CONSUMED: Fraction(1, 2)},
    Cause.WITHIN_THE_HOUR: {
        Metric.NEW_CONNECTIONS: 90_000,
        Metric.ACTIVE_CONNECTIONS: 60 * 3000,
        Metric.CONSUMED: Fraction(3, 2),
    },
    Cause.CERTIFICATE_KEY: {Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 5},
    Cause.UNEXPLAINED: {Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 3},
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_is_told(cause: Cause) -> None:
    """A difference that has a cause is not left to be wondered at, and one that has none is not explained away."""
    found = explained(CAUSES[cause])
    assert [each.cause for each in found.shares] == [cause]
    assert found.unexplained == (found.fitted_lcu_hours if cause is Cause.UNEXPLAINED else 0)


def test_certificate_headers_may_come_on_top() -> None:
    """Where mutual TLS is on and bytes decide, what ALB adds to each request may not be in the metric."""
    requests = 100_000
    hour = {Metric.PROCESSED_BYTES: 10**9, Metric.REQUESTS: requests}
    consumed = 1 + Fraction(requests * 2000, 10**9)
    (share,) = explained({**hour, Metric.CONSUMED: consumed}, demands=VERIFY).shares
    assert share.cause is Cause.CERTIFICATE_HEADERS
    (plain,) = explained({**hour, Metric.CONSUMED: consumed}, demands=OFF).shares
    assert plain.cause is Cause.UNEXPLAINED


# --- the refused ------------------------------------------------------------------------------------


def test_the_refused_cost_what_there_would_be_less_without_them() -> None:
    """The highest dimension of a sum is not the sum: half the connections refused halve the unit, if billed at all."""
    seen = seen_of({Metric.NEW_CONNECTIONS: 180_000, Metric.REFUSED: 90_000})
    assert seen.refused is not None
    assert seen.refused.handshakes == 90_000
    assert seen.refused.lcu_hours == Amount(Fraction(0), Fraction(1))


def test_the_refused_are_free_where_something_else_decides() -> None:
    """Behind 10 GB they cost nothing, whatever they would cost alone."""
    seen = seen_of({Metric.NEW_CONNECTIONS: 180_000, Metric.REFUSED: 180_000, Metric.PROCESSED_BYTES: 10**10})
    assert seen.refused is not None
    assert exact(seen.refused.lcu_hours) == 0
    assert seen.refused.lcu_hours_alone == Amount(Fraction(0), Fraction(2))


def test_more_refused_than_connections_are_no_debt() -> None:
    """The two metrics may disagree at the edges of an hour; without the refused there is never less than nothing."""
    seen = seen_of({Metric.NEW_CONNECTIONS: 90_000, Metric.REFUSED: 10**9})
    assert seen.refused is not None
    assert seen.refused.lcu_hours.high == 1


# --- reservations ---------------------------------------------------------------------------------------


def reserved(*each: Mapping[Metric, int | Fraction], minutes: Mapping[Metric, Mapping] | None = None) -> Reservation:  # type: ignore[type-arg]
    """What reservations come to on those hours."""
    metered = hours_of(*each, minutes=minutes)
    span = Span(START, START + len(each) * HOUR)
    found = reservation(observed(span, metered, OFF), metered, span, prices())
    assert isinstance(found, Reservation)
    return found


def by_minute(lcu: Mapping[int, int | Fraction]) -> dict[datetime.datetime, Fraction]:
    """LCU-hours by the minute of the first hour."""
    return {START + minute * MINUTE: Fraction(value) for minute, value in lcu.items()}


def test_a_reservation_of_an_idle_hour_costs_itself() -> None:
    """Nothing consumed: 100 LCU for one hour, at the price of an LCU."""
    found = reserved({Metric.NEW_CONNECTIONS: 1})
    (smallest,) = found.options
    assert (smallest.lcu, exact(smallest.usd)) == (MINIMUM, Fraction(8, 10))
    assert exact(smallest.extra_usd) == Fraction(8, 10)
    assert smallest.idle == 100
    assert exact(smallest.usd_per_month) == 730 * Fraction(8, 10)
    assert found.advice is Advice.NO_PEAK


def test_consumption_beyond_is_paid_on_top() -> None:
    """250 LCU spread evenly, and 100 of them reserved: 250 are paid, by the hour and by the minute."""
    even = {minute: Fraction(250, 60) for minute in range(60)}
    found = reserved({Metric.NEW_CONNECTIONS: 1, Metric.CONSUMED: 250}, minutes={Metric.CONSUMED: by_minute(even)})
    (smallest,) = found.options
    assert exact(smallest.usd) == Fraction(250 * 8, 1000)
    assert exact(smallest.extra_usd) == 0
    assert found.advice is Advice.IN_USE_ALL_THE_TIME


def test_a_burst_costs_more_minute_by_minute() -> None:
    """50 LCU-hours in one minute: within 100 reserved for the hour, and mostly beyond a minute's part of it."""
    found = reserved({Metric.NEW_CONNECTIONS: 1, Metric.CONSUMED: 50}, minutes={Metric.CONSUMED: by_minute({7: 50})})
    (smallest,) = found.options
    beyond = 50 - Fraction(100, 60)
    assert smallest.usd == Amount(Fraction(8, 10), (100 + beyond) * Fraction(8, 1000))


def test_what_is_needed_is_the_highest_minute() -> None:
    """AWS's own estimate: the Sum of PeakLCUs in a minute; and never less than the smallest."""
    peaks = by_minute({3: 20, 9: Fraction(5001, 20), 12: 250})
    found = reserved({Metric.NEW_CONNECTIONS: 1}, minutes={Metric.PEAK: peaks})
    assert (found.peak, found.peak_at, found.needed) == (Fraction(5001, 20), START + 9 * MINUTE, 251)
    assert [each.lcu for each in found.options] == [100, 251]
    assert found.advice is Advice.FOR_KNOWN_RISES
    low = reserved({Metric.NEW_CONNECTIONS: 1}, minutes={Metric.PEAK: by_minute({3: 20})})
    assert (low.needed, [each.lcu for each in low.options], low.advice) == (100, [100], Advice.BELOW_MINIMUM)


def test_what_was_reserved_is_told() -> None:
    """100 reserved and 30 used: 70 paid for nothing, which is what they cost beside none."""
    found = reserved({Metric.NEW_CONNECTIONS: 1, Metric.CONSUMED: 30, Metric.RESERVED: 100}, minutes={})
    assert found.held == 100
    assert found.held_idle == 70
    assert found.held_extra_usd is not None
    assert found.held_extra_usd.low == 70 * Fraction(8, 1000)


def test_a_price_of_reservations_that_is_not_known_is_told() -> None:
    """All the rest is told all the same."""
    metered = hours_of({Metric.NEW_CONNECTIONS: 90_000, Metric.CONSUMED: 1})
    span = Span(START, START + HOUR)
    told = history(MeteredBalancer("shop", "arn", "application"), (span, span), metered, OFF, prices(reserved=None))
    assert isinstance(told.reservation, Unknown)
    assert "cost prices --refresh" in told.reservation.reason
    assert told.unknown == (told.reservation,)
    assert exit_code_of_observed([told], []) is ExitCode.DONE
    assert told.consumed_usd == Fraction(8, 1000)


@pytest.mark.parametrize("first, lived", [({}, 1), ({Metric.NEW_CONNECTIONS: 1}, 3)], ids=["made later", "measured"])
def test_nothing_is_paid_for_before_the_load_balancer_was_made(first: dict[Metric, int], lived: int) -> None:
    """Hours before it are not in the sum, unless they were measured, which is witness that it was there."""
    span = Span(START, START + 3 * HOUR)
    balancer = MeteredBalancer("shop", "arn", "application", START + 2 * HOUR)
    told = history(balancer, (span, span), hours_of(first, {}, {Metric.NEW_CONNECTIONS: 1}), OFF, prices())
    assert isinstance(told.reservation, Reservation)
    assert told.reservation.hours == lived
    assert told.hours_usd == lived * Fraction(25, 1000)


def test_a_load_balancer_without_any_data() -> None:
    """It costs its hours, and nothing else; nothing of it is unknown."""
    span = Span(START, START + 3 * HOUR)
    told = history(MeteredBalancer("idle", "arn", "application", START), (span, span), hours_of(), OFF, prices())
    assert told.unknown == ()
    assert exact(told.seen.lcu_hours) == 0
    assert told.consumed_usd == 0
    assert told.hours_usd == 3 * Fraction(25, 1000)
    assert told.difference is not None
    assert told.difference.shares == ()


# --- ninety days ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Twenty days, with gaps, floods and a reservation."""
    return Shop(START, 20, reserved_days=range(10, 13))


def test_every_sum_is_exact(shop: Shop) -> None:
    """Whatever the hours are cut into, they sum up to what the minutes were."""
    since = shop.span.end - 15 * 24 * HOUR
    seen = observed(shop.span, shop.metered(since), VERIFY)
    for metric in BY_HOUR:
        assert sum((hour.sum(metric) for hour in seen.hours), Fraction(0)) == shop.total(metric)
    assert (seen.consumed, seen.reserved) == (shop.total(Metric.CONSUMED), shop.total(Metric.RESERVED))
    assert seen.refused is not None
    assert seen.refused.handshakes == shop.total(Metric.REFUSED)
    hours = sum(gap.span.steps(HOUR) for gap in seen.gaps)
    assert hours == sum(shop.gap(number) for number in range(20 * 24)) == 32
    assert sum(number for _, number in seen.decided_hours) == 20 * 24 - 32


def test_its_difference_is_explained(shop: Shop) -> None:
    """What was planted follows AWS's formula, with GB of 1e9 bytes and mutual TLS: that is found, nothing is left."""
    found = difference(observed(shop.span, shop.metered(shop.span.end), MIXED))
    assert found is not None
    assert (found.fitted.reading.gigabyte, found.fitted.mutual) == (10**9, True)
    assert abs(found.fitted_lcu_hours) < Fraction(1, 100)
    assert {each.question: each.fits for each in found.evidence}["gigabyte"] == 10**9
    assert found.unexplained == 0


# --- properties -------------------------------------------------------------------------------------------

SUMS = st.fixed_dictionaries(
    {},
    optional={
        Metric.NEW_CONNECTIONS: st.integers(0, 10**7),
        Metric.ACTIVE_CONNECTIONS: st.integers(0, 10**7),
        Metric.PROCESSED_BYTES: st.integers(0, 10**12),
        Metric.LAMBDA_BYTES: st.integers(0, 10**11),
        Metric.RULE_EVALUATIONS: st.integers(0, 10**9),
        Metric.REQUESTS: st.integers(0, 10**7),
        Metric.CONSUMED: st.fractions(0, 1000, max_denominator=1000),
        Metric.RESERVED: st.sampled_from([0, 100, 200]),
        Metric.REFUSED: st.integers(0, 10**7),
    },
)
HOURS = st.lists(SUMS, min_size=1, max_size=6)
DEMANDS = st.sampled_from([OFF, VERIFY, MIXED, Unknown("listeners", "denied")])


@settings(max_examples=60, deadline=None)
@given(HOURS, DEMANDS)
def test_the_difference_is_shared_out_to_the_last(hours: list[dict[Metric, int]], demands: Demands | Unknown) -> None:
    """A share that is lost or counted twice would make an explanation that explains something else."""
    seen = seen_of(*hours, demands=demands)
    found = difference(seen)
    assert found is not None
    assert sum((each.lcu_hours for each in found.shares), Fraction(0)) == found.fitted_lcu_hours
    assert found.lcu_hours.low <= found.fitted_lcu_hours <= found.lcu_hours.high
    assert sum(each.hours for each in found.shares) == sum(bool(hour.sums) for hour in seen.hours)


@settings(max_examples=60, deadline=None)
@given(HOURS, DEMANDS)
def test_hours_are_what_the_model_says(hours: list[dict[Metric, int]], demands: Demands | Unknown) -> None:
    """The dearest end of an hour is the model's under the dearest reading; and the total is within the hours' ends."""
    seen = seen_of(*hours, demands=demands)
    mutual = demands != OFF
    for hour in seen.hours:
        if hour.usage is None:
            assert hour.lcu is None
            continue
        dearest = units(Kind.ALB, hour.usage, DEAREST, mutual=mutual)
        assert hour.lcu is not None
        assert hour.lcu.high == dearest.total
        assert hour.decided_by == dearest.decided_by
        assert hour.decided_by is None or hour.decided_by in hour.may_decide
    told = [hour.lcu for hour in seen.hours if hour.lcu is not None]
    assert seen.lcu_hours is not None
    assert sum((each.low for each in told), Fraction(0)) <= seen.lcu_hours.low
    assert seen.lcu_hours.high == sum((each.high for each in told), Fraction(0))


@settings(max_examples=60, deadline=None)
@given(HOURS, DEMANDS)
def test_the_refused_cost_at_most_what_they_would_alone(
    hours: list[dict[Metric, int]], demands: Demands | Unknown
) -> None:
    """And never less than nothing: they are a part of the connections."""
    refused = seen_of(*hours, demands=demands).refused
    assert refused is not None
    assert 0 == refused.lcu_hours.low <= refused.lcu_hours.high <= refused.lcu_hours_alone.high


MINUTES = st.lists(st.integers(0, 5 * SCALE), min_size=60, max_size=60)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 1000), MINUTES)
def test_minutes_lie_within_what_the_hour_alone_bounds(size: int, millionths: list[int]) -> None:
    """Older hours have no minutes: their bounds must hold whatever the minutes were."""
    minutes = [Fraction(each, SCALE) for each in millionths]
    consumed = sum(minutes, Fraction(0))
    told, bound = excess_of(Fraction(size), consumed, minutes), excess_of(Fraction(size), consumed, None)
    assert bound.low == told.low <= told.high <= bound.high
    assert told.low == max(0, consumed - size)


@settings(max_examples=60, deadline=None)
@given(HOURS)
def test_a_reservation_at_the_same_price_never_saves(hours: list[dict[Metric, int]]) -> None:
    """That is the advice; were it wrong for any history, people would be told wrong."""
    for option in reserved(*hours).options:
        assert option.extra_usd.low >= 0
        assert option.usd.low >= option.lcu * len(hours) * Fraction(8, 1000)
