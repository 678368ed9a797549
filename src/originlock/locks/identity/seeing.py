"""How it is seen which certificate the edge presents: by a page, by logs, or by a listener that is made for a moment.

Lives here: which way there is, and that listener with its store. Must not live here: what it shows (see
`originlock.verify`).
"""

from __future__ import annotations

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, TrustStore, new_listener
from originlock.locks.identity import naming
from originlock.locks.identity.drafting import Moves, is_gated
from originlock.locks.identity.standing import (
    Standing,
    Wanted,
    union,
)
from originlock.locks.identity.trusting import put
from originlock.plan.change import Effect, Milestone, Phase, Presented
from originlock.plan.trust_acts import (
    CreateProbeListener,
    CreateTrustStore,
    DeleteProbeListener,
    DeleteTrustStore,
    EdgeAct,
    PutObject,
    ReplaceBundle,
)


def can_be_seen(stand: Standing, snapshot: Snapshot) -> bool:
    """Whether there is a way to see which certificate the edge presents."""
    identity = stand.identity
    return bool(identity.echo or _logs(stand, snapshot) or identity.probe_port)


def _logs(stand: Standing, snapshot: Snapshot) -> str:
    if not stand.identity.logs or not isinstance(snapshot.listeners, Listeners):
        return ""
    return snapshot.listeners.logs if isinstance(snapshot.listeners.logs, str) else ""


def seen(stand: Standing, snapshot: Snapshot, wanted: Wanted) -> Presented:
    """What the edge is to be seen to present, by the first of the ways that there is."""
    leaf = wanted.leaf.certificate if wanted.leaf is not None else None
    echo, logs = stand.identity.echo, _logs(stand, snapshot)
    return Presented(
        stand.policy.origin,
        leaf.sha256 if leaf else "",
        leaf.serial if leaf else "",
        echo,
        "" if echo else logs,
        0 if echo or logs else stand.identity.probe_port,
    )


def probe(made: Moves, stand: Standing, wanted: Wanted, ready: list[str]) -> None:
    """A listener of ours for a moment, where nothing else shows what the edge presents; one that was left goes."""
    balancer = stand.balancer
    port = made.presented[0].port if made.presented else 0
    model = next(iter(stand.secure), None)
    if stand.probe is not None and (stand.probe.port != port or model is None):
        _remove_probe(made, stand, balancer, stand.probe.port)
    if not port or model is None:
        _forget_probe_store(made, stand)
        return
    target = new_listener(balancer, port)
    store, stores = _probe_store(made, stand, wanted)
    if stand.probe is not None:
        # Whom the one that was left trusts is not known to be what is wanted now.
        gone = DeleteProbeListener(balancer, port, naming.probe_tags(made.origin))
        made.add(Phase.PREPARE, Effect.NEUTRAL, gone, "an earlier run left it")
    tags = naming.probe_tags(made.origin)
    act = CreateProbeListener(balancer, port, store, model.certificates, model.ssl_policy, tags)
    reason = "the edge is served there only if it presents our certificate; then it is deleted"
    made.add(Phase.WIDEN, Effect.WIDEN, act, reason)
    made.after([target], [*ready, *stores], Milestone.WIDENED)
    # It is asked only once the edge presents what it is to present.
    made.after([target], [d.act.target for d in made.drafts if isinstance(d.act, EdgeAct)], Milestone.DONE)
    _remove_probe(made, stand, balancer, port)
    made.after(stores, [target], Milestone.DONE, Phase.NARROW)
    gated = [d.act.target for d in made.drafts if is_gated(d)]
    made.after(list(dict.fromkeys(gated)), [target], Milestone.DONE, Phase.NARROW)


def _probe_store(made: Moves, stand: Standing, wanted: Wanted) -> tuple[str, list[str]]:
    """What that listener trusts: our store, or while that one trusts others too, one for the moment.

    A store that trusts the former certificate as well would show nothing of the new one.

    Returns:
        the store, and the target whose changes make it, if there are any.
    """
    mixed = any(isinstance(d.act, ReplaceBundle) and is_gated(d) for d in made.drafts)
    if not mixed:
        _forget_probe_store(made, stand)
        return stand.store_target, []
    name = naming.probe_store_name(stand.policy.origin)
    text, members = union(*(each.pem for each in wanted.authorities))
    put(made, stand, text)
    key = naming.bundle_key(stand.policy.origin, text)
    held = stand.probe_store
    if isinstance(held, TrustStore):
        target = held.id
        if held.members != members:
            before_text, before = union(held.bundle if isinstance(held.bundle, str) else "")
            before_key = naming.bundle_key(stand.policy.origin, before_text)
            act = ReplaceBundle(held.id, stand.identity.bucket, key, members, before_key, before)
            made.add(Phase.PREPARE, Effect.NEUTRAL, act, "an earlier run left it with other authorities")
    else:
        create = CreateTrustStore(name, stand.identity.bucket, key, members, naming.tags_for(stand.policy.origin))
        target = create.target
        made.add(Phase.PREPARE, Effect.NEUTRAL, create, "the listener for a moment is to trust ours alone")
    objects = [draft.act.target for draft in made.drafts if isinstance(draft.act, PutObject)]
    made.after([target], objects, Milestone.WIDENED)
    made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(target), "it was made for a moment")
    return target, [target]


def _forget_probe_store(made: Moves, stand: Standing) -> None:
    """One that an earlier run left goes, once no listener uses it."""
    held = stand.probe_store
    if isinstance(held, TrustStore) and naming.is_ours(held, stand.policy.origin):
        made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(held.id), "an earlier run left it")
        if stand.probe is not None:
            made.after([held.id], [new_listener(stand.balancer, stand.probe.port)], Milestone.DONE)


def _remove_probe(made: Moves, stand: Standing, balancer: str, port: int) -> None:
    act = DeleteProbeListener(balancer, port, naming.probe_tags(stand.policy.origin))
    made.add(Phase.NARROW, Effect.NARROW, act, "it was made for a moment")
