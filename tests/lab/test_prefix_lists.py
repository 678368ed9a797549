"""Managed prefix lists behave as AWS documents. Each of these fails on plain moto 5.2.5."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Callable

    from originlock.lab.process import LocalAws


@pytest.fixture
def held(ec2: AwsClient) -> str:
    """A list of two entries and room for three."""
    made = ec2.create_managed_prefix_list(
        PrefixListName="edge",
        AddressFamily="IPv4",
        MaxEntries=3,
        Entries=[{"Cidr": "173.245.48.1/20", "Description": "edge"}, {"Cidr": "10.0.0.0/8"}],
    )
    return str(made["PrefixList"]["PrefixListId"])


def many(number: int) -> list[dict[str, str]]:
    """Return so many entries."""
    return [{"Cidr": f"172.16.{each}.0/24"} for each in range(number)]


def told(ec2: AwsClient, list_id: str) -> dict[str, Any]:
    """Return a list as it is described."""
    (each,) = ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
    return dict(each)


def entries(ec2: AwsClient, list_id: str, **asked: object) -> set[str]:
    """Return the CIDRs of a list."""
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=list_id, **asked)
    return {entry["Cidr"] for entry in answer["Entries"]}


def test_entries_are_canonical_and_versions_stay(ec2: AwsClient, held: str) -> None:
    """A change makes a version, a name does not, and the name stays."""
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8"}
    ec2.modify_managed_prefix_list(
        PrefixListId=held,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.9.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.0.0.0/8"}],
    )
    assert told(ec2, held)["Version"] == 2
    assert told(ec2, held)["PrefixListName"] == "edge"
    assert entries(ec2, held) == {"173.245.48.0/20", "10.9.0.0/16"}
    assert entries(ec2, held, TargetVersion=1) == {"173.245.48.0/20", "10.0.0.0/8"}
    ec2.modify_managed_prefix_list(PrefixListId=held, PrefixListName="other")
    assert told(ec2, held)["Version"] == 2
    assert told(ec2, held)["PrefixListName"] == "other"


def test_the_answer_to_a_change_has_what_was_before(ec2: AwsClient, held: str) -> None:
    """Its version too: who goes on with a version from it is refused. So AWS answers, as users show it."""
    change = {"PrefixListId": held, "AddEntries": [{"Cidr": "10.9.0.0/16"}]}
    answer = ec2.modify_managed_prefix_list(**change, CurrentVersion=1)["PrefixList"]
    assert (answer["Version"], answer["State"]) == (1, "modify-in-progress")
    with pytest.raises(ClientError, match="PrefixListVersionMismatch"):
        ec2.modify_managed_prefix_list(**change, CurrentVersion=answer["Version"])
    assert (told(ec2, held)["Version"], told(ec2, held)["State"]) == (2, "modify-complete")


@pytest.mark.parametrize(
    "change,code",
    [
        ({"CurrentVersion": 7, "AddEntries": [{"Cidr": "10.9.0.0/16"}]}, "PrefixListVersionMismatch"),
        (
            {"CurrentVersion": 1, "AddEntries": [{"Cidr": f"10.{n}.0.0/16"} for n in range(2)]},
            "PrefixListMaxEntriesExceeded",
        ),
        ({"CurrentVersion": 1, "AddEntries": [{"Cidr": "2001:db8::/32"}]}, "InvalidParameterValue"),
        ({"CurrentVersion": 1, "RemoveEntries": [{"Cidr": "10.9.0.0/16"}]}, "InvalidPrefixListModification"),
        ({"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.1.2.3/8"}]}, "InvalidPrefixListModification"),
        ({"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.0.0.0/8", "Description": "new"}]}, "InvalidRequest"),
        (
            {"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.9.0.0/16"}, {"Cidr": "10.9.9.9/16"}]},
            "InvalidParameterValue",
        ),
        (
            {
                "CurrentVersion": 1,
                "AddEntries": [{"Cidr": "10.0.0.0/8", "Description": "new"}],
                "RemoveEntries": [{"Cidr": "10.0.0.0/8"}],
            },
            "InvalidParameterValue",
        ),
        ({"AddEntries": [{"Cidr": "10.9.0.0/16"}]}, "MissingParameter"),
        ({"CurrentVersion": 1, "AddEntries": many(101)}, "InvalidParameterValue"),
        ({"CurrentVersion": 1, "RemoveEntries": many(101)}, "InvalidParameterValue"),
        ({"MaxEntries": 1001}, "InvalidParameterValue"),
        ({"MaxEntries": 0}, "InvalidParameterValue"),
        ({"PrefixListName": "com.amazonaws.mine"}, "InvalidParameterValue"),
        (
            {"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.9.0.0/16"}], "MaxEntries": 9},
            "InvalidParameterCombination",
        ),
        ({"MaxEntries": 1}, "InvalidParameterValue"),
    ],
)
def test_bad_changes_are_refused(ec2: AwsClient, held: str, change: dict[str, Any], code: str) -> None:
    """And change nothing."""
    with pytest.raises(ClientError) as error:
        ec2.modify_managed_prefix_list(PrefixListId=held, **change)
    assert error.value.response["Error"]["Code"] == code
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8"}


def test_a_list_in_use_stays_and_grows_only_within_the_quota(ec2: AwsClient, held: str) -> None:
    """Deleting is refused; a size that the group cannot support fails and names the group."""
    group = empty_group(ec2)
    ec2.authorize_security_group_ingress(
        GroupId=group.group_id, IpPermissions=[{**tcp(443), "PrefixListIds": [{"PrefixListId": held}]}]
    )
    with pytest.raises(ClientError):
        ec2.delete_managed_prefix_list(PrefixListId=held)
    ec2.modify_managed_prefix_list(PrefixListId=held, MaxEntries=61)
    failed = told(ec2, held)
    assert (failed["State"], failed["StateMessage"], failed["MaxEntries"]) == ("modify-failed", group.group_id, 3)
    ec2.modify_managed_prefix_list(PrefixListId=held, MaxEntries=60)
    assert (told(ec2, held)["State"], told(ec2, held)["MaxEntries"]) == ("modify-complete", 60)


def test_a_change_takes_a_while(aws: LocalAws, ec2: AwsClient, held: str) -> None:
    """Until it is done the list tells its state and what it was, and nothing else can be changed."""
    aws.settings(consistency_ms=400)
    ec2.modify_managed_prefix_list(PrefixListId=held, CurrentVersion=1, AddEntries=[{"Cidr": "10.9.0.0/16"}])
    assert (told(ec2, held)["State"], told(ec2, held)["Version"]) == ("modify-in-progress", 1)
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8"}
    changes: tuple[Callable[[], object], ...] = (
        lambda: ec2.modify_managed_prefix_list(PrefixListId=held, PrefixListName="other"),
        lambda: ec2.delete_managed_prefix_list(PrefixListId=held),
    )
    for change in changes:
        with pytest.raises(ClientError, match=r"IncorrectState.*modify-in-progress"):
            change()
    deadline = time.monotonic() + 10
    while told(ec2, held)["State"] != "modify-complete":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert told(ec2, held)["Version"] == 2
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8", "10.9.0.0/16"}


def test_making_takes_a_while_too(aws: LocalAws, ec2: AwsClient) -> None:
    """The list is there at once, and tells that it is being made."""
    aws.settings(consistency_ms=60_000)
    made = ec2.create_managed_prefix_list(PrefixListName="new", AddressFamily="IPv6", MaxEntries=1)["PrefixList"]
    list_id = made["PrefixListId"]
    assert told(ec2, list_id)["State"] == made["State"] == "create-in-progress"
    with pytest.raises(ClientError, match=r"IncorrectState.*create-in-progress"):
        ec2.modify_managed_prefix_list(PrefixListId=list_id, CurrentVersion=1, AddEntries=[{"Cidr": "2001:db8::/32"}])
    aws.settings(consistency_ms=0)
    assert told(ec2, list_id)["State"] == "create-complete"


def test_a_stale_read_of_a_list(aws: LocalAws, ec2: AwsClient, held: str) -> None:
    """It shows the version of before, and its entries."""
    ec2.modify_managed_prefix_list(PrefixListId=held, CurrentVersion=1, AddEntries=[{"Cidr": "10.9.0.0/16"}])
    empty_group(ec2)
    aws.add_fault("stale", action="DescribeManagedPrefixLists")
    aws.add_fault("stale", action="GetManagedPrefixListEntries")
    assert told(ec2, held)["Version"] == 1
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8"}
    assert told(ec2, held)["Version"] == 2


def test_who_refers_to_a_list_is_told(ec2: AwsClient, held: str) -> None:
    """Groups, in either direction, each once and in pages."""
    first = empty_group(ec2, name="group-0")
    using = [first.group_id] + [
        empty_group(ec2, name=f"group-{number}", vpc_id=first.vpc_id).group_id for number in range(1, 7)
    ]
    empty_group(ec2, name="bystander", vpc_id=first.vpc_id)
    named = [{**tcp(443), "PrefixListIds": [{"PrefixListId": held}]}]
    for group_id in using[1:]:
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=named)
    ec2.authorize_security_group_egress(GroupId=using[0], IpPermissions=named)
    walk = ec2.get_paginator("get_managed_prefix_list_associations").paginate(
        PrefixListId=held, PaginationConfig={"PageSize": 5}
    )
    pages = [[each["ResourceId"] for each in page["PrefixListAssociations"]] for page in walk]
    assert [len(page) for page in pages] == [5, 2]
    assert sorted(each for page in pages for each in page) == sorted(using)


@pytest.mark.parametrize(
    "name,value",
    [("prefix-list-name", "edge"), ("tag:team", "shop"), ("prefix-list-id", None), ("owner-id", "123456789012")],
)
def test_lists_are_found(ec2: AwsClient, held: str, name: str, value: str | None) -> None:
    """By name, tag, id and owner; AWS's own lists belong to AWS.

    The API reference leaves tags out; hashicorp/terraform-provider-aws issue 17119 finds by them.
    """
    ec2.create_tags(Resources=[held], Tags=[{"Key": "team", "Value": "shop"}])
    filters = [{"Name": name, "Values": [value or held]}]
    found = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert [each["PrefixListId"] for each in found] == [held]
    theirs = ec2.describe_managed_prefix_lists(Filters=[{"Name": "owner-id", "Values": ["AWS"]}])["PrefixLists"]
    assert theirs
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.modify_managed_prefix_list(PrefixListId=theirs[0]["PrefixListId"], PrefixListName="mine")


def test_absent_lists_are_not_found(ec2: AwsClient) -> None:
    """Whoever asks."""
    absent = "pl-0123456789abcdef0"
    asks: tuple[Callable[[], object], ...] = (
        lambda: ec2.describe_managed_prefix_lists(PrefixListIds=[absent]),
        lambda: ec2.get_managed_prefix_list_entries(PrefixListId=absent),
        lambda: ec2.get_managed_prefix_list_associations(PrefixListId=absent),
        lambda: ec2.modify_managed_prefix_list(PrefixListId=absent, PrefixListName="x"),
        lambda: ec2.delete_managed_prefix_list(PrefixListId=absent),
    )
    for ask in asks:
        with pytest.raises(ClientError, match=r"InvalidPrefixListID\.NotFound"):
            ask()


def test_a_list_is_deleted(ec2: AwsClient, held: str) -> None:
    """And then gone."""
    ec2.delete_managed_prefix_list(PrefixListId=held)
    with pytest.raises(ClientError, match=r"InvalidPrefixListID\.NotFound"):
        entries(ec2, held)


def test_one_list_for_each_token(aws: LocalAws, ec2: AwsClient) -> None:
    """A retry of botocore's own makes no second list; other parameters with the same token are refused."""
    asked = {"PrefixListName": "once", "AddressFamily": "IPv4", "MaxEntries": 1}
    aws.add_fault("drop-after", action="CreateManagedPrefixList")
    aws.client("ec2", attempts=3).create_managed_prefix_list(**asked)
    filters = [{"Name": "prefix-list-name", "Values": ["once"]}]
    assert len(ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]) == 1
    one, again = (ec2.create_managed_prefix_list(**asked, ClientToken="t")["PrefixList"] for _ in range(2))
    assert one["PrefixListId"] == again["PrefixListId"]
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        ec2.create_managed_prefix_list(**{**asked, "MaxEntries": 2}, ClientToken="t")
    ec2.delete_managed_prefix_list(PrefixListId=one["PrefixListId"])
    new = ec2.create_managed_prefix_list(**asked, ClientToken="t")["PrefixList"]
    assert new["PrefixListId"] != one["PrefixListId"]
