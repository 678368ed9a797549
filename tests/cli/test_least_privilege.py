"""The printed policies, enforced: each command does all its work under its own, and nothing beyond it.

The commands run against the local AWS as a user who may do just what `iam-policy` prints for them. The calls that they
make are compared with the table both ways: what is called is allowed, and what is allowed is called.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.cli.groups import EVERYONE, OFFICE, OWNER_TAG, Watched, group, listed, of_edge, rule_of, rules, tags_of
from tests.cli.product import Ended, Product

from originlock.aws.permissions import OPERATIONS, PURPOSES
from originlock.lab.calls import Call
from originlock.lab.faults import is_reading
from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp

ACCOUNT = "123456789012"
NEW = "198.51.100.0/24"


@dataclasses.dataclass
class Bench:
    """A new AWS with its root's client, and the product in a place of its own."""

    aws: LocalAws
    ec2: AwsClient
    product: Product
    lists: ListServer
    calls: list[Call] = dataclasses.field(default_factory=list)

    def printed(self, command: str, *options: str) -> dict[str, Any]:
        """The policy that is printed for a command."""
        ended = self.product.run("iam-policy", command, "--account", ACCOUNT, "-o", "json", *options)
        assert ended.code == 0, ended.said
        policy: dict[str, Any] = ended.json
        return policy

    def keys(self, command: str, *options: str) -> dict[str, str]:
        """The keys of a user who may do what is printed for a command."""
        environment = self.aws.restricted_to(self.printed(command, *options))
        return {name: environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    def runs(self, command: str, options: Sequence[str], *arguments: str) -> Ended:
        """Run the product as that user, and note its calls."""
        product = self.product.with_variables(**self.keys(command, *options))
        watched = Watched(self.aws)
        ended = product.run(*arguments)
        self.calls += watched.calls()
        return ended

    def client(self, command: str, *options: str) -> AwsClient:
        """EC2 as that user."""
        keys = self.keys(command, *options)
        session: Any = boto3.session.Session(
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            region_name=self.aws.region,
        )
        return session.client("ec2", endpoint_url=self.aws.url)

    def as_root(self, *arguments: str) -> None:
        """Run the product as one who may do everything."""
        ended = self.product.run(*arguments)
        assert ended.code in (0, 3), ended.said

    def full_group(self) -> str:
        """A group so full that the quota must be asked for, with a prefix list on the locked port."""
        self.aws.settings(quota_rules=200)
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="edge", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": IPV4[0]}]
        )
        ssh = [(f"192.0.2.{number}/32", None) for number in range(50)]
        return group(self.ec2, tcp(22, ipv4=ssh), listed(made["PrefixList"]["PrefixListId"]))


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


def takes_over(bench: Bench) -> Ended:
    """Rules of somebody else, and of the options alone, become the origin's, and one range is missing."""
    made = group(bench.ec2, of_edge(ipv4=IPV4[1:5]))
    bench.lists.publish(IPV4[:-1], IPV6)
    bench.as_root("apply", "--security-group", made, "--yes")
    bench.lists.publish()
    bench.product.write("originlock.toml", BLOG.format(group=made))
    return bench.runs("adopt", (), "apply", "--adopt", "--yes")


def takes_over_as_an_option(bench: Bench) -> Ended:
    """`iam-policy apply --adopt` is the same as `iam-policy adopt`."""
    options = ("--security-group", group(bench.ec2, of_edge()), "--adopt")
    assert bench.printed("apply", *options) == bench.printed("adopt", *options[:2])
    return bench.runs("apply", options, "apply", *options, "--yes")


def follows_and_takes_over(bench: Bench) -> Ended:
    """Taking over, adding and removing in one run, where the room is tight."""
    made = bench.full_group()
    bench.product.write("originlock.toml", BLOG.format(group=made))
    bench.as_root("apply", "--yes")
    bench.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=[(NEW, None)])])
    bench.lists.publish((*IPV4[1:], NEW, "198.51.101.0/24"), IPV6)
    return bench.runs("adopt", (), "apply", "--adopt", "--foreign", "remove", "--yes")


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


SCENARIOS: dict[str, tuple[Callable[[Bench], Ended], ...]] = {
    "plan": (plans,),
    "apply": (fills, follows_the_list, closes_holes, is_tight, finds_by_tags),
    "adopt": (takes_over, takes_over_as_an_option, follows_and_takes_over),
    "rollback": (goes_back, gives_back, gives_back_to_the_options, takes_over_again),
}


def asked_for(calls: Iterable[Call]) -> set[str]:
    """The actions that IAM looked at for these calls, none of which was refused."""
    found: set[str] = set()
    for call in calls:
        assert call.error is None, f"{call.action}: {call.error}"
        needs = OPERATIONS[f"{call.service}:{call.action}"].needs
        tagged = any(name.startswith("TagSpecification.") for name in call.parameters)
        found |= {need.action for need in (needs if tagged else needs[:1])}
    return found


def allowed_by(policy: dict[str, Any]) -> set[str]:
    """The actions that a policy allows."""
    named = [statement["Action"] for statement in policy["Statement"]]
    return {action for each in named for action in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("command", PURPOSES)
def test_what_is_called_is_allowed_and_what_is_allowed_is_called(bench: Bench, command: str) -> None:
    """A policy that lacks an action stops a run half-way; one with an action too many is no least privilege."""
    for scenario in SCENARIOS[command]:
        bench.aws.reset()
        bench.lists.publish()
        shutil.rmtree(bench.product.state, ignore_errors=True)
        (bench.product.directory / "originlock.toml").unlink(missing_ok=True)
        ended = scenario(bench)
        assert ended.code in (0, 3), f"{scenario.__name__}: {ended.said}"
    bench.aws.settings(iam=False)
    policy = bench.printed(command, "--security-group", group(bench.ec2, name="any"))
    assert asked_for(bench.calls) == allowed_by(policy)


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
