"""Managed prefix lists, as EC2 has them."""

from __future__ import annotations

import pytest
from tests.contract.places import Place, refused, tcp

pytestmark = pytest.mark.source("EC2 API reference")


def entries(place: Place, list_id: str) -> set[str]:
    """The CIDRs of a list."""
    told = place.ec2.get_managed_prefix_list_entries(PrefixListId=list_id)["Entries"]
    return {each["Cidr"] for each in told}


@pytest.mark.source("EC2 API reference, AddPrefixListEntry.Cidr")
def test_entries_are_canonical(place: Place) -> None:
    """As ranges of rules are."""
    assert entries(place, place.prefix_list("192.0.2.9/24")) == {"192.0.2.0/24"}


@pytest.mark.source("EC2 API reference, ModifyManagedPrefixList; terraform-provider-aws, pull request 43661")
def test_a_stale_version_changes_nothing(place: Place) -> None:
    """Who has not seen the latest change does not undo it unknowingly."""
    list_id = place.prefix_list("192.0.2.0/24")
    place.ec2.modify_managed_prefix_list(
        PrefixListId=list_id, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}]
    )
    place.settled(list_id)
    with refused("PrefixListVersionMismatch"):
        place.ec2.modify_managed_prefix_list(
            PrefixListId=list_id, CurrentVersion=1, RemoveEntries=[{"Cidr": "192.0.2.0/24"}]
        )
    assert entries(place, list_id) == {"192.0.2.0/24", "198.51.100.0/24"}


@pytest.mark.source("EC2 API reference, ModifyManagedPrefixList")
def test_a_list_keeps_its_name(place: Place) -> None:
    """When its entries change."""
    list_id = place.prefix_list("192.0.2.0/24")
    before = place.settled(list_id)["PrefixListName"]
    place.ec2.modify_managed_prefix_list(
        PrefixListId=list_id, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}]
    )
    assert place.settled(list_id)["PrefixListName"] == before


@pytest.mark.source("EC2 API reference, CreateManagedPrefixList, MaxEntries")
def test_a_list_holds_no_more_than_its_size(place: Place) -> None:
    """Which is what it counts for in a group."""
    list_id = place.prefix_list("192.0.2.0/24", size=1)
    with refused("PrefixListMaxEntriesExceeded"):
        place.ec2.modify_managed_prefix_list(
            PrefixListId=list_id, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}]
        )


@pytest.mark.source("EC2 API reference, CreateManagedPrefixList, AddressFamily")
def test_a_list_has_one_family(place: Place) -> None:
    """No range of IPv6 in a list of IPv4."""
    with refused("InvalidParameterValue"):
        place.prefix_list("2001:db8::/32")


@pytest.mark.source("terraform-provider-aws, issue 29204 and its source")
def test_an_entry_is_added_and_removed_once(place: Place) -> None:
    """One that is there, and one that is not."""
    list_id = place.prefix_list("192.0.2.0/24")
    for change in (
        {"AddEntries": [{"Cidr": "192.0.2.0/24"}]},
        {"RemoveEntries": [{"Cidr": "198.51.100.0/24"}]},
    ):
        with refused("InvalidPrefixListModification"):
            place.ec2.modify_managed_prefix_list(PrefixListId=list_id, CurrentVersion=1, **change)


@pytest.mark.source("EC2 API reference, DeleteManagedPrefixList")
def test_a_list_that_a_rule_names_is_not_deleted(place: Place) -> None:
    """The rule goes first."""
    list_id, group_id = place.prefix_list("192.0.2.0/24"), place.group()
    rule = {**tcp(443), "PrefixListIds": [{"PrefixListId": list_id}]}
    place.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[rule])
    with refused("DependencyViolation"):
        place.ec2.delete_managed_prefix_list(PrefixListId=list_id)
    place.ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[rule])


@pytest.mark.source("EC2 API reference, ModifyManagedPrefixList; terraform-provider-aws, issue 17191")
def test_a_call_adds_at_most_100(place: Place) -> None:
    """More take several calls, and so several versions."""
    list_id = place.prefix_list(size=200)
    with refused("InvalidParameterValue"):
        place.ec2.modify_managed_prefix_list(
            PrefixListId=list_id,
            CurrentVersion=1,
            AddEntries=[{"Cidr": f"10.{number}.0.0/16"} for number in range(101)],
        )


@pytest.mark.source("EC2 API reference, GetManagedPrefixListEntries, MaxResults")
def test_entries_come_in_pages(place: Place) -> None:
    """Who does not turn the page misses some."""
    list_id = place.prefix_list("10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16")
    first = place.ec2.get_managed_prefix_list_entries(PrefixListId=list_id, MaxResults=2)
    assert len(first["Entries"]) == 2
    assert first["NextToken"]
