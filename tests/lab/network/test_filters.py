"""What the packet filters let in, without any packet: as the security groups have it, and in pieces that nft takes."""

from __future__ import annotations

import ipaddress
import itertools
from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from originlock.lab.blueprint import Admission, Balancer, Blueprint
from originlock.lab.filters import Piece, fill, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESSES = ("198.51.100.7", "2001:db8:100::7")

PORTS = st.sampled_from((0, 22, 80, 443, 444, 8080, 65535))

#: Few and near each other, so that they overlap, lie side by side and cover everything.
CIDRS = st.sampled_from(
    (
        "0.0.0.0/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "192.0.2.0/24",
        "192.0.2.0/25",
        "192.0.2.128/25",
        "192.0.2.66/32",
        "::/0",
        "::/1",
        "8000::/1",
        "2001:db8::/32",
        "2001:db8:bad::9/128",
    )
)
SOURCES = st.sampled_from(("192.0.2.66", "192.0.2.200", "203.0.113.1", "2001:db8:bad::9", "2001:db9::1", "fd00::1"))


@st.composite
def admissions(draw: st.DrawFn) -> Admission:
    """Any ingress rule, resolved."""
    protocol = draw(st.sampled_from(("tcp", "udp", "icmp", "icmpv6", "-1")))
    low, high = sorted((draw(PORTS), draw(PORTS))) if protocol in {"tcp", "udp"} else (0, 65535)
    return Admission(protocol, low, high, tuple(draw(st.lists(CIDRS, max_size=4))))


def world(rules: Sequence[Admission], *, tracked: bool) -> Blueprint:
    """One load balancer with both families."""
    ipv4, ipv6 = ADDRESSES[:1], ADDRESSES[1:]
    return Blueprint((Balancer("arn", "one", "1", "eu-west-1", "one", ipv4, ipv6, tuple(rules), (), {}, tracked),))


def matching(pieces: Sequence[Piece], address: str, protocol: str, port: int, source: str) -> list[Piece]:
    """The pieces that let a packet in."""
    return [
        piece
        for piece in pieces
        if (piece.address, piece.protocol) == (address, protocol)
        and piece.from_port <= port <= piece.to_port
        and ipaddress.ip_address(source) in ipaddress.ip_network(piece.source)
    ]


def admits(rule: Admission, protocol: str, port: int, source: str) -> bool:
    """Whether a security group's rule lets a packet in, said in another way than the filters do."""
    if rule.protocol not in {"-1", protocol}:
        return False
    in_ports = rule.protocol == "-1" or rule.from_port <= port <= rule.to_port
    return in_ports and any(ipaddress.ip_address(source) in ipaddress.ip_network(cidr) for cidr in rule.cidrs)


@given(st.lists(admissions(), max_size=5), st.sampled_from(("tcp", "udp")), PORTS, SOURCES)
def test_let_in_iff_admitted(rules: list[Admission], protocol: str, port: int, source: str) -> None:
    """A filter that lets in more hides holes; one that lets in less accuses a plan of a loss that is the lab's."""
    address = ADDRESSES[ipaddress.ip_address(source).version == 6]
    found = matching(wanted(world(rules, tracked=True)), address, protocol, port, source)
    assert bool(found) == any(admits(rule, protocol, port, source) for rule in rules)


@given(st.lists(admissions(), max_size=5))
def test_pieces_never_overlap(rules: list[Admission]) -> None:
    """A set whose elements overlap is refused by nftables, and the world would stand still."""
    for one, other in itertools.combinations(wanted(world(rules, tracked=False)), 2):
        if (one.address, one.protocol) != (other.address, other.protocol):
            continue
        apart = one.to_port < other.from_port or other.to_port < one.from_port
        nets = ipaddress.ip_network(one.source), ipaddress.ip_network(other.source)
        assert apart or not nets[0].overlaps(nets[1])


@given(st.lists(admissions(), max_size=5), PORTS, SOURCES)
def test_untracked_only_where_one_rule_is_for_everybody(rules: list[Admission], port: int, source: str) -> None:
    """Two halves are not a rule for all addresses: their flows are tracked and outlive them."""
    version = ipaddress.ip_address(source).version
    everybody = {4: "0.0.0.0/0", 6: "::/0"}[version]
    address = ADDRESSES[version == 6]
    for found in matching(wanted(world(rules, tracked=False)), address, "tcp", port, source):
        literal = any(admits(rule, "tcp", port, source) and everybody in rule.cidrs for rule in rules)
        assert found.tracked is not literal


def test_every_flow_is_tracked_where_the_load_balancer_says_so() -> None:
    """A load balancer whose flows are tracked would lose them at a change that leaves them alone at AWS."""
    rule = Admission("tcp", 443, 443, ("0.0.0.0/0",))
    assert [piece.tracked for piece in wanted(world([rule], tracked=True))] == [True]
    assert [piece.tracked for piece in wanted(world([rule], tracked=False))] == [False]


def test_icmp_of_one_version_opens_nothing_for_the_other() -> None:
    """`icmp` is IPv4's alone."""
    pieces = wanted(world([Admission("icmp", 0, 65535, ("0.0.0.0/0", "::/0"))], tracked=True))
    assert [piece.address for piece in pieces] == ["198.51.100.7"]


def test_nothing_is_said_of_nobody() -> None:
    """To add no elements is an error to nft."""
    assert fill("a", ()) == ""
