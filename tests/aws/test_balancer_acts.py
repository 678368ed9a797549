"""Setting the groups of a load balancer: on the list that it has right then, and nobody's is lost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.groups import change

from originlock.aws.performer import AwsPerformer
from originlock.aws.session import Sessions
from originlock.intent.policy import Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group
from originlock.lab.world_balancers import ServedLoadBalancer, Wish, served_load_balancer
from originlock.plan.acts import Act, AttachGroups, DetachGroups
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

pytestmark = pytest.mark.lab

ROUND = ["DescribeLoadBalancers", "SetSecurityGroups"]


@pytest.fixture
def elbv2(aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """A load balancing client of a new AWS."""
    return aws.client("elbv2")


@pytest.fixture
def shop(ec2: AwsClient, elbv2: AwsClient) -> ServedLoadBalancer:
    """A load balancer with two groups."""
    return served_load_balancer(ec2, elbv2, Wish(groups=2, targets=0))


@pytest.fixture
def ours(ec2: AwsClient, shop: ServedLoadBalancer) -> str:
    """A group that is to be attached."""
    return empty_group(ec2, name="ours", vpc_id=shop.network.vpc_id).group_id


def done(sessions: Sessions, act: Act) -> Outcome:
    """Do an act; its outcome."""
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((Place(), change(act), act),))
    return outcome


def groups(elbv2: AwsClient, shop: ServedLoadBalancer) -> set[str]:
    """The groups that it has."""
    return set(elbv2.describe_load_balancers(LoadBalancerArns=[shop.arn])["LoadBalancers"][0]["SecurityGroups"])


def test_beside_those_that_are_there(
    elbv2: AwsClient, shop: ServedLoadBalancer, ours: str, sessions: Sessions, aws: LocalAws
) -> None:
    """The call replaces the whole list: the others would be gone."""
    before = aws.state().calls
    assert done(sessions, AttachGroups(shop.arn, (ours,))) == Done()
    assert [call.action for call in aws.calls(before)] == ROUND
    assert groups(elbv2, shop) == {*shop.group_ids, ours}
    before = aws.state().calls
    assert isinstance(done(sessions, AttachGroups(shop.arn, (ours,))), AlreadySo)
    assert [call.action for call in aws.calls(before)] == ROUND[:1]


def test_taken_off_and_the_others_stay(
    elbv2: AwsClient, shop: ServedLoadBalancer, ours: str, sessions: Sessions, aws: LocalAws
) -> None:
    """What somebody else attached since the plan is in no plan, and stays."""
    first, second = shop.group_ids
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[first, second, ours])
    before = aws.state().calls
    assert done(sessions, DetachGroups(shop.arn, (first,), ours)) == Done()
    assert [call.action for call in aws.calls(before)] == ROUND
    assert groups(elbv2, shop) == {second, ours}
    assert isinstance(done(sessions, DetachGroups(shop.arn, (first,), ours)), AlreadySo)


def test_nothing_is_taken_off_without_the_one_that_stays(
    elbv2: AwsClient, shop: ServedLoadBalancer, ours: str, sessions: Sessions, aws: LocalAws
) -> None:
    """Somebody took ours off since it was proved: the load balancer would let in nobody who is wanted."""
    before = aws.state().calls
    outcome = done(sessions, DetachGroups(shop.arn, shop.group_ids[:1], ours))
    assert isinstance(outcome, Failed)
    assert ours in outcome.message
    assert [call.action for call in aws.calls(before)] == ROUND[:1]
    assert groups(elbv2, shop) == set(shop.group_ids)


def test_the_last_is_never_taken_off(elbv2: AwsClient, shop: ServedLoadBalancer, sessions: Sessions) -> None:
    """An application load balancer without a group would get its VPC's default one, or AWS would refuse."""
    assert isinstance(done(sessions, DetachGroups(shop.arn, shop.group_ids, "")), Failed)
    assert groups(elbv2, shop) == set(shop.group_ids)


def test_no_groups_shown_is_no_list_to_add_to(ec2: AwsClient, elbv2: AwsClient, sessions: Sessions) -> None:
    """An answer without groups would make the list ours alone: whatever it had would be lost."""
    wish = Wish(kind="network", listeners=(("TCP", 443),), groups=0, targets=0)
    bare = served_load_balancer(ec2, elbv2, wish)
    made = empty_group(ec2, vpc_id=bare.network.vpc_id).group_id
    assert isinstance(done(sessions, AttachGroups(bare.arn, (made,))), Failed)


def test_what_somebody_else_attached_is_kept(
    ec2: AwsClient, elbv2: AwsClient, shop: ServedLoadBalancer, ours: str, sessions: Sessions
) -> None:
    """Since the plan was made: the list is that of the moment, not that of the plan."""
    theirs = empty_group(ec2, name="theirs", vpc_id=shop.network.vpc_id).group_id
    elbv2.set_security_groups(LoadBalancerArn=shop.arn, SecurityGroups=[shop.group_ids[1], theirs])
    assert done(sessions, AttachGroups(shop.arn, (ours,))) == Done()
    assert groups(elbv2, shop) == {shop.group_ids[1], theirs, ours}


@pytest.mark.parametrize("action", ROUND)
@pytest.mark.parametrize(
    "kind, outcome",
    [
        ("throttle", Unsure),
        ("server-error", Unsure),
        ("drop-before", Unsure),
        ("drop-after", Unsure),
        ("access-denied", Failed),
        ("not-found", Failed),
        ("quota", Failed),
    ],
)
def test_a_call_that_fails(
    shop: ServedLoadBalancer,
    ours: str,
    sessions: Sessions,
    aws: LocalAws,
    action: str,
    kind: str,
    outcome: type[Outcome],
) -> None:
    """An unclear answer is looked into, a refusal is final; neither is an exception."""
    aws.add_fault(kind, action=action)
    assert isinstance(done(sessions, AttachGroups(shop.arn, (ours,))), outcome)


def test_a_lost_answer_is_no_refusal(
    elbv2: AwsClient, shop: ServedLoadBalancer, ours: str, sessions: Sessions, aws: LocalAws
) -> None:
    """It was done; and done again it is so already."""
    aws.add_fault("drop-after", action="SetSecurityGroups")
    assert isinstance(done(sessions, AttachGroups(shop.arn, (ours,))), Unsure)
    assert ours in groups(elbv2, shop)
    assert isinstance(done(sessions, AttachGroups(shop.arn, (ours,))), AlreadySo)
