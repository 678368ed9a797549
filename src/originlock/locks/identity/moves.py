"""The changes that lead to what is wanted, on both sides, and what waits for what.

Lives here: trust first, then what the edge presents, then what listeners demand, then tidying.
Must not live here: whether one may begin (see `guards`), switching off (see `leaving`), a rollback (see `rollback`).

The order, for each origin (an arrow is a wait)::

    bundle in the bucket -> store ACTIVE and read back -> listeners that verify already use it
      -> certificate at the edge -> the edge presents it -> listeners ask (passthrough)
      -> the edge is seen to present it -> listeners verify -> the store forgets all others
      -> former certificates are deleted

What the edge presents is changed as a narrowing, although it lets nobody in or out by itself: a listener that verifies
and does not trust it would refuse the edge. So it stands between two proofs, and is undone if the edge is not served.
"""

from __future__ import annotations

import dataclasses

import msgspec

from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Bucket, Listeners, MutualTls, TrustStore, bucket_target, new_listener
from originlock.facts.unknown import Unknown
from originlock.facts.words import count
from originlock.facts.zone import PENDING, Association, Scope, Zone, certificate_target, hostname_target, zone_of
from originlock.intent.policy import NO_EDGE
from originlock.locks.identity import naming
from originlock.locks.identity.sharing import presenting_elsewhere
from originlock.locks.identity.standing import (
    Standing,
    Wanted,
    certificates_of,
    deployed,
    goes_before,
    presented_for,
    union,
)
from originlock.locks.identity.zone_findings import wanted_records
from originlock.plan.acts import Act
from originlock.plan.change import Draft, Effect, Milestone, Phase, Presented, Wait
from originlock.plan.trust_acts import (
    AddRevocations,
    CreateBucket,
    CreateProbeListener,
    CreateTrustStore,
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    EdgeAct,
    PutObject,
    RemoveRevocations,
    ReplaceBundle,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetZonePulls,
    UploadCertificate,
    needs_presented,
)


@dataclasses.dataclass
class Moves:
    """Drafts and waits, as they come together.

    Attributes:
        awaited: targets at which nothing is to be done, and whose end of an earlier change others wait for.
    """

    origin: str
    drafts: list[Draft] = dataclasses.field(default_factory=list)
    waits: list[Wait] = dataclasses.field(default_factory=list)
    presented: tuple[Presented, ...] = ()
    awaited: list[str] = dataclasses.field(default_factory=list)

    def add(self, phase: Phase, effect: Effect, act: Act, reason: str) -> None:
        """One more change, after those of its target and phase."""
        self.drafts.append(Draft(self.origin, phase, effect, act, reason))

    def after(self, targets: list[str], on: list[str], until: Milestone, before: Phase = Phase.WIDEN) -> None:
        """Each of these waits for each of those."""
        self.waits += [Wait(self.origin, one, before, other, until) for one in targets for other in on if one != other]

    def needs(self, target: str, on: list[str]) -> None:
        """This is done only in a run in which all is done at each of those, and after that."""
        self.waits += [Wait(self.origin, target, Phase.WIDEN, other, Milestone.DONE, needed=True) for other in on]

    def targets(self) -> list[str]:
        """Every target, in the order in which it came."""
        return list(dict.fromkeys(draft.act.target for draft in self.drafts))

    def narrowing(self) -> bool:
        """Whether something is narrowed that shuts out whoever does not present our certificate."""
        return any(is_gated(draft) for draft in self.drafts)


def is_gated(draft: Draft) -> bool:
    """Whether a draft waits until the edge is seen to present our certificate."""
    act = draft.act
    return draft.phase is Phase.NARROW and isinstance(act, SetMutualTls | ReplaceBundle) and needs_presented(act)


