"""A year of runs every six hours: what the edge publishes, what others do to the origin, and what fails, day by day.

The ports are in memory, and no kinder than what they stand for; the run above them is the product's own, with its
journal, its records through JSON, and its messages. The clock is the test's.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import NoReturn

import msgspec
from tests.properties.fake_cloud import GROUP, FakeCloud, FakeResolver, FakeState, Fault, Killed, State, forms
from tests.properties.fake_network import TRACE, Answer, from_edge, from_origin, probing, seen_from
from tests.properties.oracle import lets_in, span

from originlock.app.again import Audience, Row, again
from originlock.app.apply import Order, Writers
from originlock.app.plan import Readers
from originlock.app.run import Hands
from originlock.edges import EDGES
from originlock.facts.certificates import Certificate, Leaf, RevocationList
from originlock.facts.edge import AcceptedList, EdgeDescription, FormReading, Ranges
from originlock.facts.networks import parse
from originlock.facts.origin import CidrSource, Rule, RuleKey
from originlock.facts.probing import Ask, Evidence, Outcome
from originlock.facts.runs import Run
from originlock.facts.telling import On
from originlock.intent.policy import Exemption, GroupsById, Limits, NetworkPolicy, Policy, ProofPolicy
from originlock.locks.network.network_lock import NetworkLock
from originlock.notify.kept import Kept
from originlock.notify.message import Message

START = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
PERIOD = datetime.timedelta(hours=6)
DAYS = 365
RUNS = 4 * DAYS
FRONT, ORIGIN, STRANGER, HOST = "104.16.0.1", "198.51.100.10", "192.0.2.66", "www.example.org"
EGRESS = ("173.245.48.1", "162.158.0.1")
"""From where the edge connects: of two ranges that it keeps all the year."""

REAL = EDGES["cloudflare"].description
PUBLISHED = REAL.snapshot
NEW, LATER, GONE = "23.227.37.0/24", "203.30.188.0/22", "197.234.240.0/22"
GROWN = Ranges.of([*PUBLISHED.cidrs, parse(NEW)])
MOVED = Ranges.of([*(cidr for cidr in GROWN.cidrs if cidr != GONE), parse(LATER)])
"""Two changes as they come: a range more; then another, and one goes."""

POISONED = Ranges.of(list(PUBLISHED.cidrs)[::3])
"""Two thirds are gone."""

OPEN = (Rule("sgr-00000001", RuleKey("tcp", 443, 443, CidrSource(parse("0.0.0.0/0"))), "", ()),)
AUDIT = Exemption(parse("192.0.2.200/32"), "ops@example.org", "audit", datetime.date(2027, 10, 15))


class Clock:
    """Stands still but for sleeping, and what the test adds."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime.datetime:
        """The test's time."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Time goes by."""
        self.at += datetime.timedelta(seconds=seconds)


@dataclasses.dataclass
class Edge:
    """An edge whose list a test changes; None is a list that cannot be had."""

    published: Ranges | None = PUBLISHED

    def description(self, _edge: str) -> EdgeDescription:
        """Cloudflare's."""
        return REAL

    def start(self, _edge: str) -> Edge:
        """Nothing to wait for."""
        return self

    def readings(self) -> tuple[FormReading, ...]:
        """Both forms, alike."""
        return forms(self.published, self.published)


class NoAuthorities:
    """Nothing is renewed here."""

    def renew(self, name: str, leaf: str, now: datetime.datetime) -> Leaf:
        """Never asked."""
        return _never(name, leaf, now)

    def renew_authority(self, name: str, now: datetime.datetime) -> Certificate:
        """Never asked."""
        return _never(name, now)

    def refresh_revocation_lists(
        self, now: datetime.datetime, names: tuple[str, ...]
    ) -> tuple[tuple[str, RevocationList], ...]:
        """Never asked."""
        return _never(now, names)


def _never(*asked: object) -> NoReturn:
    message = f"nothing is to be renewed: {asked}"
    raise AssertionError(message)


class Year:
    """One origin, its journal, its records and its messages, from run to run."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.cloud = FakeCloud({GROUP: OPEN})
        self.edge = Edge()
        self.state = FakeState(AcceptedList("cloudflare", PUBLISHED, "snapshot 2026-10-02"))
        self.policy = Policy(
            "blog",
            GroupsById((GROUP,)),
            hostnames=(HOST,),
            network=NetworkPolicy(foreign="remove"),
            exceptions=(AUDIT,),
            proof=ProofPolicy(addresses=(ORIGIN,)),
        )
        self.kept = Kept()
        self.messages: list[tuple[datetime.datetime, Message]] = []
        self.killed = 0
        self.unreachable = False
        self._runs = 0

    # -- the world ------------------------------------------------------------------------------------------------

    def reopened(self) -> None:
        """Somebody opens the door to all, by hand."""
        now = self.cloud.now
        self.cloud.states.append({**now, GROUP: (*now[GROUP], *OPEN)})

    def lets_in(self, address: str, state: State | None = None) -> bool:
        """Whether the rules let an address in."""
        version, first, _ = span(f"{address}/32")
        return any(lets_in(rule.key, ("tcp", 443, version, first), {}) for rule in (state or self.cloud.now)[GROUP])

    def _answer(self, ask: Ask) -> Answer:
        if ask.path == TRACE:
            return seen_from(STRANGER)
        if ask.address == ORIGIN:
            return (Outcome.HTTP, Evidence(status=200)) if self.lets_in(STRANGER) else (Outcome.TIMED_OUT, Evidence())
        return from_origin() if all(map(self.lets_in, EGRESS)) else from_edge(522)

    # -- the runs -------------------------------------------------------------------------------------------------

    def run(self, number: int) -> Run | None:
        """The run of that number; None where it was killed."""
        self.clock.at = max(self.clock.at, START + number * PERIOD)
        resolver = FakeResolver(FRONT)
        readers = Readers(
            (NetworkLock(),),
            self.cloud,
            self.edge,
            resolver,
            self.state,
            self.clock,
            probing(self._answer, FakeResolver(FRONT)),
        )
        state = self.state
        writers = Writers(self.cloud, state, state, state, state, state, state)
        hands = Hands(writers, self._order, lambda _: None, NoAuthorities(), lambda _: None)
        row = Row((self.policy,), Limits(0, 2.0, 2.0), whole=True, keep=self._keep)
        audience = Audience({"ops": frozenset(On)}, datetime.timedelta(days=7), self._send)
        try:
            return again(row, self.kept, readers, hands, audience)[0]
        except Killed:
            self.killed += 1
            return None

    def _order(self) -> Order:
        self._runs += 1
        return Order(f"run-{self._runs}", "run", "test", "0")

    def _keep(self, kept: Kept) -> None:
        """Through JSON, as on disk."""
        self.kept = msgspec.json.decode(msgspec.json.encode(kept), type=Kept)

    def _send(self, messages: Mapping[str, Message], _run: Run) -> Mapping[str, str]:
        if self.unreachable:
            return dict.fromkeys(messages, "no answer")
        self.messages += [(self.clock.now(), message) for message in messages.values()]
        return {}

    def killed_in(self, calls: int) -> None:
        """Die after so many calls more."""
        self.cloud.faults = {len(self.cloud.calls) + calls: Fault.KILL_AFTER}

    def throttled(self) -> None:
        """Nothing can be read any more."""
        first = len(self.cloud.calls)
        self.cloud.faults = dict.fromkeys(range(first + 1, first + 200), Fault.UNREADABLE)

    def well(self) -> None:
        """Nothing fails any more."""
        self.cloud.faults = {}
