"""Network interfaces, those of load balancers too. Plain moto 5.2.5 has none for load balancers, and knows no pages."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group
from originlock.lab.world_balancers import Wish, network, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A dual-stack load balancer with two groups."""
    return served_load_balancer(ec2, elbv2, Wish(dualstack=True, groups=2))


def found(ec2: AwsClient, **filters: str) -> list[dict[str, Any]]:
    """Return the interfaces that match; an underscore in a filter's name is a hyphen."""
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    interfaces: list[dict[str, Any]] = ec2.describe_network_interfaces(Filters=asked)["NetworkInterfaces"]
    return interfaces


def test_a_load_balancer_has_one_in_each_subnet(ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Made and managed by amazon-elb, with the load balancer's groups, addresses and name."""
    interfaces = found(ec2, description=f"ELB app/shop/{shop.arn.rpartition('/')[2]}")
    assert {each["SubnetId"] for each in interfaces} == set(shop.network.subnet_ids)
    for each in interfaces:
        assert (each["RequesterId"], each["RequesterManaged"], each["Status"]) == ("amazon-elb", True, "in-use")
        assert (each["InterfaceType"], each["VpcId"]) == ("interface", shop.network.vpc_id)
        assert {group["GroupId"] for group in each["Groups"]} == set(shop.group_ids)
        assert {group["GroupName"] for group in each["Groups"]} == {"shop-1", "shop-2"}
        assert each["Attachment"]["InstanceOwnerId"] == "amazon-elb"
        assert "InstanceId" not in each["Attachment"]
        assert len(each["Ipv6Addresses"]) == 1
        assert each["Association"]["IpOwnerId"] == "amazon-elb"
    assert len({each["PrivateIpAddress"] for each in interfaces}) == 2


def test_the_other_users_of_a_group_are_there(ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Instances and interfaces that somebody made, by the group's id."""
    ec2.create_network_interface(SubnetId=shop.network.subnet_ids[0], Groups=[shop.group_ids[0]], Description="other")
    users = found(ec2, group_id=shop.group_ids[0])
    assert sorted(each["Description"].partition("/")[0] for each in users) == ["ELB app", "ELB app", "other"]
    instances = found(ec2, group_id=shop.target_security_group_id)
    assert {each["Attachment"]["InstanceId"] for each in instances} == set(shop.target_ids)


@pytest.mark.parametrize(
    "filters,number",
    [
        ({"requester_id": "amazon-elb"}, 2),
        ({"requester_managed": "true"}, 2),
        ({"description": "ELB app/*"}, 2),
        ({"description": "ELB net/*"}, 0),
        ({"attachment.instance_owner_id": "amazon-elb"}, 2),
        ({"status": "in-use"}, 4),
        ({"interface_type": "interface"}, 4),
        ({"tag:team": "shop"}, 0),
    ],
)
def test_filters(ec2: AwsClient, shop: ServedLoadBalancer, filters: dict[str, str], number: int) -> None:
    """As the API reference lists them."""
    assert len(found(ec2, vpc_id=shop.network.vpc_id, **filters)) == number


def test_an_unknown_filter_is_refused(ec2: AwsClient) -> None:
    """Rather than ignored."""
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        found(ec2, nonsense="1")


def test_interfaces_are_found_by_id(ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """By parameter or filter; absent ones are not found."""
    ids = [each["NetworkInterfaceId"] for each in found(ec2, vpc_id=shop.network.vpc_id)]
    told = ec2.describe_network_interfaces(NetworkInterfaceIds=ids[:2])["NetworkInterfaces"]
    assert [each["NetworkInterfaceId"] for each in told] == ids[:2]
    assert len(found(ec2, network_interface_id=ids[3])) == 1
    with pytest.raises(ClientError, match=r"InvalidNetworkInterfaceID\.NotFound"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0123456789abcdef0"])


def test_interfaces_come_in_pages(ec2: AwsClient, elbv2: AwsClient) -> None:
    """Each once; pages do not go with ids."""
    shop = served_load_balancer(ec2, elbv2, Wish(targets=5))
    filters = [{"Name": "vpc-id", "Values": [shop.network.vpc_id]}]
    walk = ec2.get_paginator("describe_network_interfaces").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
    pages = [[each["NetworkInterfaceId"] for each in page["NetworkInterfaces"]] for page in walk]
    assert [len(page) for page in pages] == [5, 2]
    flat = [each for page in pages for each in page]
    assert all(one < two for one, two in pairwise(flat))
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=flat[:1], MaxResults=5)


def test_groups_follow_the_load_balancer_late(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """A SetSecurityGroups shows in the interfaces after a while, in all of them."""
    aws.settings(consistency_ms=400)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    assert len(found(ec2, group_id=shop.group_ids[0])) == 2
    deadline = time.monotonic() + 10
    while found(ec2, group_id=shop.group_ids[0]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(found(ec2, group_id=shop.group_ids[1])) == 2


def test_interfaces_come_and_go_with_the_load_balancer(
    ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """Their ids stay as long as it has the subnet; deleting it takes them all."""
    before = {each["NetworkInterfaceId"] for each in found(ec2, requester_id="amazon-elb")}
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    elbv2.set_ip_address_type(LoadBalancerArn=shop.arn, IpAddressType="ipv4")
    interfaces = found(ec2, requester_id="amazon-elb")
    assert {each["NetworkInterfaceId"] for each in interfaces} == before
    assert [each["Ipv6Addresses"] for each in interfaces] == [[], []]
    elbv2.delete_load_balancer(LoadBalancerArn=shop.arn)
    assert found(ec2, requester_id="amazon-elb") == []


def test_a_network_load_balancers_interfaces(ec2: AwsClient, elbv2: AwsClient) -> None:
    """They have a type of their own; without groups they have none."""
    wish = Wish(name="pipe", kind="network", groups=0, listeners=(("TCP", 443),))
    pipe = served_load_balancer(ec2, elbv2, wish, within=network(ec2))
    interfaces = found(ec2, description="ELB net/pipe/*")
    assert {each["SubnetId"] for each in interfaces} == set(pipe.network.subnet_ids)
    assert {(each["InterfaceType"], len(each["Groups"])) for each in interfaces} == {("network_load_balancer", 0)}


def test_a_group_of_its_own_has_no_interfaces(ec2: AwsClient) -> None:
    """Nobody uses it."""
    assert found(ec2, group_id=empty_group(ec2).group_id) == []


def test_an_interface_has_groups_that_are_there_and_few(aws: LocalAws, ec2: AwsClient) -> None:
    """Of its own VPC, and no more than the quota; moto makes a group for an id that nobody has."""
    within = network(ec2)
    own = [empty_group(ec2, name=f"own-{number}", vpc_id=within.vpc_id).group_id for number in range(2)]
    made = ec2.create_network_interface(SubnetId=within.subnet_ids[0], Groups=own)["NetworkInterface"]
    aws.settings(quota_groups=1)
    for groups, code in (
        (["sg-0123456789abcdef0"], "InvalidGroup.NotFound"),
        ([empty_group(ec2).group_id], "InvalidGroup.NotFound"),
        (own, "SecurityGroupsPerInterfaceLimitExceeded"),
    ):
        with pytest.raises(ClientError) as error:
            ec2.create_network_interface(SubnetId=within.subnet_ids[0], Groups=groups)
        assert error.value.response["Error"]["Code"] == code
        with pytest.raises(ClientError) as error:
            ec2.modify_network_interface_attribute(NetworkInterfaceId=made["NetworkInterfaceId"], Groups=groups)
        assert error.value.response["Error"]["Code"] == code
    assert len(found(ec2, vpc_id=within.vpc_id)) == 1
    ec2.modify_network_interface_attribute(NetworkInterfaceId=made["NetworkInterfaceId"], Groups=own[:1])
    assert found(ec2, group_id=own[1]) == []


def test_a_load_balancers_interface_is_not_its_owners_to_change(ec2: AwsClient, shop: ServedLoadBalancer) -> None:
    """SetSecurityGroups is the only way."""
    theirs = found(ec2, requester_id="amazon-elb")[0]["NetworkInterfaceId"]
    with pytest.raises(ClientError, match="AuthFailure"):
        ec2.modify_network_interface_attribute(NetworkInterfaceId=theirs, Groups=[shop.group_ids[0]])
