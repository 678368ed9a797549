"""Histories as `cost observe -o json` prints them, made up for pages."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable

START = datetime.datetime(2026, 8, 25, tzinfo=datetime.UTC)

FLOOD_AT = 700
"""The hour in which many are refused."""


def swell(hour: int) -> dict[str, object]:
    """Days and nights, one gap, one flood."""
    if hour % 500 in range(20, 27):
        return {"lcu": None, "decided_by": None, "consumed": None, "reserved": None, "refused": None}
    bytes_ = 4 + 3 * math.sin(hour / 24 * 2 * math.pi)
    flooded = hour == FLOOD_AT
    return {
        "lcu": 40.0 if flooded else [bytes_ * 0.93, bytes_],
        "decided_by": "new_connections" if flooded else "processed_bytes",
        "consumed": 40.0 if flooded else bytes_,
        "reserved": 0.0,
        "refused": 3_600_000.0 if flooded else float(hour % 7),
    }


def nothing(_hour: int) -> dict[str, object]:
    """Hours that were reported, in which nothing was."""
    return {"lcu": 0.0, "decided_by": None, "consumed": 0.0, "reserved": 0.0, "refused": 0.0}


def gap(_hour: int) -> dict[str, object]:
    """Hours of which nothing was reported."""
    return {"lcu": None, "decided_by": None, "consumed": None, "reserved": None, "refused": None}


def balancer(
    name: str = "shop", hours: int = 2160, told: Callable[[int], dict[str, object]] = swell
) -> dict[str, object]:
    """One load balancer."""
    end = START + datetime.timedelta(hours=hours)
    return {
        "name": name,
        "arn": f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/{name}/50dc6c495c0c9188",
        "region": "eu-west-1",
        "from": at(START),
        "to": at(end),
        "prices_as_of": "2026-07-03",
        "hours": [{"at": at(START + datetime.timedelta(hours=each)), **told(each)} for each in range(hours)],
        "totals": {
            "hours": hours,
            "hours_with_data": hours,
            "lcu_hours": [8035.5, 8640.4],
            "consumed_lcu_hours": 8640.4,
            "usd": [64.28, 69.12],
            "hours_usd": 54.43,
            "decided_hours": {"new_connections": 1, "processed_bytes": hours - 1},
            "sums": {"new_connections": 3.6e6 * hours / 24, "processed_bytes": 4e9 * hours, "requests": 3.6e5 * hours},
        },
        "gaps": [{"from": at(START), "to": at(START), "before_creation": True}],
        "difference": {
            "evidence": [{"words": "a GB is 1,000,000,000 bytes: so say 2,078 hours"}],
            "causes": [{"words": "as reckoned, within 1 %", "hours": hours, "lcu_hours": -0.01}],
        },
        "reservation": {
            "peak": 368.0,
            "peak_at": "2026-11-09T10:59Z",
            "words": "not worth it",
            "options": [
                {"lcu": 100, "usd_per_month": [584.6, 662.4], "extra_usd_per_month": 481, "idle_lcu_hours": 177e3}
            ],
        },
        "refused": {
            "handshakes": 3.6e6,
            "lcu_hours": [0, 36],
            "lcu_hours_alone": [0, 40],
            "usd": [0, 0.29],
            "egress_gb": [10, 18],
            "egress_usd": [0.9, 1.62],
        },
        "unknown": [{"what": "RejectedConnectionCount", "reason": "AWS did not answer"}],
    }


def observed(*balancers: dict[str, object]) -> dict[str, object]:
    """What is printed of some load balancers."""
    return {"load_balancers": list(balancers), "unknown": [], "calls": 2}


def at(moment: datetime.datetime) -> str:
    """As it is printed."""
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")
