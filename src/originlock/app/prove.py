"""Prove an origin by real connections: before a change, before it narrows, and after.

Lives here: when which connections are made, and the waits between them. Must not live here: what they prove (see
`originlock.verify`), what follows from it (see `originlock.plan.machine`).
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from originlock.app.plan import Readers
from originlock.app.vantage import Probing, vantage_of
from originlock.facts.edge import AcceptedList, EdgeSigns
from originlock.facts.networks import AddressSet, as_sent, is_address
from originlock.facts.probing import Ask, Probed, Verdict
from originlock.facts.snapshot import Resolution, Snapshot
from originlock.facts.trust import Handshake, Listeners
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Limits, Policy
from originlock.plan.change import Presented
from originlock.plan.connections import ConnectionProof, Connections
from originlock.ports.reading import Clock, Talk
from originlock.verify.checking import Attempt, judged
from originlock.verify.finding import Finding, unknown
from originlock.verify.gating import Served, family_of, through_the_edge, why_not_narrow, why_undo
from originlock.verify.presented import echoed, logged, passed
from originlock.verify.vantage import LetIn, Vantage
from originlock.verify.ways import Straight, controls, place, straight, through, traces

_REPEATS = 2
"""How often each hostname is asked for, over each family, after a narrowing: the edge connects from one of several
addresses each time (our choice)."""

_DNS_PAUSE = 1.0
_PRESENTED_PAUSE = 1.0
_LOGS_PAUSE = 15.0
"""How long until something is asked for again that may take a while (our choice)."""

LogReader = Callable[[str, datetime.datetime], tuple[Handshake, ...] | Unknown]
"""Tells of the connections in the logs under ``s3://BUCKET/PREFIX`` since a moment."""

_AT_ONCE = 16
"""How many origins are connected to at once (our choice; each makes a handful of connections)."""

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Site:
    """An origin as connections see it.

    Attributes:
        policy: its hostnames, ports, exceptions.
        edge: the addresses that the edge may connect from.
        signs: by what the edge's answers are known.
        origin: names and addresses of the origin.
        ports: those that are locked, and those that the load balancer listens on.
        secure: the ports of its HTTPS listeners; empty where they were not read.
        presented: which client certificate the edge has to be seen to present, and how; None if none.
    """

    policy: Policy
    edge: AddressSet
    signs: EdgeSigns | None
    origin: tuple[str, ...]
    ports: tuple[int, ...]
    presented: Presented | None = None
    secure: tuple[int, ...] = ()

    @property
    def let_in(self) -> LetIn:
        """Whom the policy lets in."""
        return LetIn(self.edge, tuple((each.source, each.owner) for each in self.policy.exceptions))


@dataclasses.dataclass(frozen=True)
class Tried:
    """All connections of one moment.

    Attributes:
        edge: through the edge, by hostname.
        ways: straight to the origin.
        controlled: to the edge, over each family and port.
        unresolved: names of the origin that have no address, so that nothing was tried there.
    """

    edge: dict[str, tuple[Probed, ...]]
    ways: tuple[tuple[Straight, Probed], ...]
    controlled: tuple[Probed, ...]
    vantage: Vantage
    unresolved: tuple[str, ...] = ()

    @property
    def straight(self) -> tuple[Probed, ...]:
        """The connections straight to the origin."""
        return tuple(probed for _, probed in self.ways)


