"""One run of originlock in a random world of load balancers, and what it must have kept to in every state."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from tests.properties.balanced_worlds import ARN, EDGE_SAYS, OUR_GROUP, OURS, BalancedWorld
from tests.properties.fake_cloud import FakeClock, FakeEdges, FakeResolver, FakeState, forms
from tests.properties.fake_network import unasked
from tests.properties.fake_region import Balancer, FakeRegion, Moment, referring, using
from tests.properties.oracle import Point, lets_in, points, span
from tests.properties.worlds import EVERY_CIDR, PORTS, TODAY

from originlock.app.apply import Order, Writers, apply
from originlock.app.plan import Planned, Readers, Request, Undo, make_plan
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.networks import is_public
from originlock.facts.origin import CidrSource, PrefixList, PrefixListSource, Rule, RuleKey
from originlock.intent.policy import Overrides, Policy
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.result import ApplyResult

SAMPLE = frozenset(points(EVERY_CIDR, PORTS))


class BalancedSite:
    """A world with its Region and its state directory; runs may follow each other in it."""

    def __init__(self, world: BalancedWorld) -> None:
        self.world = world
        self.region = FakeRegion(world.moment, world.settings)
        self.state = FakeState(AcceptedList("cloudflare", world.published, "snapshot"))
        self.clock = FakeClock()
        self.published: tuple[Ranges | None, Ranges | None] | None = None
        self._count = 0

    def readers(self) -> Readers:
        """The ports of planning."""
        edges = FakeEdges(self.world.published, forms(*(self.published or (self.world.published,) * 2)))
        resolver = FakeResolver("104.16.0.1")
        return Readers((NetworkLock(),), self.region, edges, resolver, self.state, self.clock, unasked(resolver))

    def request(self, overrides: Overrides | None = None) -> Request:
        """What is asked for."""
        return Request((self.world.policy,), self.world.limits, overrides or self.world.overrides)

    def plan(self) -> Planned:
        """Plan only."""
        return make_plan(self.request(), self.readers())

    def run(self, undo: Undo | None = None, overrides: Overrides | None = None) -> ApplyResult:
        """Plan and apply."""
        self._count += 1
        readers, state = self.readers(), self.state
        writers = Writers(self.region, state, state, state, state, state, state)
        order = Order(f"run-{self._count}", "rollback" if undo else "apply", "test", "0")
        return apply(order, lambda: make_plan(self.request(overrides), readers, undo), readers, writers, lambda _: None)

    @property
    def balancer(self) -> Balancer:
        """The target as it is now."""
        return self.region.now.balancers[ARN]


@functools.lru_cache(maxsize=65_536)
def _of_key(key: RuleKey, entries: tuple[str, ...]) -> frozenset[Point]:
    source = key.source
    lists = {}
    if isinstance(source, PrefixListSource):
        lists[source.prefix_list] = PrefixList(source.prefix_list, "", 4, 0, entries)  # type: ignore[arg-type]
    return frozenset(point for point in SAMPLE if lets_in(key, point, lists))


def let_in_by(key: RuleKey, lists: Mapping[str, PrefixList]) -> frozenset[Point]:
    """The points that one rule lets in."""
    entries = lists[key.source.prefix_list].entries if isinstance(key.source, PrefixListSource) else ()
    assert isinstance(entries, tuple)
    return _of_key(key, entries)


def reachable(balancer: Balancer) -> frozenset[Point]:
    """The points at which there is somebody to reach: what it listens on, in the families that it has."""
    doors = {door for listener in balancer.listeners for door in listener.doors}
    versions = {4} if balancer.addresses == "ipv4" else {4, 6}
    return frozenset(point for point in SAMPLE if (point[0], point[1]) in doors and point[2] in versions)


def by_group(moment: Moment, name: str) -> frozenset[Point]:
    """The points that a group lets in."""
    return frozenset().union(*(let_in_by(rule.key, moment.lists) for rule in moment.groups[name].rules))


def allowed(moment: Moment, arn: str = ARN) -> tuple[frozenset[Point], ...]:
    """The points that come in at each interface of a load balancer: the union over its groups."""
    balancer = moment.balancers[arn]
    somebody = reachable(balancer)
    return tuple(frozenset().union(*(by_group(moment, name) for name in side)) & somebody for side in balancer.sides)


def wanted_points(world: BalancedWorld, policy: Policy | None = None) -> frozenset[Point]:
    """The points that the policy wants let in, by the oracle's own reckoning."""
    asked = policy or world.policy
    network = asked.network
    live = [e.source for e in asked.exceptions if e.expires >= TODAY]
    has_ipv6 = world.balancer.addresses != "ipv4" if network.ipv6 is None else network.ipv6
    return _wanted(
        (*world.published.cidrs, *network.extra_ranges, *live), network.protocol, network.ports, ipv6=has_ipv6
    ) & reachable(world.balancer)


