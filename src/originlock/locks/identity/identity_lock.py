"""The identity lock as the app meets it.

Lives here: the lock's shape. Must not live here: its reasoning (see `lock`, `guards`, `rollback`).
"""

from __future__ import annotations

from originlock.facts.edge import AcceptedList
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import Overrides, Policy
from originlock.locks.identity import lock, rollback
from originlock.locks.identity.promises import promised
from originlock.locks.identity.questions import questions as open_questions
from originlock.locks.identity.sharing import sharing
from originlock.plan.acts import Inverse
from originlock.plan.change import Contribution, Hole, Unread
from originlock.plan.questions import Question
from originlock.verify.promises import Promise


class IdentityLock:
    """Listeners let speak only who presents our certificate; the edge presents it."""

    def __init__(self, origins: tuple[Policy, ...] = ()) -> None:
        """Begin.

        Args:
            origins: all of the configuration, whether they are in this run or not: they may share a certificate.
        """
        self._origins = origins

    def questions(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> tuple[Question, ...]:
        """Listeners, stores, the bucket, our authority, the zone."""
        del accepted, overrides
        if inverses and not rollback.concerned(inverses):
            return ()
        more = rollback.stores(inverses)
        others = sharing(policy, self._origins)
        return () if policy.identity is None else open_questions(policy, policy.identity, snapshot, more, others)

    def contribution(
        self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot, overrides: Overrides
    ) -> Contribution:
        """Changes on both sides; nothing where the policy leaves identity alone."""
        del accepted, overrides
        if policy.identity is None:
            return Contribution()
        return lock.contribution(policy, policy.identity, snapshot, sharing(policy, self._origins))

    def adoption(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> Contribution:
        """Nothing: a store or a certificate that others made is not taken over, but stood in for."""
        del policy, accepted, snapshot
        return Contribution()

    def rollback(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> Contribution:
        """What leads back on both sides: listeners that open first, then the edge, then listeners that close."""
        del accepted
        return rollback.rollback_contribution(policy, snapshot, overrides, inverses)

    def holes(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Hole, ...]:
        """Listeners that let somebody speak without our certificate."""
        del accepted
        return () if policy.identity is None else lock.holes(policy, policy.identity, snapshot)

    def unread(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Unread, ...]:
        """What the lock rests on and could not be read."""
        del accepted
        return () if policy.identity is None else lock.unread(policy, policy.identity, snapshot)

    def promises(self, policy: Policy, snapshot: Snapshot) -> tuple[Promise, ...]:
        """The listeners demand our certificate, and the edge presents it."""
        return () if policy.identity is None else promised(policy, policy.identity, snapshot)
