"""Prepare, widen, prove, narrow, prove, tidy: over all lanes of a run, whatever waits for what and whatever fails."""

from __future__ import annotations

import dataclasses

from hypothesis import given, strategies as st
from tests.plan.driving import EDGE, OLD, draft, group, key, spec
from tests.properties.test_invariants import cases

from originlock.facts.origin import Missing, Rule
from originlock.intent.policy import GroupsById, Limits, Overrides, Policy
from originlock.plan.acts import Act, Authorize, DeleteGroup, Revoke
from originlock.plan.change import PHASE_ORDER, Change, Contribution, Expectation, Milestone, Phase, Wait
from originlock.plan.connections import Connections
from originlock.plan.document import Plan, PlanFrame, composed
from originlock.plan.lane import ENDED
from originlock.plan.machine import Connect, Finished, Look, Machine, Perform
from originlock.plan.outcomes import Done, Failed

PHASES = (Phase.WIDEN, Phase.NARROW, Phase.TIDY)


@dataclasses.dataclass(frozen=True)
class Case:
    """A plan, and what goes wrong.

    Attributes:
        fails: targets whose acts of a phase are refused.
        behind: targets of which AWS goes on showing what was revoked.
        refused: the numbers of those connections that show the edge refused.
    """

    plan: Plan
    fails: frozenset[tuple[str, Phase]]
    behind: frozenset[str]
    refused: frozenset[int]


def _act(target: str, phase: Phase) -> Act:
    match phase:
        case Phase.WIDEN:
            return Authorize(target, (spec(EDGE),))
        case Phase.NARROW:
            return Revoke(target, (Rule(f"sgr-{OLD}", key(OLD), "", ()),))
        case _:
            return DeleteGroup(target)


@st.composite
def made_up(draw: st.DrawFn) -> Case:
    """Groups with some phases each, some of which wait for others; nothing narrows only when another has tidied."""
    targets = [f"sg-{number}" for number in range(draw(st.integers(1, 4)))]
    phases = {each: draw(st.sets(st.sampled_from(PHASES), min_size=1)) for each in targets}
    waits: list[Wait] = []
    for number, target in enumerate(targets):
        for on in targets[:number]:
            late = Phase.TIDY not in phases[on] or phases[target] == {Phase.TIDY}
            until = draw(st.sampled_from([None, Milestone.WIDENED, *([Milestone.DONE] if late else [])]))
            if until is not None:
                waits.append(Wait("blog", target, draw(st.sampled_from([Phase.WIDEN, Phase.NARROW])), on, until))
    drafts = tuple(draft(phase, _act(each, phase)) for each in targets for phase in PHASES if phase in phases[each])
    policy = Policy("blog", GroupsById(tuple(targets)), hostnames=("www.example.org",))
    frame = PlanFrame((policy,), Limits(0, 0), Overrides(), accepted=None)
    expectations = tuple(Expectation("blog", each) for each in targets)
    said = Contribution(drafts=drafts, expectations=expectations, waits=tuple(waits))
    few = st.frozensets(st.tuples(st.sampled_from(targets), st.sampled_from(PHASES)), max_size=1)
    behind, refused = st.frozensets(st.sampled_from(targets), max_size=1), st.frozensets(st.integers(0, 5), max_size=1)
    return Case(composed(frame, (said,)), draw(few), draw(behind), draw(refused))


class Run:
    """A machine that is driven to its end, and the phases in which it was."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.machine = Machine(case.plan, frozenset({"blog"}))
        targets = {change.target for change in case.plan.changes}
        self.open = dict.fromkeys(targets, frozenset({OLD}))
        self.gone: set[str] = set()
        self.log: list[tuple[Change | None, bool]] = []
        self.asked = 0

    def to_the_end(self) -> None:
        """Do what it says."""
        for _ in range(1000):
            match self.machine.next():
                case Perform(acts, undo):
                    for change, act in acts:
                        self.log.append((change, undo))
                        self._do(change, act)
                case Look(targets):
                    for each in targets:
                        shown = self.open[each] | ({OLD} if each in self.case.behind else set())
                        self.machine.seen(each, Missing(each) if each in self.gone else group(each, *shown, tags=()))
                case Connect() as step:
                    self.log.append((None, False))
                    said = "it was not served any more" if self.asked in self.case.refused else ""
                    self.asked += 1
                    self.machine.connected(step, Connections("blog", refused=said if step.narrowed else ""))
                case Finished():
                    return
                case _:
                    pass
        message = "it never ends"
        raise AssertionError(message)

    def _do(self, change: Change, act: Act) -> None:
        if (change.target, change.phase) in self.case.fails:
            self.machine.acted(change.id, Failed("denied", "allow it"))
            return
        match act:
            case Authorize(name, rules):
                self.open[name] |= {each.key.source.cidr for each in rules}  # type: ignore[union-attr]
            case Revoke(name, rules):
                self.open[name] -= {each.key.source.cidr for each in rules}  # type: ignore[union-attr]
            case DeleteGroup(name):
                self.gone.add(name)
            case _:
                raise AssertionError(act)
        self.machine.acted(change.id, Done())


@cases(300)
@given(made_up())
def test_nothing_is_tidied_before_the_last_proof(case: Case) -> None:
    """What an undo leads back to was tidied away: a trust store without any revocation list, a listener's store."""
    run = Run(case)
    run.to_the_end()
    tidied = [number for number, (change, _) in enumerate(run.log) if change is not None and change.phase is Phase.TIDY]
    for change, undo in run.log[tidied[0] :] if tidied else ():
        assert change is not None, "connections are proved after something was tidied"
        assert change.phase is Phase.TIDY, change.id
        assert not undo, change.id
    for report in run.machine.reports():
        assert report.state in ENDED
        mine = [c.phase for c, undo in run.log if c is not None and c.target == report.target and not undo]
        assert mine == sorted(mine, key=PHASE_ORDER.index)
        narrows = any(c.target == report.target and c.phase is Phase.NARROW for c in case.plan.changes)
        if narrows and Phase.TIDY in mine:
            verdicts = {proof.when: proof.verdict.value for proof in report.proofs}
            assert verdicts["after-narrow"] == "kept"
