"""Everything read of one origin, at one moment.

Lives here: the snapshot that every lock decides on. Must not live here: reading it, or filling its gaps with hopes.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from originlock.facts.certificates import Authority, Certificate
from originlock.facts.load_balancer import DEFAULT_INTERFACE_QUOTA, InterfaceQuota, LoadBalancer
from originlock.facts.origin import DEFAULT_RULES_QUOTA, Missing, PrefixList, RulesQuota, SecurityGroup, Tags
from originlock.facts.trust import (
    Bucket,
    Listeners,
    SecureListener,
    StoredObject,
    TrustStore,
    is_listener,
    is_trust_store,
    new_trust_store,
    parts_of_new_listener,
    parts_of_object,
)
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Association, DnsRecords, EdgeCertificate, Switch, Zone, part_of_zone, zone_of

OfTrust = TrustStore | SecureListener | StoredObject | Bucket
"""What the identity lock changes in AWS."""

OfZone = EdgeCertificate | Association | Switch | DnsRecords
"""What it changes at the edge."""

Held = SecurityGroup | PrefixList | LoadBalancer | OfTrust | OfZone | Missing
"""What a target of a change turns out to be when it is looked at."""

Seen = Mapping[str, Held | Unknown]
"""What was seen, by target."""


ZoneSeen = Zone | Missing | Unknown | None
"""A zone, as far as it was asked for and could be read."""


class Resolution(msgspec.Struct, frozen=True, tag="resolution"):
    """What a hostname resolved to.

    Attributes:
        addresses: textual addresses, both families, sorted.
    """

    hostname: str
    addresses: tuple[str, ...]


class Names(msgspec.Struct, frozen=True, tag="names"):
    """Ids, or words, that answer a question; none is an answer too."""

    names: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """What was read of one origin.

    Attributes:
        at: when, with time zone.
        groups: by group id; Unknown where a group could not be read.
        unknown: what could not be read and belongs to no group, such as a search by tag that was denied.
        prefix_lists: by id, those that were asked for.
        quota: rules per group; the documented default until AWS was asked.
        resolutions: by hostname, those that were asked for.
        load_balancer: the target, if it is one.
        interface_quota: groups per interface; the documented default until AWS was asked.
        tagged_groups: the ids of the groups with these tags, by tags; their rules are among the groups.
        references: who names a group in a rule, by the id of the group: ids of other groups, or its own.
        users: the interfaces that have a group, by the id of the group.
        tagged_lists: the ids of the prefix lists with these tags, by tags; they are among the prefix lists.
        listeners: of the load balancer, with what they demand of clients; None until they were asked for.
        trust_stores: by ARN, or by what `new_trust_store` calls the one of that name.
        authorities: our own certificate authorities, by name; Unknown where one cannot be read, and an authority
            without generations where there is none.
        shared_authority: the edge's shared one, as it was judged; None until it was asked for.
        zone: the hostnames' zone at the edge; None until it was asked for.
        bucket: where bundles are put; None until it was asked for.
    """

    at: datetime.datetime
    groups: dict[str, SecurityGroup | Unknown]
    unknown: tuple[Unknown, ...] = ()
    prefix_lists: dict[str, PrefixList | Unknown] = {}
    quota: RulesQuota | Unknown = DEFAULT_RULES_QUOTA
    resolutions: dict[str, Resolution | Unknown] = {}
    load_balancer: LoadBalancer | None = None
    interface_quota: InterfaceQuota | Unknown = DEFAULT_INTERFACE_QUOTA
    tagged_groups: dict[Tags, Names | Unknown] = {}
    references: dict[str, Names | Unknown] = {}
    users: dict[str, Names | Unknown] = {}
    tagged_lists: dict[Tags, Names | Unknown] = {}
    listeners: Listeners | Unknown | None = None
    trust_stores: dict[str, TrustStore | Missing | Unknown] = {}
    authorities: dict[str, Authority | Unknown] = {}
    shared_authority: Certificate | Unknown | None = None
    zone: ZoneSeen = None
    bucket: Bucket | Missing | Unknown | None = None


def updated(snapshot: Snapshot, seen: Seen) -> Snapshot:
    """The snapshot with what was seen of its targets since."""
    groups, lists = dict(snapshot.groups), dict(snapshot.prefix_lists)
    balancer = snapshot.load_balancer
    snapshot = _with_trust(snapshot, {target: held for target, held in seen.items() if of_identity(target)})
    for target, held in ((target, held) for target, held in seen.items() if not of_identity(target)):
        match held:
            case SecurityGroup(id=name, tags=()) if isinstance(old := groups.get(name), SecurityGroup):
                # A look at the rules alone does not tell of the group's own tags.
                groups[name] = msgspec.structs.replace(old, rules=held.rules, egress=held.egress)
            case SecurityGroup(id=name):
                groups[name] = held
            case PrefixList(id=name):
                lists[name] = held
            case LoadBalancer() if balancer is not None and balancer.id == held.id:
                balancer = msgspec.structs.replace(held, listeners=balancer.listeners, tags=balancer.tags)
            case Unknown() if target in groups:
                groups[target] = held
            case Unknown() if target in lists:
                lists[target] = held
            case Unknown() if balancer is not None and balancer.id == target:
                balancer = msgspec.structs.replace(balancer, interfaces=held, health=held)
            case _:
                groups.pop(target, None)
    for name in balancer.groups if balancer is not None else ():
        # Whoever attached it: what it lets in was not looked at.
        groups.setdefault(name, Unknown(f"security group {name}", "it was attached since the look"))
    return msgspec.structs.replace(snapshot, groups=groups, prefix_lists=lists, load_balancer=balancer)


def of_identity(target: str) -> bool:
    """Whether a target is the identity lock's."""
    return (
        is_trust_store(target)
        or is_listener(target)
        or parts_of_object(target) is not None
        or zone_of(target) is not None
    )


