"""Why not: what keeps the identity lock from beginning at all.

Lives here: objections that a person has to mend. Must not live here: those that may be acknowledged (see `shut_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from originlock.facts.origin import Missing
from originlock.facts.snapshot import Snapshot
from originlock.facts.trust import Bucket, Listeners, SecureListener, TrustStore, new_trust_store
from originlock.facts.unknown import Unknown
from originlock.facts.zone import TIMED_OUT, Scope, Zone
from originlock.intent.policy import NO_EDGE
from originlock.locks.identity import naming
from originlock.locks.identity.drafting import Moves
from originlock.locks.identity.standing import Standing, certificates_of, deployed, goes_before
from originlock.locks.identity.zone_findings import ZoneFinding, zone_findings
from originlock.plan.change import Objection, Phase
from originlock.plan.trust_acts import (
    CreateProbeListener,
    CreateTrustStore,
    PutObject,
    ReplaceBundle,
    SetMutualTls,
    TrustAct,
    UploadCertificate,
)

_MOST_VERIFYING: Final = 2
"""Elastic Load Balancing quotas: listeners that use mutual TLS verify, per load balancer: 2, not adjustable."""

_MOST_AUTHORITIES: Final = 25
"""Elastic Load Balancing quotas: CA certificates per trust store: 25, adjustable (L-43FE5A42)."""

_MOST_UPLOADED: Final = 10
"""Cloudflare API reference, origin TLS client auth: hostname certificates per zone: 10."""


def objections(stand: Standing, snapshot: Snapshot, made: Moves) -> tuple[Objection, ...]:
    """Everything that has to be mended first; in the order in which a person would."""
    found = [
        *_of_wanted(stand, snapshot, made),
        *_of_listeners(stand, snapshot),
        *_of_other_origins(stand),
        *_of_others(stand, made),
        *_of_probe(stand, made),
        *_of_store(stand, made),
        *_of_bucket(stand, snapshot, made),
        *_of_account(stand, made),
        *_of_zone(stand, snapshot),
    ]
    return tuple(
        Objection(guard, message, remedy, origin=stand.policy.origin, lock="identity")
        for guard, message, remedy in found
    )


def objections_to_leaving(stand: Standing) -> tuple[Objection, ...]:
    """What is switched off has to be ours: a listener that verifies by another store keeps somebody else's word."""
    return tuple(
        Objection("not-ours", message, remedy, origin=stand.policy.origin, lock="identity")
        for listener, store in stand.trusted
        if listener.mutual.trust_store != stand.store_target
        for name in [store.name if isinstance(store, TrustStore) else listener.mutual.trust_store]
        if _word_of(name) not in stand.identity.acknowledged
        for message in [
            f"the listener on port {listener.port} verifies by {name}, which is not ours: it would let in everybody"
        ]
        for remedy in [_ACKNOWLEDGE.format(word=_word_of(name), origin=stand.policy.origin)]
    )


def _word_of(store: str) -> str:
    return f"store {store}"


_FIRST: Final = (Phase.PREPARE, Phase.WIDEN)
_TRUSTS: Final = CreateTrustStore | ReplaceBundle
_ACKNOWLEDGE: Final = 'if that is meant, add "{word}" to acknowledge in [origins.{origin}.identity]'
_BY_HAND: Final = "upload by hand"
_NEWER: Final = "delete it at the edge; or issue ours anew, to be deployed last: originlock ca renew {ca} {leaf}"

Said = Iterator[tuple[str, str, str]]


def _of_wanted(stand: Standing, snapshot: Snapshot, made: Moves) -> Said:
    if stand.wanted is None:
        if stand.identity.certificate == "shared":
            remedy = "it is never taken on sight: see the address edges.cloudflare.shared_ca_url, or use our own"
        else:
            remedy = _how_to_have_one(stand, snapshot)
        yield "no-certificate", stand.missing, remedy
    elif stand.wanted.leaf is not None and not stand.wanted.leaf.has_key and _does(made, UploadCertificate):
        said = f"the key of the certificate {stand.wanted.leaf.name} is not here, so that the edge cannot be given it"
        yield "no-key", said, f"issue one with its key: originlock ca issue {stand.identity.ca} {stand.identity.leaf}"