def moves(stand: Standing, snapshot: Snapshot, others: tuple[str, ...] = ()) -> Moves:
    """What leads to the wanted state; nothing where it is so. `others` are hostnames that share the leaf."""
    made = Moves(stand.policy.origin)
    if stand.wanted is None:
        return made
    _records(made, stand, snapshot)
    provable = stand.policy.edge == NO_EDGE or can_be_seen(stand, snapshot)
    verifying = stand.identity.mode == "verify"
    if verifying:
        _trust(made, stand, snapshot, stand.wanted, narrow=provable)
    if isinstance(stand.store, TrustStore) and not stand.store.active:
        made.awaited.append(stand.store.id)
    trusting = [*(target for target in made.targets() if zone_of(target) is None), *made.awaited]
    moved = _listeners_that_verify(made, stand, narrow=provable)
    made.after(moved, trusting, Milestone.WIDENED)
    presenting = _edge(made, stand, stand.wanted, [*trusting, *moved])
    made.after([each.id for each in stand.verifying], presenting, Milestone.DONE, Phase.NARROW)
    asking = _listeners_that_do_not(made, stand, verify=verifying and provable)
    made.after(asking, trusting, Milestone.WIDENED)
    made.after(asking, presenting, Milestone.DONE)
    # A store that forgets whom it trusted does so last, and never while the edge may still present the former.
    made.after([stand.store_target], [*presenting, *asking], Milestone.DONE, Phase.NARROW)
    if made.narrowing() and stand.policy.edge != NO_EDGE:
        made.presented = (_seen(stand, snapshot, stand.wanted),)
    _probe(made, stand, stand.wanted, [*trusting, *moved, *presenting])
    _tidy(made, stand, stand.wanted, others)
    return made


def _records(made: Moves, stand: Standing, snapshot: Snapshot) -> None:
    """Where it is asked for, each hostname leads to the edge, and from there to the load balancer.

    Whoever asks for the name meets the edge from then on: it has to be let in first, whichever lock sees to that.
    """
    account, balancer = stand.policy.edge_account, snapshot.load_balancer
    if stand.zone is None or account is None or not account.manage_dns or balancer is None:
        return
    for act in wanted_records(stand.policy, stand.zone, balancer.dns_name):
        made.add(Phase.WIDEN, Effect.WIDEN, act, "visitors meet the edge, and the edge asks the load balancer")
        made.after([act.target], [balancer.id, *balancer.groups], Milestone.WIDENED)


# -- trust --------------------------------------------------------------------------------------------------------


def _trust(made: Moves, stand: Standing, snapshot: Snapshot, wanted: Wanted, *, narrow: bool) -> None:
    """The store holds what is wanted, and beside it, until the edge presents ours, what verifying listeners trust."""
    origin, bucket = stand.policy.origin, stand.identity.bucket
    trusted = [s.bundle for _, s in stand.trusted if isinstance(s, TrustStore) and isinstance(s.bundle, str)]
    ours = [each.pem for each in wanted.authorities]
    text, needed = union(*ours, *trusted)
    last_text, last = union(*ours)
    store = stand.store
    if not isinstance(store, TrustStore):
        _put(made, stand, text)
        key = naming.bundle_key(origin, text)
        create = CreateTrustStore(naming.store_name(origin), bucket, key, needed, naming.tags_for(origin))
        made.add(Phase.PREPARE, Effect.NEUTRAL, create, "listeners are to trust this, and nothing else at last")
        held_text, held = text, needed
    else:
        held_text, held = _grown(made, stand, store, (text, needed))
    if held != last and narrow:
        _put(made, stand, held_text)
        _put(made, stand, last_text)
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
    _put(made, stand, text)
    _put(made, stand, before_text)
    keys = naming.bundle_key(origin, text), naming.bundle_key(origin, before_text)
    act = ReplaceBundle(store.id, stand.identity.bucket, keys[0], members, keys[1], before)
    phase, effect = (Phase.WIDEN, Effect.WIDEN) if stand.store_in_use else (Phase.PREPARE, Effect.NEUTRAL)
    made.add(phase, effect, act, "whatever the edge is going to present is trusted before it does")
    return text, members


def _put(made: Moves, stand: Standing, text: str) -> None:
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


# -- listeners ----------------------------------------------------------------------------------------------------


def _listeners_that_verify(made: Moves, stand: Standing, *, narrow: bool) -> list[str]:
    """Those that verify already never stop: they are pointed to our store, which trusts all that theirs does.

    One that lets in what has ended does so until the edge is seen to present ours, which has not.
    """
    if stand.identity.mode != "verify":
        return []
    moved: list[str] = []
    for listener in stand.verifying:
        now = listener.mutual
        last = _last(stand)
        if not narrow:
            last = msgspec.structs.replace(last, ignore_expiry=now.ignore_expiry)
        if now.trust_store != stand.store_target or now.removed:
            first = MutualTls("verify", stand.store_target, now.ignore_expiry, stand.identity.advertise_ca_names)
            act = SetMutualTls(listener.id, first, now)
            made.add(Phase.WIDEN, Effect.WIDEN, act, "our store trusts all that its store does, and ours beside")
            moved.append(listener.id)
            now = first
        if now != last:
            act = SetMutualTls(listener.id, last, now)
            ends = now.ignore_expiry and not last.ignore_expiry
            why = "certificates that have ended are to be refused" if ends else "it names its authorities as asked for"
            made.add(Phase.NARROW, Effect.NARROW, act, why)
    return moved


