"""Who would be shut out when a listener begins to verify, or trusts others no more: each is acknowledged, one by one.

Lives here: finding them, and the word by which a person acknowledges each. Must not live here: guards that nobody can
acknowledge away (see `guards`).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

from originlock.facts.snapshot import Snapshot
from originlock.facts.unknown import Unknown
from originlock.facts.zone import DnsRecord, Zone, leads_to
from originlock.intent.policy import NO_EDGE, Policy
from originlock.locks.identity.standing import Standing
from originlock.plan.change import Objection


class ShutOut(msgspec.Struct, frozen=True):
    """Somebody who would be shut out.

    Attributes:
        word: what is written under ``acknowledge``.
        why: who it is, and why it would be refused.
    """

    word: str
    why: str


def objections(stand: Standing, snapshot: Snapshot, *, begins: bool, forgets: bool) -> tuple[Objection, ...]:
    """One for each who would be shut out and is not acknowledged.

    Args:
        stand: what is, and what is wanted.
        snapshot: what was read.
        begins: whether a listener begins to verify.
        forgets: whether those that verify are to trust others no more.
    """
    given = set(stand.identity.acknowledged)
    return tuple(
        Objection(
            guard="shut-out",
            message=each.why,
            remedy=f'if that is meant, add "{each.word}" to acknowledge in [origins.{stand.policy.origin}.identity]',
            origin=stand.policy.origin,
            lock="identity",
        )
        for each in dict.fromkeys(shut_out(stand, snapshot, begins=begins, forgets=forgets))
        if each.word not in given
    )


def shut_out(stand: Standing, snapshot: Snapshot, *, begins: bool, forgets: bool) -> Iterator[ShutOut]:
    """Everybody who is let in now and has no certificate of ours."""
    policy, today = stand.policy, snapshot.at.astimezone(datetime.UTC).date()
    if policy.edge == NO_EDGE:
        yield ShutOut("clients", "every client without a certificate of ours would be refused, and none is tried")
    # Who has no certificate at all is refused already by a listener that verifies, whomever it trusts.
    for each in policy.exceptions if begins else ():
        if each.holds_on(today):
            word = f"exception {each.source}"
            yield ShutOut(word, f"the exception {each.source} ({each.owner}) has no client certificate")
    yield from _names(stand, forgets=forgets)
    if stand.zone is not None:
        yield from _of_zone(stand, stand.zone, snapshot, begins=begins)


def _names(stand: Standing, *, forgets: bool) -> Iterator[ShutOut]:
    """What the listeners serve beside the hostnames: their visitors come without our certificate, or by another way.

    What is served by those that verify already may come with another certificate, such as the edge's shared one.
    """
    for listener in stand.secure:
        if listener.mutual.mode == "verify" and not forgets:
            continue
        for what, names in (("certificate", listener.names), ("rules", listener.hosts)):
            if isinstance(names, Unknown):
                word = f"unread {what} {listener.port}"
                said = f"which names the {what} of the listener on port {listener.port} serve cannot be read"
                yield ShutOut(word, f"{said}: {names.reason}")
                continue
            for name in names:
                if not _covers(stand.policy, name):
                    said = (
                        f"{name}, which the listener on port {listener.port} serves (its {what}), is no hostname here"
                    )
                    yield ShutOut(f"name {name}", said)


def _covers(policy: Policy, name: str) -> bool:
    """Whether a name is one of the hostnames, or a wildcard that stands for nothing else that is known of."""
    if name in policy.hostnames:
        return True
    return name.startswith("*.") and any(host.partition(".")[2] == name[2:] for host in policy.hostnames)


def _of_zone(stand: Standing, zone: Zone, snapshot: Snapshot, *, begins: bool) -> Iterator[ShutOut]:
    balancer = snapshot.load_balancer
    dns_name = "" if balancer is None else balancer.dns_name
    if isinstance(zone.records, Unknown):
        yield ShutOut("unread records", f"the DNS records of {zone.name} cannot be read: {zone.records.reason}")
    else:
        yield from _of_records(stand, zone.records, dns_name)
    if not begins:
        return
    if isinstance(zone.monitors, Unknown):
        yield ShutOut("unread monitors", f"the edge's health monitors cannot be read: {zone.monitors.reason}")
    else:
        for each in zone.monitors:
            if each.probe_zone != zone.name:
                said = f"the edge's monitor {each.id} ({each.description}) simulates no zone: it has no certificate"
                yield ShutOut(f"monitor {each.id}", said)


def _of_records(stand: Standing, records: tuple[DnsRecord, ...], dns_name: str) -> Iterator[ShutOut]:
    for record in records:
        to_us = leads_to(record, dns_name)
        ours = record.name in stand.policy.hostnames
        if (to_us or ours) and not record.proxied:
            said = f"{record.name} is not proxied: its visitors come straight, without a certificate"
            yield ShutOut(f"unproxied {record.name}", said)
        elif to_us and not ours and stand.identity.scope == "hostname" and stand.identity.certificate == "own":
            said = f"{record.name} points here too and is not among the hostnames: the edge presents nothing for it"
            yield ShutOut(f"name {record.name}", said)
        elif not to_us and not ours and record.proxied and stand.identity.scope == "zone":
            said = f"the origin of {record.name} in the same zone ({record.content}) would be shown our certificate"
            yield ShutOut(f"origin {record.name}", said)
