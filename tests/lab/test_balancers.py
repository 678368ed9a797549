"""Load balancers behave as AWS documents. Each of these fails on plain moto 5.2.5, unless it says so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group
from originlock.lab.world_balancers import Wish, network, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer

ABSENT = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/gone/0123456789abcdef"


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A dual-stack load balancer with two groups and two listeners."""
    wish = Wish(dualstack=True, groups=2, listeners=(("HTTPS", 443), ("HTTP", 80)), tags={"team": "shop"})
    return served_load_balancer(ec2, elbv2, wish)


def groups_of(elbv2: AwsClient, arn: str) -> list[str]:
    """Return the groups that DescribeLoadBalancers tells."""
    (balancer,) = elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    return list(balancer["SecurityGroups"])


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return an error's code."""
    return str(error.value.response["Error"]["Code"])


# --- describe ------------------------------------------------------------------------------------


def test_a_load_balancer_is_described(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """By name and by ARN alike, with all that a lock needs of it."""
    (by_arn,) = elbv2.describe_load_balancers(LoadBalancerArns=[shop.arn])["LoadBalancers"]
    (by_name,) = elbv2.describe_load_balancers(Names=["shop"])["LoadBalancers"]
    assert by_arn == by_name
    assert by_arn["State"] == {"Code": "active"}
    assert by_arn["SecurityGroups"] == list(shop.group_ids)
    told = (by_arn["Type"], by_arn["Scheme"], by_arn["IpAddressType"], by_arn["VpcId"])
    assert told == ("application", "internet-facing", "dualstack", shop.network.vpc_id)
    assert {zone["SubnetId"] for zone in by_arn["AvailabilityZones"]} == set(shop.network.subnet_ids)


@pytest.mark.parametrize("also", [[], ["there"]])
def test_absent_load_balancers_are_not_found(elbv2: AwsClient, shop: ServedLoadBalancer, also: list[str]) -> None:
    """Also beside one that is there, where moto answers with that one alone."""
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers(Names=[*(["shop"] if also else []), "gone"])
    assert code_of(error) == "LoadBalancerNotFound"
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers(LoadBalancerArns=[*([shop.arn] if also else []), ABSENT])
    assert code_of(error) == "LoadBalancerNotFound"


def test_load_balancers_come_in_pages(ec2: AwsClient, elbv2: AwsClient) -> None:
    """Each once, by Marker and PageSize."""
    within = network(ec2)
    made = {
        served_load_balancer(ec2, elbv2, Wish(name=f"lb-{number}", targets=0), within=within).arn for number in range(5)
    }
    pages = list(elbv2.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["LoadBalancers"]) for page in pages] == [2, 2, 1]
    assert {each["LoadBalancerArn"] for page in pages for each in page["LoadBalancers"]} == made
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers(Marker="nonsense")
    assert code_of(error) == "ValidationError"


@pytest.mark.parametrize(
    "asked",
    [{"Names": ["shop"], "LoadBalancerArns": [ABSENT]}, {"Names": [f"lb-{number}" for number in range(21)]}],
)
def test_at_most_twenty_load_balancers_and_by_one_kind_of_name(elbv2: AwsClient, asked: dict[str, list[str]]) -> None:
    """'You can specify up to 20 load balancers in a single call': API reference."""
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers(**asked)
    assert code_of(error) == "ValidationError"


# --- security groups -------------------------------------------------------------------------------


def test_the_whole_list_of_groups_is_replaced(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """What is left out is gone; the answer tells what is."""
    answer = elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    assert answer["SecurityGroupIds"] == [shop.group_ids[1]]
    assert groups_of(elbv2, shop.arn) == [shop.group_ids[1]]


def test_bad_groups_are_refused_and_nothing_is_changed(
    ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """Unknown ones, those of another VPC, none at all, and too many for an interface."""
    other_vpc = empty_group(ec2).group_id
    many = [empty_group(ec2, name=f"g-{number}", vpc_id=shop.network.vpc_id).group_id for number in range(6)]
    refused: dict[str, list[list[str]]] = {
        "InvalidSecurityGroup": [[shop.group_ids[0], "sg-0123456789abcdef0"]],
        "InvalidConfigurationRequest": [[shop.group_ids[0], other_vpc], many],
        "ValidationError": [[]],
    }
    for code, lists in refused.items():
        for asked in lists:
            with pytest.raises(ClientError) as error:
                elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=asked)
            assert code_of(error) == code
    assert groups_of(elbv2, shop.arn) == list(shop.group_ids)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=many[:5])
    with pytest.raises(ClientError) as error:
        elbv2.set_security_groups(LoadBalancerArn=ABSENT, SecurityGroups=many[:1])
    assert code_of(error) == "LoadBalancerNotFound"


