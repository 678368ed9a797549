"""The printed policies, enforced: each command does all its work under its own, and nothing beyond it.

The commands run against the local AWS as a user who may do just what `iam-policy` prints for them. The calls that they
make are compared with the table both ways: what is called is allowed, and what is allowed is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.cli.groups import EVERYONE, OFFICE, OWNER_TAG, group, of_edge, rule_of, rules, tags_of
from tests.cli.product import Ended, Product
from tests.cli.restricted import Bench, allowed_by, asked_for

from originlock.aws.permissions import PURPOSES
from originlock.lab.faults import is_reading
from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Wish, network, served_load_balancer

NEW = "198.51.100.0/24"


@pytest.fixture
def bench(aws: LocalAws, ec2: AwsClient, product: Product, lists: ListServer) -> Bench:
    """Everything anew."""
    return Bench(aws, ec2, product, lists)


# --- all that a command does is allowed, and all that is allowed is done ------------------------------------------

BLOG = '[origins.blog]\nsecurity_groups = ["{group}"]\n'


def plans(bench: Bench) -> Ended:
    """A plan that has to look at everything."""
    options = ("--security-group", bench.full_group())
    return bench.runs("plan", options, "plan", *options)


def verifies(bench: Bench) -> Ended:
    """A verification of what a plan would change; without hostnames nothing is connected to."""
    options = ("--security-group", bench.full_group())
    return bench.runs("verify", options, "verify", *options)


def expires(bench: Bench) -> Ended:
    """What ends is asked of everything that a plan looks at."""
    made = bench.full_group()
    bench.product.write("originlock.toml", BLOG.format(group=made))
    return bench.runs("expiry", (), "expiry")


def fills(bench: Bench) -> Ended:
    """An empty group is filled."""
    options = ("--security-group", group(bench.ec2))
    return bench.runs("apply", options, "apply", *options, "--yes")


def follows_the_list(bench: Bench) -> Ended:
    """One range comes and one goes."""
    options = ("--security-group", group(bench.ec2))
    bench.as_root("apply", *options, "--yes")
    bench.lists.publish((*IPV4[1:], NEW), IPV6)
    return bench.runs("apply", options, "apply", *options, "--yes")


def closes_holes(bench: Bench) -> Ended:
    """Foreign rules go."""
    made = group(bench.ec2, tcp(443, ipv4=[(EVERYONE, None), (OFFICE, "office")]))
    options = ("--security-group", made, "--foreign", "remove")
    return bench.runs("apply", options, "apply", *options, "--yes")


def is_tight(bench: Bench) -> Ended:
    """The quota and a prefix list are asked for."""
    options = ("--security-group", bench.full_group())
    return bench.runs("apply", options, "apply", *options, "--yes")


def finds_by_tags(bench: Bench) -> Ended:
    """The groups are known by their tags alone."""
    group(bench.ec2, tags={"origin": "blog", "Name": "one"})
    options = ("--tag", "origin=blog")
    return bench.runs("apply", options, "apply", *options, "--yes")


def adopts(bench: Bench) -> Ended:
    """What a script made becomes the origin's, in a group that is full and names a prefix list."""
    made = bench.full_group()
    bench.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[of_edge(ipv4=IPV4[:5])])
    options = ("--security-group", made)
    return bench.runs("adopt", options, "adopt", *options, "--yes")


def adopts_from_the_options(bench: Bench) -> Ended:
    """What the options alone have made becomes the origin's."""
    made = group(bench.ec2)
    bench.as_root("apply", "--security-group", made, "--yes")
    bench.product.write("originlock.toml", BLOG.format(group=made))
    return bench.runs("adopt", (), "adopt", "--yes")


def takes_over(bench: Bench) -> Ended:
    """Rules of somebody else, and of the options alone, become the origin's, and one range is missing."""
    made = group(bench.ec2, of_edge(ipv4=IPV4[1:5]))
    bench.lists.publish(IPV4[:-1], IPV6)
    bench.as_root("apply", "--security-group", made, "--yes")
    bench.lists.publish()
    bench.product.write("originlock.toml", BLOG.format(group=made))
    return bench.runs("apply", ("--adopt",), "apply", "--adopt", "--yes")


