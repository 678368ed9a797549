"""One run of originlock in a random world, and what it must have kept to."""

from __future__ import annotations

from tests.properties.fake_cloud import FakeClock, FakeCloud, FakeEdges, FakeResolver, FakeState, State, forms
from tests.properties.fake_network import unasked
from tests.properties.oracle import Oracle, Point, points, span
from tests.properties.worlds import EVERY_CIDR, PORTS, PREFIX_LISTS, TODAY, World

from originlock.app.apply import Order, Writers, apply
from originlock.app.plan import Planned, Readers, Request, Undo, make_plan
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.origin import CidrSource, Rule
from originlock.intent.policy import Overrides
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.result import ApplyResult


class Site:
    """A world with its cloud and its state directory; runs may follow each other in it."""

    def __init__(self, world: World, quota: int = 200) -> None:
        self.world = world
        self.cloud = FakeCloud(world.groups, quota, PREFIX_LISTS)
        self.state = FakeState(AcceptedList("cloudflare", world.published, "snapshot"))
        self.clock = FakeClock()
        self.published: tuple[Ranges | None, Ranges | None] | None = None
        self._count = 0

    def readers(self) -> Readers:
        """The ports of planning."""
        return Readers(
            (NetworkLock(),),
            self.cloud,
            FakeEdges(self.world.published, forms(*(self.published or (self.world.published, self.world.published)))),
            FakeResolver("104.16.0.1"),
            self.state,
            self.clock,
            unasked(FakeResolver()),
        )

    def request(self, overrides: Overrides | None = None) -> Request:
        """What is asked for."""
        return Request((self.world.policy,), self.world.limits, overrides or self.world.overrides)

    def plan(self) -> Planned:
        """Plan only."""
        return make_plan(self.request(), self.readers())

    def run(self, undo: Undo | None = None, overrides: Overrides | None = None) -> ApplyResult:
        """Plan and apply."""
        self._count += 1
        readers = self.readers()
        state = self.state
        writers = Writers(self.cloud, state, state, state, state, state, state)
        order = Order(f"run-{self._count}", "rollback" if undo else "apply", "test", "0")
        return apply(order, lambda: make_plan(self.request(overrides), readers, undo), readers, writers, lambda _: None)


ORACLE = Oracle(points(EVERY_CIDR, [*PORTS, 22]), PREFIX_LISTS)


def wanted_points(world: World) -> frozenset[Point]:
    """The points that the policy wants let in, by the oracle's own reckoning."""
    network = world.policy.network
    live = [e.source for e in world.policy.exceptions if e.expires >= TODAY]
    spans = [span(cidr) for cidr in (*world.published.cidrs, *live)]
    return frozenset(
        (protocol, port, version, address)
        for protocol, port, version, address in ORACLE.sample
        if protocol == network.protocol
        and port in network.ports
        and any(v == version and first <= address <= last for v, first, last in spans)
    )


def keeps_the_invariants(site: Site, since: int = 0) -> None:
    """I1, I2 and I3 in every state that the cloud was in."""
    states = site.cloud.states[since:]
    before = ORACLE.allowed(states[0])
    wanted = wanted_points(site.world)
    for state in states:
        now = ORACLE.allowed(state)
        for group, was in before.items():
            assert (was & wanted) <= now[group], f"I1: lost {sorted((was & wanted) - now[group])[:3]}"
            assert now[group] <= was | wanted, f"I2: let in {sorted(now[group] - was - wanted)[:3]}"
        for group, rules in states[0].items():
            foreign_stays(site.world, rules, state[group])


def foreign_stays(world: World, before: tuple[Rule, ...], now: tuple[Rule, ...]) -> None:
    """I3: a rule that is not ours is there as it was, unless the policy says to remove it (or to adopt it)."""
    held = {rule.id: rule for rule in now}
    network = world.policy.network
    for rule in before:
        if rule.tag("originlock:origin") == world.policy.origin:
            continue
        ports = range(rule.key.from_port, rule.key.to_port + 1)
        by_kind = (
            rule.tag("originlock:origin") is None
            and isinstance(rule.key.source, CidrSource)
            and rule.key.protocol == network.protocol
            and len(ports) <= len(network.ports)
            and set(ports) <= set(network.ports)
        )
        if network.foreign == "remove" and (by_kind or rule.id in network.foreign_rules):
            continue
        assert rule.id in held, f"I3: {rule} is gone"
        same = held[rule.id]
        assert same.key == rule.key
        assert same.tags == rule.tags or world.overrides.adopt


def allowed_now(site: Site) -> dict[str, frozenset[Point]]:
    """Who can reach what now."""
    return ORACLE.allowed(site.cloud.now)


def keys_of(state: State) -> dict[str, set[object]]:
    """The rules of each group, whatever their ids."""
    return {group: {rule.key for rule in rules} for group, rules in state.items()}


__all__ = ["Ranges", "Site", "allowed_now", "keeps_the_invariants", "keys_of", "wanted_points"]
