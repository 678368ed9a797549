"""Everything of an origin that ends one day, on both sides, in one list.

Lives here: from a snapshot to what ends, when, and what to do about it. Must not live here: warning anybody.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping

import msgspec

from originlock.facts.certificates import Authority, Certificate
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import GONE, EdgeCertificate, Zone, moment_of
from originlock.intent.policy import IdentityPolicy, Policy


class Ending(msgspec.Struct, frozen=True):
    """Something that ends.

    Attributes:
        what: its kind, such as ``client certificate`` or ``exception``.
        name: which one.
        at: when it ends, with time zone.
        ours: whether originlock made it.
        remedy: what to do before then.
    """

    origin: str
    what: str
    name: str
    at: datetime.datetime
    ours: bool
    remedy: str

    def days(self, now: datetime.datetime) -> int:
        """Whole days that are left; negative when it has ended."""
        return (self.at - now).days


class Endings(msgspec.Struct, frozen=True):
    """What ends, the soonest first, and what could not be told."""

    found: tuple[Ending, ...]
    unknown: tuple[Unknown, ...]


Describe = Callable[[str], tuple[Certificate | Unknown, ...]]
"""Tells of the certificates of a PEM text."""

_SHOWN = 12


def endings(policy: Policy, snapshot: Snapshot, describe: Describe) -> Endings:
    """Everything of one origin that ends."""
    seen: list[Ending | Unknown] = [*_of_exceptions(policy)]
    if policy.identity is not None:
        seen += _of_authority(policy, policy.identity, snapshot)
        seen += _of_stores(policy, snapshot, describe)
    seen += _of_listeners(policy, snapshot)
    seen += _of_zone(policy, snapshot)
    # One certificate may be met in several places: each place is its own entry, one place met twice is not.
    found = dict.fromkeys(each for each in seen if isinstance(each, Ending))
    return Endings(
        tuple(sorted(found, key=lambda each: (each.at, each.what, each.name))),
        tuple(dict.fromkeys(each for each in seen if isinstance(each, Unknown))),
    )


Seen = Iterator[Ending | Unknown]


def _of_exceptions(policy: Policy) -> Seen:
    for each in policy.exceptions:
        # It holds to the end of its last day (UTC).
        end = datetime.datetime.combine(each.expires, datetime.time.max, datetime.UTC)
        remedy = f"ask {each.owner} whether it is still needed; then give it another day, or take it out"
        yield Ending(policy.origin, "exception", str(each.source), end, ours=True, remedy=remedy)


def _of_authority(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> Seen:
    held = snapshot.authorities.get(identity.ca)
    if isinstance(held, Unknown):
        yield held
    if not isinstance(held, Authority):
        return
    renew = "originlock renew"
    for each in held.generations:
        yield _of(policy, "authority", f"{held.name} ({each.sha256[:_SHOWN]})", each, renew)
    newest = held.newest_leaf(identity.leaf, snapshot.at) or next(
        (leaf for leaf in reversed(held.leaves) if leaf.name == identity.leaf), None
    )
    if newest is not None:
        yield _of(policy, "client certificate", f"{held.name}/{newest.name}", newest.certificate, renew)
    for each_list in held.revocation_lists:
        name = f"{held.name} number {each_list.number}"
        yield Ending(policy.origin, "revocation list", name, each_list.next_update, ours=True, remedy=renew)


def _of(policy: Policy, what: str, name: str, certificate: Certificate, remedy: str, *, ours: bool = True) -> Ending:
    return Ending(policy.origin, what, name, certificate.not_after, ours, remedy)


def _of_stores(policy: Policy, snapshot: Snapshot, describe: Describe) -> Seen:
    known = _known(snapshot)
    for held in snapshot.trust_stores.values():
        if isinstance(held, Unknown):
            yield held
        if not isinstance(held, TrustStore):
            continue
        if isinstance(held.bundle, Unknown):
            yield held.bundle
            continue
        for each in describe(held.bundle):
            if isinstance(each, Unknown):
                yield each
            else:
                remedy = "put its successor into the store before then (originlock apply)"
                name = f"{held.name}: {each.subject}"
                yield _of(policy, "trusted authority", name, each, remedy, ours=each.sha256 in known)


def _known(snapshot: Snapshot) -> Mapping[str, str]:
    """Who issued or is what of ours, by fingerprint."""
    held = [each for each in snapshot.authorities.values() if isinstance(each, Authority)]
    ours = {certificate.sha256: each.name for each in held for certificate in each.generations}
    return ours | {leaf.certificate.sha256: each.name for each in held for leaf in each.leaves}


def _of_listeners(policy: Policy, snapshot: Snapshot) -> Seen:
    if isinstance(snapshot.listeners, Unknown):
        yield snapshot.listeners
    for each in snapshot.listeners.listeners if isinstance(snapshot.listeners, Listeners) else ():
        if each.protocol != "HTTPS":
            continue
        end = moment_of(each.not_after)
        if end is None:
            yield Unknown(f"the certificate of the listener on port {each.port}", "AWS does not say when it ends")
        else:
            remedy = (
                "renew it in Certificate Manager (one that it issued renews by itself while its DNS record is there)"
            )
            yield Ending(policy.origin, "listener certificate", f"port {each.port}", end, ours=False, remedy=remedy)


def _of_zone(policy: Policy, snapshot: Snapshot) -> Seen:
    zone = snapshot.zone
    if isinstance(zone, Unknown):
        yield zone
    if not isinstance(zone, Zone):
        return
    if isinstance(zone.certificates, Unknown):
        yield zone.certificates
        return
    known = _known(snapshot)
    for each in zone.certificates:
        if each.status in GONE:
            continue
        end = moment_of(each.expires)
        name = f"{zone.name}, for the {each.scope} ({each.sha256[:_SHOWN]})"
        if end is None:
            yield Unknown(f"the client certificate at {name}", "the edge does not say when it ends")
        else:
            yield _at_the_edge(policy, each, name, end, ours=each.sha256 in known)


def _at_the_edge(policy: Policy, held: EdgeCertificate, name: str, end: datetime.datetime, *, ours: bool) -> Ending:
    # Cloudflare goes on presenting one that has ended, and origins drop the requests (Cloudflare's documentation).
    remedy = (
        "originlock renew" if ours else f"whoever uploaded it ({held.issuer or 'its issuer is not told'}) renews it"
    )
    return Ending(policy.origin, "client certificate at the edge", name, end, ours, remedy)
