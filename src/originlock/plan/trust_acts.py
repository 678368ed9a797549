"""The acts of the identity lock: trust stores and listeners in AWS, certificates and switches at the edge.

Lives here: those cases of the closed union of acts, their inverses, what is left of one when its fate is unclear.
Must not live here: the other acts (see `acts`), why they are done, doing them, keys: an act names the key, and only
whoever performs it reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from originlock.facts.certificates import ders_in, sha256_of
from originlock.facts.origin import Missing, Tags
from originlock.facts.snapshot import Held
from originlock.facts.trust import (
    Bucket,
    MutualTls,
    SecureListener,
    StoredObject,
    TrustStore,
    bucket_target,
    new_listener,
    new_trust_store,
    object_target,
)
from originlock.facts.unknown import Unknown
from originlock.facts.zone import (
    DEPLOYED,
    GONE,
    PENDING,
    TIMED_OUT,
    Association,
    DnsRecords,
    EdgeCertificate,
    Scope,
    Switch,
    certificate_target,
    hostname_target,
    record_target,
    switch_target,
)


class CreateBucket(msgspec.Struct, frozen=True, tag="create-bucket", tag_field="kind"):
    """Make a bucket for bundles: no public access, encrypted, our tags.

    Nothing leads back: an empty, private bucket lets nobody in, and its name may be somebody else's once it is free.
    """

    bucket: str
    tags: Tags

    @property
    def target(self) -> str:
        """The bucket."""
        return bucket_target(self.bucket)


class PutObject(msgspec.Struct, frozen=True, tag="put-object", tag_field="kind"):
    """Put a bundle or a revocation list, which are public, where AWS copies it from.

    Attributes:
        key: names the content, so that nothing is ever overwritten with something else.
        body: the text.
        sha256: of the text's bytes.
    """

    bucket: str
    key: str
    body: str
    sha256: str

    @property
    def target(self) -> str:
        """The object."""
        return object_target(self.bucket, self.key)


class CreateTrustStore(msgspec.Struct, frozen=True, tag="create-trust-store", tag_field="kind"):
    """Make a trust store of an object that holds a bundle.

    Attributes:
        members: the fingerprints of the bundle's certificates, sorted.
    """

    name: str
    bucket: str
    key: str
    members: tuple[str, ...]
    tags: Tags

    @property
    def target(self) -> str:
        """How the store is called until it has an ARN."""
        return new_trust_store(self.name)


class DiscardTrustStore(msgspec.Struct, frozen=True, tag="discard-trust-store", tag_field="kind"):
    """The inverse of `CreateTrustStore`; a rollback finds the store, and deletes it when no listener uses it."""

    name: str

    @property
    def target(self) -> str:
        """How the store was called before it had an ARN."""
        return new_trust_store(self.name)


class DeleteTrustStore(msgspec.Struct, frozen=True, tag="delete-trust-store", tag_field="kind"):
    """Delete a store of our own that no listener uses; AWS refuses it while one does."""

    trust_store: str

    @property
    def target(self) -> str:
        """The store."""
        return self.trust_store


class ReplaceBundle(msgspec.Struct, frozen=True, tag="replace-bundle", tag_field="kind"):
    """Have a trust store copy another bundle; it holds that one alone then.

    Attributes:
        key, members: where the bundle is, and the fingerprints in it.
        before_key, before: the same of the bundle that the store held, which was put there too, for the way back.
    """

    trust_store: str
    bucket: str
    key: str
    members: tuple[str, ...]
    before_key: str
    before: tuple[str, ...]

    @property
    def target(self) -> str:
        """The store."""
        return self.trust_store


class AddRevocations(msgspec.Struct, frozen=True, tag="add-revocations", tag_field="kind"):
    """Have a trust store copy one more revocation list.

    Attributes:
        sha256: of the list's DER.
    """

    trust_store: str
    bucket: str
    key: str
    sha256: str

    @property
    def target(self) -> str:
        """The store."""
        return self.trust_store


class RemoveRevocations(msgspec.Struct, frozen=True, tag="remove-revocations", tag_field="kind"):
    """Take revocation lists out of a trust store: those that a newer one stands for, or one that was just added.

    Attributes:
        ids: as AWS numbers them.
        sha256: of the DER of one whose number nobody knew when this was planned; empty otherwise.
    """

    trust_store: str
    ids: tuple[int, ...]
    sha256: str = ""

    @property
    def target(self) -> str:
        """The store."""
        return self.trust_store


class SetMutualTls(msgspec.Struct, frozen=True, tag="set-mutual-tls", tag_field="kind"):
    """Have a listener demand this of its clients.

    Attributes:
        before: what it demanded.
    """

    listener: str
    wanted: MutualTls
    before: MutualTls

    @property
    def target(self) -> str:
        """The listener."""
        return self.listener


class CreateProbeListener(msgspec.Struct, frozen=True, tag="create-probe-listener", tag_field="kind"):
    """Make a listener that verifies clients and answers 204 to whoever passes, to see what the edge presents.

    Attributes:
        certificates: the ARNs of the certificates that it serves, the default one first.
        ssl_policy: the security policy, as the listener has that it stands in for.
    """

    load_balancer: str
    port: int
    trust_store: str
    certificates: tuple[str, ...]
    ssl_policy: str
    tags: Tags

    @property
    def target(self) -> str:
        """How the listener is called until it has an ARN."""
        return new_listener(self.load_balancer, self.port)


class DeleteProbeListener(msgspec.Struct, frozen=True, tag="delete-probe-listener", tag_field="kind"):
    """Delete the listener of our own on a port, and no other one that may be there."""

    load_balancer: str
    port: int
    tags: Tags

    @property
    def target(self) -> str:
        """How the listener is called, whatever its ARN is."""
        return new_listener(self.load_balancer, self.port)


class UploadCertificate(msgspec.Struct, frozen=True, tag="upload-certificate", tag_field="kind"):
    """Give the edge a client certificate of ours, with its key.

    Attributes:
        authority: the name of the authority whose folder has the key.
        pem: the certificate alone.
    """

    zone: str
    scope: Scope
    authority: str
    pem: str

    @property
    def sha256(self) -> str:
        """The certificate's fingerprint; of a text without a certificate, that of nothing."""
        ders = ders_in(self.pem)
        return sha256_of(ders[0] if ders else b"")

    @property
    def target(self) -> str:
        """The certificate at the edge."""
        return certificate_target(self.zone, self.scope, self.sha256)