def harmless_points(world: BalancedWorld) -> frozenset[Point]:
    """Who may come in with a list that we name, although nobody asked for it.

    Private addresses that somebody put into it: they are no strangers. And the edge's ranges, wherever else the list is
    named: whoever names a list of the edge's ranges means them as they are.
    """
    network = world.policy.network
    lists = {
        held.id: held
        for held in world.moment.lists.values()
        if network.via == "prefix-list" and (held.id in network.prefix_list or held.tags == OURS)
    }
    cidrs = [cidr for held in lists.values() for cidr in held.entries if not is_public(cidr)]  # type: ignore[union-attr]
    elsewhere = [
        _of_key(rule.key, world.published.cidrs)
        for name in world.balancer.groups
        for rule in world.moment.groups[name].rules
        if isinstance(rule.key.source, PrefixListSource) and rule.key.source.prefix_list in lists
    ]
    return _wanted(tuple(cidrs), network.protocol, network.ports, ipv6=True).union(*elsewhere)


@functools.lru_cache(maxsize=4096)
def _wanted(cidrs: tuple[str, ...], protocol: str, ports: tuple[int, ...], *, ipv6: bool) -> frozenset[Point]:
    spans = [span(cidr) for cidr in cidrs]
    return frozenset(
        point
        for point in SAMPLE
        if point[0] == protocol
        and point[1] in ports
        and (ipv6 or point[2] == 4)
        and any(version == point[2] and first <= point[3] <= last for version, first, last in spans)
    )


def keeps_the_invariants(site: BalancedSite, since: int = 0) -> None:
    """I1, I2, I3 in every state that the Region was in, and that load balancer and targets never lose each other."""
    moments = site.region.moments[since:]
    first = moments[0]
    wanted, harmless = wanted_points(site.world), harmless_points(site.world)
    before = allowed(first)
    welcome_everywhere = False
    for moment in moments:
        now = allowed(moment)
        for was, here in zip(before, now, strict=True):
            assert was & wanted <= here, f"I1: lost {sorted((was & wanted) - here)[:3]}"
            assert here <= was | wanted | harmless, f"I2: let in {sorted(here - was - wanted)[:3]}"
        served = _is_served(moment, wanted)
        assert served or not welcome_everywhere, "no group admits every wanted source any more"
        welcome_everywhere = served
        _leaves_others_alone(site.world, first, moment)
    targets_stay_healthy(site, since)


def targets_stay_healthy(site: BalancedSite, since: int = 0) -> None:
    """Every target that admitted the load balancer, and to which it was let out, still does, in every state."""
    first, *later = site.region.moments[since:]
    healthy = [name for name, state in first.health(first.balancers[ARN]).items() if state == "healthy"]
    for moment in later:
        health = moment.health(moment.balancers[ARN])
        assert all(health[name] == "healthy" for name in healthy), "a target does not admit the load balancer any more"


def _is_served(moment: Moment, wanted: frozenset[Point]) -> bool:
    """Whether on each interface one group admits every wanted source."""
    sides = moment.balancers[ARN].sides
    return all(any(wanted <= by_group(moment, name) for name in side) for side in sides)


def _leaves_others_alone(world: BalancedWorld, first: Moment, moment: Moment) -> None:
    """I3: whatever is not ours stays as it was, unless the policy's own word is about it."""
    for arn, balancer in first.balancers.items():
        if arn != ARN:
            assert moment.balancers[arn].groups == balancer.groups
    for name, group in first.groups.items():
        assert name in moment.groups, f"I3: {name} is gone"
        assert group.egress == moment.groups[name].egress or group.tags == OUR_GROUP
        _foreign_rules_stay(world, first, name, moment)
    for name in first.balancers[ARN].groups:
        if name not in moment.balancers[ARN].groups:
            _may_leave(world, first, name)
    for name, held in first.lists.items():
        _foreign_entries_stay(world, held, moment.lists.get(name))


