"""What a load balancer's history came to, as data for machines.

Lives here: the names in JSON. Must not live here: what is reckoned, or the words for people (see `observed_text`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from fractions import Fraction

from originlock.cost.difference import Difference
from originlock.cost.history import History, RefusedUsd
from originlock.cost.observed import Hour, Observed, Refused
from originlock.cost.readings import Amount
from originlock.cost.reservation import (
    DECREASES_PER_DAY,
    MINIMUM,
    MOST_PER_BALANCER,
    MOST_PER_REGION,
    REGION_QUOTA,
    Option,
    Reservation,
)
from originlock.cost.units import Dimension
from originlock.errors import ExitCode
from originlock.facts.metering import BY_HOUR, Demands, Metric, Span
from originlock.facts.unknown import Unknown
from originlock.facts.usage import ZERO
from originlock.report.money import number
from originlock.report.observed_words import ADVICE, CAUSES, evidence_words

NAMES = {
    Metric.NEW_CONNECTIONS: "new_connections",
    Metric.ACTIVE_CONNECTIONS: "active_connections",
    Metric.PROCESSED_BYTES: "processed_bytes",
    Metric.LAMBDA_BYTES: "lambda_bytes",
    Metric.RULE_EVALUATIONS: "rule_evaluations",
    Metric.REQUESTS: "requests",
    Metric.CONSUMED: "consumed_lcus",
    Metric.RESERVED: "reserved_lcus",
    Metric.PEAK: "peak_lcus",
    Metric.REFUSED: "refused",
    Metric.REJECTED: "rejected",
}
"""Each metric's name in JSON."""


def observed_data(
    histories: Iterable[History], unknown: Iterable[Unknown], calls: int, *, sums: bool = True
) -> dict[str, object]:
    """All of it: ``load_balancers`` (see `history_data`), ``unknown`` (beside theirs), ``calls`` of GetMetricData.

    Args:
        histories: one for each load balancer.
        unknown: what could not be read, beside what each of them says itself.
        calls: how many calls it took.
        sums: whether each hour has the sums of its metrics, too, which a picture has no use for.
    """
    return {
        "load_balancers": [history_data(each, sums=sums) for each in histories],
        "unknown": [_unknown(each) for each in unknown],
        "calls": calls,
    }


def history_data(history: History, *, sums: bool = True) -> dict[str, object]:
    """One load balancer.

    Times are UTC, at the start of what they stand for; ``to`` is the end, which does not belong to it. An amount is a
    number where it is one, else ``[low, high]``, and null where it is unknown.
    """
    seen, balancer = history.seen, history.balancer
    as_of = history.as_of
    return {
        "name": balancer.name,
        "arn": balancer.arn,
        "region": history.prices.region,
        "from": _at(seen.span.start),
        "to": _at(seen.span.end),
        "created": None if balancer.created is None else _at(balancer.created),
        "prices_as_of": None if as_of is None else as_of.isoformat(),
        "mutual_tls": _mutual_tls(history.demands),
        "hours": [hour_data(each, seen.known, sums=sums) for each in seen.hours],
        "totals": _totals(history),
        "gaps": [{**_span(each.span), "before_creation": each.before} for each in seen.gaps],
        "difference": None if history.difference is None else _difference(history.difference),
        "reservation": _reservation(history.reservation),
        "refused": _refused(seen.refused, history.refused_usd),
        "unknown": [_unknown(each) for each in history.unknown],
    }


def hour_data(hour: Hour, known: Sequence[Metric], *, sums: bool = True) -> dict[str, object]:
    """One hour: capacity units by dimension and in all, what was consumed, and the ``sums`` of the metrics.

    Where nothing was reported, ``lcu`` and all others are null, and ``sums`` is empty: see ``gaps``.
    """
    units = dict(hour.by_dimension)
    told = {"sums": {NAMES[each]: float(hour.sums[each]) for each in BY_HOUR if each in hour.sums}} if sums else {}
    return {
        "at": _at(hour.at),
        "lcu": _or_none(hour.lcu),
        "decided_by": None if hour.decided_by is None else hour.decided_by.value,
        **{each.value: number(units[each]) if each in units else None for each in Dimension},
        "consumed": _sum(hour, Metric.CONSUMED, known),
        "reserved": _sum(hour, Metric.RESERVED, known),
        "refused": _sum(hour, Metric.REFUSED, known),
        **told,
    }


def exit_code_of_observed(histories: Iterable[History], unknown: Iterable[Unknown]) -> ExitCode:
    """Unknown where anything could not be read; a price that nobody asked for yet is no such thing."""
    missing = [*unknown, *(each for history in histories for each in history.seen.unknown)]
    return ExitCode.UNKNOWN if missing else ExitCode.DONE


