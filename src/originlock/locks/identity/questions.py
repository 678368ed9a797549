"""What the identity lock has to know before it can decide.

Lives here: which questions are still open. Must not live here: how they are answered.
"""

from __future__ import annotations

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, TrustStore, new_trust_store
from originlock.intent.policy import NO_EDGE, IdentityPolicy, Policy
from originlock.locks.identity import naming
from originlock.plan.questions import (
    AskAuthority,
    AskBucket,
    AskListeners,
    AskSharedAuthority,
    AskTrustStores,
    AskZone,
    Question,
)


def questions(
    policy: Policy,
    identity: IdentityPolicy,
    snapshot: Snapshot,
    more_stores: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
) -> tuple[Question, ...]:
    """What is to be asked now; some of it hangs on answers before.

    Args:
        policy: of whom.
        identity: its part on identity.
        snapshot: what is known.
        more_stores: on a rollback, those that were changed, or that listeners would go back to.
        others: hostnames of other origins that share the leaf.
    """
    balancer = snapshot.load_balancer
    if balancer is None:
        return ()  # told as unread: without listeners there is nothing to decide
    asked: list[Question] = []
    if snapshot.listeners is None:
        asked.append(AskListeners(balancer.id))
    if identity.bucket and snapshot.bucket is None:
        asked.append(AskBucket(identity.bucket))
    if identity.certificate == "shared" and snapshot.shared_authority is None:
        asked.append(AskSharedAuthority(policy.edge))
    if identity.ca not in snapshot.authorities and identity.certificate == "own":
        asked.append(AskAuthority(identity.ca))
    if policy.edge != NO_EDGE and policy.edge_account is not None and policy.hostnames and snapshot.zone is None:
        asked.append(AskZone(policy.hostnames, others))
    read = {held.id for held in snapshot.trust_stores.values() if isinstance(held, TrustStore)}
    wanted = (*store_targets(policy, snapshot), *(each for each in more_stores if each not in read))
    stores = [name for name in dict.fromkeys(wanted) if name not in snapshot.trust_stores]
    if stores:
        asked.append(AskTrustStores(tuple(stores)))
    return tuple(asked)


def store_targets(policy: Policy, snapshot: Snapshot) -> tuple[str, ...]:
    """Our own store, and those by which listeners verify now."""
    name = new_trust_store(naming.store_name(policy.origin))
    found = [name]
    if policy.identity is not None and policy.identity.probe_port:
        found.append(new_trust_store(naming.probe_store_name(policy.origin)))
    if isinstance(snapshot.listeners, Listeners):
        used = {each.mutual.trust_store for each in snapshot.listeners.listeners if each.mutual.trust_store}
        ours = snapshot.trust_stores.get(name)
        found += sorted(used - ({ours.id} if isinstance(ours, TrustStore) else set()))
    return tuple(found)