class DeleteCertificate(msgspec.Struct, frozen=True, tag="delete-certificate", tag_field="kind"):
    """Take a client certificate from the edge; it is found by its fingerprint.

    Attributes:
        authority: whose folder has the key, so that it could be uploaded again; empty where nobody here has it.
        pem: the certificate.
    """

    zone: str
    scope: Scope
    sha256: str
    authority: str
    pem: str

    @property
    def target(self) -> str:
        """The certificate at the edge."""
        return certificate_target(self.zone, self.scope, self.sha256)


class SetHostnamePulls(msgspec.Struct, frozen=True, tag="set-hostname-pulls", tag_field="kind"):
    """Have the edge present this certificate to the origin of one hostname.

    Attributes:
        certificate: the fingerprint of an uploaded certificate; the edge's id of it is found when it is done.
        enabled: None ends the association, so that the zone's own setting counts.
        before_certificate, before_enabled: what was so.
        before_id: the edge's id of the certificate before, where its fingerprint is not known.
    """

    zone: str
    hostname: str
    certificate: str
    enabled: bool | None
    before_certificate: str
    before_enabled: bool | None
    certificate_id: str = ""
    before_id: str = ""

    @property
    def target(self) -> str:
        """The hostname's setting."""
        return hostname_target(self.zone, self.hostname)


class SetZonePulls(msgspec.Struct, frozen=True, tag="set-zone-pulls", tag_field="kind"):
    """Switch zone-level pulls."""

    zone: str
    on: bool
    before: bool

    @property
    def target(self) -> str:
        """The switch."""
        return switch_target(self.zone, "zone")


class SetGlobalPulls(msgspec.Struct, frozen=True, tag="set-global-pulls", tag_field="kind"):
    """Switch global pulls: Cloudflare's shared certificate, for every name of the zone."""

    zone: str
    on: bool
    before: bool

    @property
    def target(self) -> str:
        """The switch."""
        return switch_target(self.zone, "global")


