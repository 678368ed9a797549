"""The verdicts are right: what happens to a SYN, over IPv4 and IPv6, between namespaces that the test makes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence

import pytest
from tests.probe import peers
from tests.probe.islands import CLIENT, ORIGIN, ROUTER, Island, Row, row, why_not

from originlock.facts.probing import CONNECTED, Ask, Outcome, Probed
from originlock.probe.prober import SocketProber
from originlock.probe.vantage import own_address

_WHY_NOT = why_not()

pytestmark = [pytest.mark.lab, pytest.mark.skipif(_WHY_NOT is not None, reason=str(_WHY_NOT))]

FAMILIES = {"IPv4": 0, "IPv6": 1}

NOWHERE = ("203.0.113.1", "2001:db8:200::1")
"""Addresses that nobody on these islands has."""


@pytest.fixture(scope="module")
def islands() -> Iterator[Row]:
    """Client, router, origin; the origin serves HTTP on port 80 of both families."""
    with contextlib.ExitStack() as made:
        three = made.enter_context(row())
        for address in ORIGIN:
            listener = three.origin.run(lambda at=address: listening(at))  # type: ignore[misc]
            made.callback(peers.Peer(peers.says(peers.HELLO), listener).close)
        yield three


def listening(address: str) -> socket.socket:
    """A listener on port 80."""
    return socket.create_server((address, 80), family=socket.AF_INET6 if ":" in address else socket.AF_INET)


def probed(client: Island, address: str, port: int = 80) -> Probed:
    """One probe from a namespace."""
    ask = Ask(address, port, tls=False, sni=None, host="origin.example")
    prober = SocketProber(connect_seconds=1, seconds=2)
    (answer,) = client.run(lambda: prober.probe((ask,)))
    return answer


@contextlib.contextmanager
def filtering(island: Island, rule: str, chain: str) -> Iterator[None]:
    """Filter TCP for the length of a block."""
    island.filters(f"meta l4proto tcp {rule}", chain=chain)
    try:
        yield
    finally:
        island.filters(chain=chain)


@contextlib.contextmanager
def route(island: Island, kind: str, family: str) -> Iterator[None]:
    """A route of this kind to nowhere, for the length of a block."""
    where = (f"{NOWHERE[0].rsplit('.', 1)[0]}.0/24", f"{NOWHERE[1].removesuffix('1')}/64")[FAMILIES[family]]
    command = ("ip", "-6" if family == "IPv6" else "-4", "route")
    island.tool(*command, "add", kind, where)
    try:
        yield
    finally:
        island.tool(*command, "del", kind, where)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_open_door(islands: Row, family: str) -> None:
    """The other cells would show nothing if nobody got through at all."""
    answer = probed(islands.client, ORIGIN[FAMILIES[family]])
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.source == CLIENT[FAMILIES[family]]
    assert islands.client.run(lambda: own_address(ORIGIN[FAMILIES[family]])) == CLIENT[FAMILIES[family]]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_closed_port(islands: Row, family: str) -> None:
    """A refusal would be called a time-out, and so a packet filter."""
    answer = probed(islands.client, ORIGIN[FAMILIES[family]], 81)
    assert (answer.outcome, answer.evidence.detail) == (Outcome.REFUSED, "a reset in answer to the SYN")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "island, chain", [("origin", "input"), ("router", "forward"), ("client", "output"), ("client", "input")]
)
def test_a_filter_that_drops(islands: Row, island: str, chain: str, family: str) -> None:
    """A security group would be called something else. One's own filter looks the same: hence controls."""
    with filtering(getattr(islands, island), "drop", chain):
        answer = probed(islands.client, ORIGIN[FAMILIES[family]])
    assert answer.outcome is Outcome.TIMED_OUT, answer
    assert answer.evidence.source is None


REFUSALS = {
    "admin-prohibited": "communication administratively prohibited",
    "port-unreachable": "port unreachable",
    "host-unreachable": ("host unreachable", "address unreachable"),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("island, chain", [("origin", "input"), ("router", "forward")])
@pytest.mark.parametrize("kind", REFUSALS)
def test_a_filter_that_refuses_by_icmp(islands: Row, kind: str, island: str, chain: str, family: str) -> None:
    """A refusal would be called a time-out or a missing route, or who refused would not be told."""
    which = FAMILIES[family]
    with filtering(getattr(islands, island), f"reject with icmpx {kind}", chain):
        answer = probed(islands.client, ORIGIN[which])
    offender = ORIGIN[which] if island == "origin" else ROUTER[0][which]
    said = REFUSALS[kind]
    words = said if isinstance(said, str) else said[which]
    assert (answer.outcome, answer.evidence.detail) == (Outcome.REFUSED, f"ICMP from {offender}: {words}")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("island, chain", [("origin", "input"), ("router", "forward")])
def test_a_filter_that_refuses_by_reset(islands: Row, island: str, chain: str, family: str) -> None:
    """A filter's reset is a refusal as a closed port's is."""
    with filtering(getattr(islands, island), "reject with tcp reset", chain):
        answer = probed(islands.client, ORIGIN[FAMILIES[family]])
    assert answer.outcome is Outcome.REFUSED, answer


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["admin-prohibited", "port-unreachable", "no-route"])
def test_a_filter_of_ones_own_is_no_refusal_of_the_origin(islands: Row, kind: str, family: str) -> None:
    """This machine's own filter would be taken for the origin's."""
    which = FAMILIES[family]
    with filtering(islands.client, f"reject with icmpx {kind}", "output"):
        answer = probed(islands.client, ORIGIN[which])
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert CLIENT[which] in answer.evidence.detail


