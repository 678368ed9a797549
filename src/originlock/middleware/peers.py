"""Who connected: the load balancer, or somebody beside it.

Lives here: addresses against the load balancer's subnets. Must not live here: X-Forwarded-For, which anybody writes.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from originlock.middleware.refusals import Reason, RefusedError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Verdicts on addresses that are kept: a load balancer has a few dozen, strangers as many as they like.
_KEPT: Final = 1024

#: The longest address in text, with a scope: anything longer is none.
_ADDRESS_CHARACTERS: Final = 64


def networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """Read the subnets.

    Raises:
        ValueError: there is none, one is no network (host bits count), is the whole address space, or is IPv4 written
            as IPv6.
    """
    found = tuple(ipaddress.ip_network(each) for each in cidrs)
    if not found:
        message = "peers: name the load balancer's subnets, at least one"
        raise ValueError(message)
    for each in found:
        if each.prefixlen == 0:
            message = f"peers: {each} would believe everybody; name the load balancer's subnets"
            raise ValueError(message)
        if isinstance(each, ipaddress.IPv6Network) and each.network_address.ipv4_mapped is not None:
            message = f"peers: {each} is IPv4: write it so, and it counts for both ways of writing"
            raise ValueError(message)
    return found


def checker(believed: tuple[Network, ...]) -> Callable[[str], Reason | None]:
    """Make the function that tells why an address is not believed; None if it is."""

    @functools.lru_cache(maxsize=_KEPT)
    def verdict(peer: str) -> Reason | None:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return Reason.PEER_UNKNOWN
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return None if any(address in each for each in believed) else Reason.PEER_OUTSIDE

    return verdict


def check(verdict: Callable[[str], Reason | None], peer: str | None) -> None:
    """Let in whom the function lets in.

    Raises:
        RefusedError: `PEER_UNKNOWN` or `PEER_OUTSIDE`.
    """
    if peer is None or len(peer) > _ADDRESS_CHARACTERS:
        raise RefusedError(Reason.PEER_UNKNOWN)
    reason = verdict(peer)
    if reason is not None:
        raise RefusedError(reason)
