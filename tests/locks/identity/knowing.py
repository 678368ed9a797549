"""What the identity lock says of a snapshot that a test has changed."""

from __future__ import annotations

import msgspec
from tests.properties.trust_runs import TrustSite
from tests.properties.trust_worlds import TrustWorld

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, SecureListener
from originlock.facts.zone import Zone
from originlock.intent.policy import Policy
from originlock.locks.identity.lock import contribution
from originlock.plan.change import Contribution


def read(world: TrustWorld) -> tuple[Policy, Snapshot]:
    """The policy and the snapshot of a world."""
    site = TrustSite(world)
    planned = site.plan()
    return planned.plan.policies[0], planned.snapshots["blog"]


def said(policy: Policy, snapshot: Snapshot) -> Contribution:
    """What the lock says."""
    assert policy.identity is not None
    return contribution(policy, policy.identity, snapshot)


def asked(policy: Policy, **parts: object) -> Policy:
    """The policy, with other words on identity."""
    assert policy.identity is not None
    return msgspec.structs.replace(policy, identity=msgspec.structs.replace(policy.identity, **parts))


def with_zone(snapshot: Snapshot, **parts: object) -> Snapshot:
    """The snapshot, with another zone."""
    assert isinstance(snapshot.zone, Zone)
    return msgspec.structs.replace(snapshot, zone=msgspec.structs.replace(snapshot.zone, **parts))


def with_listener(snapshot: Snapshot, **parts: object) -> Snapshot:
    """The snapshot, with its first listener otherwise."""
    assert isinstance(snapshot.listeners, Listeners)
    first, *others = snapshot.listeners.listeners
    return with_listeners(snapshot, msgspec.structs.replace(first, **parts), *others)


def with_listeners(snapshot: Snapshot, *listeners: SecureListener) -> Snapshot:
    """The snapshot, with these listeners."""
    assert isinstance(snapshot.listeners, Listeners)
    found = msgspec.structs.replace(snapshot.listeners, listeners=listeners)
    return msgspec.structs.replace(snapshot, listeners=found)
