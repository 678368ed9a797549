"""CloudWatch as far as `cost observe` asks it: how much at once, how far back, in which pages, what is not there."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.contract.places import Place, name, refused

pytestmark = pytest.mark.source("CloudWatch API reference, GetMetricData")

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)


def now() -> datetime.datetime:
    """The start of this hour."""
    return datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)


def put(place: Place, metric: str, minutes: Mapping[datetime.datetime, float], namespace: str = "olc") -> None:
    """Report values."""
    data = [{"MetricName": metric, "Timestamp": at, "Value": value} for at, value in minutes.items()]
    place.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def query(metric: str, period: int = 3600, query_id: str = "q", namespace: str = "olc") -> dict[str, Any]:
    """The sums of a metric."""
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": []}
    return {"Id": query_id, "MetricStat": {"Metric": named, "Period": period, "Stat": "Sum"}}


def asked(place: Place, queries: Sequence[Mapping[str, Any]], back: datetime.timedelta, **more: object) -> Any:  # noqa: ANN401  as botocore has it
    """What is told of so far back, until now."""
    start, end = now() - back, now() + HOUR
    return place.client("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, **more)


def points(place: Place, metric: str, back: datetime.timedelta, period: int, wanted: int) -> dict[Any, float]:
    """A metric's points, as soon as there are as many as wanted."""

    def read() -> dict[Any, float]:
        (result,) = asked(place, [query(metric, period)], back)["MetricDataResults"]
        assert result["StatusCode"] == "Complete"
        return dict(zip(result["Timestamps"], result["Values"], strict=True))

    return place.shown(read, lambda found: len(found) == wanted)


def test_a_call_has_500_queries_at_most(place: Place) -> None:
    """One more, and nothing of it is told."""
    many = [query("absent", query_id=f"q{number}") for number in range(501)]
    assert len(asked(place, many[:500], HOUR)["MetricDataResults"]) == 500
    with refused("ValidationError"):
        asked(place, many, HOUR)


def test_a_page_has_100800_points_at_most(place: Place) -> None:
    """More cannot be asked for."""
    asked(place, [query("absent")], HOUR, MaxDatapoints=100_800)
    with refused("ValidationError"):
        asked(place, [query("absent")], HOUR, MaxDatapoints=100_801)


def test_what_was_not_reported_is_not_there(place: Place) -> None:
    """No point, and no zero: a metric that nobody knows is complete, and empty."""
    (result,) = asked(place, [query(name())], DAY)["MetricDataResults"]
    assert (result["StatusCode"], result["Timestamps"], result["Values"]) == ("Complete", [], [])


def test_points_stand_at_the_start_of_their_period(place: Place) -> None:
    """And hold the sum of what was reported in it; an hour without any is left out."""
    metric, start = name(), now() - 5 * HOUR
    put(place, metric, {start: 1.0, start + 59 * MINUTE: 2.5, start + 2 * HOUR: 4.0})
    assert points(place, metric, DAY, 3600, 2) == {start: 3.5, start + 2 * HOUR: 4.0}


def test_minutes_are_told_of_the_last_15_days(place: Place) -> None:
    """A start that is longer ago gets no minutes at all, not even the newest, and no word of it."""
    metric = name()
    put(place, metric, {now() - 2 * HOUR: 1.0})
    assert len(points(place, metric, 14 * DAY, 60, 1)) == 1
    assert len(points(place, metric, 16 * DAY, 60, 0)) == 0
    assert len(points(place, metric, 16 * DAY, 300, 1)) == 1
    assert len(points(place, metric, 64 * DAY, 300, 0)) == 0
    assert len(points(place, metric, 64 * DAY, 3600, 1)) == 1


def test_pages_go_on_by_their_token(place: Place) -> None:
    """Each page has no more points than were asked for, and together they are all, each once."""
    metric, start = name(), now() - 6 * HOUR
    told = {start + number * HOUR: float(number + 1) for number in range(5)}
    put(place, metric, told)
    points(place, metric, DAY, 3600, 5)
    found: dict[Any, float] = {}
    token, statuses = None, []
    while True:
        more: dict[str, str] = {} if token is None else {"NextToken": token}
        answer = asked(place, [query(metric)], DAY, MaxDatapoints=2, ScanBy="TimestampAscending", **more)
        for result in answer["MetricDataResults"]:
            assert len(result["Values"]) <= 2
            assert not set(result["Timestamps"]) & set(found)
            found |= dict(zip(result["Timestamps"], result["Values"], strict=True))
            statuses.append(result["StatusCode"])
        token = answer.get("NextToken")
        if not token:
            break
    assert found == told
    assert (statuses[0], statuses[-1]) == ("PartialData", "Complete")


@pytest.mark.source("CloudWatch API reference, GetMetricData, errors")
def test_a_token_of_nobodys_is_refused(place: Place) -> None:
    """A page that cannot be found is not the first one again."""
    with refused("InvalidNextToken"):
        asked(place, [query("absent")], HOUR, NextToken="nobody's")


def test_names_of_queries_are_unique(place: Place) -> None:
    """By them results are told apart."""
    with refused("ValidationError"):
        asked(place, [query("absent"), query("other")], HOUR)


@pytest.mark.source("CloudWatch API reference, MetricDataQuery, Period")
def test_periods_are_whole_minutes(place: Place) -> None:
    """Or a few below one, of metrics of high resolution."""
    with refused("ValidationError"):
        asked(place, [query("absent", 90)], HOUR)


@pytest.mark.source("CloudWatch API reference, Metric: a unique combination of namespace, name and dimensions")
def test_a_namespace_is_part_of_the_name(place: Place) -> None:
    """The same name elsewhere is another metric."""
    metric = name()
    put(place, metric, {now() - 2 * HOUR: 1.0}, namespace="olc-other")
    assert points(place, metric, DAY, 3600, 0) == {}
