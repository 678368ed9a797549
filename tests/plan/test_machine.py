"""The machine, driven by hand: every transition, and the ends that it comes to."""

from __future__ import annotations

import datetime

import pytest

from originlock.errors import ExitCode
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey, RuleSpec, SecurityGroup
from originlock.facts.probing import Verdict
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Exemption, GroupsById, IdentityPolicy, Limits, Overrides, Policy
from originlock.plan import journal
from originlock.plan.acts import Authorize, Revoke, inverse
from originlock.plan.change import Contribution, Draft, Effect, Expectation, Phase
from originlock.plan.document import Plan, PlanDamagedError, PlanFrame, composed, decode, encode
from originlock.plan.journal import Answered, Intended, RunBegun, last_to_undo, runs
from originlock.plan.lane import ENDED, TRANSITIONS, Event, State
from originlock.plan.machine import Finished, Look, Machine, Pause, Perform
from originlock.plan.outcomes import AlreadySo, Done, Failed, Unsure
from originlock.plan.result import Outcome, outcome_of

GROUP = "sg-1"


def key(cidr: str) -> RuleKey:
    """tcp/443 from a CIDR."""
    return RuleKey("tcp", 443, 443, CidrSource(parse(cidr)))


NEW, OLD, KEPT = key("104.16.0.0/13"), key("198.51.100.0/24"), key("104.24.0.0/14")
OLD_RULE = Rule("sgr-old", OLD)


def group(*keys: RuleKey) -> SecurityGroup:
    """The group with these rules."""
    return SecurityGroup(GROUP, "", "", tuple(Rule(f"sgr-{'old' if k == OLD else n}", k) for n, k in enumerate(keys)))


def plan(*, widen: bool = True, narrow: bool = True, no_prove: bool = False, settle: float = 1.0) -> Plan:
    """One in, one out."""
    drafts = []
    if widen:
        add = Authorize(GROUP, (RuleSpec(NEW, "", ()),))
        drafts.append(Draft("blog", Phase.WIDEN, Effect.WIDEN, add, "wanted"))
    if narrow:
        drafts.append(Draft("blog", Phase.NARROW, Effect.NARROW, Revoke(GROUP, (OLD_RULE,)), "unwanted"))
    frame = PlanFrame(
        (Policy("blog", GroupsById((GROUP,))),), Limits(0, settle), Overrides(no_prove=no_prove), accepted=None
    )
    expectation = Expectation("blog", GROUP, (NEW, KEPT))
    return composed(frame, (Contribution(drafts=tuple(drafts), expectations=(expectation,)),))


def perform(machine: Machine) -> tuple[str, Authorize | Revoke]:
    """The one act that the machine asks for."""
    step = machine.next()
    assert isinstance(step, Perform)
    ((change, act),) = step.acts
    assert isinstance(act, Authorize | Revoke)
    return change.id, act


def see(machine: Machine, seen: SecurityGroup | Unknown) -> None:
    """Answer the look that the machine asks for; pauses before it are waited."""
    step = machine.next()
    while isinstance(step, Pause):
        assert 0 < step.seconds <= 4
        step = machine.next()
    assert step == Look((GROUP,))
    machine.seen(GROUP, seen)


def end(machine: Machine) -> tuple[State, str]:
    """How the one lane ended."""
    assert machine.next() == Finished()
    (report,) = machine.reports()
    return report.state, report.message


def test_one_in_and_one_out() -> None:
    """The narrowing comes before the widening was seen, or one of the four steps is left out."""
    machine = Machine(plan())
    name, act = perform(machine)
    assert isinstance(act, Authorize)
    machine.acted(name, Done())
    see(machine, group(NEW, KEPT, OLD))
    name, act = perform(machine)
    assert act == Revoke(GROUP, (OLD_RULE,))
    machine.acted(name, Done())
    see(machine, group(NEW, KEPT))
    assert end(machine) == (State.FINISHED, "")
    (report,) = machine.reports()
    assert [(proof.when, proof.verdict) for proof in report.proofs] == [
        ("before-narrow", Verdict.KEPT),
        ("after-narrow", Verdict.KEPT),
    ]
    assert report.done == ("blog/sg-1/widen-1", "blog/sg-1/narrow-1")


