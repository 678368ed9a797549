"""Lanes that wait for each other: a group filled, then attached, then others narrowed; lists first of all."""

from __future__ import annotations

import msgspec
import pytest
from tests.plan.driving import (
    ATTACH,
    ATTACH_NEW,
    DETACH,
    EDGE,
    FILL,
    FILL_NEW,
    LB,
    LIST,
    LIST_NAME,
    MAKE_GROUP,
    MAKE_LIST,
    NAME,
    NEW_GROUP,
    NEW_LIST,
    OLD,
    OTHER,
    OURS,
    REVOKE,
    TAGS,
    TAKE_OUT,
    VPC,
    Driver,
    balancer,
    draft,
    group,
    key,
    plan,
    prefix_list,
    spec,
    wait,
)

from originlock.facts.certificates import pem_of, sha256_of
from originlock.facts.origin import Missing
from originlock.facts.probing import Verdict
from originlock.facts.snapshot import Held
from originlock.facts.unknown import Unknown
from originlock.facts.zone import EdgeCertificate
from originlock.plan.acts import (
    AddEntries,
    AttachGroups,
    Authorize,
    CreateGroup,
    CreatePrefixList,
    DeleteGroup,
    DetachGroups,
    Entry,
    RemoveEntries,
    ResizePrefixList,
    Revoke,
)
from originlock.plan.change import Expectation, Milestone, Phase
from originlock.plan.lane import State
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import UploadCertificate

FILLED = Expectation("blog", OURS, (key(),))
ATTACHED = Expectation("blog", LB, groups=(OURS,), healthy=("web/i-1:80",))
AS_IT_IS = Expectation("blog", OTHER)
HOLDS_LIST = Expectation("blog", LIST, entries=(EDGE,))
DARK = Unknown("it", "not allowed")
STORY = [
    wait(LB, Phase.WIDEN, OURS),
    wait(LB, Phase.NARROW, OURS),
    wait(OTHER, Phase.NARROW, OURS),
    wait(OTHER, Phase.NARROW, LB),
]


def test_a_group_is_filled_then_attached_and_only_then_are_others_narrowed() -> None:
    """An empty group attached; or another group narrowed while ours stands before nothing."""
    it = Driver(plan([FILL, ATTACH, DETACH, REVOKE], [FILLED, ATTACHED, AS_IT_IS], STORY))
    assert it.acts(authorize_ingress=Done()) == [FILL.act]
    assert it.look(other=group(OTHER, OLD), ours=group(OURS, EDGE)) == (OTHER, OURS)
    assert it.acts(attach_groups=Done()) == [ATTACH.act]
    assert it.look(lb=balancer(OTHER, OURS)) == (LB,)
    # The other lane's proof was taken before the wait: it is taken again.
    assert it.acts(detach_groups=Done()) == [DETACH.act]
    assert it.look(lb=balancer(OURS), other=group(OTHER, OLD)) == (LB, OTHER)
    assert it.acts(revoke_ingress=Done()) == [REVOKE.act]
    it.look(other=group(OTHER))
    assert {report.state for report in it.end().values()} == {State.FINISHED}


@pytest.mark.parametrize(
    "shown",
    [group(OURS), DARK, Missing(OURS)],
    ids=["not shown", "blind", "gone"],
)
def test_what_is_not_proved_holds_up_those_that_wait_for_it(shown: Held | Unknown) -> None:
    """A group of which it is not seen that it is full is attached, and others make room for it."""
    it = Driver(plan([FILL, ATTACH, DETACH, REVOKE], [FILLED, ATTACHED, AS_IT_IS], STORY))
    it.acts(authorize_ingress=Done())
    it.look(other=group(OTHER, OLD), ours=shown)
    ended = it.end()
    assert (ended[LB].state, ended[OTHER].state) == (State.STOPPED, State.STOPPED)
    assert ended[LB].message == f"nothing was begun at {LB}, for {OURS} had to be proved first, and was not"
    assert ended[OTHER].message == f"nothing was narrowed at {OTHER}, for {OURS} had to be proved first, and was not"
    assert ended[LB].remedy == ended[OTHER].remedy == "see what is said of that one"
    assert ended[LB].done == ended[OTHER].done == ()