def _how_to_have_one(stand: Standing, snapshot: Snapshot) -> str:
    """The commands that make what is missing of our own, and no more: an authority that is there is not made again."""
    ca, leaf = stand.identity.ca, stand.identity.leaf
    held = snapshot.authorities.get(ca)
    if isinstance(held, Unknown):
        return f"see what stands in the way: originlock ca show {ca}"
    commands: list[str] = []
    if held is None or not held.generations:
        commands.append(f"originlock ca init {ca}")
    elif not held.generations[-1].holds_at(snapshot.at):
        commands.append(f"originlock ca renew {ca} --authority")
    if stand.policy.edge != NO_EDGE:
        there = held is not None and held.newest_leaf(leaf, snapshot.at) is not None
        commands.append(f"originlock ca {'renew' if there else 'issue'} {ca} {leaf}")
    return ", then ".join(commands)


def _of_listeners(stand: Standing, snapshot: Snapshot) -> Said:
    if not isinstance(snapshot.listeners, Listeners):
        return  # told as unread, and nothing is drafted without them
    if not stand.secure:
        yield (
            "no-listener",
            "the load balancer has no HTTPS listener, so nobody can be asked for a certificate",
            ("add one with a certificate; or take the identity table out"),
        )
    if stand.identity.mode == "verify" and len(stand.secure) > _MOST_VERIFYING:
        said = f"{len(stand.secure)} listeners would verify; AWS allows {_MOST_VERIFYING} a load balancer, and no more"
        yield "verify-listeners", said, "remove a listener, or put a second load balancer beside this one"
    if stand.identity.mode == "passthrough" and stand.verifying:
        said = "a listener that verifies would go back to asking, which lets in whoever brings any certificate"
        yield "never-back", said, 'keep mode = "verify", or say mode = "off" if nobody is to be asked'
    for listener, store in stand.trusted:
        if not isinstance(store, TrustStore) or isinstance(store.bundle, Unknown):
            reason = (
                store.bundle.reason
                if isinstance(store, TrustStore) and isinstance(store.bundle, Unknown)
                else (store.reason if isinstance(store, Unknown) else "it is not there")
            )
            said = f"whom the listener on port {listener.port} trusts now cannot be read: {reason}"
            yield "trust-unread", said, "allow elasticloadbalancing:GetTrustStoreCaCertificatesBundle"
        elif store.revocations and store.id != stand.store_target:
            word = f"revocations of store {store.name}"
            if word not in stand.identity.acknowledged:
                said = (
                    f"the trust store {store.name} holds revocation lists that are not ours, and would be left behind"
                )
                yield "revocations", said, _ACKNOWLEDGE.format(word=word, origin=stand.policy.origin)


def _of_other_origins(stand: Standing) -> Said:
    """A store of another origin is not to be left for ours: what the edge presents for its names would be refused."""
    for listener, store in stand.trusted:
        owner = naming.owner_of(store) if isinstance(store, TrustStore) else ""
        if not isinstance(store, TrustStore) or owner in ("", stand.policy.origin):
            continue
        if _word_of(store.name) not in stand.identity.acknowledged:
            said = f"the listener on port {listener.port} verifies by {store.name}, which is the origin {owner}'s"
            remedy = f"have one origin for a load balancer, with all hostnames; {_ACKNOWLEDGE}"
            yield "another-origin", said, remedy.format(word=_word_of(store.name), origin=stand.policy.origin)


def _does(made: Moves, kind: type[TrustAct]) -> bool:
    return any(isinstance(draft.act, kind) for draft in made.drafts)


def _of_others(stand: Standing, made: Moves) -> Said:
    """Listeners with stores of their own come to one that trusts for a while what any of them trusts."""
    if stand.wanted is None:
        return
    moving = {
        draft.act.listener
        for draft in made.drafts
        if draft.phase is Phase.WIDEN and isinstance(draft.act, SetMutualTls) and draft.act.wanted.mode == "verify"
    }
    grown = _held_meanwhile(stand, made)
    for listener, store in stand.trusted:
        held = _members(store)
        more = grown - held - set(stand.wanted.members)
        if held and more and (listener.id in moving or listener.mutual.trust_store == stand.store_target):
            yield from _trusted_meanwhile(stand, listener, store, more)


def _trusted_meanwhile(stand: Standing, listener: SecureListener, own: object, more: set[str]) -> Said:
    """Each store whose authorities get in at a listener: who takes that upon himself names the store."""
    others = {each.name: each for each in (stand.store, *(s for _, s in stand.trusted)) if isinstance(each, TrustStore)}
    for name, store in sorted(others.items()):
        word, shown = f"trust of store {name}", sorted(more & _members(store))
        if store != own and shown and word not in stand.identity.acknowledged:
            named = ", ".join(each[:12] for each in shown)
            said = f"the listener on port {listener.port} would trust {named} for a while, as {name} does"
            yield "trust-of-others", said, _ACKNOWLEDGE.format(word=word, origin=stand.policy.origin)


