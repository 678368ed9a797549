"""Check: what a stranger without credentials finds of a host and of its origin.

Lives here: which questions are asked, and in which order. Must not live here: what the answers prove.
"""

from __future__ import annotations

import msgspec

from originlock.app.observe import baseline_of
from originlock.app.vantage import Probing, vantage_of
from originlock.facts.edge import EdgeDescription
from originlock.facts.networks import AddressSet, as_sent, is_address
from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown
from originlock.ports.reading import Baselines
from originlock.verify.checking import CheckReport, NameSeen, judged, leaking, name_seen
from originlock.verify.vantage import LetIn
from originlock.verify.ways import HTTP, HTTPS, controls, few_of_each, straight, traces


class Wish(msgspec.Struct, frozen=True):
    """What is to be checked.

    Attributes:
        host: what visitors ask for.
        origin: a name or an address of the origin; None if it is not known.
        port: the only port to try; None for 80 and 443.
        also: further names that may show where the origin is.
    """

    host: str
    origin: str | None = None
    port: int | None = None
    also: tuple[str, ...] = ()


def check(wish: Wish, edges: tuple[EdgeDescription, ...], baselines: Baselines, probing: Probing) -> CheckReport:
    """Ask the DNS, then make all connections at once."""
    ranges = {edge.name: _ranges(edge, baselines) for edge in edges}
    all_ranges = AddressSet.of([cidr for known in ranges.values() for cidr in known.cidrs()])
    names = tuple(dict.fromkeys(name for name in (wish.host, wish.origin, *wish.also) if name is not None))
    found = probing.resolver.resolve(tuple(name for name in names if not is_address(name)))
    seen = {name: name_seen(name, _addresses(name, found), all_ranges) for name in names}
    host = seen[wish.host]
    edge = next((e for e in edges if host.addresses and _all_in(host, ranges[e.name])), None)
    origin = None if wish.origin is None else seen[wish.origin]
    also = tuple(leaking(seen[name], origin) for name in wish.also)
    report = CheckReport(
        leaking(host, origin),
        None if edge is None else edge.name,
        origin,
        also,
        (),
        vantage_of(probing.whereabouts, ()),
        _remarks(host, origin, edge),
    )
    if origin is None or not origin.addresses:
        return report
    ports = (HTTPS, HTTP) if wish.port is None else (wish.port,)
    ways = straight(origin.addresses, ports, wish.host)
    tracing = [] if edge is None or edge.signs is None else traces(wish.host, host.addresses, edge.signs)
    controlling = [] if edge is None else controls(wish.host, host.addresses, ports)
    done = probing.prober.probe((*tracing, *controlling, *(way.ask for way in ways)))
    traced, rest = done[: len(tracing)], done[len(tracing) :]
    controlled, tried = rest[: len(controlling)], rest[len(controlling) :]
    vantage = vantage_of(probing.whereabouts, traced)
    attempts = judged(tuple(zip(ways, tried, strict=True)), controlled, vantage, LetIn(all_ranges))
    return msgspec.structs.replace(report, attempts=attempts, vantage=vantage)


def _ranges(edge: EdgeDescription, baselines: Baselines) -> AddressSet:
    """The last accepted list, or the snapshot: a check must answer at once, and old ranges do."""
    return baseline_of(edge, baselines).ranges.addresses


def _all_in(seen: NameSeen, ranges: AddressSet) -> bool:
    return all(ranges.covers_address(address) for address in seen.addresses)


def _addresses(name: str, found: dict[str, Resolution | Unknown]) -> Resolution | Unknown:
    if is_address(name):
        return Resolution(name, (as_sent(name),))
    return found.get(name, Unknown(f"the addresses of {name}", "it was not asked for"))


def _remarks(host: NameSeen, origin: NameSeen | None, edge: EdgeDescription | None) -> tuple[str, ...]:
    said: list[str] = []
    if origin is None:
        said.append("without --origin only the DNS can be told of: name the origin, or one of its addresses")
    elif not origin.addresses:
        said.append(f"the origin {origin.name} has no address to try: {origin.unknown}")
    elif len(origin.addresses) > len(few_of_each(origin.addresses)):
        said.append(f"{origin.name} has {len(origin.addresses)} addresses: the first few of each family were tried")
    if edge is None and host.addresses:
        said.append(
            f"{host.name} is not behind an edge that is known here, so nobody said from where this machine is seen"
        )
    return tuple(said)
