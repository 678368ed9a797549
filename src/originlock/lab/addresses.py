"""Who stands where in the lab's network.

Here lives the addresses of the lab's hosts. Here must not live: namespaces, sockets, routes.

The edge's are in ranges that Cloudflare really publishes (they exist in namespaces without a link to the outside
alone), all others in ranges for documentation (RFC 5737, RFC 3849), which originlock counts as public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Host:
    """One host, and its addresses; the first of a family is the one that it connects from."""

    name: str
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]


#: Cloudflare's servers: two ranges of IPv4 and two of IPv6, from which it connects to origins.
EDGE: Final = Host("edge", ("173.245.48.1", "103.21.244.7"), ("2400:cb00::1", "2606:4700::1"))

#: Where visitors reach the edge: what a proxied record resolves to.
FRONT_IPV4: Final = ("104.16.0.10", "104.16.0.11")
FRONT_IPV6: Final = ("2606:4700::6810:a", "2606:4700::6810:b")

#: Whoever runs originlock: the stranger's equal, with the APIs, the name server and the authority at hand.
OPERATOR: Final = Host("operator", ("192.0.2.10",), ("2001:db8:0:b::10",))

#: An exception of the policies of the demo and of tests (see `world.OFFICE`).
OFFICE: Final = Host("office", ("203.0.113.7",), ("2001:db8:0:c::7",))

STRANGER: Final = Host("stranger", ("192.0.2.66",), ("2001:db8:bad::9",))

#: Where the listeners of load balancers are; their addresses come from the local AWS.
ORIGIN: Final = Host("origin", (), ())

#: Those whom a command can be run as.
CLIENTS: Final = (OPERATOR, EDGE, OFFICE, STRANGER)

HOSTS: Final = (*CLIENTS, ORIGIN)

#: From which network the local AWS gives public addresses to load balancers (see `interface_state`).
BALANCERS_IPV4: Final = "198.51.100.0/24"

#: From which one the VPCs of the local AWS have their IPv6 blocks, as moto gives them.
BALANCERS_IPV6: Final = "2400:6500::/32"

#: Where clients of the lab ask for names: the address that systemd's own resolver has elsewhere.
NAME_SERVER: Final = "127.0.0.53"
