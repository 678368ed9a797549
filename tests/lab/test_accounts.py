"""Accounts and Regions are worlds of their own, in what they hold and in what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from collections.abc import Callable

    from originlock.lab.process import AwsClient, LocalAws

MEMBER = "111111111111"


@pytest.fixture(params=["account", "region"])
def elsewhere(request: pytest.FixtureRequest, aws: LocalAws) -> dict[str, Any]:
    """What leads to another world: a member account, or another Region."""
    assert aws.state().calls == 0
    return {"account": {"account": MEMBER}, "region": {"region": "us-east-1"}}[str(request.param)]


def test_an_assumed_role_leads_into_its_account(aws: LocalAws) -> None:
    """What is made there is owned there."""
    assert aws.client("sts", account=MEMBER).get_caller_identity()["Account"] == MEMBER
    made = empty_group(aws.client("ec2", account=MEMBER))
    (group,) = aws.client("ec2", account=MEMBER).describe_security_groups(GroupIds=[made.group_id])["SecurityGroups"]
    assert group["OwnerId"] == MEMBER


def test_nobody_sees_the_other_world(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, elsewhere: dict[str, Any]
) -> None:
    """Neither groups, nor interfaces, load balancers, targets and prefix lists."""
    there_ec2, there_elbv2 = (aws.client(service, attempts=1, **elsewhere) for service in ("ec2", "elbv2"))
    shop = served_load_balancer(there_ec2, there_elbv2, Wish(name="there"))
    listed = there_ec2.create_managed_prefix_list(PrefixListName="there", AddressFamily="IPv4", MaxEntries=1)
    asks: dict[str, Callable[[], object]] = {
        "InvalidGroup": lambda: ec2.describe_security_groups(GroupIds=[shop.group_ids[0]]),
        "LoadBalancerNotFound": lambda: elbv2.describe_load_balancers(Names=["there"]),
        "TargetGroupNotFound": lambda: elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn),
        "InvalidPrefixListID": lambda: ec2.get_managed_prefix_list_entries(
            PrefixListId=listed["PrefixList"]["PrefixListId"]
        ),
    }
    for code, ask in asks.items():
        with pytest.raises(ClientError, match=code):
            ask()
    filters = [{"Name": "requester-id", "Values": ["amazon-elb"]}]
    assert ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []
    assert len(there_ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]) == 2


def test_a_group_of_elsewhere_is_unknown_to_a_load_balancer(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, elsewhere: dict[str, Any]
) -> None:
    """Its id is that of nobody."""
    shop = served_load_balancer(ec2, elbv2)
    foreign = empty_group(aws.client("ec2", **elsewhere)).group_id
    with pytest.raises(ClientError, match="InvalidSecurityGroup"):
        elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[foreign])


def test_the_past_of_one_world_is_not_that_of_another(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, elsewhere: dict[str, Any]
) -> None:
    """A change elsewhere makes no read stale here, and what lags there is up to date here."""
    shop = served_load_balancer(ec2, elbv2, Wish(groups=2))
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    there = aws.client("ec2", **elsewhere)
    made = empty_group(there)
    aws.add_fault("stale", action="DescribeLoadBalancers")
    (stale,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert stale["SecurityGroups"] == list(shop.group_ids)
    aws.settings(consistency_ms=60_000)
    there.authorize_security_group_ingress(GroupId=made.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.0/8", None)])])
    filters = [{"Name": "group-id", "Values": [made.group_id]}]
    rules = there.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert [rule["IsEgress"] for rule in rules] == [True]
    (now,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert now["SecurityGroups"] == [shop.group_ids[1]]


def test_settings_and_the_log_are_of_all_worlds(
    aws: LocalAws, ec2: AwsClient, elbv2: AwsClient, elsewhere: dict[str, Any]
) -> None:
    """A quota holds everywhere; the log has the calls of everybody, and samples all that is held."""
    aws.settings(quota_groups=1)
    there_ec2, there_elbv2 = (aws.client(service, attempts=1, **elsewhere) for service in ("ec2", "elbv2"))
    with pytest.raises(ClientError, match="InvalidConfigurationRequest"):
        served_load_balancer(there_ec2, there_elbv2, Wish(groups=2))
    one, two = served_load_balancer(ec2, elbv2), served_load_balancer(there_ec2, there_elbv2, Wish(name="there"))
    last = [call for call in aws.calls() if call.balancers is not None][-1]
    assert last.balancers is not None
    assert {each.arn for each in last.balancers} == {one.arn, two.arn}
