"""The calls of Cloudflare's API that are made, and the permission that a token needs for each.

Lives here: the table, which command makes which calls, and what a policy's token needs. Must not live here: making
calls, what answers mean.

Source of the paths: Cloudflare's API reference. Source of the permissions: 'API token permissions', and what
docs/cloudflare-behaviour.md says of them; a permission for writing includes the one for reading ('Create API token').
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from originlock.intent.policy import NO_EDGE, Policy


class Permission(enum.StrEnum):
    """A permission group, named as the API names it, without ``Read`` or ``Write``."""

    ZONE = "Zone"
    ZONE_SETTINGS = "Zone Settings"
    DNS = "DNS"
    SSL = "SSL and Certificates"
    RULES = "Config Settings"
    MONITORS = "Load Balancing: Monitors and Pools"
    ACCOUNT = "Account Settings"


OF_ACCOUNT: Final = frozenset({Permission.MONITORS, Permission.ACCOUNT})
"""Permissions of the account; the others are the zone's."""


class ApiCall(msgspec.Struct, frozen=True):
    """One call.

    Attributes:
        path: below the API's URL, with names in braces.
        permission: the group that a token needs.
        what: what it is for, as in "may not ...".
    """

    method: str
    path: str
    permission: Permission
    what: str

    @property
    def writes(self) -> bool:
        """Whether the permission has to be one for writing."""
        return self.method != "GET"

    @property
    def needs(self) -> str:
        """The permission by its whole name."""
        return f"{self.permission} {'Write' if self.writes else 'Read'}"

    def at(self, **names: str) -> str:
        """The path for these names, which are quoted: none can lead to another call."""
        return self.path.format(**{name: quote(value, safe="") for name, value in names.items()})


_PULLS: Final = "zones/{zone}/origin_tls_client_auth"
_RECORDS: Final = "zones/{zone}/dns_records"

ZONES: Final = ApiCall("GET", "zones", Permission.ZONE, "find zones")
ACCOUNTS: Final = ApiCall("GET", "accounts", Permission.ACCOUNT, "see which accounts there are")
CREATE_ZONE: Final = ApiCall("POST", "zones", Permission.ZONE, "create a zone")
ZONE: Final = ApiCall("GET", "zones/{zone}", Permission.ZONE, "read the zone")
CHECK_ACTIVATION: Final = ApiCall(
    "PUT", "zones/{zone}/activation_check", Permission.ZONE, "ask for an activation check"
)
SETTING: Final = ApiCall(
    "GET", "zones/{zone}/settings/{setting}", Permission.ZONE_SETTINGS, "read settings of the zone"
)
SET_SETTING: Final = ApiCall(
    "PATCH", "zones/{zone}/settings/{setting}", Permission.ZONE_SETTINGS, "change settings of the zone"
)
RECORDS: Final = ApiCall("GET", _RECORDS, Permission.DNS, "read DNS records")
CREATE_RECORD: Final = ApiCall("POST", _RECORDS, Permission.DNS, "create DNS records")
PATCH_RECORD: Final = ApiCall("PATCH", f"{_RECORDS}/{{record}}", Permission.DNS, "change DNS records")
DELETE_RECORD: Final = ApiCall("DELETE", f"{_RECORDS}/{{record}}", Permission.DNS, "delete DNS records")
SCAN: Final = ApiCall("POST", f"{_RECORDS}/scan", Permission.DNS, "import DNS records")
PULLS: Final = ApiCall("GET", f"{_PULLS}/settings", Permission.SSL, "read zone-level origin pulls")
SET_PULLS: Final = ApiCall("PUT", f"{_PULLS}/settings", Permission.SSL, "switch zone-level origin pulls")
ZONE_CERTIFICATES: Final = ApiCall("GET", _PULLS, Permission.SSL, "read the zone's client certificates")
UPLOAD_TO_ZONE: Final = ApiCall("POST", _PULLS, Permission.SSL, "upload a client certificate")
DELETE_FROM_ZONE: Final = ApiCall("DELETE", f"{_PULLS}/{{certificate}}", Permission.SSL, "delete a client certificate")
HOST_CERTIFICATES: Final = ApiCall(
    "GET", f"{_PULLS}/hostnames/certificates", Permission.SSL, "read the client certificates of hostnames"
)
UPLOAD_FOR_HOSTS: Final = ApiCall(
    "POST", f"{_PULLS}/hostnames/certificates", Permission.SSL, "upload a client certificate"
)
DELETE_FOR_HOSTS: Final = ApiCall(
    "DELETE", f"{_PULLS}/hostnames/certificates/{{certificate}}", Permission.SSL, "delete a client certificate"
)
ASSOCIATION: Final = ApiCall("GET", f"{_PULLS}/hostnames/{{hostname}}", Permission.SSL, "read what a hostname presents")
ASSOCIATE: Final = ApiCall("PUT", f"{_PULLS}/hostnames", Permission.SSL, "change what a hostname presents")
SSL_RULES: Final = ApiCall(
    "GET",
    "zones/{zone}/rulesets/phases/http_config_settings/entrypoint",
    Permission.RULES,
    "read configuration rules",
)
MONITORS: Final = ApiCall(
    "GET", "accounts/{account}/load_balancers/monitors", Permission.MONITORS, "read health monitors"
)