@pytest.mark.parametrize("outcome", [Failed("denied", "allow it"), Unsure("no answer")])
def test_what_is_refused_holds_up_those_that_wait_for_it(outcome: Outcome) -> None:
    """A load balancer without our group, and the others narrowed all the same."""
    it = Driver(plan([FILL, ATTACH, DETACH, REVOKE], [FILLED, ATTACHED, AS_IT_IS], STORY))
    it.acts(authorize_ingress=Done())
    it.look(other=group(OTHER, OLD), ours=group(OURS, EDGE))
    it.acts(attach_groups=outcome)
    for _ in range(4 if isinstance(outcome, Unsure) else 0):
        it.look_until_it_acts(balancer(OTHER))
        it.acts(attach_groups=outcome)
    ended = it.end()
    assert [ended[name].state for name in (OURS, LB, OTHER)] == [State.FINISHED, State.STOPPED, State.STOPPED]
    assert ended[OTHER].done == ()


def test_no_prove_goes_on_where_it_cannot_be_read() -> None:
    """--no-prove that waits for ever, or stops."""
    it = Driver(plan([FILL, ATTACH, DETACH], [FILLED, ATTACHED], STORY, no_prove=1))
    it.acts(authorize_ingress=Done())
    it.look(ours=DARK)
    assert it.acts(attach_groups=Done()) == [ATTACH.act]
    it.look(lb=DARK)
    assert it.acts(detach_groups=Done()) == [DETACH.act]
    it.look(lb=balancer(OURS))
    assert it.end()[LB].state is State.FINISHED


def test_no_prove_does_not_waive_what_is_seen_to_be_missing() -> None:
    """--no-prove that attaches an empty group."""
    it = Driver(plan([FILL, ATTACH], [FILLED, ATTACHED], STORY, no_prove=1))
    it.acts(authorize_ingress=Done())
    it.look(ours=group(OURS))
    assert it.end()[LB].state is State.STOPPED


@pytest.mark.parametrize(
    "seen,missing",
    [
        (balancer(OTHER), f"{OURS} among its groups"),
        (balancer(OTHER, OURS, behind=(OTHER,)), f"{OURS} on 1 interface (eni-2)"),
        (balancer(OTHER, OURS, health="unhealthy"), "1 target that was healthy (web/i-1:80)"),
        (balancer(OTHER, OURS, health="unused"), "1 target that was healthy (web/i-1:80)"),
    ],
)
def test_nothing_is_detached_before_every_interface_shows_ours_and_targets_are_well(seen: Held, missing: str) -> None:
    """One interface without any group that admits the edge; or the load balancer cut off from its targets."""
    it = Driver(plan([ATTACH, DETACH], [ATTACHED], []))
    it.acts(attach_groups=Done())
    it.look(lb=seen)
    ended = it.end()[LB]
    assert (ended.state, ended.done) == (State.STOPPED, (f"blog/{LB}/widen-1",))
    assert ended.message == f"AWS does not show {missing} of {LB}, so nothing was narrowed"


@pytest.mark.parametrize(
    "seen",
    [
        balancer(OURS, behind=(OTHER,)),
        balancer(OTHER),
        balancer(OURS, health="unhealthy"),
    ],
    ids=["an interface without ours", "ours taken off", "a target fell ill"],
)
def test_a_detaching_that_does_harm_is_undone(seen: Held) -> None:
    """The load balancer is cut off from its visitors or its targets, and left so."""
    it = Driver(plan([ATTACH, DETACH], [ATTACHED], []))
    it.acts(attach_groups=Done())
    it.look(lb=balancer(OTHER, OURS))
    assert it.acts(detach_groups=Done()) == [DETACH.act]
    it.look(lb=seen)
    assert it.acts(attach_groups=Done()) == [AttachGroups(LB, (OTHER,))]
    ended = it.end()[LB]
    assert (ended.state, ended.undone) == (State.UNDONE, (f"blog/{LB}/narrow-1",))
    assert ended.proofs[-1].verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    "seen", [balancer(OURS, health="draining"), balancer(OURS, health="initial"), balancer(OURS, health="unavailable")]
)
def test_a_target_that_comes_or_goes_by_itself_undoes_nothing(seen: Held) -> None:
    """A deployment during the run opens the door again."""
    it = Driver(plan([ATTACH, DETACH], [ATTACHED], []))
    it.acts(attach_groups=Done())
    it.look(lb=balancer(OTHER, OURS))
    it.acts(detach_groups=Done())
    it.look(lb=seen)
    assert it.end()[LB].state is State.FINISHED


