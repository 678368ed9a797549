"""What is asserted of a run, of what it left behind, and of the run after it.

Lives here: the asserts that the matrix and the pairs of runs share. Must not live here: faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.faults.cells import Cell, Place
from tests.faults.oracle import doubles
from tests.faults.product import Ended, Product, asked, by_group, intended, moments_of, mutating
from tests.faults.scenarios import READ_RULES, Scenario, Stage, World, held

if TYPE_CHECKING:
    from originlock.lab.calls import Call

_JSON = ("-o", "json")


def command(scenario: Scenario) -> tuple[str, ...]:
    """The command line of a scenario."""
    return (*scenario.command, "--yes", *_JSON)


def check_end(cell: Cell, ended: Ended, calls: Sequence[Call]) -> None:
    """The exit code is one of the contract's for this cell, and what was printed agrees with it."""
    expected = {kind for kind in (cell.trouble.kind, cell.trouble.then) if kind is not None}
    assert expected <= {call.fault for call in calls}, "the fault befell no call"
    assert "Traceback" not in ended.err
    assert ended.code in cell.codes, ended
    if ended.code < 0:
        return
    data = ended.data
    assert data.get("error", data)["exit_code"] == ended.code
    if ended.code == 4 or (cell.place is Place.LOOK and ended.code == 7):
        assert mutating(calls) == [], "it said that nothing was changed"


def check_claims(data: Mapping[str, Any], calls: Sequence[Call]) -> None:
    """What the output says is done is done, by what AWS held after the last call."""
    moments = moments_of(calls)
    for change in data.get("done", []):
        there = {e for e in moments[-1] if e.group == change["target"]}
        if change["kind"] == "revoke-ingress":
            assert {e.rule_id for e in there} & {rule["id"] for rule in change["rules"]} == set()
        else:
            asked_for = {(r["protocol"], r["from_port"], r["to_port"], r["source"]) for r in change["rules"]}
            assert asked_for <= {(e.protocol, e.from_port, e.to_port, e.source) for e in there}


def check_journal(journal: Sequence[Mapping[str, Any]], ended: Ended, calls: Sequence[Call]) -> str | None:
    """The journal of a run tells the truth; returns the run's name if the run did not live to end it."""
    names: list[str] = [line["run"] for line in journal if line["event"] == "run-begun"]
    if not names:
        assert mutating(calls) == []
        return None
    told = [line for line in journal if line["run"] == names[-1]]
    intents = [line for line in told if line["event"] == "intended"]
    changes = mutating(calls)
    assert len(intents) <= len(changes), "an act was intended and never asked"
    assert by_group([asked(call) for call in changes]) == by_group([intended(line) for line in intents])
    ends = [line for line in told if line["event"] == "run-ended"]
    if ended.code < 0:
        assert ends == []
        return names[-1]
    assert [line["exit_code"] for line in ends] == [ended.code]
    answers = [line for line in told if line["event"] == "answered"]
    assert len(answers) == len(intents), "an act was intended and its answer is not in the journal"
    return None


def check_proved(journal: Sequence[Mapping[str, Any]], calls: Sequence[Call]) -> None:
    """I5: what the plan narrows goes only after a read-back that was answered and came after all that was added."""
    narrowing = {
        rule["id"]
        for line in journal
        if line["event"] == "intended" and "/narrow-" in line["change"] and line["act"]["kind"] == "revoke-ingress"
        for rule in line["act"]["rules"]
    }
    unproved: set[str] = set()
    for call in calls:
        kind, group, about = asked(call)
        if kind == "authorize-ingress":
            unproved.add(group)
        elif call.action == READ_RULES and call.status == HTTPStatus.OK:
            unproved.clear()
        elif kind == "revoke-ingress" and about & narrowing:
            assert group not in unproved, "narrowed without a proof"


def ends_of(journal: Sequence[Mapping[str, Any]], run: str | None) -> list[str]:
    """How a run ended, by the journal."""
    return [line["outcome"] for line in journal if line["event"] == "run-ended" and line["run"] == run]


def descriptions(stage: Stage) -> dict[str, str]:
    """What each rule says, which the lab's log does not tell."""
    rules = stage.ec2.describe_security_group_rules()["SecurityGroupRules"]
    return {rule["SecurityGroupRuleId"]: rule.get("Description", "") for rule in rules}


def check_converged(stage: Stage, scenario: Scenario, world: World) -> None:
    """AWS holds what a run without faults leaves, and nothing twice."""
    now = stage.now()
    assert held(now, world) == scenario.after
    assert doubles(now) == []


def check_nothing_left(stage: Stage, scenario: Scenario, product: Product) -> None:
    """A plan is empty then; of a rollback, doing it again changes nothing."""
    since = stage.aws.state().calls
    if scenario.undoes:
        ended = product.run(*command(scenario))
    else:
        ended = product.run("plan", *_JSON)
        assert ended.data["changes"] == []
        assert ended.data["objections"] == []
    assert ended.code == scenario.code, ended
    assert mutating(stage.aws.calls(since)) == []