def test_a_widening_that_is_not_shown_stops_before_narrowing() -> None:
    """Narrowing on the word of AWS alone."""
    machine = Machine(plan())
    machine.acted(perform(machine)[0], Done())
    waited = 0.0
    while not isinstance(step := machine.next(), Finished):
        if isinstance(step, Pause):
            waited += step.seconds
        else:
            assert step == Look((GROUP,))
            machine.seen(GROUP, group(KEPT, OLD))
    assert waited == pytest.approx(1.0), "it waits as long as the settings say, and no longer"
    state, message = end(machine)
    assert state is State.STOPPED
    assert "does not show 1 wanted rule of" in message


def test_what_cannot_be_read_back_stops_before_narrowing() -> None:
    """Unknown that is taken for fine."""
    machine = Machine(plan(settle=0))
    machine.acted(perform(machine)[0], Done())
    see(machine, Unknown("group", "not allowed"))
    state, message = end(machine)
    assert state is State.STOPPED
    assert "nothing was narrowed: not allowed" in message


def test_no_prove_narrows_what_could_not_be_read_but_not_what_is_missing() -> None:
    """--no-prove that waives a broken proof too, or does not waive an unknown one."""
    machine = Machine(plan(no_prove=True, settle=0))
    machine.acted(perform(machine)[0], Done())
    see(machine, Unknown("group", "not allowed"))
    assert isinstance(perform(machine)[1], Revoke)
    machine = Machine(plan(no_prove=True, settle=0))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(KEPT, OLD))
    assert end(machine)[0] is State.STOPPED


def test_a_narrowing_alone_still_waits_for_a_proof() -> None:
    """Taking out without looking, where there was nothing to add."""
    machine = Machine(plan(widen=False))
    see(machine, group(NEW, KEPT, OLD))
    assert isinstance(perform(machine)[1], Revoke)


def test_a_rule_that_became_another_is_not_taken_out() -> None:
    """ModifySecurityGroupRules keeps the id: revoking by id would take out what somebody just put there."""
    machine = Machine(plan(widen=False))
    changed = SecurityGroup(
        GROUP, "", "", (Rule("sgr-0", NEW), Rule("sgr-1", KEPT), Rule("sgr-old", key("9.9.9.0/24")))
    )
    see(machine, changed)
    state, message = end(machine)
    assert state is State.STOPPED
    assert "sgr-old" in message


def test_a_wanted_source_that_is_gone_after_the_narrowing_undoes_it() -> None:
    """An outage that stays."""
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW))
    step = machine.next()
    assert isinstance(step, Perform)
    assert step.undo
    assert step.acts[0][1] == Authorize(GROUP, (OLD_RULE.spec,))
    machine.acted(step.acts[0][0].id, Done())
    state, message = end(machine)
    assert state is State.UNDONE
    assert "it was undone" in message
    assert machine.reports()[0].undone == ("blog/sg-1/narrow-1",)


@pytest.mark.parametrize("outcome", [Failed("denied", "allow it"), Unsure("no answer")])
def test_an_undo_that_fails_needs_a_person(outcome: Failed | Unsure) -> None:
    """A failed undo that is reported as undone."""
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW))
    for _ in range(30):
        step = machine.next()
        if isinstance(step, Perform):
            machine.acted(step.acts[0][0].id, outcome)
        elif isinstance(step, Look):
            machine.seen(GROUP, group(NEW))
        elif isinstance(step, Finished):
            break
    assert end(machine)[0] is State.STUCK


def test_unknown_after_the_narrowing_undoes_nothing() -> None:
    """An undo on a failed read: the door would be opened by a hiccup of AWS."""
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, Unknown("group", "not allowed"))
    assert end(machine)[0] is State.FINISHED
    assert machine.reports()[0].proofs[-1].verdict is Verdict.UNKNOWN


def test_a_stranger_that_remains_keeps_the_narrowing() -> None:
    """A rule that AWS still shows after its revoking leads to an undo."""
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW, KEPT, OLD))
    assert end(machine)[0] is State.FINISHED
    assert machine.reports()[0].proofs[-1].verdict is Verdict.BROKEN


def test_an_unclear_answer_is_looked_into_and_the_rest_is_done() -> None:
    """A lost answer that is taken for done, or for not done, without looking."""
    machine = Machine(plan())
    machine.acted(perform(machine)[0], Unsure("no answer"))
    see(machine, group(KEPT, OLD))
    see(machine, group(KEPT, OLD))
    machine.acted(perform(machine)[0], Unsure("no answer"))
    see(machine, group(NEW, KEPT, OLD))
    see(machine, group(NEW, KEPT, OLD))
    assert isinstance(perform(machine)[1], Revoke)


