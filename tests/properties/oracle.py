"""Who can reach what, reckoned another way than originlock does it: plain integers, rule by rule, at sample points."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable

from tests.properties.fake_cloud import State

from originlock.facts.origin import CidrSource, PrefixList, PrefixListSource, RuleKey

Point = tuple[str, int, int, int]
"""Protocol, port, IP version, address."""


@functools.cache
def span(cidr: str) -> tuple[int, int, int]:
    """IP version, first and last address."""
    network = ipaddress.ip_network(cidr)
    return network.version, int(network.network_address), int(network.broadcast_address)


def points(cidrs: Iterable[str], ports: Iterable[int]) -> list[Point]:
    """The first and the last address of every CIDR and those next to them, on each port, tcp and udp."""
    found: set[Point] = set()
    for cidr in cidrs:
        version, first, last = span(cidr)
        top = (1 << (32 if version == 4 else 128)) - 1
        for address in {first, last, max(0, first - 1), min(top, last + 1), (first + last) // 2}:
            for port in ports:
                found |= {("tcp", port, version, address), ("udp", port, version, address)}
    return sorted(found)


def lets_in(key: RuleKey, point: Point, lists: dict[str, PrefixList]) -> bool:
    """Whether one rule lets one point in."""
    protocol, port, version, address = point
    if key.protocol != "-1" and not (key.protocol == protocol and key.from_port <= port <= key.to_port):
        return False
    match key.source:
        case CidrSource(cidr):
            cidrs: tuple[str, ...] = (cidr,)
        case PrefixListSource(name):
            entries = lists[name].entries
            assert isinstance(entries, tuple)
            cidrs = entries
        case _:
            return False
    return any(v == version and first <= address <= last for v, first, last in map(span, cidrs))


class Oracle:
    """Answers for one sample of points; each rule is reckoned once."""

    def __init__(self, sample: list[Point], lists: dict[str, PrefixList]) -> None:
        self.sample = sample
        self._lists = lists
        self._known: dict[RuleKey, frozenset[Point]] = {}

    def _points(self, key: RuleKey) -> frozenset[Point]:
        if key not in self._known:
            self._known[key] = frozenset(point for point in self.sample if lets_in(key, point, self._lists))
        return self._known[key]

    def allowed(self, state: State) -> dict[str, frozenset[Point]]:
        """The points that each group lets in."""
        return {group: frozenset().union(*(self._points(rule.key) for rule in rules)) for group, rules in state.items()}
