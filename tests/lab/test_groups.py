"""Security groups are made and unmade as AWS documents. Most of these fail on plain moto 5.2.5."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Wish, network, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws

EVERYONE = {("-1", "0.0.0.0/0"), ("-1", "::/0")}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return an error's code."""
    return str(error.value.response["Error"]["Code"])


def egress(ec2: AwsClient, group_id: str) -> set[tuple[str, str]]:
    """Return protocol and range of each egress rule."""
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    return {
        (rule["IpProtocol"], rule.get("CidrIpv4") or rule["CidrIpv6"])
        for rule in rules["SecurityGroupRules"]
        if rule["IsEgress"]
    }


# --- making ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dualstack", [False, True])
def test_a_new_group_lets_everything_out(ec2: AwsClient, *, dualstack: bool) -> None:
    """Over IPv6 too, if its VPC has a block of it."""
    within = network(ec2, dualstack=dualstack)
    made = empty_group(ec2, vpc_id=within.vpc_id)
    assert egress(ec2, made.group_id) == (EVERYONE if dualstack else {("-1", "0.0.0.0/0")})


def test_the_answer_tells_id_arn_and_tags(ec2: AwsClient) -> None:
    """And the tags are there from the start."""
    tags = [{"Key": "owner", "Value": "originlock"}]
    made = ec2.create_security_group(
        GroupName="edge", Description="edge", TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}]
    )
    assert made["SecurityGroupArn"].endswith(f":security-group/{made['GroupId']}")
    assert made["Tags"] == tags
    found = ec2.describe_security_groups(Filters=[{"Name": "tag:owner", "Values": ["originlock"]}])
    assert [group["GroupId"] for group in found["SecurityGroups"]] == [made["GroupId"]]


@pytest.mark.parametrize(
    "asked,code",
    [
        ({"GroupName": "sg-edge"}, "InvalidParameterValue"),
        ({"GroupName": "default"}, "InvalidParameterValue"),
        ({"GroupName": "é"}, "InvalidParameterValue"),
        ({"GroupName": "x" * 256}, "InvalidParameterValue"),
        ({"Description": "Zoë's"}, "InvalidParameterValue"),
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"Description": ""}, "MissingParameter"),
        ({"VpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
        (
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}]}]},
            "InvalidParameterValue",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "security-group", "Tags": [{"Key": "aws:a", "Value": "1"}]}]},
            "InvalidParameterValue",
        ),
    ],
)
def test_bad_names_descriptions_and_tags_are_refused(ec2: AwsClient, asked: dict[str, object], code: str) -> None:
    """And no group is made."""
    before = len(ec2.describe_security_groups()["SecurityGroups"])
    with pytest.raises(ClientError) as error:
        ec2.create_security_group(**{"GroupName": "edge", "Description": "edge", **asked})
    assert code_of(error) == code
    assert len(ec2.describe_security_groups()["SecurityGroups"]) == before


def test_one_group_of_each_name_in_a_vpc(ec2: AwsClient) -> None:
    """Whatever the case; another VPC may have the same."""
    made = empty_group(ec2, name="edge")
    for name in ("edge", "EDGE"):
        with pytest.raises(ClientError) as error:
            empty_group(ec2, name=name, vpc_id=made.vpc_id)
        assert code_of(error) == "InvalidGroup.Duplicate"
    empty_group(ec2, name="edge")


# --- finding -----------------------------------------------------------------------------------------


def test_groups_are_found_by_name_and_by_whom_they_admit(ec2: AwsClient) -> None:
    """In either direction: who refers to a group must be told before it is detached."""
    one = empty_group(ec2, name="one")
    two = empty_group(ec2, name="two", vpc_id=one.vpc_id)
    empty_group(ec2, name="two")
    to_one = [{**tcp(8080), "UserIdGroupPairs": [{"GroupId": one.group_id}]}]
    ec2.authorize_security_group_ingress(GroupId=two.group_id, IpPermissions=to_one)
    ec2.authorize_security_group_egress(GroupId=one.group_id, IpPermissions=to_one)

    def named(**filters: str) -> list[str]:
        asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return [group["GroupId"] for group in ec2.describe_security_groups(Filters=asked)["SecurityGroups"]]

    assert named(group_name="two", vpc_id=one.vpc_id) == [two.group_id]
    assert named(**{"ip-permission.group-id": one.group_id}) == [two.group_id]
    assert named(**{"egress.ip-permission.group-id": one.group_id}) == [one.group_id]


