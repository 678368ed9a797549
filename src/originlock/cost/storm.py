"""What a flood costs that goes round the edge, with the door open, with mutual TLS, and with the network lock.

Lives here: the flood's usage in each posture, on top of a normal load, with every assumption a field of it.
Must not live here: what an ordinary hour costs (see `estimate`).

What is told of each posture is what the flood adds: the bill with it, less the bill without it, hour by hour. Where the
normal load already pays for a dimension, a flood in another one is free up to it.
"""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import Final, assert_never

import msgspec

from originlock.cost.bill import UNIT_PRICE
from originlock.cost.egress import transfer_usd
from originlock.cost.readings import Amount, Question, Reading, hull
from originlock.cost.units import ServerKey, evaluations, units, with_headers
from originlock.facts.prices import RegionPrices
from originlock.facts.usage import SECONDS_PER_HOUR, ZERO, Kind, Usage

OPEN: Final = (Question.GIGABYTE, Question.REFUSED, Question.HEADERS, Question.HANDSHAKE)
"""What a flood's price may depend on; of Lambda targets it says nothing."""


class Posture(enum.Enum):
    """How much of the door is open; the value is its name in JSON."""

    OPEN = "open"
    MUTUAL_TLS = "mtls"
    SECURITY_GROUP = "security_group"


class Flood(msgspec.Struct, frozen=True):
    """A flood that knows the origin's own name.

    Connections that the load balancer opens to targets because of it are not in it: metrics count them, but it keeps
    them open for many requests, and how many is not told.

    Attributes:
        rate: connections a second.
        hours: for how long; it starts with an hour of the bill, which is dearest: of a flood that lies across two hours
            the normal load hides more.
        requests_per_connection: HTTP requests on each.
        request_bytes: of each request, as ALB counts them.
        response_bytes: of each response; what leaves for the internet.
        open_seconds: for how long each connection stays open.
        rules: rules processed for each request.
    """

    rate: Fraction
    hours: Fraction
    requests_per_connection: Fraction = Fraction(1)
    request_bytes: Fraction = Fraction(500)
    response_bytes: Fraction = Fraction(5000)
    open_seconds: Fraction = Fraction(1)
    rules: Fraction = Fraction(1)


class Harm(msgspec.Struct, frozen=True):
    """What a flood adds in one posture.

    Attributes:
        posture: how much of the door is open.
        lcu: LCU-hours.
        lcu_usd: dollars for them.
        egress_gb: GB out to the internet.
        egress_usd: dollars for them.
    """

    posture: Posture
    lcu: Amount
    lcu_usd: Amount
    egress_gb: Amount
    egress_usd: Amount
    total_usd: Amount


class Storm(msgspec.Struct, frozen=True):
    """A flood, and what it adds in each posture.

    Attributes:
        prices: the Region's.
        flood: what comes.
        normal: an hour of the normal load, certificate headers not among its bytes.
        already_gb: GB that went out to the internet before in this month.
        harms: one for each posture.
        key: of the listener's certificate.
    """

    prices: RegionPrices
    flood: Flood
    normal: Usage
    already_gb: Fraction
    harms: tuple[Harm, ...]
    key: ServerKey = ServerKey.COMMON


def storm(
    prices: RegionPrices,
    flood: Flood,
    normal: Usage,
    already_gb: Fraction | None = None,
    *,
    key: ServerKey = ServerKey.COMMON,
) -> Storm:
    """Reckon what a flood adds in each posture.

    Args:
        prices: of the Region.
        flood: what comes.
        normal: an hour of the normal load.
        already_gb: GB out before in this month; None: as many as are free.
        key: of the listener's certificate: handshakes are what most floods are charged by.

    Raises:
        UsageError: a price that is needed is not known in this Region.
    """
    already = prices.transfer().free_gb if already_gb is None else already_gb
    asked = Storm(prices, flood, normal, already, (), key)
    return msgspec.structs.replace(asked, harms=tuple(_harm(each, asked) for each in Posture))


def _harm(posture: Posture, asked: Storm) -> Harm:
    price, egress = asked.prices.usd(UNIT_PRICE[Kind.ALB]), asked.prices.transfer()

    def lcu(reading: Reading) -> Fraction:
        return added_units(posture, asked.flood, asked.normal, reading, asked.key)

    def gb(reading: Reading) -> Fraction:
        return sent_bytes(posture, asked.flood, reading) / reading.gigabyte

    def out_usd(reading: Reading) -> Fraction:
        return transfer_usd(egress, gb(reading), asked.already_gb)

    added = hull(lcu, OPEN)
    return Harm(
        posture,
        added,
        added.times(price),
        hull(gb, OPEN),
        hull(out_usd, OPEN),
        hull(lambda reading: lcu(reading) * price + out_usd(reading), OPEN),
    )


def added_units(
    posture: Posture, flood: Flood, normal: Usage, reading: Reading, key: ServerKey = ServerKey.COMMON
) -> Fraction:
    """LCU-hours that a flood adds to the normal load's, over all its hours."""
    mutual = posture is Posture.MUTUAL_TLS
    usual = with_headers(normal, reading) if mutual else normal
    before = units(Kind.ALB, usual, reading, mutual=mutual, key=key).total
    coming = flooding(posture, flood, reading)
    whole, rest = divmod(flood.hours, 1)
    full = units(Kind.ALB, usual + coming, reading, mutual=mutual, key=key).total - before
    # The last hour is not full: its averages are over sixty minutes all the same.
    last = units(Kind.ALB, usual + coming.times(rest), reading, mutual=mutual, key=key).total - before
    return whole * full + last


def flooding(posture: Posture, flood: Flood, reading: Reading) -> Usage:
    """The usage that a full hour of the flood comes to, as the load balancer counts it."""
    match posture:
        case Posture.OPEN:
            requests = flood.rate * flood.requests_per_connection
            return Usage(
                new_connections=flood.rate,
                active=flood.rate * flood.open_seconds,
                bytes=requests * SECONDS_PER_HOUR * (flood.request_bytes + flood.response_bytes),
                requests=requests,
                evaluations=evaluations(requests, flood.rules),
            )
        case Posture.MUTUAL_TLS:
            # Refused within the handshake: no request is ever read. Whether such connections are billed is open.
            if not reading.refused_count:
                return Usage()
            return Usage(new_connections=flood.rate, active=flood.rate * min(flood.open_seconds, REFUSED_WITHIN))
        case Posture.SECURITY_GROUP:
            # Packets are dropped before the listener. No sentence of AWS's says it; it follows from where they end.
            return Usage()
        case _:
            assert_never(posture)


REFUSED_WITHIN: Final = Fraction(1)
"""Seconds that a refused handshake may stay open, at most what an admitted connection does: our assumption."""


def sent_bytes(posture: Posture, flood: Flood, reading: Reading) -> Fraction:
    """Bytes that leave for the internet because of the flood, handshakes included."""
    connections = flood.rate * flood.hours * SECONDS_PER_HOUR
    match posture:
        case Posture.OPEN:
            return connections * (reading.handshake_bytes + flood.requests_per_connection * flood.response_bytes)
        case Posture.MUTUAL_TLS:
            # The load balancer's part of the handshake has gone out before the client's certificate is missed.
            return connections * reading.handshake_bytes
        case Posture.SECURITY_GROUP:
            return ZERO
        case _:
            assert_never(posture)