def _members(store: object) -> set[str]:
    return set(store.members) if isinstance(store, TrustStore) and not isinstance(store.members, Unknown) else set()


def _of_probe(stand: Standing, made: Moves) -> Said:
    store = stand.probe_store
    if isinstance(store, Unknown):
        yield "store-unread", f"{store.what}: {store.reason}", "allow elasticloadbalancing:DescribeTrustStores"
    elif isinstance(store, TrustStore) and not naming.is_ours(store, stand.policy.origin):
        said = f"there is a trust store {store.name} already, and its tags do not say that it is ours"
        yield "store-not-ours", said, "delete it, or rename the origin"
    create = next((d.act for d in made.drafts if isinstance(d.act, CreateProbeListener)), None)
    if create is None:
        return
    if any(each.port == create.port for each in (*stand.secure, *stand.plain)):
        said = f"there is a listener on port {create.port} already, so that none can be made there to see what comes"
        yield "probe-port", said, "name another probe_port"
    elif len(stand.verifying) >= _MOST_VERIFYING:
        said = f"{len(stand.verifying)} listeners verify, so that none can be made to see what the edge presents"
        yield "probe-listener", said, "name another way to see it: echo, or logs"


def _held_meanwhile(stand: Standing, made: Moves) -> set[str]:
    """Whom our store trusts when everything is widened."""
    names = {stand.store_target, new_trust_store(naming.store_name(stand.policy.origin))}
    grown = (
        set(d.act.members)
        for d in made.drafts
        if d.phase in _FIRST and isinstance(d.act, _TRUSTS) and d.act.target in names
    )
    return next(grown, _members(stand.store))


def _of_store(stand: Standing, made: Moves) -> Said:
    store = stand.store
    if isinstance(store, Unknown):
        yield "store-unread", f"{store.what}: {store.reason}", "allow elasticloadbalancing:DescribeTrustStores"
    if isinstance(store, TrustStore):
        if not naming.is_ours(store, stand.policy.origin):
            said = f"there is a trust store {store.name} already, and its tags do not say that it is ours"
            yield "store-not-ours", said, "delete it, or rename the origin"
        if isinstance(store.used_by, Unknown):
            yield (
                "store-unread",
                f"who uses {store.name}: {store.used_by.reason}",
                ("allow elasticloadbalancing:DescribeTrustStoreAssociations"),
            )
        elif others := sorted(set(store.used_by) - {each.id for each in stand.secure} - _probes(stand)):
            said = f"{store.name} is used by a listener that is not this origin's: {', '.join(others)}"
            yield "store-shared", said, "give that listener a store of its own"
        if isinstance(store.members, Unknown):
            yield (
                "store-unread",
                f"what {store.name} holds: {store.members.reason}",
                ("allow elasticloadbalancing:GetTrustStoreCaCertificatesBundle"),
            )
    most = max(
        (len(d.act.members) for d in made.drafts if isinstance(d.act, CreateTrustStore | ReplaceBundle)), default=0
    )
    if most > _MOST_AUTHORITIES:
        said = f"the store would hold {most} certificates for a while; AWS allows {_MOST_AUTHORITIES}"
        yield "too-many-authorities", said, "raise the quota L-43FE5A42, or take some out of the store that is there"


def _probes(stand: Standing) -> set[str]:
    return set() if stand.probe is None else {stand.probe.id}


def _of_bucket(stand: Standing, snapshot: Snapshot, made: Moves) -> Said:
    bucket = snapshot.bucket
    name = stand.identity.bucket
    if not _does(made, PutObject):
        return  # nothing is copied from there
    if isinstance(bucket, Unknown):
        yield (
            "bucket-unread",
            f"the bucket {name}: {bucket.reason}",
            "name another, or allow s3:ListBucket on it",
        )
    elif isinstance(bucket, Missing) and not stand.identity.create_bucket:
        yield "no-bucket", f"there is no bucket {name}", "make it, or say create_bucket = true"
    elif isinstance(bucket, Bucket) and not bucket.private and "bucket" not in stand.identity.acknowledged:
        # A bundle is public by nature; but who can write there decides whom the load balancer trusts next.
        yield "bucket-public", f"the bucket {name} does not block public access", 'block it, or acknowledge "bucket"'


