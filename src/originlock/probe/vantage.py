"""What this vantage knows of itself: proxies in its environment, its own addresses, and what the edge calls it.

Lives here: the facts, none of which needs a packet, and the reading of the edge's answer. Must not live here: asking
the edge (a probe does, with path `TRACE_PATH`), and what a vantage can tell (see `originlock.verify`).
"""

from __future__ import annotations

import os
import socket
from typing import Final

from originlock.facts.probing import Trace

TRACE_PATH: Final = "/cdn-cgi/trace"
"""Where every host behind Cloudflare tells a visitor what it sees of them ('Cloudflare fundamentals', /cdn-cgi/)."""

_PROXY_VARIABLES: Final = ("http_proxy", "https_proxy", "all_proxy")
"""curl(1), and Python's urllib.request: in small letters or in capitals."""

_OUTSIDE_IPV4: Final = "192.0.2.1"
_OUTSIDE_IPV6: Final = "2001:db8::1"
"""Addresses that are nobody's (RFC 5737, RFC 3849): only the route to them is asked for."""

_LINES: Final = 64
_TEXT: Final = 8_192
_VALUE: Final = 255
"""Characters: the longest hostname (RFC 1035)."""

_ANY_PORT: Final = 9
"""Discard (RFC 863); nothing is sent to it."""


class ThisMachine:
    """Where this machine stands, as the port asks for it."""

    def proxies(self) -> tuple[str, ...]:
        """The names of the environment's variables that name a proxy."""
        return environment_proxies()

    def source(self, *, ipv6: bool) -> str | None:
        """The address that it connects from to the outside; None if it has no route. Sends nothing."""
        return own_address(_OUTSIDE_IPV6 if ipv6 else _OUTSIDE_IPV4)

    def trace(self, body: str) -> Trace | None:
        """What the edge's page about a visitor says; None if it is no such page."""
        return trace(body)


def environment_proxies() -> tuple[str, ...]:
    """The names of the variables that name a proxy, sorted; their values can hold passwords and are not told."""
    return tuple(
        sorted(name for name, value in os.environ.items() if name.lower() in _PROXY_VARIABLES and value.strip())
    )


def own_address(towards: str) -> str | None:
    """The address that this machine would connect from; None if it has no route or no address of that family.

    No packet is sent: a UDP socket that is connected only asks for the route.

    Args:
        towards: an IPv4 or IPv6 address.
    """
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((towards, _ANY_PORT))
            return str(sock.getsockname()[0])
    except OSError:
        return None


def trace(body: str) -> Trace | None:
    """What the edge says of this vantage; None if the text is not such an answer.

    Args:
        body: the body of an answer at `TRACE_PATH`, lines of `name=value`; only its start is read.
    """
    values: dict[str, str] = {}
    for line in body[:_TEXT].split("\n")[:_LINES]:
        name, equals, value = line.strip().partition("=")
        if equals and name not in values and value.isascii() and value.isprintable() and len(value) <= _VALUE:
            values[name] = value
    address = values.get("ip", "")
    if not _is_address(address) or "h" not in values:
        return None
    return Trace(ip=address, host=values["h"], colo=values.get("colo", ""), warp=values.get("warp", ""))


def _is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return True
    return False
