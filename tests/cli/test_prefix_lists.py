"""Managed prefix lists as the way in which groups hold the ranges: made, named, kept current, shared, left again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from tests.cli.balancers import breaches, guards, own_group, shop
from tests.cli.groups import (
    EVERYONE,
    EVERYONE_IPV6,
    OFFICE,
    OWNER_TAG,
    Watched,
    group,
    listed,
    rule_of,
    rules,
    source_of,
    sources,
    tags_of,
)
from tests.cli.product import Ended, Json, Product, ended as end_of

from originlock.lab.calls import Call
from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp

VIA = ("--via", "prefix-list")
NEW = "198.51.100.0/24"
STRANGER = "203.0.113.0/24"
SHARED = """\
[origins.{name}]
security_groups = ["{group}"]
[origins.{name}.network]
via = "prefix-list"
prefix_list = [{lists}]
"""


def applied(product: Product, group_id: str, *options: str) -> Ended:
    """Apply without asking, as JSON."""
    return product.run("apply", "--security-group", group_id, "--yes", "-o", "json", *options)


def own_lists(ec2: AwsClient) -> dict[str, str]:
    """The ids of originlock's own lists, by family."""
    filters = [{"Name": "tag-key", "Values": [OWNER_TAG]}]
    found = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert len({each["AddressFamily"] for each in found}) == len(found)
    return {each["AddressFamily"]: each["PrefixListId"] for each in found}


def described(ec2: AwsClient, list_id: str) -> Any:  # noqa: ANN401  boto3's own
    """A list as AWS tells it."""
    return ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"][0]


def entries(ec2: AwsClient, list_id: str) -> dict[str, str]:
    """What is in a list, with what is said of it."""
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=list_id)
    return {entry["Cidr"]: entry.get("Description", "") for page in pages for entry in page["Entries"]}


def a_list(ec2: AwsClient, cidrs: Iterable[str], *, ipv6: bool = False, size: int | None = None) -> str:
    """Make a list of somebody's own."""
    held = [{"Cidr": cidr, "Description": "by hand"} for cidr in cidrs]
    made = ec2.create_managed_prefix_list(
        PrefixListName="edge",
        MaxEntries=size or len(held),
        AddressFamily="IPv6" if ipv6 else "IPv4",
        Entries=held,
    )
    return str(made["PrefixList"]["PrefixListId"])


def naming(product: Product, group_id: str, *lists: str, name: str = "shop", more: str = "") -> None:
    """Configure an origin that names these lists."""
    named = ", ".join(f'"{each}"' for each in lists)
    text = SHARED.format(name=name, group=group_id, lists=named) + more
    path = product.directory / "originlock.toml"
    product.write("originlock.toml", (path.read_text() if path.exists() else "") + text)


def said_in(data: Json) -> str:
    """All notes, as one text."""
    return "\n".join(note["what"] for note in data["notes"])


def changed(calls: Iterable[Call]) -> list[str]:
    """What each change of a list did, in order."""
    return list(_changed(calls))


def _changed(calls: Iterable[Call]) -> Iterator[str]:
    for call in calls:
        if call.action == "ModifyManagedPrefixList" and call.error is None:
            names = " ".join(call.parameters)
            words = (("AddEntry.", "add"), ("RemoveEntry.", "remove"), ("MaxEntries", "resize"))
            yield "+".join(word for mark, word in words if mark in names)


# --- lists of our own -----------------------------------------------------------------------------


def test_made_filled_and_named(aws: LocalAws, product: Product, ec2: AwsClient) -> None:
    """Full before they are named: an empty list would shut the edge out of a group that trusts it."""
    made = group(ec2)
    watched = Watched(aws)
    ended = applied(product, made, *VIA)
    assert ended.code == 0, ended.said
    lists = own_lists(ec2)
    assert set(entries(ec2, lists["IPv4"])) == set(IPV4)
    assert set(entries(ec2, lists["IPv6"])) == set(IPV6)
    assert sources(ec2, made) == set(lists.values())
    assert {tags_of(rule)[OWNER_TAG] for rule in rules(ec2, made)} == {"cli"}
    # A list counts by its size: some headroom, not much.
    assert (described(ec2, lists["IPv4"])["MaxEntries"], described(ec2, lists["IPv6"])["MaxEntries"]) == (19, 9)
    assert watched.changes() == [
        "CreateManagedPrefixList",
        "CreateManagedPrefixList",
        "AuthorizeSecurityGroupIngress",
    ]
    targets = [change["target"] for change in ended.json["done"]]
    assert set(targets) == {made, *lists.values()}
    watched = Watched(aws)
    again = applied(product, made, *VIA)
    assert (again.code, watched.changes()) == (0, [])