def _of_account(stand: Standing, made: Moves) -> Said:
    """Without the edge's account nobody has it present ours, and what is to be narrowed waits for that in vain."""
    by_hand = stand.policy.edge_account is None and stand.identity.certificate == "own"
    if by_hand and made.presented and _BY_HAND not in stand.identity.acknowledged:
        origin = stand.policy.origin
        said = f"there is no [origins.{origin}.edge_account], so that nothing has the edge present our certificate"
        remedy = f"add it; or upload and switch it on there by hand: {_ACKNOWLEDGE}"
        yield "no-edge-account", said, remedy.format(word=_BY_HAND, origin=origin)


def _of_zone(stand: Standing, snapshot: Snapshot) -> Said:
    zone = snapshot.zone
    if stand.policy.edge == NO_EDGE:
        return
    if not stand.policy.hostnames and (stand.policy.edge_account is not None or stand.identity.mode == "verify"):
        yield (
            "no-hostnames",
            "without hostnames it cannot be told for whom the edge presents a certificate",
            (f"name them: hostnames = [...] in [origins.{stand.policy.origin}]"),
        )
    if stand.policy.edge_account is None:
        return
    if isinstance(zone, Unknown):
        yield "zone-unread", f"{zone.what}: {zone.reason}", "see docs/cloudflare-token.md for what the token needs"
    elif isinstance(zone, Missing):
        yield (
            "no-zone",
            f"no zone of this account serves {', '.join(stand.policy.hostnames)}",
            ("add it: originlock zone add NAME; or use a token of the account that has it"),
        )
    elif isinstance(zone, Zone):
        yield from _of_zone_itself(stand, zone, _dns_name(snapshot))


def _of_zone_itself(stand: Standing, zone: Zone, dns_name: str) -> Said:
    acknowledged = stand.identity.acknowledged
    for each in zone_findings(stand.policy, zone, dns_name):
        if each.refuses and not _left_to_others(stand, each):
            yield each.kind, each.message, each.remedy
    if isinstance(zone.ssl_by_host, Unknown) and "unread rules" not in acknowledged:
        said = f"whether rules change the SSL mode of a host cannot be read: {zone.ssl_by_host.reason}"
        yield "ssl-unread", said, 'let the token read it, or acknowledge "unread rules"'
    for what, value in (("global pulls", zone.global_pulls), ("zone-level pulls", zone.zone_pulls)):
        if isinstance(value, Unknown):
            yield "pulls-unread", f"{what} of {zone.name}: {value.reason}", "let the token read them"
    if isinstance(zone.certificates, Unknown):
        yield "pulls-unread", f"certificates of {zone.name}: {zone.certificates.reason}", "let the token read them"
    for hostname in stand.policy.hostnames:
        held = zone.associations.get(hostname)
        if isinstance(held, Unknown):
            yield "pulls-unread", f"what {hostname} presents: {held.reason}", "let the token read it"
    yield from _of_certificates(stand, zone)


def _left_to_others(stand: Standing, finding: ZoneFinding) -> bool:
    """A record that the plan mends is no reason to stop."""
    account = stand.policy.edge_account
    return account is not None and account.manage_dns and finding.kind.startswith("record")


def _dns_name(snapshot: Snapshot) -> str:
    return "" if snapshot.load_balancer is None else snapshot.load_balancer.dns_name


def _of_certificates(stand: Standing, zone: Zone) -> Said:
    leaf = stand.wanted.leaf if stand.wanted is not None else None
    if leaf is None:
        if zone.zone_pulls is True and stand.identity.certificate == "shared":
            yield (
                "own-beats-shared",
                "zone-level pulls are on, and go before the shared certificate",
                ("switch them off at the edge, or use our own certificate"),
            )
        return
    scope: Scope = "zone" if stand.identity.scope == "zone" else "hostname"
    found = certificates_of(zone, scope)
    if scope == "zone":
        for each in goes_before(zone, leaf.certificate.sha256):
            if each.sha256 not in stand.formers:
                said = f"{zone.name} presents the certificate {each.sha256[:12]}, which was deployed after {leaf.name}"
                yield "another-certificate", said, _NEWER.format(ca=stand.identity.ca, leaf=leaf.name)
    if isinstance(found, Unknown) or deployed(zone, scope, leaf.certificate.sha256):
        return
    if any(each.sha256 == leaf.certificate.sha256 and each.status in TIMED_OUT for each in found):
        said = f"the edge gave up deploying the certificate {leaf.name} ({leaf.certificate.sha256[:12]})"
        yield "not-deployed", said, f"issue a new one: originlock ca renew {stand.identity.ca} {leaf.name}"
    if scope == "hostname" and len(found) >= _MOST_UPLOADED:
        said = f"{zone.name} has {len(found)} certificates for hostnames; Cloudflare allows {_MOST_UPLOADED}"
        yield "too-many-certificates", said, "delete one that no hostname presents"
