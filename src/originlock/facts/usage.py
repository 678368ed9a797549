"""What a load balancer was used for, hour by hour, wherever it was learned: figures, metrics, a scenario, later logs.

Lives here: the one type that every source of usage comes to.
Must not live here: what it costs (see `originlock.cost`), or how it is asked for.
"""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import Final

import msgspec

MINUTES_PER_HOUR: Final = 60
SECONDS_PER_HOUR: Final = 3600

ZERO: Final = Fraction(0)


class Kind(enum.Enum):
    """What kind of load balancer, as far as its capacity units differ."""

    ALB = "alb"
    NLB_TCP = "nlb-tcp"
    NLB_UDP = "nlb-udp"
    NLB_TLS = "nlb-tls"
    GWLB = "gwlb"


class Usage(msgspec.Struct, frozen=True):
    """One hour of one load balancer, or of one class of its clients; nothing in it is negative.

    Exact numbers, so that the same usage is the same whatever unit it was given in, and sums do not drift.

    Attributes:
        new_connections: TCP connections (or flows) opened a second, averaged over the hour.
        active: connections open, averaged over the sixty minutes.
        bytes: bytes processed in the hour, those of Lambda targets apart.
        lambda_bytes: bytes processed in the hour for Lambda targets.
        requests: HTTP requests a second, averaged over the hour.
        evaluations: rules processed a second, those that are free included. Where classes of clients are added, each
            request stands in it for at least its free ones: what it leaves of them is not lent to others.
    """

    new_connections: Fraction = ZERO
    active: Fraction = ZERO
    bytes: Fraction = ZERO
    lambda_bytes: Fraction = ZERO
    requests: Fraction = ZERO
    evaluations: Fraction = ZERO

    def __add__(self, other: Usage) -> Usage:
        """Two classes of clients in the same hour."""
        return Usage(*(mine + its for mine, its in zip(self.numbers(), other.numbers(), strict=True)))

    def times(self, share: Fraction) -> Usage:
        """The usage of a share of the clients (0 to 1), or of a part of the hour."""
        return Usage(*(each * share for each in self.numbers()))

    def numbers(self) -> tuple[Fraction, ...]:
        """The numbers alone, in the order of the attributes."""
        return (self.new_connections, self.active, self.bytes, self.lambda_bytes, self.requests, self.evaluations)