class Witness:
    """Makes the connections of one origin during one run, and remembers what they showed."""

    def __init__(
        self, site: Site, limits: Limits, probing: Probing, clock: Clock, talk: Talk, logs: LogReader | None = None
    ) -> None:
        self._site = site
        self._logs = logs
        self._seen_presented: tuple[ConnectionProof, ...] | None = None
        self._limits = limits
        self._probing = probing
        self._clock = clock
        self._talk = talk
        self._addresses: dict[str, tuple[str, ...]] | None = None
        self._before: Tried | None = None
        self._widened: Tried | None = None
        self._narrowed = False

    @property
    def origin(self) -> str:
        """Whose connections it makes."""
        return self._site.policy.origin

    def look_before(self) -> None:
        """What is served, and who gets in, before anything is changed."""
        self._say("before the change")
        self._before = self.tried()

    def before_narrowing(self) -> Connections:
        """Whether one may narrow: every hostname is served through the edge."""
        self._say("before narrowing")
        if not _served_before({} if self._before is None else self._before.edge, self._site.signs):
            self._addresses = None  # a name that led elsewhere before may lead to the edge by now
        now = self.tried()
        # What was narrowed earlier in this run, and proved, may only now show that it keeps the edge out.
        refused = why_undo(now.edge, self._site.signs, self._served_in_this_run()) if self._narrowed else ""
        self._widened = now
        seen = self._through(now)
        stops = why_not_narrow(self._site.policy.hostnames, seen) or refused
        return Connections(self._site.policy.origin, stops, refused, self._proofs("before-narrow", seen, ()))

    def before_verifying(self) -> Connections:
        """Whether one may narrow, and shut out whoever does not present our certificate."""
        found = self.before_narrowing()
        if found.stops or self._site.presented is None:
            return found
        proofs = self._presented(self._site.presented)
        bad = [each for each in proofs if each.verdict is not Verdict.KEPT]
        why = f"{bad[0].what} could not be shown: {bad[0].evidence}" if bad else ""
        return msgspec.structs.replace(found, proofs=(*found.proofs, *proofs), unpresented=why)

    def _presented(self, wanted: Presented) -> tuple[ConnectionProof, ...]:
        """What shows which certificate the edge presents; once it was shown in this run, it is remembered."""
        # A listener that was made for a moment is gone by then, whatever it showed.
        once = bool(wanted.port)
        if self._seen_presented is not None and (once or all(e.verdict is Verdict.KEPT for e in self._seen_presented)):
            return self._seen_presented
        if wanted.echo:
            found = self._asked_each(wanted.echo, None, wanted)
        elif wanted.logs:
            found = (self._of_logs(wanted),)
        else:
            found = self._asked_each(self._site.policy.proof.path, wanted.port, wanted)
        self._seen_presented = found
        return found

    def _asked_each(self, path: str, port: int | None, wanted: Presented) -> tuple[ConnectionProof, ...]:
        """Each hostname through the edge, over each family: an echo, or a listener that verifies on another port."""
        addresses, signs = self._resolved(), self._site.signs
        asks = [
            (name, ask if port is None else msgspec.structs.replace(ask, port=port))
            for name in self._site.policy.hostnames
            for ask in through(name, addresses.get(name, ()), path, self._probing.fresh())
        ]
        self._say("to see which client certificate it presents")
        begun = self._clock.now()
        while True:
            done = self._probing.prober.probe(tuple(ask for _, ask in asks))
            judged_now = [
                echoed(each, signs, wanted.sha256) if port is None else passed(each, signs, port) for each in done
            ]
            # A listener that was just made, or a certificate just deployed, may take a moment everywhere.
            waited = (self._clock.now() - begun).total_seconds()
            if all(each.verdict is Verdict.KEPT for each in judged_now) or waited >= self._limits.settle_seconds:
                break
            self._clock.sleep(_PRESENTED_PAUSE)
        return tuple(
            self._presented_proof(f"{name} over {family_of(probed)}", finding)
            for (name, _), probed, finding in zip(asks, done, judged_now, strict=True)
        ) or (self._presented_proof("the hostnames", unknown("there is no address to ask")),)

    def _presented_proof(self, whom: str, finding: Finding) -> ConnectionProof:
        what = f"the edge presents our client certificate for {whom}"
        origin = self._site.policy.origin
        return ConnectionProof(origin, "before-narrow", "edge", what, finding.verdict, finding.said, finding.lock)

    def _of_logs(self, wanted: Presented) -> ConnectionProof:
        """Connection logs come late: they are waited for, from the moment that the edge was asked for anything."""
        begun = self._clock.now()
        asks = tuple(ask for _, ask in self._through_asks(_REPEATS))
        self._probing.prober.probe(asks)
        self._talk.say(
            f"waiting up to {self._limits.deploy_seconds:g} s for connection logs (they come every five minutes)"
        )
        while True:
            seen = self._logs(wanted.logs, begun) if self._logs is not None else Unknown("logs", "nobody reads them")
            finding = (
                unknown(seen.reason)
                if isinstance(seen, Unknown)
                else logged(seen, self._site.edge, self._site.secure or self._site.ports, wanted.serial)
            )
            waited = (self._clock.now() - begun).total_seconds()
            if finding.verdict is not Verdict.UNKNOWN or waited >= self._limits.deploy_seconds:
                return self._presented_proof("every connection", finding)
            self._clock.sleep(_LOGS_PAUSE)

    def after_narrowing(self) -> Connections:
        """Whether the edge is served as before, and whether a stranger still gets in."""
        self._say("after narrowing")
        self._narrowed = True
        found = self._after()
        if found.refused or not self._limits.pooled_seconds:
            return found
        self._talk.say(f"waiting {self._limits.pooled_seconds:g} s for the edge's old connections to end, to try again")
        self._clock.sleep(self._limits.pooled_seconds)
        return self._after()

    def late(self) -> Connections:
        """For what an earlier run narrowed and did not prove: is the edge served, does a stranger get in?"""
        self._say("for an earlier run narrowed it, and ended before it was proved")
        now = self.tried()
        seen = self._through(now)
        stops = why_not_narrow(self._site.policy.hostnames, seen, broken_alone=True)
        attempts = judged(now.ways, now.controlled, now.vantage, self._site.let_in)
        return Connections(self._site.policy.origin, stops, "", self._proofs("after-narrow", seen, attempts))

    def after_undo(self) -> Connections:
        """Whether the edge is served again; what kept it out may be something else."""
        self._say("after the undo")
        asked = self._through_asks(1)
        edge = self._by_name(asked, self._probing.prober.probe(tuple(ask for _, ask in asked)))
        seen = through_the_edge(edge, self._site.signs, {})
        return Connections(self._site.policy.origin, "", "", self._proofs("after-undo", seen, ()))

    def _after(self) -> Connections:
        # Who may bring about an undo is asked first and alone: visitors wait for it, and strangers are kept out slowly.
        asked = self._through_asks(_REPEATS)
        edge = self._by_name(asked, self._probing.prober.probe(tuple(ask for _, ask in asked)))
        refused = why_undo(edge, self._site.signs, self._served_in_this_run())
        now = Tried(edge, (), (), Vantage()) if refused else self.tried(edge=edge)
        seen = self._through(now)
        earlier = tuple(probed for tried in (self._before, self._widened) if tried for probed in tried.straight)
        attempts = judged(now.ways, now.controlled, now.vantage, self._site.let_in, earlier)
        proofs = self._proofs("after-narrow", seen, attempts) + tuple(self._untried(name) for name in now.unresolved)
        return Connections(self._site.policy.origin, "", refused, proofs)

    def _untried(self, name: str) -> ConnectionProof:
        what = f"a stranger does not get in at {name}"
        origin = self._site.policy.origin
        return ConnectionProof(origin, "after-narrow", "stranger", what, Verdict.UNKNOWN, "it has no address to try")

    def tried(
        self,
        *,
        all_ways: bool = False,
        more_ports: tuple[int, ...] = (),
        edge: dict[str, tuple[Probed, ...]] | None = None,
    ) -> Tried:
        """Make every connection, side by side; those through the edge only if there are none yet."""
        site, names = self._site, self._site.policy.hostnames
        addresses = self._resolved()
        name = next((each for each in names if addresses.get(each)), "")
        ports = tuple(sorted({*site.ports, *more_ports}))
        origin = [address for each in site.origin for address in addresses.get(each, ())]
        tracing = traces(name, addresses[name], site.signs) if name and site.signs is not None else []
        controlling = controls(name, addresses[name], ports) if name else []
        # A probe speaks TCP: that it is not answered proves nothing of a policy for UDP.
        tcp = site.policy.network.protocol == "tcp"
        ways = straight(origin, ports, names[0], all_ways=all_ways) if names and tcp else []
        asked = self._through_asks(1) if edge is None else []
        parts: tuple[list[Ask], ...] = (tracing, controlling, [way.ask for way in ways], [ask for _, ask in asked])
        done = iter(self._probing.prober.probe(tuple(ask for part in parts for ask in part)))
        traced, controlled, gone_round, through_edge = (tuple(next(done) for _ in part) for part in parts)
        return Tried(
            edge=self._by_name(asked, through_edge) if edge is None else edge,
            ways=tuple(zip(ways, gone_round, strict=True)),
            controlled=controlled,
            vantage=vantage_of(self._probing.whereabouts, traced),
            unresolved=tuple(each for each in site.origin if names and not addresses.get(each)),
        )

    def _through_asks(self, repeats: int) -> list[tuple[str, Ask]]:
        """What is asked through the edge, each with its hostname."""
        addresses, path = self._resolved(), self._site.policy.proof.path
        return [
            (each, ask)
            for each in self._site.policy.hostnames
            for _ in range(repeats)
            for ask in through(each, addresses.get(each, ()), path, self._probing.fresh())
        ]

    def _by_name(self, asked: list[tuple[str, Ask]], done: tuple[Probed, ...]) -> dict[str, tuple[Probed, ...]]:
        names = self._site.policy.hostnames
        return {each: tuple(p for (n, _), p in zip(asked, done, strict=True) if n == each) for each in names}

    def _through(self, tried: Tried) -> tuple[Served, ...]:
        before = {} if self._before is None else self._before.edge
        # A site that the edge could not serve before may be served by now: that is what widening is for.
        return through_the_edge(tried.edge, self._site.signs, _served_before(before, self._site.signs))

    def _served_in_this_run(self) -> dict[str, tuple[Probed, ...]]:
        """What was served at some moment of this run: what could not be told later does not unsay it."""
        moments = [tried.edge for tried in (self._widened, self._before) if tried is not None]
        served = [_served_before(edge, self._site.signs) for edge in moments]
        return {name: tuple(p for edge in served for p in edge.get(name, ())) for name in self._site.policy.hostnames}

    def _proofs(
        self, when: str, seen: tuple[Served, ...], attempts: tuple[Attempt, ...]
    ) -> tuple[ConnectionProof, ...]:
        return connection_proofs(self._site.policy.origin, when, seen, attempts)

    def _resolved(self) -> dict[str, tuple[str, ...]]:
        """The addresses of every name, asked for once a run; asked again for a while where there is none."""
        if self._addresses is not None:
            return self._addresses
        known: dict[str, tuple[str, ...]] = {each: (as_sent(each),) for each in self._site.origin if is_address(each)}
        missing = tuple(dict.fromkeys(n for n in (*self._site.policy.hostnames, *self._site.origin) if n not in known))
        begun = self._clock.now()
        told = False
        while missing:
            found = self._probing.resolver.resolve(missing)
            known |= {n: a.addresses for n, a in found.items() if isinstance(a, Resolution) and a.addresses}
            missing = tuple(name for name in missing if name not in known)
            # By the clock: a resolver that hangs takes its time too.
            waited = (self._clock.now() - begun).total_seconds()
            if not missing or waited >= self._limits.dns_seconds:
                break
            if not told:
                said = f"waiting up to {self._limits.dns_seconds:g} s for the addresses of {', '.join(missing)}"
                self._talk.say(said)
                told = True
            self._clock.sleep(_DNS_PAUSE)
        self._addresses = known
        return known

    def _say(self, when: str) -> None:
        self._talk.say(f"connecting to {', '.join(self._site.policy.hostnames)} through the edge and round it, {when}")


