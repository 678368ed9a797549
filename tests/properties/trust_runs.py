"""One run of originlock in a random world of trust, and what it must have kept to in every state."""

from __future__ import annotations

import json

import msgspec
from tests.properties.connected import EDGE, FRONT, ORIGIN, STRANGER, KnownEdges
from tests.properties.fake_cloud import FakeClock, FakeResolver, FakeState, forms
from tests.properties.fake_network import TRACE, Answer, from_edge, from_origin, probing, seen_from
from tests.properties.fake_trust import FakeTrust
from tests.properties.trust_ground import NAMES, NOBODY, OUR_LEAVES, Moment, print_of
from tests.properties.trust_worlds import ECHO, OTHER, PROBE, TrustWorld

from originlock.app.apply import Order, Writers, apply
from originlock.app.observe import KnownTrust
from originlock.app.plan import Planned, Readers, Request, Undo, make_plan
from originlock.facts.edge import AcceptedList
from originlock.facts.probing import Ask, Evidence, Outcome
from originlock.facts.trust import SecureListener
from originlock.intent.policy import Limits, Overrides
from originlock.locks.identity.identity_lock import IdentityLock
from originlock.plan.result import ApplyResult


class TrustSite:
    """A world with its cloud, its edge and its state directory; runs may follow each other in it."""

    def __init__(self, world: TrustWorld) -> None:
        self.world = world
        self.clock = FakeClock()
        self.trust = FakeTrust(world.moment, world.authority, self.clock, world.pace)
        self.trust.hostnames = world.policy.hostnames
        self.trust.records = world.records
        self.state = FakeState(AcceptedList("cloudflare", EDGE, "snapshot"))
        self.probing = probing(self._answer, FakeResolver(FRONT))
        self.limits = Limits(0, 2.0, 2.0)
        self.lock = IdentityLock()
        self._count = 0

    def _answer(self, ask: Ask) -> Answer:
        if ask.address == ORIGIN:
            return Outcome.TIMED_OUT, Evidence()
        if ask.path == TRACE:
            return seen_from(STRANGER)
        now = self.trust.now
        listener = next((each for each in now.listeners.values() if each.port == ask.port), None)
        if listener is None:
            return from_edge(521)
        leaf = now.presented(ask.host)
        if not now.lets_in(listener, leaf):
            return from_edge(520)
        outcome, evidence = from_origin()
        asked_for = listener.mutual.mode != "off"
        if ask.port == PROBE:
            self.trust.saw(ask.host, leaf)
            evidence = msgspec.structs.replace(evidence, status=204)
        if ask.path.startswith(ECHO):
            arrived = leaf if asked_for else NOBODY
            self.trust.saw(ask.host, arrived)
            told = json.dumps({"client_certificate_sha256": print_of(arrived) if arrived else None})
            evidence = msgspec.structs.replace(evidence, body_start=told)
        return outcome, evidence

    def readers(self) -> Readers:
        """The ports of planning."""
        trust = self.trust
        return Readers(
            (self.lock,),
            trust,
            KnownEdges(EDGE, forms(EDGE, EDGE)),
            FakeResolver(FRONT),
            self.state,
            self.clock,
            self.probing,
            KnownTrust(trust, trust, trust),
        )

    def request(self, overrides: Overrides | None = None) -> Request:
        """What is asked for."""
        proof = msgspec.structs.replace(self.world.policy.proof, addresses=(ORIGIN,))
        policy = msgspec.structs.replace(self.world.policy, proof=proof)
        return Request((policy,), self.limits, overrides or Overrides())

    def plan(self) -> Planned:
        """Plan only."""
        return make_plan(self.request(), self.readers())

    def run(self, undo: Undo | None = None, overrides: Overrides | None = None) -> ApplyResult:
        """Plan and apply."""
        self._count += 1
        self.trust.seen_presented.clear()
        self.trust.phases.clear()
        readers, state = self.readers(), self.state
        writers = Writers(self.trust, state, state, state, state, state, state)
        order = Order(f"run-{self._count}", "rollback" if undo else "apply", "test", "0")
        return apply(order, lambda: make_plan(self.request(overrides), readers, undo), readers, writers, lambda _: None)

    @property
    def mark(self) -> int:
        """The number of the state that it is in now."""
        return len(self.trust.moments) - 1


