"""Following a blueprint: everything in its order, whatever one part does, and nothing of what is inside a VPC."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.lab.network.thin_air import IPV4, IPV6, balancer, to_443

from originlock.lab.blueprint import Blueprint, encoded
from originlock.lab.filters import wanted
from originlock.lab.following import Following, follower, from_outside

if TYPE_CHECKING:
    from pathlib import Path

    from originlock.lab.network import NamespaceGround
    from originlock.lab.packet_filter import PacketFilter

OPEN = balancer(to_443("0.0.0.0/0", "::/0"))


@dataclass(frozen=True)
class Failed:
    """What a plane could not do."""

    text: str


@dataclass
class Plane:
    """A plane that does nothing, or fails as it is told to."""

    troubles: tuple[Failed, ...] = ()
    breaks: bool = False
    followed: list[Blueprint] = field(default_factory=list)

    async def follow(self, blueprint: Blueprint) -> tuple[Failed, ...]:
        """Remember it."""
        self.followed.append(blueprint)
        if self.breaks:
            message = "broken"
            raise RuntimeError(message)
        return self.troubles


def replaced(**values: object) -> Blueprint:
    """The open load balancer with other values."""
    return Blueprint((msgspec.structs.replace(OPEN.balancers[0], **values),))


@pytest.mark.parametrize("inside", ["10.0.0.7", "172.31.255.1", "192.168.1.1"])
def test_what_is_inside_a_vpc_is_not_to_be_reached(inside: str) -> None:
    """Two VPCs may have the same private addresses, and nobody of the lab stands in either."""
    assert from_outside(replaced(ipv4=(inside,), ipv6=())) == Blueprint()
    assert from_outside(replaced(ipv4=(inside,))) == Blueprint()
    assert from_outside(replaced(ipv4=("172.32.0.1",), ipv6=())).balancers
    assert from_outside(replaced(attributes={"ipv6.deny_all_igw_traffic": "true"})).balancers[0].ipv6 == ()
    assert from_outside(OPEN) == OPEN


def test_names_of_load_balancers() -> None:
    """Internal ones resolve, too, as they do at AWS; nobody gets there."""
    following = Following(Plane(), None, None)
    asyncio.run(following.follow(replaced(ipv4=("10.0.0.7",), ipv6=())))
    name = OPEN.balancers[0].dns_name
    assert following.look_up(name, "A") == (("A", "10.0.0.7"),)
    assert following.look_up(name, "AAAA") == ()
    assert following.look_up(name, "TXT") == ()
    assert following.look_up("other", "A") is None


def test_a_listener_that_cannot_be_opens_no_filter(ground: NamespaceGround, guard: PacketFilter) -> None:
    """If the narrowing of a group hung on every listener's certificate, a stranger would stay in."""
    plane = Plane()
    following = Following(plane, ground, guard)
    assert asyncio.run(following.follow(OPEN)) == ()
    plane.troubles = (Failed("no key"),)
    assert asyncio.run(following.follow(balancer(to_443("192.0.2.0/24")))) == ("no key",)
    assert guard.now == wanted(balancer(to_443("192.0.2.0/24")))
    plane.breaks = True
    with pytest.raises(RuntimeError):
        asyncio.run(following.follow(balancer()))
    assert guard.now == ()


def test_an_address_that_a_host_has_is_said(ground: NamespaceGround, guard: PacketFilter) -> None:
    """Two owners of one address would make a world of which nothing can be said."""
    following = Following(Plane(), ground, guard)
    (why,) = asyncio.run(following.follow(replaced(ipv4=("192.0.2.66",))))
    assert "address of a host" in why
    assert asyncio.run(following.follow(OPEN)) == ()


def test_one_line_in_one_line_out(tmp_path: Path) -> None:
    """The local AWS waits for this line before it answers its own client."""
    plane = Plane()

    async def talk() -> list[object]:
        server = await follower(tmp_path / "socket", Following(plane, None, None))
        reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
        answers: list[object] = []
        for blueprint in (OPEN, Blueprint()):
            writer.write(encoded(blueprint) + b"\n")
            answers.append(json.loads(await reader.readline()))
            plane.troubles = (Failed("no key"), Failed("no port"))
        writer.close()
        server.close()
        return answers

    assert asyncio.run(talk()) == [{"applied": True}, {"applied": False, "why": "no key; no port"}]
    assert plane.followed == [OPEN, Blueprint()]
    assert IPV4 in plane.followed[0].balancers[0].ipv4
    assert IPV6 in plane.followed[0].balancers[0].ipv6
