"""What a token may do: permissions by their documented names, for zones and accounts.

Here lives the judging. Here must not live: which call needs which permission (see `endpoints`).

``Edit`` of the dashboard, ``Write`` of the API, includes reading ('Create API token').
"""

from __future__ import annotations

from typing import Final

from originlock.lab.cloudflare.records import Token, Zone

ZONE: Final = "Zone"
DNS: Final = "DNS"
ZONE_SETTINGS: Final = "Zone Settings"
SSL: Final = "SSL and Certificates"
NOTIFICATIONS: Final = "Notifications"
MONITORS_AND_POOLS: Final = "Load Balancing: Monitors and Pools"
ACCOUNT_SETTINGS: Final = "Account Settings"

#: Which permission a phase's rules need; the names are those of the dashboard's groups, as the rules' pages tell them.
OF_PHASE: Final = {
    "http_request_origin": "Origin",
    "http_config_settings": "Config Settings",
    "http_request_late_transform": "Zone Transform Rules",
}


def may(token: Token, permission: str, *, write: bool, zone: Zone | None = None, account_id: str | None = None) -> bool:
    """Whether a token may read or write something of a zone, or of an account."""
    owner = zone.account_id if zone is not None else account_id
    if owner not in token.accounts:
        return False
    wanted = {f"{permission} Write"} if write else {f"{permission} Write", f"{permission} Read"}
    fitting = {"*", owner, zone.id if zone is not None else owner}
    return any(each.permission in wanted and each.resource in fitting for each in token.grants)