def test_already_so_waits_for_a_look_that_shows_it() -> None:
    """'Duplicate' beside a stale look: the act is sent again and again instead of waiting."""
    machine = Machine(plan(settle=30))
    machine.acted(perform(machine)[0], AlreadySo("Duplicate"))
    waited = 0.0
    while isinstance(step := machine.next(), Pause | Look):
        if isinstance(step, Pause):
            waited += step.seconds
        else:
            machine.seen(GROUP, group(KEPT, OLD))
    assert isinstance(step, Perform)
    assert waited >= 2


def test_it_gives_up_after_some_tries() -> None:
    """A service that never answers keeps the run alive for ever."""
    machine = Machine(plan())
    for _ in range(100):
        step = machine.next()
        if isinstance(step, Perform):
            machine.acted(step.acts[0][0].id, Unsure("no answer"))
        elif isinstance(step, Look):
            machine.seen(GROUP, group(KEPT, OLD))
        elif isinstance(step, Finished):
            break
    assert end(machine) == (State.STOPPED, "no answer")


@pytest.mark.parametrize("settle", [0, 0.1, 5])
def test_unclear_and_unreadable_ends(settle: float) -> None:
    """A lane that neither acts nor waits nor ends."""
    machine = Machine(plan(settle=settle))
    machine.acted(perform(machine)[0], Unsure("no answer"))
    for _ in range(100):
        step = machine.next()
        if isinstance(step, Look):
            machine.seen(GROUP, Unknown("group", "not allowed"))
        elif isinstance(step, Finished):
            break
    state, message = end(machine)
    assert state is State.STOPPED
    assert "cannot be told" in message


def test_a_refusal_stops_the_lane_with_its_remedy() -> None:
    """A refusal that is tried again, or whose remedy is lost."""
    machine = Machine(plan())
    machine.acted(perform(machine)[0], Failed("denied", "allow it"))
    assert end(machine) == (State.STOPPED, "denied")
    assert machine.reports()[0].remedy == "allow it"


def test_an_interruption_stops_what_is_not_an_undo() -> None:
    """Ctrl-C that narrows on, or that leaves an undo half-done."""
    machine = Machine(plan())
    machine.acted(perform(machine)[0], Done())
    machine.interrupt()
    assert end(machine)[0] is State.STOPPED
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW))
    machine.interrupt()
    step = machine.next()
    assert isinstance(step, Perform)
    assert step.undo


def test_lanes_are_worked_on_together_and_fail_alone() -> None:
    """A refused group that holds up the others, or one look for each group instead of one for all."""
    drafts, expectations = [], []
    for name in ("sg-1", "sg-2", "sg-3"):
        add = Authorize(name, (RuleSpec(NEW, "", ()),))
        drafts.append(Draft("blog", Phase.WIDEN, Effect.WIDEN, add, ""))
        expectations.append(Expectation("blog", name, (NEW,)))
    frame = PlanFrame((), Limits(0, 0), Overrides(), accepted=None)
    machine = Machine(composed(frame, (Contribution(drafts=tuple(drafts), expectations=tuple(expectations)),)))
    step = machine.next()
    assert isinstance(step, Perform)
    assert [change.target for change, _ in step.acts] == ["sg-1", "sg-2", "sg-3"]
    for change, _ in step.acts:
        machine.acted(change.id, Failed("denied", "") if change.target == "sg-2" else Done())
    assert machine.next() == Look(("sg-1", "sg-3"))
    for name in ("sg-1", "sg-3"):
        machine.seen(name, SecurityGroup(name, "", "", (Rule("sgr-1", NEW),)))
    assert machine.next() == Finished()
    assert [r.state for r in machine.reports()] == [State.FINISHED, State.STOPPED, State.FINISHED]


def test_the_table_is_complete() -> None:
    """A state without a way out, an end with one but the undo, or an event that nothing handles."""
    for state in State:
        ways = [after for (before, _), after in TRANSITIONS.items() if before is state]
        assert bool(ways) == (state not in ENDED or state is State.FINISHED)
    assert {after for (before, _), after in TRANSITIONS.items() if before is State.FINISHED} == {State.UNDOING}
    assert {event for _, event in TRANSITIONS} == set(Event)
    assert (State.UNDOING, Event.INTERRUPTED) not in TRANSITIONS
    reached = {State.ACTING, State.PROVING, State.HELD} | set(TRANSITIONS.values())
    assert reached == set(State)


