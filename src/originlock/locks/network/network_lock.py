"""The network lock as the app meets it.

Lives here: the lock's shape. Must not live here: its reasoning (see `lock`, `guards`, `rollback`).
"""

from __future__ import annotations

from originlock.facts.edge import AcceptedList
from originlock.facts.snapshot import Snapshot
from originlock.intent.policy import NO_EDGE, Overrides, Policy
from originlock.locks.network import adoption, lock, rollback
from originlock.plan.acts import Inverse
from originlock.plan.change import Contribution, Hole, Unread
from originlock.plan.questions import Question
from originlock.verify.promises import Promise


class NetworkLock:
    """Security groups admit only the edge's ranges and the policy's exceptions."""

    def questions(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> tuple[Question, ...]:
        """Prefix lists on the policy's ports, the quota where it matters, hostnames before a public rule goes."""
        if policy.edge == NO_EDGE:
            return ()
        if inverses:
            return rollback.questions(policy, accepted, snapshot, inverses)
        return lock.questions(policy, accepted, snapshot, overrides)

    def contribution(
        self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot, overrides: Overrides
    ) -> Contribution:
        """Rules to add and to take out, for each group; nothing where there is no edge to let in."""
        if policy.edge == NO_EDGE:
            return Contribution()
        return lock.contribution(policy, accepted, snapshot, overrides)

    def adoption(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> Contribution:
        """Rules for the edge's ranges that nobody owns, by their tags."""
        if policy.edge == NO_EDGE:
            return Contribution()
        return adoption.adoption_contribution(policy, accepted, snapshot)

    def rollback(
        self,
        policy: Policy,
        accepted: AcceptedList,
        snapshot: Snapshot,
        overrides: Overrides,
        inverses: tuple[Inverse, ...],
    ) -> Contribution:
        """Rules that come back and rules that go, under the same guards."""
        if policy.edge == NO_EDGE:
            return Contribution()
        return rollback.rollback_contribution(policy, accepted, snapshot, overrides, inverses)

    def holes(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Hole, ...]:
        """Rules that let strangers in on the policy's ports."""
        if policy.edge == NO_EDGE:
            return ()
        return lock.holes(policy, accepted, snapshot)

    def unread(self, policy: Policy, accepted: AcceptedList, snapshot: Snapshot) -> tuple[Unread, ...]:
        """Groups and sources that could not be read."""
        if policy.edge == NO_EDGE:
            return ()
        return lock.unread(policy, accepted, snapshot)

    def promises(self, policy: Policy, snapshot: Snapshot) -> tuple[Promise, ...]:
        """Nothing beside what the rules say, which is told as who gets in."""
        del policy, snapshot
        return ()
