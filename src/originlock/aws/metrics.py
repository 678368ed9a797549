"""Reading CloudWatch's metrics of load balancers: all metrics of all of them batched, page by page.

Lives here: GetMetricData, and what an answer must be like to be believed. Must not live here: what is asked for (see
`metric_asks`), what metrics come to (see `originlock.cost`).

A series is believed whole or not at all: with a page missing, a status that is not Complete, a message, a point that
was not asked for, it is Unknown. Never is it less than it was.

Calls are made one after the other. One asks for at most 100,800 points, and the quotas are 50 calls and 396,000
points a second for what is older than three hours (AWS, re:Post knowledge center, "cloudwatch-getmetricdata-api";
CloudWatch user guide, service quotas): what is throttled all the same, because the account's other tools draw on them
too, botocore tries again.
"""

from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import botocore.parsers

from originlock.aws.answers import UNPARSED, CallError
from originlock.aws.asking import read
from originlock.aws.listeners import ListenerReader
from originlock.aws.metric_asks import MOST_POINTS, Ask, Query, asks_of, dimension_of
from originlock.aws.session import Sessions
from originlock.aws.wording import code_of
from originlock.facts.metering import BY_HOUR, BY_MINUTE, Demands, Measured, Metered, MeteredBalancer, Points, Span
from originlock.facts.origin import Missing
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import (
        GetMetricDataInputTypeDef,
        GetMetricDataOutputTypeDef,
        MetricDataQueryTypeDef,
        MetricDataResultTypeDef,
    )
    from mypy_boto3_elbv2.type_defs import LoadBalancerTypeDef

MOST_PAGES: Final = 100
"""Pages of one call, which asks for no more than one page can hold: an end, should AWS know none."""

_ARN: Final = "arn:"
_RESULTS: Final[str] = "MetricDataResults"
_COMPLETE: Final = "Complete"


