"""What CloudWatch measured of load balancers, as it was read.

Lives here: which metrics there are, spans of time, series of points, each exact.
Must not live here: how they are asked for, or what they come to (see `originlock.cost.observed`).

A point that is not there was not reported: "If there are no requests flowing through the load balancer or no data for
a metric, the metric is not reported" (AWS, CloudWatch metrics for your Application Load Balancer). It counts nothing.
A series that could not be read is Unknown, and never counts nothing.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import msgspec

from originlock.facts.unknown import Unknown

HOUR: Final = datetime.timedelta(hours=1)
MINUTE: Final = datetime.timedelta(minutes=1)


class Metric(enum.Enum):
    """A metric of an Application Load Balancer; the value is CloudWatch's name for it.

    AWS, CloudWatch metrics for your Application Load Balancer. All have the dimension LoadBalancer, and of all a Sum
    makes sense.
    """

    NEW_CONNECTIONS = "NewConnectionCount"
    ACTIVE_CONNECTIONS = "ActiveConnectionCount"
    PROCESSED_BYTES = "ProcessedBytes"
    LAMBDA_BYTES = "LambdaTargetProcessedBytes"
    RULE_EVALUATIONS = "RuleEvaluations"
    REQUESTS = "RequestCount"
    CONSUMED = "ConsumedLCUs"
    RESERVED = "ReservedLCUs"
    PEAK = "PeakLCUs"
    REFUSED = "ClientTLSNegotiationErrorCount"
    REJECTED = "RejectedConnectionCount"


BY_HOUR: Final = tuple(each for each in Metric if each is not Metric.PEAK)
"""What is asked for hour by hour."""

BY_MINUTE: Final = (Metric.PEAK, Metric.CONSUMED)
"""What is asked for minute by minute, as far back as CloudWatch keeps minutes."""

USED: Final = (
    Metric.NEW_CONNECTIONS,
    Metric.ACTIVE_CONNECTIONS,
    Metric.PROCESSED_BYTES,
    Metric.LAMBDA_BYTES,
    Metric.RULE_EVALUATIONS,
    Metric.REQUESTS,
)
"""What capacity units are reckoned from."""

Points = Mapping[datetime.datetime, Fraction]
"""Sums by the start of their period, in UTC; a period of which nothing was reported is not there."""


class Span(msgspec.Struct, frozen=True):
    """A stretch of time in UTC; the end does not belong to it."""

    start: datetime.datetime
    end: datetime.datetime

    def steps(self, step: datetime.timedelta) -> int:
        """How many whole steps it has."""
        return max(0, (self.end - self.start) // step)


class Metered(msgspec.Struct, frozen=True):
    """The series of one load balancer.

    Attributes:
        hours: sums over hours.
        minutes: sums over minutes.
    """

    hours: Mapping[Metric, Points | Unknown]
    minutes: Mapping[Metric, Points | Unknown]


class Measured(msgspec.Struct, frozen=True):
    """What was read.

    Attributes:
        found: by ARN.
        calls: how many calls it took.
    """

    found: Mapping[str, Metered]
    calls: int


class MeteredBalancer(msgspec.Struct, frozen=True):
    """A load balancer whose metrics are read.

    Attributes:
        name: such as ``shop``.
        arn: its ARN.
        kind: ``application``, ``network`` or ``gateway``.
        created: when it was made, in UTC; None if that is not known, as of one that is gone.
    """

    name: str
    arn: str
    kind: str
    created: datetime.datetime | None = None


class Demands(msgspec.Struct, frozen=True):
    """What the listeners of a load balancer demand of clients, as far as money goes.

    Attributes:
        modes: of mutual TLS, one for each listener: ``off``, ``passthrough`` or ``verify``.
        trust_stores: the ARNs of those that listeners use, each once.
    """

    modes: tuple[str, ...]
    trust_stores: tuple[str, ...]