def test_who_waits_for_what_was_undone_does_not_narrow() -> None:
    """A group that lost a wanted rule counts as widened, because it once was."""
    stale = group(OURS, OLD).rules
    taken = draft(Phase.NARROW, Revoke(OURS, stale))
    it = Driver(plan([taken, REVOKE, ATTACH], [FILLED, AS_IT_IS, ATTACHED], STORY[2:]))
    it.acts(attach_groups=Unsure("no answer"))
    full = group(OURS, EDGE, OLD)
    assert it.look(lb=balancer(OTHER), other=group(OTHER, OLD), ours=full) == (LB, OTHER, OURS)
    assert it.acts(attach_groups=Unsure("no answer"), revoke_ingress=Done()) == [ATTACH.act, taken.act]
    it.look(lb=balancer(OTHER), ours=group(OURS))
    assert it.acts(authorize_ingress=Done()) == [Authorize(OURS, (stale[0].spec,))]
    it.acts(attach_groups=Done())
    it.look(lb=balancer(OTHER, OURS))
    ended = it.end()
    assert [ended[name].state for name in (OURS, LB, OTHER)] == [State.UNDONE, State.FINISHED, State.STOPPED]
    assert ended[OTHER].done == ()


def test_a_proof_that_is_broken_on_second_look_counts_no_longer() -> None:
    """A group is seen full, then emptied by somebody while it waits; and others narrow on the strength of the first."""
    stale = group(OURS, OLD).rules
    taken = draft(Phase.NARROW, Revoke(OURS, stale))
    waits = [
        wait(OURS, Phase.NARROW, LB),
        wait(OTHER, Phase.NARROW, LB, until=Milestone.DONE),
        wait(OTHER, Phase.NARROW, OURS),
    ]
    it = Driver(plan([taken, REVOKE, ATTACH, DETACH], [FILLED, AS_IT_IS, ATTACHED], waits))
    it.acts(attach_groups=Unsure("no answer"))
    it.look(lb=balancer(OTHER), other=group(OTHER, OLD), ours=group(OURS, EDGE, OLD))
    it.acts(attach_groups=Done())
    it.look(lb=balancer(OURS, OTHER))
    it.acts(detach_groups=Done())
    it.look(lb=balancer(OURS), ours=group(OURS, OLD))
    ended = it.end()
    assert [ended[name].state for name in (OURS, LB, OTHER)] == [State.STOPPED, State.FINISHED, State.STOPPED]
    assert ended[OTHER].done == ended[OURS].done == ()


def test_lanes_that_wait_for_each_other_end() -> None:
    """A circle of waits keeps the run alive for ever."""
    waits = [
        wait(OURS, Phase.WIDEN, LB),
        wait(LB, Phase.WIDEN, OURS),
        wait(OTHER, Phase.NARROW, LB, until=Milestone.DONE),
    ]
    it = Driver(plan([FILL, ATTACH, DETACH, REVOKE], [FILLED, ATTACHED, AS_IT_IS], waits))
    it.look(other=group(OTHER, OLD))
    ended = it.end()
    assert {report.state for report in ended.values()} == {State.STOPPED}
    assert {report.done for report in ended.values()} == {()}


def test_an_interruption_stops_those_at_gates_too() -> None:
    """Ctrl-C, and a lane that waits goes on as soon as what it waits for has come; or the run hangs."""
    it = Driver(plan([FILL, ATTACH, DETACH, REVOKE], [FILLED, ATTACHED, AS_IT_IS], STORY))
    it.acts(authorize_ingress=Done())
    it.look(other=group(OTHER, OLD), ours=group(OURS, EDGE))
    states = {report.target: report.state for report in it.machine.reports()}
    assert states == {OURS: State.FINISHED, LB: State.HELD, OTHER: State.WAITING}
    it.machine.interrupt()
    ended = it.end()
    assert {name: report.state for name, report in ended.items()} == {
        OURS: State.FINISHED,
        LB: State.STOPPED,
        OTHER: State.STOPPED,
    }
    assert ended[LB].message == f"interrupted at {LB}"


