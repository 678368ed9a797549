"""What is wrong with a zone, as far as the origin needs it: its state, its records, its SSL mode.

Lives here: holding a zone against a policy and a load balancer's name, and the records that `manage_dns` wants.
Must not live here: reading a zone, certificates and pulls (see `guards`), who is shut out (see `shut_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from originlock.facts.unknown import Unknown
from originlock.facts.zone import DnsRecord, Zone, leads_to, plain_name
from originlock.intent.policy import Policy
from originlock.plan.trust_acts import AddressRecord, SetRecords

Kind = Literal[
    "zone-pending",
    "zone-moved",
    "records-unread",
    "record-missing",
    "record-not-proxied",
    "record-elsewhere",
    "record-address",
    "records-several",
    "ssl-unread",
    "ssl-without-certificate",
    "ssl-not-verified",
]


class ZoneFinding(msgspec.Struct, frozen=True):
    """One thing that is wrong, or not as good as it could be.

    Attributes:
        subject: the zone, the hostname, or the rule that it is about.
        message: what it is, and why it matters.
        remedy: what to do.
        refuses: whether the identity lock cannot be closed with it; otherwise it is worth a note.
    """

    kind: Kind
    subject: str
    message: str
    remedy: str
    refuses: bool


_NO_CERTIFICATE: Final = {
    "off": "visitors are sent to http, and the edge asks the origin without TLS",
    "flexible": "the edge asks the origin for https visitors by http on port 80, without TLS",
}
"""Modes without TLS to the origin, and so without a client certificate (docs/cloudflare-behaviour.md)."""

_VERIFIED: Final = frozenset({"strict", "origin_pull"})


def zone_findings(policy: Policy, zone: Zone, dns_name: str) -> tuple[ZoneFinding, ...]:
    """Everything that is to be said.

    Args:
        policy: whose hostnames are in the zone.
        zone: as it was read.
        dns_name: of the load balancer; empty where it has none, so that where records point is not judged.
    """
    return (*_of_state(zone), *_of_all_records(policy, zone, dns_name), *_of_ssl(zone))


def wanted_records(policy: Policy, zone: Zone, dns_name: str) -> tuple[SetRecords, ...]:
    """What makes each hostname a proxied alias of the load balancer; nothing for those that are one.

    Where records could not be read nothing is wanted either, for nothing could lead back.
    """
    if isinstance(zone.records, Unknown) or not dns_name:
        return ()
    wanted = (AddressRecord("CNAME", plain_name(dns_name), proxied=True),)
    found: list[SetRecords] = []
    for name in policy.hostnames:
        if _is_alias(records_for(name, zone.records), dns_name):
            continue
        own = tuple(each for each in zone.records if each.name == name)
        before = tuple(AddressRecord(each.kind, each.content, each.proxied) for each in own)
        found.append(SetRecords(zone.id, name, wanted, before))
    return tuple(found)


def records_for(name: str, records: tuple[DnsRecord, ...]) -> tuple[DnsRecord, ...]:
    """The records that answer for a name: its own, or those of the nearest wildcard (RFC 4592, section 3.3.1).

    A name in between that exists, but has no address, would stop a wildcard; that is not seen here, for only address
    records are known.
    """
    names = {each.name for each in records}
    if name in names:
        return tuple(each for each in records if each.name == name)
    parent = name
    while "." in parent:
        parent = parent.partition(".")[2]
        if f"*.{parent}" in names:
            return tuple(each for each in records if each.name == f"*.{parent}")
        if any(each == parent or each.endswith(f".{parent}") for each in names):
            # The closest name that exists has no wildcard below it.
            return ()
    return ()


def _is_alias(records: tuple[DnsRecord, ...], dns_name: str) -> bool:
    return len(records) == 1 and records[0].proxied and leads_to(records[0], dns_name)


def _of_state(zone: Zone) -> Iterator[ZoneFinding]:
    if zone.status == "active":
        return
    servers = ", ".join(zone.name_servers) or "the name servers that the edge shows for it"
    if zone.status == "moved":
        message = f"the zone {zone.name} is moved: the registrar names other name servers, and the edge serves nothing"
        yield ZoneFinding("zone-moved", zone.name, message, f"have the registrar name {servers} again", refuses=True)
        return
    message = f"the zone {zone.name} is {zone.status}: the edge does not serve it yet"
    yield ZoneFinding("zone-pending", zone.name, message, f"have the registrar name {servers}", refuses=True)


def _of_all_records(policy: Policy, zone: Zone, dns_name: str) -> Iterator[ZoneFinding]:
    if isinstance(zone.records, Unknown):
        message = f"the DNS records of {zone.name} cannot be read: {zone.records.reason}"
        yield ZoneFinding("records-unread", zone.name, message, "let the token read them", refuses=False)
        return
    for name in policy.hostnames:
        yield from _of_records(name, records_for(name, zone.records), dns_name)


def _of_records(name: str, records: tuple[DnsRecord, ...], dns_name: str) -> Iterator[ZoneFinding]:
    remedy = f"a proxied CNAME to {plain_name(dns_name) or 'the load balancer'}, or manage_dns = true"
    if not records:
        message = f"{name} has no address record: nobody reaches it through the edge"
        yield ZoneFinding("record-missing", name, message, f"make {remedy}", refuses=True)
        return
    for each in records:
        if not each.proxied:
            # No refusal of its own: whose visitors are shut out is acknowledged one by one (see `shut_out`).
            message = f"{name} ({each.kind} {each.content}) is not proxied: visitors go straight to the origin"
            yield ZoneFinding("record-not-proxied", name, message, "switch the proxy on for it", refuses=False)
    elsewhere = [each for each in records if dns_name and not leads_to(each, dns_name)]
    for each in elsewhere:
        yield _of_elsewhere(name, each, remedy)
    if elsewhere and len(records) > 1:
        targets = ", ".join(each.content for each in records)
        message = f"{name} has {len(records)} address records ({targets}): the edge goes to any of them"
        yield ZoneFinding("records-several", name, message, f"leave one: {remedy}", refuses=False)


def _of_elsewhere(name: str, record: DnsRecord, remedy: str) -> ZoneFinding:
    if record.kind == "CNAME":
        message = f"{name} points to {record.content}, which is not the load balancer: another origin is asked"
        return ZoneFinding("record-elsewhere", name, message, f"make it {remedy}", refuses=False)
    message = f"{name} points to the address {record.content}: a load balancer's addresses may change any day"
    return ZoneFinding("record-address", name, message, f"make it {remedy}", refuses=False)


def _of_ssl(zone: Zone) -> Iterator[ZoneFinding]:
    yield from _of_mode(zone.name, f"the SSL mode of {zone.name}", zone.ssl)
    if isinstance(zone.ssl_by_host, Unknown):
        message = f"whether rules of {zone.name} change the SSL mode cannot be read: {zone.ssl_by_host.reason}"
        yield ZoneFinding("ssl-unread", zone.name, message, "let the token read the rules", refuses=False)
        return
    for condition, mode in zone.ssl_by_host:
        yield from _of_mode(condition, f"the SSL mode by the rule {condition}", mode)


def _of_mode(subject: str, what: str, mode: str | Unknown) -> Iterator[ZoneFinding]:
    if isinstance(mode, Unknown):
        message = f"{what} cannot be read: {mode.reason}"
        yield ZoneFinding("ssl-unread", subject, message, "let the token read it", refuses=True)
        return
    if mode in _NO_CERTIFICATE or mode not in {*_VERIFIED, "full"}:
        why = _NO_CERTIFICATE.get(mode, "which is none that is known here")
        message = f"{what} is {mode!a}: {why}; the edge brings no certificate then"
        yield ZoneFinding("ssl-without-certificate", subject, message, "set it to Full (strict)", refuses=True)
    elif mode not in _VERIFIED:
        message = f"{what} is {mode}: the edge does not verify the origin's certificate"
        yield ZoneFinding("ssl-not-verified", subject, message, "set it to Full (strict)", refuses=False)
