"""Real packets between namespaces: dropped, admitted, cut or let be, as AWS has it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import select
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from tests.lab.network.thin_air import IPV4, IPV6, balancer, to_443

from originlock.lab.addresses import EDGE, OFFICE, OPERATOR, ORIGIN, STRANGER
from originlock.lab.blueprint import Admission, Blueprint
from originlock.lab.filters import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from originlock.lab.network import NamespaceGround
    from originlock.lab.packet_filter import PacketFilter

#: How long a client waits for its SYN to be answered: far more than a packet takes here, and less than it takes until
#: the SYN is sent again, which would hide a loss.
PATIENCE = 0.4

CLOUDFLARE = ("173.245.48.0/20", "103.21.244.0/22", "2400:cb00::/32", "2606:4700::/32")
OPEN = balancer(to_443("0.0.0.0/0", "::/0"))
LOCKED = balancer(to_443(*CLOUDFLARE))


def connect(
    ground: NamespaceGround, host: str, address: str, *, source: str | None = None, port: int = 443
) -> socket.socket | str:
    """A connection that stands, or the name of what became of it: ETIMEDOUT stands for no answer at all."""
    made, to = ground.outgoing(host, source, address, port)
    made.settimeout(PATIENCE)
    try:
        made.connect(to)
    except TimeoutError:
        made.close()
        return "ETIMEDOUT"
    except OSError as error:
        made.close()
        return errno.errorcode[error.errno or 0]
    return made


def reached(ground: NamespaceGround, host: str, address: str, *, source: str | None = None, port: int = 443) -> str:
    """What became of a connection; a whole one is closed at once."""
    made = connect(ground, host, address, source=source, port=port)
    if isinstance(made, str):
        return made
    made.close()
    return "connected"


@pytest.fixture(autouse=True)
def listener(ground: NamespaceGround) -> Iterator[None]:
    """Something at port 443 of both addresses, which sends back what it gets."""
    ended, end = os.pipe()
    waiting = [ground.listening(ORIGIN.name, address, 443) for address in (IPV4, IPV6)]

    def serve() -> None:
        held: list[socket.socket] = []
        while True:
            everything: list[int | socket.socket] = [ended, *waiting, *held]
            if ended in select.select(everything, [], [])[0]:
                break
            for each in select.select([*waiting, *held], [], [], 0)[0]:
                if each in waiting:
                    held.append(each.accept()[0])
                elif data := _received(each):
                    each.sendall(data)
                else:
                    held.remove(each)
                    each.close()
        for each in (*waiting, *held):
            each.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    os.write(end, b"x")
    thread.join()
    os.close(end)
    os.close(ended)


def _received(each: socket.socket) -> bytes:
    try:
        return each.recv(4096)
    except ConnectionError:
        return b""


def echoes(held: socket.socket | str, *, seconds: float = 30.0) -> bool:
    """Whether a standing connection still carries something there and back; a busy machine may take a while."""
    assert isinstance(held, socket.socket)
    held.settimeout(seconds)
    try:
        held.sendall(b"are you there?")
        return held.recv(100) == b"are you there?"
    except TimeoutError:
        return False


def test_nobody_gets_in_before_anything_is_said(ground: NamespaceGround, guard: PacketFilter) -> None:
    """A guard that begins open would let a stranger in until the first rule."""
    assert guard is not None
    assert reached(ground, STRANGER.name, IPV4) == "ETIMEDOUT"


@pytest.mark.parametrize("address", [IPV4, IPV6])
def test_a_stranger_is_not_answered_and_the_edge_is(ground: NamespaceGround, guard: PacketFilter, address: str) -> None:
    """At AWS a SYN that no rule admits is dropped; a refusal would be another verdict."""
    guard.let_in(wanted(LOCKED))
    assert [reached(ground, host.name, address) for host in (STRANGER, OFFICE, OPERATOR)] == ["ETIMEDOUT"] * 3
    sources = [each for each in (*EDGE.ipv4, *EDGE.ipv6) if (":" in each) == (":" in address)]
    assert [reached(ground, EDGE.name, address, source=each) for each in sources] == ["connected"] * 2


@pytest.mark.parametrize("address", [IPV4, IPV6])
def test_an_admitted_port_where_nobody_listens_refuses(
    ground: NamespaceGround, guard: PacketFilter, address: str
) -> None:
    """Admitted by the group and without a listener is not the same as dropped."""
    guard.let_in(wanted(balancer(Admission("tcp", 80, 443, ("0.0.0.0/0", "::/0")))))
    assert reached(ground, STRANGER.name, address, port=80) == "ECONNREFUSED"
    assert reached(ground, STRANGER.name, address, port=444) == "ETIMEDOUT"


@pytest.mark.parametrize("address", [IPV4, IPV6])
@pytest.mark.parametrize("tracked, goes_on", [(True, True), (False, False)])
def test_standing_connections(
    ground: NamespaceGround, guard: PacketFilter, address: str, *, tracked: bool, goes_on: bool
) -> None:
    """What was admitted by a rule for everybody is cut with it unless it is tracked; what the edge holds goes on."""
    both = balancer(to_443("0.0.0.0/0", "::/0", *CLOUDFLARE), tracked=tracked)
    guard.let_in(wanted(both))
    strangers = connect(ground, STRANGER.name, address)
    edges = connect(ground, EDGE.name, address)
    assert echoes(strangers)
    assert echoes(edges)

    guard.let_in(wanted(balancer(to_443(*CLOUDFLARE), tracked=tracked)))
    assert reached(ground, STRANGER.name, address) == "ETIMEDOUT"
    assert echoes(edges)
    assert echoes(strangers, seconds=30.0 if goes_on else PATIENCE) is goes_on
    for each in (strangers, edges):
        assert isinstance(each, socket.socket)
        each.close()


def test_a_tracked_flow_outlives_its_rule_even_if_all_rules_go(ground: NamespaceGround, guard: PacketFilter) -> None:
    """A range taken out of a group does not cut the connections that the edge has pooled."""
    guard.let_in(wanted(balancer(to_443(*CLOUDFLARE), tracked=False)))
    edges = connect(ground, EDGE.name, IPV4)
    assert echoes(edges)
    guard.let_in(wanted(balancer(tracked=False)))
    assert echoes(edges)
    assert reached(ground, EDGE.name, IPV4) == "ETIMEDOUT"
    assert isinstance(edges, socket.socket)
    edges.close()


def test_changes_that_keep_a_source_lose_nothing_of_it(ground: NamespaceGround, guard: PacketFilter) -> None:
    """If the filter itself lost packets at a change, a lossless swap of groups could not be told from a bad one."""
    worlds = itertools.cycle(
        (
            wanted(balancer(to_443("0.0.0.0/0", "::/0"))),
            # The same sources in other pieces.
            wanted(balancer(to_443("173.245.48.0/20"), Admission("-1", 0, 65535, ("2400:cb00::/32",)))),
            wanted(balancer(Admission("tcp", 400, 500, ("173.245.0.0/16", "2400::/16")))),
        )
    )
    guard.let_in(next(worlds))
    done = threading.Event()
    lost: list[str] = []

    def load(address: str) -> None:
        while not done.is_set():
            made, to = ground.outgoing(EDGE.name, None, address, 443)
            made.settimeout(PATIENCE)
            try:
                made.connect(to)
            except OSError as error:
                lost.append(f"{address}: {error}")
            # Nothing is left waiting for its end, so that ports never run out.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            made.close()

    threads = [threading.Thread(target=load, args=(address,)) for address in (IPV4, IPV6)]
    for thread in threads:
        thread.start()
    for _ in range(150):
        guard.let_in(next(worlds))
    done.set()
    for thread in threads:
        thread.join()
    assert not lost


def test_sabotage_loses_one_range_and_ends(ground: NamespaceGround, guard: PacketFilter) -> None:
    """A proof must be breakable at will: one range of the edge, wherever its packets get lost."""
    guard.let_in(wanted(LOCKED))
    standing = connect(ground, EDGE.name, IPV4)
    assert echoes(standing)
    guard.drop("173.245.48.0/20")
    guard.drop("2001:db8:100::/48", EDGE.name)
    assert not echoes(standing, seconds=PATIENCE)
    assert reached(ground, EDGE.name, IPV4) == "ETIMEDOUT"
    assert reached(ground, EDGE.name, IPV4, source=EDGE.ipv4[1]) == "connected"
    assert reached(ground, EDGE.name, IPV6) in {"ETIMEDOUT", "EPERM"}
    guard.drop_nothing()
    assert reached(ground, EDGE.name, IPV4) == "connected"
    assert reached(ground, EDGE.name, IPV6) == "connected"
    assert isinstance(standing, socket.socket)
    standing.close()


def test_a_load_balancer_that_goes_takes_its_address_along(ground: NamespaceGround, guard: PacketFilter) -> None:
    """What answered once must not answer for a load balancer that is no more."""
    guard.let_in(wanted(OPEN))
    assert [reached(ground, STRANGER.name, each) for each in (IPV4, IPV6)] == ["connected"] * 2
    ground.give_balancers([])
    guard.let_in(wanted(Blueprint()))
    assert [reached(ground, STRANGER.name, each) for each in (IPV4, IPV6)] == ["ETIMEDOUT"] * 2


def test_a_load_balancer_after_the_last_one_is_reached(ground: NamespaceGround, guard: PacketFilter) -> None:
    """The origin's way to others must not go with its last address."""
    ground.give_balancers([])
    ground.give_balancers([IPV4, IPV6])
    with contextlib.ExitStack() as stack:
        for address in (IPV4, IPV6):
            stack.enter_context(ground.listening(ORIGIN.name, address, 8443))
        open_elsewhere = wanted(balancer(Admission("tcp", 8443, 8443, ("0.0.0.0/0", "::/0"))))
        guard.let_in(open_elsewhere)
        assert [reached(ground, STRANGER.name, each, port=8443) for each in (IPV4, IPV6)] == ["connected"] * 2


def test_a_load_balancer_comes_after_all_have_gone(ground: NamespaceGround, guard: PacketFilter) -> None:
    """With the last address the kernel takes the way back along: nobody would be answered ever after."""
    guard.let_in(wanted(OPEN))
    ground.give_balancers([])
    ground.give_balancers([IPV4, IPV6])
    assert [reached(ground, STRANGER.name, address) for address in (IPV4, IPV6)] == ["connected"] * 2
