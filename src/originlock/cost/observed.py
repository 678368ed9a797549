"""A load balancer's history, hour by hour: its capacity units, what decided, and what it was charged beside it.

Lives here: from series of metrics to hours, to totals, to what the refused cost.
Must not live here: how metrics are asked for, why the two differ (see `difference`), reservations (see `reservation`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.readings import Amount, Question, Reading, readings
from originlock.cost.units import Dimension, Units, marginal, units
from originlock.facts.metering import BY_HOUR, HOUR, USED, Demands, Metered, Metric, Points, Span
from originlock.facts.unknown import Unknown
from originlock.facts.usage import MINUTES_PER_HOUR, SECONDS_PER_HOUR, ZERO, Kind, Usage

OPEN: Final = (Question.GIGABYTE, Question.LAMBDA)
"""What capacity units that were measured may depend on. Certificate headers are no question: AWS counts them as data
processed, and those bytes are what was measured."""


class Posed(msgspec.Struct, frozen=True):
    """One answer to every open question, and whether the listeners use mutual TLS, where that is one too."""

    reading: Reading
    mutual: bool


class Hour(msgspec.Struct, frozen=True):
    """One hour.

    Attributes:
        at: its start, in UTC.
        sums: what was measured in it, by metric; what was not reported is not there.
        usage: what that is a second; None where nothing was reported, or something is unknown.
        under: capacity units under each reading, in the order of `Observed.poses`; empty where there is no usage.
        by_dimension: the same, in the order of `Dimension`.
        lcu: the highest; None where there is no usage.
        decided_by: the dimension that is charged where it comes dearest.
        may_decide: every dimension that is charged under some reading.
    """

    at: datetime.datetime
    sums: Mapping[Metric, Fraction]
    usage: Usage | None = None
    under: tuple[Units, ...] = ()
    by_dimension: tuple[tuple[Dimension, Amount], ...] = ()
    lcu: Amount | None = None
    decided_by: Dimension | None = None
    may_decide: tuple[Dimension, ...] = ()

    def sum(self, metric: Metric) -> Fraction:
        """A metric's sum; nothing where nothing was reported."""
        return self.sums.get(metric, ZERO)


class Gap(msgspec.Struct, frozen=True):
    """Hours in a row of which nothing was reported.

    Attributes:
        before: they are before the load balancer was made.
    """

    span: Span
    before: bool = False


class Refused(msgspec.Struct, frozen=True):
    """TLS handshakes that never got through.

    Attributes:
        handshakes: how many.
        lcu_hours: what there would be less without them; 0 at least, as AWS does not say whether they are billed.
        lcu_hours_alone: what they would come to if they were alone, which is what people reckon wrongly.
    """

    handshakes: Fraction
    lcu_hours: Amount
    lcu_hours_alone: Amount


class Observed(msgspec.Struct, frozen=True):
    """The hours of one load balancer.

    Attributes:
        span: what was asked for.
        known: the metrics that were read.
        hours: every hour of the span.
        poses: the answers that the hours were reckoned under, the dearest first.
        lcu_hours: all of them; None where the usage of no hour is known.
        consumed: ConsumedLCUs; None where it is unknown.
        reserved: ReservedLCUs, as LCU-hours; None where it is unknown.
        decided_hours: how many hours each dimension decided, where it comes dearest.
        gaps: hours of which nothing was reported.
        refused: None where it is unknown.
        unknown: what could not be read.
    """

    span: Span
    known: tuple[Metric, ...]
    hours: tuple[Hour, ...]
    poses: tuple[Posed, ...]
    lcu_hours: Amount | None
    consumed: Fraction | None
    reserved: Fraction | None
    decided_hours: tuple[tuple[Dimension, int], ...]
    gaps: tuple[Gap, ...]
    refused: Refused | None
    unknown: tuple[Unknown, ...]