def test_what_is_made_is_called_by_its_id_everywhere() -> None:
    """An act, a look or a proof that asks AWS for a name that it has never heard of."""
    rule = draft(Phase.WIDEN, Authorize(NEW_GROUP, (spec(NEW_LIST),)))
    leave = draft(Phase.NARROW, DetachGroups(LB, (OTHER,), NEW_GROUP))
    expected = [
        Expectation("blog", NEW_LIST, entries=(EDGE,)),
        Expectation("blog", NEW_GROUP, (key(NEW_LIST),)),
        Expectation("blog", LB, groups=(NEW_GROUP,)),
    ]
    waits = [wait(NEW_GROUP, Phase.WIDEN, NEW_LIST), wait(LB, Phase.WIDEN, NEW_GROUP)]
    it = Driver(plan([MAKE_LIST, MAKE_GROUP, rule, ATTACH_NEW, leave], expected, waits))
    assert it.acts(create_prefix_list=Done(made=LIST)) == [MAKE_LIST.act]
    assert it.look(made=prefix_list(EDGE)) == (LIST,)
    assert it.look(proved=prefix_list(EDGE)) == (LIST,)
    assert it.acts(create_group=Done(made=OURS)) == [MAKE_GROUP.act]
    assert it.acts(authorize_ingress=Done()) == [Authorize(OURS, (spec(LIST),))]
    assert it.look(ours=group(OURS, LIST)) == (OURS,)
    assert it.acts(attach_groups=Done()) == [AttachGroups(LB, (OURS,))]
    assert it.look(lb=balancer(OTHER, OURS)) == (LB,)
    assert it.acts(detach_groups=Done()) == [DetachGroups(LB, (OTHER,), OURS)]
    it.look(lb=balancer(OURS))
    ended = it.end()
    assert {report.state for report in ended.values()} == {State.FINISHED}
    assert set(ended) == {LIST, OURS, LB}
    assert [proof.what for proof in ended[LB].proofs] == [
        f"{OURS} on every interface",
        f"{OURS} on every interface, what was taken away is gone",
    ]
    assert it.machine.origin_of(OURS) == "blog"


def test_what_was_made_without_an_answer_is_found_by_its_name() -> None:
    """A lost answer makes a second group, or leaves the first one unused."""
    it = Driver(plan([MAKE_GROUP, FILL_NEW], [Expectation("blog", NEW_GROUP, (key(),))], []))
    it.acts(create_group=Unsure("no answer"))
    assert it.look(found=group(OURS)) == (NEW_GROUP,)
    assert it.acts(authorize_ingress=Done()) == [Authorize(OURS, (spec(),))]
    it.look(ours=group(OURS, EDGE))
    assert it.end()[OURS].state is State.FINISHED


@pytest.mark.parametrize("tags", [(), (("originlock:origin", "shop"),), (("Name", NAME),)])
@pytest.mark.parametrize("outcome", [AlreadySo("InvalidGroup.Duplicate"), Unsure("no answer")])
def test_a_group_that_only_has_the_name_is_never_taken_for_ours(
    outcome: Outcome, tags: tuple[tuple[str, str], ...]
) -> None:
    """A stranger's group of that name is filled and attached, with everybody whom it lets in."""
    filled = Expectation("blog", NEW_GROUP, (key(),))
    attached = Expectation("blog", LB, groups=(NEW_GROUP,))
    it = Driver(
        plan([MAKE_GROUP, FILL_NEW, ATTACH_NEW], [filled, attached], [wait(LB, Phase.WIDEN, NEW_GROUP)], settle=30)
    )
    it.acts(create_group=outcome)
    it.look_until_it_acts(group("sg-theirs", OLD, tags=tags))
    ended = it.end()
    assert ended[NEW_GROUP].state is State.STOPPED
    assert ended[NEW_GROUP].message == (
        f"sg-theirs has the name {NAME} already, and its tags do not say that it is ours"
    )
    assert (ended[LB].state, ended[LB].done) == (State.STOPPED, ())
    assert it.waited < 30, "a name that is taken is not waited for as long as a change that is slow"


