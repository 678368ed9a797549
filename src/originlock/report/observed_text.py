"""A load balancer's history for people: a short screen, or Markdown.

Lives here: what is worth telling, and in which order. Must not live here: what is reckoned, or how a sheet is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from originlock.cost.difference import Cause, Difference
from originlock.cost.history import History
from originlock.cost.observed import Gap, Hour
from originlock.cost.readings import Amount
from originlock.cost.reservation import MINIMUM, MOST_PER_REGION, REGION_QUOTA, Reservation
from originlock.cost.units import Dimension
from originlock.facts.metering import HOUR, Metric, Span
from originlock.facts.unknown import Unknown
from originlock.facts.usage import ZERO
from originlock.report.amounts import dollars, many, plain, quantity
from originlock.report.estimate import price_remarks
from originlock.report.observed_words import ADVICE, CAUSES, evidence_words
from originlock.report.sheet import Part, Row, Sheet

DIMENSIONS: Final = {
    Dimension.NEW_CONNECTIONS: "new connections",
    Dimension.ACTIVE_CONNECTIONS: "active connections",
    Dimension.PROCESSED_BYTES: "processed bytes",
    Dimension.RULE_EVALUATIONS: "rule evaluations",
}

BLOCK: Final = 4
"""Hours of the day in one row of the table: six rows fit a screen."""

_SHOWN: Final = 4
"""Gaps, and things that are unknown, in words; of more it is said how many."""


def observed_sheets(histories: Iterable[History], unknown: Sequence[Unknown], calls: int) -> tuple[Sheet, ...]:
    """One sheet for each load balancer, and one for what could not be read of others."""
    sheets = [observed_sheet(each) for each in histories]
    if unknown:
        sheets.append(Sheet("Not told", (), (Part("Unknown", remarks=_unknown_words(unknown)),)))
    last = sheets[-1]
    asked = Part("Asked", remarks=(f"{many(Fraction(calls), 'call')} of CloudWatch's GetMetricData",))
    return (*sheets[:-1], Sheet(last.title, last.lead, (*last.parts, asked)))


def observed_sheet(history: History) -> Sheet:
    """All that is worth telling of one load balancer."""
    seen = history.seen
    return Sheet(
        f"{history.balancer.name} in {history.prices.region}: {_span(seen.span)}",
        _lead(history),
        (
            _deciders(history),
            _day(seen.hours),
            Part("What AWS consumed, beside what its formula gives", remarks=_difference(history)),
            Part("TLS handshakes that never got through", remarks=_refused(history)),
            Part("A reservation", remarks=_reservation(history.reservation)),
            Part("Hours without data", remarks=_gaps(seen.gaps)),
            Part("Unknown", remarks=_unknown_words(history.unknown)),
            Part("Prices", remarks=_prices(history)),
        ),
    )


def _lead(history: History) -> tuple[str, ...]:
    seen = history.seen
    lines = []
    if seen.consumed is not None and history.consumed_usd is not None:
        used = f"{plain(seen.consumed)} LCU-hours (${dollars(history.consumed_usd)})"
        lines.append(f"AWS consumed {used}, and ${dollars(history.hours_usd)} for the hours")
    if seen.lcu_hours is not None and history.lcu_usd is not None:
        lines.append(f"its formula gives {quantity(seen.lcu_hours)} LCU-hours (${dollars(history.lcu_usd)})")
    if seen.reserved:
        lines.append(f"{plain(seen.reserved)} LCU-hours were reserved")
    return tuple(lines) or ("what was consumed and what was used could not be read",)


def _deciders(history: History) -> Part:
    hours = [hour for hour in history.seen.hours if hour.lcu is not None]
    rows = []
    for dimension, number in sorted(history.seen.decided_hours, key=lambda each: -each[1]):
        if number:
            met = [hour for hour in hours if hour.decided_by is dimension]
            top = max(met, key=_high)
            lcu = sum((_high(hour) for hour in met), ZERO)
            rows.append(
                Row((DIMENSIONS[dimension], f"{number:,}", plain(lcu), f"{plain(_high(top))} at {top.at:%d %b %H:%M}"))
            )
    return Part("What decided", ("", "hours", "LCU-hours", "highest hour (UTC)"), tuple(rows))


def _day(hours: Sequence[Hour]) -> Part:
    rows = []
    for start in range(0, 24, BLOCK):
        met = [hour for hour in hours if hour.lcu is not None and start <= hour.at.hour < start + BLOCK]
        if not met:
            continue
        mean = sum((_high(hour) for hour in met), ZERO) / len(met)
        most = max(Dimension, key=lambda each: sum(hour.decided_by is each for hour in met))
        refused = sum((hour.sum(Metric.REFUSED) for hour in met), ZERO)
        rows.append(
            Row(
                (
                    f"{start:02}:00 to {start + BLOCK:02}:00",
                    plain(mean),
                    plain(max(_high(hour) for hour in met)),
                    DIMENSIONS[most],
                    plain(refused),
                )
            )
        )
    return Part("By hour of the day (UTC)", ("", "mean LCU", "highest", "mostly decided by", "refused"), tuple(rows))


def _difference(history: History) -> tuple[str, ...]:
    found = history.difference
    if found is None:
        return ("cannot be told: what was consumed, or what was used, is unknown",)
    return (
        f"consumed less reckoned: {_signed(found.lcu_hours)} LCU-hours; at best fit {_sign(found.fitted_lcu_hours)}",
        *(evidence_words(each) for each in found.evidence),
        *_shares(found),
        *_mutual(history),
    )


def _shares(found: Difference) -> tuple[str, ...]:
    told = []
    for each in found.shares:
        hours = many(Fraction(each.hours), "hour")
        told.append(f"{hours}, {_sign(each.lcu_hours)} LCU-hours: {CAUSES[each.cause]}")
    if not any(each.cause is Cause.UNEXPLAINED for each in found.shares):
        told.append("nothing is left unexplained")
    return tuple(told)


def _mutual(history: History) -> tuple[str, ...]:
    demands = history.demands
    if isinstance(demands, Unknown):
        return (f"{demands.what}: {demands.reason}; so it was reckoned with mutual TLS and without",)
    modes = sorted(set(demands.modes))
    if modes == ["off"] or not modes:
        return ()
    both = "; so it was reckoned with mutual TLS and without" if modes != ["verify"] else ""
    return (f"mutual TLS of the listeners now: {', '.join(modes)}{both}",)


def _refused(history: History) -> tuple[str, ...]:
    found, usd = history.seen.refused, history.refused_usd
    if found is None or usd is None:
        return ("cannot be told: metrics could not be read",)
    if not found.handshakes:
        return ("none was counted",)
    egress = "" if usd.egress is None else f" (${dollars(usd.egress)})"
    without = f"without them there would be {quantity(found.lcu_hours)} LCU-hours less (${dollars(usd.lcu)})"
    return (
        f"{plain(found.handshakes)} (ClientTLSNegotiationErrorCount: refused certificates, and every other TLS error)",
        f"{without}; nothing less if AWS does not bill them, which it does not say",
        f"alone they would come to {quantity(found.lcu_hours_alone)} LCU-hours: the rest hides behind what decides",
        f"{quantity(usd.egress_gb)} GB left within them{egress}",
    )


def _reservation(found: Reservation | Unknown) -> tuple[str, ...]:
    if isinstance(found, Unknown):
        return (f"{found.what} is unknown: {found.reason}",)
    told = [ADVICE[found.advice]]
    if found.peak is not None and found.peak_at is not None:
        told.append(
            f"highest minute since {found.minutes.start:%d %b %H:%M}: {plain(found.peak)} LCU (Sum of PeakLCUs) at"
            f" {found.peak_at:%d %b %H:%M} UTC"
        )
    for each in found.options:
        which = "the smallest" if each.lcu == MINIMUM else "what that minute needed"
        added = _signed(each.extra_usd_per_month, "$")
        told.append(f"{each.lcu:,} LCU ({which}): ${dollars(each.usd_per_month)} a month, {added} beside none")
    if found.held and found.held_idle is not None and found.held_extra_usd is not None:
        told.append(
            f"what was reserved cost {_signed(found.held_extra_usd, '$')} beside none; {plain(found.held_idle)} of"
            f" {plain(found.held)} LCU-hours were not used"
        )
    told.append(
        f"a Region may reserve {MOST_PER_REGION} LCU by default: raise the quota {REGION_QUOTA} first; a reservation is"
        " lowered at most twice a day"
    )
    return tuple(told)


def _gaps(gaps: Sequence[Gap]) -> tuple[str, ...]:
    told = []
    for each in gaps[:_SHOWN]:
        why = "before it was made" if each.before else "no request, or no data"
        told.append(f"{many(Fraction(each.span.steps(HOUR)), 'hour')} from {each.span.start:%d %b %H:%M}: {why}")
    if len(gaps) > _SHOWN:
        rest = sum(each.span.steps(HOUR) for each in gaps[_SHOWN:])
        told.append(f"and {many(Fraction(len(gaps) - _SHOWN), 'gap')} more, {many(Fraction(rest), 'hour')} (-o json)")
    return tuple(told)


def _unknown_words(unknown: Sequence[Unknown]) -> tuple[str, ...]:
    told = [f"{each.what}: {each.reason}" for each in unknown[:_SHOWN]]
    if len(unknown) > _SHOWN:
        told.append(f"and {len(unknown) - _SHOWN} more (-o json)")
    return tuple(told)


def _prices(history: History) -> tuple[str, ...]:
    return price_remarks([history.prices.price(each) for each in history.items], history.transfer)


def _span(span: Span) -> str:
    return f"{span.start:%d %b %Y %H:%M} to {span.end:%d %b %Y %H:%M} UTC"


def _high(hour: Hour) -> Fraction:
    return ZERO if hour.lcu is None else hour.lcu.high


def _signed(amount: Amount, unit: str = "") -> str:
    """An interval with its signs."""
    low, high = _sign(amount.low, unit), _sign(amount.high, unit)
    return low if low == high else f"{low} to {high}"


def _sign(value: Fraction, unit: str = "") -> str:
    shown = dollars(abs(value)) if unit else plain(abs(value))
    return f"{'-' if value < 0 else '+'}{unit}{shown}" if value else f"{unit}0"
