"""The invariants, for random worlds, faults and kills, over the whole of planning and applying."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from tests.properties.fake_cloud import Fault, Killed
from tests.properties.runs import ORACLE, Site, allowed_now, keeps_the_invariants, keys_of, wanted_points
from tests.properties.worlds import World, ranges, worlds

from originlock.app.plan import Undo
from originlock.errors import ExitCode
from originlock.facts.edge import Ranges
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.intent.policy import Overrides
from originlock.plan.change import Effect
from originlock.plan.journal import Answered, Intended, last_to_undo, runs
from originlock.plan.result import Outcome

_LONG = bool(os.environ.get("ORIGINLOCK_TEST_LONG"))
_MUTANT = bool(os.environ.get("MUTANT_UNDER_TEST"))

_TIMES = 10.0 if _LONG else 0.5
if _MUTANT:
    # Thousands of mutants are tried, each against all of this: most of them die at once, or never.
    _TIMES = 0.1

WORLDS = 10 if _LONG or _MUTANT else 4
"""How many worlds are tried where each of them is tried with every fault at every call."""


def cases(number: int) -> settings:
    """So many cases; ten times as many in the long run, half in the short one, a tenth for each mutant."""
    return settings(max_examples=int(number * _TIMES), deadline=None, suppress_health_check=list(HealthCheck))


@cases(400)
@given(worlds())
def test_a_clean_run_keeps_the_invariants_and_converges(world: World) -> None:
    """I1, I2, I3 and I8: a wrong order, a wrong rule taken out, or a plan that never becomes empty."""
    site = Site(world)
    result = site.run()
    assert result.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO)
    keeps_the_invariants(site)
    wanted = wanted_points(world)
    for let_in in allowed_now(site).values():
        assert wanted <= let_in, "everything wanted is let in at the end"
    plan = site.plan().plan
    assert not plan.changes, "I8: the plan of an applied state is empty"
    assert plan.open_holes == plan.holes
    assert (result.exit_code is ExitCode.PENDING) == bool(plan.holes), "a hole that is open is said, and only then"


@cases(150)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_what_is_read(world: World, random: object) -> None:
    """I8: a plan that hangs on the order of rules would be stale for no reason."""
    shuffle = getattr(random, "shuffle")  # noqa: B009  hypothesis gives a random.Random
    first = Site(world).plan().plan
    groups = {}
    for name, rules in reversed(list(world.groups.items())):
        mixed = list(rules)
        shuffle(mixed)
        groups[name] = tuple(mixed)
    mixed_world = World(groups, world.published, world.policy, world.overrides)
    assert Site(mixed_world).plan().plan.digest == first.digest


faults = st.dictionaries(st.integers(1, 12), st.sampled_from(sorted(Fault, key=lambda f: f.name)), max_size=3)


@cases(800)
@given(worlds(), faults)
def test_faults_and_kills_never_break_them_and_the_next_run_ends_it(world: World, planned: dict[int, Fault]) -> None:
    """I1 to I3 and I6: a fault or a kill at any call leaves a gap, lets somebody in, or cannot be mended."""
    site = Site(world)
    site.cloud.faults = planned
    try:
        result = site.run()
    except Killed:
        pass
    else:
        assert result.exit_code in (ExitCode.DONE, ExitCode.PENDING, ExitCode.STOPPED, ExitCode.UNKNOWN)
    keeps_the_invariants(site)
    site.cloud.faults = {}
    again = site.run()
    assert again.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO), again
    keeps_the_invariants(site)
    assert not site.plan().plan.changes, "I6: the next run finishes"
    clean = Site(world)
    clean.run()
    assert keys_of(site.cloud.now) == keys_of(clean.cloud.now), "and it ends where a clean run ends"


@cases(200)
@given(worlds(), faults)
def test_every_act_is_in_the_journal_before_it_is_done(world: World, planned: dict[int, Fault]) -> None:
    """I6: the journal tells the truth: no mutating call without its intent, no answer without one either."""
    site = Site(world)
    site.cloud.faults = planned
    with contextlib.suppress(Killed):
        site.run()
    intended = [event for event in site.state.written if isinstance(event, Intended)]
    answered = [event for event in site.state.written if isinstance(event, Answered)]
    calls = [name for name in site.cloud.calls if name not in ("find", "groups")]
    assert len(calls) <= len(intended)
    assert len(answered) <= len(intended)
    assert len(site.cloud.states) - 1 <= len(intended)


@cases(200)
@given(worlds())
def test_nothing_is_narrowed_before_a_complete_read_back(world: World) -> None:
    """I5: the narrowing comes although a wanted rule is not there, or nobody looked after the widening."""
    site = Site(world)
    narrowing = [c for c in site.plan().plan.changes if c.effect is Effect.NARROW]
    site = Site(world)
    site.run()
    calls = site.cloud.calls
    for index, name in enumerate(calls):
        if name == "Revoke":
            assert "groups" in calls[:index], "a read-back of its own, not the look that the plan was made of"
    assert bool(narrowing) == ("Revoke" in calls)


@cases(250)
@given(worlds(adopt=False))
def test_a_rollback_leads_back_and_takes_nothing_wanted(world: World) -> None:
    """I9: an undo that removes a wanted source, opens without --reopen, or does not lead back with it."""
    site = Site(world)
    before = allowed_now(site)
    site.run()
    record = last_to_undo(runs(site.state.events()), None)
    if record is None:
        return
    undo = Undo(record.run, record.inverses)
    wanted = wanted_points(world)
    reached = allowed_now(site)
    mark = len(site.cloud.states) - 1
    result = site.run(undo)
    for group, let_in in allowed_now(site).items():
        assert reached[group] & wanted <= let_in, "no wanted source is removed"
        assert let_in <= reached[group] | wanted, "nothing is opened beyond what is wanted"
    if result.outcome is Outcome.REFUSED:
        assert result.objections[0].guard == "reopen"
        assert len(site.cloud.states) - 1 == mark, "refused means that nothing was changed"
    reopened = site.run(undo, Overrides(accept_list=world.published.digest, reopen=True))
    assert reopened.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO)
    for group, let_in in allowed_now(site).items():
        assert before[group] <= let_in, "what was let in before the run is let in again"
        assert let_in <= before[group] | wanted


@cases(100)
@given(worlds(), st.sampled_from([Fault.UNREADABLE, Fault.DENIED]))
def test_what_cannot_be_read_is_unknown_and_untouched(world: World, fault: Fault) -> None:
    """I10: a group that could not be read is taken for an empty or for a fine one."""
    site = Site(world)
    site.cloud.faults = {1: fault}
    result = site.run()
    assert result.unknown
    assert result.exit_code is ExitCode.UNKNOWN
    assert len(site.cloud.states) == 1


@cases(100)
@given(worlds(adopt=False))
def test_without_adopt_the_rules_of_others_keep_their_tags(world: World) -> None:
    """I3: a rule for a wanted range that somebody else made is taken over unasked."""
    site = Site(world)
    site.run()
    was = {rule.id: rule for rules in world.groups.values() for rule in rules}
    for rules in site.cloud.now.values():
        for rule in rules:
            assert rule.id not in was or was[rule.id].tags == rule.tags


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
@cases(60)
@given(worlds(), st.integers(1, 10), st.integers(1, 10))
def test_killed_twice_it_still_ends(fault: Fault, world: World, first: int, second: int) -> None:
    """I6: a kill in the run that mends another kill's leavings is the end of it."""
    site = Site(world)
    for at in (first, len(site.cloud.calls) + second):
        site.cloud.faults = {at: fault}
        with contextlib.suppress(Killed):
            site.run()
    site.cloud.faults = {}
    site.run()
    keeps_the_invariants(site)
    assert not site.plan().plan.changes