def test_what_a_rollback_reopens_is_waited_for() -> None:
    """A rollback that says that nothing is open, because AWS shows late what it has just opened."""
    add = Authorize(GROUP, (RuleSpec(OLD, "", ()),))
    draft = Draft("blog", Phase.WIDEN, Effect.WIDEN, add, "it was there before")
    frame = PlanFrame((Policy("blog", GroupsById((GROUP,))),), Limits(0, 1.0), Overrides(), accepted=None)
    expectation = Expectation("blog", GROUP, (NEW,))
    reopening = composed(frame, (Contribution(drafts=(draft,), expectations=(expectation,)),))
    machine = Machine(reopening)
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW))
    see(machine, group(NEW, OLD))
    assert end(machine)[0] is State.FINISHED
    assert machine.reports()[0].proofs[-1].verdict is Verdict.KEPT
    machine = Machine(reopening)
    machine.acted(perform(machine)[0], Done())
    for _ in range(20):
        step = machine.next()
        if isinstance(step, Look):
            machine.seen(GROUP, group(NEW))
        elif isinstance(step, Finished):
            break
    assert end(machine)[0] is State.FINISHED
    assert machine.reports()[0].proofs[-1].verdict is Verdict.UNKNOWN


def test_a_broken_proof_is_not_done() -> None:
    """AWS still shows what was revoked, and the run ends with 0."""
    machine = Machine(plan(widen=False, settle=0))
    see(machine, group(NEW, KEPT, OLD))
    machine.acted(perform(machine)[0], Done())
    see(machine, group(NEW, KEPT, OLD))
    assert machine.next() == Finished()
    assert outcome_of(machine.reports(), (), (), interrupted=False) == (Outcome.DONE, ExitCode.PENDING)


def test_an_undo_that_was_refused_is_no_undo() -> None:
    """The journal forgets an act that was done, because somebody tried to undo it."""
    act = Revoke(GROUP, (OLD_RULE,))
    back = inverse(act)
    assert isinstance(back, Authorize)
    done: list[journal.Event] = [
        RunBegun("r", "", "apply", ("blog",), "me", "0", Overrides(), None, plan(widen=False)),
        Intended("r", "", "c", "blog", act, back),
        Answered("r", "", "c", Done()),
        Intended("r", "", "c", "blog", back, inverse(back), undo=True),
    ]
    for answer, undone in ((Failed("denied", ""), False), (Unsure("?"), False), (Done(), True)):
        (record,) = runs((*done, Answered("r", "", "c", answer, undo=True)))
        assert record.changed is not undone
        assert record.inverses == (() if undone else (("blog", back),))


def test_a_run_whose_beginning_is_lost_is_not_passed_over() -> None:
    """`rollback` undoes an older run than the person means."""
    act = Revoke(GROUP, (OLD_RULE,))
    whole = RunBegun("old", "", "apply", ("blog",), "me", "0", Overrides(), None, plan(widen=False))
    events: tuple[journal.Event, ...] = (
        whole,
        Intended("old", "", "c", "blog", act, inverse(act)),
        Intended("new", "", "c", "blog", act, inverse(act)),
    )
    last = last_to_undo(runs(events), None)
    assert last is not None
    assert (last.run, last.policies) == ("new", ())


def test_a_saved_plan_asks_for_no_more_than_a_configuration_could() -> None:
    """An exception for everybody, by way of a plan's file."""
    today = datetime.date(2026, 11, 22)
    world = Exemption(parse("0.0.0.0/0"), "me", "why not", today)
    asked = Policy("blog", GroupsById((GROUP,)), exceptions=(world,))
    frame = PlanFrame((asked,), Limits(), Overrides(), accepted=None)
    with pytest.raises(PlanDamagedError, match="no configuration could"):
        decode(encode(composed(frame, ())))
    patient = PlanFrame((), Limits(settle_seconds=1e300), Overrides(), accepted=None)
    with pytest.raises(PlanDamagedError, match="no configuration could"):
        decode(encode(composed(patient, ())))


@pytest.mark.parametrize(
    "identity",
    [
        IdentityPolicy(ca="../other"),
        IdentityPolicy(ca="blog", bucket="a/b"),
        IdentityPolicy(ca="blog", echo="/ HTTP/1.1\r\n"),
    ],
    ids=["a way out of the folder", "no bucket", "a second request"],
)
def test_a_saved_plan_asks_of_identity_what_a_configuration_could(identity: IdentityPolicy) -> None:
    """Somebody else's authority, or a request of another's words, by way of a plan's file."""
    asked = Policy("blog", GroupsById((GROUP,)), identity=identity)
    frame = PlanFrame((asked,), Limits(), Overrides(), accepted=None)
    with pytest.raises(PlanDamagedError, match="no configuration could"):
        decode(encode(composed(frame, ())))
