"""`history` and `rollback`: what was done, and the way back under the same guards."""

from __future__ import annotations

import json

import pytest
from tests.cli.groups import (
    EVERYONE,
    OFFICE,
    OWNER_TAG,
    Watched,
    group,
    ids,
    of_edge,
    rule_of,
    rules,
    source_of,
    sources,
    tags_of,
)
from tests.cli.product import Ended, Json, Product, ended

from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp

NEW = "198.51.100.0/24"


def applied(product: Product, group_id: str, *options: str) -> Json:
    """Apply without asking, and insist that it ends well."""
    done = product.run("apply", "--security-group", group_id, "--yes", "-o", "json", *options)
    assert done.code == 0, done.said
    return done.json


def rolled_back(product: Product, *arguments: str) -> Ended:
    """Roll back without asking, as JSON."""
    return product.run("rollback", *arguments, "--yes", "-o", "json")


def history(product: Product, *options: str) -> list[Json]:
    """The runs, newest first."""
    runs: list[Json] = product.run("history", "-o", "json", *options).json["runs"]
    return runs


def test_an_empty_history(offline: Product) -> None:
    """The first question of a new user would be an error."""
    told = offline.run("history")
    assert (told.code, told.err) == (0, "")
    assert "No run" in told.out
    assert offline.run("history", "-o", "json").json == {"runs": [], "damaged_lines": 0}
    assert not offline.state.exists()


def test_the_history_tells_every_run(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """Nobody could find the run that is to be undone."""
    made = group(ec2)
    first = applied(product, made)["run"]
    second = applied(product, made)["run"]
    lists.publish((*IPV4[1:], NEW), IPV6)
    third = applied(product, made)["run"]
    told = history(product)
    assert [run["run"] for run in told] == [third, second, first]
    assert [run["outcome"] for run in told] == ["done", "nothing-to-do", "done"]
    assert [len(run["changes"]) for run in told] == [2, 0, 1]
    for run in told:
        assert run["command"] == "apply"
        assert run["origins"] == ["cli"]
        assert "@" in run["by"]
        assert run["at"] <= run["ended"]
    assert [run["run"] for run in history(product, "--last", "1")] == [third]
    assert third in product.run("history").out


def test_a_damaged_line_is_said_and_costs_no_other_run(product: Product, ec2: AwsClient) -> None:
    """One torn line would hide the whole history, or nobody would know that something is missing."""
    run = applied(product, group(ec2))["run"]
    journal = product.state / "journal.jsonl"
    journal.write_text("{torn\n" + journal.read_text() + '{"event": "run-beg')
    told = product.run("history", "-o", "json").json
    assert told["damaged_lines"] == 2
    assert [each["run"] for each in told["runs"]] == [run]
    assert "2 lines" in product.run("history").out


def test_the_last_run_is_undone_as_far_as_it_may_be(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A rollback would shut out the edge, or open what is not wanted without a word."""
    made = group(ec2)
    applied(product, made)
    lists.publish((*IPV4[1:], NEW), IPV6)
    applied(product, made)
    before = ids(ec2, made)
    refused = rolled_back(product)
    assert refused.code == 4
    (objection,) = refused.json["objections"]
    assert objection["guard"] == "reopen"
    assert IPV4[0] in objection["message"]
    assert "--reopen" in objection["remedy"]
    assert ids(ec2, made) == before

    reopened = rolled_back(product, "--reopen")
    assert reopened.code == 3
    assert reopened.json["locked"] is False
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6}
    assert any("left there" in note["what"] for note in reopened.json["notes"])


def test_a_wanted_source_is_never_removed(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """To undo the first run would be to shut out every visitor."""
    made = group(ec2)
    run = applied(product, made)["run"]
    watched = Watched(aws)
    for options in ([], [run, "--reopen"]):
        undone = rolled_back(product, *options)
        assert undone.code == 0, undone.said
        assert undone.json["outcome"] == "nothing-to-do"
    assert watched.changes() == []
    assert sources(ec2, made) == {*IPV4, *IPV6}


@pytest.mark.long
def test_a_list_that_came_back_is_rolled_back_to(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A list that was withdrawn could not be undone: what came with it would stay."""
    made = group(ec2)
    applied(product, made)
    lists.publish((*IPV4[1:], NEW), IPV6)
    applied(product, made)
    lists.publish()
    undone = rolled_back(product)
    assert undone.code == 0, undone.said
    assert [change["effect"] for change in undone.json["done"]] == ["widen", "narrow"]
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_reopen_brings_back_a_foreign_rule_as_it_was(product: Product, ec2: AwsClient) -> None:
    """Somebody's rule would come back without its name, or as one of ours, and be removed again."""
    made = group(ec2, of_edge())
    ec2.authorize_security_group_ingress(
        GroupId=made,
        IpPermissions=[tcp(443, ipv4=[(OFFICE, "the office: ask Bob"), (EVERYONE, None)])],
        TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "network"}]},
        ],
    )
    ec2.create_tags(
        Resources=[rule_of(ec2, made, EVERYONE)["SecurityGroupRuleId"]], Tags=[{"Key": "ticket", "Value": "7"}]
    )
    applied(product, made, "--foreign", "remove")
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert rolled_back(product).code == 4
    assert rolled_back(product, "--reopen").code == 3
    office, everyone = rule_of(ec2, made, OFFICE), rule_of(ec2, made, EVERYONE)
    assert office["Description"] == "the office: ask Bob"
    assert tags_of(office) == {"team": "network"}
    assert tags_of(everyone) == {"team": "network", "ticket": "7"}
    assert "Description" not in everyone