class AwsMeter:
    """Reads the metrics of one place."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions = sessions
        self._place = place

    @property
    def region(self) -> str | None:
        """The Region by name; None if there is none.

        Raises:
            UsageError: there is no such profile.
        """
        return self._sessions.region(self._place)

    def balancer(self, named: str) -> MeteredBalancer | Missing | Unknown:
        """A load balancer by its name or ARN.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        answer = read(f"load balancer {named}", functools.partial(self._describe, named))
        if answer is None:
            return Missing(named)
        if isinstance(answer, Unknown):
            return answer
        created = answer.get("CreatedTime")
        return MeteredBalancer(
            answer["LoadBalancerName"],
            answer["LoadBalancerArn"],
            answer.get("Type", ""),
            None if created is None else created.astimezone(datetime.UTC),
        )

    def demands(self, arn: str) -> Demands | Unknown:
        """What its listeners demand of clients now.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        told = ListenerReader(self._sessions, self._place).demanded(arn)
        if isinstance(told, Unknown):
            return told
        stores = dict.fromkeys(each.trust_store for each in told if each.trust_store)
        return Demands(tuple(each.mode for each in told), tuple(stores))

    def measured(self, arns: tuple[str, ...], hours: Span, minutes: Span, told: Callable[[int, int], None]) -> Measured:
        """Every metric of these load balancers, in as few calls as can be.

        Raises:
            CloudError: AWS cannot be asked at all.
        """
        asks = tuple(asks_of(arns, hours, minutes))
        gathered = {query: _Gathered() for ask in asks for query in ask.queries}
        calls = 0
        for number, ask in enumerate(asks):
            told(calls, calls + len(asks) - number)
            calls += self._ask(ask, gathered)
        found = {query: each.series(query) for query, each in gathered.items()}
        return Measured(
            {
                arn: Metered(
                    {metric: _series(found, Query(arn, metric, by_minute=False)) for metric in BY_HOUR},
                    {metric: _series(found, Query(arn, metric, by_minute=True)) for metric in BY_MINUTE},
                )
                for arn in arns
            },
            calls,
        )

    def _describe(self, named: str) -> LoadBalancerTypeDef | None:
        elbv2 = self._sessions.elbv2(self._place)
        try:
            if named.startswith(_ARN):
                found = elbv2.describe_load_balancers(LoadBalancerArns=[named])["LoadBalancers"]
            else:
                found = elbv2.describe_load_balancers(Names=[named])["LoadBalancers"]
        except CallError as error:
            # Elastic Load Balancing API reference, DescribeLoadBalancers.
            if code_of(error) == "LoadBalancerNotFound":
                return None
            raise
        return found[0] if found else None

    def _ask(self, ask: Ask, gathered: dict[Query, _Gathered]) -> int:
        """All pages of one ask; how many calls that took."""
        mine = {f"q{number}": gathered[query] for number, query in enumerate(ask.queries)}
        tokens: set[str] = set()
        token: str | None = None
        for each in mine.values():
            each.status = ""
        for page in range(1, MOST_PAGES + 1):
            answer = read("CloudWatch's metrics", functools.partial(self._page, ask, token))
            if isinstance(answer, Unknown):
                _fail(mine, answer.reason)
                return page
            _take(answer, ask, mine)
            token = answer.get("NextToken")
            if not token:
                break
            if token in tokens:
                _fail(mine, "CloudWatch gave the same page again")
                return page
            tokens.add(token)
        else:
            _fail(mine, f"CloudWatch had no end after {MOST_PAGES} pages")
        for each in mine.values():
            each.close()
        return page

    def _page(self, ask: Ask, token: str | None) -> GetMetricDataOutputTypeDef:
        given: GetMetricDataInputTypeDef = {
            "MetricDataQueries": [_query(f"q{number}", query) for number, query in enumerate(ask.queries)],
            "StartTime": ask.span.start,
            "EndTime": ask.span.end,
            "ScanBy": "TimestampAscending",
            "MaxDatapoints": MOST_POINTS,
        }
        if token is not None:
            given["NextToken"] = token
        client = self._sessions.cloudwatch(self._place)
        try:
            return client.get_metric_data(**given)
        except UNPARSED as error:
            message = "CloudWatch's answer is none of its own"
            raise botocore.parsers.ResponseParserError(message) from error


class _Gathered:
    """A series while it is read."""

    def __init__(self) -> None:
        self._points: dict[datetime.datetime, Fraction] = {}
        self._fault = ""
        self.status = ""

    def fail(self, reason: str) -> None:
        """It cannot be believed; the first reason stays."""
        self._fault = self._fault or reason

    def put(self, at: datetime.datetime, value: Fraction) -> None:
        """A point; one that comes twice must be the same."""
        if self._points.setdefault(at, value) != value:
            self.fail(f"CloudWatch gave two values for {at:%Y-%m-%d %H:%M}")

    def close(self) -> None:
        """There are no more pages of an ask."""
        if self.status != _COMPLETE:
            self.fail(f"CloudWatch says {self.status}" if self.status else "CloudWatch says nothing of it")

    def series(self, query: Query) -> Points | Unknown:
        """The points, or why there are none to believe."""
        if self._fault:
            grain = "minute by minute" if query.by_minute else "hour by hour"
            return Unknown(f"{query.metric.value} of {dimension_of(query.arn)}, {grain}", self._fault)
        return dict(sorted(self._points.items()))


def _series(found: dict[Query, Points | Unknown], query: Query) -> Points | Unknown:
    """A series; nothing where nothing was asked for, as of minutes that are not kept any more."""
    return found.get(query, {})


def _query(name: str, query: Query) -> MetricDataQueryTypeDef:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": query.metric.value,
                "Dimensions": [{"Name": "LoadBalancer", "Value": dimension_of(query.arn)}],
            },
            "Period": query.seconds,
            "Stat": "Sum",
        },
    }


def _take(answer: GetMetricDataOutputTypeDef, ask: Ask, mine: dict[str, _Gathered]) -> None:
    """The results of one page."""
    said = _messages(answer.get("Messages", []))
    if said:
        # "As much of the operation as possible is still executed": how much, nobody says.
        _fail(mine, f"CloudWatch says {said}")
    if _RESULTS not in answer:
        # botocore takes what holds nothing that it knows for an answer: a page of it would end a series too soon.
        _fail(mine, "CloudWatch gave a page without results")
    queries = {f"q{number}": query for number, query in enumerate(ask.queries)}
    for result in answer.get("MetricDataResults", []):
        name = result.get("Id", "")
        if name in mine:
            _take_result(result, ask.span, queries[name], mine[name])


def _take_result(result: MetricDataResultTypeDef, span: Span, query: Query, gathered: _Gathered) -> None:
    gathered.status = str(result.get("StatusCode", ""))
    if said := _messages(result.get("Messages", [])):
        gathered.fail(f"CloudWatch says {said}")
    moments, values = result.get("Timestamps", []), result.get("Values", [])
    if len(moments) != len(values):
        gathered.fail("CloudWatch gave more points than values, or fewer")
        return
    step = datetime.timedelta(seconds=query.seconds)
    for moment, value in zip(moments, values, strict=True):
        at = moment.astimezone(datetime.UTC)
        if not span.start <= at < span.end or (at - span.start) % step:
            gathered.fail(f"CloudWatch gave a point that was not asked for, at {at:%Y-%m-%d %H:%M:%S}")
        elif not math.isfinite(value) or value < 0:
            gathered.fail(f"CloudWatch gave a value that cannot be, {value}")
        else:
            # As it is written: 0.1 for the double that is nearest to it.
            gathered.put(at, Fraction(repr(value)))


def _messages(listed: Sequence[object]) -> str:
    told = [f"{each.get('Code', '')}: {each.get('Value', '')}" for each in listed if isinstance(each, dict)]
    return "; ".join(told)[:300]


def _fail(mine: dict[str, _Gathered], reason: str) -> None:
    for each in mine.values():
        each.fail(reason)
