"""EC2 answers in pages where it is asked to.

Plain moto 5.2.5 knows no pages: each of these fails there, but for the test that without
MaxResults everything is answered.
"""

from __future__ import annotations

from itertools import chain

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient
from originlock.lab.world import empty_group, tcp


@pytest.fixture
def groups(ec2: AwsClient) -> list[str]:
    """Thirteen groups of one rule each."""
    first = empty_group(ec2, name="group-0")
    made = [
        first,
        *(empty_group(ec2, name=f"group-{number}", vpc_id=first.vpc_id) for number in range(1, 13)),
    ]
    for each in made:
        ec2.authorize_security_group_ingress(
            GroupId=each.group_id, IpPermissions=[tcp(443, ipv4=[("10.0.0.0/8", None)])]
        )
    return [each.group_id for each in made]


def pages(ec2: AwsClient, operation: str, result: str, key: str, **asked: object) -> list[list[str]]:
    """Walk the pages with botocore's own paginator; return the ids of each."""
    walked = ec2.get_paginator(operation).paginate(**asked)
    return [[str(item[key]) for item in page[result]] for page in walked]


def test_groups_come_in_pages(ec2: AwsClient, groups: list[str]) -> None:
    """Each once, in pages no longer than asked."""
    filters = [{"Name": "group-id", "Values": groups}]
    found = pages(
        ec2,
        "describe_security_groups",
        "SecurityGroups",
        "GroupId",
        Filters=filters,
        PaginationConfig={"PageSize": 5},
    )
    assert [len(page) for page in found] == [5, 5, 3]
    assert sorted(chain.from_iterable(found)) == sorted(groups)


def test_rules_come_in_pages(ec2: AwsClient, groups: list[str]) -> None:
    """Each once, ingress and egress."""
    filters = [{"Name": "group-id", "Values": groups}]
    found = pages(
        ec2,
        "describe_security_group_rules",
        "SecurityGroupRules",
        "SecurityGroupRuleId",
        Filters=filters,
        PaginationConfig={"PageSize": 10},
    )
    assert [len(page) for page in found] == [10, 10, 6]
    assert len(set(chain.from_iterable(found))) == 26


def test_rules_revoked_between_pages_move_no_others(ec2: AwsClient, groups: list[str]) -> None:
    """What stays is on one page, whatever else goes."""
    filters = [{"Name": "group-id", "Values": groups}]
    first = ec2.describe_security_group_rules(Filters=filters, MaxResults=10)
    gone = next(rule for rule in first["SecurityGroupRules"] if not rule["IsEgress"])
    everything = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    ec2.revoke_security_group_ingress(GroupId=gone["GroupId"], SecurityGroupRuleIds=[gone["SecurityGroupRuleId"]])
    rest = ec2.describe_security_group_rules(Filters=filters, MaxResults=1000, NextToken=first["NextToken"])
    assert first["SecurityGroupRules"] + rest["SecurityGroupRules"] == everything


def test_without_max_results_everything_is_answered(ec2: AwsClient, groups: list[str]) -> None:
    """In one answer without a token."""
    answer = ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": groups}])
    assert len(answer["SecurityGroups"]) == 13
    assert "NextToken" not in answer


@pytest.mark.parametrize(
    "operation,ids",
    [("describe_security_groups", "GroupIds"), ("describe_security_group_rules", "SecurityGroupRuleIds")],
)
def test_pages_do_not_go_with_ids(ec2: AwsClient, groups: list[str], operation: str, ids: str) -> None:
    """MaxResults beside a list of ids is refused."""
    found = ec2.describe_security_group_rules()["SecurityGroupRules"]
    named = {"GroupIds": groups, "SecurityGroupRuleIds": [found[0]["SecurityGroupRuleId"]]}[ids]
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        getattr(ec2, operation)(**{ids: named, "MaxResults": 5})


@pytest.mark.parametrize("operation", ["describe_security_groups", "describe_security_group_rules"])
def test_pages_have_5_to_1000_items(ec2: AwsClient, operation: str) -> None:
    """Other sizes are refused by the client or the server, and so is a token of nobody's."""
    for asked in ({"MaxResults": 1001}, {"MaxResults": 5, "NextToken": "nonsense"}):
        with pytest.raises(ClientError, match=r"InvalidParameterValue|InvalidNextToken"):
            getattr(ec2, operation)(**asked)


def test_prefix_lists_come_in_pages(ec2: AwsClient) -> None:
    """MaxResults is 1 to 100 for them."""
    for number in range(3):
        ec2.create_managed_prefix_list(PrefixListName=f"list-{number}", AddressFamily="IPv4", MaxEntries=1)
    found = pages(
        ec2,
        "describe_managed_prefix_lists",
        "PrefixLists",
        "PrefixListName",
        Filters=[{"Name": "prefix-list-name", "Values": ["list-*"]}],
        PaginationConfig={"PageSize": 2},
    )
    assert [len(page) for page in found] == [2, 1]


def test_entries_come_in_pages(ec2: AwsClient) -> None:
    """Also without MaxResults no page is longer than 100."""
    entries = [{"Cidr": f"10.{number}.0.0/16"} for number in range(120)]
    made = ec2.create_managed_prefix_list(
        PrefixListName="long", AddressFamily="IPv4", MaxEntries=200, Entries=entries[:100]
    )["PrefixList"]
    ec2.modify_managed_prefix_list(PrefixListId=made["PrefixListId"], CurrentVersion=1, AddEntries=entries[100:])
    named = {"PrefixListId": made["PrefixListId"]}
    assert [len(page) for page in pages(ec2, "get_managed_prefix_list_entries", "Entries", "Cidr", **named)] == [
        100,
        20,
    ]