@pytest.mark.parametrize("family", FAMILIES)
def test_a_router_without_a_route(islands: Row, family: str) -> None:
    """A network without IPv6 would be taken for an origin that refuses."""
    which = FAMILIES[family]
    answer = probed(islands.client, NOWHERE[which])
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert f"ICMP from {ROUTER[0][which]}" in answer.evidence.detail


def test_where_the_error_alone_is_known(islands: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system that does not tell who refused, a refusal would be called something else."""
    # IPv4 alone: with IPv6, Linux goes on trying after most messages unless it is asked to tell of them.
    monkeypatch.delattr(socket, "MSG_ERRQUEUE")
    assert probed(islands.client, NOWHERE[0]).outcome is Outcome.NO_ROUTE
    with filtering(islands.origin, "reject with icmpx host-unreachable", "input"):
        answer = probed(islands.client, ORIGIN[0])
    assert (answer.outcome, "EHOSTUNREACH" in answer.evidence.detail) == (Outcome.REFUSED, True), answer
    with filtering(islands.origin, "reject with icmpx port-unreachable", "input"):
        assert probed(islands.client, ORIGIN[0]).outcome is Outcome.REFUSED
    assert probed(islands.client, ORIGIN[0], 81).outcome is Outcome.REFUSED


@pytest.mark.parametrize("family", FAMILIES)
def test_packets_that_run_in_circles(islands: Row, family: str) -> None:
    """A loop between routers would be taken for an origin that refuses."""
    which = FAMILIES[family]
    name = ("ipv4/ip_default_ttl", "ipv6/conf/up0/hop_limit")[which]
    islands.client.sysctl(name, "1")
    try:
        answer = probed(islands.client, ORIGIN[which])
    finally:
        islands.client.sysctl(name, "64")
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert f"ICMP from {ROUTER[0][which]}" in answer.evidence.detail
    assert "exceeded" in answer.evidence.detail


@pytest.mark.parametrize("family", FAMILIES)
def test_a_router_that_prohibits(islands: Row, family: str) -> None:
    """A prohibition on the way would be called a missing route."""
    with route(islands.router, "prohibit", family):
        answer = probed(islands.client, NOWHERE[FAMILIES[family]])
    assert answer.outcome is Outcome.REFUSED, answer
    assert "administratively prohibited" in answer.evidence.detail


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["unreachable", "prohibit", "blackhole"])
def test_a_route_of_ones_own_that_leads_nowhere(islands: Row, kind: str, family: str) -> None:
    """A machine that does not want to connect would be taken for an origin that refuses."""
    with route(islands.client, kind, family):
        answer = probed(islands.client, NOWHERE[FAMILIES[family]])
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert "at once" in answer.evidence.detail


@pytest.mark.parametrize("family", FAMILIES)
def test_a_neighbour_that_is_not_there(islands: Row, family: str) -> None:
    """Nobody at an address on one's own network refuses nothing."""
    absent = (CLIENT[0].replace(".66", ".77"), CLIENT[1].replace("::9", "::77"))[FAMILIES[family]]
    answer = probed(islands.client, absent)
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert "this machine itself" in answer.evidence.detail


@pytest.mark.parametrize("family", FAMILIES)
def test_a_vantage_without_the_family(family: str) -> None:
    """A machine without IPv6 would say that the origin is locked over IPv6."""
    with contextlib.closing(Island()) as bare:
        bare.tool("ip", "link", "set", "lo", "up")
        answer = probed(bare, ORIGIN[FAMILIES[family]])
        assert bare.run(lambda: own_address(ORIGIN[FAMILIES[family]])) is None
    assert answer.outcome is Outcome.NO_ROUTE, answer
    assert answer.outcome not in CONNECTED


def test_ipv6_switched_off() -> None:
    """A machine on which IPv6 is switched off would say that the origin is locked over IPv6."""
    with contextlib.closing(Island()) as bare:
        bare.tool("ip", "link", "set", "lo", "up")
        bare.sysctl("ipv6/conf/all/disable_ipv6", "1")
        answers: Sequence[Probed] = [probed(bare, address) for address in (ORIGIN[1], "::1")]
    assert [answer.outcome for answer in answers] == [Outcome.NO_ROUTE, Outcome.NO_ROUTE], answers


@pytest.mark.parametrize("family", FAMILIES)
def test_a_filter_that_cuts_off_after_connecting(islands: Row, family: str) -> None:
    """A filter that lets connect and then drops would be called a time-out, as if it let nobody connect."""
    # The SYN and the client's ACK pass; whatever has data does not.
    with filtering(islands.origin, "tcp flags & psh == psh drop", "input"):
        answer = probed(islands.client, ORIGIN[FAMILIES[family]])
    assert answer.outcome is Outcome.SILENT, answer
    with filtering(islands.origin, "tcp flags & psh == psh reject with tcp reset", "input"):
        answer = probed(islands.client, ORIGIN[FAMILIES[family]])
    assert answer.outcome is Outcome.RESET_BEFORE, answer