def test_a_list_that_only_has_the_name_is_not_ours_and_does_not_stand_in_the_way() -> None:
    """Lists may have one name: somebody else's is filled and named by our rules, or ours is never made."""
    it = Driver(plan([MAKE_LIST], [Expectation("blog", NEW_LIST, entries=(EDGE,))], []))
    it.acts(create_prefix_list=Unsure("no answer"))
    theirs = prefix_list(OLD, tags=(("Name", LIST_NAME),))
    it.look_until_it_acts(theirs)
    assert it.acts(create_prefix_list=Done(made=LIST)) == [MAKE_LIST.act]
    it.look(ours=prefix_list(EDGE))
    it.look(ours=prefix_list(EDGE))
    assert it.end()[LIST].state is State.FINISHED


def test_a_list_is_waited_for_until_aws_has_ended() -> None:
    """The next change comes while AWS works at the last one, and is refused; or the list is believed half-way."""
    add = draft(Phase.WIDEN, AddEntries(LIST, (Entry(EDGE, "edge"),)))
    it = Driver(plan([add, TAKE_OUT], [HOLDS_LIST], [], settle=30))
    it.acts(add_entries=Done())
    for _ in range(3):
        it.look(busy=prefix_list(OLD, state="modify-in-progress"))
    it.look(there=prefix_list(OLD, EDGE))
    it.look(proved=prefix_list(OLD, EDGE))
    assert it.acts(remove_entries=Done()) == [TAKE_OUT.act]
    it.look(busy=prefix_list(OLD, EDGE, state="modify-in-progress"))
    it.look(there=prefix_list(EDGE))
    it.look(proved=prefix_list(EDGE))
    assert it.end()[LIST].state is State.FINISHED


def test_a_list_that_is_being_changed_by_somebody_is_waited_for() -> None:
    """Four refusals in two seconds, and the run gives up on a list that somebody else is changing."""
    add = draft(Phase.WIDEN, AddEntries(LIST, (Entry(EDGE, "edge"),)))
    it = Driver(plan([add], [HOLDS_LIST], [], settle=30))
    it.acts(add_entries=Unsure("IncorrectState"))
    for _ in range(5):
        it.look(busy=prefix_list(OLD, state="modify-in-progress"))
    it.look(idle=prefix_list(OLD))
    assert it.acts(add_entries=Done()) == [add.act]


def test_a_change_of_a_list_that_aws_takes_and_never_makes_ends() -> None:
    """AWS answers that it will be done, and it is not, and nobody says why: the run goes on for ever."""
    larger = draft(Phase.PREPARE, ResizePrefixList(LIST, 20, 10))
    it = Driver(plan([larger, FILL], [HOLDS_LIST, FILLED], [wait(OURS, Phase.WIDEN, LIST)], settle=1))
    for _ in range(4):
        assert it.acts(resize_prefix_list=Done()) == [larger.act]
        it.look_until_it_acts(prefix_list(OLD, state="modify-complete"))
    it.acts(resize_prefix_list=Done())
    ended = it.end()
    assert ended[LIST].state is State.STOPPED
    assert ended[LIST].message == f"AWS took the change of {LIST} 4 times, and does not show it"
    assert ended[OURS].state is State.STOPPED


def test_a_change_of_a_list_that_aws_gives_up_ends() -> None:
    """A group that names the list is full: AWS fails the larger size after its answer, and would fail it again."""
    larger = draft(Phase.PREPARE, ResizePrefixList(LIST, 20, 10))
    it = Driver(plan([larger, FILL], [HOLDS_LIST, FILLED], [wait(OURS, Phase.WIDEN, LIST)], settle=30))
    assert it.acts(resize_prefix_list=Done()) == [larger.act]
    # For a while it may be the end of an earlier change that is told.
    given_up = msgspec.structs.replace(prefix_list(OLD, state="modify-failed"), message="sg-full has no room")
    it.look(list=given_up)
    it.look(list=prefix_list(OLD, state="modify-in-progress"))
    it.look_until_it_acts(given_up)
    assert it.waited <= 10
    ended = it.end()
    assert ended[LIST].state is State.STOPPED
    assert ended[LIST].message == f"AWS gave up the change of {LIST}: sg-full has no room"
    assert ended[OURS].state is State.STOPPED


