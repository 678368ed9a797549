"""What the world's resolvers learn from Cloudflare's name servers.

Here lives turning a zone's records into answers: proxied ones are the edge's addresses. Here must not live: packets,
or names that are not Cloudflare's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from originlock.lab.addresses import FRONT_IPV4, FRONT_IPV6
from originlock.lab.cloudflare.records import Record
from originlock.lab.cloudflare.state import CloudflareState

#: 'Proxied records': their TTL is 300 seconds.
PROXIED_TTL: Final = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of an answer."""

    name: str
    type: str
    content: str
    ttl: int


def answers(state: CloudflareState, name: str) -> tuple[Answer, ...] | None:
    """All records of a name, as Cloudflare's name servers tell them.

    None where no zone that is delegated to Cloudflare holds the name: others have to be asked then. An empty tuple
    says that the name does not exist.
    """
    name = name.lower().rstrip(".")
    with state.lock:
        zone = state.zone_of(name)
        if zone is None or not (zone.delegated or zone.status == "active"):
            return None
        records = state.records_of(zone.id, name)
        paused = zone.paused
    return tuple(dict.fromkeys(each for record in records for each in _told(name, record, paused=paused)))


def _told(name: str, record: Record, *, paused: bool) -> tuple[Answer, ...]:
    if not record.proxied or paused:
        ttl = PROXIED_TTL if record.ttl == 1 else record.ttl
        return (Answer(name, record.type, record.content, ttl),)
    fronts = [("A", each) for each in FRONT_IPV4 if not record.settings.get("ipv6_only")]
    fronts += [("AAAA", each) for each in FRONT_IPV6 if not record.settings.get("ipv4_only")]
    return tuple(Answer(name, kind, address, PROXIED_TTL) for kind, address in fronts)
