"""Taking over what a script left: its rules for the edge's ranges, and nothing else, by their tags alone."""

from __future__ import annotations

import pytest
from tests.cli.groups import (
    EVERYONE,
    OFFICE,
    OWNER_TAG,
    Watched,
    group,
    of_edge,
    ports_from,
    rule_of,
    rules,
    source_of,
    sources,
    tags_of,
)
from tests.cli.product import Product

from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws

FORMER = "104.16.0.0/12"
EDGE = {*IPV4, *IPV6}


@pytest.fixture
def left(ec2: AwsClient) -> str:
    """A group as a plain script in cron leaves it: the edge's ranges, one of the past, an office; no tags."""
    return group(ec2, of_edge(443, ipv4=[*IPV4, FORMER]), ports_from(443, 443, OFFICE))


def owners(ec2: AwsClient, group_id: str) -> dict[str, str | None]:
    """Whose each rule is, by its source."""
    return {source_of(rule): tags_of(rule).get(OWNER_TAG) for rule in rules(ec2, group_id)}


def test_moving_from_the_script_takes_three_commands(
    product: Product, ec2: AwsClient, left: str, aws: LocalAws
) -> None:
    """Whoever comes from a script would have to make every rule anew, or keep a range of the past for ever."""
    office = f'[[origins.blog.exceptions]]\nsource = "{OFFICE}"\nowner = "o"\nreason = "r"\nexpires = 2099-01-01\n'
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{left}"]\n{office}')
    before = {rule["SecurityGroupRuleId"]: source_of(rule) for rule in rules(ec2, left)}
    watched = Watched(aws)
    adopted = product.run("adopt", "--yes")
    assert adopted.code == 3, adopted.said
    assert watched.changes() == ["CreateTags"]
    assert "Adoption for blog (eu-west-1)" in adopted.out
    assert "mark 23 rules as those of the origin blog" in adopted.out
    assert f"1 range of the past: {FORMER}" in adopted.out
    assert owners(ec2, left) == {**dict.fromkeys(EDGE | {FORMER}, "blog"), OFFICE: None}
    assert {rule["SecurityGroupRuleId"]: source_of(rule) for rule in rules(ec2, left)} == before

    planned = product.run("plan", "-o", "json")
    assert planned.code == 3
    (change,) = planned.json["changes"]
    assert change["kind"] == "revoke-ingress"
    assert [rule["source"] for rule in change["rules"]] == [FORMER]

    applied = product.run("apply", "--yes")
    assert applied.code == 0, applied.said
    assert sources(ec2, left) == EDGE | {OFFICE}
    kept = {rule["SecurityGroupRuleId"] for rule in rules(ec2, left)}
    assert kept == {name for name, source in before.items() if source != FORMER}, "none was made anew"
    assert product.run("plan").code == 0


def test_as_data_and_again(product: Product, ec2: AwsClient, left: str) -> None:
    """A script could not tell what was taken over; a second run would do something."""
    options = ["--security-group", left, "--yes", "-o", "json"]
    first = product.run("adopt", *options)
    assert first.code == 3
    assert first.json["outcome"] == "done"
    (change,) = first.json["done"]
    assert (change["kind"], change["effect"], len(change["rules"])) == ("tag-rules", "neutral", 23)
    assert change["inverse"]["kind"] == "untag-rules"
    again = product.run("adopt", *options)
    assert again.code == 3
    assert (again.json["outcome"], again.json["done"]) == ("nothing-to-do", [])
    assert {hole["lets_in"] for hole in again.json["holes"]} == {FORMER, OFFICE}
    assert owners(ec2, left)[FORMER] == "cli"


def test_with_nothing_to_take_over_nothing_is_said_to_be_wanted(product: Product, ec2: AwsClient) -> None:
    """An empty group would be reported as one that holds what is wanted."""
    made = group(ec2)
    ended = product.run("adopt", "--security-group", made, "--yes")
    assert ended.code == 0
    assert "what is wanted, read back" not in ended.out
    assert rules(ec2, made) == []


