"""What Cloudflare's API says of zones, certificates, hostnames, records, rules and monitors, as facts.

Lives here: from JSON that may be anything to facts or None, and which permission an error says is missing.
Must not live here: asking, judging what is found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from originlock.edges.calls import Refusal
from originlock.edges.cloudflare_calls import ApiCall
from originlock.edges.decode import JsonValue
from originlock.facts.certificates import ders_in, sha256_of
from originlock.facts.zone import GONE, Association, DnsRecord, EdgeCertificate, Monitor, Scope, Zone

ADDRESSES: Final = ("A", "AAAA", "CNAME")

_LONGEST: Final = 1024
_LONGEST_PEM: Final = 65_536
"""Characters of a text that is taken, and of a PEM (our choice: a chain of four is a tenth of that)."""

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")

_DENIED: Final = frozenset({401, 403})
_NO_TOKEN: Final = frozenset({1000, 6003, 6111, 9103, 9106})
_PERHAPS_NO_TOKEN: Final = 9109


class FoundZone(msgspec.Struct, frozen=True):
    """A zone with its account; the parts of the zone are not read yet."""

    zone: Zone
    account: str
    account_name: str


def text(holder: JsonValue, key: str, most: int = _LONGEST) -> str:
    """A member that is a text: printable, bounded; else empty."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, str) or len(value) > most:
        return ""
    return value if value.isprintable() else ""


def _id(holder: JsonValue) -> str:
    """The id, if it is one that can stand in a path: hexadecimal digits, with dashes for certificates."""
    found = text(holder, "id")
    return found if _ID.fullmatch(found) else ""


def _texts(holder: dict[str, JsonValue], key: str) -> tuple[str, ...]:
    value = holder.get(key)
    found = value if isinstance(value, list) else []
    return tuple(each for each in found if isinstance(each, str) and each.isprintable() and len(each) <= _LONGEST)


def zone_of_answer(value: JsonValue) -> FoundZone | None:
    """A member of the list of zones; None if it is none."""
    if not isinstance(value, dict):
        return None
    identity, name, status = _id(value), text(value, "name").lower(), text(value, "status")
    if not (identity and name and status):
        return None
    servers, before = _texts(value, "name_servers"), _texts(value, "original_name_servers")
    account = value.get("account")
    zone = Zone(identity, name, status, servers, before)
    return FoundZone(zone, _id(account), text(account, "name"))


def certificate_of(value: JsonValue, scope: Scope) -> EdgeCertificate | None:
    """A member of a list of certificates; None if it has no id."""
    if not isinstance(value, dict) or not _id(value):
        return None
    pem = _pem(value)
    return EdgeCertificate(
        id=_id(value),
        scope=scope,
        sha256=_fingerprint(pem),
        pem=pem,
        status=text(value, "status"),
        issuer=text(value, "issuer"),
        serial=text(value, "serial_number"),
        expires=text(value, "expires_on"),
        uploaded=text(value, "uploaded_on"),
    )


def _pem(value: dict[str, JsonValue]) -> str:
    pem = value.get("certificate")
    return pem if isinstance(pem, str) and pem.isascii() and len(pem) <= _LONGEST_PEM else ""


def _fingerprint(pem: str) -> str:
    ders = ders_in(pem)
    return sha256_of(ders[0]) if ders else ""


def with_fingerprint(listed: tuple[EdgeCertificate, ...], sha256: str) -> EdgeCertificate | None:
    """The certificate of this fingerprint; of several that are the same, one that is not being deleted."""
    same = sorted((each for each in listed if each.sha256 == sha256), key=lambda each: each.status in GONE)
    return same[0] if same else None


def association_of(value: JsonValue, hostname: str, fingerprints: Mapping[str, str]) -> Association | None:
    """What is associated with a hostname; None if the answer says nothing of the kind.

    Args:
        value: the answer.
        hostname: which was asked for.
        fingerprints: of the certificates that are known, by id.
    """
    if not isinstance(value, dict) or "enabled" not in value:
        return None
    enabled, status = value["enabled"], text(value, "status")
    if not (enabled is None or isinstance(enabled, bool)):
        return None
    if enabled is None or status == "deleted":
        # What was voided may be told of for a while.
        return Association(hostname, status="" if status == "deleted" else status)
    certificate = text(value, "cert_id")
    sha256 = fingerprints.get(certificate, "") or _fingerprint(_pem(value))
    return Association(hostname, certificate, sha256, enabled, status)


def record_of(value: JsonValue) -> DnsRecord | None:
    """A member of the list of records, if it is an address record."""
    if not isinstance(value, dict):
        return None
    kind, name, content = text(value, "type"), text(value, "name").lower(), text(value, "content")
    if kind not in ADDRESSES or not (_id(value) and name):
        return None
    return DnsRecord(_id(value), name, kind, content, value.get("proxied") is True)


def monitor_of(value: JsonValue) -> Monitor | None:
    """A member of the list of monitors; None if it has no id."""
    if not isinstance(value, dict) or not _id(value):
        return None
    return Monitor(_id(value), text(value, "description"), text(value, "probe_zone"))


def ssl_rules_of(value: JsonValue) -> tuple[tuple[str, str], ...]:
    """The SSL modes that the rules of the phase ``http_config_settings`` set: the rule in words, and the mode."""
    rules = value.get("rules") if isinstance(value, dict) else None
    found: list[tuple[str, str]] = []
    for rule in rules if isinstance(rules, list) else []:
        if not isinstance(rule, dict) or rule.get("enabled") is False or rule.get("action") != "set_config":
            continue
        mode = text(rule.get("action_parameters"), "ssl")
        if mode:
            named = text(rule, "description")
            condition = text(rule, "expression") or "a condition that is too long to be shown"
            found.append((f"{named} ({condition})" if named else condition, mode))
    return tuple(found)


def missing_permission(call: ApiCall, refusal: Refusal) -> str:
    """In words, what the token lacks for a call; empty if the refusal is about something else."""
    if refusal.codes & _NO_TOKEN or (_PERHAPS_NO_TOKEN in refusal.codes and _is_of_token(refusal)):
        return f"the edge does not know this API token: {refusal.said}"
    if refusal.status in _DENIED:
        return f'the token lacks the permission "{call.needs}", so it may not {call.what}: {refusal.said}'
    return ""


def _is_of_token(refusal: Refusal) -> bool:
    """9109 stands for an unknown token as well as for a zone that may not be read; the words tell."""
    return any("token" in each.message.lower() for each in refusal.problems)
