"""Whom the security groups of a load balancer admit, resolved to addresses.

Here lives the reading of rules into `Admission`s: prefix lists as the CIDRs of their current version, groups as the
addresses of their interfaces. Here must not live: moto (the views of `ec2_state` are read), or the filtering itself.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab.blueprint import Admission
from originlock.lab.ec2_rules import MAX_PORT, RuleKey, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from originlock.lab.ec2_state import GroupView, RegionView

#: What a blueprint knows; rules for other protocols do nothing to a load balancer, which speaks TCP.
_PROTOCOLS: Final = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1"})

#: 'EC2 user guide', connection tracking: flows of these, let in from everywhere and out to everywhere.
_UNTRACKED: Final = frozenset({"tcp", "udp", "-1"})
_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Sources:
    """What rules can name: prefix lists by id with their CIDRs, and groups by id with their addresses."""

    prefix_lists: Mapping[str, Sequence[str]]
    groups: Mapping[str, Sequence[str]]

    def cidrs(self, key: RuleKey) -> Sequence[str]:
        """The CIDRs that a rule names."""
        match key.source.kind:
            case SourceKind.PREFIX_LIST:
                return self.prefix_lists.get(key.source.value, ())
            case SourceKind.GROUP:
                return self.groups.get(key.source.value, ())
            case SourceKind.IPV4 | SourceKind.IPV6:
                return (key.source.value,)


def read_sources(regions: Iterable[RegionView]) -> Sources:
    """Read them out of all accounts and Regions; ids are unique, and groups may be named by peers.

    'EC2 user guide', security group rules: a rule that names a group admits the private addresses of the interfaces
    with it, so that a public address of the same interface is not let in.
    """
    lists: dict[str, Sequence[str]] = {}
    groups: dict[str, list[str]] = {}
    for region in regions:
        lists |= {each.list_id: each.cidrs for each in region.prefix_lists}
        for interface in region.interfaces:
            addresses = [*(f"{each}/32" for each in interface.ipv4), *(f"{each}/128" for each in interface.ipv6)]
            for group_id in interface.group_ids:
                groups.setdefault(group_id, []).extend(addresses)
    return Sources(lists, groups)


def admissions(groups: Iterable[GroupView], sources: Sources) -> tuple[Admission, ...]:
    """All that these groups let in: one for each protocol and span of ports, ordered."""
    found: dict[tuple[str, int, int], set[str]] = {}
    for group in groups:
        for rule in group.direction(egress=False):
            cidrs = sources.cidrs(rule.key)
            if cidrs and rule.key.protocol in _PROTOCOLS:
                found.setdefault(_span(rule.key), set()).update(cidrs)
    return tuple(
        Admission(protocol, first, last, tuple(_ordered(cidrs)))
        for (protocol, first, last), cidrs in sorted(found.items())
    )


def all_tracked(groups: Sequence[GroupView], sources: Sources) -> bool:
    """Whether each flow that these groups let in is tracked.

    'EC2 user guide', security group connection tracking: it is not where TCP or UDP is permitted from 0.0.0.0/0 or
    ::/0 and there is a rule in the other direction that permits all to there, for any port.
    """
    for everywhere in _EVERYWHERE:
        let_in = _to_everywhere(groups, sources, everywhere, egress=False)
        let_out = {
            rule.protocol
            for rule in _to_everywhere(groups, sources, everywhere, egress=True)
            if _span(rule)[1:] == (0, MAX_PORT)
        }
        if any(_answered(rule.protocol, let_out) for rule in let_in):
            return False
    return True


def _to_everywhere(
    groups: Sequence[GroupView], sources: Sources, everywhere: str, *, egress: bool
) -> Sequence[RuleKey]:
    return [
        rule.key
        for group in groups
        for rule in group.direction(egress=egress)
        if rule.key.protocol in _UNTRACKED and everywhere in sources.cidrs(rule.key)
    ]


def _answered(protocol: str, let_out: Iterable[str]) -> bool:
    """Whether a flow of a protocol, or one of all, may be answered by what is let out."""
    return any("-1" in {protocol, each} or protocol == each for each in let_out)


def _span(key: RuleKey) -> tuple[str, int, int]:
    if key.protocol == "-1":
        return key.protocol, 0, MAX_PORT
    first = 0 if key.from_port is None else int(key.from_port)
    last = MAX_PORT if key.to_port is None else int(key.to_port)
    return key.protocol, first, last


def _ordered(cidrs: Iterable[str]) -> Sequence[str]:
    """IPv4 before IPv6, each by its address; canonical, as EC2 keeps them."""
    networks = [ipaddress.ip_network(each) for each in cidrs]
    return [str(each) for each in sorted(networks, key=lambda each: (each.version, int(each[0]), each.prefixlen))]
