"""Security groups as people have them, made and looked at through AWS's own API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from originlock.lab.calls import Call
from originlock.lab.faults import is_reading
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group, tcp

EVERYONE: Final = "0.0.0.0/0"
EVERYONE_IPV6: Final = "::/0"
OFFICE: Final = "203.0.113.7/32"
OWNER_TAG: Final = "originlock:origin"

Rule = Mapping[str, Any]
"""A rule as DescribeSecurityGroupRules tells it."""


def group(ec2: AwsClient, *permissions: Mapping[str, object], **more: Any) -> str:  # noqa: ANN401  as given on
    """Make a group with these ingress rules; returns its id."""
    made = empty_group(ec2, **more).group_id
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=list(permissions))
    return made


def everything_from(cidr: str) -> Mapping[str, object]:
    """A permission for all traffic from an IPv4 range."""
    return {"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr}]}


def ports_from(first: int, last: int, cidr: str, protocol: str = "tcp") -> Mapping[str, object]:
    """A permission for a range of ports from an IPv4 range."""
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": cidr}]}


def listed(prefix_list: str, port: int = 443) -> Mapping[str, object]:
    """A permission for a port from a prefix list."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": [{"PrefixListId": prefix_list}]}


def of_edge(port: int = 443, ipv4: Sequence[str] = IPV4, ipv6: Sequence[str] = IPV6) -> Mapping[str, object]:
    """A permission for the edge's ranges that somebody wrote by hand."""
    return tcp(port, ipv4=[(cidr, None) for cidr in ipv4], ipv6=[(cidr, None) for cidr in ipv6])


def rules(ec2: AwsClient, group_id: str) -> list[Rule]:
    """The ingress rules of a group."""
    found: list[Rule] = []
    pages = ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group_id]}]
    )
    for page in pages:
        found += [rule for rule in page["SecurityGroupRules"] if not rule["IsEgress"]]
    return found


def source_of(rule: Rule) -> str:
    """Whom a rule lets in: a CIDR, a prefix list or a group."""
    group_id = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return str(rule.get("CidrIpv4") or rule.get("CidrIpv6") or rule.get("PrefixListId") or group_id)


def sources(ec2: AwsClient, group_id: str, port: int = 443, protocol: str = "tcp") -> set[str]:
    """Who is let in to exactly this port of this protocol."""
    return {
        source_of(rule)
        for rule in rules(ec2, group_id)
        if (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort")) == (protocol, port, port)
    }


def rule_of(ec2: AwsClient, group_id: str, source: str) -> Rule:
    """The one rule of a group for a source."""
    (found,) = [rule for rule in rules(ec2, group_id) if source_of(rule) == source]
    return found


def tags_of(rule: Rule) -> dict[str, str]:
    """The tags of a rule."""
    return {tag["Key"]: tag["Value"] for tag in rule.get("Tags", [])}


def ids(ec2: AwsClient, group_id: str) -> set[str]:
    """The ids of a group's rules: equal ids mean that nothing was touched."""
    return {rule["SecurityGroupRuleId"] for rule in rules(ec2, group_id)}


class Watched:
    """The calls that AWS is asked from now on."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._since = aws.state().calls

    def calls(self) -> list[Call]:
        """All of them."""
        return list(self._aws.calls(self._since))

    def actions(self) -> list[str]:
        """Their names, in order."""
        return [call.action for call in self.calls()]

    def changes(self) -> list[str]:
        """The names of those that change something."""
        return [name for name in self.actions() if not is_reading(name)]
