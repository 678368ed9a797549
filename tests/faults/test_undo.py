"""The way back: somebody takes a wanted rule away while originlock narrows, so it undoes the narrowing.

Lives here: an undo, and what may befall it. Must not live here: runs that nobody disturbs (see `test_matrix`).
"""

from __future__ import annotations

import dataclasses
import signal
import time

import pytest
from tests.faults.checks import (
    check_converged,
    check_journal,
    check_nothing_left,
    check_proved,
    command,
    ends_of,
)
from tests.faults.oracle import Entry, judged
from tests.faults.product import Ended, Product, moments_of
from tests.faults.scenarios import ADD, BY_NAME, EVERYONE, ORIGIN, OWNER_TAG, TAKE, Stage

pytestmark = pytest.mark.lab


def take_a_wanted_rule(stage: Stage, group: str) -> Entry:
    """Do what somebody else might do in the console at a bad moment."""
    own = sorted((e for e in stage.now() if dict(e.tags).get(OWNER_TAG) == ORIGIN), key=lambda entry: entry.source)
    stage.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[own[0].rule_id])
    return own[0]


def disturbed(
    stage: Stage, product: Product, group: str, kind: str | None, times: int, code: int
) -> tuple[Ended, str, int]:
    """Run, take a wanted rule away after the narrowing, and let this befall the undo.

    Returns the end, the source of the rule that was taken away, and the number of the call that took it.
    """
    stage.aws.add_fault("hang-after", action=TAKE)
    running = product.start_when_hanging(*command(BY_NAME["open"]))
    taken = take_a_wanted_rule(stage, group)
    meddled = stage.aws.state().calls
    if kind is not None:
        stage.aws.add_fault(kind, action=ADD, times=times)
    product.release()
    if code in {130, -signal.SIGKILL}:
        product.wait_until_hanging(running)
        running.send(signal.SIGINT if code == 130 else signal.SIGKILL)
        time.sleep(0.2)  # for the signal to arrive while the call hangs
        product.release()
    ended = running.wait()
    stage.aws.clear_faults()
    return ended, taken.source, meddled


@pytest.mark.parametrize(
    "kind,times,code",
    [
        pytest.param(None, 0, 5, id="undisturbed"),
        pytest.param("throttle", 3, 5, id="throttle", marks=pytest.mark.long),
        pytest.param("drop-before", 2, 5, id="drop-before", marks=pytest.mark.long),
        pytest.param("drop-after", 1, 5, id="drop-after", marks=pytest.mark.long),
        pytest.param("drop-after", 2, 5, id="drop-after-twice", marks=pytest.mark.long),
        pytest.param("duplicate", 1, 5, id="duplicate", marks=pytest.mark.long),
        pytest.param("access-denied", 1, 6, id="access-denied", marks=pytest.mark.long),
        pytest.param("server-error", 1000, 6, id="server-error-for-ever", marks=pytest.mark.long),
        pytest.param("hang-before", 1, 130, id="interrupt-before", marks=pytest.mark.long),
        pytest.param("hang-after", 1, 130, id="interrupt-after", marks=pytest.mark.long),
        pytest.param("hang-before", 1, -9, id="kill-before", marks=pytest.mark.long),
        pytest.param("hang-after", 1, -9, id="kill-after", marks=pytest.mark.long),
    ],
)
def test_an_undo(stage: Stage, kind: str | None, times: int, code: int) -> None:
    """An undo that opens more than there was, is given up half-way, or that the next run cannot follow."""
    scenario = BY_NAME["open"]
    world = scenario.prepare(stage)
    promise = scenario.promise(stage, world)
    product = stage.product()
    since = stage.aws.state().calls
    ended, taken, meddled = disturbed(stage, product, world.groups["web"], kind, times, code)

    calls = [call for call in stage.aws.calls(since) if call.number != meddled]
    promise = dataclasses.replace(promise, wanted=frozenset(e for e in promise.wanted if e.source != taken))
    assert judged(promise, moments_of(stage.aws.calls(since))) == []
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    died = check_journal(product.journal, ended, calls)
    check_proved(product.journal, calls)
    undone = code != 6 and (code, kind) != (-signal.SIGKILL, "hang-before")
    assert (set(EVERYONE) <= {entry.source for entry in stage.now()}) is undone

    again = product.run(*command(scenario))
    assert again.code == 0, again
    assert judged(promise, moments_of(stage.aws.calls(since))) == []
    check_converged(stage, scenario, world)
    assert ends_of(product.journal, died) == (["died"] if died else [])
    check_nothing_left(stage, scenario, product)
