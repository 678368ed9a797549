"""Capacity units (LCU, NLCU, GLCU) of one hour: four dimensions, of which the highest is charged.

Lives here: what one unit covers, with sources, and the dimensions of an hour.
Must not live here: prices (see `bill`).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import msgspec

from originlock.cost.readings import Reading
from originlock.facts.usage import SECONDS_PER_HOUR, ZERO, Kind, Usage

FREE_RULES: Final = 10
"""Rules that each request may process without charge (AWS, Elastic Load Balancing pricing, 2026-09-20)."""

RULES_PER_UNIT: Final = 1000
"""Rule evaluations a second (the same page)."""

ALB_ACTIVE: Final = 3000
ALB_ACTIVE_MUTUAL: Final = 1500
"""Active connections, sampled a minute: 3,000, and 1,500 "while using Mutual TLS" (the same page)."""

LAMBDA_GB: Final = Fraction(4, 10)
"""GB an hour for Lambda targets (the same page)."""


class ServerKey(enum.Enum):
    """How large the key of the listener's certificate is: the larger, the fewer handshakes one unit covers.

    Of a listener with several certificates each handshake is charged by the one that it chose; the largest is dearest.
    """

    COMMON = "rsa-2048"
    """RSA up to 2,048 bits, ECDSA up to 256."""
    LARGE = "rsa-4096"
    """RSA up to 4,096 bits, ECDSA up to 384."""
    LARGER = "rsa-8192"
    """RSA up to 8,192 bits, ECDSA up to 521."""
    LARGEST = "larger"


KEY_FACTOR: Final = {
    ServerKey.COMMON: 1,
    ServerKey.LARGE: 5,
    ServerKey.LARGER: 25,
    ServerKey.LARGEST: 100,
}
"""How many times as much a new connection counts: one LCU covers 25, 5, 1 or 0.25 of them a second, and "certificate
key size affects only the number of new connections per second" (AWS, Elastic Load Balancing FAQs; a public copy, its
questions still there in 2026). Said of Application Load Balancers alone."""


class Covered(msgspec.Struct, frozen=True):
    """What one unit covers, besides 1 GB an hour.

    Attributes:
        new_connections: new connections or flows a second.
        active: active connections or flows, averaged over the minutes.
    """

    new_connections: int
    active: int


COVERED: Final = {
    Kind.ALB: Covered(25, ALB_ACTIVE),
    Kind.NLB_TCP: Covered(800, 100_000),
    Kind.NLB_UDP: Covered(400, 50_000),
    Kind.NLB_TLS: Covered(50, 3000),
    Kind.GWLB: Covered(600, 60_000),
}
"""AWS, Elastic Load Balancing pricing, 2026-09-20."""


class Dimension(enum.Enum):
    """What is measured; the value is its name in JSON. Of two that are equal, the first is said to decide."""

    NEW_CONNECTIONS = "new_connections"
    ACTIVE_CONNECTIONS = "active_connections"
    PROCESSED_BYTES = "processed_bytes"
    RULE_EVALUATIONS = "rule_evaluations"


class Units(msgspec.Struct, frozen=True):
    """The capacity units of one hour in each dimension; fractions are charged as they are.

    A billing sample has 0.00200749 LCU-hours for $0.0000160599: nothing is rounded up.
    """

    new_connections: Fraction
    active_connections: Fraction
    processed_bytes: Fraction
    rule_evaluations: Fraction

    def each(self) -> tuple[tuple[Dimension, Fraction], ...]:
        """Every dimension with its units, in the order in which ties are told."""
        return (
            (Dimension.NEW_CONNECTIONS, self.new_connections),
            (Dimension.ACTIVE_CONNECTIONS, self.active_connections),
            (Dimension.PROCESSED_BYTES, self.processed_bytes),
            (Dimension.RULE_EVALUATIONS, self.rule_evaluations),
        )

    @property
    def total(self) -> Fraction:
        """What is charged: the highest. "You are charged only on the dimension with the highest usage" (AWS)."""
        return max(units for _, units in self.each())

    @property
    def decided_by(self) -> Dimension | None:
        """The dimension that is charged; None where there was no usage."""
        dimension, units = max(self.each(), key=_units_alone)
        return dimension if units else None


def _units_alone(each: tuple[Dimension, Fraction]) -> Fraction:
    return each[1]


def evaluations(requests: Fraction, rules: Fraction) -> Fraction:
    """Rules processed a second: at least those that are free, since no request can lend to others what it leaves.

    Args:
        requests: a second.
        rules: that each of them processes.
    """
    return requests * max(rules, Fraction(FREE_RULES))


def units(
    kind: Kind, usage: Usage, reading: Reading, *, mutual: bool = False, key: ServerKey = ServerKey.COMMON
) -> Units:
    """The capacity units of an hour.

    Args:
        kind: of load balancer; only an ALB has Lambda targets, rules, mutual TLS and keys that count: of others these
            are ignored.
        usage: of the hour, its bytes as the load balancer counts them (see `with_headers`).
        reading: the answers to what AWS leaves open.
        mutual: the listener uses mutual TLS.
        key: of the listener's certificate; of a listener without TLS `ServerKey.COMMON`.
    """
    covered = COVERED[kind]
    bytes_ = Fraction(usage.bytes, reading.gigabyte)
    if kind is not Kind.ALB:
        return Units(
            usage.new_connections / covered.new_connections,
            usage.active / covered.active,
            bytes_,
            rule_evaluations=ZERO,
        )
    lambda_ = usage.lambda_bytes / reading.gigabyte / LAMBDA_GB
    return Units(
        usage.new_connections * KEY_FACTOR[key] / covered.new_connections,
        usage.active / (ALB_ACTIVE_MUTUAL if mutual else covered.active),
        bytes_ + lambda_ if reading.lambda_adds else max(bytes_, lambda_),
        max(ZERO, usage.evaluations - FREE_RULES * usage.requests) / RULES_PER_UNIT,
    )


def with_headers(usage: Usage, reading: Reading) -> Usage:
    """The same usage once listeners verify: ALB inserts certificate headers into each request, and charges for them.

    "Data processed includes the bytes for the certificate metadata that the load balancer inserts into headers for
    every request routed to the targets" (AWS, Elastic Load Balancing pricing). They are counted among the bytes of
    targets that are no Lambda functions: how many requests went to which is not known here. Where all of them go to
    Lambda, one unit would cover less than half as many of these bytes.
    """
    more = usage.requests * SECONDS_PER_HOUR * reading.header_bytes
    return msgspec.structs.replace(usage, bytes=usage.bytes + more)


def marginal(
    kind: Kind,
    everyone: Usage,
    part: Usage,
    reading: Reading,
    *,
    mutual: bool = False,
    key: ServerKey = ServerKey.COMMON,
) -> Fraction:
    """The units that a class of clients is the cause of: all of them, less what there would be without it.

    Never more than the class would have alone: the highest dimension of a sum is at most the sum of the highest. Never
    less than nothing, as long as no class processes fewer rules than are free (see `evaluations`).

    Args:
        kind: of load balancer.
        everyone: the hour's usage, the class included.
        part: the usage of the class.
        reading: the answers to what AWS leaves open.
        mutual: the listener uses mutual TLS.
        key: of the listener's certificate.
    """
    rest = everyone + part.times(Fraction(-1))
    with_it = units(kind, everyone, reading, mutual=mutual, key=key).total
    return with_it - units(kind, rest, reading, mutual=mutual, key=key).total


def unit_hours(series: Sequence[Units]) -> Fraction:
    """LCU-hours of several hours: each hour has a highest dimension of its own."""
    return sum((each.total for each in series), ZERO)
