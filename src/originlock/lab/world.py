"""Worlds to begin with: load balancers and groups as people have them before they lock them.

Here lives seeding through the AWS API alone, so that it works on any AWS. Here must not live:
the lab's own endpoints, or what originlock does to these worlds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.process import AwsClient

#: Documentation ranges (RFC 5737).
OFFICE: Final = "203.0.113.7/32"
OPERATORS: Final = "203.0.113.0/24"


@dataclass(frozen=True, slots=True)
class OpenLoadBalancer:
    """An internet-facing load balancer that everyone can reach."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_id: str
    load_balancer_arn: str
    dns_name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A security group and its VPC."""

    vpc_id: str
    group_id: str


def open_load_balancer(
    ec2: AwsClient,
    elbv2: AwsClient,
    name: str = "rtfm-alb",
) -> OpenLoadBalancer:
    """Make a load balancer whose group admits everyone to 443, an office, and operators to ssh."""
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    group = empty_group(ec2, name=name)
    subnets = tuple(
        str(
            ec2.create_subnet(
                VpcId=group.vpc_id,
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=zones[number]["ZoneName"],
            )["Subnet"]["SubnetId"]
        )
        for number in range(2)
    )
    ec2.authorize_security_group_ingress(
        GroupId=group.group_id,
        IpPermissions=[
            tcp(443, ipv4=[("0.0.0.0/0", None), (OFFICE, "office")], ipv6=[("::/0", None)]),
            tcp(22, ipv4=[(OPERATORS, None)]),
        ],
    )
    balancer = elbv2.create_load_balancer(
        Name=name,
        Type="application",
        Scheme="internet-facing",
        Subnets=list(subnets),
        SecurityGroups=[group.group_id],
    )["LoadBalancers"][0]
    return OpenLoadBalancer(
        vpc_id=group.vpc_id,
        subnet_ids=subnets,
        group_id=group.group_id,
        load_balancer_arn=balancer["LoadBalancerArn"],
        dns_name=balancer["DNSName"],
    )


def empty_group(
    ec2: AwsClient,
    *,
    name: str = "origin",
    vpc_id: str | None = None,
    default_vpc: bool = False,
    tags: Mapping[str, str] | None = None,
) -> Group:
    """Make a group without ingress rules: in a VPC of its own, a given one, or the default."""
    if default_vpc:
        filters = [{"Name": "is-default", "Values": ["true"]}]
        vpc_id = ec2.describe_vpcs(Filters=filters)["Vpcs"][0]["VpcId"]
    elif vpc_id is None:
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    named = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    specifications = [{"ResourceType": "security-group", "Tags": named}] if named else []
    created = ec2.create_security_group(
        GroupName=name, Description=name, VpcId=vpc_id, TagSpecifications=specifications
    )
    return Group(vpc_id=str(vpc_id), group_id=created["GroupId"])


@dataclass(frozen=True, slots=True)
class PeerReference:
    """A group in a peered VPC, one rule of which names a group of ours."""

    vpc_id: str
    group_id: str
    peering_id: str


def referred_to_by_a_peer(ec2: AwsClient, group_id: str, *, peer: AwsClient | None = None) -> PeerReference:
    """Let a group of a peered VPC admit a group: of this account, or of the account that `peer` is a client of."""
    theirs = peer or ec2
    group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    vpc = theirs.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]
    asked = ec2.create_vpc_peering_connection(
        VpcId=group["VpcId"],
        PeerVpcId=vpc["VpcId"],
        **({"PeerOwnerId": vpc["OwnerId"]} if peer else {}),
    )["VpcPeeringConnection"]
    theirs.accept_vpc_peering_connection(VpcPeeringConnectionId=asked["VpcPeeringConnectionId"])
    made = empty_group(theirs, name=f"admits-{group_id.removeprefix('sg-')}", vpc_id=vpc["VpcId"])
    pair = {"GroupId": group_id, "UserId": group["OwnerId"], "VpcId": group["VpcId"]}
    theirs.authorize_security_group_ingress(
        GroupId=made.group_id, IpPermissions=[{**tcp(8080), "UserIdGroupPairs": [pair]}]
    )
    return PeerReference(made.vpc_id, made.group_id, asked["VpcPeeringConnectionId"])


def tcp(
    port: int,
    *,
    ipv4: Sequence[tuple[str, str | None]] = (),
    ipv6: Sequence[tuple[str, str | None]] = (),
) -> Mapping[str, object]:
    """Return one IpPermission for a port: pairs of CIDR and description."""
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [_range("CidrIp", *each) for each in ipv4],
        "Ipv6Ranges": [_range("CidrIpv6", *each) for each in ipv6],
    }


def _range(member: str, cidr: str, description: str | None) -> Mapping[str, str]:
    return {member: cidr} if description is None else {member: cidr, "Description": description}
