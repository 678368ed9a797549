"""What the locks of a plan cost and keep from costing: one quiet line for people, and the numbers for machines.

Lives here: the words and the data. Must not live here: what is reckoned (see `originlock.cost.locks`).
"""

from __future__ import annotations

from fractions import Fraction

from originlock.cost.locks import FLOOD, LockCosts, Unpriced
from originlock.cost.readings import Amount
from originlock.cost.storm import Harm, Posture, Storm
from originlock.facts.words import count
from originlock.report.document import Line, Tone


def lock_cost_line(costs: LockCosts | Unpriced) -> Line:
    """One line on one Region's origins."""
    if isinstance(costs, Unpriced):
        return Line(f"cost: not known: {costs.why}; {costs.remedy}", Tone.QUIET)
    parts = [f"a month {_usd(costs.usd_per_month, signed=True)}{_stores(costs)}"]
    if costs.usd_per_million is not None:
        parts.append(f"up to {_usd(costs.usd_per_million.high)} per million requests for certificate headers")
    if costs.flood is not None:
        now, then = (_harm(costs.flood, each).total_usd for each in (Posture.OPEN, costs.worst))
        parts.append(f"an hour of {int(FLOOD.rate):,} connections/s round the edge: {_range(now)} with the door open")
        parts[-1] += f", {_range(then)} after this"
    return Line(f"cost: {'; '.join(parts)} ({costs.prices.region}, prices of {costs.as_of})", Tone.QUIET)


def lock_cost_data(every: tuple[LockCosts | Unpriced, ...]) -> list[dict[str, object]]:
    """For each Region: what is added a month, for a million requests, and what a flood adds in each posture."""
    return [_unpriced(each) if isinstance(each, Unpriced) else _priced(each) for each in every]


def _unpriced(each: Unpriced) -> dict[str, object]:
    return {"region": each.region or None, "unknown": each.why, "remedy": each.remedy}


def _priced(costs: LockCosts) -> dict[str, object]:
    return {
        "region": costs.prices.region,
        "prices_as_of": str(costs.as_of),
        "origins": [each.origin for each in costs.origins],
        "network_lock": {"usd_per_month": 0},
        "identity_lock": {
            "trust_stores": costs.trust_stores,
            "usd_per_month": float(costs.usd_per_month),
            "usd_per_million_requests": None if costs.usd_per_million is None else _number(costs.usd_per_million),
        },
        "flood": None if costs.flood is None else _flood(costs.flood, costs.worst),
    }


def _flood(flood: Storm, worst: Posture) -> dict[str, object]:
    return {
        "connections_per_second": float(FLOOD.rate),
        "hours": float(FLOOD.hours),
        "usd": _number(_harm(flood, Posture.OPEN).total_usd),
        "usd_locked": _number(_harm(flood, worst).total_usd),
    }


def _harm(flood: Storm, posture: Posture) -> Harm:
    return next(each for each in flood.harms if each.posture is posture)


def _stores(costs: LockCosts) -> str:
    number = abs(costs.trust_stores)
    return f" ({count(number, 'trust store')}{' less' if costs.trust_stores < 0 else ''})" if number else ""


def _number(amount: Amount) -> float | list[float]:
    return float(amount.low) if amount.exact else [float(amount.low), float(amount.high)]


def _range(amount: Amount) -> str:
    return _usd(amount.low) if amount.exact else f"{_usd(amount.low)} to {_usd(amount.high)}"


def _usd(dollars: Fraction, *, signed: bool = False) -> str:
    sign = "-" if dollars < 0 else "+" if signed else ""
    return f"{sign}${abs(float(dollars)):,.2f}"
