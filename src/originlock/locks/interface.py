"""What every lock can be asked: the one shape that the app knows.

Lives here: the Protocol. Must not live here: any lock.
"""

from __future__ import annotations

from typing import Protocol

from originlock.facts.edge import AcceptedList
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import Overrides, Policy
from originlock.plan.acts import Inverse
from originlock.plan.change import Contribution, Hole, Unread
from originlock.plan.questions import Question
from originlock.verify.promises import Promise


class Lock(Protocol):
    """A way to keep others out: pure, whatever it is about."""

    def questions(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> tuple[Question, ...]:
        """What else must be read before the lock can decide; with inverses, on a rollback."""

    def contribution(
        self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot, overrides: Overrides
    ) -> Contribution:
        """Changes, objections, holes, promises."""

    def adoption(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> Contribution:
        """What others made and this lock would have made alike, taken over; nothing is opened or closed."""

    def rollback(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> Contribution:
        """What undoing a run means now."""

    def holes(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Hole, ...]:
        """Every way round, at the moment of the snapshot."""

    def unread(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Unread, ...]:
        """What could not be read."""

    def promises(self, policy: Policy, snapshot: Snapshot) -> tuple[Promise, ...]:
        """What the lock promises beside that, as far as reading back tells."""