def test_the_quota_of_groups_is_told_and_can_be_set(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, quotas: AwsClient
) -> None:
    """Security groups per network interface, L-2AFB9258: 5 by default."""

    def told() -> float:
        return float(quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-2AFB9258")["Quota"]["Value"])

    shop = served_load_balancer(ec2, elbv2)
    other = empty_group(ec2, name="other", vpc_id=shop.network.vpc_id).group_id
    assert told() == 5
    aws.settings(quota_groups=1)
    assert told() == 1
    with pytest.raises(ClientError) as error:
        elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[0], other])
    assert code_of(error) == "InvalidConfigurationRequest"


def test_a_network_load_balancer_without_groups_gets_none(ec2: AwsClient, elbv2: AwsClient) -> None:
    """'Unless you specified a security group for the load balancer when you created it': API reference."""
    within = network(ec2)
    group_id = empty_group(ec2, name="late", vpc_id=within.vpc_id).group_id
    without, having = (
        served_load_balancer(
            ec2, elbv2, Wish(name=name, kind="network", groups=number, listeners=(("TCP", 443),)), within=within
        )
        for number, name in enumerate(("without", "having"))
    )
    with pytest.raises(ClientError) as error:
        elbv2.set_security_groups(LoadBalancerArn=without.arn, SecurityGroups=[group_id])
    assert code_of(error) == "InvalidConfigurationRequest"
    elbv2.set_security_groups(LoadBalancerArn=having.arn, SecurityGroups=[group_id])
    assert groups_of(elbv2, having.arn) == [group_id]


def test_groups_show_up_late(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """With eventual consistency, as other reads do."""
    aws.settings(consistency_ms=400)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    assert groups_of(elbv2, shop.arn) == list(shop.group_ids)
    deadline = time.monotonic() + 10
    while groups_of(elbv2, shop.arn) != [shop.group_ids[1]]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_group_made_a_moment_ago_may_be_unknown(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """Another service reads EC2 as late as anybody: who attaches a new group must wait for it."""
    aws.settings(consistency_ms=10_000)
    new = empty_group(ec2, name="new", vpc_id=shop.network.vpc_id).group_id
    with pytest.raises(ClientError) as error:
        elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[new])
    assert code_of(error) == "InvalidSecurityGroup"
    aws.settings(consistency_ms=0)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[new])


def test_a_stale_read_shows_the_groups_of_before(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Whatever else changed in EC2 since; the next read is up to date."""
    shop = served_load_balancer(ec2, elbv2, Wish(groups=2))
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    empty_group(ec2, name="later", vpc_id=shop.network.vpc_id)
    aws.add_fault("stale", action="DescribeLoadBalancers")
    assert groups_of(elbv2, shop.arn) == list(shop.group_ids)
    assert groups_of(elbv2, shop.arn) == [shop.group_ids[1]]


# --- making ------------------------------------------------------------------------------------------


def test_one_load_balancer_of_each_name(ec2: AwsClient, elbv2: AwsClient) -> None:
    """The same settings again make no second one; other settings are refused."""
    within = network(ec2)
    asked = {"Name": "once", "Subnets": list(within.subnet_ids)}
    first, again = (elbv2.create_load_balancer(**asked)["LoadBalancers"][0]["LoadBalancerArn"] for _ in range(2))
    assert first == again
    with pytest.raises(ClientError) as error:
        elbv2.create_load_balancer(**asked, Scheme="internal")
    assert code_of(error) == "DuplicateLoadBalancerName"


def test_what_cannot_be_a_load_balancer_is_refused(ec2: AwsClient, elbv2: AwsClient) -> None:
    """Names, subnets, address types and groups that AWS does not take."""
    within = network(ec2)
    subnets = list(within.subnet_ids)
    foreign = empty_group(ec2).group_id
    refused: list[tuple[str, dict[str, object]]] = [
        ("ValidationError", {"Name": "-bad", "Subnets": subnets}),
        ("ValidationError", {"Name": "internal-bad", "Subnets": subnets}),
        ("ValidationError", {"Name": "one-zone", "Subnets": subnets[:1]}),
        ("SubnetNotFound", {"Name": "nowhere", "Subnets": ["subnet-0123456789abcdef0"]}),
        ("ValidationError", {"Name": "no-ipv6", "Subnets": subnets, "IpAddressType": "dualstack"}),
        ("ValidationError", {"Name": "odd", "Subnets": subnets, "IpAddressType": "ipv5"}),
        ("InvalidConfigurationRequest", {"Name": "foreign", "Subnets": subnets, "SecurityGroups": [foreign]}),
    ]
    for code, asked in refused:
        with pytest.raises(ClientError) as error:
            elbv2.create_load_balancer(**asked)
        assert code_of(error) == code, asked
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_without_groups_it_has_the_default_one(ec2: AwsClient, elbv2: AwsClient) -> None:
    """That of its VPC."""
    within = network(ec2)
    (made,) = elbv2.create_load_balancer(Name="plain", Subnets=list(within.subnet_ids))["LoadBalancers"]
    (group_id,) = made["SecurityGroups"]
    (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    assert (group["GroupName"], group["VpcId"]) == ("default", within.vpc_id)