def _foreign_rules_stay(world: BalancedWorld, first: Moment, name: str, moment: Moment) -> None:
    network = world.policy.network
    held = {rule.id: rule for rule in moment.groups[name].rules}
    ours = name in first.balancers[ARN].groups or first.groups[name].tags == OUR_GROUP
    mine = {f"eni-{world.balancer.name}-{n}" for n in range(2)}
    shared = bool(using(first, name) - mine)
    for rule in first.groups[name].rules:
        if rule.tag("originlock:origin") == "blog" and ours:
            continue
        named = rule.id in network.foreign_rules
        if network.foreign == "remove" and ours and (named or (_is_by_kind(world, rule) and not shared)):
            continue
        assert rule.id in held, f"I3: {rule} of {name} is gone"
        assert held[rule.id].key == rule.key
        assert held[rule.id].tags == rule.tags or world.overrides.adopt


def _is_by_kind(world: BalancedWorld, rule: Rule) -> bool:
    """Whether `foreign = "remove"` speaks of a rule without naming it: nobody's, a CIDR, the policy's ports only."""
    network = world.policy.network
    ports = range(rule.key.from_port, rule.key.to_port + 1)
    return (
        rule.tag("originlock:origin") is None
        and isinstance(rule.key.source, CidrSource)
        and rule.key.protocol == network.protocol
        and len(ports) <= len(network.ports)
        and set(ports) <= set(network.ports)
    )


def _may_leave(world: BalancedWorld, first: Moment, name: str) -> None:
    network = world.policy.network
    assert network.security_group == "create", f"I3: {name} was detached"
    assert network.foreign == "remove", f"I3: {name} was detached"
    assert not referring(first, name), f"I3: {name} was detached, and a rule names it"
    assert f"references:{name}" not in world.settings.dark, f"I10: {name} was detached, and who names it is not known"
    kept = [rule for rule in first.groups[name].rules if rule.id not in network.foreign_rules]
    others = {rule.tag("originlock:origin") for rule in kept} - {None, "blog"}
    assert not others, f"I3: {name} was detached with rules of {others}"
    doors = {(protocol, port) for protocol, port, _, _ in reachable(world.balancer)}
    beyond = by_group(first, name) - wanted_points(world)
    strangers = {point for point in beyond if point[:2] in doors}
    assert strangers or "listeners" in world.settings.dark, f"I3: {name} was detached, and lets no stranger in"


def _foreign_entries_stay(world: BalancedWorld, before: PrefixList, now: PrefixList | None) -> None:
    network = world.policy.network
    assert now is not None, f"I3: {before.id} is gone"
    assert isinstance(before.entries, tuple)
    assert isinstance(now.entries, tuple)
    ours = network.via == "prefix-list" and (
        before.id in network.prefix_list or (not network.prefix_list and before.tags == OURS)
    )
    if not ours:
        assert now == before, f"I3: {before.id} was changed"
        return
    says = dict(zip(before.entries, before.descriptions, strict=True))
    for cidr in before.entries:
        assert cidr in now.entries or says[cidr] == EDGE_SAYS or network.foreign == "remove", f"I3: {cidr} is gone"


def everything(moment: Moment) -> tuple[object, ...]:
    """A state without what differs from run to run: ids of rules, versions."""
    names = {name: group.name for name, group in moment.groups.items()}
    labels = {name: held.name for name, held in moment.lists.items()}
    groups = {names[name]: {_plain(rule.key, labels) for rule in g.rules} for name, g in moment.groups.items()}
    attached = {arn: frozenset(names[name] for name in b.groups) for arn, b in moment.balancers.items()}
    lists = {labels[name]: frozenset(held.entries) for name, held in moment.lists.items() if held.entries}  # type: ignore[arg-type]
    return groups, attached, lists


def _plain(key: RuleKey, labels: Mapping[str, str]) -> object:
    source = key.source
    named = labels.get(source.prefix_list) if isinstance(source, PrefixListSource) else source
    return (key.protocol, key.from_port, key.to_port, named)