class AddressRecord(msgspec.Struct, frozen=True):
    """A DNS record as it is asked for."""

    kind: str
    content: str
    proxied: bool


class SetRecords(msgspec.Struct, frozen=True, tag="set-records", tag_field="kind"):
    """Have a name point there: its address records are these and no others.

    Attributes:
        before: what they were.
    """

    zone: str
    name: str
    records: tuple[AddressRecord, ...]
    before: tuple[AddressRecord, ...]

    @property
    def target(self) -> str:
        """The name's records."""
        return record_target(self.zone, self.name)


StoreAct = (
    CreateBucket
    | PutObject
    | CreateTrustStore
    | DeleteTrustStore
    | ReplaceBundle
    | AddRevocations
    | RemoveRevocations
    | SetMutualTls
    | CreateProbeListener
    | DeleteProbeListener
)
"""What is done in AWS."""

EdgeAct = UploadCertificate | DeleteCertificate | SetHostnamePulls | SetZonePulls | SetGlobalPulls | SetRecords
"""What is done at the edge."""

TrustAct = StoreAct | EdgeAct
TrustInverse = (
    DiscardTrustStore
    | ReplaceBundle
    | RemoveRevocations
    | SetMutualTls
    | DeleteProbeListener
    | UploadCertificate
    | DeleteCertificate
    | SetHostnamePulls
    | SetZonePulls
    | SetGlobalPulls
    | SetRecords
)


def inverse(act: TrustAct) -> TrustInverse | None:  # noqa: C901, PLR0911, PLR0912  one case an act
    """What leads back from an act; None where nothing does, or nothing has to."""
    match act:
        case CreateTrustStore(name):
            return DiscardTrustStore(name)
        case ReplaceBundle(store, bucket, key, names, before_key, before):
            return ReplaceBundle(store, bucket, before_key, before, key, names)
        case SetMutualTls(listener, wanted, before):
            return SetMutualTls(listener, before, wanted)
        case AddRevocations(store, sha256=sha256):
            return RemoveRevocations(store, (), sha256)
        case CreateProbeListener(balancer, port, tags=tags):
            return DeleteProbeListener(balancer, port, tags)
        case UploadCertificate(zone, scope, authority, pem):
            return DeleteCertificate(zone, scope, act.sha256, authority, pem)
        case DeleteCertificate(zone, scope, _, authority, pem):
            return UploadCertificate(zone, scope, authority, pem) if authority else None
        case SetHostnamePulls(zone, hostname, certificate, enabled, old, was, id_, before_id):
            return SetHostnamePulls(zone, hostname, old, was, certificate, enabled, before_id, id_)
        case SetZonePulls(zone, on, before):
            return SetZonePulls(zone, before, on)
        case SetGlobalPulls(zone, on, before):
            return SetGlobalPulls(zone, before, on)
        case SetRecords(zone, name, records, before):
            return SetRecords(zone, name, before, records)
        case CreateBucket() | PutObject() | DeleteTrustStore() | RemoveRevocations() | DeleteProbeListener():
            return None
        case _:
            assert_never(act)


def remaining(act: TrustAct, held: Held) -> TrustAct | None:
    """What is still to be done of an act whose fate is unclear, by what its target is now; None if nothing."""
    if _is_so(act, held):
        return None
    if isinstance(act, RemoveRevocations) and not act.ids and isinstance(held, TrustStore):
        # Only now can it be told how AWS numbers the list that was added.
        lists = () if isinstance(held.revocations, Unknown) else held.revocations
        return msgspec.structs.replace(act, ids=tuple(each.id for each in lists if each.sha256 == act.sha256))
    return act


