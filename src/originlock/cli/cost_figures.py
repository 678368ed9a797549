"""From options of `cost estimate` and `cost storm` to what is reckoned, and every way in which they do not fit.

Lives here: which option is which quantity, and which go together. Must not live here: units (see `intent.quantities`).
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Final

from originlock.cost.bill import Owned
from originlock.cost.estimate import Figures
from originlock.cost.storm import Flood
from originlock.cost.units import ServerKey, evaluations
from originlock.errors import UsageError
from originlock.facts.prices import RegionPrices
from originlock.facts.usage import SECONDS_PER_HOUR, ZERO, Kind, Usage
from originlock.intent.policy import Place
from originlock.intent.quantities import BYTES, MONTH_BOUND, YEAR, Bound, count, duration, flow, rate, size, whole

RULES: Final = Bound(Fraction(10_000), "10,000", "a load balancer has 100 rules, unless AWS raised its quota")
"""AWS, Elastic Load Balancing quotas: rules per Application Load Balancer, 100, adjustable."""

PER_CONNECTION: Final = Bound(Fraction(10**6), "1,000,000", "no load balancer keeps a connection for so many requests")

MOST_STORES: Final = 100
"""A load balancer has two listeners that verify, unless AWS raised the quota, each with one trust store."""

MOST_ADDRESSES: Final = 10_000
MOST_ZONES: Final = 20
"""No Region has more than six zones."""

MOST_OPEN: Final = 24 * SECONDS_PER_HOUR
"""Seconds for which a connection may be open: our bound; a flood's hours are reckoned as steady ones."""

MOST_FLOODED: Final = 10**17
"""Bytes an hour of a whole flood: some 200 terabits a second, our bound."""

KIND_WORDS: Final = {
    Kind.NLB_TCP: "a Network Load Balancer",
    Kind.NLB_UDP: "a Network Load Balancer",
    Kind.NLB_TLS: "a Network Load Balancer",
    Kind.GWLB: "a Gateway Load Balancer",
}


@dataclasses.dataclass(frozen=True)
class SaidUsage:
    """An hour's usage as it was typed; None where nothing was."""

    new_connections: str | None = None
    active: str | None = None
    bytes: str | None = None
    requests: str | None = None
    lambda_bytes: str | None = None
    rules: str | None = None


@dataclasses.dataclass(frozen=True)
class SaidOwned:
    """What is paid for by the hour, and the listeners, as it was typed; None where nothing was."""

    kind: str
    mtls: bool
    key: str | None = None
    trust_stores: str | None = None
    ipv4: str | None = None
    zones: str | None = None


@dataclasses.dataclass(frozen=True)
class SaidFlood:
    """A flood as it was typed; None where nothing was."""

    rate: str
    lasting: str
    requests_per_connection: str | None = None
    request_bytes: str | None = None
    response_bytes: str | None = None
    open_seconds: str | None = None
    rules: str | None = None


def figures_of(owned: SaidOwned, usage: SaidUsage, bypass: SaidUsage) -> Figures:
    """What an estimate is to reckon.

    Raises:
        UsageError: an option is wrong, or two do not go together.
    """
    kind = Kind(owned.kind)
    _refuse_others(kind, owned, usage, bypass)
    whole_ = usage_of(usage, "--")
    # Who comes round the edge is judged by the same rules as everybody.
    part = usage_of(
        dataclasses.replace(bypass, rules=usage.rules if bypass.requests is not None else None), "--bypass-"
    )
    _refuse_more_than_all(whole_, part)
    return Figures(_owned(kind, owned), whole_, owned.mtls, part, key_of(owned.key))


def usage_of(said: SaidUsage, prefix: str) -> Usage:
    """An hour's usage.

    Args:
        said: what was typed.
        prefix: of the options, ``--`` or ``--normal-``.

    Raises:
        UsageError: an option is wrong, or there are rules and no requests.
    """
    if said.rules is not None and said.requests is None:
        message = f"{prefix}rules {said.rules}: rules are processed for requests, and no requests were given"
        raise UsageError(message, f"give {prefix}requests 100/s as well, or leave it out")
    requests = ZERO if said.requests is None else rate(f"{prefix}requests", said.requests)
    rules = ZERO if said.rules is None else count(f"{prefix}rules", said.rules, RULES)
    return Usage(
        ZERO if said.new_connections is None else rate(f"{prefix}new-connections", said.new_connections),
        ZERO if said.active is None else count(f"{prefix}active", said.active),
        ZERO if said.bytes is None else flow(f"{prefix}bytes", said.bytes),
        ZERO if said.lambda_bytes is None else flow(f"{prefix}lambda-bytes", said.lambda_bytes),
        requests,
        evaluations(requests, rules),
    )


def key_of(said: str | None) -> ServerKey:
    """How large the key of the listener's certificate is; what most are, if nothing was said."""
    return ServerKey.COMMON if said is None else ServerKey(said)


