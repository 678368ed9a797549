"""The printed policies for load balancers, own groups and prefix lists, enforced as those for groups are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.cli.groups import EVERYONE, group, of_edge
from tests.cli.product import Ended, Product
from tests.cli.restricted import Bench, allowed_by, asked_for

from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Network, ServedLoadBalancer, Wish, network, served_load_balancer

NEW = "198.51.100.0/24"
EXISTING = ("--load-balancer", "shop", "--foreign", "remove")
OWN = (*EXISTING, "--create-group", "--via", "prefix-list")


@pytest.fixture
def bench(aws: LocalAws, ec2: AwsClient, product: Product, lists: ListServer) -> Bench:
    """Everything anew."""
    return Bench(aws, ec2, product, lists)


def shop(bench: Bench, within: Network, *group_ids: str) -> ServedLoadBalancer:
    """A load balancer with these groups."""
    return served_load_balancer(bench.ec2, bench.aws.client("elbv2"), Wish(group_ids=group_ids), within=within)


def beside(bench: Bench, within: Network, *permissions: Any, name: str = "front") -> str:  # noqa: ANN401  as boto3 has it
    """A group in the load balancer's VPC."""
    return group(bench.ec2, *permissions, name=name, vpc_id=within.vpc_id)


def plans(bench: Bench, options: Sequence[str]) -> Ended:
    """All there is to look at: more groups than an interface may have by default, and what is in them."""
    within = network(bench.ec2)
    bench.aws.settings(quota_groups=16)
    spare = [beside(bench, within, name=f"spare-{number}") for number in range(5)]
    shop(
        bench, within, bench.full_group(within.vpc_id), beside(bench, within, tcp(443, ipv4=[(EVERYONE, None)])), *spare
    )
    return bench.runs("plan", options, "plan", *options)


def fills_what_is_full(bench: Bench, options: Sequence[str]) -> Ended:
    """Its group is filled, although it is tight and has a hole."""
    within = network(bench.ec2)
    full = bench.full_group(within.vpc_id)
    bench.ec2.authorize_security_group_ingress(GroupId=full, IpPermissions=[tcp(443, ipv4=[(EVERYONE, None)])])
    shop(bench, within, full)
    return bench.runs("apply", options, "apply", *options, "--yes")


def makes_a_group(bench: Bench, options: Sequence[str]) -> Ended:
    """A group of our own beside so many that the quota must be asked for."""
    within = network(bench.ec2)
    front = beside(bench, within, tcp(443, ipv4=[(EVERYONE, None)]))
    bench.aws.settings(quota_groups=16)
    shop(bench, within, front, *[beside(bench, within, name=f"spare-{number}") for number in range(4)])
    return bench.runs("apply", options, "apply", *options, "--yes")


def keeps_lists_current(bench: Bench, options: Sequence[str]) -> Ended:
    """The published list changes; our group holds somebody else's rule, and lets nobody out any more."""
    within = network(bench.ec2)
    made = shop(bench, within, beside(bench, within))
    bench.as_root("apply", *options, "--yes")
    own = {*bench.aws.client("elbv2").describe_load_balancers(Names=["shop"])["LoadBalancers"][0]["SecurityGroups"]}
    (held,) = own - {*made.group_ids}
    bench.ec2.authorize_security_group_ingress(GroupId=held, IpPermissions=[tcp(443, ipv4=[(EVERYONE, None)])])
    (ours,) = bench.ec2.describe_security_groups(GroupIds=[held])["SecurityGroups"]
    bench.ec2.revoke_security_group_egress(GroupId=held, IpPermissions=ours["IpPermissionsEgress"])
    bench.lists.publish((*IPV4[1:], NEW), IPV6)
    return bench.runs("apply", options, "apply", *options, "--yes")


def goes_back_in_lists(bench: Bench, options: Sequence[str]) -> Ended:
    """Entries that came go from the lists."""
    within = network(bench.ec2)
    shop(bench, within, beside(bench, within))
    bench.as_root("apply", *options, "--yes")
    bench.lists.publish((*IPV4, NEW), IPV6)
    bench.as_root("apply", *options, "--yes")
    bench.lists.publish()
    return bench.runs("rollback", options, "rollback", "--yes")