def _is_so(act: TrustAct, held: Held) -> bool:  # noqa: C901, PLR0911, PLR0912  one case an act
    match act, held:
        case (CreateBucket(), Bucket()):
            return held.private and held.encrypted
        case (PutObject(sha256=sha256), StoredObject()):
            return held.sha256 == sha256
        case (CreateTrustStore(members=wanted, tags=tags), TrustStore()):
            ours = not isinstance(held.tags, Unknown) and set(tags) <= set(held.tags)
            return held.active and ours and held.members == wanted
        case (ReplaceBundle(members=wanted), TrustStore()):
            return held.active and held.members == wanted
        case (AddRevocations(sha256=sha256), TrustStore()):
            return not isinstance(held.revocations, Unknown) and any(r.sha256 == sha256 for r in held.revocations)
        case (RemoveRevocations(ids=ids, sha256=sha256), TrustStore()):
            return not isinstance(held.revocations, Unknown) and not any(
                r.id in ids or r.sha256 == sha256 for r in held.revocations
            )
        case (SetMutualTls(wanted=wanted), SecureListener()):
            return held.mutual == wanted
        case (CreateProbeListener(trust_store=store, tags=tags), SecureListener()):
            return set(tags) <= set(held.tags) and held.mutual == MutualTls("verify", store)
        case (DeleteProbeListener(tags=tags), SecureListener()):
            return not set(tags) <= set(held.tags)
        case (UploadCertificate(), EdgeCertificate()):
            return held.status == DEPLOYED
        case (DeleteCertificate(), EdgeCertificate()):
            return held.status in GONE
        case (DeleteTrustStore() | DeleteCertificate() | DeleteProbeListener() | RemoveRevocations(), Missing()):
            return True
        case (SetHostnamePulls(), Association()):
            return _is_associated(act, held)
        case (SetZonePulls(on=on) | SetGlobalPulls(on=on), Switch()):
            return held.on == on
        case (SetRecords(records=records), DnsRecords()):
            return {(r.kind, r.content, r.proxied) for r in held.records} == {
                (r.kind, r.content, r.proxied) for r in records
            }
        case _:
            return False


def _is_associated(act: SetHostnamePulls, held: Association) -> bool:
    if act.enabled is None:
        return held.enabled is None
    same = held.sha256 == act.certificate if act.certificate else held.certificate == act.certificate_id
    return held.enabled == act.enabled and same


def unsettled(held: Held) -> bool:
    """Whether AWS or the edge is still at work at it, so that it may yet become what was asked for."""
    match held:
        case TrustStore():
            return not held.active
        case EdgeCertificate() | Association():
            return held.status in PENDING
        case _:
            return False


def blind(held: Held) -> Unknown | None:
    """Why it cannot be told what the target holds, although the target itself was read; None if it can."""
    if isinstance(held, TrustStore):
        return next((each for each in (held.members, held.revocations) if isinstance(each, Unknown)), None)
    return None


def given_up(act: TrustAct, held: Held) -> str:
    """Why what was asked for will not come; empty if nothing says so."""
    if isinstance(act, UploadCertificate | DeleteCertificate) and isinstance(held, EdgeCertificate):
        return f"the edge gave up: {held.status}" if held.status in TIMED_OUT else ""
    return ""


def renamed(act: TrustAct, names: Mapping[str, str]) -> TrustAct:
    """The act with the ARNs of what has been made since it was planned."""
    match act:
        case SetMutualTls(listener, wanted, before):
            return SetMutualTls(listener, _renamed(wanted, names), _renamed(before, names))
        case ReplaceBundle(store) | DeleteTrustStore(store) | AddRevocations(store) | RemoveRevocations(store):
            return msgspec.structs.replace(act, trust_store=names.get(store, store))
        case CreateProbeListener(trust_store=store):
            return msgspec.structs.replace(act, trust_store=names.get(store, store))
        case _:
            return act


def _renamed(mutual: MutualTls, names: Mapping[str, str]) -> MutualTls:
    return msgspec.structs.replace(mutual, trust_store=names.get(mutual.trust_store, mutual.trust_store))


def needs_presented(act: TrustAct) -> bool:
    """Whether an act shuts out whoever does not present our certificate, so that the edge must be seen to present it.

    A listener that begins to verify does, or to refuse certificates that have ended, and so does a store that forgets
    an authority that the edge's former certificate was of.
    """
    match act:
        case SetMutualTls(wanted=wanted, before=before):
            ended = before.ignore_expiry and not wanted.ignore_expiry
            return wanted.mode == "verify" and (before.mode != "verify" or ended)
        case ReplaceBundle(members=after, before=before):
            return bool(set(before) - set(after))
        case _:
            return False
