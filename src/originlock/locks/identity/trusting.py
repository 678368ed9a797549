"""Whom our trust store trusts, and whom no longer: bundles, revocation lists, and the bucket that AWS copies them from.

Lives here: a store that only grows before the edge presents ours, and forgets others after. Must not live here: what
listeners demand (see `moves`), what the edge presents (see `presenting`).
"""

from __future__ import annotations

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Bucket, TrustStore, bucket_target
from originlock.facts.unknown import Unknown
from originlock.facts.words import count
from originlock.locks.identity import naming
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.standing import (
    Standing,
    Wanted,
    union,
)
from originlock.plan.change import Effect, Milestone, Phase
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateTrustStore,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
)


def trust(made: Moves, stand: Standing, snapshot: Snapshot, wanted: Wanted, *, narrow: bool) -> None:
    """The store holds what is wanted, and beside it, until the edge presents ours, what verifying listeners trust."""
    origin, bucket = stand.policy.origin, stand.identity.bucket
    trusted = [s.bundle for _, s in stand.trusted if isinstance(s, TrustStore) and isinstance(s.bundle, str)]
    ours = [each.pem for each in wanted.authorities]
    text, needed = union(*ours, *trusted)
    last_text, last = union(*ours)
    store = stand.store
    if not isinstance(store, TrustStore):
        put(made, stand, text)
        key = naming.bundle_key(origin, text)
        create = CreateTrustStore(naming.store_name(origin), bucket, key, needed, naming.tags_for(origin))
        made.add(Phase.PREPARE, Effect.NEUTRAL, create, "listeners are to trust this, and nothing else at last")
        held_text, held = text, needed
    else:
        held_text, held = _grown(made, stand, store, (text, needed))
    if held != last and narrow:
        put(made, stand, held_text)
        put(made, stand, last_text)
        keys = naming.bundle_key(origin, last_text), naming.bundle_key(origin, held_text)
        act = ReplaceBundle(stand.store_target, bucket, keys[0], last, keys[1], held)
        made.add(Phase.NARROW, Effect.NARROW, act, "the edge presents ours, so that all others are to be refused")
    _revocations(made, stand, wanted)
    objects = [draft.act.target for draft in made.drafts if isinstance(draft.act, PutObject)]
    made.after([stand.store_target], objects, Milestone.WIDENED)
    if objects and not isinstance(snapshot.bucket, Bucket) and stand.identity.create_bucket:
        act_bucket = CreateBucket(bucket, naming.tags_for(origin))
        made.add(Phase.PREPARE, Effect.NEUTRAL, act_bucket, "AWS copies a bundle from a bucket")
        made.after(objects, [bucket_target(bucket)], Milestone.WIDENED)


def _grown(
    made: Moves, stand: Standing, store: TrustStore, needed: tuple[str, tuple[str, ...]]
) -> tuple[str, tuple[str, ...]]:
    """The store that is there holds what is needed; while a listener verifies by it, beside what it held."""
    now = store.bundle if isinstance(store.bundle, str) else ""
    text, members = union(needed[0], now) if stand.store_in_use else needed
    if members == store.members:
        return text, members
    origin = stand.policy.origin
    before_text, before = union(now)
    put(made, stand, text)
    put(made, stand, before_text)
    keys = naming.bundle_key(origin, text), naming.bundle_key(origin, before_text)
    act = ReplaceBundle(store.id, stand.identity.bucket, keys[0], members, keys[1], before)
    phase, effect = (Phase.WIDEN, Effect.WIDEN) if stand.store_in_use else (Phase.PREPARE, Effect.NEUTRAL)
    made.add(phase, effect, act, "whatever the edge is going to present is trusted before it does")
    return text, members


def put(made: Moves, stand: Standing, text: str) -> None:
    """A bundle lies in the bucket; asked for more than once it is put there once."""
    origin = stand.policy.origin
    act = PutObject(stand.identity.bucket, naming.bundle_key(origin, text), text, naming.digest(text))
    if all(draft.act != act for draft in made.drafts):
        made.add(Phase.PREPARE, Effect.NEUTRAL, act, "AWS copies a bundle from there")


def _revocations(made: Moves, stand: Standing, wanted: Wanted) -> None:
    """The store holds the last list of each authority; those that it stands for go after it has come."""
    held = stand.store.revocations if isinstance(stand.store, TrustStore) else ()
    if isinstance(held, Unknown):
        return  # told as unread; a list is not added twice on a guess
    origin, bucket = stand.policy.origin, stand.identity.bucket
    there = {each.sha256 for each in held}
    for each in wanted.lists:
        if each.sha256 in there:
            continue
        key = naming.revocations_key(origin, each.pem)
        put = PutObject(bucket, key, each.pem, naming.digest(each.pem))
        made.add(Phase.PREPARE, Effect.NEUTRAL, put, "AWS copies a revocation list from there")
        add = AddRevocations(stand.store_target, bucket, key, each.sha256)
        reason = f"{count(len(each.revoked), 'certificate')} revoked, to be renewed before {each.next_update:%Y-%m-%d}"
        made.add(Phase.NARROW, Effect.NARROW, add, reason)
    wanted_lists = {each.sha256 for each in wanted.lists}
    # One that could not be read back may be the very one that is wanted: it stays until it can be told.
    known = (each for each in held if not isinstance(each.sha256, Unknown))
    superseded = tuple(each.id for each in known if each.sha256 not in wanted_lists)
    if superseded:
        remove = RemoveRevocations(stand.store_target, superseded)
        made.add(Phase.TIDY, Effect.NEUTRAL, remove, "a newer list stands for them")
