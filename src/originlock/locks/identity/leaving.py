"""Switching the identity lock off: listeners first, then what the edge presents, then what is ours.

Lives here: the changes of ``mode = "off"``. Must not live here: those that lead to a lock (see `moves`).
"""

from __future__ import annotations

from originlock.facts.trust import MutualTls, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, Zone
from originlock.locks.identity import naming
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.standing import SHARED, Standing, certificates_of, presented_for
from originlock.plan.change import Effect, Milestone, Phase
from originlock.plan.trust_acts import (
    DeleteCertificate,
    DeleteProbeListener,
    DeleteTrustStore,
    SetGlobalPulls,
    SetHostnamePulls,
    SetMutualTls,
    SetZonePulls,
)


def leaving(stand: Standing) -> Moves:
    """What leads to no client certificates at all; nothing where it is so."""
    made = Moves(stand.policy.origin)
    for listener in stand.secure:
        if listener.mutual.mode != "off":
            act = SetMutualTls(listener.id, MutualTls(), listener.mutual)
            made.add(Phase.WIDEN, Effect.WIDEN, act, "client certificates are no longer asked for")
    listeners = made.targets()
    if stand.zone is not None:
        _at_the_edge(made, stand, stand.zone, listeners)
    if stand.probe is not None:
        gone = DeleteProbeListener(stand.balancer, stand.probe.port, naming.probe_tags(stand.policy.origin))
        made.add(Phase.TIDY, Effect.NEUTRAL, gone, "it was made for a moment")
        listeners.append(gone.target)
    for_a_moment = stand.probe_store
    if isinstance(for_a_moment, TrustStore) and naming.is_ours(for_a_moment, stand.policy.origin):
        made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(for_a_moment.id), "it was made for a moment")
        made.after([for_a_moment.id], listeners, Milestone.DONE)
    store = stand.store
    if isinstance(store, TrustStore) and naming.is_ours(store, stand.policy.origin) and _used_here_alone(stand, store):
        made.add(Phase.TIDY, Effect.NEUTRAL, DeleteTrustStore(store.id), "no listener uses it any more")
        made.after([store.id], listeners, Milestone.DONE)
    return made


def _used_here_alone(stand: Standing, store: TrustStore) -> bool:
    ours = {listener.id for listener in (*stand.secure, stand.probe) if listener is not None}
    return not isinstance(store.used_by, Unknown) and set(store.used_by) <= ours


def _at_the_edge(made: Moves, stand: Standing, zone: Zone, listeners: list[str]) -> None:
    """What presents a certificate of ours stops; what presents another one is none of ours, and stays."""
    ours = set(stand.formers)
    switched: list[str] = []
    for hostname in stand.policy.hostnames:
        now = zone.associations.get(hostname, Association(hostname))
        if isinstance(now, Unknown) or now.sha256 not in ours:
            continue
        act = SetHostnamePulls(
            *(zone.id, hostname, "", None, now.sha256, now.enabled),
            certificate_id=now.certificate,
            before_id=now.certificate,
        )
        made.add(Phase.PREPARE, Effect.NEUTRAL, act, "no listener asks for it any more")
        switched.append(act.target)
    presented = [presented_for(hostname, zone).certificate for hostname in stand.policy.hostnames]
    alone = not others_of(stand, zone)
    zone_ends = zone.zone_pulls is True and stand.identity.scope == "zone" and alone
    if zone_ends and any(each in ours for each in presented):
        act_zone = SetZonePulls(zone.id, on=False, before=True)
        made.add(Phase.PREPARE, Effect.NEUTRAL, act_zone, "no listener asks for it any more")
        switched.append(act_zone.target)
    if zone.global_pulls is True and stand.identity.certificate == SHARED and alone:
        act_global = SetGlobalPulls(zone.id, on=False, before=True)
        made.add(Phase.PREPARE, Effect.NEUTRAL, act_global, "no listener asks for it any more")
        switched.append(act_global.target)
    made.after(switched, listeners, Milestone.DONE)
    for scope in ("hostname", "zone"):
        found = certificates_of(zone, scope)
        for each in () if isinstance(found, Unknown) else found:
            if scope == "zone" and zone.zone_pulls is not False and not zone_ends:
                continue
            if each.sha256 in ours and not _still_used(stand, zone, each.id):
                act_gone = DeleteCertificate(zone.id, scope, each.sha256, stand.identity.ca, each.pem)
                made.add(Phase.TIDY, Effect.NEUTRAL, act_gone, "nothing presents it any more")
                made.after([act_gone.target], [*listeners, *switched], Milestone.DONE)


def others_of(stand: Standing, zone: Zone) -> tuple[str, ...]:
    """Other names of the zone, whose origins may rest on what the zone presents; one in words if that is not known."""
    if isinstance(zone.records, Unknown):
        return ("names that cannot be read",)
    ours = stand.policy.hostnames
    return tuple(sorted({each.name for each in zone.records if each.proxied and each.name not in ours}))


def _still_used(stand: Standing, zone: Zone, certificate: str) -> bool:
    others = (held for name, held in zone.associations.items() if name not in stand.policy.hostnames)
    return any(isinstance(held, Unknown) or held.certificate == certificate for held in others)