def _with_ballast(world: World, ipv4: int, ipv6: int) -> World:
    """The same world with so many private rules in each group, which nobody may touch."""
    ballast = [parse(f"10.9.{n}.0/24") for n in range(ipv4)] + [parse(f"fd00:9:{n:x}::/48") for n in range(ipv6)]
    rules = tuple(
        Rule(f"sgr-ba11a{n:03x}", RuleKey("tcp", 9999, 9999, CidrSource(cidr))) for n, cidr in enumerate(ballast)
    )
    return World(
        {name: held + rules for name, held in world.groups.items()}, world.published, world.policy, world.overrides
    )


def _count(rules: tuple[Rule, ...]) -> int:
    return max(
        sum(1 for r in rules if not isinstance(r.key.source, CidrSource) or (":" in r.key.source.cidr) == ipv6)
        for ipv6 in (False, True)
    )


@cases(500)
@given(worlds(), st.integers(34, 56), st.integers(34, 56))
def test_near_a_quota_room_is_made_without_a_gap(world: World, ipv4: int, ipv6: int) -> None:
    """I1, I2 and I5 where widening does not fit before narrowing: a gap, or a refusal by AWS half-way."""
    full = _with_ballast(world, ipv4, ipv6)
    assume(all(_count(rules) <= 50 for rules in full.groups.values()))
    site = Site(full, quota=60)
    result = site.run()
    keeps_the_invariants(site)
    if result.outcome is Outcome.REFUSED:
        assert {objection.guard for objection in result.objections} == {"rules-quota"}
        assert len(site.cloud.states) == 1, "refused means that nothing was changed"
        return
    assert result.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO)
    assert not site.plan().plan.changes


@cases(300)
@given(worlds(adopt=False), ranges, faults)
def test_a_rollback_after_the_list_has_changed_takes_nothing_wanted(
    world: World, published: Ranges, planned: dict[int, Fault]
) -> None:
    """I1 and I9: a range that is cut otherwise now is taken for another one, or an act that was retried for two."""
    site = Site(world)
    lost = {Fault.LOST_BEFORE, Fault.LOST_AFTER}
    site.cloud.faults = {at: fault for at, fault in planned.items() if fault in lost}
    site.run()
    site.cloud.faults = {}
    record = last_to_undo(runs(site.state.events()), None)
    if record is None:
        return
    site.world = World(world.groups, published, world.policy, Overrides(accept_list=published.digest, reopen=True))
    reached, mark = allowed_now(site), len(site.cloud.states) - 1
    result = site.run(Undo(record.run, record.inverses))
    assert result.outcome in (Outcome.DONE, Outcome.NOTHING_TO_DO)
    wanted = wanted_points(site.world)
    for state in site.cloud.states[mark:]:
        for group, let_in in ORACLE.allowed(state).items():
            assert reached[group] & wanted <= let_in


@cases(60)
@given(worlds(adopt=False))
def test_a_rollback_without_a_list_removes_nothing(world: World) -> None:
    """I4: the list that was accepted long ago counts as all that is wanted, because today's cannot be had."""
    site = Site(world)
    site.run()
    record = last_to_undo(runs(site.state.events()), None)
    if record is None:
        return
    before = keys_of(site.cloud.now)
    site.published = (None, None)
    site.run(Undo(record.run, record.inverses))
    for group, keys in keys_of(site.cloud.now).items():
        assert before[group] <= keys
