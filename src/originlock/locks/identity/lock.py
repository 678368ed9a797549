"""The identity lock's word on one origin: its changes, its objections, what it found, what it rests on.

Lives here: putting it together. Must not live here: the reasons (see `moves`, `leaving`, `guards`, `shut_out`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from originlock.facts.certificates import Authority
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Zone, leads_to
from originlock.intent.policy import NO_EDGE, IdentityPolicy, Policy
from originlock.locks.identity import guards, shut_out
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.judged import Way, ways
from originlock.locks.identity.leaving import leaving, others_of
from originlock.locks.identity.moves import moves
from originlock.locks.identity.seeing import can_be_seen
from originlock.locks.identity.standing import SHARED, Standing, presented_for, standing
from originlock.locks.identity.zone_findings import zone_findings
from originlock.plan.change import Contribution, Effect, Expectation, Hole, Note, Phase, Unread
from originlock.plan.trust_acts import ReplaceBundle, SetMutualTls

_EVIDENCE = (
    "name one of these in [origins.{origin}.identity], to see which certificate the edge presents: echo (a path that "
    "tells), logs = true (with the load balancer's connection logs on), or probe_port = 8443"
)

_WEAK = (
    "the edge's shared certificate is weak: every customer of the edge presents it, so that anyone can come in through "
    'a zone of their own; certificate = "own" says: my zone'
)
_UNKNOWN_ACCOUNT = (
    "nothing is known of the edge's account ([origins.{origin}.edge_account]), so the certificate has to be uploaded "
    "there by hand"
)
_SETTLING = (
    "connections that are kept go on for up to {seconds} s (client_keep_alive.seconds): until then it is settling; "
    "limits.pooled_seconds has it proved once more"
)


def contribution(
    policy: Policy, identity: IdentityPolicy, snapshot: Snapshot, others: tuple[str, ...] = ()
) -> Contribution:
    """What this lock wants changed, what it objects to, what it found, and what it promises.

    Args:
        policy: of whom.
        identity: its part on identity.
        snapshot: what is known.
        others: hostnames of other origins that share the leaf.
    """
    if snapshot.load_balancer is None or not isinstance(snapshot.listeners, Listeners):
        return Contribution(unknown=unread(policy, identity, snapshot))
    stand = standing(policy, identity, snapshot)
    if identity.mode == "off":
        made = leaving(stand)
        objections = guards.objections_to_leaving(stand)
    else:
        made = moves(stand, snapshot, others)
        objections = guards.objections(stand, snapshot, made)
        begins = any(_begins_to_verify(draft.act) for draft in made.drafts)
        forgets = _forgets_others(stand, snapshot, made)
        if begins or forgets:
            objections += shut_out.objections(stand, snapshot, begins=begins, forgets=forgets)
    return Contribution(
        drafts=tuple(made.drafts),
        objections=objections,
        holes=tuple(_closed_by(each, made) for each in holes(policy, identity, snapshot)),
        notes=tuple(Note(policy.origin, target, said) for target, said in _notes(stand, snapshot)),
        unknown=unread(policy, identity, snapshot),
        basis=_basis(policy, snapshot),
        expectations=tuple(Expectation(policy.origin, target) for target in made.awaited),
        waits=tuple(dict.fromkeys(made.waits)),
        presented=made.presented,
    )


def _begins_to_verify(act: object) -> bool:
    return isinstance(act, SetMutualTls) and act.wanted.mode == "verify" and act.before.mode != "verify"


def _forgets_others(stand: Standing, snapshot: Snapshot, made: Moves) -> bool:
    """Whether a listener that verifies is to trust somebody no more whose certificates we did not issue.

    Following an authority of ours by its next generation shuts nobody out who was not told of when it began.
    """
    if not stand.verifying:
        return False
    authority = snapshot.authorities.get(stand.identity.ca)
    generations = authority.generations if isinstance(authority, Authority) else ()
    ours = {each.sha256 for each in generations}
    ours |= set() if stand.wanted is None else set(stand.wanted.members)
    forgotten = (
        set(draft.act.before) - set(draft.act.members)
        for draft in made.drafts
        if draft.phase is Phase.NARROW and isinstance(draft.act, ReplaceBundle)
    )
    return any(each - ours for each in forgotten)


def _closed_by(hole: Hole, made: Moves) -> Hole:
    """Whether the plan closes a hole: the last that it does to what is open narrows it."""
    closing = {
        draft.act.target for draft in made.drafts if draft.phase is Phase.NARROW and draft.effect is Effect.NARROW
    }
    return msgspec.structs.replace(hole, closed_by_plan=hole.target in closing)


# -- what is found ------------------------------------------------------------------------------------------------


def holes(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> tuple[Hole, ...]:
    """Everybody whom the listeners let speak without a certificate of ours; none where none is asked for."""
    if identity.mode != "verify" or not isinstance(snapshot.listeners, Listeners):
        return ()
    stand = standing(policy, identity, snapshot)
    return tuple(_hole(policy, way, _how(stand, snapshot, way)) for way in ways(stand))


def _hole(policy: Policy, way: Way, close_with: str) -> Hole:
    return Hole(policy.origin, way.target, f"{way.subject} {way.what}", way.lets_in, "", close_with)


def _how(stand: Standing, snapshot: Snapshot, way: Way) -> str:
    if way.target in {each.id for each in stand.plain}:
        return "have it redirect to HTTPS and do nothing else, or delete it"
    if stand.policy.edge == NO_EDGE or can_be_seen(stand, snapshot):
        return "originlock apply"
    return _EVIDENCE.format(origin=stand.policy.origin)


def unread(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> tuple[Unread, ...]:
    """What the lock rests on and could not be read."""
    found: list[Unread] = []
    if snapshot.load_balancer is None:
        return ()  # told by whoever looked for it
    if isinstance(snapshot.listeners, Unknown):
        found.append(
            Unread(policy.origin, snapshot.load_balancer.id, snapshot.listeners.what, snapshot.listeners.reason)
        )
    if identity.mode == "off" or not isinstance(snapshot.listeners, Listeners):
        return tuple(found)
    for name, held in sorted(snapshot.trust_stores.items()):
        parts = (held,) if not isinstance(held, TrustStore) else (held.members, held.revocations)
        found += [Unread(policy.origin, name, part.what, part.reason) for part in parts if isinstance(part, Unknown)]
    if isinstance(snapshot.zone, Unknown):
        found.append(Unread(policy.origin, "", snapshot.zone.what, snapshot.zone.reason))
    return tuple(found)


def _notes(stand: Standing, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    identity, policy = stand.identity, stand.policy
    if identity.mode == "off":
        yield from _of_leaving(stand)
        return
    if identity.certificate == "shared":
        yield "", _WEAK
    if policy.edge_account is None and policy.edge != NO_EDGE:
        yield "", _UNKNOWN_ACCOUNT.format(origin=policy.origin)
    if identity.mode == "verify" and policy.edge != NO_EDGE and not can_be_seen(stand, snapshot):
        yield "", f"listeners go no further than asking: {_EVIDENCE.format(origin=policy.origin)}"
    keep_alive = snapshot.listeners.keep_alive if isinstance(snapshot.listeners, Listeners) else 0
    provable = policy.edge == NO_EDGE or can_be_seen(stand, snapshot)
    begins = identity.mode == "verify" and provable and any(each.mutual.mode != "verify" for each in stand.secure)
    if begins and isinstance(keep_alive, int):
        yield "", _SETTLING.format(seconds=keep_alive)
    if stand.verifying:
        for each in policy.exceptions:
            yield (
                "",
                f"the exception {each.source} ({each.owner}) has no client certificate: it connects, and is refused",
            )
    yield from _of_zone(stand, snapshot)


def _of_leaving(stand: Standing) -> Iterator[tuple[str, str]]:
    zone, identity = stand.zone, stand.identity
    if zone is None or not (others := others_of(stand, zone)):
        return
    named = ", ".join(others)
    if identity.scope == "zone" and zone.zone_pulls is True:
        yield "", f"zone-level pulls of {zone.name} stay on, with what they present: {named} may rest on them"
    if identity.certificate == SHARED and zone.global_pulls is True:
        yield "", f"global pulls of {zone.name} stay on: {named} may rest on them"


def _of_zone(stand: Standing, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    zone = stand.zone
    if zone is None:
        return
    dns_name = "" if snapshot.load_balancer is None else snapshot.load_balancer.dns_name
    for each in zone_findings(stand.policy, zone, dns_name):
        if not each.refuses:
            yield "", f"{each.message}; what to do: {each.remedy}"
    yield from _of_records(stand, zone, dns_name)
    if stand.identity.certificate == "own":
        shared = [name for name in stand.policy.hostnames if presented_for(name, zone).certificate == SHARED]
        if shared:
            yield (
                "",
                f"{', '.join(shared)}: the edge presents its shared certificate now, as it does for every customer",
            )
    if not isinstance(zone.dedicated, Unknown) and zone.dedicated:
        missing = sorted(set(zone.dedicated) - set(stand.policy.network.extra_ranges))
        if missing:
            yield "", f"the edge keeps addresses for this zone alone ({', '.join(missing)}): name them in extra_ranges"


def _of_records(stand: Standing, zone: Zone, dns_name: str) -> Iterator[tuple[str, str]]:
    """Names that are DNS only tell everybody where the load balancer is."""
    for each in () if isinstance(zone.records, Unknown) else zone.records:
        if leads_to(each, dns_name) and not each.proxied and each.name not in stand.policy.hostnames:
            yield "", f"{each.name} is DNS only and points to the load balancer: its visitors do not come by the edge"


def _basis(policy: Policy, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What a saved plan rests on, by digests: nothing of it is a secret, and all of it may be large."""
    zone = snapshot.zone
    if isinstance(zone, Zone):
        # Whom a token may see beside the zone is no ground for a plan.
        zone = _in_order(msgspec.structs.replace(zone, others=(), name_servers=(), original_name_servers=()))
    facts: tuple[tuple[str, object], ...] = (
        ("listeners", snapshot.listeners),
        ("trust stores", sorted(snapshot.trust_stores.items())),
        ("authorities", sorted(snapshot.authorities.items())),
        ("zone", zone),
        ("bucket", snapshot.bucket),
    )
    return tuple((f"{name} of {policy.origin}", _digest(fact)) for name, fact in facts if fact)


def _in_order(zone: Zone) -> Zone:
    """The edge tells of its lists in any order."""
    lists = {name: getattr(zone, name) for name in ("certificates", "records", "monitors", "ssl_by_host")}
    known = {name: found for name, found in lists.items() if not isinstance(found, Unknown)}
    ordered = {name: tuple(sorted(found, key=msgspec.json.encode)) for name, found in known.items()}
    return msgspec.structs.replace(zone, associations=dict(sorted(zone.associations.items())), **ordered)


def _digest(fact: object) -> str:
    return hashlib.sha256(msgspec.json.encode(fact)).hexdigest()