def test_rules_refer_to_groups_of_their_own_network_alone(ec2: AwsClient) -> None:
    """In either direction."""
    one, two = empty_group(ec2), empty_group(ec2)
    to_one = [{**tcp(8080), "UserIdGroupPairs": [{"GroupId": one.group_id}]}]
    for authorize in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
        with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound.*different networks"):
            authorize(GroupId=two.group_id, IpPermissions=to_one)


# --- egress ------------------------------------------------------------------------------------------


def test_egress_is_authorized_as_ingress_is(ec2: AwsClient) -> None:
    """All or nothing, canonical, no duplicate, within a quota of its own."""
    made = empty_group(ec2)
    before = egress(ec2, made.group_id)
    for permissions, code in (
        ([tcp(443, ipv4=[("10.0.0.1/8", None)]), {**tcp(443), "IpProtocol": "nonsense"}], "InvalidParameterValue"),
        ([tcp(443, ipv4=[(f"10.{number}.0.0/16", None) for number in range(60)])], "RulesPerSecurityGroupLimit"),
    ):
        with pytest.raises(ClientError) as error:
            ec2.authorize_security_group_egress(GroupId=made.group_id, IpPermissions=permissions)
        assert code_of(error).startswith(code)
    assert egress(ec2, made.group_id) == before
    ec2.authorize_security_group_egress(GroupId=made.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.1/8", None)])])
    assert ("tcp", "10.0.0.0/8") in egress(ec2, made.group_id)
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_egress(
            GroupId=made.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.0/8", None)])]
        )


# --- unmaking ------------------------------------------------------------------------------------------


def test_a_group_that_nobody_needs_is_deleted(ec2: AwsClient) -> None:
    """With its rules and their tags; a reference to itself keeps nobody."""
    made = empty_group(ec2, tags={"a": "1"})
    own = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": made.group_id}]}]
    ec2.authorize_security_group_ingress(GroupId=made.group_id, IpPermissions=own)
    assert ec2.delete_security_group(GroupId=made.group_id)["GroupId"] == made.group_id
    assert ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made.group_id]}])["Tags"] == []
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=made.group_id)
    assert code_of(error) == "InvalidGroup.NotFound"


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_group_that_another_refers_to_stays(ec2: AwsClient, direction: str) -> None:
    """DependencyViolation, until the reference goes."""
    one = empty_group(ec2, name="one")
    two = empty_group(ec2, name="two", vpc_id=one.vpc_id)
    to_one = [{**tcp(8080), "UserIdGroupPairs": [{"GroupId": one.group_id}]}]
    getattr(ec2, f"authorize_security_group_{direction}")(GroupId=two.group_id, IpPermissions=to_one)
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=one.group_id)
    assert code_of(error) == "DependencyViolation"
    getattr(ec2, f"revoke_security_group_{direction}")(GroupId=two.group_id, IpPermissions=to_one)
    ec2.delete_security_group(GroupId=one.group_id)


def test_a_group_of_a_load_balancer_or_an_instance_stays(ec2: AwsClient, elbv2: AwsClient) -> None:
    """DependencyViolation, until nothing has it."""
    shop = served_load_balancer(ec2, elbv2, Wish(groups=2))
    for group_id in (shop.group_ids[1], shop.target_security_group_id):
        with pytest.raises(ClientError) as error:
            ec2.delete_security_group(GroupId=group_id)
        assert code_of(error) == "DependencyViolation"
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[0]])
    ec2.delete_security_group(GroupId=shop.group_ids[1])


def test_a_group_that_was_just_detached_stays_for_a_while(aws: LocalAws, ec2: AwsClient, elbv2: AwsClient) -> None:
    """As long as the interfaces still show it."""
    shop = served_load_balancer(ec2, elbv2, Wish(groups=2))
    aws.settings(consistency_ms=400)
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[0]])
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=shop.group_ids[1])
    assert code_of(error) == "DependencyViolation"
    time.sleep(0.5)
    ec2.delete_security_group(GroupId=shop.group_ids[1])


def test_the_default_group_stays(ec2: AwsClient) -> None:
    """Every VPC has one."""
    (group,) = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [network(ec2).vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=group["GroupId"])
    assert code_of(error) == "CannotDelete"


def test_a_name_is_enough_in_the_default_vpc_alone(ec2: AwsClient) -> None:
    """'For security groups in a nondefault VPC, you must specify the security group ID': API reference."""
    empty_group(ec2, name="there", default_vpc=True)
    empty_group(ec2, name="elsewhere")
    ec2.delete_security_group(GroupName="there")
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupName="elsewhere")
    assert code_of(error) == "InvalidGroup.NotFound"
