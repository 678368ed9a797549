"""What is asked of CloudWatch, in as few calls as its quotas allow.

Lives here: the quotas, how long points are kept, and how series are put into calls. Must not live here: any call.

Source of the numbers: CloudWatch API reference, GetMetricData and MetricStat. A call has at most 500 queries and, in
one page, 100,800 points; points of a minute are kept for 15 days, of five minutes for 63, of an hour for 455. With a
start that is longer ago than that, "no data points in that time range is returned": minutes cannot be asked for in a
call that starts before.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from originlock.facts.metering import BY_HOUR, BY_MINUTE, HOUR, MINUTE, Metric, Span

MOST_QUERIES: Final = 500
MOST_POINTS: Final = 100_800


class Query(msgspec.Struct, frozen=True):
    """One series: the sums of a metric of a load balancer."""

    arn: str
    metric: Metric
    by_minute: bool

    @property
    def step(self) -> datetime.timedelta:
        """The period of each point."""
        return MINUTE if self.by_minute else HOUR

    @property
    def seconds(self) -> int:
        """The same in seconds."""
        return int(self.step.total_seconds())


class Ask(msgspec.Struct, frozen=True):
    """One call: at most 500 queries, and no more points than one page holds."""

    queries: tuple[Query, ...]
    span: Span

    @property
    def points(self) -> int:
        """How many points it can have."""
        return sum(self.span.steps(query.step) for query in self.queries)


def asks_of(arns: Sequence[str], hours: Span, minutes: Span) -> Iterator[Ask]:
    """The calls for these load balancers: all series side by side, and as long a time in each call as fits.

    Args:
        arns: of load balancers.
        hours: what is asked for hour by hour.
        minutes: what is asked for minute by minute.
    """
    hourly = tuple(Query(arn, metric, by_minute=False) for arn in arns for metric in BY_HOUR)
    minutely = tuple(Query(arn, metric, by_minute=True) for arn in arns for metric in BY_MINUTE)
    together = Ask((*hourly, *minutely), hours)
    if hours == minutes and len(together.queries) <= MOST_QUERIES and together.points <= MOST_POINTS:
        yield together
        return
    yield from _batched(hourly, hours)
    if minutes.steps(MINUTE):
        yield from _batched(minutely, minutes)


def _batched(queries: Sequence[Query], span: Span) -> Iterator[Ask]:
    for first in range(0, len(queries), MOST_QUERIES):
        batch = tuple(queries[first : first + MOST_QUERIES])
        step = batch[0].step
        length = step * (MOST_POINTS // len(batch))
        start = span.start
        while start < span.end:
            end = min(start + length, span.end)
            yield Ask(batch, Span(start, end))
            start = end


def dimension_of(arn: str) -> str:
    """The value of the dimension LoadBalancer: the end of the ARN, as in ``app/shop/50dc6c495c0c9188``."""
    return arn.partition(":loadbalancer/")[2]
