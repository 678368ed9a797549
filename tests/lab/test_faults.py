"""Every fault that the lab can make, as a boto3 client meets it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from originlock.lab.faults import Fault, FaultKind
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Callable

    from originlock.lab.process import AwsClient, LocalAws


@pytest.fixture
def group_id(ec2: AwsClient) -> str:
    """A group without ingress rules."""
    return empty_group(ec2).group_id


def admit(ec2: AwsClient, group_id: str, cidr: str = "10.0.0.0/8") -> dict[str, Any]:
    """Authorize one range."""
    answer: dict[str, Any] = ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[tcp(443, ipv4=[(cidr, None)])]
    )
    return answer


def admitted(ec2: AwsClient, group_id: str) -> list[str]:
    """Return the ranges that are admitted, as a Describe tells."""
    filters = [{"Name": "group-id", "Values": [group_id]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return sorted(rule["CidrIpv4"] for rule in rules if not rule["IsEgress"])


@pytest.mark.parametrize(
    "kind,status,code",
    [
        ("throttle", 503, "RequestLimitExceeded"),
        ("server-error", 500, "InternalError"),
        ("unavailable", 503, "Unavailable"),
        ("access-denied", 403, "UnauthorizedOperation"),
        ("quota", 400, "RulesPerSecurityGroupLimitExceeded"),
        ("duplicate", 400, "InvalidPermission.Duplicate"),
        ("not-found", 400, "InvalidGroup.NotFound"),
        ("in-use", 400, "DependencyViolation"),
        ("conflict", 400, "IncorrectState"),
    ],
)
def test_errors_are_answered_once_and_nothing_is_done(
    aws: LocalAws, ec2: AwsClient, group_id: str, kind: str, status: int, code: str
) -> None:
    """With EC2's status and code; the next call is as ever."""
    aws.add_fault(kind, action="AuthorizeSecurityGroupIngress")
    with pytest.raises(ClientError) as error:
        admit(ec2, group_id)
    answer = error.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    assert admitted(ec2, group_id) == []
    admit(ec2, group_id)
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]


def test_not_found_fits_the_action(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """For a rule id it is the rule that is not found."""
    (rule,) = admit(ec2, group_id)["SecurityGroupRules"]
    aws.add_fault("not-found", action="RevokeSecurityGroupIngress")
    with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound.*sgr-"):
        ec2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]


@pytest.mark.parametrize("kind,done", [("drop-before", []), ("drop-after", ["10.0.0.0/8"])])
def test_a_connection_is_dropped(aws: LocalAws, ec2: AwsClient, group_id: str, kind: str, done: list[str]) -> None:
    """Before the call is done or after, and always without an answer."""
    aws.add_fault(kind, action="AuthorizeSecurityGroupIngress")
    with pytest.raises(ConnectionClosedError):
        admit(ec2, group_id)
    assert admitted(ec2, group_id) == done
    last = [call for call in aws.calls() if call.action.startswith("Authorize")][-1]
    assert (last.status, last.fault) == (None, kind)


def test_botocore_retries_what_was_dropped_and_meets_its_own_rule(aws: LocalAws, group_id: str) -> None:
    """What makes drop-after worth testing: the second try is refused as a Duplicate."""
    retrying = aws.client("ec2", attempts=3)
    aws.add_fault("drop-after", action="AuthorizeSecurityGroupIngress")
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        admit(retrying, group_id)
    assert admitted(retrying, group_id) == ["10.0.0.0/8"]


def test_the_nth_call_from_now(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """Counted from when the fault was added, whatever the action."""
    admitted(ec2, group_id)
    aws.add_fault("server-error", at=2)
    admit(ec2, group_id)
    with pytest.raises(ClientError, match="InternalError"):
        admitted(ec2, group_id)
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]
    assert aws.state().faults == 0


