"""AWS's answers to facts, and facts to AWS's requests; there and back through the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.aws.groups import cidr, spec

from originlock.aws import decode
from originlock.facts.origin import (
    ALL_PORTS,
    CidrSource,
    GroupSource,
    OpaqueSource,
    PrefixListSource,
    RuleSpec,
    Source,
)
from originlock.lab.process import AwsClient
from originlock.lab.world import empty_group

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SecurityGroupRuleTypeDef

TAGS = (("originlock:origin", "blog"), ("team", "a b"))


def answer(**members: Any) -> SecurityGroupRuleTypeDef:  # noqa: ANN401  as AWS has them
    """A rule as DescribeSecurityGroupRules answers it."""
    whole = {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    merged = {name: value for name, value in {**whole, **members}.items() if value is not None}
    return cast("SecurityGroupRuleTypeDef", merged)


@pytest.mark.parametrize(
    "said, protocol, ports",
    [
        ({"IpProtocol": "6"}, "tcp", (443, 443)),
        ({"IpProtocol": "17"}, "udp", (443, 443)),
        ({"IpProtocol": "udp"}, "udp", (443, 443)),
        ({"IpProtocol": "1", "FromPort": 8, "ToPort": -1}, "icmp", (8, -1)),
        ({"IpProtocol": "58", "FromPort": -1, "ToPort": -1}, "icmpv6", (-1, -1)),
        ({"IpProtocol": "50", "FromPort": None, "ToPort": None}, "50", (-1, -1)),
        ({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}, "-1", ALL_PORTS),
        ({"IpProtocol": "-1", "FromPort": None, "ToPort": None}, "-1", ALL_PORTS),
        ({"IpProtocol": "-1", "FromPort": 22, "ToPort": 22}, "-1", ALL_PORTS),
        ({"IpProtocol": "tcp", "FromPort": -1, "ToPort": -1}, "tcp", ALL_PORTS),
        ({"IpProtocol": "tcp", "FromPort": None, "ToPort": None}, "tcp", ALL_PORTS),
        ({"IpProtocol": "17", "FromPort": 0, "ToPort": -1}, "udp", ALL_PORTS),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, "tcp", ALL_PORTS),
    ],
    ids=str,
)
def test_protocols_and_ports(said: dict[str, Any], protocol: str, ports: tuple[int, int]) -> None:
    """A rule by number, or one without ports, would not be seen as what it opens."""
    key = decode.rule(answer(CidrIpv4="198.51.100.0/24", **said)).key
    assert (key.protocol, key.from_port, key.to_port) == (protocol, *ports)


@pytest.mark.parametrize(
    "said, source",
    [
        ({"CidrIpv4": "198.51.100.0/24"}, cidr("198.51.100.0/24")),
        ({"CidrIpv4": "0.0.0.0/0"}, cidr("0.0.0.0/0")),
        ({"CidrIpv6": "2400:CB00:0:0::/32"}, cidr("2400:cb00::/32")),
        ({"CidrIpv6": "::/0"}, cidr("::/0")),
        ({"PrefixListId": "pl-1"}, PrefixListSource("pl-1")),
        ({"ReferencedGroupInfo": {"GroupId": "sg-2", "UserId": "1"}}, GroupSource("sg-2")),
        ({"CidrIpv4": "everywhere"}, OpaqueSource("everywhere")),
        ({"CidrIpv4": "198.51.100.0/33"}, OpaqueSource("198.51.100.0/33")),
        ({"CidrIpv6": "fe80::%eth0/64"}, OpaqueSource("fe80::%eth0/64")),
        ({"SomethingNew": "x"}, OpaqueSource("a rule without a source")),
        ({"ReferencedGroupInfo": {}}, OpaqueSource("a rule without a source")),
    ],
    ids=str,
)
def test_sources(said: dict[str, Any], source: Source) -> None:
    """A source that is not understood would be passed over, as if it let nobody in."""
    assert decode.rule(answer(**said)).key.source == source


def test_an_opaque_source_is_never_asked_for() -> None:
    """A rule would be asked for that nobody understands."""
    with pytest.raises(ValueError, match="not understood"):
        decode.permissions([spec(OpaqueSource("everywhere"))])


def test_words_and_tags() -> None:
    """An absent description would be None in the middle of a text; tags in another order would be other tags."""
    bare = decode.rule(answer(CidrIpv4="198.51.100.0/24"))
    assert (bare.description, bare.tags) == ("", ())
    tagged = answer(
        CidrIpv4="198.51.100.0/24", Description="x", Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}]
    )
    assert (decode.rule(tagged).description, decode.rule(tagged).tags) == ("x", (("a", ""), ("b", "2")))


def test_tags_of_aws_itself_are_not_set_again() -> None:
    """AWS would refuse to bring back a rule that CloudFormation had made."""
    assert decode.encoded_tags((("aws:cloudformation:stack-name", "x"), ("team", "y"))) == [
        {"Key": "team", "Value": "y"}
    ]


def test_one_permission_for_each_protocol_and_ports() -> None:
    """A request would name a port as often as it has sources, and grow beyond what AWS takes."""
    specs = [spec(cidr(f"198.51.100.{n}/32"), ports=(port, port)) for n in range(20) for port in (443, 8443)]
    asked = decode.permissions(specs)
    assert [(p["FromPort"], len(p["IpRanges"])) for p in asked] == [(443, 20), (8443, 20)]


def test_an_all_traffic_rule_names_no_ports() -> None:
    """AWS would read ports where there are none."""
    assert decode.permissions([spec(cidr("0.0.0.0/0"), "-1", ALL_PORTS)]) == [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ]


@pytest.mark.lab
def test_there_and_back(ec2: AwsClient) -> None:
    """A rule that was removed would come back as another one."""
    made, other = empty_group(ec2), None
    other = empty_group(ec2, name="other", vpc_id=made.vpc_id)
    listed = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=5, AddressFamily="IPv4")
    everything: list[RuleSpec] = [
        spec(cidr("198.51.100.0/24"), said="said", tags=TAGS),
        spec(cidr("198.51.100.0/24"), "udp", tags=TAGS),
        spec(cidr("2400:cb00::/32"), ports=(0, 65535), said="six", tags=TAGS),
        spec(cidr("0.0.0.0/0"), "-1", ALL_PORTS, tags=TAGS),
        spec(cidr("198.51.100.0/24"), "icmp", (8, -1), tags=TAGS),
        spec(cidr("198.51.100.0/24"), "50", (-1, -1), tags=TAGS),
        spec(PrefixListSource(listed["PrefixList"]["PrefixListId"]), said="list", tags=TAGS),
        spec(GroupSource(other.group_id), said="group", tags=TAGS),
        spec(GroupSource(made.group_id), ports=(8000, 9000), tags=TAGS),
    ]
    ec2.authorize_security_group_ingress(
        GroupId=made.group_id,
        IpPermissions=decode.permissions(everything),
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": decode.encoded_tags(TAGS)}],
    )
    told = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [made.group_id]}])
    rules = [decode.rule(each) for each in told["SecurityGroupRules"] if not each["IsEgress"]]
    assert len(rules) == len(everything)
    assert {rule.spec for rule in rules} == set(everything)
    assert all(isinstance(rule.key.source, CidrSource) for rule in rules if rule.key.protocol != "tcp")