def observed(
    span: Span, metered: Metered, demands: Demands | Unknown, created: datetime.datetime | None = None
) -> Observed:
    """Reckon every hour of a span.

    Args:
        span: whole hours.
        metered: the load balancer's series.
        demands: of its listeners, as they are now; where they are unknown, it is reckoned with mutual TLS and without.
        created: when the load balancer was made.
    """
    series: dict[Metric, Points] = {}
    for metric in BY_HOUR:
        points = metered.hours[metric]
        if not isinstance(points, Unknown):
            series[metric] = points
    unknown = [each for each in (*metered.hours.values(), demands) if isinstance(each, Unknown)]
    known = all(metric in series for metric in USED)
    poses = tuple(poses_of(series, demands))
    hours = tuple(_hour(at, series, poses, known=known) for at in starts(span))
    return Observed(
        span,
        tuple(series),
        hours,
        poses,
        total_of(hours, poses) if known else None,
        _sum(series, Metric.CONSUMED, span),
        _sum(series, Metric.RESERVED, span),
        tuple((each, sum(hour.decided_by is each for hour in hours)) for each in Dimension),
        tuple(_gaps(hours, created)) if len(series) == len(BY_HOUR) else (),
        _refused(hours, poses) if known and Metric.REFUSED in series else None,
        tuple(unknown),
    )


def starts(span: Span) -> Iterator[datetime.datetime]:
    """The start of each hour."""
    return (span.start + number * HOUR for number in range(span.steps(HOUR)))


def poses_of(series: Mapping[Metric, Points], demands: Demands | Unknown) -> Iterator[Posed]:
    """Every combination of answers that can matter to this load balancer, the dearest first."""
    # Where there are no bytes of Lambda targets, whether they add to others is no question.
    asked = OPEN if any(series.get(Metric.LAMBDA_BYTES, {}).values()) else (Question.GIGABYTE,)
    for reading in readings(asked):
        for mutual in mutual_of(demands):
            yield Posed(reading, mutual)


def mutual_of(demands: Demands | Unknown) -> tuple[bool, ...]:
    """Whether 1,500 active connections make a unit rather than 3,000: "while using Mutual TLS", says AWS.

    It is open where some listeners use it and others do not, and where certificates are passed through unverified.
    """
    if isinstance(demands, Unknown):
        return (True, False)
    modes = set(demands.modes)
    if modes <= {"off"}:
        return (False,)
    return (True,) if modes == {"verify"} else (True, False)


def total_of(hours: Sequence[Hour], poses: Sequence[Posed]) -> Amount:
    """LCU-hours of all hours, each time under one and the same reading."""
    return _hull(
        [sum((_total(hour.under[index]) for hour in hours if hour.under), ZERO) for index in range(len(poses))]
    )


def _units(usage: Usage, posed: Posed) -> Units:
    return units(Kind.ALB, usage, posed.reading, mutual=posed.mutual)


def _hour(at: datetime.datetime, series: Mapping[Metric, Points], poses: Sequence[Posed], *, known: bool) -> Hour:
    sums = {metric: points[at] for metric, points in series.items() if at in points}
    if not known or not any(metric in sums for metric in USED):
        return Hour(at, sums)
    usage = usage_of(sums)
    every = [_units(usage, posed) for posed in poses]
    columns = zip(*(each.each() for each in every), strict=True)
    by_dimension = tuple((column[0][0], _hull([value for _, value in column])) for column in columns)
    deciders = {each.decided_by for each in every}
    return Hour(
        at,
        sums,
        usage,
        tuple(every),
        by_dimension,
        _hull([each.total for each in every]),
        max(every, key=_total).decided_by,
        tuple(each for each in Dimension if each in deciders),
    )