def keeps_lists_for_others(bench: Bench) -> Ended:
    """Lists that groups of others name: an entry is missing in one of them."""
    names = []
    for family, cidrs in (("IPv4", IPV4[1:]), ("IPv6", IPV6)):
        entries = [{"Cidr": cidr} for cidr in cidrs]
        made = bench.ec2.create_managed_prefix_list(
            PrefixListName=family, MaxEntries=40, AddressFamily=family, Entries=entries
        )
        names.append(made["PrefixList"]["PrefixListId"])
    listed = json.dumps(names)
    bench.product.write("originlock.toml", f'[origins.all.network]\nvia = "prefix-list"\nprefix_list = {listed}\n')
    return bench.runs("apply", (), "apply", "--yes")


Scenario = Callable[[Bench, Sequence[str]], Ended]

CASES: tuple[tuple[str, tuple[str, ...], tuple[Scenario, ...], set[str]], ...] = (
    ("plan", EXISTING, (plans,), set()),
    ("plan", OWN, (plans,), set()),
    ("apply", EXISTING, (fills_what_is_full,), set()),
    ("apply", OWN, (makes_a_group, keeps_lists_current), set()),
    # Rules and marks go back as with bare groups, whose tests try that; groups below.
    (
        "rollback",
        OWN,
        (goes_back_in_lists,),
        {
            "elasticloadbalancing:SetSecurityGroups",
            "ec2:DeleteSecurityGroup",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "servicequotas:GetServiceQuota",
        },
    ),
)
"""A command, its options, what it is made to do, and actions that are tried elsewhere."""


@pytest.mark.parametrize("command, options, scenarios, elsewhere", CASES, ids=[f"{c[0]}-{len(c[1])}" for c in CASES])
def test_what_is_called_is_allowed_and_what_is_allowed_is_called(
    bench: Bench, command: str, options: tuple[str, ...], scenarios: tuple[Scenario, ...], elsewhere: set[str]
) -> None:
    """A policy that lacks an action stops a run half-way; one with an action too many is no least privilege."""
    for scenario in scenarios:
        bench.anew()
        ended = scenario(bench, options)
        assert ended.code in (0, 3), f"{scenario.__name__}: {ended.said}"
    bench.aws.settings(iam=False)
    asked = asked_for(bench.calls)
    allowed = allowed_by(bench.printed(command, *options))
    assert asked <= allowed
    assert allowed - asked <= elsewhere


def test_lists_that_others_name(bench: Bench) -> None:
    """Who keeps lists alone is allowed what it does, and no group."""
    ended = keeps_lists_for_others(bench)
    assert ended.code == 0, ended.said
    bench.aws.settings(iam=False)
    assert asked_for(bench.calls) == allowed_by(bench.printed("apply"))


def test_our_group_may_be_taken_off_and_deleted(bench: Bench) -> None:
    """Where the others let in all that is wanted, a rollback takes our group away again."""
    within = network(bench.ec2)
    shop(bench, within, beside(bench, within, of_edge()))
    bench.as_root("apply", *OWN, "--yes")
    ended = bench.runs("rollback", OWN, "rollback", "--reopen", "--yes")
    assert ended.code in (0, 3), ended.said
    assert {"elasticloadbalancing:SetSecurityGroups", "ec2:DeleteSecurityGroup"} <= asked_for(bench.calls)


@pytest.mark.parametrize("options", [EXISTING, OWN], ids=["existing", "own"])
def test_named_groups_and_ours_alone(bench: Bench, options: tuple[str, ...]) -> None:
    """With the load balancer's groups named, all is done, and no other group of the VPC can be opened."""
    within = network(bench.ec2)
    front, other = beside(bench, within, tcp(443, ipv4=[(EVERYONE, None)])), beside(bench, within, name="other")
    shop(bench, within, front)
    named = (*options, "--attached", front)
    assert bench.runs("apply", named, "apply", *options, "--yes").code in (0, 3)
    assert "ec2:AuthorizeSecurityGroupIngress" in asked_for(bench.calls)
    restricted = bench.client("apply", *named, name="again")
    opening = [tcp(443, ipv4=[(NEW, None)])]
    restricted.authorize_security_group_ingress(GroupId=front, IpPermissions=opening)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        restricted.authorize_security_group_ingress(GroupId=other, IpPermissions=opening)