def test_descriptions_and_other_tags_stay(product: Product, ec2: AwsClient) -> None:
    """What a team wrote on its rules would be lost."""
    made = group(ec2, of_edge())
    one = rule_of(ec2, made, IPV4[0])["SecurityGroupRuleId"]
    ec2.create_tags(Resources=[one], Tags=[{"Key": "team", "Value": "web"}])
    said = [{"SecurityGroupRuleId": one, "Description": "by hand"}]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=made, SecurityGroupRuleDescriptions=said)
    assert product.run("adopt", "--security-group", made, "--yes").code == 0
    rule = rule_of(ec2, made, IPV4[0])
    assert tags_of(rule) == {"team": "web", OWNER_TAG: "cli"}
    assert rule["Description"] == "by hand"


def test_a_rollback_gives_them_back(product: Product, ec2: AwsClient, left: str) -> None:
    """A slip in the target could not be undone."""
    assert product.run("adopt", "--security-group", left, "--yes").code == 3
    undone = product.run("rollback", "--yes")
    assert undone.code == 3, undone.said
    assert set(owners(ec2, left).values()) == {None}
    assert sources(ec2, left) == EDGE | {FORMER, OFFICE}
    history = product.run("history", "-o", "json").json["runs"]
    assert [run["command"] for run in history] == ["rollback", "adopt"]


def test_a_refused_list_adopts_nothing(product: Product, ec2: AwsClient, left: str, lists: ListServer) -> None:
    """A web page or half a list would say which rules are the edge's."""
    lists.publish(IPV4[:4], IPV6)
    refused = product.run("adopt", "--security-group", left, "--yes")
    assert refused.code == 4
    assert "Nothing was changed" in refused.out
    assert set(owners(ec2, left).values()) == {None}


def test_a_range_that_the_edge_has_just_dropped_is_past(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A rule for what was in the list last accepted would be nobody's, and stay."""
    made = group(ec2, of_edge())
    assert product.run("apply", "--security-group", made, "--yes").code == 0
    lists.publish(IPV4[:-1], IPV6)
    assert product.run("adopt", "--security-group", made, "--yes").code == 3
    assert owners(ec2, made)[IPV4[-1]] == "cli"
    assert product.run("apply", "--security-group", made, "--yes").code == 0
    assert sources(ec2, made) == EDGE - {IPV4[-1]}


def test_nobody_is_asked_nothing_is_done(product: Product, ec2: AwsClient, left: str, aws: LocalAws) -> None:
    """Without a terminal it would take over what nobody was shown."""
    watched = Watched(aws)
    ended = product.run("adopt", "--security-group", left)
    assert ended.code == 2
    assert "--yes" in ended.err
    assert watched.actions() == []
    assert set(owners(ec2, left).values()) == {None}


@pytest.mark.parametrize(
    "fault, code, marked",
    [("drop-before", 3, "cli"), ("drop-after", 3, "cli"), ("throttle", 3, "cli"), ("access-denied", 5, None)],
)
def test_a_fault_leaves_no_half_and_the_next_run_ends_it(
    product: Product, ec2: AwsClient, left: str, aws: LocalAws, fault: str, code: int, marked: str | None
) -> None:
    """A lost answer would count as a failure, or a denial as success."""
    aws.add_fault(fault, action="CreateTags")
    ended = product.run("adopt", "--security-group", left, "--yes")
    assert ended.code == code, ended.said
    assert {name for source, name in owners(ec2, left).items() if source in EDGE} == {marked}
    aws.clear_faults()
    assert product.run("adopt", "--security-group", left, "--yes").code == 3
    assert {name for source, name in owners(ec2, left).items() if source in EDGE} == {"cli"}
    assert sources(ec2, left) == EDGE | {FORMER, OFFICE}


def test_another_origins_rules_are_left(product: Product, ec2: AwsClient) -> None:
    """Two origins would take the rules from each other by turns."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    assert product.run("apply", "--security-group", made, "--yes").code == 3
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{made}"]\n')
    assert product.run("adopt", "--yes").code == 3
    assert {name for source, name in owners(ec2, made).items() if source in EDGE} == {"cli"}