def _with_trust(snapshot: Snapshot, seen: Seen) -> Snapshot:
    """The snapshot with what was seen of stores, listeners and the edge since."""
    stores, listeners, zone = dict(snapshot.trust_stores), snapshot.listeners, snapshot.zone
    for target, held in seen.items():
        match held:
            case TrustStore():
                stores = {name: old for name, old in stores.items() if _id_of(old) != held.id}
                stores[held.id if held.id in snapshot.trust_stores else new_trust_store(held.name)] = held
            case SecureListener() if isinstance(listeners, Listeners):
                listeners = _with_listener(listeners, held)
            case Missing() if is_trust_store(target):
                stores = {n: Missing(target) if target in (n, _id_of(old)) else old for n, old in stores.items()}
            case Missing() if is_listener(target) and isinstance(listeners, Listeners):
                kept = tuple(each for each in listeners.listeners if not _is_called(each, target))
                listeners = msgspec.structs.replace(listeners, listeners=kept)
            case Unknown() if is_trust_store(target):
                stores = {n: held if target in (n, _id_of(old)) else old for n, old in stores.items()}
            case Unknown() if is_listener(target):
                listeners = held
            case _:
                zone = _with_part(zone, target, held)
    return msgspec.structs.replace(snapshot, trust_stores=stores, listeners=listeners, zone=zone)


def _id_of(store: TrustStore | Missing | Unknown) -> str:
    return store.id if isinstance(store, TrustStore) else ""


def _is_called(listener: SecureListener, target: str) -> bool:
    """Whether a target is this listener, by its ARN or by what it was called before it had one."""
    parts = parts_of_new_listener(target)
    return listener.id == target or (parts is not None and listener.port == parts[1])


def _with_listener(listeners: Listeners, held: SecureListener) -> Listeners:
    others = tuple(each for each in listeners.listeners if each.id != held.id)
    return msgspec.structs.replace(listeners, listeners=tuple(sorted((*others, held), key=lambda each: each.port)))


def _with_part(
    zone: Zone | Missing | Unknown | None, target: str, held: Held | Unknown
) -> Zone | Missing | Unknown | None:
    if not isinstance(zone, Zone):
        return zone
    part = part_of_zone(target)
    match held, part:
        case Association(), _:
            return msgspec.structs.replace(zone, associations={**zone.associations, held.hostname: held})
        case Unknown(), ("pulls", "hostname", hostname):
            return msgspec.structs.replace(zone, associations={**zone.associations, hostname: held})
        case Switch(on=on), ("pulls", "zone"):
            return msgspec.structs.replace(zone, zone_pulls=on)
        case Switch(on=on), ("pulls", "global"):
            return msgspec.structs.replace(zone, global_pulls=on)
        case Unknown(), ("pulls", "zone"):
            return msgspec.structs.replace(zone, zone_pulls=held)
        case Unknown(), ("pulls", "global"):
            return msgspec.structs.replace(zone, global_pulls=held)
        case _:
            return zone
