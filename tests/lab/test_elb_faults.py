"""Faults befall load balancing as they befall EC2, in the words and the shape of its own protocol."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Wish, network, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws
    from originlock.lab.world_balancers import ServedLoadBalancer


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with two groups."""
    return served_load_balancer(ec2, elbv2, Wish(groups=2, targets=1))


def swap(elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """Let the load balancer have its second group alone."""
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1]])


def groups_of(elbv2: AwsClient, shop: ServedLoadBalancer) -> list[str]:
    """Return the groups that the load balancer has."""
    (balancer,) = elbv2.describe_load_balancers(LoadBalancerArns=[shop.arn])["LoadBalancers"]
    return list(balancer["SecurityGroups"])


@pytest.mark.parametrize(
    "kind,status,code",
    [
        ("throttle", 400, "Throttling"),
        ("server-error", 500, "InternalFailure"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("access-denied", 403, "AccessDenied"),
        ("quota", 400, "InvalidConfigurationRequest"),
        ("not-found", 400, "LoadBalancerNotFound"),
        ("in-use", 400, "ResourceInUse"),
        ("conflict", 400, "OperationNotPermitted"),
        ("duplicate", 400, "DuplicateLoadBalancerName"),
    ],
)
def test_errors_are_answered_once_and_nothing_is_done(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer, kind: str, status: int, code: str
) -> None:
    """The next call is as ever."""
    aws.add_fault(kind, action="SetSecurityGroups")
    with pytest.raises(ClientError) as error:
        swap(elbv2, shop)
    answer = error.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    assert answer["ResponseMetadata"]["RequestId"]
    assert groups_of(elbv2, shop) == list(shop.group_ids)
    swap(elbv2, shop)
    assert groups_of(elbv2, shop) == [shop.group_ids[1]]


def test_not_found_fits_what_is_named(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """A listener, or a target group."""
    aws.add_fault("not-found", action="DescribeListeners")
    with pytest.raises(ClientError, match="ListenerNotFound"):
        elbv2.describe_listeners(ListenerArns=list(shop.listener_arns))
    aws.add_fault("not-found", action="DescribeTargetHealth")
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn)


@pytest.mark.parametrize("kind,done", [("drop-before", False), ("drop-after", True)])
def test_a_connection_is_dropped(
    aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer, kind: str, *, done: bool
) -> None:
    """Before the groups are set or after, and always without an answer."""
    aws.add_fault(kind, action="SetSecurityGroups")
    with pytest.raises(ConnectionClosedError):
        swap(elbv2, shop)
    assert (groups_of(elbv2, shop) == [shop.group_ids[1]]) is done
    (call,) = [call for call in aws.calls() if call.action == "SetSecurityGroups"]
    assert (call.service, call.status, call.fault) == ("elbv2", None, kind)


def test_a_call_hangs_until_released(aws: LocalAws, elbv2: AwsClient, shop: ServedLoadBalancer) -> None:
    """It is done meanwhile."""
    aws.add_fault("hang-after", action="SetSecurityGroups")
    thread = threading.Thread(target=swap, args=(elbv2, shop))
    thread.start()
    aws.wait_until_hanging()
    assert groups_of(elbv2, shop) == [shop.group_ids[1]]
    aws.release()
    thread.join(10)
    assert not thread.is_alive()


def test_prefix_lists_and_groups_have_their_own_words(aws: LocalAws, ec2: AwsClient) -> None:
    """Where EC2's general ones would not fit."""
    made = ec2.create_managed_prefix_list(PrefixListName="edge", AddressFamily="IPv4", MaxEntries=1)["PrefixList"]
    change = {"PrefixListId": made["PrefixListId"], "PrefixListName": "other"}
    for kind, code in (
        ("conflict", "PrefixListVersionMismatch"),
        ("quota", "PrefixListMaxEntriesExceeded"),
        ("duplicate", "InvalidPrefixListModification"),
        ("not-found", "InvalidPrefixListID.NotFound"),
    ):
        aws.add_fault(kind, action="ModifyManagedPrefixList")
        with pytest.raises(ClientError) as error:
            ec2.modify_managed_prefix_list(**change)
        assert error.value.response["Error"]["Code"] == code
    for kind, code in (("duplicate", "InvalidGroup.Duplicate"), ("quota", "SecurityGroupLimitExceeded")):
        aws.add_fault(kind, action="CreateSecurityGroup")
        with pytest.raises(ClientError) as error:
            ec2.create_security_group(GroupName="edge", Description="edge")
        assert error.value.response["Error"]["Code"] == code


def test_threads_disturb_neither_load_balancers_nor_groups(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Thirty-two of them make load balancers, swap their groups, read, and delete the groups that are free."""
    within = network(ec2)
    start = threading.Barrier(32)

    def work(number: int) -> tuple[str, str]:
        start.wait()
        shop = served_load_balancer(
            ec2, elbv2, Wish(name=f"lb-{number}", groups=1, target_type="ip", targets=0), within=within
        )
        new = empty_group(ec2, name=f"new-{number}", vpc_id=within.vpc_id).group_id
        ec2.authorize_security_group_ingress(
            GroupId=new, IpPermissions=[tcp(443, ipv4=[(f"10.{number}.0.0/16", None)])]
        )
        elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[new])
        found = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [new]}])
        assert len(found["NetworkInterfaces"]) == 2
        elbv2.describe_target_health(TargetGroupArn=shop.target_group_arn)
        with pytest.raises(ClientError, match="DependencyViolation"):
            ec2.delete_security_group(GroupId=new)
        return shop.arn, new

    with ThreadPoolExecutor(32) as pool:
        made = dict(pool.map(work, range(32)))
    held = elbv2.describe_load_balancers()["LoadBalancers"]
    assert {each["LoadBalancerArn"]: each["SecurityGroups"] for each in held} == {
        arn: [group_id] for arn, group_id in made.items()
    }
    addresses = [
        each["PrivateIpAddress"]
        for each in ec2.describe_network_interfaces(Filters=[{"Name": "requester-id", "Values": ["amazon-elb"]}])[
            "NetworkInterfaces"
        ]
    ]
    assert len(addresses) == len(set(addresses)) == 64
    calls = aws.calls()
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
