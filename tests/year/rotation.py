"""Months in which the edge's own certificate comes due: runs every six hours over one origin that asks for it.

What AWS trusts and the edge presents is in memory (see `tests.properties.fake_trust`); our authority issues by a table.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

import msgspec
from tests.properties.fake_cloud import Killed
from tests.properties.fake_trust import FakeTrust, Fault
from tests.properties.trust_ground import Moment, Uploaded, certificate, print_of
from tests.properties.trust_runs import TrustSite
from tests.properties.trust_worlds import TrustWorld, plain_world

from originlock.app.again import Audience, Row, again
from originlock.app.apply import Order, Writers
from originlock.app.run import Hands
from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList
from originlock.facts.runs import Run
from originlock.facts.telling import On
from originlock.facts.zone import EdgeCertificate
from originlock.notify.kept import Kept
from originlock.notify.message import Message

PERIOD = datetime.timedelta(hours=6)
FIRST, SECOND, ISSUER = "edge-1", "edge-1b", "ours-1"
ISSUED = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)
ENDS = ISSUED + datetime.timedelta(days=90)
DUE_AFTER = ISSUED + datetime.timedelta(days=60)
"""The last third of its life begins; a run comes first after that."""


def dated(name: str, begins: datetime.datetime, days: int) -> Certificate:
    """A certificate of the table with dates of its own."""
    return msgspec.structs.replace(
        certificate(name), not_before=begins, not_after=begins + datetime.timedelta(days=days)
    )


class Dated(FakeTrust):
    """An edge that says when what it holds ends."""

    def _certificate(self, held: Uploaded, shown: Moment) -> EdgeCertificate:
        ours = {each.certificate.sha256: each.certificate.not_after for each in self._authority.leaves}
        said = super()._certificate(held, shown)
        return msgspec.structs.replace(said, expires=ours[said.sha256].isoformat())

    @property
    def _authority(self) -> Authority:
        assert isinstance(self.authority_held, Authority)
        return self.authority_held


def world() -> TrustWorld:
    """One listener whose own certificate is AWS's to renew."""
    plain = plain_world(FIRST)
    listeners = {
        arn: msgspec.structs.replace(each, not_after="2036-01-01T00:00:00Z")
        for arn, each in plain.moment.listeners.items()
    }
    return dataclasses.replace(plain, moment=dataclasses.replace(plain.moment, listeners=listeners))


class Issuing:
    """Our authority: it issues the next leaf once, and everything that it is asked is a call that may be the last."""

    def __init__(self, trust: FakeTrust) -> None:
        self._trust = trust
        self.issued: list[str] = []
        leaf = Leaf("edge", dated(FIRST, ISSUED, 90), print_of(ISSUER), has_key=True)
        self.held = Authority("blog", (dated(ISSUER, ISSUED, 3650),), (leaf,))
        trust.authority_held = self.held

    def authority(self, _name: str) -> Authority:
        """As it is now."""
        return self.held

    def renew(self, name: str, leaf: str, now: datetime.datetime) -> Leaf:
        """The next one; a process that dies then leaves it behind."""
        assert (name, leaf, self.issued) == ("blog", "edge", []), "renewed twice"
        self._trust.calls.append("renew")
        fault = self._trust.faults.get(len(self._trust.calls))
        if fault is Fault.KILL_BEFORE:
            raise Killed
        made = Leaf(leaf, dated(SECOND, now, 3650), print_of(ISSUER), has_key=True)
        self.held = msgspec.structs.replace(self.held, leaves=(*self.held.leaves, made))
        self._trust.authority_held = self.held
        self.issued.append(SECOND)
        if fault is Fault.KILL_AFTER:
            raise Killed
        return made

    def renew_authority(self, name: str, now: datetime.datetime) -> Certificate:
        """Never due."""
        raise AssertionError(name, now)

    def refresh_revocation_lists(
        self, now: datetime.datetime, names: tuple[str, ...]
    ) -> tuple[tuple[str, RevocationList], ...]:
        """Never due."""
        raise AssertionError(now, names)


class Rotation:
    """One origin, its authority, its records and its messages, from run to run."""

    def __init__(self) -> None:
        self.site = site = TrustSite(world())
        site.trust = Dated(site.world.moment, site.world.authority, site.clock, site.world.pace)
        site.trust.hostnames, site.trust.records = site.world.policy.hostnames, site.world.records
        self.issuing = Issuing(self.site.trust)
        self.kept = Kept()
        self.messages: list[tuple[datetime.datetime, Message]] = []
        self._runs = 0

    @property
    def now(self) -> datetime.datetime:
        """What the clock shows."""
        return self.site.clock.now()

    def pass_to(self, moment: datetime.datetime) -> None:
        """Let time go by."""
        self.site.clock.sleep(max(0.0, (moment - self.now).total_seconds()))

    def run(self) -> Run | None:
        """One more; None where it was killed."""
        trust, state = self.site.trust, self.site.state
        trust.seen_presented.clear()
        trust.phases.clear()
        writers = Writers(trust, state, state, state, state, state, state)
        hands = Hands(writers, self._order, self.issuing.authority, self.issuing, lambda _: None)
        row = Row(self.site.request().policies, self.site.limits, whole=True, keep=self._keep)
        audience = Audience({"ops": frozenset(On)}, datetime.timedelta(days=3650), self._send)
        try:
            return again(row, self.kept, self.site.readers(), hands, audience)[0]
        except Killed:
            return None

    def _order(self) -> Order:
        self._runs += 1
        return Order(f"run-{self._runs}", "run", "test", "0")

    def _keep(self, kept: Kept) -> None:
        self.kept = msgspec.json.decode(msgspec.json.encode(kept), type=Kept)

    def _send(self, messages: Mapping[str, Message], _run: Run) -> Mapping[str, str]:
        self.messages += [(self.now, message) for message in messages.values()]
        return {}

    def told(self) -> list[str]:
        """Each notice of each message."""
        return [f"{notice.on.value}: {notice.text}" for _, message in self.messages for notice in message.notices]