def test_a_range_in_and_out_is_a_change_of_the_list_alone(
    aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """That is what lists are for: a hundred groups, and not one of their rules is touched; in before out."""
    made = [group(ec2, name="one")]
    made.append(
        group(ec2, name="two", vpc_id=ec2.describe_security_groups(GroupIds=made)["SecurityGroups"][0]["VpcId"])
    )
    both = ("--security-group", made[1], *VIA)
    assert applied(product, made[0], *both).code == 0
    held = own_lists(ec2)
    lists.publish((*IPV4[1:], NEW), IPV6)
    planned = product.run("plan", "--security-group", made[0], *both, "-o", "json").json["changes"]
    assert [(change["kind"], change["target"]) for change in planned] == [
        ("add-entries", held["IPv4"]),
        ("remove-entries", held["IPv4"]),
    ]
    watched = Watched(aws)
    ended = applied(product, made[0], *both)
    assert ended.code == 0, ended.said
    assert changed(watched.calls()) == ["add", "remove"]
    assert set(watched.changes()) == {"ModifyManagedPrefixList"}
    assert set(entries(ec2, held["IPv4"])) == {*IPV4[1:], NEW}
    assert own_lists(ec2) == held


def test_lists_are_of_one_origin_each(product: Product, ec2: AwsClient) -> None:
    """Two origins without a list in common do not get in each other's way."""
    for name in ("shop", "blog"):
        text = f'[origins.{name}]\nsecurity_groups = ["{group(ec2, name=name)}"]\n[origins.{name}.network]\n'
        path = product.directory / "originlock.toml"
        product.write("originlock.toml", (path.read_text() if path.exists() else "") + text + 'via = "prefix-list"\n')
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    found = ec2.describe_managed_prefix_lists(Filters=[{"Name": "tag-key", "Values": [OWNER_TAG]}])["PrefixLists"]
    assert {each["PrefixListName"] for each in found} == {
        f"originlock-{name}-ipv{family}" for name in ("shop", "blog") for family in (4, 6)
    }


def test_more_than_a_call_takes(aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """AWS takes a hundred entries in a call, and tells a hundred in a page."""
    aws.settings(quota_rules=400)
    many = (*IPV4, *(f"45.{number // 256}.{number % 256}.0/24" for number in range(0, 500, 2)))
    made = group(ec2)
    lists.publish(many, IPV6)
    ended = applied(product, made, *VIA)
    assert ended.code == 0, ended.said
    assert set(entries(ec2, own_lists(ec2)["IPv4"])) == set(many)
    watched = Watched(aws)
    lists.publish()
    back = product.run("plan", "--security-group", made, *VIA, "-o", "json").json["objections"][0]["digest"]
    ended = applied(product, made, *VIA, "--accept-list", back)
    assert ended.code == 0, ended.said
    assert changed(watched.calls()) == ["remove"] * 3
    assert set(entries(ec2, own_lists(ec2)["IPv4"])) == set(IPV4)


# --- from rules to lists and back -----------------------------------------------------------------


def test_from_rules_to_lists_and_back(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """At every moment of either way everyone who is wanted is let in by one or the other."""
    made = shop(ec2, elbv2)
    (home,) = made.group_ids
    line = ("apply", "--load-balancer", "shop", "--foreign", "remove", "--yes", "-o", "json")
    assert product.run(*line).code == 0
    assert len(rules(ec2, home)) == 22
    watched = Watched(aws)
    ended = product.run(*line, *VIA)
    assert ended.code == 0, ended.said
    held = own_lists(ec2)
    content = {list_id: list(entries(ec2, list_id)) for list_id in held.values()}
    assert sources(ec2, home) == set(held.values())
    assert breaches(watched.calls(), made, lists=content) == []
    watched = Watched(aws)
    ended = product.run(*line)
    assert ended.code == 0, ended.said
    assert sources(ec2, home) == {*IPV4, *IPV6}
    assert breaches(watched.calls(), made, lists=content) == []
    # Somebody else's rules may name them by now.
    assert own_lists(ec2) == held
    ended = product.run(*line, *VIA)
    assert ended.code == 0, ended.said
    assert own_lists(ec2) == held
    assert sources(ec2, home) == set(held.values())


def test_lists_in_a_group_of_our_own(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Both ways together: lists, then the group that names them, then the load balancer, then the others go."""
    made = shop(ec2, elbv2)
    watched = Watched(aws)
    options = ("--load-balancer", "shop", "--create-group", "--foreign", "remove", *VIA)
    ended = product.run("apply", *options, "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    held = own_lists(ec2)
    content = {list_id: list(entries(ec2, list_id)) for list_id in held.values()}
    assert sources(ec2, own_group(ec2)) == set(held.values())
    assert breaches(watched.calls(), made, lists=content) == []
    assert product.run("plan", *options, "-o", "json").json["changes"] == []


def test_exceptions_stay_rules(product: Product, ec2: AwsClient) -> None:
    """They are one origin's own; in a list they would open every group that names it."""
    made = group(ec2)
    exception = f'source = "{OFFICE}"\nowner = "net"\nreason = "office"\nexpires = 2099-12-31\n'
    product.write(
        "originlock.toml",
        f'[origins.shop]\nsecurity_groups = ["{made}"]\n[origins.shop.network]\nvia = "prefix-list"\n'
        f"[[origins.shop.exceptions]]\n{exception}",
    )
    assert product.run("apply", "--yes").code == 0
    assert sources(ec2, made) == {OFFICE, *own_lists(ec2).values()}
    assert OFFICE not in entries(ec2, own_lists(ec2)["IPv4"])


# --- shared lists -----------------------------------------------------------------------------------


def test_two_origins_share_a_list(aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """What one wants of it the other wants too: it is changed once, and waited for by both."""
    held = (a_list(ec2, IPV4, size=20), a_list(ec2, IPV6, ipv6=True, size=10))
    groups = [group(ec2, name=name) for name in ("shop", "blog")]
    for name, group_id in zip(("shop", "blog"), groups, strict=True):
        naming(product, group_id, *held, name=name)
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert [sources(ec2, group_id) for group_id in groups] == [set(held)] * 2
    lists.publish((*IPV4, NEW), IPV6)
    watched = Watched(aws)
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert changed(watched.calls()) == ["add"]
    assert set(entries(ec2, held[0])) == {*IPV4, NEW}


def test_what_others_put_into_a_shared_list(product: Product, ec2: AwsClient) -> None:
    """An entry of somebody's is a hole in every group that names the list; it goes where the policy says so."""
    held = (a_list(ec2, (*IPV4, "10.0.0.0/8"), size=20), a_list(ec2, IPV6, ipv6=True))
    made = group(ec2)
    naming(product, made, *held)
    assert product.run("apply", "--yes").code == 0
    put_in = [{"Cidr": STRANGER, "Description": "by hand"}]
    ec2.modify_managed_prefix_list(PrefixListId=held[0], CurrentVersion=1, AddEntries=put_in)
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 3, ended.said
    (hole,) = [each for each in ended.json["holes"] if each["target"] == held[0]]
    assert hole["lets_in"] == STRANGER
    assert "--foreign remove" in hole["close_with"]
    assert STRANGER in entries(ec2, held[0])
    ended = product.run("apply", "--foreign", "remove", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert STRANGER not in entries(ec2, held[0])


def test_a_list_with_strangers_is_not_named(aws: LocalAws, product: Product, ec2: AwsClient) -> None:
    """A group that let in nobody but the edge would let in whomever somebody put into the list."""
    held = (a_list(ec2, (*IPV4, STRANGER, "10.0.0.0/8"), size=20), a_list(ec2, IPV6, ipv6=True))
    made = group(ec2)
    naming(product, made, *held)
    watched = Watched(aws)
    ended = product.run("apply", "--yes", "-o", "json")
    assert (ended.code, guards(ended.json), watched.changes()) == (4, ["prefix-list"], [])
    assert STRANGER in ended.json["objections"][0]["message"]
    assert "10.0.0.0/8" not in ended.json["objections"][0]["message"]
    watched = Watched(aws)
    ended = product.run("apply", "--foreign", "remove", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert watched.changes() == ["ModifyManagedPrefixList", "AuthorizeSecurityGroupIngress"], "out first, then named"
    assert STRANGER not in entries(ec2, held[0])
    assert "10.0.0.0/8" in entries(ec2, held[0]), "who is no stranger stays"


def test_a_list_that_is_not_there(aws: LocalAws, product: Product, ec2: AwsClient) -> None:
    """A misspelt list, or one of another Region, would leave the group without the edge."""
    naming(product, group(ec2), a_list(ec2, IPV4), "pl-0123456789abcdef0")
    watched = Watched(aws)
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 4
    assert guards(ended.json) == ["prefix-list"]
    assert "pl-0123456789abcdef0" in ended.json["objections"][0]["message"]
    assert watched.changes() == []


def test_one_family_is_not_enough(product: Product, ec2: AwsClient) -> None:
    """Every visitor by IPv6 would be shut out when the rules go."""
    naming(product, group(ec2), a_list(ec2, IPV4))
    ended = product.run("plan", "-o", "json")
    assert ended.code == 4
    (objection,) = ended.json["objections"]
    assert objection["guard"] == "prefix-list"
    assert "IPv6" in objection["message"]


# --- room -------------------------------------------------------------------------------------------


def test_a_list_is_made_larger_before_it_gets_more(
    aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """AWS refuses entries beyond the size, and size and entries in one call."""
    made = group(ec2)
    assert applied(product, made, *VIA).code == 0
    lists.publish((*IPV4, *(f"198.51.{number}.0/24" for number in (100, 102, 104, 106, 108))), IPV6)
    watched = Watched(aws)
    ended = applied(product, made, *VIA)
    assert ended.code == 0, ended.said
    assert changed(watched.calls()) == ["resize", "add"]
    assert described(ec2, own_lists(ec2)["IPv4"])["MaxEntries"] == 25


def test_a_group_without_room_for_the_list(aws: LocalAws, product: Product, ec2: AwsClient) -> None:
    """A list counts with its whole size; what AWS would refuse half-way is refused before anything is made."""
    made = group(ec2, tcp(22, ipv4=[(f"10.1.{number}.0/24", None) for number in range(45)]))
    watched = Watched(aws)
    ended = applied(product, made, *VIA)
    assert ended.code == 4
    assert guards(ended.json) == ["rules-quota"]
    assert watched.changes() == []


def test_a_larger_list_for_which_a_group_has_no_room(
    aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """The group that names it is full: refused, and not half done; and so is one that another origin has."""
    made = group(ec2, tcp(22, ipv4=[(f"10.1.{number}.0/24", None) for number in range(41)]))
    assert applied(product, made, *VIA).code == 0
    lists.publish((*IPV4, *(f"198.51.{number}.0/24" for number in (100, 102, 104, 106, 108))), IPV6)
    watched = Watched(aws)
    ended = applied(product, made, *VIA)
    assert ended.code == 4, ended.said
    assert guards(ended.json) == ["rules-quota"]
    assert "it would then count as 66" in ended.json["objections"][0]["message"]
    assert watched.changes() == []
    aws.settings(quota_rules=66)
    assert applied(product, made, *VIA).code == 0


def test_a_larger_list_for_which_a_strangers_group_has_no_room(
    product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """Nobody here knows of that group: AWS says so after the call, and nothing else is done to the list."""
    made = group(ec2)
    assert applied(product, made, *VIA).code == 0
    held = own_lists(ec2)
    full = tcp(22, ipv4=[(f"10.1.{number}.0/24", None) for number in range(41)])
    theirs = group(ec2, listed(held["IPv4"]), full, name="theirs")
    lists.publish((*IPV4, *(f"198.51.{number}.0/24" for number in (100, 102, 104, 106, 108))), IPV6)
    ended = applied(product, made, *VIA)
    assert ended.code == 5, ended.said
    assert f"AWS gave up the change of {held['IPv4']}: {theirs}" in ended.json["stopped"][0]["message"]
    assert set(entries(ec2, held["IPv4"])) == set(IPV4)
    assert sources(ec2, made) == set(held.values())


# --- somebody else at the same list ------------------------------------------------------------------


def test_a_version_that_somebody_else_has_changed(
    aws: LocalAws, product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """Between our read of the version and our change: AWS refuses, and it is done on what is there then."""
    made = group(ec2)
    assert applied(product, made, *VIA).code == 0
    held = own_lists(ec2)["IPv4"]
    lists.publish((*IPV4[1:], NEW), IPV6)
    aws.add_fault("hang-before", action="ModifyManagedPrefixList")
    running = product.started("apply", "--security-group", made, *VIA, "--yes", "-o", "json")
    aws.wait_until_hanging(60)
    version = described(ec2, held)["Version"]
    # The lab's fault hangs every such call: the other's goes by first.
    ec2.modify_managed_prefix_list(
        PrefixListId=held, CurrentVersion=version, AddEntries=[{"Cidr": "10.0.0.0/8", "Description": "theirs"}]
    )
    watched = Watched(aws)
    aws.release()
    done = end_of(running)
    assert done.code == 0, done.said
    assert "PrefixListVersionMismatch" in [call.error for call in watched.calls()]
    assert set(entries(ec2, held)) == {*IPV4[1:], NEW, "10.0.0.0/8"}


def test_a_list_that_has_only_the_name_is_not_used(product: Product, ec2: AwsClient) -> None:
    """Names are not unique, and prove nothing: what is in that list is somebody's."""
    ec2.create_managed_prefix_list(
        PrefixListName="originlock-cli-cloudflare-ipv4",
        MaxEntries=5,
        AddressFamily="IPv4",
        Entries=[{"Cidr": EVERYONE}],
    )
    made = group(ec2)
    ended = applied(product, made, *VIA)
    assert ended.code == 0, ended.said
    held = own_lists(ec2)
    assert sources(ec2, made) == set(held.values())
    assert EVERYONE not in entries(ec2, held["IPv4"])


@pytest.mark.parametrize("action", ["CreateManagedPrefixList", "AuthorizeSecurityGroupIngress"])
def test_killed_and_run_again(aws: LocalAws, product: Product, ec2: AwsClient, action: str) -> None:
    """The list that was made is found again: there are never two of one family."""
    made = group(ec2)
    aws.add_fault("hang-after", action=action)
    running = product.started("apply", "--security-group", made, *VIA, "--yes")
    aws.wait_until_hanging(60)
    running.kill()
    running.communicate()
    aws.release()
    ended = applied(product, made, *VIA)
    assert ended.code == 0, ended.said
    assert sources(ec2, made) == set(own_lists(ec2).values())


# --- the way back --------------------------------------------------------------------------------------


def test_entries_come_back_only_where_a_person_says_so(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A range that is not the edge's any more would be let in by every group that names the list."""
    made = group(ec2)
    assert applied(product, made, *VIA).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    assert applied(product, made, *VIA).code == 0
    held = own_lists(ec2)["IPv4"]
    refused = product.run("rollback", "--yes", "-o", "json")
    assert refused.code == 4
    assert guards(refused.json) == ["reopen"]
    ended = product.run("rollback", "--yes", "--reopen", "-o", "json")
    assert ended.code == 3, ended.said
    assert set(entries(ec2, held)) == {*IPV4, NEW}
    assert sources(ec2, made) == set(own_lists(ec2).values())


def test_the_way_back_from_lists_to_rules(product: Product, ec2: AwsClient) -> None:
    """The rules come back before the lists are let go; the lists stay, as others may name them."""
    made = group(ec2)
    assert applied(product, made).code == 0
    assert applied(product, made, *VIA).code == 0
    held = own_lists(ec2)
    ended = product.run("rollback", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert {*IPV4, *IPV6} <= sources(ec2, made)
    assert own_lists(ec2) == held
    for each in rules(ec2, made):
        assert source_of(each) in {*IPV4, *IPV6, *held.values()}


def test_a_foreign_rule_that_names_our_list(product: Product, ec2: AwsClient) -> None:
    """It lets in nobody but whom we want: it is no hole, and stays theirs."""
    made = group(ec2, tcp(443, ipv4=[(EVERYONE, None)], ipv6=[(EVERYONE_IPV6, None)]))
    assert applied(product, made, *VIA, "--foreign", "remove").code == 0
    held = own_lists(ec2)["IPv4"]
    ours = rule_of(ec2, made, held)["SecurityGroupRuleId"]
    ec2.delete_tags(Resources=[ours], Tags=[{"Key": OWNER_TAG}])
    ended = applied(product, made, *VIA, "--foreign", "remove")
    assert ended.code == 0, ended.said
    assert rule_of(ec2, made, held)["SecurityGroupRuleId"] == ours
    assert "made by somebody else: present, and left theirs" in said_in(ended.json)
