"""What the packet filters let in: the security groups of a blueprint as disjoint pieces, and as nftables reads them.

Lives here: from a blueprint to pieces, and from pieces to nftables' language; nothing is run. Must not live here: the
running of `nft` (see `packet_filter`), or what a security group is (the local AWS resolves them to admissions).

How security groups judge, and where that is said ('Amazon EC2 user guide', security groups; security group connection
tracking):

- What no rule admits is dropped without an answer, so that a client's SYN times out.
- Flows are tracked: what belongs to one that was admitted goes on when its rule is gone.
- A flow that a rule for all addresses admits, with all traffic allowed out, is not tracked: each of its packets is
  judged anew, so that it is cut at once when the rule goes. (If another rule admits its source then, it goes on here;
  AWS does not say.)

Rules are never exchanged, only the elements of sets, and never in a set that is looked at alone: there are two sets
of each sort, *a* and *b*. The new pieces are put in the one that is empty, both count for a moment, and then the other
is emptied. A source that is let in before and after is so at every moment between; what is let in meanwhile was let in
before or is after. (Exchanging the rules loses packets now and then, and so does deleting and adding elements of one
set in one transaction, with kernels that make the two visible one after the other.)
"""

from __future__ import annotations

import ipaddress
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from originlock.lab.blueprint import Admission, Balancer, Blueprint

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

TABLE: Final = "originlock_lab"

#: The two sets of each sort.
SIDES: Final = ("a", "b")

#: Protocols with ports that the lab filters by port.
_WITH_PORTS: Final = ("tcp", "udp")

#: What EC2 calls the protocols without ports, by the version of IP.
_ICMP: Final = {4: "icmp", 6: "icmpv6"}

_EVERYBODY: Final = {4: "0.0.0.0/0", 6: "::/0"}

_ALL_PROTOCOLS: Final = "-1"
_ALL_PORTS: Final = (0, 65535)

#: On a flow whose packets are each judged anew.
_UNTRACKED_MARK: Final = 2


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Who may come to where: `sources` to these ports of an address. No two pieces of one `Wanted` overlap.

    Attributes:
        protocol: ``tcp``, ``udp``, or ``icmp`` for both versions' (ports are then 0 and 65535).
        tracked: whether a flow that it admits goes on when it is gone.
    """

    address: str
    protocol: str
    from_port: int
    to_port: int
    source: str
    tracked: bool


Wanted: TypeAlias = tuple[Piece, ...]
"""All pieces, sorted."""


def wanted(blueprint: Blueprint) -> Wanted:
    """What the security groups of a blueprint let in."""
    return tuple(sorted(piece for balancer in blueprint.balancers for piece in _of_balancer(balancer)))


def _of_balancer(balancer: Balancer) -> Iterator[Piece]:
    for address in (*balancer.ipv4, *balancer.ipv6):
        version = ipaddress.ip_address(address).version
        for protocol in (*_WITH_PORTS, "icmp"):
            for cut in _cuts(balancer.admissions, protocol, version):
                # ICMP is always tracked (the same page).
                tracked = balancer.tracked or not cut.everybody or protocol == "icmp"
                for source in cut.sources:
                    yield Piece(address, protocol, cut.from_port, cut.to_port, str(source), tracked)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Ports to which the same sources are let in; `everybody` if one rule says so, and not several taken together."""

    from_port: int
    to_port: int
    sources: tuple[Network, ...]
    everybody: bool


def _cuts(admissions: Sequence[Admission], protocol: str, version: int) -> Sequence[_Cut]:
    """Cut the ports where any admission begins or ends, and take neighbours together that are alike."""
    names = {_ALL_PROTOCOLS, _ICMP[version] if protocol == "icmp" else protocol}
    ranges = [(_ports(each, protocol), each.cidrs) for each in admissions if each.protocol in names]
    begins = sorted({first for (first, _), _ in ranges} | {last + 1 for (_, last), _ in ranges})
    cuts: list[_Cut] = []
    for first, following in itertools.pairwise(begins):
        cidrs = [cidr for (low, high), held in ranges if low <= first <= high for cidr in held]
        cut = _Cut(first, following - 1, _collapsed(cidrs, version), _EVERYBODY[version] in cidrs)
        if cuts and (cuts[-1].sources, cuts[-1].everybody) == (cut.sources, cut.everybody):
            cut = replace(cut, from_port=cuts.pop().from_port)
        cuts.append(cut)
    return cuts


def _ports(admission: Admission, protocol: str) -> tuple[int, int]:
    """An admission's ports; for ICMP they are types and codes, which are not told apart here."""
    if admission.protocol == _ALL_PROTOCOLS or protocol == "icmp":
        return _ALL_PORTS
    return admission.from_port, admission.to_port


