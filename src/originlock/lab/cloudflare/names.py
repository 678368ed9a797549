"""What Cloudflare's name servers answer for its zones.

Here lives from a zone's records to answers. Here must not live: the carrying of questions (see `lab.name_server`).

A name with a proxied record resolves to the edge; one without to what its records say ('Proxy status'). Zones that
nobody delegated to Cloudflare are not asked of it, and answer nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from originlock.lab.addresses import FRONT_IPV4, FRONT_IPV6
from originlock.lab.cloudflare.records import Record
from originlock.lab.cloudflare.routing import PROXIABLE
from originlock.lab.cloudflare.state import CloudflareState

#: Types that are answered as they stand.
_PLAIN: Final = ("A", "AAAA")


def look_up(state: CloudflareState, name: str, kind: str) -> Sequence[tuple[str, str]] | None:
    """What a name has of a type: pairs of type and text; None where there is no such name.

    Args:
        state: whose zones.
        name: in lower case, without a dot at its end.
        kind: such as ``AAAA``.
    """
    with state.lock:
        zone = state.zone_of(name)
        if zone is None or zone.status != "active":
            return None
        records = state.records_of(zone.id, name)
        if not records:
            return () if name == zone.name else None
        if not zone.paused and any(each.proxied and each.type in PROXIABLE for each in records):
            has_ipv6 = state.setting_at_edge(zone.id, "ipv6", "on") == "on"
            fronts = {"A": FRONT_IPV4, "AAAA": FRONT_IPV6 if has_ipv6 else ()}
            return tuple((kind, each) for each in fronts.get(kind, ())) or _texts(records, kind)
        aliases = tuple(("CNAME", each.content) for each in records if each.type == "CNAME")
        plain = tuple((kind, each.content) for each in records if each.type == kind and kind in _PLAIN)
        return aliases or plain or _texts(records, kind)


def _texts(records: Sequence[Record], kind: str) -> Sequence[tuple[str, str]]:
    """Records of text; types that nobody in the lab asks for have no answer."""
    if kind != "TXT":
        return ()
    contents = (each.content.strip('"') for each in records if each.type == "TXT")
    return tuple(("TXT", '"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"') for each in contents)
