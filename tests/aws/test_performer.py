"""Doing acts: one call each, side by side, and every refusal an outcome."""

from __future__ import annotations

import pytest
from tests.aws.groups import change, cidr, spec

from originlock.aws.performer import AwsPerformer
from originlock.aws.reader import AwsReader
from originlock.aws.session import Sessions
from originlock.facts.origin import Rule, SecurityGroup
from originlock.intent.policy import Place
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group
from originlock.plan.acts import Act, Authorize, Revoke, TagRules, UntagRules
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure

pytestmark = pytest.mark.lab

HERE = Place()
OURS = (("originlock:origin", "blog"),)
THEIRS = (("team", "network"), ("ticket", "7"))


def done(sessions: Sessions, *acts: Act, per_second: float = 0) -> list[Outcome]:
    """Do the acts; their outcomes in the order of the acts."""
    changes = [change(act) for act in acts]
    asked = tuple((HERE, each, act) for each, act in zip(changes, acts, strict=True))
    outcomes = {each.id: outcome for each, outcome in AwsPerformer(sessions, per_second).perform(asked)}
    return [outcomes[each.id] for each in changes]


def rules(sessions: Sessions, group: str) -> tuple[Rule, ...]:
    """The rules of a group."""
    held = AwsReader(sessions, HERE).look((group,))[group]
    assert isinstance(held, SecurityGroup)
    return held.rules


def test_rules_of_several_tags_are_one_call_each(ec2: AwsClient, sessions: Sessions, aws: LocalAws) -> None:
    """AWS tags all rules of a call alike: a foreign rule would come back as ours."""
    made = empty_group(ec2).group_id
    wanted = (
        spec(cidr("198.51.100.0/24"), said="ours", tags=OURS),
        spec(cidr("198.51.101.0/24"), said="theirs", tags=THEIRS),
        spec(cidr("198.51.102.0/24"), said="none"),
        spec(cidr("2400:cb00::/32"), tags=OURS),
    )
    before = aws.state().calls
    (outcome,) = done(sessions, Authorize(made, wanted))
    assert isinstance(outcome, Done)
    assert [call.action for call in aws.calls(before)] == ["AuthorizeSecurityGroupIngress"] * 3
    held = rules(sessions, made)
    assert {rule.spec for rule in held} == set(wanted)
    assert set(outcome.rule_ids) == {rule.id for rule in held}


def test_a_part_that_is_refused_is_unclear_as_a_whole(ec2: AwsClient, sessions: Sessions) -> None:
    """What was added before the refusal would be forgotten."""
    made = empty_group(ec2).group_id
    there = spec(cidr("198.51.101.0/24"), tags=THEIRS)
    assert done(sessions, Authorize(made, (there,))) != []
    both = (spec(cidr("198.51.100.0/24"), tags=OURS), there)
    (outcome,) = done(sessions, Authorize(made, both))
    assert isinstance(outcome, Unsure), outcome
    assert {rule.spec for rule in rules(sessions, made)} == set(both)


def test_a_first_part_that_is_refused_is_what_it_is(ec2: AwsClient, sessions: Sessions, aws: LocalAws) -> None:
    """A missing permission would be tried again and again."""
    made = empty_group(ec2).group_id
    aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress")
    both = (spec(cidr("198.51.100.0/24"), tags=OURS), spec(cidr("198.51.101.0/24"), tags=THEIRS))
    (outcome,) = done(sessions, Authorize(made, both))
    assert isinstance(outcome, Failed)
    assert rules(sessions, made) == ()


def test_revoke_and_tags(ec2: AwsClient, sessions: Sessions, aws: LocalAws) -> None:
    """An act would take more calls than it needs, or touch other rules."""
    made = empty_group(ec2).group_id
    done(sessions, Authorize(made, tuple(spec(cidr(f"198.51.{n}.0/24")) for n in range(100, 104))))
    first, second, third, fourth = rules(sessions, made)
    before = aws.state().calls
    done(sessions, TagRules(made, (first.id, second.id), OURS))
    done(sessions, TagRules(made, (second.id,), THEIRS))
    done(sessions, UntagRules(made, (second.id,), OURS))
    assert done(sessions, Revoke(made, (third, fourth))) == [Done()]
    assert [call.action for call in aws.calls(before)] == [
        "CreateTags",
        "CreateTags",
        "DeleteTags",
        "RevokeSecurityGroupIngress",
    ]
    assert {rule.id: rule.tags for rule in rules(sessions, made)} == {first.id: OURS, second.id: THEIRS}


def test_already_so(ec2: AwsClient, sessions: Sessions) -> None:
    """An answer that is success would be a failure, and a failure would be success."""
    made = empty_group(ec2).group_id
    wanted = spec(cidr("198.51.100.0/24"), tags=OURS)
    assert isinstance(done(sessions, Authorize(made, (wanted,)))[0], Done)
    assert isinstance(done(sessions, Authorize(made, (wanted,)))[0], AlreadySo)
    held = rules(sessions, made)
    assert isinstance(done(sessions, Revoke(made, held))[0], Done)
    assert isinstance(done(sessions, Revoke(made, held))[0], AlreadySo)


@pytest.mark.parametrize(
    "kind, outcome",
    [
        ("throttle", Unsure),
        ("server-error", Unsure),
        ("unavailable", Unsure),
        ("drop-before", Unsure),
        ("drop-after", Unsure),
        ("access-denied", Failed),
        ("quota", Failed),
        ("duplicate", AlreadySo),
    ],
)
def test_a_refusal_is_an_outcome_and_no_exception(
    kind: str, outcome: type[Outcome], ec2: AwsClient, sessions: Sessions, aws: LocalAws
) -> None:
    """One group's fault would take down the others, and the journal would not say how it ended."""
    made = empty_group(ec2).group_id
    aws.add_fault(kind, action="AuthorizeSecurityGroupIngress")
    (ended,) = done(sessions, Authorize(made, (spec(cidr("198.51.100.0/24")),)))
    assert isinstance(ended, outcome), ended


def test_side_by_side(ec2: AwsClient, sessions: Sessions, aws: LocalAws) -> None:
    """Many groups would take as long as the sum of their calls; one that fails would take the others with it."""
    vpc = empty_group(ec2, name="first").vpc_id
    groups = [empty_group(ec2, name=f"g{number}", vpc_id=vpc).group_id for number in range(12)]
    aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", at=5)
    outcomes = done(sessions, *(Authorize(name, (spec(cidr("198.51.100.0/24")),)) for name in groups))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Done"] * 11 + ["Failed"]
    held = [len(rules(sessions, name)) for name in groups]
    assert [bool(count) for count in held] == [isinstance(outcome, Done) for outcome in outcomes]


def test_acts_are_paced_by_their_kind(ec2: AwsClient, sessions: Sessions) -> None:
    """The account's other tools would be throttled by ours."""
    made = empty_group(ec2).group_id
    performer = AwsPerformer(sessions, 0.1)
    first = Authorize(made, (spec(cidr("198.51.100.0/24")),))
    assert [type(o) for _, o in performer.perform(((HERE, change(first), first),))] == [Done]
    tag = TagRules(made, (rules(sessions, made)[0].id,), OURS)
    assert [type(o) for _, o in performer.perform(((HERE, change(tag), tag),))] == [Done]
