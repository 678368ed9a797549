"""Load balancers as targets: what is changed in which of their groups, what is left, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cli.balancers import (
    EDGE,
    OPEN,
    breaches,
    by_address,
    groups_of,
    guards,
    kinds,
    own_group,
    own_groups,
    said,
    shop,
    states,
)
from tests.cli.groups import (
    EVERYONE,
    EVERYONE_IPV6,
    OWNER_TAG,
    Watched,
    group,
    ids,
    ports_from,
    rule_of,
    sources,
)
from tests.cli.product import Ended, Product, ended as end_of

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import referred_to_by_a_peer, tcp

NAMED = ("--load-balancer", "shop")
CREATE = (*NAMED, "--create-group")
REMOVE = (*CREATE, "--foreign", "remove")
MEMBER = "111122223333"


def planned(product: Product, *options: str) -> Ended:
    """Plan, as JSON."""
    return product.run("plan", *options, "-o", "json")


def applied(product: Product, *options: str) -> Ended:
    """Apply without asking, as JSON."""
    return product.run("apply", *options, "--yes", "-o", "json")


# --- groups that are there ------------------------------------------------------------------------


def test_existing_groups_are_one_entrance(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Each group would be filled, and a rule in the second would stay open behind the locked first."""
    made = shop(ec2, elbv2, groups=2)
    watched = Watched(aws)
    ended = applied(product, *NAMED, "--foreign", "remove")
    assert ended.code == 0, ended.said
    home, other = sorted(made.group_ids)
    assert sources(ec2, home) == EDGE
    assert sources(ec2, other) == set()
    assert groups_of(elbv2, made) == set(made.group_ids)
    assert "SetSecurityGroups" not in watched.actions()
    assert breaches(watched.calls(), made) == []
    watched = Watched(aws)
    again = applied(product, *NAMED, "--foreign", "remove")
    assert (again.code, watched.changes()) == (0, [])


