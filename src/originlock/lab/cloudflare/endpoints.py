"""The table of the API: which call is answered by what, and which permission it needs.

Here lives the table and finding a call in it. Here must not live: the answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from originlock.lab.cloudflare import accounts, dns_records, dns_scan, load_balancing, origin_pulls, rulesets, zones
from originlock.lab.cloudflare.asking import Call, Outcome
from originlock.lab.cloudflare.permissions import (
    ACCOUNT_SETTINGS,
    DNS,
    MONITORS_AND_POOLS,
    NOTIFICATIONS,
    SSL,
    ZONE,
    ZONE_SETTINGS,
)
from originlock.lab.cloudflare.state import CloudflareState

Handler: TypeAlias = Callable[[CloudflareState, Call], Outcome]

#: Identifiers of zones and accounts; others are longer or have dashes.
_TAG: Final = "[0-9a-f]{32}"
_ANY: Final = "[^/]+"


@dataclass(frozen=True)
class Endpoint:
    """One call.

    Attributes:
        template: the path below ``/client/v4/``, with names in braces.
        permission: what the token needs; none where the handler judges, or where any token does.
        write: None where the method tells: all but GET write.
    """

    method: str
    template: str
    handler: Handler
    permission: str | None = None
    write: bool | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern."""
        text = re.sub(r"\{(zone|account)\}", rf"(?P<\1>{_TAG})", self.template)
        return re.compile(re.sub(r"\{([a-z]+)\}", rf"(?P<\1>{_ANY})", text))

    @property
    def writes(self) -> bool:
        """Whether the permission has to be one for writing."""
        return self.method != "GET" if self.write is None else self.write


_PULLS: Final = "zones/{zone}/origin_tls_client_auth"
_RECORDS: Final = "zones/{zone}/dns_records"
_RULESETS: Final = "zones/{zone}/rulesets"
_ALERTING: Final = "accounts/{account}/alerting/v3"


def _balancing(kind: str) -> tuple[Endpoint, ...]:
    base = f"accounts/{{account}}/load_balancers/{kind}"
    return (
        Endpoint("GET", base, load_balancing.listed(kind), MONITORS_AND_POOLS),
        Endpoint("POST", base, load_balancing.created(kind), MONITORS_AND_POOLS),
        Endpoint("GET", f"{base}/{{id}}", load_balancing.got(kind), MONITORS_AND_POOLS),
        Endpoint("PATCH", f"{base}/{{id}}", load_balancing.edited(kind), MONITORS_AND_POOLS),
        Endpoint("DELETE", f"{base}/{{id}}", load_balancing.removed(kind), MONITORS_AND_POOLS),
    )