def test_several_times_and_several_faults(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """A fault can befall some calls in a row; faults of different actions do not disturb."""
    aws.add_fault("throttle", action="DescribeSecurityGroupRules", times=2)
    aws.add_fault("access-denied", action="CreateTags", at=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="RequestLimitExceeded"):
            admitted(ec2, group_id)
    assert admitted(ec2, group_id) == []
    ec2.create_tags(Resources=[group_id], Tags=[{"Key": "a", "Value": "1"}])
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.create_tags(Resources=[group_id], Tags=[{"Key": "a", "Value": "1"}])


def test_faults_can_be_cleared(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """Before they befall anyone."""
    aws.add_fault("server-error", at=1)
    aws.clear_faults()
    assert admitted(ec2, group_id) == []


def test_a_stale_read_shows_what_was(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """Before the last call that changed something; the next read is up to date."""
    admit(ec2, group_id, "10.0.0.0/8")
    admit(ec2, group_id, "192.0.2.0/24")
    aws.add_fault("stale", at=1)
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]
    assert admitted(ec2, group_id) == ["10.0.0.0/8", "192.0.2.0/24"]


def test_writes_show_up_late(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """With eventual consistency a read lags; what is written is nevertheless there."""
    aws.settings(consistency_ms=400)
    started = time.monotonic()
    admit(ec2, group_id)
    assert admitted(ec2, group_id) == []
    with pytest.raises(ClientError, match="Duplicate"):
        admit(ec2, group_id)
    while admitted(ec2, group_id) == []:
        assert time.monotonic() < started + 10
        time.sleep(0.02)
    assert time.monotonic() >= started + 0.4


def test_what_was_there_before_the_lag_shows_at_once(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """A world that is seeded and then made slow is all there."""
    admit(ec2, group_id)
    aws.settings(consistency_ms=60_000)
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]


def test_other_services_have_their_own_words(aws: LocalAws, elbv2: AwsClient, quotas: AwsClient) -> None:
    """Load balancing and service quotas call the same failure otherwise."""
    aws.add_fault("throttle", action="DescribeLoadBalancers")
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers()
    assert error.value.response["Error"]["Code"] == "Throttling"
    aws.add_fault("access-denied", action="GetServiceQuota")
    with pytest.raises(ClientError) as error:
        quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-0EA8095F")
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"


# --- hanging -------------------------------------------------------------------------------------


def in_background(act: Callable[[], object]) -> tuple[threading.Thread, list[BaseException | None]]:
    """Do it in a thread; the list then holds what it raised, or None."""
    ended: list[BaseException | None] = []

    def run() -> None:
        try:
            act()
        except (ClientError, ConnectionClosedError) as error:
            ended.append(error)
        else:
            ended.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ended


@pytest.mark.parametrize("kind,done", [("hang-before", []), ("hang-after", ["10.0.0.0/8"])])
def test_a_call_hangs_until_released(aws: LocalAws, ec2: AwsClient, group_id: str, kind: str, done: list[str]) -> None:
    """Others are answered meanwhile; hang-after is answered at last, hang-before never is."""
    aws.add_fault(kind, action="AuthorizeSecurityGroupIngress")
    thread, ended = in_background(lambda: admit(ec2, group_id))
    aws.wait_until_hanging()
    assert admitted(ec2, group_id) == done
    aws.release()
    thread.join(10)
    assert (ended == [None]) is (kind == "hang-after")
    assert not aws.state().hanging
    assert admitted(ec2, group_id) == done


def test_a_client_is_killed_while_its_call_hangs(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """What hanging is for: the call is done and its client never knows."""
    program = (
        "import boto3, sys; boto3.client('ec2').authorize_security_group_ingress("
        "GroupId=sys.argv[1], IpProtocol='tcp', FromPort=443, ToPort=443, CidrIp='10.0.0.0/8')"
    )
    aws.add_fault("hang-after", action="AuthorizeSecurityGroupIngress")
    client = subprocess.Popen([sys.executable, "-c", program, group_id], env=dict(aws.environment))
    aws.wait_until_hanging(30)
    client.kill()
    assert client.wait() < 0
    aws.release()
    assert admitted(ec2, group_id) == ["10.0.0.0/8"]


def test_a_client_gives_up_on_a_call_that_hangs(aws: LocalAws, group_id: str) -> None:
    """A read time-out; the server is none the worse."""
    hasty = aws.client("ec2", attempts=1, read_timeout=0.3)
    aws.add_fault("hang-before", at=1)
    with pytest.raises(ReadTimeoutError):
        admit(hasty, group_id)
    aws.release()
    assert admitted(hasty, group_id) == []


# --- throttling and latency --------------------------------------------------------------------------


def test_throttling_takes_tokens_of_each_action(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """A burst, then refusals; other actions have buckets of their own, and it fills again."""
    aws.settings(throttle={"mutating": {"burst": 3, "rate": 2}, "reads": {"burst": 100, "rate": 20}})
    for number in range(3):
        admit(ec2, group_id, f"10.{number}.0.0/16")
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        admit(ec2, group_id, "10.3.0.0/16")
    ec2.create_tags(Resources=[group_id], Tags=[{"Key": "a", "Value": "1"}])
    assert len(admitted(ec2, group_id)) == 3
    time.sleep(0.6)
    admit(ec2, group_id, "10.3.0.0/16")


def test_throttling_is_aws_own_by_default_and_can_be_turned_off(aws: LocalAws) -> None:
    """50 at once and 5 a second for what mutates; 100 and 20 for reads."""
    assert aws.settings()["throttle"] is None
    assert aws.settings(throttle={})["throttle"] == {
        "mutating": {"burst": 50, "rate": 5},
        "reads": {"burst": 100, "rate": 20},
    }
    assert aws.settings(throttle_off=True)["throttle"] is None


def test_latency_is_added_to_each_call_apart(aws: LocalAws, ec2: AwsClient, group_id: str) -> None:
    """Calls at the same time wait at the same time."""
    aws.settings(latency_ms=200)
    started = time.monotonic()
    threads = [threading.Thread(target=admitted, args=(ec2, group_id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= time.monotonic() - started < 1.4


# --- without a server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "throttle"},
        {"kind": "nonsense", "at": 1},
        {"kind": "throttle", "at": 0},
        {"kind": "throttle", "at": True},
        {"kind": "throttle", "at": 1, "more": 1},
    ],
)
def test_faults_that_make_no_sense_are_refused(given: dict[str, object]) -> None:
    """When they are added, not when they would befall."""
    with pytest.raises(ValueError, match=r"."):
        Fault.from_json(given)


def test_every_kind_is_tried_here() -> None:
    """No kind of fault without a test that names it."""
    with open(__file__, encoding="utf-8") as source:  # noqa: PTH123 - itself
        text = source.read()
    assert [kind for kind in FaultKind if f'"{kind}"' not in text] == []


def test_a_fault_befalls_only_calls_that_have_the_value(aws: LocalAws, ec2: AwsClient) -> None:
    """A test that means one group of twenty would break all of them."""
    one, two = empty_group(ec2, name="one").group_id, empty_group(ec2, name="two").group_id
    aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", times=2, having=two)
    admit(ec2, one)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        admit(ec2, two)
    assert aws.state().faults == 1