def flood_of(said: SaidFlood) -> Flood:
    """What a flood is; what was not said is as the model assumes.

    Raises:
        UsageError: an option is wrong.
    """
    per_second, seconds = rate("--rate", said.rate), duration("--for", said.lasting)
    if not per_second:
        message = "--rate 0: a flood of no connections costs nothing"
        raise UsageError(message, "write connections a second, such as --rate 10000/s")
    if not seconds:
        message = "--for 0: a flood that does not last costs nothing"
        raise UsageError(message, "write how long it lasts, such as --for 1h")
    if seconds > YEAR * SECONDS_PER_HOUR:
        message = f"--for {said.lasting}: is longer than a year; prices and floods change sooner"
        raise UsageError(message, "write at most 365d")
    flood = _as_said(Flood(per_second, seconds / SECONDS_PER_HOUR), said)
    an_hour = (
        flood.rate * SECONDS_PER_HOUR * flood.requests_per_connection * (flood.request_bytes + flood.response_bytes)
    )
    if an_hour > MOST_FLOODED:
        message = "--rate, --requests-per-connection and the bytes of each come to more than 100 PB an hour together"
        raise UsageError(message, "write less of one of them: no flood of so many bits was ever seen")
    return flood


def _as_said(usual: Flood, said: SaidFlood) -> Flood:
    return Flood(
        usual.rate,
        usual.hours,
        usual.requests_per_connection
        if said.requests_per_connection is None
        else count("--requests-per-connection", said.requests_per_connection, PER_CONNECTION),
        usual.request_bytes if said.request_bytes is None else size("--request-bytes", said.request_bytes),
        usual.response_bytes if said.response_bytes is None else size("--response-bytes", said.response_bytes),
        usual.open_seconds if said.open_seconds is None else _open_seconds(said.open_seconds),
        usual.rules if said.rules is None else count("--rules", said.rules, RULES),
    )


def sent_gb_of(said: str | None) -> Fraction | None:
    """GB that went out before in this month.

    Raises:
        UsageError: it is no number of bytes.
    """
    if said is None:
        return None
    sent = size("--egress-this-month", said, MONTH_BOUND)
    if sent and sent < BYTES["MB"]:
        message = f"--egress-this-month {said}: is under a megabyte in a month"
        raise UsageError(message, "write its unit, such as 100GB")
    return sent / BYTES["GB"]


def prices_in(region: str | None) -> RegionPrices:
    """The prices of a Region, which is found as the AWS CLI finds it if it is not named.

    Raises:
        UsageError: there is no Region, none of this name, or no price of it is known.
        CloudError: the AWS configuration cannot be read.
        StateError: prices that were kept cannot be read.
    """
    from originlock.wiring.money import default_region, prices_of  # noqa: PLC0415  what reads is loaded when needed

    region = default_region(Place()) if region is None else region
    if region is None:
        message = "prices are a Region's, and none is named, here or in the environment"
        raise UsageError(message, "give --region, such as --region eu-west-1, or set AWS_REGION")
    return prices_of(region)


def _open_seconds(said: str) -> Fraction:
    seconds = duration("--open-seconds", said, plain=True)
    if seconds > MOST_OPEN:
        message = f"--open-seconds {said}: is too large to be true: no flood keeps connections for more than a day"
        raise UsageError(message, "write at most 24h")
    return seconds


def _owned(kind: Kind, said: SaidOwned) -> Owned:
    stores = (
        int(said.mtls)
        if said.trust_stores is None
        else whole("--trust-stores", said.trust_stores, MOST_STORES, "two listeners of a load balancer may verify")
    )
    ipv4 = 0 if said.ipv4 is None else whole("--ipv4", said.ipv4, MOST_ADDRESSES, "a load balancer has one in a zone")
    zones = 1 if said.zones is None else whole("--zones", said.zones, MOST_ZONES, "no Region has more than six")
    if not zones:
        message = "--zones 0: a Gateway Load Balancer is in one zone at least"
        raise UsageError(message, "write how many, such as --zones 2")
    return Owned(kind, zones, stores, ipv4)


def _refuse_others(kind: Kind, owned: SaidOwned, usage: SaidUsage, bypass: SaidUsage) -> None:
    """Refuse what a load balancer of the kind does not have.

    Raises:
        UsageError: it has no such thing.
    """
    if owned.zones is not None and kind is not Kind.GWLB:
        message = f"--zones {owned.zones}: only a Gateway Load Balancer is charged for each zone"
        raise UsageError(message, "leave it out, or say --kind gwlb")
    if kind is Kind.ALB:
        return
    lacking = (
        ("--mtls", owned.mtls, "mutual TLS"),
        ("--certificate-key", owned.key is not None, "dimension in which keys count"),
        ("--trust-stores", owned.trust_stores is not None, "trust stores"),
        ("--lambda-bytes", usage.lambda_bytes is not None, "Lambda targets"),
        ("--requests", usage.requests is not None, "requests, only connections and bytes"),
        ("--rules", usage.rules is not None, "rules"),
        ("--bypass-requests", bypass.requests is not None, "requests, only connections and bytes"),
    )
    for option, said, what in lacking:
        if said:
            message = f"{option}: {KIND_WORDS[kind]} has no {what}"
            raise UsageError(message, f"leave out {option}, or say --kind alb")


def _refuse_more_than_all(everyone: Usage, part: Usage) -> None:
    """Refuse a part that is more than the whole.

    Raises:
        UsageError: it is.
    """
    compared = (
        ("new-connections", everyone.new_connections, part.new_connections),
        ("active", everyone.active, part.active),
        ("bytes", everyone.bytes, part.bytes),
        ("requests", everyone.requests, part.requests),
    )
    for name, whole_, some in compared:
        if some > whole_:
            message = f"--bypass-{name}: more come round the edge than there are in all (--{name})"
            raise UsageError(message, f"count them in --{name} too: they are a part of it")
