"""Lanes of one origin that narrow one after the other, and connections between them."""

from __future__ import annotations

import msgspec
import pytest
from tests.plan.driving import OTHER, OURS, draft, group, key, wait

from originlock.errors import ExitCode
from originlock.facts.origin import Rule
from originlock.facts.probing import Verdict
from originlock.facts.unknown import Unknown
from originlock.intent.policy import GroupsById, Limits, Overrides, Policy
from originlock.plan.acts import Authorize, Revoke
from originlock.plan.change import Contribution, Expectation, Milestone, Phase
from originlock.plan.connections import ConnectionProof, Connections
from originlock.plan.document import Plan, PlanFrame, composed
from originlock.plan.lane import State
from originlock.plan.machine import Connect, Finished, Look, Machine, Perform
from originlock.plan.outcomes import Done
from originlock.plan.result import ApplyResult, Outcome, outcome_of

OPEN = "0.0.0.0/0"


def one_after_the_other() -> Plan:
    """Two groups, open to all; the second narrows when all is done at the first."""
    drafts = tuple(
        draft(Phase.NARROW, Revoke(name, (Rule(f"sgr-{OPEN}", key(OPEN), "", ()),))) for name in (OURS, OTHER)
    )
    frame = PlanFrame(
        (Policy("blog", GroupsById((OURS, OTHER)), hostnames=("www.example.org",)),),
        Limits(0, 1.0),
        Overrides(),
        accepted=None,
    )
    expectations = tuple(Expectation("blog", name) for name in (OURS, OTHER))
    waits = (wait(OTHER, Phase.NARROW, OURS, until=Milestone.DONE),)
    return composed(frame, (Contribution(drafts=drafts, expectations=expectations, waits=waits),))


class Region:
    """Two groups, in memory, driven by the machine; connections say what they are told to say."""

    def __init__(self, *said: Connections) -> None:
        self.machine = Machine(one_after_the_other(), frozenset({"blog"}))
        self.open = {OURS: True, OTHER: True}
        self.said = list(said)

    def run(self) -> dict[str, State]:
        """To the end."""
        while not isinstance(step := self.machine.next(), Finished):
            match step:
                case Perform(acts):
                    for change, act in acts:
                        assert isinstance(act, Authorize | Revoke)
                        self.open[act.group] = isinstance(act, Authorize)
                        self.machine.acted(change.id, Done())
                case Look(targets):
                    for name in targets:
                        self.machine.seen(name, group(name, *([OPEN] if self.open[name] else []), tags=()))
                case Connect(origins):
                    for _ in origins:
                        self.machine.connected(step, self.said.pop(0))
                case _:
                    pass
        return {report.target: report.state for report in self.machine.reports()}


FINE = Connections("blog")
GATE = Connections("blog", stops="www.example.org is not served", refused="www.example.org was not served any more")
REFUSED = Connections("blog", refused="www.example.org was not served any more")


def test_a_refusal_that_shows_at_the_next_gate_undoes_what_was_narrowed_before() -> None:
    """The site would stay down: the second group is left alone, and the first, which did it, too."""
    region = Region(FINE, FINE, GATE)
    assert region.run() == {OURS: State.UNDONE, OTHER: State.STOPPED}
    assert region.open == {OURS: True, OTHER: True}


def test_a_refusal_after_the_last_narrowing_undoes_all_of_the_run() -> None:
    """The site would stay down, if it was the first narrowing that shows late."""
    region = Region(FINE, FINE, FINE, REFUSED)
    assert region.run() == {OURS: State.UNDONE, OTHER: State.UNDONE}
    assert region.open == {OURS: True, OTHER: True}


@pytest.mark.parametrize("may", [True, False])
def test_no_remedy_names_an_option_that_the_command_has_not(*, may: bool) -> None:
    """A person is told to say --no-prove to `rollback`, which does not know it."""
    shut = Region(Connections("blog", stops="it could not be shown"))
    shut.machine = Machine(one_after_the_other(), frozenset({"blog"}), may_skip_proofs=may)
    shut.run()
    blind = Machine(one_after_the_other(), frozenset({"blog"}), may_skip_proofs=may)
    while not isinstance(step := blind.next(), Finished):
        for name in step.targets if isinstance(step, Look) else ():
            blind.seen(name, Unknown("it", "not allowed"))
    for machine in (shut.machine, blind):
        assert ("--no-prove" in machine.reports()[0].remedy) is may


def test_a_gate_that_is_only_shut_undoes_nothing() -> None:
    """A challenge at the wrong moment would open the door again."""
    region = Region(FINE, FINE, Connections("blog", stops="it could not be shown"))
    assert region.run() == {OURS: State.FINISHED, OTHER: State.STOPPED}
    assert region.open == {OURS: False, OTHER: True}


@pytest.mark.parametrize("before", [True, False])
def test_what_origins_share_is_proved_by_all_of_them(*, before: bool) -> None:
    """A list would be narrowed for the sake of an origin that nobody visits, and keep out the visitors of another."""
    act = Revoke(OURS, (Rule(f"sgr-{OPEN}", key(OPEN), "", ()),))
    frame = PlanFrame((), Limits(0, 1.0), Overrides(), accepted=None)
    expectations = tuple(Expectation(origin, OURS) for origin in ("blog", "docs", "shop"))
    shared = composed(frame, (Contribution(drafts=(draft(Phase.NARROW, act),), expectations=expectations),))
    said = "docs.example.org is not served"
    down = Connections("docs", said if before else "", "" if before else said)
    fine = [Connections("docs"), Connections("shop")]
    region = Region(*([down, fine[1]] if before else [*fine, down, fine[1]]))
    region.machine = Machine(shared, frozenset({"docs", "shop"}))
    assert region.run() == {OURS: State.STOPPED if before else State.UNDONE}
    assert region.open[OURS]


@pytest.mark.parametrize("when, code", [("after-narrow", ExitCode.UNKNOWN), ("before-narrow", ExitCode.DONE)])
def test_a_run_that_ends_with_a_refused_edge_is_not_done(when: str, code: ExitCode) -> None:
    """Cron would see a 0, and the site is down over a family that could not be told before."""
    region = Region(FINE, FINE, FINE, FINE)
    region.run()
    proof = ConnectionProof("blog", when, "edge", "www.example.org is served", Verdict.BROKEN, "HTTP 522")
    outcome, ended = outcome_of(region.machine.reports(), (), (), (proof,), interrupted=False)
    assert (outcome is Outcome.DONE, ended) == (code is ExitCode.DONE, code)


def test_no_run_that_ends_otherwise_than_done_is_locked() -> None:
    """LOCKED would stand beside a broken proof: AWS still shows what was taken away, and a stranger was let down."""
    proof = ConnectionProof("blog", "after-narrow", "stranger", "kept out", Verdict.KEPT, "timed out")
    ended = ApplyResult("run-1", one_after_the_other(), Outcome.DONE, ExitCode.PENDING, connections=(proof,))
    assert ended.locked is None
    assert msgspec.structs.replace(ended, exit_code=ExitCode.DONE).locked is True
