"""Listeners, target groups and tags of load balancers, as AWS documents. Each of these fails on plain moto 5.2.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient
    from originlock.lab.world_balancers import ServedLoadBalancer

LISTENERS = (("HTTPS", 443), ("HTTP", 80), ("HTTPS", 8443))


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with three listeners and a tag."""
    return served_load_balancer(ec2, elbv2, Wish(listeners=LISTENERS, tags={"team": "shop"}))


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return an error's code."""
    return str(error.value.response["Error"]["Code"])


def test_listeners_come_in_pages(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Each once, with its protocol and port."""
    walk = elbv2.get_paginator("describe_listeners").paginate(
        LoadBalancerArn=shop.arn, PaginationConfig={"PageSize": 2}
    )
    pages = [[(each["Protocol"], each["Port"]) for each in page["Listeners"]] for page in walk]
    assert [len(page) for page in pages] == [2, 1]
    assert {each for page in pages for each in page} == set(LISTENERS)


def test_listeners_are_found_by_arn(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """All that are asked for, or none."""
    found = elbv2.describe_listeners(ListenerArns=list(shop.listener_arns[:2]))["Listeners"]
    assert {each["ListenerArn"] for each in found} == set(shop.listener_arns[:2])
    with pytest.raises(ClientError) as error:
        elbv2.describe_listeners(ListenerArns=[shop.listener_arns[0], shop.listener_arns[1][:-1]])
    assert code_of(error) == "ListenerNotFound"


def test_listeners_of_an_absent_load_balancer(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """LoadBalancerNotFound; and one kind of name must be given."""
    with pytest.raises(ClientError) as error:
        elbv2.describe_listeners(LoadBalancerArn=shop.arn[:-1])
    assert code_of(error) == "LoadBalancerNotFound"
    for asked in ({}, {"LoadBalancerArn": shop.arn, "ListenerArns": list(shop.listener_arns)}):
        with pytest.raises(ClientError) as error:
            elbv2.describe_listeners(**asked)
        assert code_of(error) == "ValidationError"


def test_one_listener_for_each_port(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Whatever the protocol."""
    with pytest.raises(ClientError) as error:
        elbv2.create_listener(
            LoadBalancerArn=shop.arn,
            Protocol="HTTP",
            Port=443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": shop.target_group_arn}],
        )
    assert code_of(error) == "DuplicateListener"


def test_target_groups_are_found_by_load_balancer(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Each once, however many listeners forward to it; and it has one load balancer only."""
    (group,) = elbv2.describe_target_groups(LoadBalancerArn=shop.arn)["TargetGroups"]
    assert (group["TargetGroupArn"], group["LoadBalancerArns"]) == (shop.target_group_arn, [shop.arn])
    with pytest.raises(ClientError) as error:
        elbv2.describe_target_groups(LoadBalancerArn=shop.arn[:-1])
    assert code_of(error) == "LoadBalancerNotFound"
    other = served_load_balancer(ec2, elbv2, Wish(name="other", listeners=()), within=shop.network)
    with pytest.raises(ClientError) as error:
        elbv2.create_listener(
            LoadBalancerArn=other.arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": shop.target_group_arn}],
        )
    assert code_of(error) == "TargetGroupAssociationLimit"


def test_target_groups_come_in_pages(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Each once, by Marker and PageSize."""
    other = served_load_balancer(ec2, elbv2, Wish(name="other"), within=shop.network)
    walk = elbv2.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 1})
    pages = [[each["TargetGroupArn"] for each in page["TargetGroups"]] for page in walk]
    assert [len(page) for page in pages] == [1, 1]
    assert {each for page in pages for each in page} == {shop.target_group_arn, other.target_group_arn}


def test_tags_are_told(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """For up to 20 resources, all of which must be there."""
    told = elbv2.describe_tags(ResourceArns=[shop.arn, shop.target_group_arn])["TagDescriptions"]
    assert {each["ResourceArn"]: each["Tags"] for each in told} == {
        shop.arn: [{"Key": "team", "Value": "shop"}],
        shop.target_group_arn: [],
    }
    for arns, code in (([shop.arn] * 21, "ValidationError"), ([shop.arn, shop.arn[:-1]], "LoadBalancerNotFound")):
        with pytest.raises(ClientError) as error:
            elbv2.describe_tags(ResourceArns=arns)
        assert code_of(error) == code