def _listeners_that_do_not(made: Moves, stand: Standing, *, verify: bool) -> list[str]:
    """Those that demand nothing yet first ask, which refuses nobody, and then verify."""
    asking: list[str] = []
    for listener in stand.secure:
        now = listener.mutual
        if now.mode == "verify":
            continue
        ask = MutualTls("passthrough")
        if now.mode == "off":
            made.add(
                Phase.WIDEN, Effect.NEUTRAL, SetMutualTls(listener.id, ask, now), "it asks, and refuses nobody yet"
            )
            asking.append(listener.id)
        if verify:
            act = SetMutualTls(listener.id, _last(stand), ask)
            made.add(Phase.NARROW, Effect.NARROW, act, "only who presents our certificate may speak")
            asking.append(listener.id)
    return list(dict.fromkeys(asking))


def _last(stand: Standing) -> MutualTls:
    return MutualTls("verify", stand.store_target, advertise=stand.identity.advertise_ca_names)


# -- the edge -----------------------------------------------------------------------------------------------------


def _edge(made: Moves, stand: Standing, wanted: Wanted, trusting: list[str]) -> list[str]:
    """The edge presents what listeners trust by then.

    Returns:
        the targets whose changes decide what it presents.
    """
    zone = stand.zone
    if zone is None or stand.policy.edge == NO_EDGE:
        return []
    if wanted.leaf is None:
        return _shared(made, stand, zone, trusting)
    scope: Scope = "zone" if stand.identity.scope == "zone" else "hostname"
    leaf = wanted.leaf.certificate
    presenting: list[str] = []
    target = certificate_target(zone.id, scope, leaf.sha256)
    if not deployed(zone, scope, leaf.sha256):
        # Where zone-level pulls are on, the certificate that was deployed last is presented: uploading is the switch.
        switches = scope == "zone" and zone.zone_pulls is not False
        act = UploadCertificate(zone.id, scope, stand.identity.ca, leaf.pem)
        phase, effect = _order_of(stand, zone) if switches else (Phase.PREPARE, Effect.NEUTRAL)
        why = "zone-level pulls are on: from now on it is presented" if switches else "nothing presents it yet"
        made.add(phase, effect, act, why)
        made.after([target], trusting, Milestone.WIDENED)
        presenting.append(target)
    switched = (
        _zone_presents(made, stand, zone, leaf.sha256)
        if scope == "zone"
        else _hostnames_present(made, stand, zone, leaf.sha256)
    )
    made.after(switched, trusting, Milestone.WIDENED)
    made.after(switched, [target], Milestone.DONE)
    return presenting + switched


def _order_of(stand: Standing, zone: Zone, *hostnames: str) -> tuple[Phase, Effect]:
    """Where a change of what the edge presents stands.

    Where it presents nothing, and every listener verifies, nobody is served who could be refused: it is mended first,
    for without it no proof would ever be had. Otherwise it stands between two proofs.
    """
    bare = all(presented_for(name, zone).certificate == "" for name in hostnames or stand.policy.hostnames)
    if bare and stand.secure and len(stand.verifying) == len(stand.secure):
        return Phase.WIDEN, Effect.WIDEN
    return Phase.NARROW, Effect.NARROW


def _hostnames_present(made: Moves, stand: Standing, zone: Zone, sha256: str) -> list[str]:
    found: list[str] = []
    for hostname in stand.policy.hostnames:
        now = zone.associations.get(hostname, Association(hostname))
        if isinstance(now, Unknown) or (now.enabled and now.sha256 == sha256):
            found += _going_on(made, zone, now)
            continue
        act = SetHostnamePulls(*(zone.id, hostname, sha256, True, now.sha256, now.enabled), before_id=now.certificate)
        made.add(*_order_of(stand, zone, hostname), act, "the edge presents our certificate, which says: my zone")
        found.append(act.target)
    return found


def _zone_presents(made: Moves, stand: Standing, zone: Zone, sha256: str) -> list[str]:
    found: list[str] = []
    for each in goes_before(zone, sha256):
        if each.sha256 in stand.formers:
            gone = DeleteCertificate(zone.id, "zone", each.sha256, stand.identity.ca, each.pem)
            made.add(Phase.NARROW, Effect.NARROW, gone, "it was deployed after the one that is to be presented")
            found.append(gone.target)
    if not zone.zone_pulls:
        act = SetZonePulls(zone.id, on=True, before=False)
        made.add(*_order_of(stand, zone), act, "the edge presents our certificate, which says: my zone")
        found.append(act.target)
    return found + _free_hostnames(made, stand, zone, found)


