"""Why what AWS consumed is not what its own formula gives from its own metrics: every LCU-hour of the difference.

Lives here: which answers to the open questions fit, and to what each hour's difference may be due.
Must not live here: the words for it (see `originlock.report`), or how hours are reckoned (see `observed`).

What is said of a cause is that it could be the cause: it has the right sign and is large enough. What no cause could
have made is left unexplained, and said so.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.observed import Hour, Observed, Posed
from originlock.cost.readings import Amount, Question
from originlock.cost.units import KEY_FACTOR, RULES_PER_UNIT, Dimension, Units
from originlock.facts.metering import Metric
from originlock.facts.usage import SECONDS_PER_HOUR, ZERO

NEAR: Final = Fraction(1, 50)
"""An answer fits if it is at most 2 % off: the answers to what a GB is are 7 % apart, and those to the others more.
Ours."""

EQUAL: Final = Fraction(1, 100)
"""Within 1 % an hour is as reckoned: the metrics are rounded, and minutes at its ends may fall into the next. Ours."""


class Cause(enum.Enum):
    """What an hour's difference may be due to; the value is its name in JSON."""

    AGREES = "agrees"
    NO_USAGE = "no_usage_reported"
    TARGET_CONNECTIONS = "connections_to_targets"
    NO_TARGET = "requests_without_target"
    FEW_RULES = "requests_with_few_rules"
    WITHIN_THE_HOUR = "dimensions_that_change_within_the_hour"
    CERTIFICATE_HEADERS = "certificate_headers"
    CERTIFICATE_KEY = "certificate_key"
    UNEXPLAINED = "unexplained"


class Share(msgspec.Struct, frozen=True):
    """A cause's part.

    Attributes:
        hours: how many.
        lcu_hours: consumed less reckoned, in those hours.
    """

    cause: Cause
    hours: int
    lcu_hours: Fraction


class Evidence(msgspec.Struct, frozen=True):
    """What the hours say on an open question.

    Attributes:
        question: ``gigabyte``, ``lambda_adds`` or ``mutual_tls``.
        hours: in which the answer alone makes a difference.
        off: for each answer, by how many LCU-hours it misses what was consumed in them, up and down together.
        fits: the only answer that fits; None where several do, or none does.
    """

    question: str
    hours: int
    off: tuple[tuple[int | bool, Fraction], ...]
    fits: int | bool | None


class Difference(msgspec.Struct, frozen=True):
    """ConsumedLCUs beside our own reckoning.

    Attributes:
        lcu_hours: consumed less reckoned.
        fitted: the answers under which the two are nearest.
        fitted_lcu_hours: consumed less reckoned under those; the shares sum to it.
        evidence: one for each open question that any hour can tell about.
        shares: by cause, those that there are.
    """

    lcu_hours: Amount
    fitted: Posed
    fitted_lcu_hours: Fraction
    evidence: tuple[Evidence, ...]
    shares: tuple[Share, ...]

    @property
    def unexplained(self) -> Fraction:
        """LCU-hours for which no cause is known."""
        return sum((each.lcu_hours for each in self.shares if each.cause is Cause.UNEXPLAINED), ZERO)


def difference(seen: Observed) -> Difference | None:
    """Compare; None where what was consumed, or what was used, is unknown."""
    if seen.consumed is None or seen.lcu_hours is None:
        return None
    number = min(range(len(seen.poses)), key=lambda each: _off(seen.hours, each))
    fitted = seen.poses[number]
    errors = [(hour, hour.sum(Metric.CONSUMED) - _reckoned(hour, number)) for hour in seen.hours]
    told = [(cause_of(hour, error, number, fitted), error) for hour, error in errors if hour.sums]
    shares = tuple(
        Share(cause, len(parts), sum(parts, ZERO))
        for cause in Cause
        if (parts := [error for each, error in told if each is cause])
    )
    return Difference(
        Amount(seen.consumed - seen.lcu_hours.high, seen.consumed - seen.lcu_hours.low),
        fitted,
        sum((error for _, error in errors), ZERO),
        tuple(_evidence(seen)),
        shares,
    )


