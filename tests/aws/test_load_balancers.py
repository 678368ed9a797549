"""Reading load balancers: whole, paged, and Unknown where a part cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from originlock.aws.reader import AwsReader
from originlock.aws.session import Sessions
from originlock.facts.load_balancer import Interface, Listener, LoadBalancer
from originlock.facts.origin import Missing, SecurityGroup
from originlock.facts.snapshot import Names
from originlock.facts.unknown import Unknown
from originlock.intent.policy import LoadBalancerNamed, Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group, open_load_balancer, referred_to_by_a_peer, tcp
from originlock.lab.world_balancers import Wish, network, served_load_balancer
from originlock.ports.reading import Found

pytestmark = pytest.mark.lab


@pytest.fixture(scope="session")
def running_balancing(running_aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """A client of load balancing, made once, as that is slow."""
    return running_aws.client("elbv2")


@pytest.fixture
def elbv2(ec2: AwsClient, running_balancing: AwsClient) -> AwsClient:
    """A load balancing client of a new AWS."""
    assert ec2 is not None
    return running_balancing


@pytest.fixture
def reader(sessions: Sessions) -> AwsReader:
    """Our reader of the Region."""
    return AwsReader(sessions, Place())


def found(reader: AwsReader, name: str) -> Found:
    """What a name stands for."""
    return reader.find(LoadBalancerNamed(name))


def balancer(reader: AwsReader, name: str = "shop") -> LoadBalancer:
    """The load balancer of a name, which must be there."""
    held = found(reader, name).load_balancer
    assert held is not None
    return held


def test_whole(ec2: AwsClient, elbv2: AwsClient, reader: AwsReader) -> None:
    """A part that is left out would be taken for none: no listener, no target, no IPv6."""
    wish = Wish(groups=2, dualstack=True, listeners=(("HTTPS", 443), ("HTTP", 80)), tags={"team": "web"})
    made = served_load_balancer(ec2, elbv2, wish)
    groups = tuple(sorted(made.group_ids))
    held = balancer(reader)
    assert (held.id, held.name, held.vpc, held.kind) == (made.arn, "shop", made.network.vpc_id, "application")
    assert held.has_ipv6
    assert held.groups == groups
    assert held.listeners == (Listener("HTTP", 80), Listener("HTTPS", 443))
    assert isinstance(held.interfaces, tuple)
    assert [each.groups for each in held.interfaces] == [groups, groups]
    assert held.healthy == tuple(sorted(f"shop-targets/{each}:8080" for each in made.target_ids))
    assert held.tags == (("team", "web"),)
    whole = found(reader, made.arn)
    assert whole.load_balancer == held
    assert set(whole.groups) == set(groups)
    assert all(isinstance(group, SecurityGroup) and group.egress for group in whole.groups.values())


def test_one_without_target_groups(ec2: AwsClient, elbv2: AwsClient, reader: AwsReader) -> None:
    """One that only redirects would be of unknown health for ever, and keep the group that strangers come in by."""
    open_load_balancer(ec2, elbv2, name="shop")
    assert balancer(reader).health == ()


def test_only_its_own_interfaces(ec2: AwsClient, elbv2: AwsClient, reader: AwsReader) -> None:
    """The interfaces of one with a longer name, or of a target, would gate a proof that is none of theirs."""
    within = network(ec2)
    served_load_balancer(ec2, elbv2, Wish(name="shop"), within=within)
    other = served_load_balancer(ec2, elbv2, Wish(name="shop2"), within=within)
    held, theirs = balancer(reader), balancer(reader, other.arn)
    assert isinstance(held.interfaces, tuple)
    assert isinstance(theirs.interfaces, tuple)
    assert len(held.interfaces) == len(theirs.interfaces) == 2
    assert not {each.id for each in held.interfaces} & {each.id for each in theirs.interfaces}


def test_one_that_is_not_there(reader: AwsReader) -> None:
    """By name and by ARN; and gone since it was planned for."""
    assert found(reader, "shop") == Found({})
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
    assert found(reader, arn) == Found({})
    assert reader.look((arn,)) == {arn: Missing(arn)}


def test_pages(ec2: AwsClient, elbv2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """More listeners and target groups than a page: the last would not be looked at."""
    made = served_load_balancer(ec2, elbv2, Wish(targets=0, listeners=tuple(("HTTP", port) for port in range(1, 51))))
    for number in range(60):
        group = elbv2.create_target_group(Name=f"tg-{number}", Protocol="HTTP", Port=80, VpcId=made.network.vpc_id)
        arn = group["TargetGroups"][0]["TargetGroupArn"]
        elbv2.create_rule(
            ListenerArn=made.listener_arns[0],
            Priority=number + 1,
            Conditions=[{"Field": "path-pattern", "Values": [f"/{number}"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
    before = aws.state().calls
    held = balancer(reader)
    assert isinstance(held.listeners, tuple)
    assert [each.port for each in held.listeners] == list(range(1, 51))
    asked = [call.action for call in aws.calls(before)]
    assert asked.count("DescribeTargetHealth") == 61


@pytest.mark.parametrize(
    "action, what",
    [
        ("DescribeListeners", "listeners"),
        ("DescribeTags", "tags"),
        ("DescribeNetworkInterfaces", "interfaces"),
        ("DescribeTargetGroups", "health"),
        ("DescribeTargetHealth", "health"),
    ],
)
@pytest.mark.parametrize("kind", ["access-denied", "throttle", "drop-after"])
def test_a_part_that_cannot_be_read(
    ec2: AwsClient, elbv2: AwsClient, reader: AwsReader, aws: LocalAws, kind: str, action: str, what: str
) -> None:
    """Unknown, with its reason; the rest is there. Health that is not known is no health."""
    served_load_balancer(ec2, elbv2)
    aws.add_fault(kind, action=action)
    held = balancer(reader)
    parts = {name: getattr(held, name) for name in ("listeners", "tags", "interfaces", "health")}
    assert [name for name, part in parts.items() if isinstance(part, Unknown)] == [what]
    assert isinstance(parts[what], Unknown)
    assert held.groups
    if what == "health":
        assert held.healthy == ()


def test_one_that_cannot_be_read_is_not_one_that_is_not_there(
    ec2: AwsClient, elbv2: AwsClient, reader: AwsReader, aws: LocalAws
) -> None:
    """A refusal is no proof that there is nothing to lock."""
    made = served_load_balancer(ec2, elbv2)
    aws.add_fault("access-denied", action="DescribeLoadBalancers", times=2)
    (unread,) = found(reader, "shop").unknown
    assert "UnauthorizedOperation" in unread.reason or "AccessDenied" in unread.reason
    assert isinstance(reader.look((made.arn,))[made.arn], Unknown)


def test_a_look_asks_for_what_may_have_changed(
    ec2: AwsClient, elbv2: AwsClient, reader: AwsReader, aws: LocalAws
) -> None:
    """Groups, interfaces and health; listeners and tags are nobody's to change here, and are not said to be none."""
    made = served_load_balancer(ec2, elbv2)
    before = aws.state().calls
    held = reader.look((made.arn,))[made.arn]
    assert [call.action for call in aws.calls(before)] == [
        "DescribeLoadBalancers",
        "DescribeNetworkInterfaces",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
    ]
    assert isinstance(held, LoadBalancer)
    assert isinstance(held.listeners, Unknown)
    assert isinstance(held.tags, Unknown)