#: More special paths stand before those that would match them too.
ENDPOINTS: Final = (
    Endpoint("GET", "user/tokens/verify", accounts.verified),
    Endpoint("GET", "accounts", accounts.listed),
    Endpoint("GET", "accounts/{account}", accounts.got, ACCOUNT_SETTINGS),
    Endpoint("GET", f"{_ALERTING}/available_alerts", accounts.available_alerts, NOTIFICATIONS),
    Endpoint("GET", f"{_ALERTING}/policies", accounts.policies, NOTIFICATIONS),
    Endpoint("POST", f"{_ALERTING}/policies", accounts.policy_created, NOTIFICATIONS),
    Endpoint("GET", f"{_ALERTING}/policies/{{policy}}", accounts.policy, NOTIFICATIONS),
    Endpoint("PUT", f"{_ALERTING}/policies/{{policy}}", accounts.policy_updated, NOTIFICATIONS),
    Endpoint("DELETE", f"{_ALERTING}/policies/{{policy}}", accounts.policy_removed, NOTIFICATIONS),
    *_balancing("monitors"),
    *_balancing("pools"),
    Endpoint("GET", "zones", zones.listed),
    Endpoint("POST", "zones", zones.create),
    Endpoint("GET", "zones/{zone}", zones.got, ZONE),
    Endpoint("PATCH", "zones/{zone}", zones.edited, ZONE),
    Endpoint("DELETE", "zones/{zone}", zones.removed, ZONE),
    Endpoint("PUT", "zones/{zone}/activation_check", zones.activation_check, ZONE),
    Endpoint("GET", "zones/{zone}/settings", zones.all_settings, ZONE_SETTINGS),
    Endpoint("GET", "zones/{zone}/settings/{setting}", zones.setting, ZONE_SETTINGS),
    Endpoint("PATCH", "zones/{zone}/settings/{setting}", zones.set_setting, ZONE_SETTINGS),
    Endpoint("GET", _RECORDS, dns_records.listed, DNS),
    Endpoint("POST", _RECORDS, dns_records.create, DNS),
    Endpoint("GET", f"{_RECORDS}/export", dns_records.exported, DNS),
    Endpoint("POST", f"{_RECORDS}/scan", dns_scan.scanned, DNS),
    Endpoint("POST", f"{_RECORDS}/scan/trigger", dns_scan.triggered, DNS),
    Endpoint("GET", f"{_RECORDS}/scan/review", dns_scan.waiting, DNS),
    Endpoint("POST", f"{_RECORDS}/scan/review", dns_scan.reviewed, DNS),
    Endpoint("GET", f"{_RECORDS}/{{record}}", dns_records.got, DNS),
    Endpoint("PUT", f"{_RECORDS}/{{record}}", dns_records.replaced, DNS),
    Endpoint("PATCH", f"{_RECORDS}/{{record}}", dns_records.edited, DNS),
    Endpoint("DELETE", f"{_RECORDS}/{{record}}", dns_records.removed, DNS),
    Endpoint("GET", f"{_PULLS}/settings", origin_pulls.setting, SSL),
    Endpoint("PUT", f"{_PULLS}/settings", origin_pulls.set_setting, SSL),
    Endpoint("PUT", f"{_PULLS}/hostnames", origin_pulls.associate, SSL),
    Endpoint("GET", f"{_PULLS}/hostnames/certificates", origin_pulls.listed_for_hostnames, SSL),
    Endpoint("POST", f"{_PULLS}/hostnames/certificates", origin_pulls.upload_for_hostnames, SSL),
    Endpoint("GET", f"{_PULLS}/hostnames/certificates/{{certificate}}", origin_pulls.got_for_hostnames, SSL),
    Endpoint("DELETE", f"{_PULLS}/hostnames/certificates/{{certificate}}", origin_pulls.removed_for_hostnames, SSL),
    Endpoint("GET", f"{_PULLS}/hostnames/{{hostname}}", origin_pulls.association, SSL),
    Endpoint("GET", _PULLS, origin_pulls.listed_for_zone, SSL),
    Endpoint("POST", _PULLS, origin_pulls.upload_for_zone, SSL),
    Endpoint("GET", f"{_PULLS}/{{certificate}}", origin_pulls.got_for_zone, SSL),
    Endpoint("DELETE", f"{_PULLS}/{{certificate}}", origin_pulls.removed_for_zone, SSL),
    Endpoint("GET", _RULESETS, rulesets.listed),
    Endpoint("GET", f"{_RULESETS}/phases/{{phase}}/entrypoint", rulesets.entrypoint),
    Endpoint("PUT", f"{_RULESETS}/phases/{{phase}}/entrypoint", rulesets.replaced),
    Endpoint("GET", f"{_RULESETS}/{{ruleset}}", rulesets.got),
    Endpoint("POST", f"{_RULESETS}/{{ruleset}}/rules", rulesets.rule_created),
    Endpoint("PATCH", f"{_RULESETS}/{{ruleset}}/rules/{{rule}}", rulesets.rule_edited),
    Endpoint("DELETE", f"{_RULESETS}/{{ruleset}}/rules/{{rule}}", rulesets.rule_removed),
)


def found(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The endpoint of a call, and what its path names."""
    for each in ENDPOINTS:
        if each.method != method:
            continue
        match = each.pattern.fullmatch(path)
        if match is not None:
            return each, match.groupdict()
    return None
