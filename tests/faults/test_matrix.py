"""The fault matrix: whatever befalls whichever call, no gap, no widening, and the next run sets it right.

Lives here: one cell's run and all that is asserted of it. Must not live here: the list of cells (see `cells`).
"""

from __future__ import annotations

import signal
import sys
import time

import pytest
from tests.faults.cells import CELLS, SAMPLED, SEED, Cell
from tests.faults.checks import (
    check_claims,
    check_converged,
    check_end,
    check_journal,
    check_nothing_left,
    check_proved,
    command,
    descriptions,
    ends_of,
)
from tests.faults.oracle import judged
from tests.faults.product import Ended, Product, moments_of
from tests.faults.scenarios import SCENARIOS, Scenario, Stage

pytestmark = pytest.mark.lab

# --- one cell ---------------------------------------------------------------------------------------------------------


def befall(stage: Stage, cell: Cell, product: Product) -> Ended:
    """Run the scenario's command with the cell's trouble, and take the trouble away again."""
    trouble = cell.trouble
    if trouble.lag_seconds:
        time.sleep(trouble.lag_seconds)  # what was written to make the world is to be seen
        stage.aws.settings(consistency_ms=trouble.lag_seconds * 1000)
    if trouble.kind is not None:
        stage.aws.add_fault(trouble.kind, at=cell.counted, times=trouble.times)
    if trouble.then is not None:
        stage.aws.add_fault(trouble.then, at=cell.counted + 1)
    if trouble.signal is None:
        ended = product.run(*command(cell.scenario))
    else:
        running = product.start_when_hanging(*command(cell.scenario))
        running.send(trouble.signal)
        if trouble.signal is signal.SIGKILL:
            ended = running.wait()
            product.release()
        else:
            time.sleep(0.2)  # for the signal to arrive while the call hangs
            product.release()
            ended = running.wait()
    product.release()
    stage.aws.clear_faults()
    stage.aws.settings(consistency_ms=0)
    return ended


def check_cell(stage: Stage, cell: Cell) -> None:
    """Run a cell: the trouble, then the same command without it, then a plan; assert everything of each."""
    scenario = cell.scenario
    world = scenario.prepare(stage)
    promise = scenario.promise(stage, world)
    said = {rule: text for rule, text in descriptions(stage).items() if rule in {e.rule_id for e in world.kept}}
    product = stage.product(attempts=cell.trouble.attempts)
    before = len(product.journal)
    since = stage.aws.state().calls

    ended = befall(stage, cell, product)
    calls = stage.aws.calls(since)
    assert judged(promise, moments_of(calls)) == []
    check_end(cell, ended, calls)
    died = check_journal(product.journal[before:], ended, calls)
    check_proved(product.journal, calls)
    if ended.code >= 0:
        check_claims(ended.data, calls)
    if ended.code == 0:
        check_converged(stage, scenario, world)

    product.attempts = None
    again_since = stage.aws.state().calls
    again = product.run(*command(scenario))
    assert again.code == scenario.code, again
    assert again.data["recovered"] == ([died] if died else [])
    assert judged(promise, moments_of(stage.aws.calls(since))) == []
    check_proved(product.journal, stage.aws.calls(again_since))
    check_converged(stage, scenario, world)
    now = descriptions(stage)
    assert {rule: now.get(rule) for rule in said} == said
    assert ends_of(product.journal, died) == (["died"] if died else [])
    check_nothing_left(stage, scenario, product)


# --- the tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_without_faults(stage: Stage, scenario: Scenario) -> None:
    """A run makes just the calls that the matrix knows, ends as it should and converges.

    A call more or less, or one in another place, would leave cells out of the matrix without a word.
    """
    world = scenario.prepare(stage)
    promise = scenario.promise(stage, world)
    product = stage.product()
    before = len(product.journal)
    since = stage.aws.state().calls
    ended = product.run(*command(scenario))
    calls = stage.aws.calls(since)
    assert ended.code == scenario.code, ended
    assert tuple(call.action for call in calls) == scenario.calls
    assert judged(promise, moments_of(calls)) == []
    check_journal(product.journal[before:], ended, calls)
    check_proved(product.journal, calls)
    check_claims(ended.data, calls)
    check_converged(stage, scenario, world)
    check_nothing_left(stage, scenario, product)


def test_the_sample_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Which cells run each time stands in the output; nobody would know what was left out otherwise."""
    chosen: dict[str, list[str]] = {}
    for cell in SAMPLED:
        chosen.setdefault(cell.scenario.name, []).append(str(cell).removeprefix(f"{cell.scenario.name}-"))
    lines = [f"fault matrix: {len(SAMPLED)} of {len(CELLS)} cells, seed {SEED}"]
    lines += [f"  {name}: {', '.join(cells)}" for name, cells in chosen.items()]
    with capsys.disabled():
        # A worker's standard output goes nowhere; its standard error is the terminal's.
        sys.stderr.write("\n" + "\n".join(lines) + "\n")
    assert len({str(cell) for cell in CELLS}) == len(CELLS)


@pytest.mark.parametrize("cell", SAMPLED, ids=str)
def test_cell(stage: Stage, cell: Cell) -> None:
    """A gap, a widening, a lie in the journal, or a state that the next run cannot set right (a sample)."""
    check_cell(stage, cell)


@pytest.mark.long
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in SAMPLED], ids=str)
def test_cell_of_the_rest(stage: Stage, cell: Cell) -> None:
    """The same for every cell that the sample leaves out; both together are the whole matrix."""
    check_cell(stage, cell)
