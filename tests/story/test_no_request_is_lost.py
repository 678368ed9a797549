"""No request is lost: steady load from the edge's addresses while an open origin is locked, and while ranges change.

And the load would tell: with the order turned round, narrow before widen, the same load loses requests.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.story import load as load_program
from tests.story.asking import Asking, asking, show

from originlock.lab.addresses import EDGE, FRONT_IPV4, STRANGER
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.world import empty_group, tcp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.story.stage import OpenOrigin, Stage

pytestmark = pytest.mark.lab

#: So many requests a second there must have been, over the whole of a run; some more are begun.
FLOOR: Final = 200
RATE: Final = 220

#: The others ask so many times a second.
SELDOM: Final = 5

SERVED, DROPPED = load_program.SERVED, "connect timed out"

#: Who connects is let in, whatever becomes of it: flows that a rule for everybody let in are not tracked, and end with
#: that rule ('Security group connection tracking' in AWS's guide to EC2).
LET_IN: Final = {SERVED: "in", "answer timed out": "in", DROPPED: "out"}

#: The edge's addresses whose ranges stay wanted from beginning to end.
STEADY: Final = (*EDGE.ipv4, *EDGE.ipv6)

#: One that is in no published range, until one comes in. A part of Cloudflare's 104.16.0.0/13: a list that grows by
#: all of it is refused.
NEWCOMER: Final = FRONT_IPV4[0]
COMES: Final = "104.16.0.0/16"
GOES: Final = "131.0.72.0/22"

FIRST: Final = tuple(cidr for cidr in IPV4 if cidr != "104.16.0.0/13")
SECOND: Final = (*(cidr for cidr in FIRST if cidr != GOES), COMES)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The edge, a stranger, and one whom a change of the ranges lets in."""

    edge: Asking
    stranger: Asking
    newcomer: Asking

    def pass_by(self) -> None:
        """Let each of them ask once more."""
        for each in (self.edge, self.stranger, self.newcomer):
            each.pass_by()


@contextlib.contextmanager
def witnesses(stage: Stage, origin: OpenOrigin) -> Iterator[Witnesses]:
    """Let all of them ask an origin."""
    both, strangers = (origin.ipv4, origin.ipv6), (*STRANGER.ipv4, *STRANGER.ipv6)
    with (
        asking(stage, EDGE.name, origin.hostname, both, STEADY, RATE) as edge,
        asking(stage, STRANGER.name, origin.hostname, both, strangers, SELDOM) as stranger,
        asking(stage, EDGE.name, origin.hostname, both, (NEWCOMER,), SELDOM) as newcomer,
    ):
        yield Witnesses(edge, stranger, newcomer)