def _totals(history: History) -> dict[str, object]:
    seen = history.seen
    return {
        "hours": len(seen.hours),
        "hours_with_data": sum(bool(hour.sums) for hour in seen.hours),
        "lcu_hours": _or_none(seen.lcu_hours),
        "consumed_lcu_hours": _float(seen.consumed),
        "reserved_lcu_hours": _float(seen.reserved),
        "usd": _or_none(history.lcu_usd),
        "consumed_usd": _float(history.consumed_usd),
        "hours_usd": float(history.hours_usd),
        "decided_hours": {dimension.value: hours for dimension, hours in seen.decided_hours},
        "sums": _sums(seen),
    }


def _sums(seen: Observed) -> dict[str, float]:
    """Sums over all hours; a metric that is unknown is not there."""
    return {NAMES[metric]: float(sum((hour.sum(metric) for hour in seen.hours), ZERO)) for metric in seen.known}


def _difference(found: Difference) -> dict[str, object]:
    return {
        "lcu_hours": number(found.lcu_hours),
        "fitted": {
            "gigabyte": found.fitted.reading.gigabyte,
            "lambda_adds": found.fitted.reading.lambda_adds,
            "mutual_tls": found.fitted.mutual,
            "lcu_hours": float(found.fitted_lcu_hours),
        },
        "evidence": [
            {
                "question": each.question,
                "hours": each.hours,
                "off": [{"answer": answer, "lcu_hours": float(off)} for answer, off in each.off],
                "fits": each.fits,
                "words": evidence_words(each),
            }
            for each in found.evidence
        ],
        "causes": [
            {
                "cause": each.cause.value,
                "hours": each.hours,
                "lcu_hours": float(each.lcu_hours),
                "words": CAUSES[each.cause],
            }
            for each in found.shares
        ],
        "unexplained_lcu_hours": float(found.unexplained),
    }


def _reservation(found: Reservation | Unknown) -> dict[str, object] | None:
    if isinstance(found, Unknown):
        return None
    return {
        "minimum": MINIMUM,
        "most_per_load_balancer": MOST_PER_BALANCER,
        "most_per_region": MOST_PER_REGION,
        "region_quota": REGION_QUOTA,
        "decreases_per_day": DECREASES_PER_DAY,
        "peak": _float(found.peak),
        "peak_at": None if found.peak_at is None else _at(found.peak_at),
        "minutes": _span(found.minutes),
        "needed": found.needed,
        "usd_per_month": number(found.options[0].usd_per_month),
        "on_demand_usd": float(found.on_demand_usd),
        "options": [_option(each) for each in found.options],
        "held": {
            "lcu_hours": _float(found.held),
            "idle_lcu_hours": _float(found.held_idle),
            "extra_usd": _or_none(found.held_extra_usd),
        },
        "advice": found.advice.value,
        "words": ADVICE[found.advice],
    }


def _option(option: Option) -> dict[str, object]:
    return {
        "lcu": option.lcu,
        "usd": number(option.usd),
        "extra_usd": number(option.extra_usd),
        "usd_per_month": number(option.usd_per_month),
        "extra_usd_per_month": number(option.extra_usd_per_month),
        "idle_lcu_hours": float(option.idle),
    }


def _refused(found: Refused | None, usd: RefusedUsd | None) -> dict[str, object] | None:
    if found is None or usd is None:
        return None
    return {
        "handshakes": float(found.handshakes),
        "lcu_hours": number(found.lcu_hours),
        "lcu_hours_alone": number(found.lcu_hours_alone),
        "usd": number(usd.lcu),
        "egress_gb": number(usd.egress_gb),
        "egress_usd": _or_none(usd.egress),
    }


def _mutual_tls(demands: Demands | Unknown) -> list[str] | None:
    """The modes of the listeners, each once; null where they are unknown."""
    return None if isinstance(demands, Unknown) else sorted(set(demands.modes))


def _unknown(each: Unknown) -> dict[str, str]:
    return {"what": each.what, "reason": each.reason}


def _span(span: Span) -> dict[str, object]:
    return {"from": _at(span.start), "to": _at(span.end)}


def _at(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _sum(hour: Hour, metric: Metric, known: Sequence[Metric]) -> float | None:
    """Where others were reported, one that was not is 0."""
    return float(hour.sum(metric)) if hour.sums and metric in known else None


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _or_none(amount: Amount | None) -> float | list[float] | None:
    return None if amount is None else number(amount)
