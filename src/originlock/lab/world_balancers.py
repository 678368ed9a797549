"""Load balancers with all that hangs on them: groups, listeners, targets, as people run them.

Here lives seeding through the AWS API alone. Here must not live: the lab's own endpoints, or
what originlock does to these worlds. The smaller worlds are in `world`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from originlock.lab.process import AwsClient

#: moto takes any; AWS wants one that is there.
IMAGE: Final = "ami-12345678"
CERTIFICATE: Final = "arn:aws:iam::123456789012:server-certificate/lab"

#: Fixed addresses of targets by address, far from those that a subnet gives out first.
_FIRST_TARGET: Final = 200


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC with two subnets, each in an Availability Zone of its own."""

    vpc_id: str
    subnet_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a load balancer is to be like; listeners are pairs of protocol and port.

    `group_ids` are groups to have; without them it gets `groups` new ones that admit nobody.
    """

    name: str = "shop"
    kind: str = "application"
    scheme: str = "internet-facing"
    dualstack: bool = False
    groups: int = 1
    group_ids: tuple[str, ...] = ()
    listeners: tuple[tuple[str, int], ...] = (("HTTPS", 443),)
    target_type: str = "instance"
    target_port: int = 8080
    targets: int = 2
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServedLoadBalancer:
    """A load balancer, and the targets that admit its first group by reference."""

    name: str
    arn: str
    dns_name: str
    network: Network
    group_ids: tuple[str, ...]
    listener_arns: tuple[str, ...]
    target_group_arn: str
    target_security_group_id: str
    target_ids: tuple[str, ...]


def network(ec2: AwsClient, *, dualstack: bool = False) -> Network:
    """Make a VPC with two subnets, with IPv6 if it is to be dual-stack."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=dualstack)["Vpc"]
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    blocks: Sequence[Mapping[str, str]] = [{}, {}]
    if dualstack:
        given = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        parts = ipaddress.IPv6Network(given).subnets(new_prefix=64)
        blocks = [{"Ipv6CidrBlock": str(next(parts))} for _ in range(2)]
    subnet_ids = tuple(
        str(
            ec2.create_subnet(
                VpcId=vpc["VpcId"],
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=zones[number]["ZoneName"],
                **blocks[number],
            )["Subnet"]["SubnetId"]
        )
        for number in range(2)
    )
    return Network(str(vpc["VpcId"]), subnet_ids)


def served_load_balancer(
    ec2: AwsClient,
    elbv2: AwsClient,
    wish: Wish | None = None,
    *,
    within: Network | None = None,
) -> ServedLoadBalancer:
    """Make a load balancer with listeners and targets, in a network of its own or a given one."""
    wish = wish or Wish()
    within = within or network(ec2, dualstack=wish.dualstack)
    group_ids = wish.group_ids or tuple(
        empty_group(ec2, name=f"{wish.name}-{number}", vpc_id=within.vpc_id).group_id
        for number in range(1, wish.groups + 1)
    )
    balancer = elbv2.create_load_balancer(
        Name=wish.name,
        Type=wish.kind,
        Scheme=wish.scheme,
        Subnets=list(within.subnet_ids),
        SecurityGroups=list(group_ids),
        IpAddressType="dualstack" if wish.dualstack else "ipv4",
        **({"Tags": _tags(wish.tags)} if wish.tags else {}),
    )["LoadBalancers"][0]
    behind = _group_of_targets(ec2, wish, within, group_ids)
    target_group_arn, target_ids = _targets(ec2, elbv2, wish, within, behind)
    return ServedLoadBalancer(
        name=wish.name,
        arn=balancer["LoadBalancerArn"],
        dns_name=balancer["DNSName"],
        network=within,
        group_ids=tuple(group_ids),
        listener_arns=_listeners(elbv2, wish, balancer["LoadBalancerArn"], target_group_arn),
        target_group_arn=target_group_arn,
        target_security_group_id=behind,
        target_ids=target_ids,
    )


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _group_of_targets(ec2: AwsClient, wish: Wish, within: Network, group_ids: Sequence[str]) -> str:
    """Make the group of the targets: it admits the load balancer's first group by reference."""
    group_id = empty_group(ec2, name=f"{wish.name}-targets", vpc_id=within.vpc_id).group_id
    if group_ids:
        admitted = {**tcp(wish.target_port), "UserIdGroupPairs": [{"GroupId": group_ids[0]}]}
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[admitted])
    return group_id


def _targets(
    ec2: AwsClient, elbv2: AwsClient, wish: Wish, within: Network, group_id: str
) -> tuple[str, tuple[str, ...]]:
    """Make a target group and its targets; return its ARN and their ids."""
    target_group_arn = elbv2.create_target_group(
        Name=f"{wish.name}-targets",
        Protocol="TCP" if wish.kind == "network" else "HTTP",
        Port=wish.target_port,
        VpcId=within.vpc_id,
        TargetType=wish.target_type,
    )["TargetGroups"][0]["TargetGroupArn"]
    made = [_target(ec2, wish, within, group_id, number) for number in range(wish.targets)]
    if made:
        elbv2.register_targets(TargetGroupArn=target_group_arn, Targets=[{"Id": each} for each in made])
    return str(target_group_arn), tuple(made)


def _target(ec2: AwsClient, wish: Wish, within: Network, group_id: str, number: int) -> str:
    place = number % len(within.subnet_ids)
    where: dict[str, Any] = {"SubnetId": within.subnet_ids[place]}
    if wish.target_type == "instance":
        made = ec2.run_instances(
            ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SecurityGroupIds=[group_id], **where
        )
        return str(made["Instances"][0]["InstanceId"])
    subnet = ec2.describe_subnets(SubnetIds=[where["SubnetId"]])["Subnets"][0]
    address = str(ipaddress.IPv4Network(subnet["CidrBlock"])[_FIRST_TARGET + number])
    ec2.create_network_interface(PrivateIpAddress=address, Groups=[group_id], **where)
    return address


def _listeners(elbv2: AwsClient, wish: Wish, arn: str, target_group_arn: str) -> tuple[str, ...]:
    return tuple(
        str(
            elbv2.create_listener(
                LoadBalancerArn=arn,
                Protocol=protocol,
                Port=port,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group_arn}],
                **({"Certificates": [{"CertificateArn": CERTIFICATE}]} if protocol in {"HTTPS", "TLS"} else {}),
            )["Listeners"][0]["ListenerArn"]
        )
        for protocol, port in wish.listeners
    )
