"""What EC2 makes of the rules that a request names: parse, canonicalise, refuse.

Here live the pure functions from request parameters to rules, with AWS's own refusals.
Here must not live: moto, storage, HTTP, or any arithmetic of originlock's own rooms (this
room judges them, so it reads CIDRs for itself).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from originlock.lab.ec2_errors import Code, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: 'EC2 API reference', IpRange.Description: up to 255 characters of this set.
MAX_DESCRIPTION: Final = 255
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*\Z")

#: 'EC2 API reference', IpPermission.IpProtocol: a name or the number of the IANA registry.
_PROTOCOL_NAMES: Final[Mapping[str, str]] = {
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "58": "icmpv6",
    "all": "-1",
}
_WITH_PORTS: Final = frozenset({"tcp", "udp"})
_ICMP: Final = frozenset({"icmp", "icmpv6"})
MAX_PORT: Final = 65535
MAX_PROTOCOL: Final = 255


class SourceKind(StrEnum):
    """What a rule admits: one of the four things that EC2 knows."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    GROUP = "group"
    PREFIX_LIST = "prefix-list"


@dataclass(frozen=True, slots=True)
class Source:
    """The peer of a rule: a canonical CIDR, a group's id or a prefix list's id."""

    kind: SourceKind
    value: str


@dataclass(frozen=True, slots=True)
class RuleKey:
    """What makes two rules of one group and direction the same rule."""

    protocol: str
    from_port: int | None
    to_port: int | None
    source: Source

    def __str__(self) -> str:
        """Spell the rule as EC2's Duplicate error does."""
        if self.protocol == "-1":
            what = "ALL"
        elif self.protocol in _WITH_PORTS:
            what = f"{self.protocol.upper()}, from port: {self.from_port}, to port: {self.to_port}"
        elif self.protocol in _ICMP:
            what = f"{self.protocol.upper()}, type: {self.from_port}, code: {self.to_port}"
        else:
            what = f"protocol: {self.protocol}"
        return f"peer: {self.source.value}, {what}, ALLOW"


@dataclass(frozen=True, slots=True)
class RequestedRule:
    """One rule of a request: its identity and what it would be described as."""

    key: RuleKey
    description: str | None


# --- reading request parameters ------------------------------------------------------------


def text(params: Mapping[str, object], name: str) -> str | None:
    """Return a parameter as text, or None where it is absent."""
    value = params.get(name)
    return None if value is None else str(value)


