"""Zones: made, found, changed, and activated once the registrar names Cloudflare's name servers.

Here lives the handlers of ``/zones`` and of their settings. Here must not live: records, certificates, HTTP.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import Any, Final

import msgspec

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result, when
from originlock.lab.cloudflare.errors import (
    ApiError,
    ErrorItem,
    invalid_value,
    not_permitted,
    unknown_setting,
    unsourced,
    zone_not_permitted,
)
from originlock.lab.cloudflare.permissions import ZONE, may
from originlock.lab.cloudflare.records import Held, Zone
from originlock.lab.cloudflare.state import CloudflareState, new_id

#: RFC 1035, 2.3.4, as the API's reference has it: 253 characters, labels of at most 63.
_NAME: Final = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

_NAMES: Final = ("ada", "bob", "cleo", "dax", "elle", "finn", "gwen", "hugo")

ON_OFF: Final = ("on", "off")

#: The settings that the lab has: what they may be, and what they are where nobody has set them.
SETTINGS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "tls_client_auth": (ON_OFF, "off"),
    "ssl": (("off", "flexible", "full", "strict", "origin_pull"), "full"),
    "min_tls_version": (("1.0", "1.1", "1.2", "1.3"), "1.0"),
    "always_use_https": (ON_OFF, "off"),
    "tls_1_3": (("on", "off", "zrt"), "on"),
    "http2": (ON_OFF, "on"),
    "websockets": (ON_OFF, "on"),
    "ipv6": (ON_OFF, "on"),
}

#: Dedicated egress addresses: its value is an object.
AEGIS: Final = "aegis"


def create(state: CloudflareState, call: Call) -> Outcome:
    """``POST /zones``."""
    name = call.text("name").lower().rstrip(".")
    account = call.members.get("account")
    account_id = account.get("id") if isinstance(account, dict) else None
    if account_id is None and len(call.token.accounts) == 1:
        account_id = call.token.accounts[0]
    if not may(call.token, ZONE, write=True, account_id=account_id):
        # terraform-provider-cloudflare #1101.
        message = (
            'Requires permission "com.cloudflare.api.account.zone.create" to create zones for the selected account'
        )
        raise ApiError(403, ErrorItem(0, message))
    if not _NAME.fullmatch(name):
        message = f"{name} is not a valid zone name"
        raise unsourced(400, message)
    if any(each.name == name for each in state.held.zones.values()):
        # The code is from memory.
        raise ApiError(400, ErrorItem(1061, f"{name} already exists"))
    now = state.now()
    zone = Zone(
        id=new_id(),
        name=name,
        account_id=str(account_id),
        name_servers=_name_servers(name),
        original_name_servers=("ns1.registrar.example", "ns2.registrar.example"),
        created_on=now,
        modified_on=now,
        type=call.text("type", "full"),
    )
    state.held.zones[zone.id] = zone
    return Result(told(state, zone))


def listed(state: CloudflareState, call: Call) -> Outcome:
    """``GET /zones``: those that the token may read."""
    mine = [each for each in state.held.zones.values() if each.account_id in call.token.accounts]
    readable = [each for each in mine if may(call.token, ZONE, write=False, zone=each)]
    if not any(each.permission.startswith("Zone ") for each in call.token.grants):
        raise zone_not_permitted()
    name, status, account = (call.query.get(each) for each in ("name", "status", "account.id"))
    found = [
        each
        for each in readable
        if (name is None or each.name == name.lower())
        and (status is None or each.status == status)
        and (account is None or each.account_id == account)
    ]
    ordered = sorted(found, key=lambda each: each.name, reverse=call.query.get("direction") == "desc")
    return Page([told(state, each) for each in ordered], default=20, most=50, least=5)


def got(state: CloudflareState, call: Call) -> Outcome:
    """``GET /zones/{zone}``."""
    return Result(told(state, zone_in(state, call)))


def edited(state: CloudflareState, call: Call) -> Outcome:
    """``PATCH /zones/{zone}``: one thing at a time."""
    zone = zone_in(state, call)
    if set(call.members) != {"paused"}:
        message = "the lab's zones can be paused, and nothing else"
        raise unsourced(400, message)
    changed = msgspec.structs.replace(zone, paused=call.flag("paused"), modified_on=state.now())
    state.held.zones[zone.id] = changed
    return Result(told(state, changed))


def removed(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE /zones/{zone}``, with all that is in it."""
    zone = zone_in(state, call)
    held = state.held
    del held.zones[zone.id]
    held.records = {key: each for key, each in held.records.items() if each.zone_id != zone.id}
    held.certificates = {key: each for key, each in held.certificates.items() if each.zone_id != zone.id}
    held.settings = {key: each for key, each in held.settings.items() if key[0] != zone.id}
    held.associations = {key: each for key, each in held.associations.items() if key[0] != zone.id}
    held.rulesets = {key: each for key, each in held.rulesets.items() if key[0] != zone.id}
    return Result({"id": zone.id})


