"""Following the local AWS: what it wants of the packets is done before its answer goes out.

Lives here: one blueprint after the other, in the order in which it has to be done. Must not live here: the doing of a
part (see `network`, `packet_filter`, `plane`, `name_server`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from originlock.lab.blueprint import Blueprint, decoded
from originlock.lab.filters import wanted
from originlock.lab.namespaces import NamespaceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path

    from originlock.lab.blueprint import Balancer
    from originlock.lab.network import NamespaceGround
    from originlock.lab.packet_filter import PacketFilter

#: A world of a thousand load balancers is far below.
_MOST_BYTES: Final = 256 * 1024 * 1024

#: Private use (RFC 1918): nobody in the lab stands inside a VPC.
_PRIVATE: Final = tuple(ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))

#: Set on internal load balancers with IPv6 ('Elastic Load Balancing API reference', LoadBalancerAttribute).
_NO_IPV6_GATEWAY: Final = "ipv6.deny_all_igw_traffic"


class Trouble(Protocol):
    """What could not be done at one listener."""

    @property
    def text(self) -> str:
        """What, and why."""
        ...


class Plane(Protocol):
    """Whoever terminates connections (see `plane`)."""

    async def follow(self, blueprint: Blueprint) -> Sequence[Trouble]:
        """Serve what a blueprint has."""
        ...


class Following:
    """What follows the blueprint, kept in step with the newest one."""

    def __init__(self, plane: Plane, ground: NamespaceGround | None, guard: PacketFilter | None) -> None:
        """Follow with these; without namespaces there is neither a ground to give addresses to nor a guard."""
        self._plane = plane
        self._ground = ground
        self._guard = guard
        self._one_at_a_time = asyncio.Lock()
        self.newest = Blueprint()

    async def follow(self, blueprint: Blueprint) -> tuple[str, ...]:
        """Do it all; returns what could not be done."""
        async with self._one_at_a_time:
            seen = from_outside(blueprint)
            troubles = []
            addresses = [each for balancer in seen.balancers for each in (*balancer.ipv4, *balancer.ipv6)]
            if self._ground is not None:
                # Never skipped for another's failure, and off this thread: it has connections to carry meanwhile.
                troubles += await _told(asyncio.to_thread(self._ground.give_balancers, addresses))
            try:
                troubles += [each.text for each in await self._plane.follow(seen)]
            finally:
                # Whatever becomes of the listeners: whom a group no longer admits is not let in.
                if self._guard is not None:
                    troubles += await _told(asyncio.to_thread(self._guard.let_in, wanted(seen)))
                self.newest = blueprint
            return tuple(troubles)

    def look_up(self, name: str, kind: str) -> Sequence[tuple[str, str]] | None:
        """The names of load balancers (see `name_server.Lookup`)."""
        for balancer in self.newest.balancers:
            if balancer.dns_name.lower() == name:
                addresses = {"A": balancer.ipv4, "AAAA": balancer.ipv6}.get(kind, ())
                return tuple((kind, each) for each in addresses)
        return None


async def _told(doing: Awaitable[None]) -> list[str]:
    """Wait for something that may fail; returns what it said then."""
    try:
        await doing
    except NamespaceError as error:
        return [str(error)]
    return []


def from_outside(blueprint: Blueprint) -> Blueprint:
    """What of it can be reached from outside a VPC, which is where all in the lab stand."""
    seen = (
        msgspec.structs.replace(
            each,
            ipv4=tuple(address for address in each.ipv4 if not _is_private(address)),
            ipv6=() if each.attributes.get(_NO_IPV6_GATEWAY) == "true" or _is_internal(each) else each.ipv6,
        )
        for each in blueprint.balancers
    )
    return msgspec.structs.replace(blueprint, balancers=tuple(each for each in seen if each.ipv4 or each.ipv6))


def _is_internal(balancer: Balancer) -> bool:
    return bool(balancer.ipv4) and all(_is_private(address) for address in balancer.ipv4)


def _is_private(address: str) -> bool:
    return any(ipaddress.ip_address(address) in network for network in _PRIVATE)


async def follower(path: Path, following: Following) -> asyncio.Server:
    """Let the local AWS tell at a Unix socket what it wants, and answer when it is done; raises OSError."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                troubles = await following.follow(decoded(line))
                said = {"applied": not troubles, **({"why": "; ".join(troubles)} if troubles else {})}
                writer.write(json.dumps(said).encode() + b"\n")
                await writer.drain()

    return await asyncio.start_unix_server(serve, path, limit=_MOST_BYTES)
