"""`apply`: its JSON, its calls, what AWS holds afterwards, and how it stops."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from tests.cli.groups import (
    EVERYONE,
    EVERYONE_IPV6,
    OFFICE,
    OWNER_TAG,
    Watched,
    group,
    ids,
    of_edge,
    ports_from,
    rule_of,
    rules,
    source_of,
    sources,
    tags_of,
)
from tests.cli.product import COMMAND, Ended, Json, Product, ended

from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws

NEW = "203.0.112.0/22"


def applied(product: Product, group_id: str, *options: str) -> Ended:
    """Apply without asking, as JSON."""
    return product.run("apply", "--security-group", group_id, "--yes", "-o", "json", *options)


def typed(data: Json, **types: type | tuple[type, ...]) -> None:
    """Insist on keys with values of these types."""
    for key, wanted in types.items():
        assert key in data, key
        assert isinstance(data[key], wanted), f"{key}: {data[key]!r}"


def test_every_key_of_the_json_and_its_type(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """Programs that read the result would break; the talk belongs on stderr alone."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    done = applied(product, made)
    assert done.code == 0, done.said
    assert "..." in done.err
    result = done.json
    typed(result, run=str, done=list, undone=list, proofs=list, holes=list, outcome=str, locked=(bool, type(None)))
    assert (result["outcome"], result["locked"], result["undone"], result["holes"]) == ("done", None, [], [])
    assert [change["effect"] for change in result["done"]] == ["widen", "narrow"]
    for change in result["done"]:
        typed(change, id=str, stage=int, effect=str, kind=str, target=str, reason=str, after=list, inverse=dict)
    assert [proof["when"] for proof in result["proofs"]] == ["before-narrow", "after-narrow"]
    for proof in result["proofs"]:
        typed(proof, target=str, what=str, verdict=str, evidence=str)
        assert proof["verdict"] == "kept"


def test_the_budget_of_calls(product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer) -> None:
    """Each call more draws on a bucket that the account's other tools share."""
    made = group(ec2)
    watched = Watched(aws)
    assert applied(product, made).code == 0
    assert watched.actions() == [
        "DescribeSecurityGroups",
        "AuthorizeSecurityGroupIngress",
        "DescribeSecurityGroupRules",
    ]
    watched = Watched(aws)
    assert applied(product, made).json["outcome"] == "nothing-to-do"
    assert watched.actions() == ["DescribeSecurityGroups", "DescribeSecurityGroupRules"]
    lists.publish((*IPV4[1:], NEW), IPV6)
    watched = Watched(aws)
    assert applied(product, made).code == 0
    assert watched.actions() == [
        "DescribeSecurityGroups",
        "DescribeSecurityGroupRules",
        "AuthorizeSecurityGroupIngress",
        "DescribeSecurityGroupRules",
        "RevokeSecurityGroupIngress",
        "DescribeSecurityGroupRules",
    ]
    assert sources(ec2, made) == {*IPV4[1:], NEW, *IPV6}


