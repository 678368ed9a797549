"""Groups of our own: made with their mark in one call, let out, and deleted when nothing uses them."""

from __future__ import annotations

import pytest
from tests.aws.groups import change, cidr, spec

from originlock.aws.performer import AwsPerformer
from originlock.aws.reader import AwsReader
from originlock.aws.session import Sessions
from originlock.facts.origin import GroupSource, Missing, SecurityGroup, Tags, new_group
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group, tcp
from originlock.plan.acts import Act, AuthorizeEgress, CreateGroup, DeleteGroup
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.ports.reading import Search

pytestmark = pytest.mark.lab

NAME = "originlock-shop"
TAGS: Tags = (("originlock:load-balancer", "shop"), ("originlock:origin", "shop"))


def done(sessions: Sessions, act: Act) -> Outcome:
    """Do an act; its outcome."""
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((Place(), change(act), act),))
    return outcome


def creation(vpc: str, name: str = NAME) -> CreateGroup:
    """A group that is to be made."""
    return CreateGroup(vpc, name, "originlock shop: who may reach shop", TAGS)


@pytest.fixture
def vpc(ec2: AwsClient) -> str:
    """A VPC."""
    return empty_group(ec2, name="any").vpc_id


@pytest.fixture
def reader(sessions: Sessions) -> AwsReader:
    """Our reader of the Region."""
    return AwsReader(sessions, Place())


def test_made_with_its_mark(vpc: str, sessions: Sessions, reader: AwsReader, aws: LocalAws) -> None:
    """Killed between making and marking, there would be a group of ours that nobody knows to be ours."""
    before = aws.state().calls
    outcome = done(sessions, creation(vpc))
    assert [call.action for call in aws.calls(before)] == ["CreateSecurityGroup"]
    assert isinstance(outcome, Done)
    assert outcome.made is not None
    held = reader.look((new_group(vpc, NAME),))[new_group(vpc, NAME)]
    assert isinstance(held, SecurityGroup)
    assert (held.id, held.name, held.vpc, held.tags, held.rules) == (outcome.made, NAME, vpc, TAGS, ())
    assert reader.tagged_groups(vpc, TAGS) == Search({held.id: held})


def test_a_name_that_is_taken(vpc: str, sessions: Sessions, ec2: AwsClient) -> None:
    """Whose it is, the look tells; no second one is made."""
    assert isinstance(done(sessions, creation(vpc)), Done)
    assert isinstance(done(sessions, creation(vpc)), AlreadySo)
    named = [{"Name": "group-name", "Values": [NAME]}]
    assert len(ec2.describe_security_groups(Filters=named)["SecurityGroups"]) == 1


@pytest.mark.parametrize(
    "kind, outcome",
    [
        ("throttle", Unsure),
        ("drop-before", Unsure),
        ("drop-after", Unsure),
        ("access-denied", Failed),
        ("quota", Failed),
        ("duplicate", AlreadySo),
    ],
)
def test_how_a_creation_ends(vpc: str, sessions: Sessions, aws: LocalAws, kind: str, outcome: type[Outcome]) -> None:
    """An unclear end is no failure: there may be a group now."""
    aws.add_fault(kind, action="CreateSecurityGroup")
    assert isinstance(done(sessions, creation(vpc)), outcome)


def test_a_look_by_name(vpc: str, sessions: Sessions, reader: AwsReader, ec2: AwsClient, aws: LocalAws) -> None:
    """Exactly this name, in this VPC: wildcards in a name are letters, and one of another VPC is another."""
    target = new_group(vpc, "originlock-a*")
    empty_group(ec2, name="originlock-abc", vpc_id=vpc)
    empty_group(ec2, name="originlock-a*")
    assert reader.look((target,)) == {target: Missing(target)}
    outcome = done(sessions, creation(vpc, "originlock-a*"))
    assert isinstance(outcome, Done)
    held = reader.look((target,))[target]
    assert isinstance(held, SecurityGroup)
    assert held.id == outcome.made
    aws.add_fault("access-denied", action="DescribeSecurityGroups")
    assert isinstance(reader.look((target,))[target], Unknown)


def test_tags_that_are_nearly_ours(vpc: str, reader: AwsReader, ec2: AwsClient) -> None:
    """A group with half of the mark, or of another VPC, is somebody's."""
    empty_group(ec2, name="half", vpc_id=vpc, tags=dict(TAGS[:1]))
    empty_group(ec2, name="other", tags=dict(TAGS))
    ours = empty_group(ec2, name="ours", vpc_id=vpc, tags={**dict(TAGS), "team": "web"}).group_id
    found = reader.tagged_groups(vpc, TAGS)
    assert set(found.found) == {ours}
    assert found.unknown is None


def test_a_search_that_is_refused_is_no_empty_one(vpc: str, reader: AwsReader, aws: LocalAws) -> None:
    """A second group would be made beside the one that was not seen."""
    aws.add_fault("access-denied", action="DescribeSecurityGroups")
    assert isinstance(reader.tagged_groups(vpc, TAGS).unknown, Unknown)


def test_ways_out(vpc: str, sessions: Sessions, reader: AwsReader, ec2: AwsClient) -> None:
    """Also to groups and over IPv6; what is there already is said to be so."""
    made = empty_group(ec2, name="made", vpc_id=vpc).group_id
    targets = empty_group(ec2, name="targets", vpc_id=vpc).group_id
    wanted = (spec(GroupSource(targets), ports=(8080, 8080)), spec(cidr("::/0"), "-1", (0, 65535)))
    assert done(sessions, AuthorizeEgress(made, wanted)) == Done()
    held = reader.look((made,))[made]
    assert isinstance(held, SecurityGroup)
    assert {rule.key for rule in held.egress} >= {each.key for each in wanted}
    assert isinstance(done(sessions, AuthorizeEgress(made, wanted)), AlreadySo)


def test_deleted_only_when_nobody_uses_it(vpc: str, sessions: Sessions, ec2: AwsClient, reader: AwsReader) -> None:
    """AWS refuses it while something does; and one that is gone is gone."""
    made = empty_group(ec2, name="made", vpc_id=vpc).group_id
    other = empty_group(ec2, name="other", vpc_id=vpc).group_id
    pair = [{**tcp(80), "UserIdGroupPairs": [{"GroupId": made}]}]
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=pair)
    refused = done(sessions, DeleteGroup(made))
    assert isinstance(refused, Failed)
    assert "DependencyViolation" in refused.message
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=pair)
    assert done(sessions, DeleteGroup(made)) == Done()
    assert isinstance(done(sessions, DeleteGroup(made)), AlreadySo)
    assert reader.look((made,)) == {made: Missing(made)}
