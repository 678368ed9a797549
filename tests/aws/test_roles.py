"""Roles: assumed from one session, renewed before they end, and told of by name where they cannot be."""

from __future__ import annotations

import datetime
import logging
import re
from typing import Any

import botocore.session
import pytest

from originlock.aws.performer import AwsPerformer
from originlock.aws.reader import AwsReader
from originlock.aws.roles import session_name
from originlock.aws.session import Sessions
from originlock.errors import CloudError, Whose
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, RuleKey, RuleSpec, SecurityGroup
from originlock.intent.policy import GroupsById, Place
from originlock.lab.process import LocalAws
from originlock.lab.world import empty_group
from originlock.plan.acts import Authorize
from originlock.plan.change import Change, Effect, Phase
from originlock.plan.outcomes import Done, Unsure

pytestmark = pytest.mark.lab

ROLE = "arn:aws:iam::111111111111:role/originlock"
OTHER = "arn:aws:iam::222222222222:role/ops/originlock"
HERE = Place("eu-west-1", None, ROLE, "blog:2026")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.later = datetime.timedelta()

    def __call__(self) -> datetime.datetime:
        """The machine's time, and more."""
        return datetime.datetime.now(datetime.UTC) + self.later


@pytest.fixture
def clock() -> Clock:
    """The machine's time, for now."""
    return Clock()


@pytest.fixture
def timed(sessions: Sessions, clock: Clock) -> Sessions:
    """Our own sessions, by that clock."""
    assert sessions is not None
    return Sessions(clock)


def assumed(aws: LocalAws) -> list[str]:
    """The roles that were assumed, in order."""
    return [call.parameters["RoleArn"] for call in aws.calls() if call.action == "AssumeRole"]


def test_a_role_leads_to_the_other_account(aws: LocalAws, sessions: Sessions) -> None:
    """The groups of the person's own account would be locked instead of the member's."""
    theirs = empty_group(aws.client("ec2", account="111111111111")).group_id
    ours = empty_group(aws.client("ec2")).group_id
    member, home = AwsReader(sessions, HERE), AwsReader(sessions, Place())
    assert set(member.find(GroupsById((theirs, ours))).groups) == {theirs}
    assert set(home.find(GroupsById((theirs, ours))).groups) == {ours}
    asked = next(call for call in aws.calls() if call.parameters.get("ExternalId") == "blog:2026")
    assert asked.parameters["RoleArn"] == ROLE
    assert re.fullmatch(r"originlock-[A-Za-z0-9_+=,.@-]{1,53}", asked.parameters["RoleSessionName"])


def test_the_performer_speaks_as_the_role(aws: LocalAws, sessions: Sessions) -> None:
    """What was planned in one account would be done in another."""
    made = empty_group(aws.client("ec2", account="111111111111")).group_id
    spec = RuleSpec(RuleKey("tcp", 443, 443, CidrSource(parse("104.16.0.0/13"))), "", ())
    act = Authorize(made, (spec,))
    change = Change("c", "blog", 1, Phase.WIDEN, Effect.WIDEN, made, "", act, None, (), None)
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((HERE, change, act),))
    assert isinstance(outcome, Done), outcome
    group = AwsReader(sessions, HERE).find(GroupsById((made,))).groups[made]
    assert isinstance(group, SecurityGroup)
    assert [rule.key for rule in group.rules] == [spec.key]


def test_a_role_is_assumed_once_and_again_before_it_ends(aws: LocalAws, timed: Sessions, clock: Clock) -> None:
    """A long run would stop half-way when the hour of its credentials is over, or ask STS before each call."""
    client = timed.ec2(HERE)
    assert assumed(aws) == [], "nothing is asked before it is needed"
    for _ in range(3):
        client.describe_security_groups()
    assert assumed(aws) == [ROLE]
    clock.later = datetime.timedelta(minutes=40)
    client.describe_security_groups()
    assert assumed(aws) == [ROLE]
    clock.later = datetime.timedelta(minutes=46)
    aws.add_fault("server-error", action="AssumeRole")
    client.describe_security_groups()
    assert assumed(aws) == [ROLE, ROLE], "tried in good time; that it failed does not matter yet"
    client.describe_security_groups()
    assert assumed(aws) == [ROLE, ROLE, ROLE]


