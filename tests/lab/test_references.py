"""Who refers to a group from another VPC, as the local AWS tells it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient
from originlock.lab.world import empty_group


def test_another_vpc_that_refers_to_a_group_is_named(ec2: AwsClient) -> None:
    """A group that a peered VPC needs would look as if nobody did."""
    here, there = empty_group(ec2, name="web"), empty_group(ec2, name="app")
    beside = empty_group(ec2, name="beside", vpc_id=here.vpc_id)
    asked = ec2.create_vpc_peering_connection(VpcId=here.vpc_id, PeerVpcId=there.vpc_id)
    connection = asked["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    pair = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": here.group_id}]}]
    ec2.authorize_security_group_ingress(GroupId=there.group_id, IpPermissions=pair)
    ec2.authorize_security_group_ingress(GroupId=beside.group_id, IpPermissions=pair)
    found = ec2.describe_security_group_references(GroupId=[here.group_id])["SecurityGroupReferenceSet"]
    assert found == [{"GroupId": here.group_id, "ReferencingVpcId": there.vpc_id, "VpcPeeringConnectionId": connection}]
    assert not ec2.describe_security_group_references(GroupId=[there.group_id])["SecurityGroupReferenceSet"]


def test_a_group_that_is_not_there_has_no_references(ec2: AwsClient) -> None:
    """Nobody would be said to refer to a group that was misspelt."""
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        ec2.describe_security_group_references(GroupId=["sg-0123456789abcdef0"])
