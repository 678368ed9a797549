"""What a load balancer demands of its clients: trust stores, secure listeners, and the bucket that bundles come from.

Lives here: Elastic Load Balancing's mutual TLS as frozen data, and how what is not there yet is called.
Must not live here: how they are read, which of them is whose, what is wanted of them.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

from originlock.facts.origin import Tags
from originlock.facts.unknown import Unknown

Mode = Literal["off", "passthrough", "verify"]
"""Elastic Load Balancing API reference, MutualAuthenticationAttributes, Mode."""

_NEW_STORE: Final = "new-trust-store/"
_NEW_LISTENER: Final = "new-listener/"
_BUCKET: Final = "s3://"

ACTIVE: Final = "ACTIVE"
"""The status of a trust store that can be used (Elastic Load Balancing API reference, TrustStore.Status)."""


class MutualTls(msgspec.Struct, frozen=True):
    """What a listener does about client certificates.

    Attributes:
        mode: ``off`` where it says nothing of it.
        trust_store: the ARN, or what `new_trust_store` calls one that is not there yet; only with ``verify``.
        ignore_expiry: only with ``verify``.
        advertise: whether it tells clients the names of its authorities; only with ``verify``.
        removed: whether the owner of a shared store has cut it off: every handshake fails then.
    """

    mode: Mode = "off"
    trust_store: str = ""
    ignore_expiry: bool = False
    advertise: bool = False
    removed: bool = False


class SecureListener(msgspec.Struct, frozen=True, tag="secure-listener"):
    """A listener, as far as the identity lock goes by it.

    Attributes:
        id: its ARN.
        protocol: ``HTTPS`` or ``HTTP``.
        mutual: of an HTTPS listener; off for others.
        certificates: the ARNs of its certificates, the default one first.
        ssl_policy: the name of its security policy; empty for HTTP.
        names: what its certificates are for, in lower case, wildcards as they stand; Unknown where they cannot be read.
        hosts: the hosts that its rules name.
        redirects: whether whatever it is asked, it answers with a redirect to HTTPS.
        not_after: when the first of its certificates ends (ISO 8601); empty where that is not known.
        tags: its own tags, where they were asked for.
    """

    id: str
    port: int
    protocol: str
    mutual: MutualTls = MutualTls()
    certificates: tuple[str, ...] = ()
    ssl_policy: str = ""
    names: tuple[str, ...] | Unknown = ()
    hosts: tuple[str, ...] | Unknown = ()
    redirects: bool = False
    not_after: str = ""
    tags: Tags = ()


class Listeners(msgspec.Struct, frozen=True, tag="listeners"):
    """The HTTP and HTTPS listeners of a load balancer, sorted by port.

    Attributes:
        keep_alive: how many seconds a client's connection may be kept, from the load balancer's attribute
            ``client_keep_alive.seconds``; what was connected before a change goes on for as long.
        logs: where its connection logs go, as ``s3://BUCKET/PREFIX#ARN`` with its own ARN, for several may log to one
            place and none vouches for another; empty where they are off.
    """

    listeners: tuple[SecureListener, ...]
    keep_alive: int | Unknown = 3600
    logs: str | Unknown = ""


class Revocations(msgspec.Struct, frozen=True):
    """A revocation list that a trust store holds.

    Attributes:
        id: as AWS numbers them; never used again.
        entries: how many certificates it names.
        sha256: of its DER; Unknown where it could not be read back.
    """

    id: int
    entries: int
    sha256: str | Unknown


class TrustStore(msgspec.Struct, frozen=True, tag="trust-store"):
    """A trust store.

    Attributes:
        id: its ARN.
        status: ``ACTIVE`` or ``CREATING``.
        bundle: the certificates that it holds, as PEM, read back from AWS; nothing else tells of a swapped bundle.
        members: their fingerprints (SHA-256 of the DER), sorted.
        revocations: by id.
        used_by: the ARNs of the listeners that use it.
    """

    id: str
    name: str
    status: str
    bundle: str | Unknown
    members: tuple[str, ...] | Unknown
    tags: Tags | Unknown = ()
    revocations: tuple[Revocations, ...] | Unknown = ()
    used_by: tuple[str, ...] | Unknown = ()

    @property
    def active(self) -> bool:
        """Whether it can be used."""
        return self.status == ACTIVE


class Handshake(msgspec.Struct, frozen=True):
    """A TLS connection as a connection log tells of it.

    Attributes:
        at: when, with time zone.
        client: the address that connected.
        port: the listener's.
        serial: of the client certificate, lower-case hex of an even number of digits; empty where it brought none.
        verified: ``Success``, ``Failed:REASON`` or ``-``.
    """

    at: datetime.datetime
    client: str
    port: int
    serial: str
    verified: str


class StoredObject(msgspec.Struct, frozen=True, tag="stored-object"):
    """An object of a bucket.

    Attributes:
        id: ``s3://BUCKET/KEY``.
        sha256: of its bytes.
    """

    id: str
    sha256: str


class Bucket(msgspec.Struct, frozen=True, tag="bucket"):
    """A bucket that is there, and ours to use.

    Attributes:
        private: whether all four of its public access blocks are on.
        encrypted: whether what is put into it is encrypted by default.
    """

    id: str
    private: bool = True
    encrypted: bool = True


def new_trust_store(name: str) -> str:
    """How a trust store is called that may not be there yet: its name is its own within a Region."""
    return _NEW_STORE + name


def name_of_new_trust_store(target: str) -> str | None:
    """The name, of what `new_trust_store` made; None for anything else."""
    return target.removeprefix(_NEW_STORE) if target.startswith(_NEW_STORE) else None


def new_listener(load_balancer: str, port: int) -> str:
    """How a listener is called that may not be there yet: a load balancer has one on a port."""
    return f"{_NEW_LISTENER}{port}/{load_balancer}"


def parts_of_new_listener(target: str) -> tuple[str, int] | None:
    """The load balancer's ARN and the port, of what `new_listener` made; None for anything else."""
    if not target.startswith(_NEW_LISTENER):
        return None
    port, _, balancer = target.removeprefix(_NEW_LISTENER).partition("/")
    return balancer, int(port)


def bucket_target(bucket: str) -> str:
    """How a bucket is called as the target of a change."""
    return _BUCKET + bucket


def object_target(bucket: str, key: str) -> str:
    """How an object of a bucket is called as the target of a change."""
    return f"{_BUCKET}{bucket}/{key}"


def parts_of_object(target: str) -> tuple[str, str] | None:
    """The bucket and the key (empty for a bucket itself), of a target in S3; None for anything else."""
    if not target.startswith(_BUCKET):
        return None
    bucket, _, key = target.removeprefix(_BUCKET).partition("/")
    return bucket, key


def is_trust_store(target: str) -> bool:
    """Whether a target is a trust store's ARN, or the name of one that may not be there yet."""
    return target.startswith(_NEW_STORE) or (target.startswith("arn:") and ":truststore/" in target)


def is_listener(target: str) -> bool:
    """Whether a target is a listener's ARN, or the name of one that may not be there yet."""
    return target.startswith(_NEW_LISTENER) or (target.startswith("arn:") and ":listener/" in target)