def side_by_side(look: Callable[[Witness], T], witnesses: tuple[Witness, ...]) -> list[T]:
    """Let several origins be connected to at once, in their order: a stranger who is kept out waits for seconds."""
    if len(witnesses) <= 1:
        return [look(witness) for witness in witnesses]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(witnesses))) as pool:
        return list(pool.map(look, witnesses))


def site_of(policy: Policy, accepted: AcceptedList, snapshot: Snapshot | None, readers: Readers) -> Site:
    """An origin as connections see it: its names and addresses are the policy's, else the load balancer's."""
    balancer = None if snapshot is None else snapshot.load_balancer
    read = (balancer.dns_name,) if balancer is not None and balancer.dns_name else ()
    listening = () if balancer is None or isinstance(balancer.listeners, Unknown) else balancer.listeners
    today = readers.clock.now().astimezone(datetime.UTC).date()
    # One that has ended is let in no more: whoever still gets in there is a stranger.
    holding = tuple(each for each in policy.exceptions if each.holds_on(today))
    return Site(
        msgspec.structs.replace(policy, exceptions=holding),
        accepted.ranges.addresses | AddressSet.of(policy.network.extra_ranges),
        readers.edges.description(policy.edge).signs,
        policy.proof.addresses or read,
        tuple(sorted({*policy.network.ports, *(each.port for each in listening)})),
        secure=_secure_ports(snapshot),
    )