def usage_of(sums: Mapping[Metric, Fraction]) -> Usage:
    """An hour's sums as usage.

    A minute without connections reports none, so that the average over the hour is the sum by sixty, however many
    minutes were reported. RequestCount counts those requests alone for which a target was chosen: of others the rules
    that are free are not taken off, and a request with fewer rules than are free cannot lend the rest. The units of
    rules are therefore no bound to one side, but near.
    """
    plain = sums.get(Metric.PROCESSED_BYTES, ZERO)
    # "The total number of bytes processed by the load balancer" holds traffic "to and from clients and Lambda
    # functions" (AWS, CloudWatch metrics): those of Lambda functions are in both metrics.
    lambda_ = min(sums.get(Metric.LAMBDA_BYTES, ZERO), plain)
    return Usage(
        new_connections=sums.get(Metric.NEW_CONNECTIONS, ZERO) / SECONDS_PER_HOUR,
        active=sums.get(Metric.ACTIVE_CONNECTIONS, ZERO) / MINUTES_PER_HOUR,
        bytes=plain - lambda_,
        lambda_bytes=lambda_,
        requests=sums.get(Metric.REQUESTS, ZERO) / SECONDS_PER_HOUR,
        evaluations=sums.get(Metric.RULE_EVALUATIONS, ZERO) / SECONDS_PER_HOUR,
    )


def _refused(hours: Sequence[Hour], poses: Sequence[Posed]) -> Refused:
    """What refused handshakes cost: all, less all without them.

    They are new connections, and while they last active ones; a handshake is short, so that at most each of them is
    in the count of one minute. Their bytes are not processed ones: AWS counts HTTP's.
    """
    met = [hour for hour in hours if hour.usage is not None and hour.sum(Metric.REFUSED) > 0]
    caused, alone = [ZERO], [ZERO]
    for lasting in (True, False):
        parts = [(hour, _part(hour, lasting=lasting)) for hour in met]
        for number, posed in enumerate(poses):
            caused.append(sum((_caused(hour, part, number, posed) for hour, part in parts), ZERO))
        # Of bytes there are none in it: of the answers that of mutual TLS alone counts.
        of_mutual = {each.mutual: each for each in poses}.values()
        alone += [sum((_total(_units(part, posed)) for _, part in parts), ZERO) for posed in of_mutual]
    count = sum((hour.sum(Metric.REFUSED) for hour in hours), ZERO)
    return Refused(count, _hull(caused), _hull(alone))


_OF_CONNECTIONS: Final = frozenset({Dimension.NEW_CONNECTIONS, Dimension.ACTIVE_CONNECTIONS})


def _caused(hour: Hour, part: Usage, number: int, posed: Posed) -> Fraction:
    """The units of an hour that a part of its connections is the cause of; none where another dimension decides."""
    if hour.usage is None or hour.under[number].decided_by not in _OF_CONNECTIONS:
        return ZERO
    return marginal(Kind.ALB, hour.usage, part, posed.reading, mutual=posed.mutual)


def _part(hour: Hour, *, lasting: bool) -> Usage:
    refused, usage = hour.sum(Metric.REFUSED), hour.usage or Usage()
    active = min(refused / MINUTES_PER_HOUR, usage.active) if lasting else ZERO
    return Usage(new_connections=min(refused / SECONDS_PER_HOUR, usage.new_connections), active=active)


def _gaps(hours: Sequence[Hour], created: datetime.datetime | None) -> Iterator[Gap]:
    start: datetime.datetime | None = None
    before = False
    for hour in hours:
        early = created is not None and hour.at + HOUR <= created
        if start is not None and (hour.sums or early != before):
            yield Gap(Span(start, hour.at), before)
            start = None
        if not hour.sums and start is None:
            start, before = hour.at, early
    if start is not None:
        yield Gap(Span(start, hours[-1].at + HOUR), before)


def _sum(series: Mapping[Metric, Points], metric: Metric, span: Span) -> Fraction | None:
    if metric not in series:
        return None
    return sum((series[metric].get(at, ZERO) for at in starts(span)), ZERO)


def _hull(values: Sequence[Fraction]) -> Amount:
    return Amount(min(values), max(values))


def _total(each: Units) -> Fraction:
    return each.total