def test_credentials_that_have_ended_already_are_said_to(aws: LocalAws, timed: Sessions, clock: Clock) -> None:
    """A clock that is a day ahead would end as a fault of originlock."""
    clock.later = datetime.timedelta(days=1)
    assert aws.state().calls == 0
    with pytest.raises(CloudError, match="by the clock of this machine") as caught:
        AwsReader(timed, HERE).find(GroupsById(("sg-00000000000000001",)))
    assert "clock" in caught.value.remedy


def test_a_role_that_is_refused_is_named_with_what_to_do(
    aws: LocalAws, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    """Of twenty accounts nobody would know which one does not trust us."""
    caplog.set_level(logging.INFO)
    aws.add_fault("access-denied", action="AssumeRole", times=10)
    with pytest.raises(CloudError) as caught:
        AwsReader(sessions, HERE).find(GroupsById(("sg-00000000000000001",)))
    assert ROLE in caught.value.what
    assert "AccessDenied" in caught.value.what
    assert "trust policy" in caught.value.remedy
    assert caught.value.whose is Whose.YOURS
    aws.clear_faults()
    aws.add_fault("throttle", action="AssumeRole", times=10)
    with pytest.raises(CloudError, match=ROLE) as caught:
        AwsReader(sessions, HERE).find(GroupsById(("sg-00000000000000001",)))
    assert caught.value.whose is Whose.AWS


def test_an_act_whose_role_cannot_be_renewed_may_have_been_done(aws: LocalAws, sessions: Sessions) -> None:
    """A try that was sent before the credentials ended would count as never made."""
    aws.add_fault("access-denied", action="AssumeRole", times=10)
    act = Authorize("sg-1", (RuleSpec(RuleKey("tcp", 443, 443, CidrSource(parse("104.16.0.0/13"))), "", ()),))
    change = Change("c", "blog", 1, Phase.WIDEN, Effect.WIDEN, "sg-1", "", act, None, (), None)
    ((_, outcome),) = AwsPerformer(sessions, 0).perform(((HERE, change, act),))
    assert isinstance(outcome, Unsure)
    assert ROLE in outcome.message


def test_no_credentials_are_logged(aws: LocalAws, sessions: Sessions, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log could act as the role."""
    caplog.set_level(logging.INFO)
    AwsReader(sessions, HERE).find(GroupsById(("sg-00000000000000001",)))
    aws.add_fault("access-denied", action="AssumeRole", times=10)
    with pytest.raises(CloudError) as caught:
        AwsReader(sessions, Place("eu-west-1", None, OTHER)).find(GroupsById(("sg-00000000000000001",)))
    given = sessions.ec2(HERE)
    token = given._request_signer._credentials.get_frozen_credentials()  # type: ignore[attr-defined]  # noqa: SLF001
    for text in (caplog.text, str(caught.value), caught.value.what, caught.value.remedy):
        assert token.secret_key not in text
        assert token.token not in text


def test_clients_are_made_once_from_one_session(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred accounts would take a minute and gigabytes, a session with its models for each."""
    made: list[tuple[int, str, str | None]] = []
    true_one = botocore.session.Session.create_client

    def counted(self: Any, service: str, *args: Any, **more: Any) -> Any:  # noqa: ANN401  botocore's own
        made.append((id(self), service, more.get("region_name")))
        return true_one(self, service, *args, **more)

    monkeypatch.setattr(botocore.session.Session, "create_client", counted)
    places = [
        Place(region, None, role) for region in ("eu-west-1", "us-east-1", "ap-south-1") for role in (ROLE, OTHER)
    ]
    for _ in range(3):
        for place in (*places, Place("eu-west-1"), Place()):
            AwsReader(sessions, place)
            sessions.ec2(place)
    assert len({session for session, _, _ in made}) == 1
    services = [service for _, service, _ in made]
    assert (services.count("ec2"), services.count("sts"), len(made)) == (7, 6, 13)
    for place in places:
        sessions.service_quotas(place)
    assert len(made) == 13 + 6


def test_a_name_of_a_session_is_one_that_sts_takes() -> None:
    """A host with an odd name could assume no role."""
    assert session_name("web 1/ä") == "originlock-web-1--"
    assert len(session_name("x" * 200)) == 64
