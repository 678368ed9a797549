"""The server's process: quick to start, alone on the loopback address, and gone when it should be."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from originlock.lab.process import AwsClient, LabStartError, LocalAws
from originlock.lab.world import empty_group, open_load_balancer

if TYPE_CHECKING:
    from pathlib import Path

SERVER = [sys.executable, "-m", "originlock.lab.server"]


def environment() -> dict[str, str]:
    """The environment with the path to the package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def test_it_ends_with_its_standard_input(tmp_path: Path) -> None:
    """As it does when its parent dies; the ready file says what the ready line says."""
    ready = tmp_path / "ready.json"
    server = subprocess.Popen(
        [*SERVER, "--while-stdin", "--ready-file", str(ready)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    with server:
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        assert json.loads(ready.read_text()) == said
        assert urlsplit(said["url"]).hostname == "127.0.0.1"
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(10) == 0


def test_it_ends_when_its_parent_is_killed() -> None:
    """A parent that is killed cannot stop it, and need not."""
    program = (
        "import time; from originlock.lab.process import AwsClient, LocalAws\n"
        "aws = LocalAws(); aws.start(); print(aws.process_id, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment())
    with parent:
        assert parent.stdout is not None
        server_id = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 10
        while _lives(server_id):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _lives(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/stat", encoding="ascii") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_ends_on_sigterm() -> None:
    """At once, also while a call hangs."""
    with LocalAws() as aws:
        aws.add_fault("hang-before", at=1)
        hasty = aws.client("ec2", attempts=1, read_timeout=0.2)
        with pytest.raises(Exception, match="timeout"):
            hasty.describe_vpcs()
        server_id = aws.process_id
        assert server_id is not None
        os.kill(server_id, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while _lives(server_id):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_start_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that is too slow nor one that ends."""
    slow = LocalAws(start_seconds=0.01)
    with pytest.raises(LabStartError, match="did not answer"):
        slow.start()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    ended = LocalAws()
    with pytest.raises(LabStartError, match="ended with 1"):
        ended.start()
    for each in (slow, ended):
        assert each.process_id is None
        with pytest.raises(LabStartError, match="does not run"):
            _ = each.url


def test_stopping_twice_is_harmless() -> None:
    """Also before it was started."""
    aws = LocalAws()
    aws.stop()
    aws.stop()


def test_reset_forgets_everything(aws: LocalAws, ec2: AwsClient) -> None:
    """What AWS holds, the log, faults and settings."""
    group = empty_group(ec2)
    aws.settings(quota_rules=1, latency_ms=1)
    aws.add_fault("throttle", at=100)
    aws.reset()
    assert (aws.state().calls, aws.state().faults) == (0, 0)
    assert (aws.settings()["quota_rules"], aws.settings()["latency_ms"]) == (60, 0)
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        ec2.describe_security_groups(GroupIds=[group.group_id])


def test_a_connection_is_kept_alive(aws: LocalAws) -> None:
    """Many requests over one connection, of each method."""
    connection = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=10)
    connection.connect()
    local = connection.sock.getsockname()
    for method, path in (("GET", "state"), ("POST", "reset"), ("DELETE", "faults"), ("GET", "nothing")):
        connection.request(method, f"/originlock-lab/{path}")
        answer = connection.getresponse()
        json.load(answer)
        assert answer.version == 11
        assert (answer.status == 404) is (path == "nothing")
        assert connection.sock is not None
        assert connection.sock.getsockname() == local
    connection.close()


@pytest.mark.parametrize(
    "path,body",
    [
        ("settings", {"nonsense": 1}),
        ("settings", {"latency_ms": "much"}),
        ("settings", {"throttle": {"reads": {"burst": -1}}}),
        ("faults", {"kind": "nonsense", "at": 1}),
        ("faults", 7),
    ],
)
def test_bad_requests_of_tests_are_told(aws: LocalAws, path: str, body: object) -> None:
    """So that a test that is wrong does not pass."""
    connection = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=10)
    connection.request("POST", f"/originlock-lab/{path}", body=json.dumps(body))
    answer = connection.getresponse()
    assert answer.status == 400
    assert json.load(answer)["error"]
    connection.close()


def test_an_action_that_the_lab_does_not_know_is_refused_readably(aws: LocalAws, ec2: AwsClient) -> None:
    """Moto's own answer is HTML, which botocore cannot read."""
    assert aws.state().calls == 0
    with pytest.raises(ClientError, match="InvalidAction"):
        ec2.describe_security_group_vpc_associations()


def test_an_open_load_balancer(ec2: AwsClient, elbv2: AwsClient) -> None:
    """As people have it before they lock it."""
    world = open_load_balancer(ec2, elbv2)
    (balancer,) = elbv2.describe_load_balancers(Names=["rtfm-alb"])["LoadBalancers"]
    assert balancer["LoadBalancerArn"] == world.load_balancer_arn
    assert balancer["SecurityGroups"] == [world.group_id]
    assert (balancer["Scheme"], balancer["VpcId"]) == ("internet-facing", world.vpc_id)
    filters = [{"Name": "group-id", "Values": [world.group_id]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert {
        (rule["FromPort"], rule.get("CidrIpv4") or rule["CidrIpv6"], rule.get("Description"))
        for rule in rules
        if not rule["IsEgress"]
    } == {
        (443, "0.0.0.0/0", None),
        (443, "::/0", None),
        (443, "203.0.113.7/32", "office"),
        (22, "203.0.113.0/24", None),
    }
