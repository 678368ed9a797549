"""Making groups of our own: create, delete, egress.

Lives here: the write calls of whole groups. Must not live here: their ingress rules (see `performer`); why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from originlock.aws import decode
from originlock.aws.answers import CallError, outcome_of
from originlock.aws.calling import called
from originlock.aws.pacing import TokenBucket
from originlock.aws.wording import code_of, in_words
from originlock.plan.acts import AuthorizeEgress, CreateGroup, DeleteGroup, GroupAct
from originlock.plan.outcomes import AlreadySo, Done, Outcome

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


def performed(client: EC2Client, bucket: TokenBucket, act: GroupAct) -> Outcome:
    """Do one of them."""
    match act:
        case CreateGroup():
            return _created(client, bucket, act)
        case DeleteGroup(group):
            return _deleted(client, bucket, group)
        case AuthorizeEgress(group, rules):
            permissions = decode.permissions(rules)
            return called(
                bucket, lambda: client.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)
            )
        case _:
            assert_never(act)


def _created(client: EC2Client, bucket: TokenBucket, act: CreateGroup) -> Outcome:
    """One call makes it and tags it, so that there is never one of ours that does not say so."""
    bucket.wait()
    try:
        answer = client.create_security_group(
            GroupName=act.name,
            Description=act.description,
            VpcId=act.vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": decode.encoded_tags(act.tags)}],
        )
    except CallError as error:
        # EC2 API reference, error codes: one of that name is there. Whose it is, the look will tell.
        return AlreadySo(in_words(error)) if code_of(error) == "InvalidGroup.Duplicate" else outcome_of(error)
    return Done(made=answer["GroupId"])


def _deleted(client: EC2Client, bucket: TokenBucket, group: str) -> Outcome:
    bucket.wait()
    try:
        client.delete_security_group(GroupId=group)
    except CallError as error:
        return AlreadySo(in_words(error)) if code_of(error) == "InvalidGroup.NotFound" else outcome_of(error)
    return Done()
