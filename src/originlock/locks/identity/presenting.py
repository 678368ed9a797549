"""What the edge presents: our certificate uploaded, presented, and former ones taken away.

Lives here: changes at the edge, and where in the order they stand. Must not live here: whom listeners trust (see
`trusting`), how it is seen what the edge presents (see `seeing`).
"""

from __future__ import annotations

from originlock.facts.unknown import Unknown
from originlock.facts.zone import PENDING, Association, Scope, Zone, certificate_target, hostname_target
from originlock.intent.policy import NO_EDGE
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.sharing import presenting_elsewhere
from originlock.locks.identity.standing import (
    Standing,
    Wanted,
    certificates_of,
    deployed,
    goes_before,
    presented_for,
)
from originlock.plan.change import Effect, Milestone, Phase
from originlock.plan.trust_acts import (
    DeleteCertificate,
    SetGlobalPulls,
    SetHostnamePulls,
    SetZonePulls,
    UploadCertificate,
)


def present(made: Moves, stand: Standing, wanted: Wanted, trusting: list[str]) -> list[str]:
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


def tidy(made: Moves, stand: Standing, wanted: Wanted, others: tuple[str, ...]) -> None:
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
