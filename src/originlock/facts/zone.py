"""The edge's account: the zone, what it presents to origins, and its DNS records.

Lives here: the zone's state as frozen data, and how its parts are called as targets of changes.
Must not live here: HTTP, tokens, what is wanted of a zone.
Words: *pulls* are Cloudflare's Authenticated Origin Pulls: whether the edge presents a client certificate to origins,
and which. Global ones present Cloudflare's shared certificate, zone-level ones a certificate of the zone, and those of
a hostname one of that hostname; the nearest wins (https://developers.cloudflare.com/ssl/origin-configuration/
authenticated-origin-pull/ ).
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

from originlock.facts.unknown import Unknown

Scope = Literal["hostname", "zone"]
"""Whom a certificate of our own is for: both are lists of their own at the edge, and ids of one do not count in the
other."""

_ZONE: Final = "zone/"

DEPLOYED: Final = "active"
"""The status of a certificate that the edge can present (Cloudflare API reference, origin TLS client auth)."""

PENDING: Final = frozenset({"initializing", "pending_deployment", "pending_deletion"})
GONE: Final = frozenset({"deleted", "pending_deletion"})
TIMED_OUT: Final = frozenset({"deployment_timed_out", "deletion_timed_out"})
"""The other statuses (the same)."""


class EdgeCertificate(msgspec.Struct, frozen=True, tag="edge-certificate"):
    """A client certificate that was uploaded to a zone.

    Attributes:
        id: the edge's, by which it is associated and deleted.
        sha256: of its DER, by which we know it.
        pem: as the edge gives it back.
        expires: ISO 8601; empty where the edge does not say.
        uploaded: ISO 8601; empty where the edge does not say.
    """

    id: str
    scope: Scope
    sha256: str
    pem: str
    status: str
    issuer: str = ""
    serial: str = ""
    expires: str = ""
    uploaded: str = ""


def moment_of(text: str) -> datetime.datetime | None:
    """What the edge writes as ISO 8601, with time zone (UTC where it names none); None for anything else."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


class Association(msgspec.Struct, frozen=True, tag="association"):
    """What a hostname of its own presents.

    Attributes:
        certificate: the id of the certificate; empty where there is none.
        sha256: of that certificate's DER; empty where it cannot be told.
        enabled: None where nothing is associated, so that the zone's setting counts; False where the edge is told to
            present nothing for this hostname, whatever the zone's setting is.
        status: the edge's, of the association; empty where there is none.
    """

    hostname: str
    certificate: str = ""
    sha256: str = ""
    enabled: bool | None = None
    status: str = ""


class Switch(msgspec.Struct, frozen=True, tag="switch"):
    """A switch of a zone: zone-level pulls, or global ones."""

    id: str
    on: bool


class DnsRecord(msgspec.Struct, frozen=True, tag="dns-record"):
    """A DNS record of a zone.

    Attributes:
        kind: ``A``, ``AAAA``, ``CNAME``, ...
        proxied: whether visitors meet the edge; otherwise they are sent straight to what it points to.
    """

    id: str
    name: str
    kind: str
    content: str
    proxied: bool = False


def leads_to(record: DnsRecord, dns_name: str) -> bool:
    """Whether a record is an alias of a load balancer; of one without a name (empty) none is.

    Case and a final dot do not count (RFC 4343, RFC 1034). A load balancer's name also stands behind ``dualstack.``
    (AWS CDK, Route 53 alias targets: alias records always include it).
    """
    return bool(dns_name) and record.kind == "CNAME" and _bare(record.content) == _bare(dns_name)


def _bare(name: str) -> str:
    return plain_name(name).removeprefix("dualstack.")


def plain_name(name: str) -> str:
    """A name of the DNS in its one spelling: lower case, without a final dot."""
    return name.rstrip(".").lower()


class DnsRecords(msgspec.Struct, frozen=True, tag="dns-records"):
    """The address records (A, AAAA, CNAME) of one name."""

    name: str
    records: tuple[DnsRecord, ...]


class Monitor(msgspec.Struct, frozen=True):
    """A health monitor of the edge.

    Attributes:
        probe_zone: the zone that it simulates; without one it brings no client certificate.
    """

    id: str
    description: str
    probe_zone: str = ""


class Zone(msgspec.Struct, frozen=True, tag="zone"):
    """A zone, with what the identity lock goes by.

    Attributes:
        status: ``initializing``, ``pending``, ``active`` or ``moved``.
        name_servers: those that the registrar must name.
        ssl: ``off``, ``flexible``, ``full``, ``strict`` or ``origin_pull``.
        ssl_by_host: SSL modes that configuration rules set, in words, with the mode; those may be for some hosts only.
        global_pulls, zone_pulls: the two switches.
        certificates: of both scopes.
        associations: of the hostnames that were asked for, and of any other that the edge tells of.
        records: the address records of the zone.
        monitors: of the account; empty where there are none.
        always_https: whether visitors who ask for HTTP are redirected by the edge.
        dedicated: the addresses that the edge keeps for this zone alone, as CIDRs.
        others: names of other zones that the token can see.
    """

    id: str
    name: str
    status: str
    name_servers: tuple[str, ...] = ()
    original_name_servers: tuple[str, ...] = ()
    ssl: str | Unknown = "full"
    ssl_by_host: tuple[tuple[str, str], ...] | Unknown = ()
    global_pulls: bool | Unknown = False
    zone_pulls: bool | Unknown = False
    certificates: tuple[EdgeCertificate, ...] | Unknown = ()
    associations: dict[str, Association | Unknown] = {}
    records: tuple[DnsRecord, ...] | Unknown = ()
    monitors: tuple[Monitor, ...] | Unknown = ()
    always_https: bool | Unknown = False
    dedicated: tuple[str, ...] | Unknown = ()
    others: tuple[str, ...] | Unknown = ()


def certificate_target(zone: str, scope: Scope, sha256: str) -> str:
    """How a client certificate at the edge is called as a target, whether it is there or not."""
    return f"{_ZONE}{zone}/certificates/{scope}/{sha256}"


def hostname_target(zone: str, hostname: str) -> str:
    """How what a hostname presents is called as a target."""
    return f"{_ZONE}{zone}/pulls/hostname/{hostname}"


def switch_target(zone: str, which: Literal["zone", "global"]) -> str:
    """How a switch of a zone is called as a target."""
    return f"{_ZONE}{zone}/pulls/{which}"


def record_target(zone: str, name: str) -> str:
    """How the address records of a name are called as a target."""
    return f"{_ZONE}{zone}/dns/{name}"


def zone_of(target: str) -> str | None:
    """The id of the zone that a target belongs to; None for a target that is not of the edge's account."""
    return target.removeprefix(_ZONE).partition("/")[0] if target.startswith(_ZONE) else None


def part_of_zone(target: str) -> tuple[str, ...]:
    """What a target is within its zone, such as ``("pulls", "hostname", "www.example.org")``."""
    return tuple(target.removeprefix(_ZONE).split("/")[1:])