def cause_of(hour: Hour, error: Fraction, number: int, posed: Posed) -> Cause:
    """To what an hour's difference (consumed less reckoned) may be due, under the reading of that number."""
    if not hour.under:
        return Cause.NO_USAGE if error else Cause.AGREES
    reckoned = hour.under[number]
    consumed = hour.sum(Metric.CONSUMED)
    if abs(error) <= EQUAL * max(consumed, reckoned.total):
        return Cause.AGREES
    return _less(reckoned) if error < 0 else _more(hour, error, posed, reckoned)


def _less(reckoned: Units) -> Cause:
    """Less was consumed than reckoned."""
    match reckoned.decided_by:
        case Dimension.NEW_CONNECTIONS | Dimension.ACTIVE_CONNECTIONS:
            # Both metrics hold the connections to the targets; whether those are billed AWS does not say.
            return Cause.TARGET_CONNECTIONS
        case Dimension.RULE_EVALUATIONS:
            # RequestCount misses requests for which no target was chosen, and those have free rules, too.
            return Cause.NO_TARGET
        case _:
            return Cause.UNEXPLAINED


def _more(hour: Hour, error: Fraction, posed: Posed, reckoned: Units) -> Cause:
    """More was consumed than reckoned."""
    consumed = reckoned.total + error
    # A larger key than RSA's 2,048 bits makes each new connection count several times.
    counted = [reckoned.new_connections * factor for factor in KEY_FACTOR.values() if factor > 1]
    if any(each > reckoned.total and abs(consumed - each) <= NEAR * consumed for each in counted):
        return Cause.CERTIFICATE_KEY
    # If AWS takes the highest dimension of each minute, an hour comes to more than its own highest, and at most to
    # the sum of all four.
    if consumed <= sum((each for _, each in reckoned.each()), ZERO):
        return Cause.WITHIN_THE_HOUR
    # At most every rule is billed: if few requests process most of them, what is free for the others goes to waste.
    if consumed <= hour.sum(Metric.RULE_EVALUATIONS) / SECONDS_PER_HOUR / RULES_PER_UNIT:
        return Cause.FEW_RULES
    headers = hour.sum(Metric.REQUESTS) * posed.reading.header_bytes / posed.reading.gigabyte
    if posed.mutual and error <= headers and reckoned.decided_by is Dimension.PROCESSED_BYTES:
        return Cause.CERTIFICATE_HEADERS
    return Cause.UNEXPLAINED


_ASKED: Final[tuple[tuple[str, Callable[[Posed], int | bool], Dimension], ...]] = (
    (Question.GIGABYTE.value, lambda posed: posed.reading.gigabyte, Dimension.PROCESSED_BYTES),
    (Question.LAMBDA.value, lambda posed: posed.reading.lambda_adds, Dimension.PROCESSED_BYTES),
    ("mutual_tls", lambda posed: posed.mutual, Dimension.ACTIVE_CONNECTIONS),
)


def _evidence(seen: Observed) -> Iterator[Evidence]:
    for question, answer_of, dimension in _ASKED:
        by_answer: dict[int | bool, list[int]] = {}
        for number, posed in enumerate(seen.poses):
            by_answer.setdefault(answer_of(posed), []).append(number)
        hours = [hour for hour in seen.hours if _tells(hour, by_answer.values(), dimension)]
        if hours:
            off = tuple((answer, min(_off(hours, each) for each in under)) for answer, under in by_answer.items())
            consumed = sum((hour.sum(Metric.CONSUMED) for hour in hours), ZERO)
            near = [answer for answer, missed in off if missed <= NEAR * consumed]
            yield Evidence(question, len(hours), off, near[0] if len(near) == 1 else None)


def _tells(hour: Hour, by_answer: Iterable[Sequence[int]], dimension: Dimension) -> bool:
    """Whether the one dimension decides whatever the answers, and comes to another sum with another answer."""
    if hour.may_decide != (dimension,) or not hour.sum(Metric.CONSUMED):
        return False
    return len({frozenset(hour.under[number].total for number in under) for under in by_answer}) > 1


def _reckoned(hour: Hour, number: int) -> Fraction:
    return hour.under[number].total if hour.under else ZERO


def _off(hours: Sequence[Hour], number: int) -> Fraction:
    """By how much a reading misses what was consumed, hour by hour, where there is usage."""
    met = (hour for hour in hours if hour.under)
    return sum((abs(hour.sum(Metric.CONSUMED) - hour.under[number].total) for hour in met), ZERO)
