"""Managed prefix lists behave as AWS documents. Each of these fails on plain moto 5.2.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Callable


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


def entries(ec2: AwsClient, list_id: str, **asked: object) -> set[str]:
    """Return the CIDRs of a list."""
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=list_id, **asked)
    return {entry["Cidr"] for entry in answer["Entries"]}


def test_entries_are_canonical_and_versions_stay(ec2: AwsClient, held: str) -> None:
    """A change makes a version, a name does not, and the name stays."""
    assert entries(ec2, held) == {"173.245.48.0/20", "10.0.0.0/8"}
    changed = ec2.modify_managed_prefix_list(
        PrefixListId=held,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.9.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.0.0.0/8"}],
    )["PrefixList"]
    assert (changed["Version"], changed["PrefixListName"]) == (2, "edge")
    assert entries(ec2, held) == {"173.245.48.0/20", "10.9.0.0/16"}
    assert entries(ec2, held, TargetVersion=1) == {"173.245.48.0/20", "10.0.0.0/8"}
    renamed = ec2.modify_managed_prefix_list(PrefixListId=held, PrefixListName="other")["PrefixList"]
    assert (renamed["Version"], renamed["PrefixListName"]) == (2, "other")


@pytest.mark.parametrize(
    "change,code",
    [
        ({"CurrentVersion": 7, "AddEntries": [{"Cidr": "10.9.0.0/16"}]}, "PrefixListVersionMismatch"),
        (
            {"CurrentVersion": 1, "AddEntries": [{"Cidr": f"10.{n}.0.0/16"} for n in range(2)]},
            "PrefixListMaxEntriesExceeded",
        ),
        ({"CurrentVersion": 1, "AddEntries": [{"Cidr": "2001:db8::/32"}]}, "InvalidParameterValue"),
        ({"CurrentVersion": 1, "RemoveEntries": [{"Cidr": "10.9.0.0/16"}]}, "InvalidParameterValue"),
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
    (told,) = ec2.describe_managed_prefix_lists(PrefixListIds=[held])["PrefixLists"]
    assert (told["State"], told["StateMessage"], told["MaxEntries"]) == ("modify-failed", group.group_id, 3)
    grown = ec2.modify_managed_prefix_list(PrefixListId=held, MaxEntries=60)["PrefixList"]
    assert grown["MaxEntries"] == 60


def test_absent_lists_are_not_found(ec2: AwsClient) -> None:
    """Whoever asks."""
    absent = "pl-0123456789abcdef0"
    asks: tuple[Callable[[], object], ...] = (
        lambda: ec2.describe_managed_prefix_lists(PrefixListIds=[absent]),
        lambda: ec2.get_managed_prefix_list_entries(PrefixListId=absent),
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