# --- who needs a group ---------------------------------------------------------------------------


def test_references_of_every_kind(ec2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """In, out, to itself, from a peer of another account: one that is missed is a group taken from under somebody."""
    named = empty_group(ec2, name="named")
    admits, reaches, alone = (empty_group(ec2, name=name, vpc_id=named.vpc_id).group_id for name in ("a", "r", "l"))
    pair = [{**tcp(80), "UserIdGroupPairs": [{"GroupId": named.group_id}]}]
    for group in (admits, named.group_id):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=pair)
    ec2.authorize_security_group_egress(GroupId=reaches, IpPermissions=pair)
    peer = referred_to_by_a_peer(ec2, named.group_id, peer=aws.client("ec2", account="111122223333"))
    seen = reader.references((named.group_id, alone))
    assert seen[alone] == Names()
    assert seen[named.group_id] == Names(tuple(sorted((admits, named.group_id, reaches, f"a group of {peer.vpc_id}"))))


@pytest.mark.parametrize("action", ["DescribeSecurityGroups", "DescribeSecurityGroupReferences"])
def test_references_that_cannot_be_read(ec2: AwsClient, reader: AwsReader, aws: LocalAws, action: str) -> None:
    """Half an answer is none: nobody would be said to refer to it."""
    group = empty_group(ec2).group_id
    aws.add_fault("access-denied", action=action)
    assert isinstance(reader.references((group,))[group], Unknown)


def test_users(ec2: AwsClient, elbv2: AwsClient, reader: AwsReader, aws: LocalAws) -> None:
    """Every interface that has a group, whoever's."""
    made = served_load_balancer(ec2, elbv2)
    (group,) = made.group_ids
    ours = balancer(reader).interfaces
    assert isinstance(ours, tuple)
    other = ec2.create_network_interface(SubnetId=made.network.subnet_ids[0], Groups=[group])["NetworkInterface"]
    assert reader.users((group,)) == {
        group: Names(tuple(sorted([other["NetworkInterfaceId"], *(each.id for each in ours)])))
    }
    assert Interface(other["NetworkInterfaceId"], (group,)) not in ours
    aws.add_fault("throttle", action="DescribeNetworkInterfaces")
    assert isinstance(reader.users((group,))[group], Unknown)


def test_the_quota_of_groups(reader: AwsReader, aws: LocalAws) -> None:
    """Asked for, never assumed."""
    aws.settings(quota_groups=7)
    quota = reader.interface_quota()
    assert not isinstance(quota, Unknown)
    assert (quota.limit, quota.observed) == (7, True)
    aws.add_fault("access-denied", action="GetServiceQuota")
    assert isinstance(reader.interface_quota(), Unknown)
