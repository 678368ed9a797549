"""The local CloudWatch: what is planted, who may plant, and what a test can have it say wrongly."""

from __future__ import annotations

import datetime
import json
import urllib.error
from typing import Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import LocalAws

NAMESPACE = "AWS/ApplicationELB"
DIMENSIONS = {"LoadBalancer": "app/shop/50dc6c495c0c9188"}
HOUR = datetime.timedelta(hours=1)
START = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR


@pytest.fixture
def cloudwatch(aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """A client of CloudWatch."""
    return aws.client("cloudwatch")


def read(cloudwatch: Any, stat: str = "Sum", metric: str = "RequestCount", **more: object) -> dict[str, Any]:  # noqa: ANN401  ditto
    """The shop's metric by the hour."""
    named = [{"Name": name, "Value": value} for name, value in DIMENSIONS.items()]
    wanted = {"Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": named}, "Period": 3600}
    answer: dict[str, Any] = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q", "MetricStat": {**wanted, "Stat": stat}}],
        StartTime=START,
        EndTime=START + 3 * HOUR,
        **more,
    )
    return answer


def plant(aws: LocalAws, *values: float | None) -> None:
    """A metric's minutes."""
    aws.plant_metric("RequestCount", DIMENSIONS, int(START.timestamp()), values)


def test_planted_minutes_are_summed(aws: LocalAws, cloudwatch: Any) -> None:  # noqa: ANN401  ditto
    """By the hour; minutes without a value count nothing, and hours without any have no point."""
    plant(aws, 1.0, None, 2.0, *[None] * 57, *[None] * 60, 5.0)
    (result,) = read(cloudwatch, ScanBy="TimestampAscending")["MetricDataResults"]
    assert (result["Timestamps"], result["Values"]) == ([START, START + 2 * HOUR], [3.0, 5.0])


@pytest.mark.parametrize(
    "stat, value", [("Sum", 6.0), ("Average", 2.0), ("Minimum", 1.0), ("Maximum", 3.0), ("SampleCount", 3.0)]
)
def test_statistics(aws: LocalAws, cloudwatch: Any, stat: str, value: float) -> None:  # noqa: ANN401  ditto
    """Each is what its name says."""
    plant(aws, 1.0, 2.0, 3.0)
    (result,) = read(cloudwatch, stat)["MetricDataResults"]
    assert result["Values"] == [value]


def test_the_newest_come_first_unless_asked(aws: LocalAws, cloudwatch: Any) -> None:  # noqa: ANN401  ditto
    """As AWS has it: the default is TimestampDescending."""
    plant(aws, 1.0, *[None] * 59, 2.0)
    (result,) = read(cloudwatch)["MetricDataResults"]
    assert result["Values"] == [2.0, 1.0]


def test_only_the_labs_own_key_plants(aws: LocalAws, cloudwatch: Any) -> None:  # noqa: ANN401  ditto
    """AWS's own namespaces are its services': nobody else writes to them."""
    data = [{"MetricName": "RequestCount", "Value": 4.0, "Timestamp": START}]
    data[0]["Dimensions"] = [{"Name": name, "Value": value} for name, value in DIMENSIONS.items()]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    (result,) = read(cloudwatch)["MetricDataResults"]
    assert result["Values"] == [4.0]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    other = aws.client("cloudwatch", keys=aws.restricted_to(everything))
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        other.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    other.put_metric_data(Namespace="own", MetricData=data)


def test_iam_knows_the_action(aws: LocalAws) -> None:
    """Whoever may not read metrics is refused, by the name that IAM has for it."""
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    other = aws.client("cloudwatch", keys=aws.restricted_to(nothing))
    with pytest.raises(ClientError, match="cloudwatch:GetMetricData"):
        read(other)
    assert aws.calls()[-1].service == "cloudwatch"


def test_values_and_statistics_may_be_put_together(cloudwatch: Any) -> None:  # noqa: ANN401  ditto
    """Values with their counts, and sets of statistics, as AWS takes them."""
    named = [{"Name": name, "Value": value} for name, value in DIMENSIONS.items()]
    common = {"MetricName": "RequestCount", "Timestamp": START, "Dimensions": named}
    told = {"Sum": 10.0, "SampleCount": 4.0, "Minimum": 1.0, "Maximum": 5.0}
    data = [{**common, "Values": [1.0, 2.0], "Counts": [3.0, 1.0]}, {**common, "StatisticValues": told}]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    (result,) = read(cloudwatch)["MetricDataResults"]
    assert result["Values"] == [15.0]


def test_a_reset_forgets_them(aws: LocalAws, cloudwatch: Any) -> None:  # noqa: ANN401  ditto
    """The next test begins with nothing."""
    plant(aws, 1.0)
    aws.reset()
    (result,) = read(cloudwatch)["MetricDataResults"]
    assert result["Values"] == []


@pytest.mark.parametrize("start, values", [(7, [1.0]), (0, ["many"])])
def test_what_cannot_be_planted_is_refused(aws: LocalAws, start: int, values: list[Any]) -> None:
    """A test that plants wrongly is told, and does not wonder at its sums."""
    with pytest.raises(urllib.error.HTTPError) as error:
        aws.plant_metric("RequestCount", DIMENSIONS, start, values)
    assert error.value.code == 400
    assert json.load(error.value)["error"]


@pytest.mark.parametrize("settings", [{"metric_statuses": "PartialData"}, {"metric_points_a_page": -1}])
def test_wrong_settings_are_refused(aws: LocalAws, settings: dict[str, Any]) -> None:
    """As all others."""
    with pytest.raises(urllib.error.HTTPError):
        aws.settings(**settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"MetricDataQueries": [{"Id": "q", "Expression": "SUM(METRICS())"}]},
        {"StartTime": START, "EndTime": START},
    ],
    ids=["expression", "no time"],
)
def test_what_it_does_not_know_is_refused(cloudwatch: Any, wrong: dict[str, Any]) -> None:  # noqa: ANN401  ditto
    """An empty answer would be taken for a metric without data."""
    stat = {"Metric": {"Namespace": "x", "MetricName": "y", "Dimensions": []}, "Period": 60, "Stat": "Sum"}
    right = {"MetricDataQueries": [{"Id": "q", "MetricStat": stat}], "StartTime": START, "EndTime": START + HOUR}
    with pytest.raises(ClientError, match="ValidationError"):
        cloudwatch.get_metric_data(**{**right, **wrong})
