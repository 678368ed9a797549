"""What is, as the identity lock sees it: who is trusted, what the edge presents, and what is wanted of both.

Lives here: facts and policy brought together, once for all that decide on them. Must not live here: what follows.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList, bundle_of, members
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Listeners, SecureListener, TrustStore, new_trust_store
from originlock.facts.unknown import Unknown
from originlock.facts.zone import DEPLOYED, EdgeCertificate, Scope, Zone, moment_of
from originlock.intent.policy import NO_EDGE, IdentityPolicy, Policy
from originlock.locks.identity import naming

_NO_TIME: Final = "the edge does not say when they were uploaded"

SHARED: Final = "shared"
"""What stands for the edge's shared certificate, whose own fingerprint nobody is told."""


class Wanted(msgspec.Struct, frozen=True):
    """What is wanted.

    Attributes:
        authorities: the certificates that listeners are to trust at last, and no others.
        leaf: the certificate that the edge is to present; None for the edge's shared one, and where there is no edge.
        lists: the revocation lists that the store is to hold.
    """

    authorities: tuple[Certificate, ...]
    leaf: Leaf | None
    lists: tuple[RevocationList, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """The fingerprints of the authorities, sorted."""
        return tuple(sorted(each.sha256 for each in self.authorities))


class Standing(msgspec.Struct, frozen=True):
    """One origin, as the identity lock sees it.

    Attributes:
        wanted: None where it cannot be told what is wanted (see `missing`).
        missing: why not, in words.
        secure: the HTTPS listeners that the lock is about, without one that we made for a moment.
        probe: that one, if it is there.
        store: our own store; Missing if there is none.
        store_target: how it is called.
        probe_store: the store of a listener that is made for a moment; Missing if there is none.
        trusted: for each listener that verifies, its store.
        formers: fingerprints of certificates of our authority, of the name that is asked for, whose keys are here:
            those of another name are another origin's.
    """

    policy: Policy
    identity: IdentityPolicy
    wanted: Wanted | None
    missing: str
    secure: tuple[SecureListener, ...]
    plain: tuple[SecureListener, ...]
    probe: SecureListener | None
    store: TrustStore | Missing | Unknown
    store_target: str
    trusted: tuple[tuple[SecureListener, TrustStore | Missing | Unknown], ...]
    zone: Zone | None
    formers: tuple[str, ...] = ()
    probe_store: TrustStore | Missing | Unknown = Missing("")

    @property
    def verifying(self) -> tuple[SecureListener, ...]:
        """The listeners that verify now."""
        return tuple(each for each in self.secure if each.mutual.mode == "verify")

    @property
    def balancer(self) -> str:
        """The load balancer's ARN, from that of a listener (Elastic Load Balancing: both share their path)."""
        for listener in (*self.secure, *self.plain, *((self.probe,) if self.probe is not None else ())):
            before, _, path = listener.id.partition(":listener/")
            return f"{before}:loadbalancer/{path.rpartition('/')[0]}"
        return ""

    @property
    def store_in_use(self) -> bool:
        """Whether a listener verifies by our store now."""
        return any(each.mutual.trust_store == self.store_target for each in self.verifying)


def standing(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> Standing:
    """Bring it together; every question must have been answered."""
    wanted, missing = wanted_of(policy, identity, snapshot)
    found = snapshot.listeners.listeners if isinstance(snapshot.listeners, Listeners) else ()
    marks = set(naming.probe_tags(policy.origin))
    probe = next((each for each in found if marks <= set(each.tags)), None)
    secure = tuple(each for each in found if each.protocol == "HTTPS" and each is not probe)
    name = new_trust_store(naming.store_name(policy.origin))
    store = snapshot.trust_stores.get(name, Unknown(name, "it was not asked for"))
    return Standing(
        policy=policy,
        identity=identity,
        wanted=wanted,
        missing=missing,
        secure=secure,
        plain=tuple(each for each in found if each.protocol != "HTTPS"),
        probe=probe,
        store=store,
        store_target=store.id if isinstance(store, TrustStore) else name,
        trusted=tuple((each, _store_of(each, snapshot)) for each in secure if each.mutual.mode == "verify"),
        zone=snapshot.zone if isinstance(snapshot.zone, Zone) else None,
        probe_store=snapshot.trust_stores.get(
            new_trust_store(naming.probe_store_name(policy.origin)), Missing(naming.probe_store_name(policy.origin))
        ),
        formers=_with_keys(identity.leaf, snapshot.authorities.get(identity.ca)),
    )


def _with_keys(name: str, authority: Authority | Unknown | None) -> tuple[str, ...]:
    leaves = authority.leaves if isinstance(authority, Authority) else ()
    return tuple(leaf.certificate.sha256 for leaf in leaves if leaf.has_key and leaf.name == name)


def _store_of(listener: SecureListener, snapshot: Snapshot) -> TrustStore | Missing | Unknown:
    arn = listener.mutual.trust_store
    known = (each for each in snapshot.trust_stores.values() if isinstance(each, TrustStore) and each.id == arn)
    return next(known, snapshot.trust_stores.get(arn, Unknown(f"trust store {arn}", "it was not asked for")))


def wanted_of(policy: Policy, identity: IdentityPolicy, snapshot: Snapshot) -> tuple[Wanted | None, str]:
    """What is wanted; where it cannot be told, why."""
    if identity.certificate == "shared":
        shared = snapshot.shared_authority
        if isinstance(shared, Certificate):
            return Wanted((shared,), None), ""
        return None, "the edge's shared authority was not asked for" if shared is None else shared.reason
    authority = snapshot.authorities.get(identity.ca)
    if authority is None:
        return None, f"the authority {identity.ca} was not asked for"
    if isinstance(authority, Unknown):
        return None, f"{authority.what}: {authority.reason}"
    return _wanted_of_own(policy, identity, authority, snapshot.at)


def _wanted_of_own(
    policy: Policy, identity: IdentityPolicy, authority: Authority, at: datetime.datetime
) -> tuple[Wanted | None, str]:
    if not authority.generations:
        return None, f"there is no authority {identity.ca} here"
    if policy.edge == NO_EDGE:
        good = tuple(each for each in authority.generations if each.holds_at(at))
        return Wanted(good, None, _lists_of(authority, good)), "" if good else "every certificate of it has ended"
    leaf = authority.newest_leaf(identity.leaf, at)
    if leaf is None:
        return None, f"the authority {identity.ca} has no certificate named {identity.leaf} that holds today"
    issuer = authority.generation(leaf.issuer)
    if issuer is None:
        return None, f"the authority that issued {identity.leaf} is not among those of {identity.ca}"
    if not issuer.holds_at(at):
        return None, f"the authority {identity.ca} itself has ended"
    return Wanted((issuer,), leaf, _lists_of(authority, (issuer,))), ""


def _lists_of(authority: Authority, good: tuple[Certificate, ...]) -> tuple[RevocationList, ...]:
    names = {each.sha256 for each in good}
    return tuple(each for each in authority.revocation_lists if each.issuer in names)


class Presents(msgspec.Struct, frozen=True):
    """What the edge presents for a hostname.

    Attributes:
        certificate: its fingerprint, `SHARED`, empty for none; Unknown where it cannot be told.
        by: the level that says so.
    """

    certificate: str | Unknown
    by: Literal["hostname", "zone", "global", "nothing"]


def presented_for(hostname: str, zone: Zone) -> Presents:
    """What the edge presents to the origin of a hostname now: the nearest level wins (see `facts.zone`)."""
    own = zone.associations.get(hostname)
    if isinstance(own, Unknown):
        return Presents(own, "hostname")
    if own is not None and own.enabled is not None:
        # Told to present nothing, it presents nothing, whatever the zone's setting is.
        told = own.sha256 or Unknown(f"certificate {own.certificate}", "its fingerprint is not known")
        return Presents(told if own.enabled else "", "hostname")
    if isinstance(zone.zone_pulls, Unknown):
        return Presents(zone.zone_pulls, "zone")
    if zone.zone_pulls:
        active = certificates_of(zone, "zone")
        if isinstance(active, Unknown):
            return Presents(active, "zone")
        there = [each for each in active if each.status == DEPLOYED]
        last = _last(there)
        if len(there) > 1 and last is None:
            return Presents(Unknown(f"which of {len(there)} certificates came last", _NO_TIME), "zone")
        return Presents(last.sha256 if last is not None else "", "zone")
    if isinstance(zone.global_pulls, Unknown):
        return Presents(zone.global_pulls, "global")
    return Presents(SHARED, "global") if zone.global_pulls else Presents("", "nothing")


def certificates_of(zone: Zone, scope: Scope) -> tuple[EdgeCertificate, ...] | Unknown:
    """The uploaded certificates of one scope."""
    if isinstance(zone.certificates, Unknown):
        return zone.certificates
    return tuple(each for each in zone.certificates if each.scope == scope)


def goes_before(zone: Zone, sha256: str) -> tuple[EdgeCertificate, ...]:
    """The zone's certificates that are presented rather than this one, which is deployed; nothing where it is not.

    Of several that are deployed the edge presents the one that was deployed last (Cloudflare's documentation,
    Authenticated Origin Pulls, zone-level). One of which the edge does not say when that was may be the last.
    """
    found = certificates_of(zone, "zone")
    there = [] if isinstance(found, Unknown) else [each for each in found if each.status == DEPLOYED]
    mine = next((each for each in there if each.sha256 == sha256), None)
    if mine is None:
        return ()
    return tuple(each for each in there if each is not mine and not _before(each, mine))


def _before(one: EdgeCertificate, other: EdgeCertificate) -> bool:
    """Whether one was surely not uploaded after the other."""
    first, second = moment_of(one.uploaded), moment_of(other.uploaded)
    return first is not None and second is not None and first <= second


def _last(there: list[EdgeCertificate]) -> EdgeCertificate | None:
    """The one that was uploaded last; None where there is none, and where the edge does not say when that was."""
    if len(there) == 1:
        return there[0]
    told = [(moment, each) for each in there if (moment := moment_of(each.uploaded)) is not None]
    in_order = sorted(told, key=lambda pair: pair[0])
    return in_order[-1][1] if in_order and len(told) == len(there) else None


def deployed(zone: Zone, scope: Scope, sha256: str) -> bool:
    """Whether a certificate is at the edge, and can be presented."""
    found = certificates_of(zone, scope)
    return not isinstance(found, Unknown) and any(c.sha256 == sha256 and c.status == DEPLOYED for c in found)


def union(*texts: str) -> tuple[str, tuple[str, ...]]:
    """One bundle of several, and the fingerprints in it."""
    text = bundle_of(texts)
    return text, members(text)
