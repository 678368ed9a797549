"""DNS records: what may stand in a zone, and who may stand beside whom.

Here lives the handlers of ``/zones/{zone}/dns_records``. Here must not live: answering DNS queries.

Codes are from public threads and clients: 1004 with 9005 in its chain for what does not validate, 81044, 81053, 81058;
the other codes in the chain are from memory.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Raw, Result, when
from originlock.lab.cloudflare.errors import ApiError, ErrorItem
from originlock.lab.cloudflare.records import Record, Zone
from originlock.lab.cloudflare.routing import PROXIABLE
from originlock.lab.cloudflare.state import CloudflareState, new_id, within
from originlock.lab.cloudflare.zones import zone_in

#: Types that the lab takes; of these the first three can be proxied.
TYPES: Final = ("A", "AAAA", "CNAME", "TXT", "MX", "NS", "CAA", "SRV")

#: 1 is 'automatic', else 60 to 86,400 (API reference).
AUTOMATIC: Final = 1
TTL_RANGE: Final = (60, 86400)

_LABEL: Final = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$)(\*\.)?({_LABEL}\.)*{_LABEL}")


def create(state: CloudflareState, call: Call) -> Outcome:
    """``POST``."""
    zone = zone_in(state, call)
    return Result(told(added(state, zone, call.members)))


def added(state: CloudflareState, zone: Zone, members: Mapping[str, Any]) -> Record:
    """Take a record into a zone.

    Raises:
        ApiError: it may not stand there.
    """
    now = state.now()
    record = _read(zone, members, Record(new_id(), zone.id, "", "", "", False, AUTOMATIC, now, now))  # noqa: FBT003
    _refuse_clash(state, record)
    state.held.records[record.id] = record
    return record


def listed(state: CloudflareState, call: Call) -> Outcome:
    """``GET``, by exact name, type, content and proxied."""
    zone, query = zone_in(state, call), call.query
    wanted = {
        "name": query.get("name") or query.get("name.exact"),
        "type": query.get("type"),
        "content": query.get("content") or query.get("content.exact"),
        "proxied": query.get("proxied"),
    }
    mine = sorted(
        (each for each in state.held.records.values() if each.zone_id == zone.id),
        key=lambda each: (each.name, each.type, each.content),
    )
    found = [
        each
        for each in mine
        if all(value is None or str(getattr(each, name)).lower() == value.lower() for name, value in wanted.items())
    ]
    return Page([told(each) for each in found], default=100, most=5000)


def got(state: CloudflareState, call: Call) -> Outcome:
    """``GET`` of one."""
    return Result(told(_record(state, call)))


def replaced(state: CloudflareState, call: Call) -> Outcome:
    """``PUT``: what is not given goes back to its default."""
    zone, old = zone_in(state, call), _record(state, call)
    blank = Record(old.id, zone.id, "", "", "", False, AUTOMATIC, old.created_on, state.now())  # noqa: FBT003
    return Result(told(_put(state, zone, call, blank)))


def edited(state: CloudflareState, call: Call) -> Outcome:
    """``PATCH``: what is not given stays."""
    zone, old = zone_in(state, call), _record(state, call)
    return Result(told(_put(state, zone, call, msgspec.structs.replace(old, modified_on=state.now()))))


def removed(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE``."""
    record = _record(state, call)
    del state.held.records[record.id]
    return Result({"id": record.id})


