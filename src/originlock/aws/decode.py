"""AWS's answers to facts: canonical, closed, nothing left out silently.

Lives here: pure decoding of EC2 responses, and encoding of rules for EC2 requests. Must not live here: calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from originlock.facts.networks import IPV4, NotACidrError, canonical, family
from originlock.facts.origin import (
    ALL_PORTS,
    ALL_TRAFFIC,
    CidrSource,
    GroupSource,
    OpaqueSource,
    PrefixListSource,
    Rule,
    RuleKey,
    RuleSpec,
    Source,
    Tags,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        IpPermissionTypeDef,
        IpRangeTypeDef,
        Ipv6RangeTypeDef,
        PrefixListIdTypeDef,
        SecurityGroupRuleTypeDef,
        TagTypeDef,
        UserIdGroupPairTypeDef,
    )

_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""IANA protocol numbers to the names by which EC2 also knows them (EC2 API reference, IpPermission.IpProtocol)."""


def rule(answer: SecurityGroupRuleTypeDef) -> Rule:
    """A rule of DescribeSecurityGroupRules."""
    protocol = _NAMES.get(answer.get("IpProtocol", ""), answer.get("IpProtocol", ""))
    ports = (answer.get("FromPort", -1), answer.get("ToPort", -1))
    # EC2 leaves the ports of an all-traffic rule out, or says -1; the same for tcp and udp would mean all of them.
    if protocol == ALL_TRAFFIC or (protocol in ("tcp", "udp") and -1 in ports):
        ports = ALL_PORTS
    key = RuleKey(protocol, ports[0], ports[1], _source(answer))
    return Rule(answer["SecurityGroupRuleId"], key, answer.get("Description", "") or "", tags(answer.get("Tags", [])))


def _source(answer: SecurityGroupRuleTypeDef) -> Source:
    text = answer.get("CidrIpv4") or answer.get("CidrIpv6")
    if text:
        try:
            return CidrSource(canonical(text))
        except NotACidrError:
            return OpaqueSource(text)
    if listed := answer.get("PrefixListId"):
        return PrefixListSource(listed)
    if group := answer.get("ReferencedGroupInfo", {}).get("GroupId"):
        return GroupSource(group)
    return OpaqueSource("a rule without a source")


def tags(answer: Iterable[TagTypeDef]) -> Tags:
    """Tags, sorted."""
    return tuple(sorted((tag.get("Key", ""), tag.get("Value", "")) for tag in answer))


def encoded_tags(held: Tags) -> list[TagTypeDef]:
    """Tags as EC2 takes them; those of AWS's own (``aws:...``) are not to be set by others."""
    return [{"Key": key, "Value": value} for key, value in held if not key.startswith("aws:")]


def permissions(specs: Iterable[RuleSpec]) -> list[IpPermissionTypeDef]:
    """Rules as AuthorizeSecurityGroupIngress takes them: one permission for each protocol and ports."""
    grouped: dict[tuple[str, int, int], list[RuleSpec]] = {}
    for spec in specs:
        grouped.setdefault((spec.key.protocol, spec.key.from_port, spec.key.to_port), []).append(spec)
    return [_permission(*ports, held) for ports, held in grouped.items()]


def _permission(protocol: str, from_port: int, to_port: int, specs: list[RuleSpec]) -> IpPermissionTypeDef:
    permission: IpPermissionTypeDef = {"IpProtocol": protocol}
    if protocol != ALL_TRAFFIC:
        permission["FromPort"] = from_port
        permission["ToPort"] = to_port
    for spec in specs:
        _put_in(permission, spec)
    return permission


def _put_in(permission: IpPermissionTypeDef, spec: RuleSpec) -> None:
    said = spec.description
    match spec.key.source:
        case CidrSource(cidr) if family(cidr) == IPV4:
            ipv4: IpRangeTypeDef = {"CidrIp": cidr, "Description": said} if said else {"CidrIp": cidr}
            permission["IpRanges"] = [*permission.get("IpRanges", []), ipv4]
        case CidrSource(cidr):
            ipv6: Ipv6RangeTypeDef = {"CidrIpv6": cidr, "Description": said} if said else {"CidrIpv6": cidr}
            permission["Ipv6Ranges"] = [*permission.get("Ipv6Ranges", []), ipv6]
        case PrefixListSource(name):
            listed: PrefixListIdTypeDef = (
                {"PrefixListId": name, "Description": said} if said else {"PrefixListId": name}
            )
            permission["PrefixListIds"] = [*permission.get("PrefixListIds", []), listed]
        case GroupSource(name):
            pair: UserIdGroupPairTypeDef = {"GroupId": name, "Description": said} if said else {"GroupId": name}
            permission["UserIdGroupPairs"] = [*permission.get("UserIdGroupPairs", []), pair]
        case OpaqueSource(text):
            message = f"a rule whose source is not understood cannot be asked for: {text}"
            raise ValueError(message)