def test_a_run_is_undone_by_its_name(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """Only the last run could be undone."""
    made = group(ec2, tcp(443, ipv4=[(OFFICE, "office")]))
    first = applied(product, made, "--foreign", "remove")["run"]
    lists.publish((*IPV4, NEW), IPV6)
    applied(product, made)
    undone = rolled_back(product, first, "--reopen")
    assert undone.code == 3
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6, OFFICE}
    assert history(product)[0]["command"] == "rollback"


@pytest.mark.long
def test_a_rollback_can_be_rolled_back(product: Product, ec2: AwsClient) -> None:
    """A wrong rollback could not be taken back."""
    made = group(ec2, tcp(443, ipv4=[(OFFICE, "office")]))
    applied(product, made, "--foreign", "remove")
    run = rolled_back(product, "--reopen").json["run"]
    assert OFFICE in sources(ec2, made)
    back = rolled_back(product, run)
    assert back.code in (0, 3), back.said
    assert {*IPV4, *IPV6} <= sources(ec2, made)


def test_an_adoption_is_undone(product: Product, ec2: AwsClient) -> None:
    """Rules that were taken over by a slip would be removed one day as our own."""
    made = group(ec2, of_edge())
    applied(product, made, "--adopt")
    undone = rolled_back(product)
    assert undone.code == 0, undone.said
    assert [tags_of(rule) for rule in rules(ec2, made)] == [{}] * 22
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_runs_that_cannot_be_undone(product: Product, ec2: AwsClient) -> None:
    """A slip in a run's name would be taken for a run that changed nothing."""
    made = group(ec2, of_edge())
    unknown = rolled_back(product, "20260101T000000Z-000000")
    assert unknown.code == 2
    assert "originlock history" in unknown.err
    nothing = applied(product, made)["run"]
    assert rolled_back(product, nothing).code == 2
    assert rolled_back(product).code == 2


def test_what_a_killed_run_left_is_undone(product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer) -> None:
    """What a run did before a power cut would be nobody's, and stay."""
    made = group(ec2)
    applied(product, made)
    lists.publish((*IPV4, NEW), IPV6)
    aws.add_fault("hang-after", action="AuthorizeSecurityGroupIngress")
    process = product.started("apply", "--security-group", made, "--yes")
    aws.wait_until_hanging()
    process.kill()
    ended(process)
    aws.release()
    assert NEW in sources(ec2, made)
    lists.publish()
    undone = rolled_back(product)
    assert undone.code == 0, undone.said
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert [run["outcome"] for run in history(product)] == ["done", "died", "done"]


@pytest.mark.long
def test_somebody_elses_rules_are_left_alone(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A rollback would take out what somebody did after the run."""
    made = group(ec2)
    applied(product, made)
    lists.publish((*IPV4, NEW), IPV6)
    applied(product, made)
    ec2.revoke_security_group_ingress(
        GroupId=made, SecurityGroupRuleIds=[rule_of(ec2, made, NEW)["SecurityGroupRuleId"]]
    )
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=[(NEW, "by hand")])])
    lists.publish()
    rolled_back(product)
    assert rule_of(ec2, made, NEW)["Description"] == "by hand"


def test_a_rollback_needs_no_published_list(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """The way back would be barred at the moment when something is wrong."""
    made = group(ec2)
    applied(product, made)
    lists.publish((*IPV4[1:], NEW), IPV6)
    applied(product, made)
    lists.publish((), ())
    undone = rolled_back(product, "--reopen")
    assert undone.code == 3
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6}
    assert any("last accepted" in note["what"] for note in undone.json["notes"])


def test_the_tags_of_todays_policy_count(product: Product, ec2: AwsClient) -> None:
    """A rollback would remove an exception that is wanted today because it was not wanted then."""
    made = group(ec2)
    head = f'[origins.blog]\nsecurity_groups = ["{made}"]\n'
    office = (
        "[[origins.blog.exceptions]]\n"
        f'source = "{OFFICE}"\nowner = "ops@example.org"\nreason = "office"\nexpires = 2099-03-31\n'
    )
    product.write("originlock.toml", head)
    assert product.run("apply", "--yes").code == 0
    product.write("originlock.toml", head + office)
    assert product.run("apply", "--yes").code == 0
    undone = rolled_back(product)
    assert undone.code == 0
    assert OFFICE in sources(ec2, made)
    product.write("originlock.toml", head)
    undone = rolled_back(product)
    assert undone.code == 0
    assert OFFICE not in sources(ec2, made)
    assert {tags_of(rule)[OWNER_TAG] for rule in rules(ec2, made)} == {"blog"}


def test_a_run_whose_beginning_is_damaged_says_so(product: Product, ec2: AwsClient) -> None:
    """The remedy would speak of edges when a line of the journal is missing."""
    made = group(ec2)
    run = applied(product, made)["run"]
    journal = product.state / "journal.jsonl"
    lines = journal.read_text().splitlines()
    assert json.loads(lines[0])["event"] == "run-begun"
    journal.write_text("\n".join(["torn", *lines[1:]]) + "\n")
    for named in ([], [run]):
        undone = rolled_back(product, *named)
        assert undone.code in (1, 2)
        assert "edges" not in undone.err
        assert "journal" in undone.err
    assert {source_of(rule) for rule in rules(ec2, made)} == {*IPV4, *IPV6}