def _secure_ports(snapshot: Snapshot | None) -> tuple[int, ...]:
    """Where clients are asked for certificates: nobody brings one to a port for plain HTTP, which is logged as well."""
    found = snapshot.listeners if snapshot is not None else None
    listeners = found.listeners if isinstance(found, Listeners) else ()
    return tuple(each.port for each in listeners if each.protocol == "HTTPS")


def connection_proofs(
    origin: str, when: str, seen: tuple[Served, ...], attempts: tuple[Attempt, ...]
) -> tuple[ConnectionProof, ...]:
    """What is reported of connections and kept in the journal."""
    edge = [
        ConnectionProof(
            origin,
            when,
            "edge",
            f"{each.hostname} is served through the edge over {family_of(each.probed)}",
            each.finding.verdict,
            each.finding.said,
        )
        for each in seen
    ]
    strangers = [
        ConnectionProof(
            origin,
            when,
            "stranger",
            f"a stranger does not get in at {place(each.probed.ask)} {each.way.value}",
            finding.verdict,
            finding.said,
            finding.lock,
        )
        for each in attempts
        for finding in [each.of_network]
    ]
    return (*edge, *strangers)


def _served_before(before: dict[str, tuple[Probed, ...]], signs: EdgeSigns | None) -> dict[str, tuple[Probed, ...]]:
    """Those that the edge served; the status of an answer that was not the origin's is none to go by."""
    kept = {Verdict.KEPT}
    return {
        name: tuple(each.probed for each in through_the_edge({name: found}, signs, {}) if each.finding.verdict in kept)
        for name, found in before.items()
    }