def follows_and_takes_over(bench: Bench) -> Ended:
    """Taking over, adding and removing in one run, where the room is tight."""
    made = bench.full_group()
    bench.product.write("originlock.toml", BLOG.format(group=made))
    bench.as_root("apply", "--yes")
    bench.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=[(NEW, None)])])
    bench.lists.publish((*IPV4[1:], NEW, "198.51.101.0/24"), IPV6)
    return bench.runs("apply", ("--adopt",), "apply", "--adopt", "--foreign", "remove", "--yes")


def goes_back(bench: Bench) -> Ended:
    """What came goes, what went comes back with the tags that it had."""
    made = bench.full_group()
    permission = tcp(443, ipv4=[(OFFICE, "office")])
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "office"}]}]
    bench.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[permission], TagSpecifications=tags)
    options = ("--security-group", made, "--foreign", "remove")
    bench.lists.publish((*IPV4, NEW), IPV6)
    bench.as_root("apply", *options, "--yes")
    bench.lists.publish()
    return bench.runs("rollback", options, "rollback", "--reopen", "--yes")


def gives_back(bench: Bench) -> Ended:
    """What was taken over is nobody's again."""
    options = ("--security-group", group(bench.ec2, of_edge()))
    bench.as_root("apply", *options, "--adopt", "--yes")
    return bench.runs("rollback", options, "rollback", "--yes")


def gives_back_to_the_options(bench: Bench) -> Ended:
    """What was taken over from the options alone is theirs again."""
    made = group(bench.ec2)
    bench.as_root("apply", "--security-group", made, "--yes")
    bench.product.write("originlock.toml", BLOG.format(group=made))
    bench.as_root("apply", "--adopt", "--yes")
    ended = bench.runs("rollback", (), "rollback", "--yes")
    assert {tags_of(rule)[OWNER_TAG] for rule in rules(bench.ec2, made)} == {"cli"}
    return ended


def takes_over_again(bench: Bench) -> Ended:
    """A rollback of an adoption is itself rolled back."""
    made = group(bench.ec2, of_edge())
    bench.product.write("originlock.toml", BLOG.format(group=made))
    bench.as_root("apply", "--adopt", "--yes")
    ended = bench.product.run("rollback", "--yes", "-o", "json")
    return bench.runs("rollback", (), "rollback", ended.json["run"], "--yes")


def asks_prices(bench: Bench) -> Ended:
    """AWS's price list is asked, for no origin."""
    return bench.runs("cost", (), "cost", "prices", "--refresh", "--region", "eu-west-1")


def observes_costs(bench: Bench) -> Ended:
    """CloudWatch is asked for a load balancer, and load balancing for its listeners."""
    made = served_load_balancer(bench.ec2, bench.aws.client("elbv2"), Wish(), within=network(bench.ec2))
    return bench.runs("cost", (), "cost", "observe", "--load-balancer", made.arn, "--last", "1d")


TOPIC = '[notify.ops]\nkind = "sns"\ntopic_arn = "{arn}"\n'


def runs_by_itself(bench: Bench) -> Ended:
    """The quota and a prefix list are asked for, rules come and go, and people are told by a topic."""
    arn = bench.aws.client("sns").create_topic(Name="ops")["TopicArn"]
    made = bench.full_group()
    bench.product.write("originlock.toml", BLOG.format(group=made) + TOPIC.format(arn=arn))
    bench.as_root("apply", "--yes")
    bench.lists.publish((*IPV4[1:], NEW), IPV6)
    return bench.runs("run", (), "run")


SCENARIOS: dict[tuple[str, ...], tuple[Callable[[Bench], Ended], ...]] = {
    ("plan",): (plans,),
    ("verify",): (verifies,),
    ("expiry",): (expires,),
    ("apply",): (fills, follows_the_list, closes_holes, is_tight, finds_by_tags),
    ("apply", "--adopt"): (takes_over, follows_and_takes_over),
    ("adopt",): (adopts, adopts_from_the_options),
    ("cost",): (asks_prices, observes_costs),
    ("run",): (runs_by_itself,),
    ("rollback",): (goes_back, gives_back, gives_back_to_the_options, takes_over_again),
}