def test_a_certificate_that_the_edge_gives_up_ends() -> None:
    """The edge says that it will never deploy it, and the run waits for it until its patience for deploying is over."""
    upload = draft(Phase.PREPARE, UploadCertificate("z", "hostname", "blog", pem_of(b"a certificate")))
    it = Driver(plan([upload], [Expectation("blog", upload.act.target)], []))
    assert it.acts(upload_certificate=Done()) == [upload.act]
    sha256 = sha256_of(b"a certificate")
    at_edge = EdgeCertificate("42", "hostname", sha256, pem_of(b"a certificate"), "pending_deployment")
    it.look(still=at_edge)
    it.look_until_it_acts(msgspec.structs.replace(at_edge, status="deployment_timed_out"))
    assert it.waited <= 10
    (ended,) = it.end().values()
    assert ended.state is State.STOPPED
    assert "deployment_timed_out" in ended.message


@pytest.mark.parametrize("entries", [Unknown("the entries", "not allowed"), ()])
def test_a_list_whose_entries_cannot_be_read_or_are_not_there_holds_up_the_groups(entries: Unknown | tuple[()]) -> None:
    """A group lets go of its rules for a list of which nobody knows what is in it."""
    held = prefix_list()
    seen = held if entries == () else type(held)(LIST, LIST_NAME, 4, 10, entries, 1, "modify-complete", tags=TAGS)
    it = Driver(plan([FILL, REVOKE], [HOLDS_LIST, FILLED, AS_IT_IS], [wait(OURS, Phase.WIDEN, LIST)]))
    assert it.look(list=seen, other=group(OTHER, OLD)) == (LIST, OTHER)
    it.acts(revoke_ingress=Done())
    it.look(other=group(OTHER))
    ended = it.end()
    assert (ended[OURS].state, ended[OURS].done) == (State.STOPPED, ())


def test_who_is_only_looked_at_gates_all_the_same() -> None:
    """A target of which nothing is changed counts as proved without a look."""
    it = Driver(plan([REVOKE], [ATTACHED, AS_IT_IS, FILLED], STORY))
    assert it.look(lb=balancer(OTHER, OURS), other=group(OTHER, OLD), ours=group(OURS, EDGE)) == (LB, OTHER, OURS)
    it.look(other=group(OTHER, OLD))
    assert it.acts(revoke_ingress=Done()) == [REVOKE.act]
    it = Driver(plan([REVOKE], [ATTACHED, AS_IT_IS, FILLED], STORY))
    it.look(lb=balancer(OTHER), other=group(OTHER, OLD), ours=group(OURS, EDGE))
    ended = it.end()
    assert (ended[OTHER].state, ended[LB].state) == (State.STOPPED, State.STOPPED)


def test_what_nobody_expects_anything_of_is_not_waited_for() -> None:
    """A wait for a target that is not in the plan at all is for ever."""
    it = Driver(plan([REVOKE], [AS_IT_IS], [wait(OTHER, Phase.NARROW, "sg-unheard-of")]))
    it.look(other=group(OTHER, OLD))
    assert it.acts(revoke_ingress=Done()) == [REVOKE.act]


def test_two_origins_that_share_a_list_both_wait_for_the_one_change_of_it() -> None:
    """The second origin's group names a list that is not filled yet; or the list narrows before it is ready."""
    shop = "sg-shop"
    add = [draft(Phase.WIDEN, AddEntries(LIST, (Entry(EDGE, "edge"),)), origin) for origin in ("blog", "shop")]
    take = [draft(Phase.NARROW, TAKE_OUT.act, origin) for origin in ("blog", "shop")]
    fill = [FILL, draft(Phase.WIDEN, Authorize(shop, (spec(),)), "shop")]
    expected = [HOLDS_LIST, Expectation("shop", LIST, entries=(EDGE,)), FILLED, Expectation("shop", shop, (key(),))]
    waits = [
        wait(OURS, Phase.WIDEN, LIST),
        wait(shop, Phase.WIDEN, LIST, origin="shop"),
        wait(LIST, Phase.NARROW, shop, origin="shop"),
    ]
    made = plan([*add, *take, *fill], expected, waits)
    assert [change.kind for change in made.changes].count("add-entries") == 1
    it = Driver(made)
    assert it.acts(add_entries=Done()) == [add[0].act]
    it.look(list=prefix_list(OLD, EDGE))
    it.look(list=prefix_list(OLD, EDGE))
    assert it.acts(authorize_ingress=Done()) == [fill[1].act, FILL.act]
    it.look(ours=group(OURS, EDGE), shop=group(shop, EDGE))
    it.look(list=prefix_list(OLD, EDGE))
    assert it.acts(remove_entries=Done()) == [TAKE_OUT.act]


