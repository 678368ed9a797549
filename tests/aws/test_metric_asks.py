"""What is asked of CloudWatch: within its quotas, everything once, in as few calls as can be."""

from __future__ import annotations

import datetime
import math
from collections import Counter

from hypothesis import given, settings, strategies as st

from originlock.app.observe_cost import LAG, MINUTES_KEPT, spans_of
from originlock.aws.metric_asks import MOST_POINTS, MOST_QUERIES, Query, asks_of, dimension_of
from originlock.facts.metering import BY_HOUR, BY_MINUTE, HOUR, MINUTE, Span

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop{}/50dc6c495c0c9188"
NOW = datetime.datetime(2026, 11, 20, 12, 34, 56, tzinfo=datetime.UTC)

MOMENTS = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 1, 1), timezones=st.just(datetime.UTC))  # noqa: DTZ001  the zone is given apart


def arns(number: int) -> tuple[str, ...]:
    """So many load balancers."""
    return tuple(ARN.format(each) for each in range(number))


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(1, 455 * 24))
def test_the_quotas_hold_and_calls_are_few(number: int, hours: int) -> None:
    """At most 500 series and 100,800 points in a call; and no more calls than full pages need."""
    spans = spans_of(NOW, datetime.timedelta(hours=hours))
    asks = list(asks_of(arns(number), *spans))
    assert all(len(ask.queries) <= MOST_QUERIES and ask.points <= MOST_POINTS for ask in asks)
    most = 0
    for metrics, step, span in ((BY_HOUR, HOUR, spans[0]), (BY_MINUTE, MINUTE, spans[1])):
        series = number * len(metrics)
        for first in range(0, series, MOST_QUERIES):
            batch = min(MOST_QUERIES, series - first)
            # A batch's steps are whole: what is left of a page is less than one step of all its series.
            most += math.ceil(span.steps(step) / (MOST_POINTS // batch))
            assert batch * (MOST_POINTS // batch) > MOST_POINTS - MOST_QUERIES
    assert len(asks) <= most


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 100 * 24))
def test_every_point_is_asked_for_once(number: int, hours: int) -> None:
    """A window that is left out would be a sum that is too low, and one that comes twice one that is too high."""
    spans = spans_of(NOW, datetime.timedelta(hours=hours))
    asked: Counter[Query] = Counter()
    for ask in asks_of(arns(number), *spans):
        for query in ask.queries:
            span = spans[1] if query.by_minute else spans[0]
            assert span.start <= ask.span.start < ask.span.end <= span.end
            asked[query] += ask.span.steps(query.step)
    assert len(asked) == number * (len(BY_HOUR) + (len(BY_MINUTE) if spans[1].steps(MINUTE) else 0))
    for query, points in asked.items():
        assert points == (spans[1] if query.by_minute else spans[0]).steps(query.step)


def test_a_short_time_is_one_call() -> None:
    """Within 15 days hours and minutes go together; before, a call for hours cannot have minutes."""
    week, month, quarter = (datetime.timedelta(days=days) for days in (7, 30, 90))
    assert len(list(asks_of(arns(1), *spans_of(NOW, week)))) == 1
    assert len(list(asks_of(arns(1), *spans_of(NOW, month)))) == 2
    assert len(list(asks_of(arns(1), *spans_of(NOW, quarter)))) == 2
    # Four of 90 days, of ten metrics each: one page of hours, two of minutes.
    assert len(list(asks_of(arns(4), *spans_of(NOW, quarter)))) == 3


@settings(deadline=None)
@given(MOMENTS, st.integers(1, 455 * 24))
def test_hours_are_whole_and_over(now: datetime.datetime, hours: int) -> None:
    """Half an hour would be an hour of half the use; minutes are asked for while they are kept, also a little later."""
    whole, minutes = spans_of(now, datetime.timedelta(hours=hours))
    for moment in (whole.start, whole.end, minutes.start, minutes.end):
        assert (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
    assert whole.end <= now - LAG < whole.end + HOUR
    assert whole.steps(HOUR) == min(hours, whole.steps(HOUR))
    assert hours > 454 * 24 or whole.steps(HOUR) == hours
    assert whole.start <= minutes.start <= minutes.end == whole.end
    assert minutes.start >= now + LAG - MINUTES_KEPT
    assert minutes.start == whole.start or minutes.start <= now + LAG - MINUTES_KEPT + HOUR


def test_no_minutes_where_none_are_kept() -> None:
    """A span without any asks for none."""
    old = Span(NOW - 30 * 24 * HOUR, NOW - 20 * 24 * HOUR)
    asks = list(asks_of(arns(1), old, Span(old.end, old.end)))
    assert not [query for ask in asks for query in ask.queries if query.by_minute]


def test_the_dimension_is_the_end_of_the_arn() -> None:
    """With another no metric is found, and nothing says so."""
    assert dimension_of(ARN.format("")) == "app/shop/50dc6c495c0c9188"
