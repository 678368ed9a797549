"""Where things are: hostnames, ranges of addresses and URLs, each read strictly.

Lives here: their kinds, shared by the file, the environment and the command line.
Must not live here: CIDR arithmetic (that is `facts.networks`), and where a value stands (see `keys`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from originlock.facts.edge import EdgeDescription, EdgeLimits
from originlock.facts.networks import (
    NOT_GLOBAL,
    AddressSet,
    Cidr,
    HostBitsError,
    NotACidrError,
    family,
    is_address,
    parse,
    prefix_length,
    sorted_unique,
)
from originlock.intent.kinds import Kind, checked, list_of, shown, wrong

WIDEST_EXCEPTION = EdgeLimits(widest_ipv4=16, widest_ipv6=48)
"""An exception is for an office or a monitor, not a provider (our choice: one site's usual allocation)."""

_LONGEST_NAME = 253
"""RFC 1035 section 2.3.4: 255 octets on the wire, which leaves 253 characters of text."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123 section 2.1: letters, digits and hyphens, a hyphen neither first nor last, at most 63."""

LOOPBACK = AddressSet.of((parse("127.0.0.0/8"), parse("::1/128")))
"""Where plain http stays on this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3)."""


_HOSTNAME_FAULTS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        lambda said: "/" in said,
        "is a URL or a path; write the hostname alone, without https:// and without a path",
    ),
    (lambda said: is_address(said.strip("[]")), "is an address; write the DNS name that the edge serves"),
    (lambda said: "*" in said, "is a wildcard, which cannot be asked for; write each hostname by itself"),
    (lambda said: not said.isascii(), "is not in ASCII; write its xn-- form"),
    (lambda said: said.endswith("."), "ends in a dot; write it without"),
    (
        lambda said: len(said) > _LONGEST_NAME,
        f"is longer than the {_LONGEST_NAME} characters of the longest DNS name; write a shorter one",
    ),
    (
        lambda said: not all(_LABEL.fullmatch(label) for label in said.lower().split(".")),
        "is not a hostname (labels of 1 to 63 letters, digits and inner hyphens, joined by dots)",
    ),
    # RFC 3696 section 2: a top-level label is never all digits, so this is an address with parts missing.
    (
        lambda said: said.rpartition(".")[2].isdigit(),
        "ends in a label of digits only, as no DNS name does; write the DNS name that the edge serves",
    ),
)
"""What a hostname must not be, the first that holds being told."""


def _hostname(said: str) -> str:
    for holds, fault in _HOSTNAME_FAULTS:
        if holds(said):
            message = f"{shown(said)} {fault}"
            raise wrong(message)
    return said.lower()


HOSTNAME = checked("a hostname", _hostname, {"pattern": r"^[A-Za-z0-9.-]+$", "maxLength": _LONGEST_NAME})
HOSTNAMES = list_of(HOSTNAME, "hostnames")


def _origin_address(said: str) -> str:
    return said.lower() if is_address(said) else _hostname(said)


ADDRESS = checked("a name or an address", _origin_address, {"pattern": r"^[A-Za-z0-9.:-]+$"})
ORIGIN_ADDRESSES = list_of(ADDRESS, "names or addresses")


def _cidr(said: str) -> Cidr:
    try:
        return parse(said)
    except HostBitsError as error:
        message = f"{error}; write the range, or one address as /32 or /128"
        raise wrong(message) from error
    except NotACidrError as error:
        if not is_address(said):
            message = f"{shown(said)} is no range; write an address, a slash and a prefix length"
            raise wrong(message) from error
        length = 128 if ":" in said else 32
        message = f"{shown(said)} has no prefix length; write {shown(f'{said}/{length}')} for one address"
        raise wrong(message) from error


def _no_wider(cidr: Cidr, limits: EdgeLimits, what: str) -> None:
    widest = limits.widest(family(cidr))
    if prefix_length(cidr) < widest:
        message = f"{cidr} is wider than /{widest}, the widest that {what} may be"
        raise wrong(message)


def _exception_source(said: str) -> Cidr:
    cidr = _cidr(said)
    _no_wider(cidr, WIDEST_EXCEPTION, "an exception")
    return cidr


_CIDR_SCHEMA = {"pattern": r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$"}

EXCEPTION_SOURCE = checked("a range such as 203.0.113.7/32", _exception_source, _CIDR_SCHEMA)


def extra_ranges(edge: EdgeDescription | None) -> Kind[tuple[Cidr, ...]]:
    """Further ranges of an edge, within its limits; without an edge their width is not judged."""

    def check(said: str) -> Cidr:
        cidr = _cidr(said)
        if edge is not None:
            _no_wider(cidr, edge.limits, f"a range of {edge.title}")
        if AddressSet.of((cidr,)) & NOT_GLOBAL:
            message = f"{cidr} is not global: no edge connects from private, special or unassigned addresses"
            raise wrong(message)
        return cidr

    item = checked("a range such as 198.51.100.0/24", check, _CIDR_SCHEMA)
    return list_of(item, "ranges", order=sorted_unique)


def _url(said: str) -> str:
    # No message shows the URL: where a password may stand, it would be shown too.
    if not said.isascii() or any(character in said for character in ' "<>\\^`{|}'):
        message = "holds a character that no URL holds; write such characters percent-encoded"
        raise wrong(message)
    try:
        parts = urlsplit(said)
        _ = parts.port
    except ValueError:
        message = "cannot be read as a URL; write https://host/path, with a port from 0 to 65535 if any"
        raise wrong(message) from None
    fault = _url_fault(parts)
    if fault is not None:
        raise wrong(fault)
    return said


def _url_fault(parts: SplitResult) -> str | None:
    host = parts.hostname
    if "@" in parts.netloc:
        return "must not hold a user or a password; credentials do not belong in a URL"
    if parts.scheme not in {"https", "http"}:
        return "must be a whole URL that begins with https://"
    if not host:
        return "names no host; write https://host/path"
    if parts.scheme == "http" and not is_this_machine(host):
        return f"speaks to {shown(host)} in clear; write https:// (http:// is for 127.0.0.0/8, [::1], localhost)"
    return None


def is_this_machine(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    return host == "localhost" or (is_address(host) and LOOPBACK.covers_address(host))


URL = checked("a URL", _url, {"format": "uri", "pattern": "^https?://"})
