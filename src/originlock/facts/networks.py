"""The only CIDR arithmetic: canonical CIDRs, sets of addresses, and which addresses are private or special.

Lives here: parsing, comparing and set operations on address ranges. Must not live here: any list of an edge,
any rule of a security group, any judgement other than what the address registries say.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
from collections.abc import Iterable
from typing import Final, Literal, NewType

import msgspec

Cidr = NewType("Cidr", str)
"""A CIDR in canonical spelling (host bits clear, IPv6 compressed, always with a prefix length), such as
``173.245.48.0/20``. Only the functions of this module make one, so two equal ranges are equal strings."""

Family = Literal[4, 6]
"""An address family, by the version number of its protocol."""

IPV4: Final = 4
IPV6: Final = 6
FAMILIES: tuple[Family, Family] = (IPV4, IPV6)

_BITS: dict[Family, int] = {4: 32, 6: 128}


class NotACidrError(ValueError):
    """The text is not a CIDR; the message says what it is instead."""


class HostBitsError(NotACidrError):
    """The text is an address with a prefix length, but addresses an inside of the range, not its start."""


@functools.lru_cache(maxsize=65_536)
def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(cidr)


@functools.lru_cache(maxsize=65_536)
def parse(text: str) -> Cidr:
    """Read a CIDR strictly: an explicit prefix length in digits, and no host bits.

    Raises:
        HostBitsError: host bits are set, as in ``10.0.0.1/8``.
        NotACidrError: anything else that is not a CIDR.
    """
    loose = canonical(text)
    if _network(loose).network_address != ipaddress.ip_address(text.strip().partition("/")[0]):
        message = f"{_shown(text)} has host bits set (the range is {loose})"
        raise HostBitsError(message)
    return loose


@functools.lru_cache(maxsize=65_536)
def canonical(text: str) -> Cidr:
    """Read a CIDR as AWS does: host bits are cleared, spellings made one. An explicit prefix length is needed.

    Raises:
        NotACidrError: the text is no address with a prefix length.
    """
    address, slash, length = text.strip().partition("/")
    # ipaddress takes netmasks ("/255.0.0.0") and non-ASCII digits too, and IPv6 scopes; no published list means them.
    if not slash or not length.isascii() or not length.isdigit() or "%" in address or not address.isascii():
        message = f"{_shown(text)} is not a CIDR (an address, a slash and a prefix length)"
        raise NotACidrError(message)
    try:
        network = ipaddress.ip_network(f"{address}/{int(length)}", strict=False)
    except ValueError as error:
        message = f"{_shown(text)} is not a CIDR (no such address or prefix length)"
        raise NotACidrError(message) from error
    return Cidr(str(network))


def _shown(text: str) -> str:
    """Quote text from outside, bounded, so that an error page does not flood an error message."""
    limit = 60
    return repr(text if len(text) <= limit else text[:limit] + "...")


def family(cidr: Cidr) -> Family:
    """4 or 6."""
    return 4 if _network(cidr).version == IPV4 else 6


def prefix_length(cidr: Cidr) -> int:
    """The number of fixed bits: 20 of ``173.245.48.0/20``."""
    return _network(cidr).prefixlen


def order(cidr: Cidr) -> tuple[int, int, int]:
    """A sort key: by family, first address, then the wider first."""
    network = _network(cidr)
    return (network.version, int(network.network_address), network.prefixlen)


def sorted_unique(cidrs: Iterable[Cidr]) -> tuple[Cidr, ...]:
    """The CIDRs without doubles, in one order whatever order they came in."""
    return tuple(sorted(set(cidrs), key=order))


_Interval = tuple[int, int]


class AddressSet(msgspec.Struct, frozen=True):
    """A set of addresses of both families: sorted, disjoint, inclusive intervals of integers.

    Equal sets are equal values, however they were cut into CIDRs.
    """

    ipv4: tuple[_Interval, ...] = ()
    ipv6: tuple[_Interval, ...] = ()

    @classmethod
    def of(cls, cidrs: Iterable[Cidr]) -> AddressSet:
        """All the addresses in any of the CIDRs."""
        found: dict[int, list[_Interval]] = {4: [], 6: []}
        for cidr in cidrs:
            network = _network(cidr)
            found[network.version].append((int(network.network_address), int(network.broadcast_address)))
        return cls(_merged(found[4]), _merged(found[6]))

    def __bool__(self) -> bool:
        """Whether there is any address in the set."""
        return bool(self.ipv4 or self.ipv6)

    def __or__(self, other: AddressSet) -> AddressSet:
        """The addresses in either."""
        return AddressSet(_merged([*self.ipv4, *other.ipv4]), _merged([*self.ipv6, *other.ipv6]))

    def __sub__(self, other: AddressSet) -> AddressSet:
        """The addresses here that are not in the other."""
        return AddressSet(_minus(self.ipv4, other.ipv4), _minus(self.ipv6, other.ipv6))

    def __and__(self, other: AddressSet) -> AddressSet:
        """The addresses in both."""
        return self - (self - other)

    def __le__(self, other: AddressSet) -> bool:
        """Whether every address here is in the other."""
        return not self - other

    def covers(self, cidr: Cidr) -> bool:
        """Whether the whole of the CIDR is in the set (binary search)."""
        network = _network(cidr)
        return self._holds(network.version, int(network.network_address), int(network.broadcast_address))

    def covers_address(self, address: str) -> bool:
        """Whether the address, in any spelling, is in the set; an IPv4-mapped IPv6 address counts as IPv4.

        Raises:
            ValueError: the text is not an address.
        """
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return self._holds(parsed.version, int(parsed), int(parsed))

    def _holds(self, version: int, first: int, last: int) -> bool:
        intervals = self.ipv4 if version == IPV4 else self.ipv6
        at = bisect.bisect_right(intervals, first, key=lambda interval: interval[0]) - 1
        return at >= 0 and last <= intervals[at][1]

    def of_family(self, wanted: Family) -> AddressSet:
        """The part of the set in one family."""
        return AddressSet(ipv4=self.ipv4) if wanted == IPV4 else AddressSet(ipv6=self.ipv6)

    def size(self) -> int:
        """How many addresses."""
        return sum(last - first + 1 for first, last in (*self.ipv4, *self.ipv6))

    def cidrs(self) -> tuple[Cidr, ...]:
        """The fewest CIDRs that make up the set, in order."""
        found: list[Cidr] = []
        for start, end in self.ipv4:
            span4 = ipaddress.summarize_address_range(ipaddress.IPv4Address(start), ipaddress.IPv4Address(end))
            found += [Cidr(str(network)) for network in span4]
        for start, end in self.ipv6:
            span6 = ipaddress.summarize_address_range(ipaddress.IPv6Address(start), ipaddress.IPv6Address(end))
            found += [Cidr(str(network)) for network in span6]
        return tuple(found)


def _merged(intervals: list[_Interval]) -> tuple[_Interval, ...]:
    merged: list[_Interval] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _minus(these: tuple[_Interval, ...], those: tuple[_Interval, ...]) -> tuple[_Interval, ...]:
    left: list[_Interval] = []
    at = 0
    for first, last in these:
        start = first
        while at < len(those) and those[at][1] < start:
            at += 1
        index = at
        while index < len(those) and those[index][0] <= last:
            if start < those[index][0]:
                left.append((start, those[index][0] - 1))
            start = max(start, those[index][1] + 1)
            index += 1
        if start <= last:
            left.append((start, last))
    return tuple(left)


def _set(*texts: str) -> AddressSet:
    return AddressSet.of(parse(text) for text in texts)


def as_sent(address: str) -> str:
    """An address as packets carry it: an IPv4-mapped IPv6 address is IPv4 (RFC 4291, section 2.5.5.2).

    Raises:
        ValueError: the text is not an address.
    """
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


EVERYWHERE = _set("0.0.0.0/0", "::/0")

PRIVATE = _set(
    # RFC 1918, RFC 6598 (shared address space), loopback, link-local; ULA (RFC 4193) and their IPv6 kin.
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)
"""Private addresses. Documentation ranges count as public: tests and labs stand on them."""

NOT_GLOBAL = PRIVATE | _set(
    # IANA IPv4 and IPv6 Special-Purpose Address Registries: the blocks that are not globally reachable, but for
    # the documentation ranges; and all IPv6 outside 2000::/3, the one block that IANA gives out as global unicast.
    "0.0.0.0/8",
    "192.0.0.0/24",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",
    "2002::/16",
    "::/3",
    "4000::/2",
    "8000::/1",
)
"""Addresses that no edge can connect from."""


def is_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address, without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_public(cidr: Cidr) -> bool:
    """Whether any address of the CIDR is outside the private ranges."""
    return not PRIVATE.covers(cidr)