def test_a_group_that_is_deleted_is_no_harm() -> None:
    """A deletion that succeeded is taken for a loss, with nothing to undo it by: the run breaks down."""
    delete = draft(Phase.TIDY, DeleteGroup(OURS))
    waits = [wait(OURS, Phase.NARROW, LB, until=Milestone.DONE)]
    leave = draft(Phase.NARROW, DetachGroups(LB, (OURS,), OTHER))
    it = Driver(plan([leave, delete], [Expectation("blog", LB, groups=(OTHER,)), Expectation("blog", OURS)], waits))
    assert it.look(lb=balancer(OURS, OTHER), ours=group(OURS, EDGE)) == (LB, OURS)
    assert it.acts(detach_groups=Done()) == [leave.act]
    it.look(lb=balancer(OTHER))
    it.look(ours=group(OURS, EDGE))
    assert it.acts(delete_group=Done()) == [delete.act]
    it.look(gone=Missing(OURS))
    ended = it.end()
    assert (ended[OURS].state, ended[OURS].proofs[-1].verdict) == (State.FINISHED, Verdict.KEPT)


def test_a_group_that_is_still_attached_is_not_deleted() -> None:
    """Our group is deleted, or its deletion refused by AWS, while the load balancer is behind."""
    delete = draft(Phase.TIDY, DeleteGroup(OURS))
    waits = [wait(OURS, Phase.NARROW, LB, until=Milestone.DONE)]
    leave = draft(Phase.NARROW, DetachGroups(LB, (OURS,), OTHER))
    it = Driver(plan([leave, delete], [Expectation("blog", LB, groups=(OTHER,)), Expectation("blog", OURS)], waits))
    it.look(lb=balancer(OURS, OTHER), ours=group(OURS, EDGE))
    it.acts(detach_groups=Done())
    it.look(lb=balancer(OTHER, OURS))
    ended = it.end()
    assert (ended[LB].state, ended[LB].proofs[-1].verdict) == (State.FINISHED, Verdict.BROKEN)
    assert (ended[OURS].state, ended[OURS].done) == (State.STOPPED, ())


def test_what_is_lost_where_nothing_was_narrowed_is_told_and_nothing_is_undone() -> None:
    """An undo with nothing to undo breaks the run down."""
    delete = draft(Phase.TIDY, DeleteGroup(OTHER))
    it = Driver(plan([delete], [Expectation("blog", OTHER, (key(),))], []))
    it.look(other=group(OTHER, EDGE))
    it.acts(delete_group=Unsure("no answer"))
    it.look(other=Missing(OTHER))
    it.look(other=group(OTHER))
    ended = it.end()[OTHER]
    assert (ended.state, ended.undone) == (State.STOPPED, ())
    assert ended.message == f"AWS does not show 1 wanted rule of {OTHER}"


def test_the_order_in_words_follows_the_waits() -> None:
    """A person reads that the load balancer is changed before there is a group to attach."""
    waits = [*STORY, wait(OURS, Phase.WIDEN, LIST), wait(LIST, Phase.NARROW, OURS), wait(LIST, Phase.NARROW, LB)]
    made = plan([REVOKE, TAKE_OUT, DETACH, ATTACH, FILL], [], waits)
    assert [change.act for change in made.changes] == [TAKE_OUT.act, FILL.act, ATTACH.act, DETACH.act, REVOKE.act]
    after = {change.kind: change.after for change in made.changes}
    assert after["attach-groups"] == (f"blog/{OURS}/widen-1",)
    assert after["detach-groups"] == (f"blog/{LB}/widen-1", f"blog/{OURS}/widen-1")
    assert after["remove-entries"] == (f"blog/{OURS}/widen-1", f"blog/{LB}/widen-1")


def test_kinds_of_what_is_made() -> None:
    """The names by which the tests above know acts are those of the plan's JSON."""
    assert isinstance(MAKE_GROUP.act, CreateGroup)
    assert isinstance(MAKE_LIST.act, CreatePrefixList)
    assert isinstance(TAKE_OUT.act, RemoveEntries)
    assert (MAKE_GROUP.act.vpc, MAKE_GROUP.act.tags) == (VPC, TAGS)