def activation_check(state: CloudflareState, call: Call) -> Outcome:
    """``PUT /zones/{zone}/activation_check``: at most every hour in the free plan (API reference)."""
    zone, now = zone_in(state, call), state.now()
    pause = dt.timedelta(seconds=state.settings.activation_check_seconds)
    if zone.checked_on is not None and now < zone.checked_on + pause:
        # The status is the SDK's; the code is in no source.
        message = "You may only perform this action once an hour."
        raise unsourced(429, message)
    status = "active" if zone.delegated else zone.status
    activated = zone.activated_on or (now if status == "active" else None)
    checked = msgspec.structs.replace(zone, checked_on=now, status=status, activated_on=activated)
    state.held.zones[zone.id] = checked
    return Result({"id": zone.id})


# --- settings ---------------------------------------------------------------------------------


def all_settings(state: CloudflareState, call: Call) -> Outcome:
    """``GET /zones/{zone}/settings``."""
    zone = zone_in(state, call)
    return Result([_setting(state, zone, name) for name in (*SETTINGS, AEGIS)])


def setting(state: CloudflareState, call: Call) -> Outcome:
    """``GET /zones/{zone}/settings/{setting}``."""
    return Result(_setting(state, zone_in(state, call), _known(call)))


def set_setting(state: CloudflareState, call: Call) -> Outcome:
    """``PATCH /zones/{zone}/settings/{setting}``."""
    zone, name = zone_in(state, call), _known(call)
    value = call.members.get("value")
    if name == AEGIS:
        fits = isinstance(value, dict) and set(value) <= {"enabled", "pool_id"}
    else:
        fits = value in SETTINGS[name][0]
    if not fits:
        raise invalid_value(name)
    before = _value(state, zone, name)
    state.held.settings[zone.id, name] = Held(value, state.now(), before)
    return Result(_setting(state, zone, name))


def _known(call: Call) -> str:
    name = call.ids["setting"]
    if name not in SETTINGS and name != AEGIS:
        raise unknown_setting(name)
    return name


def _value(state: CloudflareState, zone: Zone, name: str) -> Any:  # noqa: ANN401 - as various as JSON
    default: Any = {"enabled": False} if name == AEGIS else SETTINGS[name][1]
    return state.setting(zone.id, name, default)


def _setting(state: CloudflareState, zone: Zone, name: str) -> dict[str, Any]:
    held = state.held.settings.get((zone.id, name))
    told = {"id": name, "value": _value(state, zone, name), "modified_on": when(held.since if held else None)}
    return told if name == AEGIS else {**told, "editable": True}


# --- shared by all that is in a zone ----------------------------------------------------------


def zone_in(state: CloudflareState, call: Call) -> Zone:
    """The zone that a path names; whether the token may was asked before.

    Raises:
        ApiError: there is none.
    """
    zone = state.held.zones.get(call.ids["zone"])
    if zone is None:
        raise not_permitted()
    return zone


def told(state: CloudflareState, zone: Zone) -> dict[str, Any]:
    """A zone as the API tells it."""
    account = state.held.accounts[zone.account_id]
    return {
        "id": zone.id,
        "name": zone.name,
        "status": zone.status,
        "paused": zone.paused,
        "type": zone.type,
        "development_mode": 0,
        "name_servers": list(zone.name_servers),
        "original_name_servers": list(zone.original_name_servers),
        "original_registrar": None,
        "original_dnshost": None,
        "created_on": when(zone.created_on),
        "modified_on": when(zone.modified_on),
        "activated_on": when(zone.activated_on),
        "meta": {
            "step": 2,
            "custom_certificate_quota": 0,
            "page_rule_quota": 3,
            "phishing_detected": False,
        },
        "owner": {"id": None, "type": "user", "email": None},
        "account": {"id": account.id, "name": account.name},
        "tenant": {"id": None, "name": None},
        "tenant_unit": {"id": None},
        "permissions": ["#zone:read"],
        "plan": {
            "id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
            "name": "Free Website",
            "price": 0,
            "currency": "USD",
            "frequency": "",
            "is_subscribed": False,
            "can_subscribe": False,
            "legacy_id": "free",
            "legacy_discount": False,
            "externally_managed": False,
        },
    }


def _name_servers(name: str) -> tuple[str, str]:
    """Two of them, always the same for a name."""
    start = hashlib.sha256(name.encode()).digest()[0]
    first, second = _NAMES[start % len(_NAMES)], _NAMES[(start + 3) % len(_NAMES)]
    return f"{first}.ns.cloudflare.com", f"{second}.ns.cloudflare.com"
