"""Who is let in, told from raw rules alone: the judge of the fault matrix.

Lives here: sets of (group, protocol, port, address) by samples, and what invariants say of their course.
Must not live here: anything of originlock's own arithmetic, or it would judge itself; so `ipaddress` and no more.
"""

from __future__ import annotations

import functools
import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

ALL_TRAFFIC: Final = "-1"
OUTSIDERS: Final = (
    "1.1.1.1",
    "8.8.8.8",
    "10.1.2.3",
    "192.0.2.1",
    "203.0.113.200",
    "2001:db8::1",
    "2620:fe::fe",
    "fd00::1",
)
"""Addresses that no rule of any scenario is about, unless it is about everyone."""

PORTS: Final = (22, 80, 443, 8443)
PROTOCOLS: Final = ("tcp", "udp")

_LAST_PORT: Final = 65535
_SHOWN: Final = 4


@dataclass(frozen=True)
class Entry:
    """One ingress rule as AWS holds it at some moment; the source is a CIDR, or the id of a group or a list."""

    group: str
    rule_id: str
    protocol: str
    from_port: int | None
    to_port: int | None
    source: str
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> tuple[str, str, int | None, int | None, str]:
        """What makes it the same rule as another, whatever its id."""
        return (self.group, self.protocol, self.from_port, self.to_port, self.source)


Moment = frozenset[Entry]
Point = tuple[str, str, int, str]
"""Group, protocol, port, and an address or an opaque source."""


@dataclass(frozen=True)
class Promise:
    """What must hold in the course of a run.

    Attributes:
        before: the rules when it began.
        wanted: rules (with any id) for what the policy wants.
        may_open: rules for what the run may open beyond that, because a person said so.
        kept: foreign rules that must stay as they are.
    """

    before: Moment
    wanted: Moment
    kept: Moment = frozenset()
    may_open: Moment = frozenset()


@dataclass(frozen=True)
class Samples:
    """The addresses, ports and protocols that stand for all."""

    addresses: frozenset[str]
    ports: frozenset[int]
    protocols: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Samples:
        """First, last and middle of every CIDR, its neighbours outside, and outsiders."""
        addresses = set(OUTSIDERS)
        ports, protocols = set(PORTS), set(PROTOCOLS)
        for source, protocol, from_port, to_port in {(e.source, e.protocol, e.from_port, e.to_port) for e in entries}:
            addresses |= _edges_of(source)
            if protocol != ALL_TRAFFIC:
                protocols.add(protocol)
            for port in (from_port, to_port):
                if port is not None:
                    ports |= {near for near in (port - 1, port, port + 1) if 0 <= near <= _LAST_PORT}
        return cls(frozenset(addresses), frozenset(ports), frozenset(protocols))


@functools.cache
def _network(source: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(source)
    except ValueError:
        return None


@functools.cache
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)


@functools.cache
def _edges_of(source: str) -> frozenset[str]:
    network = _network(source)
    if network is None:
        return frozenset()
    first, last = int(network.network_address), int(network.broadcast_address)
    kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address] = type(network.network_address)
    most = (1 << network.max_prefixlen) - 1
    chosen = {first, last, (first + last) // 2, max(0, first - 1), min(most, last + 1)}
    return frozenset(str(kind(number)) for number in chosen)


@functools.cache
def _let_in(source: str, addresses: frozenset[str]) -> frozenset[str]:
    network = _network(source)
    if network is None:
        return frozenset({source})
    return frozenset(text for text in addresses if _address(text) in network)


@functools.cache
def _points(entry: Entry, samples: Samples) -> frozenset[Point]:
    protocols = samples.protocols if entry.protocol == ALL_TRAFFIC else {entry.protocol}
    low, high = entry.from_port, entry.to_port
    everywhere = entry.protocol == ALL_TRAFFIC or low is None or high is None
    ports = samples.ports if everywhere else {p for p in samples.ports if (low or 0) <= p <= (high or 0)}
    sources = _let_in(entry.source, samples.addresses)
    return frozenset(
        (entry.group, protocol, port, source) for protocol in protocols for port in ports for source in sources
    )


def allowed(entries: Iterable[Entry], samples: Samples) -> frozenset[Point]:
    """Everything that these rules let in, by the samples."""
    return frozenset[Point]().union(*(_points(entry, samples) for entry in entries))


@dataclass
class Judgement:
    """What was wrong; empty is good."""

    problems: list[str] = field(default_factory=list)

    def found(self, invariant: str, moment: int, what: Iterable[object]) -> None:
        """Note a problem, if there is one."""
        listed = sorted(map(str, what))
        if listed:
            more = f", and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
            self.problems.append(f"{invariant} at moment {moment}: {', '.join(listed[:_SHOWN])}{more}")


def judged(promise: Promise, moments: Sequence[Moment]) -> list[str]:
    """Every breach of a promise in the course of these moments: I1 no gap, I2 no widening, I3 own rules only."""
    samples = Samples.of(frozenset[Entry]().union(promise.before, promise.wanted, promise.may_open, *moments))
    before = allowed(promise.before, samples)
    wanted = allowed(promise.wanted, samples)
    must = before & wanted
    may = before | wanted | allowed(promise.may_open, samples)
    judgement = Judgement()
    for number, moment in enumerate(moments, start=1):
        now = allowed(moment, samples)
        judgement.found("I1, a wanted source is shut out", number, must - now)
        judgement.found("I2, opened beyond what was and what is wanted", number, now - may)
        judgement.found("I3, a foreign rule is gone or changed", number, promise.kept - moment)
    return judgement.problems


def doubles(moment: Moment) -> list[str]:
    """Rules that are there twice."""
    counted = Counter(entry.what for entry in moment)
    return sorted(str(what) for what, times in counted.items() if times > 1)
