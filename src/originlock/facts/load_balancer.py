"""Load balancers: their groups, what they listen on, their interfaces, the health of their targets.

Lives here: Elastic Load Balancing's objects as frozen data. Must not live here: how they are read, who manages one,
which of its groups is whose.
"""

from __future__ import annotations

import msgspec

from originlock.facts.origin import Tags
from originlock.facts.unknown import Unknown

HEALTHY = "healthy"
"""The state of a target that is served (Elastic Load Balancing API reference, TargetHealth.State)."""

_PROTOCOLS = {
    "HTTP": ("tcp",),
    "HTTPS": ("tcp",),
    "TCP": ("tcp",),
    "TLS": ("tcp",),
    "UDP": ("udp",),
    "TCP_UDP": ("tcp", "udp"),
    "QUIC": ("udp",),
    "TCP_QUIC": ("tcp", "udp"),
}
"""What a listener's protocol is on the wire (Elastic Load Balancing API reference, Listener.Protocol)."""


class Listener(msgspec.Struct, frozen=True):
    """A port that is listened on.

    Attributes:
        protocol: as Elastic Load Balancing says, such as ``HTTPS``.
    """

    protocol: str
    port: int

    @property
    def doors(self) -> tuple[tuple[str, int], ...]:
        """(protocol, port) as a security group's rules have them; one that is not known may be either."""
        return tuple((protocol, self.port) for protocol in _PROTOCOLS.get(self.protocol, ("tcp", "udp")))


class Interface(msgspec.Struct, frozen=True):
    """A network interface, with the ids of its groups."""

    id: str
    groups: tuple[str, ...]


class TargetHealth(msgspec.Struct, frozen=True):
    """How a target does.

    Attributes:
        target: its target group, its id and its port, in one text.
        state: ``healthy``, ``unhealthy``, ``initial``, ...
    """

    target: str
    state: str


class LoadBalancer(msgspec.Struct, frozen=True, tag="load-balancer"):
    """A load balancer.

    Attributes:
        id: its ARN.
        kind: ``application``, ``network`` or ``gateway``.
        addresses: ``ipv4``, ``dualstack`` or ``dualstack-without-public-ipv4``.
        groups: the ids of its groups, sorted.
        dns_name: what resolves to its addresses.
    """

    id: str
    name: str
    vpc: str
    kind: str
    addresses: str
    groups: tuple[str, ...]
    listeners: tuple[Listener, ...] | Unknown
    interfaces: tuple[Interface, ...] | Unknown
    health: tuple[TargetHealth, ...] | Unknown
    tags: Tags | Unknown
    dns_name: str = ""

    @property
    def has_ipv6(self) -> bool:
        """Whether it has IPv6 addresses."""
        return self.addresses != "ipv4"

    @property
    def healthy(self) -> tuple[str, ...]:
        """The targets that are served; none where that is not known."""
        if isinstance(self.health, Unknown):
            return ()
        return tuple(each.target for each in self.health if each.state == HEALTHY)


class InterfaceQuota(msgspec.Struct, frozen=True, tag="interface-quota"):
    """Security groups per network interface.

    Attributes:
        observed: whether AWS was asked; otherwise it is the documented default.
    """

    limit: int
    observed: bool


DEFAULT_INTERFACE_QUOTA = InterfaceQuota(5, observed=False)
"""Amazon VPC quotas: "Security groups per network interface: 5"."""

RULES_ON_AN_INTERFACE = 1000
"""Amazon VPC quotas: rules per security group times groups per network interface cannot exceed 1,000."""