def _free_hostnames(made: Moves, stand: Standing, zone: Zone, first: list[str]) -> list[str]:
    """What a hostname has of its own goes before the zone's: it is ended, once the zone's is on."""
    found: list[str] = []
    for hostname in stand.policy.hostnames:
        now = zone.associations.get(hostname, Association(hostname))
        if isinstance(now, Unknown) or now.enabled is None:
            found += _going_on(made, zone, now)
            continue
        act = SetHostnamePulls(
            *(zone.id, hostname, "", None, now.sha256, now.enabled),
            certificate_id=now.certificate,
            before_id=now.certificate,
        )
        made.add(*_order_of(stand, zone, hostname), act, "a hostname's own certificate goes before the zone's")
        found.append(act.target)
    made.after(found, first, Milestone.DONE)
    return found


def _going_on(made: Moves, zone: Zone, now: Association | Unknown) -> list[str]:
    """What an earlier run asked for, and the edge has not ended yet: nothing is to be done but to wait for it."""
    if isinstance(now, Unknown) or now.status not in PENDING:
        return []
    target = hostname_target(zone.id, now.hostname)
    made.awaited.append(target)
    return [target]


def _shared(made: Moves, stand: Standing, zone: Zone, trusting: list[str]) -> list[str]:
    found: list[str] = []
    if not zone.global_pulls:
        act = SetGlobalPulls(zone.id, on=True, before=False)
        made.add(*_order_of(stand, zone), act, "the edge presents its shared certificate (weak)")
        found.append(act.target)
    found += _free_hostnames(made, stand, zone, list(found))
    made.after(found, trusting, Milestone.WIDENED)
    return found


# -- proof --------------------------------------------------------------------------------------------------------


def can_be_seen(stand: Standing, snapshot: Snapshot) -> bool:
    """Whether there is a way to see which certificate the edge presents."""
    identity = stand.identity
    return bool(identity.echo or _logs(stand, snapshot) or identity.probe_port)


def _logs(stand: Standing, snapshot: Snapshot) -> str:
    if not stand.identity.logs or not isinstance(snapshot.listeners, Listeners):
        return ""
    return snapshot.listeners.logs if isinstance(snapshot.listeners.logs, str) else ""


def _seen(stand: Standing, snapshot: Snapshot, wanted: Wanted) -> Presented:
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


def _probe(made: Moves, stand: Standing, wanted: Wanted, ready: list[str]) -> None:
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
    _put(made, stand, text)
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


# -- tidying ------------------------------------------------------------------------------------------------------


def _tidy(made: Moves, stand: Standing, wanted: Wanted, others: tuple[str, ...]) -> None:
    """Former certificates of ours go at last; never one whose key we do not hold, for nothing would lead back.

    One that another hostname presents stays (the edge would refuse it), but for the hostnames of origins that share
    the leaf and give it up in the same run: then it goes after that, and stays if they do not.
    """
    zone = stand.zone
    if zone is None or wanted.leaf is None:
        return
    rest = made.targets()
    for scope in ("hostname", "zone"):
        found = certificates_of(zone, scope)
        for each in () if isinstance(found, Unknown) else found:
            if each.sha256 not in stand.formers or each.sha256 == wanted.leaf.certificate.sha256:
                continue
            users = presenting_elsewhere(zone, stand.policy.hostnames, each.id)
            if isinstance(users, Unknown) or set(users) - set(others) or _may_be_the_zones(stand, zone, scope):
                continue
            if certificate_target(zone.id, scope, each.sha256) in rest:
                continue  # it goes before that
            act = DeleteCertificate(zone.id, scope, each.sha256, stand.identity.ca, each.pem)
            made.add(Phase.TIDY, Effect.NEUTRAL, act, "a newer certificate of ours is presented")
            made.after([act.target], rest, Milestone.DONE)
            made.needs(act.target, [hostname_target(zone.id, name) for name in users])


def _may_be_the_zones(stand: Standing, zone: Zone, scope: Scope) -> bool:
    """Whether it is presented for every name of the zone, which is not ours to say where we ask for hostnames."""
    return scope == "zone" and stand.identity.scope != "zone" and zone.zone_pulls is not False
