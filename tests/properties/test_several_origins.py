"""Several origins in one run: what stops one of them stops no other, and is told of it alone."""

from __future__ import annotations

import dataclasses

import pytest
from tests.properties.fake_cloud import FakeClock, FakeCloud, FakeEdges, FakeResolver, FakeState, forms
from tests.properties.fake_network import unasked

from originlock.app.apply import Order, Writers, apply
from originlock.app.plan import Readers, Request, make_plan
from originlock.errors import CloudError, ExitCode, StateError, TargetError, UsageError
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.intent.policy import GroupsById, Limits, NetworkPolicy, Overrides, Place, Policy, Target
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.document import Plan
from originlock.plan.journal import Answered, Event, Intended, RunEnded, runs
from originlock.plan.result import ApplyResult, Outcome, exit_code_of_plan
from originlock.ports.reading import Found
from originlock.report.data import result_data
from originlock.report.document import as_text
from originlock.report.people import plan_document, result_document

A, B, C = "sg-0000000a", "sg-0000000b", "sg-0000000c"
EDGE = Ranges.of([parse("104.16.0.0/13"), parse("2606:4700::/32")])
WORLD = Rule("sgr-00000001", RuleKey("tcp", 443, 443, CidrSource(parse("0.0.0.0/0"))))
HERE = Place()
LOST = Place("eu-lost-1")
ODD = Place("eu-odd-1")


class Cloud(FakeCloud):
    """One account of which one Region cannot be asked, and which refuses to write in the journal when told."""

    asked = 0

    def reader(self, place: Place) -> FakeCloud:
        """Itself, but for the Region that is lost."""
        return Lost(self) if place == LOST else self

    def find(self, target: Target) -> Found:
        """As the fake does."""
        self.asked += 1
        return super().find(target)


class Lost(FakeCloud):
    """A Region that does not answer."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__({})
        self.cloud = cloud

    def find(self, _target: Target) -> Found:
        """No answer."""
        self.cloud.asked += 1
        message = "AWS cannot be reached"
        raise CloudError(message, "check the network")


def policy(origin: str, *groups: str, place: Place = HERE, remove: bool = False) -> Policy:
    """An origin on port 443."""
    network = NetworkPolicy(foreign="remove" if remove else "report")
    return Policy(origin, GroupsById(groups), place=place, network=network)


@dataclasses.dataclass
class Town:
    """A cloud and a state in which several origins are run."""

    cloud: Cloud
    policies: tuple[Policy, ...]
    state: FakeState = dataclasses.field(default_factory=lambda: FakeState(AcceptedList("cloudflare", EDGE, "snap")))

    def readers(self) -> Readers:
        """The ports of planning."""
        edges = FakeEdges(EDGE, forms(EDGE, EDGE))
        resolver = FakeResolver("192.0.2.1")
        return Readers((NetworkLock(),), self.cloud, edges, resolver, self.state, FakeClock(), unasked(resolver))

    def plan(self) -> Plan:
        """Plan only."""
        return make_plan(self.request(), self.readers()).plan

    def request(self) -> Request:
        """All origins, little patience."""
        return Request(self.policies, Limits(0, 2.0), Overrides())

    def run(self) -> ApplyResult:
        """Plan and apply."""
        state, readers = self.state, self.readers()
        writers = Writers(self.cloud, state, state, state, state, state, state)
        order = Order("run-1", "apply", "test", "0")
        return apply(order, lambda: make_plan(self.request(), readers), readers, writers, lambda _: None)


def own(origin: str, *cidrs: str) -> tuple[Rule, ...]:
    """Rules that an origin made."""
    return tuple(
        Rule(f"sgr-000001{n:02x}", RuleKey("tcp", 443, 443, CidrSource(parse(c))), "", (("originlock:origin", origin),))
        for n, c in enumerate(cidrs)
    )


OLD = own("a", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "104.16.0.0/13")
"""Rules of which the list lacks three of four: the guard of own rules objects."""


def test_an_objection_of_one_origin_leaves_the_others_to_be_done() -> None:
    """A quota of one site would keep every other site from the edge's new ranges."""
    town = Town(Cloud({A: (*OLD, WORLD), B: (WORLD,)}), (policy("a", A, remove=True), policy("b", B, remove=True)))
    plan = town.plan()
    assert {change.origin for change in plan.changes} == {"b"}
    assert {(hole.origin, hole.closed_by_plan) for hole in plan.holes if hole.rule == WORLD.id} == {
        ("a", False),
        ("b", True),
    }
    assert exit_code_of_plan(plan) is ExitCode.REFUSED
    said = as_text(plan_document(plan), colour=False)
    assert "REFUSED for a (shrunken-against-own-rules)" in said
    assert "Refused for a by 1 guard; for the others:" in said
    result = town.run()
    assert (result.outcome, result.exit_code) == (Outcome.REFUSED, ExitCode.REFUSED)
    assert town.cloud.now[A] == (*OLD, WORLD)
    assert {r.key.source for r in town.cloud.now[B]} == {CidrSource(c) for c in EDGE.cidrs}
    assert result.locked is False
    assert {hole.origin for hole in result.holes} == {"a"}
    data = result_data(result)
    assert [o["origin"] for o in data["objections"]] == ["a"]  # type: ignore[attr-defined]
    assert [c["origin"] for c in data["done"]] == ["b", "b"]  # type: ignore[attr-defined]
    shown = as_text(result_document(result), colour=False)
    assert "Refused for a; what was done for the others stands above." in shown
    assert "Nothing was changed" not in shown
    assert town.state.last is not None
    assert town.state.last.source == "snap", "a list that own rules doubt is no baseline"