READING: Final = (
    ZONES,
    SETTING,
    RECORDS,
    PULLS,
    ZONE_CERTIFICATES,
    HOST_CERTIFICATES,
    ASSOCIATION,
    SSL_RULES,
    MONITORS,
)
"""What reading a zone takes."""

CERTIFICATES: Final = (
    UPLOAD_TO_ZONE,
    UPLOAD_FOR_HOSTS,
    DELETE_FROM_ZONE,
    DELETE_FOR_HOSTS,
    ASSOCIATE,
    SET_PULLS,
)
"""What an identity of one's own takes: certificates, hostnames, the zone's switch."""

GLOBAL: Final = (SET_SETTING,)
"""What global pulls take."""

MANAGED_RECORDS: Final = (CREATE_RECORD, PATCH_RECORD, DELETE_RECORD)
"""What `manage_dns` takes."""

ZONE_ADD: Final = (ZONES, CREATE_ZONE, ZONE, CHECK_ACTIVATION, RECORDS, SCAN)
"""What `originlock zone add` takes; without --account, `ACCOUNTS`, too."""

_READS: Final = frozenset({"plan", "verify", "expiry"})
_CHANGES: Final = frozenset({"apply", "rollback", "renew", "run"})


def token_permissions(policy: Policy, command: str) -> tuple[str, ...]:
    """The permissions that a token needs for a command on a policy, sorted; none where no token is needed.

    Args:
        policy: what is asked for.
        command: ``plan``, ``verify``, ``expiry``, ``apply``, ``rollback``, ``renew`` or ``run``; others ask the edge's
            account nothing.
    """
    if policy.edge == NO_EDGE or (policy.identity is None and policy.edge_account is None):
        return ()
    if command in _READS:
        return permissions_for(READING)
    if command not in _CHANGES:
        return ()
    calls: list[ApiCall] = [*READING]
    identity, account = policy.identity, policy.edge_account
    if identity is not None:
        calls += GLOBAL if identity.certificate == "shared" else CERTIFICATES
    if account is not None and account.manage_dns:
        calls += MANAGED_RECORDS
    return permissions_for(calls)


def permissions_for(calls: Iterable[ApiCall]) -> tuple[str, ...]:
    """The permissions that these calls need, sorted; one for writing stands for both."""
    writes: dict[Permission, bool] = {}
    for each in calls:
        writes[each.permission] = writes.get(each.permission, False) or each.writes
    return tuple(sorted(f"{name} {'Write' if written else 'Read'}" for name, written in writes.items()))


WHY: Final[Mapping[Permission, str]] = {
    Permission.ZONE: "find zones, see whether they are active, add one",
    Permission.ZONE_SETTINGS: "the SSL mode, Always Use HTTPS and global origin pulls",
    Permission.DNS: "whether the hostnames are proxied, and to where",
    Permission.SSL: "client certificates, and which of them is presented to whom",
    Permission.RULES: "SSL modes that configuration rules set for some hosts",
    Permission.ACCOUNT: "find the account where `--account` does not name it",
    Permission.MONITORS: "health monitors that would come without a certificate",
}
"""What each permission is for."""
