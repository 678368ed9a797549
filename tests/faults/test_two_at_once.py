"""Two applies at once: one state directory keeps them apart, two leave it to AWS to say "already so".

Lives here: pairs of runs, in forced and in chance order. Must not live here: single runs (see `test_matrix`).
"""

from __future__ import annotations

import time

import pytest
from tests.faults.checks import check_converged, check_journal, check_nothing_left, command
from tests.faults.oracle import judged
from tests.faults.product import Ended, Product, moments_of, mutating
from tests.faults.scenarios import ADD, BY_NAME, TAKE, Stage

pytestmark = pytest.mark.lab

#: How often a chance order is tried: once each time, more in the long run.
ONCE = pytest.param(1, id="once")
OFTEN = pytest.param(6, id="often", marks=pytest.mark.long)

NAMES = ("open", "swap", "full", "two")


def check_both(stage: Stage, name: str, run: tuple[Ended, ...]) -> None:
    """Both ended as if they had been alone."""
    for ended in run:
        assert "Traceback" not in ended.err
        assert ended.code == BY_NAME[name].code, ended
        assert ended.data["exit_code"] == ended.code
    assert stage.aws.state().faults == 0


@pytest.mark.parametrize("times", [ONCE, OFTEN])
def test_the_second_waits_for_the_lease(stage: Stage, times: int) -> None:
    """A second apply that reads while the first writes would plan from half of a change."""
    scenario = BY_NAME["swap"]
    for _ in range(times):
        stage.aws.reset()
        world = scenario.prepare(stage)
        promise = scenario.promise(stage, world)
        since = stage.aws.state().calls
        stage.aws.add_fault("hang-after", action=ADD)
        product = stage.product()
        before = len(product.journal)
        first = product.start_when_hanging(*command(scenario))
        reached = stage.aws.state().calls
        second = product.start(*command(scenario))
        time.sleep(2)  # long enough for it to have asked, if it did not wait
        assert not second.ended
        assert stage.aws.state().calls == reached, "the second asked AWS before it held the lease"
        product.release()
        check_both(stage, scenario.name, (first.wait(), second.wait()))
        calls = stage.aws.calls(since)
        assert [call.action for call in mutating(calls)] == [ADD, TAKE]
        assert judged(promise, moments_of(calls)) == []
        assert [line["event"] for line in product.journal[before:]].count("run-ended") == 2
        check_converged(stage, scenario, world)


def test_the_second_names_the_holder(stage: Stage) -> None:
    """Who is not told who holds the lease does not know whom to wait for, or whom to ask."""
    scenario = BY_NAME["swap"]
    world = scenario.prepare(stage)
    since = stage.aws.state().calls
    stage.aws.add_fault("hang-before", action=TAKE)
    product = stage.product()
    first = product.start_when_hanging(*command(scenario))
    reached = stage.aws.state().calls
    (run,) = {line["run"] for line in product.journal}
    second = product.run(*command(scenario), "--wait", "0.2")
    assert second.code == 4, second
    assert f"apply {run} by " in second.err
    assert f"(pid {first.process.pid}) holds the lease" in second.err
    assert second.data["error"]["exit_code"] == 4
    assert stage.aws.state().calls == reached
    product.release()
    ended = first.wait()
    assert ended.code == 0, ended
    assert check_journal(product.journal, ended, stage.aws.calls(since)) is None
    check_converged(stage, scenario, world)
    check_nothing_left(stage, scenario, product)


def test_a_killed_holder_holds_nothing(stage: Stage) -> None:
    """A lease that outlives its holder would need a person to take it away."""
    scenario = BY_NAME["swap"]
    world = scenario.prepare(stage)
    stage.aws.add_fault("hang-before", action=TAKE)
    product = stage.product()
    first = product.start_when_hanging(*command(scenario))
    first.process.kill()
    first.wait()
    second = product.run(*command(scenario), "--wait", "0")
    product.release()
    assert second.code == 0, second
    check_converged(stage, scenario, world)


def _in_one_anothers_way(stage: Stage, name: str, action: str, kind: str) -> None:
    """The first hangs at its first such act while the second does everything; then the first goes on."""
    scenario = BY_NAME[name]
    world = scenario.prepare(stage)
    promise = scenario.promise(stage, world)
    since = stage.aws.state().calls
    stage.aws.add_fault(kind, action=action)
    first = stage.product(state="state-1").start_when_hanging(*command(scenario))
    second = stage.product(state="state-2").run(*command(scenario))
    product: Product = stage.product(state="state-1")
    product.release()
    check_both(stage, name, (first.wait(), second))
    assert judged(promise, moments_of(stage.aws.calls(since))) == []
    check_converged(stage, scenario, world)
    check_nothing_left(stage, scenario, product)


@pytest.mark.parametrize(
    "name,action,kind",
    [
        pytest.param(name, action, kind, id=f"{name}-{action}-{kind}", marks=marks)
        for name in NAMES
        for action in (ADD, TAKE)
        for kind in ("hang-before", "hang-after")
        for marks in [() if (name, action, kind) == ("open", TAKE, "hang-before") else pytest.mark.long]
    ],
)
def test_the_second_overtakes_the_first(stage: Stage, name: str, action: str, kind: str) -> None:
    """Machines that share no state directory: the first finds everything done, and must take that for success."""
    _in_one_anothers_way(stage, name, action, kind)


@pytest.mark.parametrize(
    "name,times",
    [pytest.param("two", 1, id="once"), *(pytest.param(name, 6, id=name, marks=pytest.mark.long) for name in NAMES)],
)
def test_two_side_by_side(stage: Stage, name: str, times: int) -> None:
    """Machines that share no state directory, started at once: chance orders their calls, no gap and no doubles."""
    scenario = BY_NAME[name]
    for turn in range(times):
        stage.aws.reset()
        stage.lists.publish()
        world = scenario.prepare(stage)
        promise = scenario.promise(stage, world)
        since = stage.aws.state().calls
        stage.aws.settings(latency_ms=15 * turn)
        products = [stage.product(state=f"state-{turn}-{number}") for number in range(2)]
        runs = [product.start(*command(scenario)) for product in products]
        check_both(stage, name, tuple(run.wait() for run in runs))
        assert judged(promise, moments_of(stage.aws.calls(since))) == []
        check_converged(stage, scenario, world)
        stage.aws.settings(latency_ms=0)
        check_nothing_left(stage, scenario, products[0])