def test_where_all_are_refused_nothing_is_changed_and_it_is_said() -> None:
    """A run of which nothing was done would look like one of which a part was."""
    town = Town(Cloud({A: OLD}), (policy("a", A),))
    result = town.run()
    assert result.exit_code is ExitCode.REFUSED
    assert town.cloud.states == [{A: OLD}]
    assert "Nothing was changed" in as_text(result_document(result), colour=False)


def test_a_refused_list_stops_all() -> None:
    """Half a list would be acted on for the origins that no guard names."""
    town = Town(Cloud({A: (), B: ()}), (policy("a", A), policy("b", B)))
    readers = dataclasses.replace(town.readers(), edges=FakeEdges(EDGE, forms(None, None)))
    plan = make_plan(town.request(), readers).plan
    assert plan.changes == ()
    assert {objection.origin for objection in plan.objections} == {""}
    assert plan.refused == {"a", "b"}
    assert "nothing was changed" in as_text(plan_document(plan), colour=False)


def test_a_contested_target_names_each_origin_and_spares_the_third() -> None:
    """Two origins' quarrel over a group would stop a third, or be settled in favour of one of them."""
    town = Town(Cloud({A: (), B: (), C: ()}), (policy("a", A, B), policy("b", B), policy("c", C)))
    result = town.run()
    assert [(o.guard, o.origin) for o in result.objections] == [("contested-target", "a"), ("contested-target", "b")]
    assert (town.cloud.now[A], town.cloud.now[B]) == ((), ())
    assert len(town.cloud.now[C]) == 2
    assert result.exit_code is ExitCode.REFUSED


def test_an_origin_that_cannot_be_looked_at_is_unknown_and_the_others_are_done() -> None:
    """A Region that is down would stop every origin elsewhere; or be passed over in silence."""
    town = Town(
        Cloud({B: ()}), (policy("a", A, place=LOST), policy("b", B), policy("c", C), policy("d", A, place=LOST))
    )
    result = town.run()
    assert (result.outcome, result.exit_code) == (Outcome.UNKNOWN, ExitCode.UNKNOWN)
    assert len(town.cloud.now[B]) == 2
    said = {unread.origin: unread.reason for unread in result.unknown}
    assert said["a"] == said["d"] == "AWS cannot be reached; what to do: check the network"
    assert f"there is no security group {C}" in said["c"]
    assert result.locked is None
    assert town.cloud.asked == 3, "a place that is lost is not asked again"
    plan = town.plan()
    assert [unread.origin for unread in plan.unknown] == ["a", "c", "d"]
    assert exit_code_of_plan(plan) is ExitCode.UNKNOWN
    assert "UNKNOWN: origin a: AWS cannot be reached" in as_text(plan_document(plan), colour=False)


def test_of_one_origin_the_error_is_the_answer() -> None:
    """A slip in the only id would end with "could not be told" rather than with what is wrong."""
    with pytest.raises(TargetError):
        Town(Cloud({}), (policy("a", A),)).plan()
    with pytest.raises(CloudError):
        Town(Cloud({}), (policy("a", A, place=LOST),)).plan()


def test_wrong_usage_of_the_only_origin_is_an_error() -> None:
    """A profile that is not there would be told of as a state of AWS."""

    class NoRegion(Cloud):
        def reader(self, place: Place) -> FakeCloud:
            if place == ODD:
                message = "AWS: no Region"
                raise UsageError(message, "give --region")
            return super().reader(place)

    with pytest.raises(UsageError):
        Town(NoRegion({B: ()}), (policy("a", A, place=ODD),)).plan()
    made = Town(NoRegion({B: ()}), (policy("a", A, place=ODD), policy("b", B))).plan()
    assert [unread.origin for unread in made.unknown] == ["a"]
    assert {change.origin for change in made.changes} == {"b"}


class FullDisk(FakeState):
    """A journal that takes so many appends and then no more."""

    def __init__(self, room: int) -> None:
        super().__init__(AcceptedList("cloudflare", EDGE, "snap"))
        self.room = room

    def append(self, events: tuple[Event, ...], *, sync: bool = True) -> None:
        """Until it is full."""
        if self.room <= 0:
            message = "the journal cannot be written: no space left"
            raise StateError(message, "make room")
        self.room -= 1
        super().append(events, sync=sync)


@pytest.mark.parametrize("room", [0, 1])
def test_a_journal_that_is_lost_before_the_first_change_is_an_error(room: int) -> None:
    """Something would be done that no journal tells of."""
    town = Town(Cloud({A: (WORLD,)}), (policy("a", A, remove=True),), FullDisk(room))
    with pytest.raises(StateError):
        town.run()
    assert len(town.cloud.states) == 1


@pytest.mark.parametrize("room", range(2, 7))
def test_a_journal_that_is_lost_part_way_is_a_stop_and_no_mere_error(room: int) -> None:
    """A run that changed something would end as if it had changed nothing, or go on unwritten."""
    town = Town(Cloud({A: (WORLD,), B: (WORLD,)}), (policy("a", A, remove=True), policy("b", B, remove=True)))
    town.state = FullDisk(room)
    result = town.run()
    changed = len(town.cloud.states) - 1
    intended = sum(isinstance(event, Intended) for event in town.state.written)
    assert changed == sum(len(lane.done) for lane in result.lanes) <= intended
    whole = any(isinstance(event, RunEnded) for event in town.state.written)
    assert (result.exit_code is ExitCode.STOPPED) == (not whole), result
    if not whole:
        assert "no space left" in result.broke_off
        assert "no space left" in as_text(result_document(result), colour=False)
        (record,) = runs(town.state.events())
        assert record.outcome is None, "and the next run finds that it did not end"
    answers = sum(isinstance(event, Answered) for event in town.state.written)
    assert answers <= intended
