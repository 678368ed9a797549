"""What belongs to an account or a user: accounts, the token itself, notifications.

Here lives the handlers that are in no zone. Here must not live: zones, HTTP.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from originlock.lab.cloudflare.asking import Call, Outcome, Page, Result, when
from originlock.lab.cloudflare.errors import not_permitted, unsourced
from originlock.lab.cloudflare.records import Account, AlertPolicy
from originlock.lab.cloudflare.state import CloudflareState, new_id

#: The alert types that concern origins, with what the dashboard calls them.
ALERTS: Final = {
    "zone_aop_custom_certificate_expiration_type": "Zone-level Authenticated Origin Pulls Certificate Expiration Alert",
    "hostname_aop_custom_certificate_expiration_type": (
        "Hostname-level Authenticated Origin Pulls Certificate Expiration Alert"
    ),
    "mtls_certificate_store_certificate_expiration_type": "mTLS Certificate Store Certificate Expiration Alert",
    "real_origin_monitoring": "Passive Origin Monitoring",
    "http_alert_origin_error": "Origin Error Rate Alert",
    "tunnel_health_event": "Tunnel Health Alert",
    "universal_ssl_event_type": "Universal SSL Alert",
}

_MECHANISMS: Final = ("email", "pagerduty", "webhooks")


def listed(state: CloudflareState, call: Call) -> Outcome:
    """``GET /accounts``: those that the token's user is a member of."""
    mine = [state.held.accounts[each] for each in call.token.accounts if each in state.held.accounts]
    return Page([told(each) for each in mine], default=20, most=50, least=5)


def got(state: CloudflareState, call: Call) -> Outcome:
    """``GET /accounts/{account}``."""
    return Result(told(state.held.accounts[call.ids["account"]]))


def told(account: Account) -> dict[str, Any]:
    """An account as the API tells it."""
    settings = {"enforce_twofactor": False, "abuse_contact_email": None}
    created = when(account.created_on)
    return {"id": account.id, "name": account.name, "type": "standard", "settings": settings, "created_on": created}


def verified(_state: CloudflareState, call: Call) -> Outcome:
    """``GET /user/tokens/verify``."""
    return Result({"id": call.token.id, "status": call.token.status}, ("This API Token is valid and active",))


# --- notifications ---------------------------------------------------------------------------


def available_alerts(_state: CloudflareState, _call: Call) -> Outcome:
    """``GET .../alerting/v3/available_alerts``."""
    alerts = [
        {"type": kind, "display_name": name, "description": name, "filter_options": []} for kind, name in ALERTS.items()
    ]
    return Result({"SSL/TLS": alerts})


def policies(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../alerting/v3/policies``."""
    mine = [each for each in state.held.policies.values() if each.account_id == call.ids["account"]]
    return Page([_told_policy(each) for each in mine])


def policy(state: CloudflareState, call: Call) -> Outcome:
    """``GET .../alerting/v3/policies/{policy}``."""
    return Result(_told_policy(_policy(state, call)))


def policy_created(state: CloudflareState, call: Call) -> Outcome:
    """``POST .../alerting/v3/policies``."""
    now = state.now()
    made = _read_policy(
        call, AlertPolicy(new_id(), call.ids["account"], "", "", enabled=True, mechanisms={}, created=now, modified=now)
    )
    state.held.policies[made.id] = made
    return Result({"id": made.id})


def policy_updated(state: CloudflareState, call: Call) -> Outcome:
    """``PUT .../alerting/v3/policies/{policy}``: what is not given stays."""
    changed = _read_policy(call, msgspec.structs.replace(_policy(state, call), modified=state.now()))
    state.held.policies[changed.id] = changed
    return Result({"id": changed.id})


def policy_removed(state: CloudflareState, call: Call) -> Outcome:
    """``DELETE .../alerting/v3/policies/{policy}``."""
    del state.held.policies[_policy(state, call).id]
    return Result(None)


def _policy(state: CloudflareState, call: Call) -> AlertPolicy:
    found = state.held.policies.get(call.ids["policy"])
    if found is None:
        message = "could not find the policy"
        raise unsourced(404, message)
    if found.account_id != call.ids["account"]:
        raise not_permitted()
    return found


def _read_policy(call: Call, onto: AlertPolicy) -> AlertPolicy:
    kind, name = call.text("alert_type", onto.alert_type), call.text("name", onto.name)
    mechanisms = call.members.get("mechanisms", onto.mechanisms)
    if kind not in ALERTS:
        message = f"alert_type {kind!r} is invalid"
        raise unsourced(400, message)
    if not name:
        message = "name is required"
        raise unsourced(400, message)
    named = isinstance(mechanisms, dict) and not set(mechanisms) - set(_MECHANISMS)
    if not named or not any(mechanisms.values()):
        message = "at least one mechanism is required"
        raise unsourced(400, message)
    return msgspec.structs.replace(
        onto,
        alert_type=kind,
        name=name,
        enabled=call.flag("enabled", default=onto.enabled),
        mechanisms=mechanisms,
        description=call.text("description", onto.description),
        filters=dict(call.members.get("filters", onto.filters) or {}),
    )


def _told_policy(found: AlertPolicy) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "alert_type": found.alert_type,
        "enabled": found.enabled,
        "mechanisms": found.mechanisms,
        "filters": found.filters,
        "created": when(found.created),
        "modified": when(found.modified),
    }
