"""`check`: what a stranger without credentials finds of a host and of its origin.

Lives here: from names, addresses and connections to a report. Must not live here: asking the DNS, connecting.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from originlock.facts.networks import NOT_GLOBAL, AddressSet
from originlock.facts.probing import CONNECTED, Ask, Probed, Verdict
from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown
from originlock.verify.finding import Finding, broken, unknown
from originlock.verify.straight import NETWORK, Standing, stranger
from originlock.verify.vantage import LetIn, Vantage, no_stranger, proxied, rightful
from originlock.verify.ways import Straight, Way


class NameSeen(msgspec.Struct, frozen=True):
    """A name and its addresses.

    Attributes:
        outside: those addresses that are not the edge's.
        unknown: why its addresses are not known; empty if they are.
        leaks: whether it shows an address of the origin; None where that cannot be told.
    """

    name: str
    addresses: tuple[str, ...]
    outside: tuple[str, ...]
    unknown: str = ""
    leaks: bool | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One way round the edge, tried.

    Attributes:
        let_in: why this machine may be let in; empty if it is none of those that are.
    """

    way: Way
    probed: Probed
    finding: Finding
    let_in: str = ""

    @property
    def of_network(self) -> Finding:
        """What it proves where a network lock promises that no stranger connects: what stops one later is too late."""
        if self.finding.verdict is not Verdict.KEPT or self.probed.outcome not in CONNECTED:
            return self.finding
        if self.let_in:
            return unknown(f"{self.finding.said}; whether a stranger connects cannot be told: {self.let_in}")
        return broken(f"the network lock let a stranger connect; what then stopped it: {self.finding.said}", NETWORK)


class CheckReport(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        edge: the name of the edge that the host is behind; None if it is behind none that is known.
        origin: what was named as the origin, and its addresses; None if nothing was.
        attempts: every way round, in the order of addresses and ports.
        vantage: where it was tried from.
        remarks: what limits what was found.
    """

    host: NameSeen
    edge: str | None
    origin: NameSeen | None
    also: tuple[NameSeen, ...]
    attempts: tuple[Attempt, ...]
    vantage: Vantage
    remarks: tuple[str, ...] = ()

    @property
    def locked(self) -> bool | None:
        """False if a stranger is let in somewhere, True if every way round is shut, None where that cannot be told."""
        return verdict_of(attempt.finding for attempt in self.attempts)


def verdict_of(findings: Iterable[Finding]) -> bool | None:
    """False if any is broken, True if there are some and all are kept, else None."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        return False
    return True if verdicts == {Verdict.KEPT} else None


def name_seen(name: str, found: Resolution | Unknown, edge: AddressSet) -> NameSeen:
    """A name, its addresses held against the edge's ranges."""
    if isinstance(found, Unknown):
        return NameSeen(name, (), (), found.reason)
    outside = tuple(address for address in found.addresses if not edge.covers_address(address))
    return NameSeen(name, found.addresses, outside, "" if found.addresses else "it has no addresses")


def leaking(seen: NameSeen, origin: NameSeen | None) -> NameSeen:
    """Whether a name shows where the origin is."""
    if seen.unknown:
        leaks = None
    elif origin is None or origin.unknown:
        # Where the origin is, is not known: an address that is not the edge's may be it.
        leaks = None if seen.outside else False
    else:
        leaks = bool(set(seen.outside) & set(origin.addresses))
    return msgspec.structs.replace(seen, leaks=leaks)


def judged(
    tried: tuple[tuple[Straight, Probed], ...],
    controls: tuple[Probed, ...],
    vantage: Vantage,
    let_in: LetIn,
    earlier: tuple[Probed, ...] = (),
) -> tuple[Attempt, ...]:
    """Every way round with its verdict.

    Args:
        tried: the ways, and what became of them.
        controls: connections to the edge made beside them, which show that this machine's packets get out.
        vantage: where this machine stands.
        let_in: whom the policy lets in; of `check`, the edge alone.
        earlier: connections to the same addresses earlier in this run.
    """
    got_out = {(p.ask.ipv6, p.ask.port) for p in controls if p.outcome in CONNECTED}
    got_there = {(p.ask.address, p.ask.port) for p in earlier if p.outcome in CONNECTED}
    return tuple(
        Attempt(each.way, probed, stranger(probed, standing), standing.let_in)
        for each, probed in tried
        for standing in [_standing(each, vantage, let_in, _is_in(each.ask, got_out, got_there))]
    )


def _is_in(ask: Ask, got_out: set[tuple[bool, int]], got_there: set[tuple[str, int]]) -> bool:
    return (ask.ipv6, ask.port) in got_out or (ask.address, ask.port) in got_there


def _standing(each: Straight, vantage: Vantage, let_in: LetIn, could_reach: bool) -> Standing:  # noqa: FBT001
    ipv6 = each.ask.ipv6
    return Standing(
        no_stranger=no_stranger(vantage, let_in, ipv6=ipv6),
        let_in=rightful(vantage, let_in, ipv6=ipv6),
        proxied=proxied(vantage, ipv6=ipv6),
        could_reach=could_reach,
        edge=let_in.edge.covers_address(each.ask.address),
        private=NOT_GLOBAL.covers_address(each.ask.address),
        right_name=each.way not in (Way.WRONG_NAME, Way.NO_NAME),
    )