def exported(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../export``: a BIND zone file; proxied records bear a tag in their comment."""
    zone = zone_in(state, call)
    mine = [each for each in state.held.records.values() if each.zone_id == zone.id]
    lines = [f";; Domain:     {zone.name}.", ";; A Records, AAAA Records, CNAME Records and others", ""]
    for each in sorted(mine, key=lambda each: (each.type, each.name, each.content)):
        content = f"{each.content}." if each.type in {"CNAME", "NS"} else each.content
        if each.type == "MX":
            content = f"{each.priority or 0} {each.content}."
        proxied = str(each.proxied).lower()
        lines.append(f"{each.name}.\t{each.ttl}\tIN\t{each.type}\t{content} ; cf_tags=cf-proxied:{proxied}")
    return Raw("text/plain; charset=utf-8", ("\n".join(lines) + "\n").encode())


# --- judging -----------------------------------------------------------------------------------


def _put(state: CloudflareState, zone: Zone, call: Call, onto: Record) -> Record:
    record = _read(zone, call.members, onto)
    _refuse_clash(state, record)
    state.held.records[record.id] = record
    return record


def _record(state: CloudflareState, call: Call) -> Record:
    record = state.held.records.get(call.ids["record"])
    if record is None or record.zone_id != call.ids["zone"]:
        raise ApiError(404, ErrorItem(81044, "Record does not exist."))
    return record


def _read(zone: Zone, members: Mapping[str, Any], onto: Record) -> Record:
    kind = str(members.get("type", onto.type))
    if kind not in TYPES:
        raise _invalid(9000, f"DNS record type {kind or 'undefined'} is invalid.")
    name = _name(zone, str(members.get("name", onto.name)))
    content = _content(kind, str(members.get("content", onto.content)))
    ttl = members.get("ttl", onto.ttl)
    proxied = members.get("proxied", onto.proxied)
    if ttl != AUTOMATIC and not (isinstance(ttl, (int, float)) and TTL_RANGE[0] <= ttl <= TTL_RANGE[1]):
        raise _invalid(9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
    if proxied is True and kind not in PROXIABLE:
        raise _invalid(9004, "This record type cannot be proxied.")
    return msgspec.structs.replace(
        onto,
        type=kind,
        name=name,
        content=content,
        proxied=proxied is True,
        # The TTL of a proxied record is automatic ('Proxied records').
        ttl=AUTOMATIC if proxied is True else int(ttl),
        comment=members.get("comment", onto.comment),
        tags=tuple(members.get("tags", onto.tags) or ()),
        priority=members.get("priority", onto.priority),
        settings=dict(members.get("settings", onto.settings) or {}),
    )


def _name(zone: Zone, given: str) -> str:
    name = given.lower().rstrip(".")
    if name in {"@", ""}:
        name = zone.name
    elif not within(name, zone.name):
        name = f"{name}.{zone.name}"
    if not _HOST.fullmatch(name):
        raise _invalid(9000, "DNS name is invalid.")
    return name


def _content(kind: str, given: str) -> str:
    content = given.strip()
    if kind in {"A", "AAAA"}:
        version, code = (4, 9005) if kind == "A" else (6, 9006)
        try:
            address = ipaddress.ip_address(content)
        except ValueError:
            address = None
        if address is None or address.version != version:
            raise _invalid(code, f"Content for {kind} record must be a valid IPv{version} address.")
        return str(address)
    if kind == "CNAME":
        content = content.lower().rstrip(".")
        if not _HOST.fullmatch(content) or "." not in content or _is_address(content):
            raise _invalid(9007, "Content for CNAME record is invalid.")
    if not content:
        raise _invalid(9002, f"Content for {kind} record is invalid.")
    return content


def _refuse_clash(state: CloudflareState, record: Record) -> None:
    beside = [
        each
        for each in state.held.records.values()
        if each.zone_id == record.zone_id and each.name == record.name and each.id != record.id
    ]
    if any((each.type, each.content) == (record.type, record.content) for each in beside):
        raise ApiError(400, ErrorItem(81058, "An identical record already exists."))
    hosts = {"A", "AAAA", "CNAME"}
    if any("CNAME" in {record.type, each.type} and {record.type, each.type} <= hosts for each in beside):
        raise ApiError(400, ErrorItem(81053, "An A, AAAA, or CNAME record with that host already exists."))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _invalid(code: int, message: str) -> ApiError:
    return ApiError(400, ErrorItem(1004, "DNS Validation Error", (ErrorItem(code, message),)))


def told(record: Record) -> dict[str, Any]:
    """A record as the API tells it."""
    shown = {
        "id": record.id,
        "name": record.name,
        "type": record.type,
        "content": record.content,
        "proxiable": record.type in PROXIABLE,
        "proxied": record.proxied,
        "ttl": record.ttl,
        "settings": record.settings,
        "meta": {},
        "comment": record.comment,
        "tags": list(record.tags),
        "created_on": when(record.created_on),
        "modified_on": when(record.modified_on),
    }
    return shown if record.priority is None else {**shown, "priority": record.priority}