def _collapsed(cidrs: Iterable[str], version: int) -> tuple[Network, ...]:
    networks = [ipaddress.ip_network(cidr) for cidr in cidrs]
    if version == 4:  # noqa: PLR2004 - the version of IP
        return tuple(ipaddress.collapse_addresses(each for each in networks if isinstance(each, ipaddress.IPv4Network)))
    return tuple(ipaddress.collapse_addresses(each for each in networks if isinstance(each, ipaddress.IPv6Network)))


# --- as nftables reads it -----------------------------------------------------------------------------------------


def ruleset() -> str:
    """The table as it is made once, with all sets empty: nobody is let in."""
    sorts = [(sort, side) for sort in _SORTS for side in SIDES]
    sets = [f"  set {sort.name}_{side} {{ type {sort.kind}; flags interval; }}" for sort, side in sorts]
    rules = [f"    {sort.match} @{sort.name}_{side} {sort.verdict}" for sort, side in sorts]
    return "\n".join(
        (
            f"table inet {TABLE} {{",
            *sets,
            "  chain input {",
            "    type filter hook input priority filter; policy drop;",
            '    iifname "lo" accept',
            # Neighbours must be found, whatever the rules are: security groups have no say in that.
            "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept",
            f"    ct state established,related ct mark != {_UNTRACKED_MARK} accept",
            *rules,
            "  }",
            "}\n",
        )
    )


def fill(side: str, pieces: Wanted) -> str:
    """Put pieces in the empty sets of a side."""
    by_set: dict[str, list[str]] = {}
    for piece in pieces:
        by_set.setdefault(_sort_of(piece).name, []).append(_element(piece))
    return "".join(
        f"add element inet {TABLE} {name}_{side} {{ {', '.join(elements)} }}\n" for name, elements in by_set.items()
    )


def empty(side: str) -> str:
    """Empty the sets of a side."""
    return "".join(f"flush set inet {TABLE} {sort.name}_{side}\n" for sort in _SORTS)


@dataclass(frozen=True, slots=True)
class _Sort:
    """A pair of sets, and the rule that looks in them."""

    name: str
    kind: str
    match: str
    verdict: str


def _sorts() -> Iterator[_Sort]:
    versions = ((4, "ip", "ipv4_addr"), (6, "ip6", "ipv6_addr"))
    # Those for everybody first: a flow that one of them admits is not tracked, whatever others say of it.
    for name, verdict in (("untracked", f"ct mark set {_UNTRACKED_MARK} accept"), ("tracked", "accept")):
        for version, ip, kind in versions:
            match = f"{ip} daddr . meta l4proto . th dport . {ip} saddr"
            yield _Sort(f"{name}{version}", f"{kind} . inet_proto . inet_service . {kind}", match, verdict)
    for version, ip, kind in versions:
        match = f"meta l4proto {_ICMP[version]} {ip} daddr . {ip} saddr"
        yield _Sort(f"icmp{version}", f"{kind} . {kind}", match, "accept")


_SORTS: Final = tuple(_sorts())


def _sort_of(piece: Piece) -> _Sort:
    name = "icmp" if piece.protocol == "icmp" else "tracked" if piece.tracked else "untracked"
    name += "6" if ":" in piece.address else "4"
    return next(sort for sort in _SORTS if sort.name == name)


def _element(piece: Piece) -> str:
    if piece.protocol == "icmp":
        return f"{piece.address} . {piece.source}"
    ports = str(piece.from_port) if piece.from_port == piece.to_port else f"{piece.from_port}-{piece.to_port}"
    return f"{piece.address} . {piece.protocol} . {ports} . {piece.source}"


# --- sabotage -----------------------------------------------------------------------------------------------------

_SABOTAGE: Final = f"{TABLE}_sabotage"


def sabotage_ruleset(dropped: Iterable[str]) -> str:
    """A table beside all others, made anew, in which what comes from these networks or goes there is lost."""
    by_version: dict[int, list[Network]] = {4: [], 6: []}
    for cidr in dropped:
        network = ipaddress.ip_network(cidr)
        by_version[network.version].append(network)
    lines = [f"table inet {_SABOTAGE} {{}}", f"delete table inet {_SABOTAGE}", f"table inet {_SABOTAGE} {{"]
    # Before everything else: connections that stand are cut off, too.
    for chain, side in (("input", "saddr"), ("output", "daddr")):
        lines.append(f"  chain {chain} {{ type filter hook {chain} priority -150; policy accept;")
        for version, ip in ((4, "ip"), (6, "ip6")):
            lines += [f"    {ip} {side} {network} drop" for network in by_version[version]]
        lines.append("  }")
    return "\n".join((*lines, "}\n"))