def test_report_fills_and_tells_of_every_hole(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """What others opened stays, in whichever group, and is no locked origin."""
    made = shop(ec2, elbv2, groups=2)
    ended = applied(product, *NAMED)
    assert ended.code == 3
    assert {hole["target"] for hole in ended.json["holes"]} == set(made.group_ids)
    assert ended.json["locked"] is False
    home, other = sorted(made.group_ids)
    assert sources(ec2, home) == {*EDGE, EVERYONE, EVERYONE_IPV6}
    assert sources(ec2, other) == {EVERYONE, EVERYONE_IPV6}


def test_what_others_use_too_is_left_to_them(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A database that lives in the same group would lose its visitors with our holes."""
    made = shop(ec2, elbv2)
    (shared,) = made.group_ids
    ec2.create_network_interface(SubnetId=made.network.subnet_ids[0], Groups=[shared])
    ended = applied(product, *NAMED, "--foreign", "remove")
    assert ended.code == 3
    assert sources(ec2, shared) == {*EDGE, EVERYONE, EVERYONE_IPV6}
    assert f"{shared} has other users too" in said(ended)
    (hole, _) = sorted(ended.json["holes"], key=lambda each: each["lets_in"])
    assert hole["close_with"].startswith(f"others use {shared} too: have a group of our own created, or name the rule")
    rule = rule_of(ec2, shared, EVERYONE)["SecurityGroupRuleId"]
    applied(product, *NAMED, "--foreign", "remove", "--foreign-rule", rule)
    assert sources(ec2, shared) == {*EDGE, EVERYONE_IPV6}


def test_every_listener_is_a_door(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Port 80 beside 443 leads to the same targets; what nothing listens on is no hole."""
    made = shop(
        ec2,
        elbv2,
        OPEN,
        tcp(80, ipv4=[(EVERYONE, None)]),
        tcp(8443, ipv4=[(EVERYONE, None)]),
        ports_from(443, 443, EVERYONE, "udp"),
        listeners=(("HTTPS", 443), ("HTTP", 80)),
    )
    ended = applied(product, *NAMED, "--foreign", "remove")
    assert ended.code == 3
    (hole,) = ended.json["holes"]
    assert hole["what"].endswith(f"tcp/80 from {EVERYONE}")
    assert "tcp/80 is listened on, and not locked: lock it too (--port 80 --port 443" in hole["close_with"]
    assert "opens udp/443, on which nothing listens" in said(ended)
    both = applied(product, *NAMED, "--foreign", "remove", "--port", "443", "--port", "80")
    assert both.code == 0, both.said
    (home,) = made.group_ids
    assert sources(ec2, home, 80) == sources(ec2, home, 443) == EDGE
    assert sources(ec2, home, 8443) == sources(ec2, home, 443, "udp") - {EVERYONE_IPV6} == {EVERYONE}


def test_a_port_on_which_nothing_listens_is_said(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A person who locks a wrong port believes the right one locked."""
    shop(ec2, elbv2, listeners=(("HTTP", 80),))
    ended = planned(product, *NAMED)
    assert "shop does not listen on tcp/443" in said(ended)


def test_ipv4_only(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Half of the room in the group would go to ranges from which nobody can come."""
    made = shop(ec2, elbv2, dualstack=False)
    ended = applied(product, *NAMED, "--foreign", "remove")
    assert ended.code == 0, ended.said
    assert sources(ec2, made.group_ids[0]) == set(IPV4)
    assert "shop has no IPv6 addresses, so IPv6 ranges are not let in" in said(ended)
    product.write(
        "originlock.toml",
        '[origins.shop]\nload_balancer = "shop"\n[origins.shop.network]\nipv6 = true\nforeign = "remove"\n',
    )
    ended = applied(product)
    assert ended.code == 0, ended.said
    assert sources(ec2, made.group_ids[0]) == EDGE


# --- a group of our own ---------------------------------------------------------------------------


def test_a_group_of_our_own_takes_the_place(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Widen, prove, narrow, prove: filled before it is attached, attached before another leaves."""
    made = shop(ec2, elbv2, groups=2)
    by_address(ec2, made)
    before = {name: ids(ec2, name) for name in made.group_ids}
    watched = Watched(aws)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    ours = own_group(ec2)
    assert groups_of(elbv2, made) == {ours}
    assert sources(ec2, ours) == EDGE
    assert states(elbv2, made) == {"healthy"}
    assert breaches(watched.calls(), made) == []
    assert [name for name in watched.changes() if "Egress" not in name] == [
        "CreateSecurityGroup",
        "AuthorizeSecurityGroupIngress",
        "SetSecurityGroups",
        "SetSecurityGroups",
    ]
    # Somebody may want them back: nothing in them was touched.
    assert {name: ids(ec2, name) for name in made.group_ids} == before
    proofs = [(each["target"], each["when"], each["verdict"]) for each in ended.json["proofs"]]
    assert (made.arn, "before-narrow", "kept") in proofs
    assert (made.arn, "after-narrow", "kept") in proofs
    watched = Watched(aws)
    again = applied(product, *REMOVE)
    assert (again.code, watched.changes()) == (0, [])
    assert planned(product, *REMOVE).json["changes"] == []


def test_with_report_the_others_stay(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Nothing of anybody's is taken away unless the policy says so; it is a hole as long as it is there."""
    made = shop(ec2, elbv2)
    ended = applied(product, *CREATE)
    assert ended.code == 3
    assert groups_of(elbv2, made) == {*made.group_ids, own_group(ec2)}
    (hole, _) = ended.json["holes"]
    assert hole["close_with"].startswith("--foreign remove")
    assert made.group_ids[0] in hole["close_with"]
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said


def test_json_names_everything_by_its_id(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Scripts would have to guess what a change is about."""
    made = shop(ec2, elbv2, groups=2)
    ended = planned(product, *REMOVE)
    first, second = made.group_ids
    found = kinds(ended.json)
    new = f"{made.network.vpc_id}/originlock-cli-shop"
    assert [each for each in found if each[0] != "authorize-egress"] == [
        ("create-group", new),
        ("authorize-ingress", new),
        ("attach-groups", made.arn),
        ("detach-groups", made.arn),
        ("revoke-ingress", first),
    ]
    by_kind = {change["kind"]: change for change in ended.json["changes"]}
    assert by_kind["detach-groups"]["groups"] == [second]
    done = applied(product, *REMOVE).json["done"]
    assert {change["target"] for change in done} == {own_group(ec2), made.arn, first}


def test_by_arn(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Whoever copies it from the console has the ARN; it is the same load balancer, with the same group."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    assert applied(product, "--load-balancer", made.arn, "--create-group", "--foreign", "remove").code == 0
    assert planned(product, *REMOVE).json["changes"] == []


# --- who needs a group ----------------------------------------------------------------------------


def test_a_group_that_targets_admit_stays(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Detached, the targets would no longer admit the load balancer: the site would be down."""
    made = shop(ec2, elbv2)
    (group_id,) = made.group_ids
    watched = Watched(aws)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert groups_of(elbv2, made) == {group_id, own_group(ec2)}
    assert sources(ec2, group_id) == set()
    assert states(elbv2, made) == {"healthy"}
    assert breaches(watched.calls(), made) == []
    assert f"{group_id} stays attached: rules of {made.target_security_group_id} refer to {group_id}" in said(ended)


def test_a_group_that_names_itself_stays(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Its members reach each other by it: as targets do that are in the load balancer's own group."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    (group_id,) = made.group_ids
    itself = {**tcp(8080), "UserIdGroupPairs": [{"GroupId": group_id}]}
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[itself])
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert group_id in groups_of(elbv2, made)
    assert sources(ec2, group_id) == set()


@pytest.mark.parametrize("account", [None, MEMBER])
def test_a_group_that_a_peer_names_stays(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient, account: str | None
) -> None:
    """Targets in a peered VPC, also of another account, whose groups no filter finds."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    (group_id,) = made.group_ids
    peer = referred_to_by_a_peer(ec2, group_id, peer=aws.client("ec2", account=account) if account else None)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert group_id in groups_of(elbv2, made)
    assert peer.vpc_id in said(ended)


def test_unreadable_references_count_as_references(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """What is not known is never good: the group stays, and its openings go as foreign rules."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    aws.add_fault("access-denied", action="DescribeSecurityGroupReferences", times=1000)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert groups_of(elbv2, made) == {*made.group_ids, own_group(ec2)}
    assert sources(ec2, made.group_ids[0]) == set()
    assert "cannot be told" in said(ended)


def test_a_way_in_for_others_than_strangers_stays(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """A private network that comes by the same group would be shut out with the public."""
    made = shop(ec2, elbv2, OPEN, tcp(443, ipv4=[("10.8.0.0/16", "vpn")]))
    by_address(ec2, made)
    (group_id,) = made.group_ids
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert group_id in groups_of(elbv2, made)
    assert sources(ec2, group_id) == {"10.8.0.0/16"}
    assert "lets in others than strangers" in said(ended)


def test_private_rules_on_other_ports_keep_nobody(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Nothing listens there, so nobody comes in by them."""
    made = shop(ec2, elbv2, OPEN, tcp(22, ipv4=[("10.8.0.0/16", "vpn")]))
    by_address(ec2, made)
    assert applied(product, *REMOVE).code == 0
    assert groups_of(elbv2, made) == {own_group(ec2)}


def test_a_group_without_holes_stays(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Nobody asked to take it off."""
    made = shop(ec2, elbv2, tcp(443, ipv4=[(IPV4[0], None)]))
    by_address(ec2, made)
    assert applied(product, *REMOVE).code == 0
    assert groups_of(elbv2, made) == {*made.group_ids, own_group(ec2)}


def test_what_a_shared_group_holds_stays_too(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """It is referred to, so it stays attached, and others use it, so that its rules stay: a hole, and said."""
    made = shop(ec2, elbv2)
    (group_id,) = made.group_ids
    ec2.create_network_interface(SubnetId=made.network.subnet_ids[0], Groups=[group_id])
    ended = applied(product, *REMOVE)
    assert ended.code == 3
    assert group_id in groups_of(elbv2, made)
    assert sources(ec2, group_id) == {EVERYONE, EVERYONE_IPV6}


def test_ways_out_are_kept(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """IPv4 alone is what a new group lets out; targets by IPv6 would be cut off by the detaching."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    ours = {rule["CidrIpv4"] for rule in egress(ec2, made.group_ids[0]) if "CidrIpv4" in rule}
    assert ours == {EVERYONE}
    to_db = {**tcp(5432), "UserIdGroupPairs": [{"GroupId": made.target_security_group_id}]}
    ec2.authorize_security_group_egress(GroupId=made.group_ids[0], IpPermissions=[to_db])
    watched = Watched(aws)
    assert applied(product, *REMOVE).code == 0
    held = {(rule["IpProtocol"], rule.get("CidrIpv4") or rule.get("CidrIpv6")) for rule in egress(ec2, own_group(ec2))}
    assert {("-1", EVERYONE), ("-1", EVERYONE_IPV6), ("tcp", None)} <= held
    assert breaches(watched.calls(), made) == []


def egress(ec2: AwsClient, group_id: str) -> list[dict[str, Any]]:
    """The egress rules of a group."""
    answer = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    return [rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"]]


def test_targets_that_fall_ill_stop_the_narrowing(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """Whatever the reason: nobody takes a group off while targets go down."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    product.write(
        "originlock.toml",
        '[limits]\nsettle_seconds = 1\n[origins.cli2]\nload_balancer = "shop"\n'
        '[origins.cli2.network]\nsecurity_group = "create"\nforeign = "remove"\n',
    )
    aws.add_fault("hang-after", action="SetSecurityGroups")
    running = product.started("apply", "--yes", "-o", "json")
    aws.wait_until_hanging(60)
    aws.settings(unhealthy_targets=made.target_ids[:1])
    aws.release()
    done = end_of(running)
    assert done.code == 5, done.said
    assert "detach-groups" not in [change["kind"] for change in done.json["done"]]
    assert "1 target that was healthy" in done.said
    assert groups_of(elbv2, made) == {*made.group_ids, own_group(ec2)}


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag,way_out",
    [
        (("elbv2.k8s.aws/cluster", "prod"), "inbound-cidrs"),
        (("ingress.k8s.aws/stack", "web"), "inbound-cidrs"),
        (("service.k8s.aws/stack", "web"), "loadBalancerSourceRanges"),
        (("kubernetes.io/cluster/prod", "owned"), "loadBalancerSourceRanges"),
        (("elasticbeanstalk:environment-name", "shop"), "environment's settings"),
        (("Terraform", "true"), "Terraform's own files"),
        (("managed-by", "OpenTofu"), "Opentofu's own files"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_one_that_another_tool_manages(
    product: Product, ec2: AwsClient, elbv2: AwsClient, tag: tuple[str, str], way_out: str
) -> None:
    """It would put back what it made, and the two would undo each other for ever."""
    shop(ec2, elbv2, tags=dict([tag]))
    ended = planned(product, *CREATE)
    assert ended.code == 4
    (objection,) = ended.json["objections"]
    assert objection["guard"] == "managed-target"
    assert tag[0] in objection["message"]
    assert way_out in objection["remedy"]
    assert 'managed = "allow"' in objection["remedy"]


def test_a_person_may_say_that_it_is_all_right(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """Some tools leave the groups alone; whoever runs them knows."""
    made = shop(ec2, elbv2, tags={"elbv2.k8s.aws/cluster": "prod"})
    by_address(ec2, made)
    text = '[origins.shop]\nload_balancer = "shop"\n[origins.shop.network]\nsecurity_group = "create"\nmanaged = "{}"\n'
    product.write("originlock.toml", text.format("refuse"))
    watched = Watched(aws)
    assert applied(product).code == 4
    assert watched.changes() == []
    product.write("originlock.toml", text.format("allow"))
    assert applied(product).code == 3
    assert own_group(ec2) in groups_of(elbv2, made)


def test_a_group_that_another_tool_manages(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """With groups that are there it is the group that counts; a group of our own is nobody else's."""
    made = shop(ec2, elbv2)
    tags = [{"Key": "ingress.k8s.aws/resource", "Value": "ManagedLBSecurityGroup"}]
    ec2.create_tags(Resources=[made.group_ids[0]], Tags=tags)
    assert guards(planned(product, *NAMED).json) == ["managed-target"]
    assert planned(product, *CREATE).json["objections"] == []


def test_one_that_two_origins_name(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Each would take the other's group for a stranger's."""
    shop(ec2, elbv2)
    create = 'load_balancer = "shop"\n[origins.{}.network]\nsecurity_group = "create"\nforeign = "remove"\n'
    product.write("originlock.toml", "".join(f"[origins.{name}]\n" + create.format(name) for name in ("shop", "blog")))
    watched = Watched(aws)
    ended = applied(product)
    assert ended.code == 4
    assert "contested-target" in guards(ended.json)
    assert watched.changes() == []


@pytest.mark.parametrize("name", ["shop", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/x/0"])
def test_not_found(product: Product, name: str) -> None:
    """A misspelt name is no locked load balancer."""
    ended = planned(product, "--load-balancer", name)
    assert ended.code == 1
    assert f"there is no load balancer {name} in eu-west-1" in ended.json["error"]["what"]


def test_a_network_load_balancer_without_groups(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """There is nothing to lock, and no group can be put on it."""
    shop(ec2, elbv2, kind="network", listeners=(("TCP", 443),), groups=0)
    for options in (NAMED, CREATE):
        ended = planned(product, *options)
        assert ended.code == 4
        assert guards(ended.json) == ["no-security-groups"]


def test_a_network_load_balancer_with_groups(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """It is locked as any other."""
    made = shop(ec2, elbv2, kind="network", listeners=(("TLS", 443),))
    by_address(ec2, made)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert groups_of(elbv2, made) == {own_group(ec2)}


def test_as_many_groups_as_an_interface_takes(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """AWS would refuse the sixth half-way; the quota is asked for, as it may have been raised."""
    made = shop(ec2, elbv2, groups=5)
    by_address(ec2, made)
    watched = Watched(aws)
    ended = applied(product, *REMOVE)
    assert ended.code == 4
    assert guards(ended.json) == ["groups-quota"]
    assert "L-2AFB9258" in ended.json["objections"][0]["remedy"]
    assert [call.parameters.get("QuotaCode") for call in watched.calls() if call.action == "GetServiceQuota"] == [
        "L-2AFB9258"
    ]
    assert watched.changes() == []
    aws.settings(quota_groups=6)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert groups_of(elbv2, made) == {own_group(ec2)}


# --- somebody else's things ------------------------------------------------------------------------


@pytest.mark.parametrize("marked", [False, True])
def test_a_foreign_group_of_the_same_name_is_never_used(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient, *, marked: bool
) -> None:
    """A name is nobody's proof; nor is the mark of another origin."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    tags = {OWNER_TAG: "blog"} if marked else None
    squatter = group(ec2, OPEN, name="originlock-cli-shop", vpc_id=made.network.vpc_id, tags=tags)
    watched = Watched(aws)
    ended = applied(product, *REMOVE)
    assert ended.code not in (0, 3)
    assert "Traceback" not in ended.err
    assert "originlock-cli-shop" in ended.said
    assert sources(ec2, squatter) == {EVERYONE, EVERYONE_IPV6}
    assert groups_of(elbv2, made) == set(made.group_ids)
    assert breaches(watched.calls(), made) == []
    assert not {call.action for call in watched.calls()} & {
        "SetSecurityGroups",
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
    }


def test_a_group_that_somebody_attaches_meanwhile_stays(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """Each call sets the whole list: what somebody else put on it since the plan would be lost."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    other = group(ec2, name="waf", vpc_id=made.network.vpc_id)
    aws.add_fault("hang-before", action="CreateSecurityGroup")
    running = product.started("apply", *REMOVE, "--yes", "-o", "json")
    aws.wait_until_hanging(60)
    elbv2.set_security_groups(LoadBalancerArn=made.arn, SecurityGroups=[*made.group_ids, other])
    aws.release()
    done = end_of(running)
    assert groups_of(elbv2, made) == {other, own_group(ec2)}
    # Whom it lets in was not looked at before: that is not known, and not good.
    assert done.code == 7, done.said
    assert other in str(done.json["unknown"])
    assert applied(product, *REMOVE).code == 0
    assert groups_of(elbv2, made) == {other, own_group(ec2)}


# --- crashes, plans and the way back ----------------------------------------------------------------


@pytest.mark.parametrize("action", ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "SetSecurityGroups"])
def test_killed_and_run_again(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient, action: str) -> None:
    """The group that was made is found and used; there is never a second."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    watched = Watched(aws)
    aws.add_fault("hang-after", action=action)
    running = product.started("apply", *REMOVE, "--yes")
    aws.wait_until_hanging(60)
    running.kill()
    running.communicate()
    aws.release()
    (first,) = own_groups(ec2)
    ended = applied(product, *REMOVE)
    assert ended.code == 0, ended.said
    assert len(ended.json["recovered"]) == 1
    assert own_groups(ec2) == [first]
    assert groups_of(elbv2, made) == {first}
    assert breaches(watched.calls(), made) == []


def test_a_saved_plan(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """What was reviewed is what is done, and it is refused once the load balancer has other groups."""
    made = shop(ec2, elbv2)
    by_address(ec2, made)
    assert product.run("plan", *REMOVE, "--out", "plan.json").code == 3
    other = group(ec2, name="other", vpc_id=made.network.vpc_id)
    elbv2.set_security_groups(LoadBalancerArn=made.arn, SecurityGroups=[*made.group_ids, other])
    stale = product.run("apply", "plan.json", "--yes", "-o", "json")
    assert stale.code == 4
    assert "load balancer shop" in stale.json["objections"][0]["message"]
    assert own_groups(ec2) == []
    elbv2.set_security_groups(LoadBalancerArn=made.arn, SecurityGroups=list(made.group_ids))
    ended = product.run("apply", "plan.json", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert groups_of(elbv2, made) == {own_group(ec2)}


def test_the_way_back(aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """The old groups come back only where a person says so; then ours goes, and nothing of it is left."""
    made = shop(ec2, elbv2, groups=2)
    by_address(ec2, made)
    assert applied(product, *REMOVE).code == 0
    ours = own_group(ec2)
    watched = Watched(aws)
    refused = product.run("rollback", "--yes", "-o", "json")
    assert refused.code == 4
    assert guards(refused.json) == ["reopen"]
    assert watched.changes() == []
    ended = product.run("rollback", "--yes", "--reopen", "-o", "json")
    assert ended.code == 3
    assert {hole["target"] for hole in ended.json["holes"]} == set(made.group_ids)
    assert groups_of(elbv2, made) == set(made.group_ids)
    assert states(elbv2, made) == {"healthy"}
    assert own_groups(ec2) == []
    assert breaches(watched.calls(), made) == []
    assert [call.parameters.get("GroupId") for call in watched.calls() if call.action == "DeleteSecurityGroup"] == [
        ours
    ]


def test_a_way_back_that_would_shut_the_edge_out(
    aws: LocalAws, product: Product, ec2: AwsClient, elbv2: AwsClient
) -> None:
    """Ours stays where the old groups do not let in all that is wanted."""
    made = shop(ec2, elbv2, tcp(443, ipv4=[(EVERYONE, None)]))
    by_address(ec2, made)
    assert applied(product, *REMOVE).code == 0
    ours = own_group(ec2)
    watched = Watched(aws)
    ended = product.run("rollback", "--yes", "--reopen", "-o", "json")
    assert ended.code == 3, ended.said
    assert groups_of(elbv2, made) == {*made.group_ids, ours}
    assert sources(ec2, ours) == EDGE
    assert "without it not all that is wanted would be let in" in said(ended)
    assert breaches(watched.calls(), made, wanted=IPV6) == []


def test_the_way_back_of_a_run_that_only_added(product: Product, ec2: AwsClient, elbv2: AwsClient) -> None:
    """Everyone is let in by the old group still, so that ours can go without a gap."""
    made = shop(ec2, elbv2)
    assert applied(product, *CREATE).code == 3
    ended = product.run("rollback", "--yes", "-o", "json")
    assert ended.code == 3, ended.said
    assert groups_of(elbv2, made) == set(made.group_ids)
    assert own_groups(ec2) == []