def is_probe(listener: SecureListener) -> bool:
    """Whether it was made for a moment."""
    return listener.port == PROBE


def never_refused(site: TrustSite, since: int = 0, back_to: Moment | None = None) -> None:
    """P1: where the edge was let in before, it is at every moment; on the way back, where it was before that too."""
    moments = site.trust.moments[since:]
    names = site.world.policy.hostnames
    before = {(name, arn) for name, arn in moments[0].served(names) if not is_probe(moments[0].listeners[arn])}
    before &= before if back_to is None else back_to.served(names)
    for number, moment in enumerate(moments):
        lost = before - moment.served(names)
        assert not lost, f"P1: the edge is refused: {lost}, at {number}, after {_last(site)}"


def nobody_new(site: TrustSite, since: int = 0) -> None:
    """P2: nobody gets in who did not before and is not wanted."""
    moments = site.trust.moments[since:]
    first = moments[0]
    anywhere = frozenset(leaf for each in first.listeners.values() for leaf in first.admitted(each))
    for moment in moments:
        for arn, listener in moment.listeners.items():
            was = first.admitted(first.listeners[arn]) if arn in first.listeners else anywhere
            now = moment.admitted(listener)
            more = now - was - site.world.welcome
            assert not more, f"P2: {sorted(more)} get in at {listener.port}, after {_last(site)}"


def never_back(site: TrustSite, since: int = 0) -> None:
    """P5: a listener that verified before a run never asks only, in that run."""
    first = site.trust.moments[since]
    for moment in site.trust.moments[since:]:
        for arn, listener in first.listeners.items():
            if listener.mutual.mode == "verify" and arn in moment.listeners:
                assert moment.listeners[arn].mutual.mode != "passthrough", f"P5: {listener.port}"


def leaves_others_alone(site: TrustSite, since: int = 0) -> None:
    """P6: what is not ours stays as it was, and so does what other hostnames present."""
    first, *later = site.trust.moments[since:]
    for moment in later:
        for arn, store in first.stores.items():
            if store.tags != (("originlock:origin", "blog"),):
                assert moment.stores.get(arn) == store, f"P6: {store.name} was changed"
        for each in first.certificates:
            kept = each in moment.certificates
            assert kept or each.leaf in site.world.leaves, f"P6: {each} is gone"
        assert moment.links.get(OTHER) == first.links.get(OTHER), "P6: another hostname was changed"
        was, now = first.presented(OTHER), moment.presented(OTHER)
        for_all = site.world.identity.scope in ("zone", "global")
        assert was == now or for_all, f"P6: another hostname presented {was}, and now {now}"
        assert not was or now or site.world.identity.mode != "off", "P6: another hostname presents nothing any more"


def seen_first(site: TrustSite) -> None:
    """P7: nobody verifies before the edge was seen to present what is trusted then."""
    assert not site.trust.verified_unseen, f"P7: {site.trust.verified_unseen}"


def tidied_last(site: TrustSite) -> None:
    """P11: in a run nothing is widened, narrowed or undone after something was tidied, for which nothing leads back."""
    phases = site.trust.phases
    first = phases.index("tidy") if "tidy" in phases else len(phases)
    assert set(phases[first:]) <= {"tidy"}, f"P11: {phases}, after {_last(site)}"


def keeps_the_invariants(site: TrustSite, since: int = 0) -> None:
    """All of them, in every state since a moment."""
    never_refused(site, since)
    nobody_new(site, since)
    never_back(site, since)
    leaves_others_alone(site, since)
    seen_first(site)
    tidied_last(site)


def _last(site: TrustSite) -> str:
    return "; ".join(f"{type(act).__name__}" for act, _ in site.trust.acts)


def relations(moment: Moment) -> tuple[object, ...]:
    """Who trusts whom, and what is presented, without numbers that differ from run to run."""
    names = {arn: (store.name, store.members) for arn, store in moment.stores.items()}
    listeners = {
        each.port: (each.mutual.mode, names.get(each.mutual.trust_store), each.mutual.ignore_expiry)
        for each in moment.listeners.values()
    }
    presented = {host: moment.presented(host) for host in {OTHER, *moment.links}}
    return listeners, presented


__all__ = ["NAMES", "OUR_LEAVES", "TrustSite", "keeps_the_invariants", "relations"]
