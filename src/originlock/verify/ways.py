"""Which connections are made: through the edge, round it, and to know where this vantage stands.

Lives here: from names and addresses to asks. Must not live here: making connections, and what they prove.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from originlock.facts.edge import EdgeSigns
from originlock.facts.probing import Ask, ClientCertificate

HTTPS, HTTP = 443, 80

PLAIN = frozenset({80, 8080, 8880, 2052, 2082, 2086, 2095})
"""Ports for plain HTTP: those of which Cloudflare proxies HTTP
(https://developers.cloudflare.com/fundamentals/reference/network-ports/)."""

WRONG_NAME = "originlock-probe.invalid"
"""A name that no certificate is for: RFC 2606 keeps .invalid for such."""

_ADDRESSES = 4
"""How many addresses of one family and name are tried at most (a load balancer has one for each zone)."""


class Way(enum.Enum):
    """How a stranger tries to get in; the words are those of the report."""

    RIGHT_NAME = "with the right name (SNI)"
    WRONG_NAME = "with a wrong name (SNI)"
    NO_NAME = "without a name (SNI)"
    STRANGERS_CERTIFICATE = "with a stranger's certificate"
    LOOK_ALIKE = "with a certificate of a look-alike issuer"
    PLAIN = "with plain HTTP"


class Straight(msgspec.Struct, frozen=True):
    """One way round the edge, to one address and port."""

    way: Way
    ask: Ask


def straight(addresses: Iterable[str], ports: Iterable[int], hostname: str, *, all_ways: bool = True) -> list[Straight]:
    """Every way round the edge: each address and port, over TLS or, on ports that are for it, plain HTTP.

    What speaks plain HTTP on another port answers TLS with something that is not TLS, and so is found open too.

    Args:
        addresses: the origin's.
        ports: TCP.
        hostname: what the origin is known by: the right name.
        all_ways: whether wrong names and certificates are tried too.
    """
    made: list[Straight] = []
    for address in few_of_each(addresses):
        for port in ports:
            if port not in PLAIN:
                made += _over_tls(address, port, hostname, all_ways=all_ways)
            else:
                made.append(Straight(Way.PLAIN, Ask(address, port, tls=False, sni=None, host=hostname)))
    return made


def _over_tls(address: str, port: int, hostname: str, *, all_ways: bool) -> list[Straight]:
    right = Ask(address, port, tls=True, sni=hostname, host=hostname)
    replace = msgspec.structs.replace
    ways = [Straight(Way.RIGHT_NAME, right)]
    if all_ways:
        ways += [
            Straight(Way.WRONG_NAME, replace(right, sni=WRONG_NAME, host=WRONG_NAME)),
            Straight(Way.NO_NAME, replace(right, sni=None)),
            Straight(Way.STRANGERS_CERTIFICATE, replace(right, certificate=ClientCertificate.STRANGER)),
            Straight(Way.LOOK_ALIKE, replace(right, certificate=ClientCertificate.LOOK_ALIKE)),
        ]
    return ways


def through(hostname: str, addresses: Iterable[str], path: str, fresh: str) -> list[Ask]:
    """A connection to the edge for each family that the name has, with a query that was never used before."""
    query = f"{'&' if '?' in path else '?'}originlock={fresh}"
    return [
        Ask(address, HTTPS, tls=True, sni=hostname, host=hostname, path=path + query)
        for address in first_of_each(addresses)
    ]


def traces(hostname: str, addresses: Iterable[str], signs: EdgeSigns) -> list[Ask]:
    """The edge is asked twice, for each family, from where it sees this vantage."""
    found = [
        Ask(address, HTTPS, tls=True, sni=hostname, host=hostname, path=signs.trace_path)
        for address in first_of_each(addresses)
    ]
    return [ask for ask in found for _ in range(2)]


def controls(hostname: str, addresses: Iterable[str], ports: Iterable[int]) -> list[Ask]:
    """Connections to the edge, over each family and port: whether this vantage's connections get out at all."""
    return [
        Ask(address, port, tls=port not in PLAIN, sni=None if port in PLAIN else hostname, host=hostname)
        for address in first_of_each(addresses)
        for port in ports
    ]


def first_of_each(addresses: Iterable[str]) -> list[str]:
    """The first IPv4 and the first IPv6 address."""
    listed = list(addresses)
    families = ([a for a in listed if ":" not in a], [a for a in listed if ":" in a])
    return [family[0] for family in families if family]


def few_of_each(addresses: Iterable[str]) -> list[str]:
    """The first few of each family."""
    listed = list(dict.fromkeys(addresses))
    return [a for a in listed if ":" not in a][:_ADDRESSES] + [a for a in listed if ":" in a][:_ADDRESSES]


def place(ask: Ask) -> str:
    """An address and a port, as a URL has them."""
    return f"[{ask.address}]:{ask.port}" if ask.ipv6 else f"{ask.address}:{ask.port}"