def fates(summary: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Whether each source was let in, one request after the other; alike ones in a row count once."""
    told = {source: [LET_IN.get(run[0], run[0]) for run in of["runs"]] for source, of in summary["sources"].items()}
    return {source: [fate for fate, _ in itertools.groupby(of)] for source, of in told.items()}


def assert_steady(summary: Mapping[str, Any]) -> None:
    """It was load, from all sources of both families, at the rate that was promised."""
    assert {of["family"] for of in summary["sources"].values()} == {4, 6}
    assert min(of["sent"] for of in summary["sources"].values()) >= summary["sent"] // len(STEADY) - 1
    assert summary["sent"] >= FLOOR * summary["seconds"], "this machine does not carry the load beside the lab"


# --- the product ------------------------------------------------------------------------------------------------


CASES: Final = (
    pytest.param("rules", False, 1, id="rules"),
    pytest.param("prefix-list", False, 1, id="prefix-list", marks=pytest.mark.long),
    pytest.param("rules", True, 2, id="late", marks=pytest.mark.long),
    pytest.param("rules", False, 12, id="for-longer", marks=[pytest.mark.long, pytest.mark.timeout(900)]),
)


@pytest.mark.parametrize("via, late, rounds", CASES)
def test_no_request_is_lost(stage: Stage, via: str, late: bool, rounds: int) -> None:  # noqa: FBT001 - as pytest gives it
    """A visitor who is turned away by a swap is what the whole order of a plan is there to prevent."""
    origin = stage.open_origin()
    options = ("--load-balancer", origin.name, "--create-group", "--foreign", "remove", "--via", via, "--yes")
    stage.lists.publish(FIRST, IPV6)
    if late:
        # What was written shows up late, and the packets are told later than whoever wrote it.
        stage.running.aws.settings(consistency_ms=1000, propagation_ms=700)
    with witnesses(stage, origin) as asked:
        stage.done("apply", *options)
        asked.pass_by()
        for _ in range(rounds):
            stage.lists.publish(SECOND, IPV6)
            stage.done("apply", *options)
            asked.pass_by()
            stage.lists.publish(FIRST, IPV6)
            stage.done("rollback", "--yes")
            asked.pass_by()
        # What the packets are told late they are told now.
        stage.running.aws.push()
        asked.pass_by()
        edge, stranger, newcomer = asked.edge.told(), asked.stranger.told(), asked.newcomer.told()
    show(f"{via}, {rounds} changes and rollbacks{', late' if late else ''}", edge)
    assert edge["failed"] == {}, edge["failures"]
    assert_steady(edge)
    assert list(fates(stranger).values()) == [["in", "out"]] * 2
    assert fates(newcomer) == {NEWCOMER: ["in", "out"] * (1 + rounds)}


# --- and what the load tells otherwise --------------------------------------------------------------------------


def test_the_order_turned_round_loses_requests(stage: Stage) -> None:
    """A load that loses nothing whatever is done to the groups would prove nothing."""
    origin = stage.open_origin()
    ec2, elbv2 = stage.running.aws.client("ec2"), stage.running.aws.client("elbv2")
    vpc_id = ec2.describe_security_groups(GroupIds=[origin.group_id])["SecurityGroups"][0]["VpcId"]
    group_id = empty_group(ec2, name="careless", vpc_id=vpc_id).group_id
    steps: list[tuple[float, float]] = []

    def step(narrow: Callable[[], object], widen: Callable[[], object]) -> None:
        began = time.monotonic()
        narrow()
        # A script that goes on to the next call only now.
        edge.pass_by()
        widen()
        steps.append((began, time.monotonic()))
        edge.pass_by()

    def fill(ipv4: Sequence[str]) -> None:
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[admitting(ipv4)])

    def drain(ipv4: Sequence[str]) -> None:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[admitting(ipv4)])

    with asking(stage, EDGE.name, origin.hostname, (origin.ipv4, origin.ipv6), STEADY, RATE) as edge:
        step(
            lambda: elbv2.set_security_groups(LoadBalancerArn=origin.arn, SecurityGroups=[group_id]),
            lambda: fill(FIRST),
        )
        step(lambda: drain(FIRST), lambda: fill(SECOND))
        step(lambda: drain(SECOND), lambda: fill(FIRST))
        summary = edge.told()
    show("the order turned round", summary)
    assert_steady(summary)
    assert summary["failed"][DROPPED] > 0
    # Each step shuts out every source for a while, and nothing else does.
    for source, of in summary["sources"].items():
        assert fates(summary)[source] == ["in", "out"] * len(steps) + ["in"], of["runs"]
        out = [(first, last) for outcome, first, last, _ in of["runs"] if outcome == DROPPED]
        for (began, ended), (first, last) in zip(steps, out, strict=True):
            assert began <= first <= last <= ended


def admitting(ipv4: Sequence[str]) -> Mapping[str, object]:
    """A permission for these ranges, and for all of IPv6."""
    return tcp(443, ipv4=[(cidr, None) for cidr in ipv4], ipv6=[(cidr, None) for cidr in IPV6])
