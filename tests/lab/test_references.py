"""Who refers to a group from another VPC is told as AWS tells it. moto 5.2.5 has no such call, and takes any group."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from originlock.lab.world import empty_group, referred_to_by_a_peer, tcp

if TYPE_CHECKING:
    from originlock.lab.process import AwsClient, LocalAws

MEMBER = "111122223333"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Return an error's code."""
    return str(error.value.response["Error"]["Code"])


def references(ec2: AwsClient, *group_ids: str) -> list[tuple[str, str, str]]:
    """Return group, VPC and connection of each reference."""
    found = ec2.describe_security_group_references(GroupId=list(group_ids))["SecurityGroupReferenceSet"]
    return [(each["GroupId"], each["ReferencingVpcId"], each["VpcPeeringConnectionId"]) for each in found]


def to_group(group_id: str) -> list[dict[str, object]]:
    """Return a permission for a group."""
    return [{**tcp(8080), "UserIdGroupPairs": [{"GroupId": group_id}]}]


def test_a_peer_of_the_same_account(ec2: AwsClient) -> None:
    """It is told by its VPC; and the group is found by the filter too, as it is in the account."""
    ours, other = empty_group(ec2, name="ours"), empty_group(ec2, name="other")
    peer = referred_to_by_a_peer(ec2, ours.group_id)
    assert references(ec2, ours.group_id, other.group_id) == [(ours.group_id, peer.vpc_id, peer.peering_id)]
    named = [{"Name": "ip-permission.group-id", "Values": [ours.group_id]}]
    assert [each["GroupId"] for each in ec2.describe_security_groups(Filters=named)["SecurityGroups"]] == [
        peer.group_id
    ]


def test_a_peer_of_another_account(aws: LocalAws, ec2: AwsClient) -> None:
    """No filter finds that group, as it is another account's; this call alone tells of it."""
    ours = empty_group(ec2, name="ours")
    peer = referred_to_by_a_peer(ec2, ours.group_id, peer=aws.client("ec2", account=MEMBER))
    assert references(ec2, ours.group_id) == [(ours.group_id, peer.vpc_id, peer.peering_id)]
    named = [{"Name": "ip-permission.group-id", "Values": [ours.group_id]}]
    assert ec2.describe_security_groups(Filters=named)["SecurityGroups"] == []


def test_egress_counts_and_the_own_vpc_does_not(ec2: AwsClient) -> None:
    """The call is about the other side of a connection, in either direction of traffic."""
    ours = empty_group(ec2, name="ours")
    beside = empty_group(ec2, name="beside", vpc_id=ours.vpc_id)
    ec2.authorize_security_group_ingress(GroupId=beside.group_id, IpPermissions=to_group(ours.group_id))
    assert references(ec2, ours.group_id) == []
    peer = referred_to_by_a_peer(ec2, beside.group_id)
    ec2.authorize_security_group_egress(GroupId=peer.group_id, IpPermissions=to_group(ours.group_id))
    assert references(ec2, ours.group_id) == [(ours.group_id, peer.vpc_id, peer.peering_id)]


def test_a_connection_that_is_gone_tells_nothing(ec2: AwsClient) -> None:
    """Its references are stale, and no traffic comes by them."""
    ours = empty_group(ec2, name="ours")
    peer = referred_to_by_a_peer(ec2, ours.group_id)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peer.peering_id)
    assert references(ec2, ours.group_id) == []


def test_a_group_of_a_strange_vpc_cannot_be_named(aws: LocalAws, ec2: AwsClient) -> None:
    """Nor one of another account, nor one that does not exist; and no rule is made."""
    ours, strange = empty_group(ec2, name="ours"), empty_group(ec2, name="strange")
    theirs = empty_group(aws.client("ec2", account=MEMBER), name="theirs")
    for named in (strange.group_id, theirs.group_id, "sg-0123456789abcdef0"):
        with pytest.raises(ClientError) as error:
            ec2.authorize_security_group_ingress(GroupId=ours.group_id, IpPermissions=to_group(named))
        assert code_of(error) == "InvalidGroup.NotFound"
    assert ec2.describe_security_groups(GroupIds=[ours.group_id])["SecurityGroups"][0]["IpPermissions"] == []


@pytest.mark.parametrize(
    "asked,code",
    [([], "MissingParameter"), (["nonsense"], "InvalidGroupId.Malformed"), (["sg-01234567"], "InvalidGroup.NotFound")],
)
def test_what_cannot_be_asked_is_refused(ec2: AwsClient, asked: list[str], code: str) -> None:
    """One that is not there is an error, and not one that nobody refers to."""
    with pytest.raises(ClientError) as error:
        ec2.describe_security_group_references(GroupId=asked)
    assert code_of(error) == code


def test_a_reference_shows_late_and_stale(aws: LocalAws, ec2: AwsClient) -> None:
    """As everything else that was changed."""
    ours = empty_group(ec2, name="ours")
    peer = referred_to_by_a_peer(ec2, ours.group_id)
    aws.add_fault("stale", action="DescribeSecurityGroupReferences")
    assert references(ec2, ours.group_id) == []
    assert len(references(ec2, ours.group_id)) == 1
    time.sleep(0.2)
    aws.settings(consistency_ms=150)
    ec2.authorize_security_group_ingress(GroupId=peer.group_id, IpPermissions=[tcp(22, ipv4=[("10.0.0.0/8", None)])])
    assert len(references(ec2, ours.group_id)) == 1