def items(params: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    """Return a parameter that is a list of structures."""
    value = params.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(params: Mapping[str, object], name: str) -> Sequence[str]:
    """Return a parameter that is a list of texts."""
    value = params.get(name)
    return [str(item) for item in value] if isinstance(value, list) else []


def requested_rules(params: Mapping[str, object], group_id: Callable[[str], str]) -> Sequence[RequestedRule]:
    """Return every rule that a request names, canonical, or refuse the whole request.

    `group_id` answers with the id of a group that is named by id or by name, or refuses.
    """
    rules = [rule for permission in _permissions(params) for rule in _rules_of_permission(permission, group_id)]
    repeated = [key for key, count in Counter(rule.key for rule in rules).items() if count > 1]
    if repeated:
        # Not documented; EC2's own words, as users of Terraform's AWS provider report them.
        raise Refusal(Code.INVALID_VALUE, "The same permission must not appear multiple times")
    return rules


def _permissions(params: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    permissions = items(params, "IpPermissions")
    single = {name: params[name] for name in ("IpProtocol", "FromPort", "ToPort") if params.get(name) is not None}
    if params.get("SourceSecurityGroupName") is not None:
        raise Refusal(Code.UNSUPPORTED, "the lab does not know SourceSecurityGroupName")
    cidr = text(params, "CidrIp")
    if permissions and (single or cidr is not None):
        raise Refusal(
            Code.INVALID_COMBINATION,
            "The parameter ipPermissions may not be combined with single-rule parameters",
        )
    if permissions:
        return permissions
    if not single and cidr is None:
        raise Refusal(Code.MISSING, "The request must contain the parameter ipPermissions")
    return [{**single, "IpRanges": [{"CidrIp": cidr}] if cidr is not None else []}]


def _rules_of_permission(permission: Mapping[str, object], group_id: Callable[[str], str]) -> Iterable[RequestedRule]:
    protocol = canonical_protocol(text(permission, "IpProtocol"))
    from_port, to_port = _ports(protocol, permission)
    named = [
        *((_cidr(item, SourceKind.IPV4), item) for item in items(permission, "IpRanges")),
        *((_cidr(item, SourceKind.IPV6), item) for item in items(permission, "Ipv6Ranges")),
        *((_group(item, group_id), item) for item in items(permission, "UserIdGroupPairs")),
        *((_prefix_list(item), item) for item in items(permission, "PrefixListIds")),
    ]
    if not named:
        raise Refusal(Code.MISSING, "Source group missing.")
    for source, item in named:
        yield RequestedRule(
            RuleKey(protocol, from_port, to_port, source),
            valid_description(text(item, "Description")),
        )


def _cidr(item: Mapping[str, object], family: SourceKind) -> Source:
    name = "CidrIp" if family is SourceKind.IPV4 else "CidrIpv6"
    return Source(family, canonical_cidr(text(item, name) or "", family))


def _group(item: Mapping[str, object], group_id: Callable[[str], str]) -> Source:
    named = text(item, "GroupId") or text(item, "GroupName")
    if named is None:
        raise Refusal(Code.MISSING, "Source group missing.")
    return Source(SourceKind.GROUP, group_id(named))


def _prefix_list(item: Mapping[str, object]) -> Source:
    named = text(item, "PrefixListId")
    if named is None:
        raise Refusal(Code.MISSING, "The request must contain the parameter prefixListId")
    return Source(SourceKind.PREFIX_LIST, named)


# --- canonical forms -------------------------------------------------------------------------


def canonical_cidr(spelling: str, family: SourceKind) -> str:
    """Clear the host bits and spell the CIDR as EC2 does ('EC2 API reference', IpRange)."""
    malformed = Refusal(Code.INVALID_VALUE, f"CIDR block {spelling} is malformed")
    address, slash, length = spelling.partition("/")
    # ipaddress also takes netmasks, bare addresses and zones, which EC2 does not.
    if not slash or not re.fullmatch(r"[0-9]{1,3}", length) or "%" in address:
        raise malformed
    network = ipaddress.IPv4Network if family is SourceKind.IPV4 else ipaddress.IPv6Network
    try:
        return str(network(spelling, strict=False))
    except ValueError:
        raise malformed from None


def canonical_protocol(protocol: str | None) -> str:
    """Return the protocol as EC2 stores it: a name where it has one, else its number."""
    if protocol is None:
        raise Refusal(
            Code.INVALID_VALUE,
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        )
    name = _PROTOCOL_NAMES.get(protocol.lower(), protocol.lower())
    known = name == "-1" or name in _WITH_PORTS or name in _ICMP
    if not known and not (re.fullmatch(r"[0-9]{1,3}", name) and int(name) <= MAX_PROTOCOL):
        raise Refusal(
            Code.INVALID_VALUE,
            f"Invalid value '{protocol}' for IP protocol. Unknown protocol.",
        )
    return name


def _ports(protocol: str, permission: Mapping[str, object]) -> tuple[int | None, int | None]:
    low, high = _port(permission, "FromPort"), _port(permission, "ToPort")
    if protocol in _WITH_PORTS:
        return _port_range(low, high)
    if protocol == "icmp" and (low is None or high is None):
        raise Refusal(Code.INVALID_VALUE, "ICMP type and code must be specified")
    if protocol in _ICMP:
        return (-1 if low is None else low), (-1 if high is None else high)
    # 'EC2 API reference', IpPermission: for -1 and for other protocols traffic is allowed on
    # all ports, whatever ports the request names.
    return None, None


def _port(permission: Mapping[str, object], name: str) -> int | None:
    value = text(permission, name)
    if value is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise Refusal(Code.INVALID_VALUE, f"Invalid value '{value}' for {name}")
    return int(value)


def _port_range(low: int | None, high: int | None) -> tuple[int, int]:
    if low is None or high is None:
        raise Refusal(
            Code.INVALID_VALUE,
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        )
    for port in (low, high):
        if not 0 <= port <= MAX_PORT:
            raise Refusal(Code.INVALID_VALUE, f"TCP/UDP port ({port}) out of range")
    if low > high:
        raise Refusal(Code.INVALID_VALUE, f"Invalid TCP/UDP port range ({low}:{high})")
    return low, high


def has_plain_characters(given: str) -> bool:
    """Whether a text has none but the characters that EC2 takes in names and descriptions."""
    return _DESCRIPTION.match(given) is not None


def valid_description(description: str | None) -> str | None:
    """Return the description, or refuse it as EC2 refuses the whole batch."""
    if not description:
        return None
    if len(description) > MAX_DESCRIPTION or not has_plain_characters(description):
        raise Refusal(
            Code.INVALID_VALUE,
            "Invalid rule description. Valid descriptions are strings less than 256 characters "
            "from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
    return description
