"""Targets are as healthy as the security groups let them be. On plain moto 5.2.5 all are healthy, always."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer

TIMEOUT = ("unhealthy", "Target.Timeout")
HEALTHY = ("healthy", None)


@pytest.fixture(params=["instance", "ip"])
def shop(request: pytest.FixtureRequest, ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with two groups, of which its targets admit the first by reference."""
    return served_load_balancer(ec2, elbv2, Wish(groups=2, target_type=request.param))


def health(elbv2: AwsClient, shop: ServedLoadBalancer, **asked: object) -> set[tuple[str, str | None]]:
    """Return the states and reasons of all targets."""
    answer = elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn, **asked)
    told = [each["TargetHealth"] for each in answer["TargetHealthDescriptions"]]
    return {(each["State"], each.get("Reason")) for each in told}


def swap_admission(ec2: AwsClient, shop: ServedLoadBalancer, permission: object) -> None:
    """Let the targets admit something else than the load balancer's first group."""
    group_id = shop.target_security_group_id
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    ids = [rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"] if not rule["IsEgress"]]
    ec2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=ids)
    if permission is not None:
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])


def test_targets_that_admit_a_group_of_the_load_balancer_are_healthy(
    elbv2: AwsClient, shop: ServedLoadBalancer
) -> None:
    """All of them, each with its port."""
    answer = elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn)["TargetHealthDescriptions"]
    assert sorted(each["Target"]["Id"] for each in answer) == sorted(shop.target_ids)
    assert {(each["Target"]["Port"], each["HealthCheckPort"]) for each in answer} == {(8080, "8080")}
    assert health(elbv2, shop) == {HEALTHY}


def test_detaching_the_group_that_targets_admit_cuts_them_off(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """What makes detaching a group dangerous: 504 for every visitor."""
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    assert health(elbv2, shop) == {TIMEOUT}
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=list(shop.group_ids))
    assert health(elbv2, shop) == {HEALTHY}


@pytest.mark.parametrize(
    "port,ipv4,state",
    [
        (8080, "10.0.0.0/16", HEALTHY),
        (8080, "0.0.0.0/0", HEALTHY),
        (8080, "10.0.0.0/24", TIMEOUT),  # one of the load balancer's two subnets
        (8081, "10.0.0.0/16", TIMEOUT),
        (8080, "192.168.0.0/16", TIMEOUT),
    ],
)
def test_a_range_admits_when_it_covers_every_interface(
    ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer, port: int, ipv4: str, state: tuple[str, str | None]
) -> None:
    """On the target's port; a range that covers one of two subnets is not enough."""
    swap_admission(ec2, shop, tcp(port, ipv4=[(ipv4, None)]))
    assert health(elbv2, shop) == {state}


def test_protocols_and_prefix_lists_admit_as_well(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """All traffic does, UDP does not; a prefix list does with its entries."""
    own = {"UserIdGroupPairs": [{"GroupId": shop.group_ids[0]}]}
    swap_admission(ec2, shop, {"IpProtocol": "-1", **own})
    assert health(elbv2, shop) == {HEALTHY}
    swap_admission(ec2, shop, {"IpProtocol": "udp", "FromPort": 8080, "ToPort": 8080, **own})
    assert health(elbv2, shop) == {TIMEOUT}
    made = ec2.create_managed_prefix_list(
        PrefixListName="balancers", AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": "10.0.0.0/23"}]
    )["PrefixList"]
    swap_admission(ec2, shop, {**tcp(8080), "PrefixListIds": [{"PrefixListId": made["PrefixListId"]}]})
    assert health(elbv2, shop) == {HEALTHY}
    swap_admission(ec2, shop, None)
    assert health(elbv2, shop) == {TIMEOUT}


def test_the_load_balancer_must_be_let_out(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Its own groups must allow the way to the targets: by reference is enough."""
    every = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    for group_id in shop.group_ids:
        ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=every)
    assert health(elbv2, shop) == {TIMEOUT}
    only = {**tcp(8080), "UserIdGroupPairs": [{"GroupId": shop.target_security_group_id}]}
    ec2.authorize_security_group_egress(GroupId=shop.group_ids[1], IpPermissions=[only])
    assert health(elbv2, shop) == {HEALTHY}


def test_the_port_of_the_health_check_counts(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """It is the target's own unless the target group says otherwise."""
    elbv2.modify_target_group(TargetGroupArn=shop.target_group_arn, HealthCheckPort="9000")
    assert health(elbv2, shop) == {TIMEOUT}
    swap_admission(ec2, shop, {**tcp(9000), "UserIdGroupPairs": [{"GroupId": shop.group_ids[0]}]})
    assert health(elbv2, shop) == {HEALTHY}


def test_a_target_can_be_ill_for_reasons_of_its_own(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """On demand, one target or all of its ports; the others are as they were."""
    aws.settings(unhealthy_targets=[shop.target_ids[0]])
    assert health(elbv2, shop) == {HEALTHY, ("unhealthy", "Target.ResponseCodeMismatch")}
    aws.settings(unhealthy_targets=[f"{shop.target_ids[0]}:8080"])
    assert ("unhealthy", "Target.ResponseCodeMismatch") in health(elbv2, shop)
    aws.settings(unhealthy_targets=[])
    assert health(elbv2, shop) == {HEALTHY}


def test_targets_without_a_load_balancer_are_unused(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Also when it once had one."""
    assert elbv2.describe_target_groups(LoadBalancerArn=shop.arn)["TargetGroups"][0]["LoadBalancerArns"] == [shop.arn]
    elbv2.delete_listener(ListenerArn=shop.listener_arns[0])
    assert health(elbv2, shop) == {("unused", "Target.NotInUse")}
    (group,) = elbv2.describe_target_groups(TargetGroupArns=[shop.target_group_arn])["TargetGroups"]
    assert group.get("LoadBalancerArns", []) == []


def test_targets_that_are_not_registered_are_told_so(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """When they are asked for by name; an absent target group is not found."""
    asked = {"Targets": [{"Id": shop.target_ids[0]}, {"Id": "10.0.0.99" if "." in shop.target_ids[0] else "i-1"}]}
    assert health(elbv2, shop, **asked) == {HEALTHY, ("unused", "Target.NotRegistered")}
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn[:-1])


def test_a_stopped_instance_is_unused(ec2: AwsClient, elbv2: AwsClient) -> None:
    """Target.InvalidState."""
    shop = served_load_balancer(ec2, elbv2, Wish(targets=1))
    ec2.stop_instances(InstanceIds=list(shop.target_ids))
    assert health(elbv2, shop) == {("unused", "Target.InvalidState")}


def test_health_follows_late(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """As every read does; a target that is new is initial at first."""
    aws.settings(consistency_ms=400)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])
    assert health(elbv2, shop) == {HEALTHY}
    deadline = time.monotonic() + 10
    while health(elbv2, shop) != {TIMEOUT}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    elbv2.register_targets(TargetGroupArn=shop.target_group_arn, Targets=[{"Id": shop.target_ids[0], "Port": 9000}])
    assert ("initial", "Elb.RegistrationInProgress") in health(elbv2, shop)


def test_groups_of_others_do_not_admit(ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """A reference to a group that the load balancer has not is no admission."""
    other = empty_group(ec2, name="other", vpc_id=shop.network.vpc_id).group_id
    swap_admission(ec2, shop, {**tcp(8080), "UserIdGroupPairs": [{"GroupId": other}]})
    assert health(elbv2, shop) == {TIMEOUT}
