"""CloudWatch's answers about metrics: GetMetricData as its reference has it, and who may put what.

Here lives what the two actions check, and pages. Here must not live: what is held (see `metric_state`).

'CloudWatch API reference', GetMetricData, MetricStat, MetricDataResult, PutMetricData. Metric math and Metrics Insights
are not known here. That a request with too much fails with ValidationError is how AWS answers elsewhere: a guess.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from moto.cloudwatch.exceptions import CloudWatchException, InvalidParameterValue, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from originlock.lab.ec2_seam import CorrectedResponse
from originlock.lab.iam import ROOT_KEY
from originlock.lab.metric_state import MINUTE, STATISTICS, Name, held_by, least_period, rounding
from originlock.lab.wire import scope_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.settings import Settings

MOST_QUERIES: Final = 500
MOST_POINTS: Final = 100_800

#: Periods below a minute, of metrics of high resolution.
_FINE: Final = frozenset({1, 5, 10, 20, 30})


class InvalidNextTokenError(CloudWatchException):
    """The token is none of ours, or of another request."""

    code = "InvalidNextToken"


@dataclass(frozen=True, slots=True)
class Query:
    """One metric that is asked for."""

    query_id: str
    name: Name
    period: int
    stat: str


class MetricAnswers(CloudWatchResponse):
    """moto's CloudWatch with metrics that age and come in pages."""

    settings: ClassVar[Settings] = CorrectedResponse.settings

    def put_metric_data(self) -> ActionResult:
        """Take values; those of AWS's own services from the lab's own key alone, which plants them so."""
        params = self._get_params()
        namespace = str(params.get("Namespace", ""))
        scope = scope_of({"HTTP_AUTHORIZATION": self.headers.get("Authorization", "")})
        if namespace.startswith("AWS/") and (scope is None or scope.access_key != ROOT_KEY):
            message = "The value AWS/ for parameter Namespace is invalid."
            raise InvalidParameterValue(message)
        answer = super().put_metric_data()
        held = held_by(self.cloudwatch_backend)
        for each in params.get("MetricData") or []:
            moment = _seconds(each.get("Timestamp"))
            for samples in _samples(each):
                held.put(_name(namespace, each), moment, samples)
        return answer

    def get_metric_data(self) -> ActionResult:
        """Answer with a page of values."""
        params = self._get_params()
        queries = [_query(each) for each in params.get("MetricDataQueries") or []]
        _check(queries)
        start, end = int(_seconds(params["StartTime"])), int(_seconds(params["EndTime"]))
        if start >= end:
            message = "The parameter StartTime must be less than the parameter EndTime."
            raise ValidationError(message)
        size = int(params.get("MaxDatapoints") or MOST_POINTS)
        if not 0 < size <= MOST_POINTS:
            message = f"The parameter MaxDatapoints must be between 1 and {MOST_POINTS}."
            raise ValidationError(message)
        points = [self._points(query, start, end) for query in queries]
        if params.get("ScanBy", "TimestampDescending") != "TimestampAscending":
            points = [each[::-1] for each in points]
        return ActionResult(self._page(queries, points, _read(params.get("NextToken"), len(queries)), size))

    def _points(self, query: Query, start: int, end: int) -> list[tuple[int, float]]:
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromtimestamp(start, datetime.UTC)
        least = least_period(age)
        if least is None or query.period % least:
            # "Or no data points in that time range is returned", and no word of it.
            return []
        grid = rounding(age)
        return held_by(self.cloudwatch_backend).values(query.name, query.stat, start // grid * grid, end, query.period)

    def _page(
        self, queries: Sequence[Query], points: Sequence[list[tuple[int, float]]], begin: Sequence[int], size: int
    ) -> dict[str, object]:
        """A page: so many points at most, series after series; where the next one begins in each is its token."""
        left = min(size, self.settings.metric_points_a_page)
        results, following = [], list(begin)
        told = dict(each.split("=", 1) for each in self.settings.metric_statuses)
        messages: list[Mapping[str, str]] = []
        for number, query in enumerate(queries):
            part = points[number][begin[number] : begin[number] + left]
            left -= len(part)
            following[number] += len(part)
            status = "Complete" if following[number] >= len(points[number]) else "PartialData"
            forced = told.get(query.name[1])
            if forced == "Messages":
                messages.append({"Code": "MaxMetricsExceeded", "Value": "Maximum number of allowed metrics exceeded"})
            elif forced is not None:
                # As where something is wrong: less than there is, and no token for the rest.
                part, status, following[number] = part[: len(part) // 2], forced, len(points[number])
            results.append(_result(query, part, status))
        answer: dict[str, object] = {"MetricDataResults": results, "Messages": messages}
        if any(following[number] < len(each) for number, each in enumerate(points)):
            answer["NextToken"] = _token(begin if self.settings.metric_pages_repeat else following)
        return answer


def _result(query: Query, part: Sequence[tuple[int, float]], status: str) -> dict[str, object]:
    return {
        "Id": query.query_id,
        "Label": query.name[1],
        "Timestamps": [datetime.datetime.fromtimestamp(moment, datetime.UTC) for moment, _ in part],
        "Values": [value for _, value in part],
        "StatusCode": status,
    }


def _check(queries: Sequence[Query]) -> None:
    if len(queries) > MOST_QUERIES:
        message = f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        raise ValidationError(message)
    if len({each.query_id for each in queries}) < len(queries):
        message = "The values for parameter id in MetricDataQueries are not unique."
        raise ValidationError(message)
    for each in queries:
        if each.period <= 0 or (each.period % MINUTE and each.period not in _FINE):
            message = "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60."
            raise ValidationError(message)
        if each.stat not in STATISTICS:
            message = f"The lab knows no statistic {each.stat}."
            raise ValidationError(message)


def _query(given: Mapping[str, Any]) -> Query:
    if "MetricStat" not in given:
        message = "The lab knows no expressions: each of MetricDataQueries needs a MetricStat."
        raise ValidationError(message)
    stat = given["MetricStat"]
    return Query(
        str(given["Id"]), _name(stat["Metric"]["Namespace"], stat["Metric"]), int(stat["Period"]), stat["Stat"]
    )


def _name(namespace: str, given: Mapping[str, Any]) -> Name:
    dimensions = frozenset((each["Name"], each["Value"]) for each in given.get("Dimensions") or [])
    return (namespace, str(given["MetricName"]), dimensions)


def _samples(given: Mapping[str, Any]) -> list[tuple[float, float, float, float]]:
    """The sums, least, most and numbers of what one datum reports."""
    if given.get("Values"):
        counts = given.get("Counts") or [1.0] * len(given["Values"])
        pairs = [(float(value), float(count)) for value, count in zip(given["Values"], counts, strict=False)]
        return [(value * count, value, value, count) for value, count in pairs]
    if given.get("StatisticValues"):
        told = given["StatisticValues"]
        return [(float(told["Sum"]), float(told["Minimum"]), float(told["Maximum"]), float(told["SampleCount"]))]
    value = float(given.get("Value") or 0)
    return [(value, value, value, 1.0)]


def _seconds(moment: datetime.datetime | None) -> float:
    if moment is None:
        return datetime.datetime.now(datetime.UTC).timestamp()
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _token(following: Sequence[int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(following)).encode()).decode()


def _read(token: str | None, queries: int) -> list[int]:
    """Where each series goes on."""
    if not token:
        return [0] * queries
    try:
        found = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, list) or len(found) != queries or not all(isinstance(each, int) for each in found):
        message = "The parameter NextToken is invalid."
        raise InvalidNextTokenError(message)
    return found
