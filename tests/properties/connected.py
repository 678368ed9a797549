"""An origin with hostnames, in a network whose connections come to what the rules say, and to what a test adds."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from tests.properties.fake_cloud import GROUP, FakeClock, FakeCloud, FakeEdges, FakeResolver, FakeState, State, forms
from tests.properties.fake_network import (
    TRACE,
    Answer,
    FakeProber,
    FakeWhereabouts,
    from_edge,
    from_origin,
    probing,
    seen_from,
)
from tests.properties.oracle import Point, lets_in, span

from originlock.app.apply import Order, Writers, apply
from originlock.app.plan import Readers, Request, make_plan
from originlock.app.vantage import Probing
from originlock.edges import EDGES
from originlock.facts.edge import AcceptedList, EdgeDescription, Ranges
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.facts.probing import Ask, Evidence, Outcome
from originlock.intent.policy import GroupsById, Limits, NetworkPolicy, Overrides, Policy, ProofPolicy
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.result import ApplyResult

FRONT = "104.16.0.1"
ORIGIN = "198.51.100.10"
STRANGER = "192.0.2.66"
EGRESS = "173.245.48.1"
EDGE = Ranges.of([parse("173.245.48.0/20"), parse("104.16.0.0/13"), parse("2606:4700::/32")])
HOST = "www.example.org"

OPEN = (Rule("sgr-00000001", RuleKey("tcp", 443, 443, CidrSource(parse("0.0.0.0/0"))), "", ()),)

Meddle = Callable[[Ask, str], Answer | None]
"""What is otherwise than the rules say: takes an ask and its kind (trace, edge, straight); None leaves it."""


class KnownEdges(FakeEdges):
    """With the signs of the real edge."""

    def description(self, edge: str) -> EdgeDescription:
        """The signs are Cloudflare's."""
        return msgspec.structs.replace(super().description(edge), signs=EDGES["cloudflare"].description.signs)


class ConnectedSite:
    """One group, open to all, behind an edge that connects from one address."""

    def __init__(self, meddle: Meddle = lambda _ask, _kind: None, whereabouts: FakeWhereabouts | None = None) -> None:
        self.cloud = FakeCloud({GROUP: OPEN})
        self.state = FakeState(AcceptedList("cloudflare", EDGE, "snapshot"))
        self.clock = FakeClock()
        self.policy = Policy(
            "blog",
            GroupsById((GROUP,)),
            hostnames=(HOST,),
            network=NetworkPolicy(foreign="remove"),
            proof=ProofPolicy(addresses=(ORIGIN,)),
        )
        self.limits = Limits(0, 2.0, 2.0)
        self.probing: Probing = probing(self._answer, FakeResolver(FRONT), whereabouts)
        self._meddle = meddle

    @property
    def asked(self) -> list[Ask]:
        """Every connection that was made."""
        prober = self.probing.prober
        assert isinstance(prober, FakeProber)
        return prober.asked

    def lets_in(self, address: str, state: State | None = None) -> bool:
        """Whether the rules let an address in now, or in another state."""
        version, first, _ = span(f"{address}/32")
        point: Point = ("tcp", 443, version, first)
        return any(lets_in(rule.key, point, {}) for rule in (state or self.cloud.now)[GROUP])

    @property
    def narrowed(self) -> bool:
        """Whether anything was taken away."""
        return any(rule.id not in {r.id for r in state[GROUP]} for state in self.cloud.states for rule in OPEN)

    def _answer(self, ask: Ask) -> Answer:
        kind = "straight" if ask.address == ORIGIN else "trace" if ask.path == TRACE else "edge"
        meddled = self._meddle(ask, kind)
        if meddled is not None:
            return meddled
        match kind:
            case "trace":
                return seen_from(STRANGER)
            case "edge":
                return from_origin() if self.lets_in(EGRESS) else from_edge(522)
            case _:
                let_in = self.lets_in(STRANGER)
                return (Outcome.HTTP, Evidence(status=200)) if let_in else (Outcome.TIMED_OUT, Evidence())

    def run(self, overrides: Overrides | None = None) -> ApplyResult:
        """Plan and apply."""
        edges = KnownEdges(EDGE, forms(EDGE, EDGE))
        resolver = FakeResolver(FRONT)
        readers = Readers((NetworkLock(),), self.cloud, edges, resolver, self.state, self.clock, self.probing)
        writers = Writers(self.cloud, self.state, self.state, self.state, self.state, self.state, self.state)
        request = Request((self.policy,), self.limits, overrides or Overrides())
        order = Order("run-1", "apply", "test", "0")
        return apply(order, lambda: make_plan(request, readers), readers, writers, lambda _: None)