@pytest.mark.long
def test_nothing_wanted_is_ever_shut_out_on_the_way(
    product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """Visitors would be turned away while a run is under way."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    watched = Watched(aws)
    assert applied(product, made).code == 0
    held = [{rule.source for rule in call.ingress} for call in watched.calls() if call.ingress is not None]
    assert [{*IPV4[1:], *IPV6} - now for now in held] == [set(), set()]
    assert NEW in held[0]


def test_own_rules_carry_tag_and_description(product: Product, ec2: AwsClient) -> None:
    """A later run could not tell its own rules from those of a person."""
    made = group(ec2)
    assert applied(product, made).code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6}
    for rule in rules(ec2, made):
        assert tags_of(rule) == {OWNER_TAG: "cli"}
        assert rule["Description"] == "originlock cli: edge: cloudflare"


def test_a_hole_that_is_left_ends_with_3_and_says_not_locked(product: Product, ec2: AwsClient) -> None:
    """The world could walk in behind 22 careful rules, and the run would say that all is well."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    first = applied(product, made)
    assert first.code == 3
    assert (first.json["outcome"], first.json["locked"]) == ("done", False)
    assert [hole["lets_in"] for hole in first.json["holes"]] == [EVERYONE]
    again = product.run("apply", "--security-group", made, "--yes")
    assert again.code == 3
    assert "nothing-to-do" in again.out
    assert "NOT LOCKED" in again.out
    assert EVERYONE in again.out
    assert "--foreign remove" in again.out


def test_a_quota_that_would_not_do_is_refused_before_anything_changes(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """Half of the rules would be in when AWS refuses the rest."""
    made = group(ec2)
    ports = [word for port in range(8443, 8448) for word in ("--port", str(port))]
    watched = Watched(aws)
    refused = applied(product, made, *ports)
    assert refused.code == 4
    (objection,) = refused.json["objections"]
    assert objection["guard"] == "rules-quota"
    assert "15 IPv4 rules too many" in objection["message"]
    assert "4 of 5 ports would fit" in objection["message"]
    assert watched.changes() == []
    aws.settings(quota_rules=75)
    assert applied(product, made, *ports).code == 0


def test_a_lower_quota_than_the_default_is_met_when_aws_refuses(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """A refusal of AWS would be tried for ever, or taken for success."""
    made = group(ec2)
    aws.settings(quota_rules=10)
    stopped = applied(product, made)
    assert stopped.code == 5
    assert stopped.json["outcome"] == "stopped"
    (lane,) = stopped.json["stopped"]
    assert "RulesPerSecurityGroupLimitExceeded" in lane["message"]
    assert "L-0EA8095F" in lane["remedy"]
    assert rules(ec2, made) == []


def test_a_change_that_is_denied_ends_with_5_and_says_what_to_do(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """A missing permission would look like success, or like a fault of originlock."""
    made = group(ec2)
    aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", times=100)
    stopped = product.run("apply", "--security-group", made, "--yes")
    assert stopped.code == 5
    assert "UnauthorizedOperation" in stopped.out
    assert "IAM policy" in stopped.out
    assert "Traceback" not in stopped.said


def test_a_hostname_that_is_not_behind_the_edge_keeps_the_public_rule(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """The site would go dark for every visitor who still comes directly."""
    made = group(ec2, of_edge(443, ipv4=[EVERYONE], ipv6=[EVERYONE_IPV6]))
    product.write(
        "originlock.toml",
        f'[origins.blog]\nsecurity_groups = ["{made}"]\nhostnames = ["localhost"]\n'
        '[origins.blog.network]\nforeign = "remove"\n',
    )
    watched = Watched(aws)
    refused = product.run("apply", "--yes", "-o", "json")
    assert refused.code == 4
    (objection,) = refused.json["objections"]
    assert objection["guard"] == "hostname-not-behind-edge"
    assert "--no-prove" in objection["remedy"]
    assert watched.changes() == []
    assert sources(ec2, made) == {EVERYONE, EVERYONE_IPV6}

    done = product.run("apply", "--yes", "-o", "json", "--no-prove")
    assert done.code == 0, done.said
    assert sources(ec2, made) == {*IPV4, *IPV6}
    begun = [line for line in product.journal() if line["event"] == "run-begun"][-1]
    assert begun["plan"]["overrides"]["no_prove"] is True


def test_a_hostname_matters_only_where_a_public_rule_goes(product: Product, ec2: AwsClient) -> None:
    """The first run, which only adds, could not be done before the name is moved behind the edge."""
    made = group(ec2, of_edge(443, ipv4=[EVERYONE], ipv6=[]))
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{made}"]\nhostnames = ["localhost"]\n')
    assert product.run("apply", "--yes").code == 3
    assert sources(ec2, made) == {*IPV4, *IPV6, EVERYONE}


def test_interrupted_while_reading(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """Ctrl-C would end in a page of Python, or not at all."""
    made = group(ec2)
    aws.add_fault("hang-before", action="DescribeSecurityGroups")
    process = product.started("apply", "--security-group", made, "--yes")
    aws.wait_until_hanging()
    process.send_signal(signal.SIGINT)
    stopped = ended(process)
    aws.release()
    assert stopped.code == 130
    lines = stopped.err.strip().splitlines()
    assert len(lines) == 3, stopped.err
    assert lines[0] == "originlock: interrupted"
    assert rules(ec2, made) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_changing_it_stops_between_two_steps(
    number: signal.Signals, product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """A run would be torn in the middle of a step, and nobody would know how far it came."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    aws.add_fault("hang-after", action="AuthorizeSecurityGroupIngress")
    process = product.started("apply", "--security-group", made, "--yes", "-o", "json")
    aws.wait_until_hanging()
    process.send_signal(number)
    aws.release()
    stopped = ended(process)
    assert stopped.code == 130, stopped.said
    assert stopped.json["outcome"] == "interrupted"
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6}
    assert product.journal()[-1]["outcome"] == "interrupted"
    assert applied(product, made).code == 0
    assert sources(ec2, made) == {*IPV4[1:], NEW, *IPV6}


def test_killed_in_the_middle_the_next_run_goes_on(
    product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """A power cut would leave a group half done for ever, or a lease that nobody can take."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    aws.add_fault("hang-after", action="AuthorizeSecurityGroupIngress")
    process = product.started("apply", "--security-group", made, "--yes")
    aws.wait_until_hanging()
    process.kill()
    ended(process)
    aws.release()
    died = product.run("history", "-o", "json").json["runs"][0]
    assert died["outcome"] is None
    again = applied(product, made)
    assert again.code == 0, again.said
    assert again.json["recovered"] == [died["run"]]
    assert sources(ec2, made) == {*IPV4[1:], NEW, *IPV6}
    assert product.run("history", "-o", "json").json["runs"][1]["outcome"] == "died"


@pytest.mark.parametrize("denied, code, outcome", [(False, 5, "undone"), (True, 6, "undo-failed")])
def test_a_wanted_source_that_is_lost_while_narrowing_undoes_it(
    denied: bool,  # noqa: FBT001  whether the undo may be done
    code: int,
    outcome: str,
    product: Product,
    ec2: AwsClient,
    aws: LocalAws,
    lists: ListServer,
) -> None:
    """A run would call it done while visitors are turned away, or hide that a person is needed now."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish(IPV4[1:], IPV6)
    aws.add_fault("hang-after", action="RevokeSecurityGroupIngress")
    process = product.with_variables(ORIGINLOCK_LIMITS_SETTLE_SECONDS="0.5").started(
        "apply", "--security-group", made, "--yes", "-o", "json"
    )
    aws.wait_until_hanging()
    lost = rule_of(ec2, made, IPV4[1])["SecurityGroupRuleId"]
    ec2.revoke_security_group_ingress(GroupId=made, SecurityGroupRuleIds=[lost])
    if denied:
        aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", times=100)
    aws.release()
    stopped = ended(process)
    assert (stopped.code, stopped.json["outcome"]) == (code, outcome), stopped.said
    (lane,) = stopped.json["stopped"]
    assert lane["message"]
    assert lane["remedy"]
    assert [change["effect"] for change in stopped.json["undone"]] == ([] if denied else ["narrow"])
    assert (IPV4[0] in sources(ec2, made)) is not denied
    assert product.journal()[-1]["exit_code"] == code
    aws.clear_faults()
    assert applied(product, made).code == 0
    assert sources(ec2, made) == {*IPV4[1:], *IPV6}


@pytest.mark.parametrize("action", ["AuthorizeSecurityGroupIngress", "DescribeSecurityGroupRules"])
def test_an_aws_that_goes_away_in_the_middle_ends_with_5(action: str, product: Product) -> None:
    """What was changed before the line was cut would be told by nobody, and the journal would not say how it ended."""
    with LocalAws() as own:
        made = group(own.client("ec2"))
        own.add_fault("hang-after" if action.startswith("Authorize") else "hang-before", action=action)
        patient = product.with_variables(
            **own.environment, AWS_MAX_ATTEMPTS="1", ORIGINLOCK_LIMITS_SETTLE_SECONDS="0.5"
        )
        process = patient.started("apply", "--security-group", made, "--yes", "-o", "json")
        own.wait_until_hanging()
    stopped = ended(process)
    last = product.journal()[-1]
    assert last["event"] == "run-ended", stopped.said
    assert stopped.code in (5, 7), stopped.said
    assert stopped.json["outcome"] in ("stopped", "unknown")
    assert last["outcome"] == stopped.json["outcome"]


def test_two_at_once_the_second_is_told_for_whom_it_waited(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """Two runs would work on each other's half-done groups."""
    made = group(ec2)
    aws.add_fault("hang-before", action="AuthorizeSecurityGroupIngress")
    first = product.started("apply", "--security-group", made, "--yes")
    aws.wait_until_hanging()
    second = applied(product, made, "--wait", "0.3")
    assert second.code == 4
    assert f"(pid {first.pid})" in second.err
    assert str(product.state) in second.err
    assert second.json["error"]["exit_code"] == 4
    waiting = product.started("apply", "--security-group", made, "--yes", "--wait", "50", "-o", "json")
    aws.release()
    first.kill()
    ended(first)
    third = ended(waiting)
    assert third.code == 0, third.said
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_talk_that_nobody_hears_stops_nothing(product: Product, ec2: AwsClient) -> None:
    """`apply ... | head` would leave a group half done because the one who listened went away."""
    made = group(ec2)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, "apply", "--security-group", made, "--yes", "-o", "json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=writing,
            text=True,
            env=product.variables,
            cwd=product.directory,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert product.journal()[-1]["event"] == "run-ended"
    assert done.returncode == 0


def test_the_state_is_private(product: Product, ec2: AwsClient) -> None:
    """Others on the machine could read the journal, or write the baseline."""
    made = group(ec2)
    assert applied(product, made).code == 0
    assert stat.S_IMODE(product.state.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in product.state.iterdir()} == {
        "journal.jsonl": 0o600,
        "lease": 0o600,
        "accepted-cloudflare.json": 0o600,
    }


def test_a_state_directory_that_everybody_may_write_is_refused(product: Product, ec2: AwsClient) -> None:
    """Anybody on the machine could write an undo into the journal."""
    product.state.mkdir()
    product.state.chmod(0o777)
    made = group(ec2)
    refused = applied(product, made)
    assert refused.code == 1
    assert f"chmod o-w {product.state}" in refused.err
    assert rules(ec2, made) == []


@pytest.mark.long
def test_the_state_goes_where_xdg_says(product: Product, ec2: AwsClient) -> None:
    """Without a variable the journal would be written nobody knows where."""
    made = group(ec2)
    assert applied(product.with_variables(ORIGINLOCK_STATE_DIR=None), made).code == 0
    assert (product.directory / "xdg-state" / "originlock" / "journal.jsonl").is_file()
    bare = product.with_variables(ORIGINLOCK_STATE_DIR=None, XDG_STATE_HOME=None)
    assert applied(bare, made).code == 0
    assert (product.directory / ".local" / "state" / "originlock" / "journal.jsonl").is_file()


def test_a_state_directory_that_cannot_be_made_changes_nothing(product: Product, ec2: AwsClient) -> None:
    """A change would be made whose undo is written nowhere."""
    made = group(ec2)
    in_the_way = product.write("in-the-way", "")
    refused = applied(product.with_variables(ORIGINLOCK_STATE_DIR=str(in_the_way / "state")), made)
    assert refused.code == 1
    assert len(refused.err.splitlines()) == 3
    assert rules(ec2, made) == []


def test_throttling_is_sat_out(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """A busy account would fail every other run."""
    made = group(ec2)
    aws.add_fault("throttle", action="AuthorizeSecurityGroupIngress", times=2)
    assert applied(product, made).code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_a_lagging_read_is_waited_for(product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer) -> None:
    """AWS shows a change a moment later; a run would narrow before what is wanted is there, or give up."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish((*IPV4[1:], NEW), IPV6)
    time.sleep(0.5)  # until the first run is history also for a read that lags so much
    aws.settings(consistency_ms=500)
    done = applied(product, made)
    assert done.code == 0, done.said
    aws.settings(consistency_ms=0)
    assert sources(ec2, made) == {*IPV4[1:], NEW, *IPV6}


def test_a_journal_names_who_did_what(product: Product, ec2: AwsClient) -> None:
    """Nobody could find out afterwards who changed a group, nor how to undo it."""
    made = group(ec2, ports_from(443, 443, OFFICE))
    assert applied(product, made, "--foreign", "remove").code == 0
    events = product.journal()
    assert [event["event"] for event in events] == [
        "run-begun",
        "intended",
        "answered",
        "intended",
        "answered",
        "proved",
        "proved",
        "run-ended",
    ]
    assert "@" in events[0]["by"]
    narrowing = events[3]
    assert narrowing["inverse"]["kind"] == "authorize-ingress"
    assert [rule["key"]["source"]["cidr"] for rule in narrowing["inverse"]["rules"]] == [OFFICE]
    assert source_of(rule_of(ec2, made, IPV4[0])) == IPV4[0]
    assert len(ids(ec2, made)) == 22
    assert Path(product.state / "lease").read_text() == ""