def test_every_command_is_tried() -> None:
    """A command without a scenario could be allowed anything; what renews is nothing of a group's, nor what tells."""
    assert {command for command, *_ in SCENARIOS} == set(PURPOSES) - {"renew", "notify"}


@pytest.mark.parametrize("command", SCENARIOS, ids=" ".join)
def test_what_is_called_is_allowed_and_what_is_allowed_is_called(bench: Bench, command: tuple[str, ...]) -> None:
    """A policy that lacks an action stops a run half-way; one with an action too many is no least privilege."""
    for scenario in SCENARIOS[command]:
        bench.anew()
        ended = scenario(bench)
        # Without hostnames a run cannot tell whether all is proved; that no call was denied is looked at below.
        unproved = 7 if command == ("run",) else 0
        assert ended.code in (0, 3, unproved), f"{scenario.__name__}: {ended.said}"
    bench.aws.settings(iam=False)
    policy = bench.printed(*command, "--security-group", group(bench.ec2, name="any"))
    assert asked_for(bench.calls) == allowed_by(policy)


def test_an_account_that_is_entered_by_a_role(bench: Bench) -> None:
    """One policy to assume the role, one for the role: together they do all, and nothing outside of the role."""
    member = "222222222222"
    role = f"arn:aws:iam::{member}:role/lock"
    there = bench.aws.client("ec2", account=member)
    made, other = group(there, name="named"), group(there, name="other")
    options = ("--security-group", made, "--assume-role", role)
    iam = bench.aws.client("iam", account=member)
    iam.create_role(RoleName="lock", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    inside = json.dumps(bench.printed("apply", *options, "--inside", role))
    iam.put_role_policy(RoleName="lock", PolicyName="lock", PolicyDocument=inside)
    assert bench.runs("apply", options, "apply", *options, "--yes").code == 0
    assert "sts:AssumeRole" in asked_for(bench.calls)
    elsewhere = ("--security-group", other, "--assume-role", role)
    denied = bench.product.with_variables(**bench.keys("apply", *elsewhere, name="again"))
    assert denied.run("apply", *elsewhere, "--yes").code not in (0, 3)
    bench.aws.settings(iam=False)
    assert (len(rules(there, made)), rules(there, other)) == (22, [])


# --- what a policy does not allow ---------------------------------------------------------------------------------

DENIED = "UnauthorizedOperation"


def refused(call: Any, **parameters: Any) -> str:  # noqa: ANN401  a method of boto3's
    """The code with which a call is refused; empty if it is not."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_another_group_is_not_changed(bench: Bench) -> None:
    """The policy is for the group that it was printed for."""
    named, other = group(bench.ec2, name="named"), group(bench.ec2, name="other")
    ended = bench.runs("apply", ("--security-group", named), "apply", "--security-group", other, "--yes")
    assert ended.code not in (0, 3)
    assert "not authorized to perform: ec2:AuthorizeSecurityGroupIngress" in ended.said
    assert "allow the call in the IAM policy" in ended.said
    assert rules(bench.ec2, other) == []


def test_plan_may_not_write(bench: Bench) -> None:
    """Whoever has the policy of `plan` can look, and change nothing."""
    made = group(bench.ec2, tcp(443, ipv4=[(EVERYONE, None)]))
    options = ("--security-group", made, "--foreign", "remove")
    ended = bench.runs("plan", options, "apply", *options, "--yes")
    assert ended.code not in (0, 3)
    assert len(rules(bench.ec2, made)) == 1
    assert {call.error for call in bench.calls if not is_reading(call.action)} == {DENIED}


def test_apply_may_not_take_over(bench: Bench) -> None:
    """Marks on rules that are there are only for those who ask to adopt."""
    made = group(bench.ec2, of_edge())
    options = ("--security-group", made)
    assert bench.runs("apply", options, "apply", *options, "--adopt", "--yes").code not in (0, 3)
    assert all(tags_of(rule) == {} for rule in rules(bench.ec2, made))


def test_a_group_without_the_tags_is_out_of_reach(bench: Bench) -> None:
    """All of the tags must be there, with these values."""
    wanted = {"origin": "blog", "stage": "live"}
    restricted = bench.client("apply", "--tag", "origin=blog", "--tag", "stage=live")
    rule = [tcp(443, ipv4=[(NEW, None)])]
    for number, tags in enumerate(({"origin": "blog"}, {**wanted, "stage": "test"}, {}, wanted)):
        made = group(bench.ec2, name=f"group-{number}", tags=tags)
        adding = refused(restricted.authorize_security_group_ingress, GroupId=made, IpPermissions=rule)
        assert adding == ("" if tags == wanted else DENIED)


def test_a_role_cannot_tag_a_group_into_its_reach(bench: Bench) -> None:
    """A policy by tags would be worth nothing if its holder could set them."""
    made = group(bench.ec2)
    tags = [{"Key": "origin", "Value": "blog"}]
    for command in ("apply", "adopt", "rollback"):
        restricted = bench.client(command, "--tag", "origin=blog")
        assert refused(restricted.create_tags, Resources=[made], Tags=tags) == DENIED
        bench.aws.reset()
        made = group(bench.ec2)


@pytest.mark.parametrize(
    "command, allowed",
    [
        ("plan", {"describe_security_groups"}),
        ("apply", {"describe_security_groups", "authorize_security_group_ingress", "revoke_security_group_ingress"}),
    ],
)
def test_nothing_else_is_allowed(bench: Bench, command: str, allowed: set[str]) -> None:
    """What the command does not do, whoever has its policy cannot do either, on its own group."""
    made = group(bench.ec2, tcp(443, ipv4=[(OFFICE, None)]))
    rule = str(rule_of(bench.ec2, made, OFFICE)["SecurityGroupRuleId"])
    restricted = bench.client(command, "--security-group", made)
    new = [tcp(443, ipv4=[(NEW, None)])]
    calls: dict[str, dict[str, Any]] = {
        "describe_security_groups": {},
        "describe_vpcs": {},
        "describe_instances": {},
        "authorize_security_group_ingress": {"GroupId": made, "IpPermissions": new},
        "authorize_security_group_egress": {"GroupId": made, "IpPermissions": new},
        "create_tags": {"Resources": [rule], "Tags": [{"Key": OWNER_TAG, "Value": "cli"}]},
        "delete_tags": {"Resources": [rule], "Tags": [{"Key": OWNER_TAG}]},
        "revoke_security_group_ingress": {"GroupId": made, "SecurityGroupRuleIds": [rule]},
        "delete_security_group": {"GroupId": made},
    }
    found = {name for name, given in calls.items() if refused(getattr(restricted, name), **given) != DENIED}
    assert found == allowed


@pytest.mark.parametrize("command", ["adopt", "rollback"])
def test_only_the_mark_and_only_nobodys_rules(bench: Bench, command: str) -> None:
    """No other tag, no other name, and no rule of another origin: that one would lose its rules."""
    made = group(bench.ec2, of_edge(ipv4=IPV4[:2], ipv6=()))
    free, theirs = (str(rule_of(bench.ec2, made, cidr)["SecurityGroupRuleId"]) for cidr in IPV4[:2])
    bench.ec2.create_tags(Resources=[theirs], Tags=[{"Key": OWNER_TAG, "Value": "shop"}, {"Key": "Name", "Value": "x"}])
    restricted = bench.client(command, "--security-group", made)
    mine = {"Key": OWNER_TAG, "Value": "cli"}
    tries = {
        "mine": ("create_tags", free, [mine]),
        "another's rule": ("create_tags", theirs, [mine]),
        "another's name": ("create_tags", free, [{"Key": OWNER_TAG, "Value": "shop"}]),
        "another key": ("create_tags", free, [{"Key": "Name", "Value": "x"}]),
        "one key more": ("create_tags", free, [mine, {"Key": "Name", "Value": "x"}]),
        "the mark off": ("delete_tags", free, [{"Key": OWNER_TAG}]),
        "another's off": ("delete_tags", theirs, [{"Key": OWNER_TAG}]),
        "another key off": ("delete_tags", free, [{"Key": "Name"}]),
        "all off": ("delete_tags", free, []),
    }
    found = {
        what
        for what, (call, rule, tags) in tries.items()
        if refused(getattr(restricted, call), Resources=[rule], Tags=tags) != DENIED
    }
    assert found == ({"mine", "the mark off"} if command == "rollback" else {"mine"})
