"""Where the edge sends a request, and how: the zone's records, settings, rules and certificates in one frozen answer.

Here lives putting together what the state holds for one request. Here must not live: sockets, TLS, HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from originlock.lab.cloudflare.expressions import condition
from originlock.lab.cloudflare.records import ClientCertificate, Rule, Switches, Zone
from originlock.lab.cloudflare.state import CloudflareState

#: Types of records that can be proxied: 'Proxy status'.
PROXIABLE: Final = ("A", "AAAA", "CNAME")

#: With these the edge speaks TLS to the origin, for visitors that came by TLS; 'SSL-Only Origin Pull' for all.
ALWAYS_TLS: Final = "origin_pull"
STRICT: Final = ("strict", "origin_pull")

#: What is what where nobody has set it.
DEFAULT_SSL: Final = "full"
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80

#: Phases, in the order in which they take effect: 'Ruleset Engine, phases list'.
CONFIG_PHASE: Final = "http_config_settings"
ORIGIN_PHASE: Final = "http_request_origin"
TRANSFORM_PHASE: Final = "http_request_late_transform"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asks.

    Attributes:
        host: without a port, in lower case.
        target: path and query.
        tls: whether the visitor came by TLS.
        port: of the edge.
    """

    host: str
    method: str
    target: str
    tls: bool
    port: int
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """One header that a transform rule changes: ``set``, ``add`` or ``remove``."""

    operation: str
    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How a request reaches its origin.

    Attributes:
        targets: contents of the proxied records: addresses, or one name to resolve.
        ssl: the SSL mode for this request.
        tls: whether to speak TLS to the origin.
        strict: whether its certificate is verified.
        host: the Host that the origin is sent.
        sni: the name that the origin's TLS is asked for.
        client_certificate: what to present; None where nothing is, or TLS is not spoken.
    """

    zone: Zone
    targets: tuple[str, ...]
    ssl: str
    tls: bool
    strict: bool
    port: int
    host: str
    sni: str
    client_certificate: ClientCertificate | None
    headers: tuple[HeaderChange, ...]
    always_use_https: bool
    switches: Switches


def routed(state: CloudflareState, asked: Asked) -> Route | None:
    """Find the route of a request; None if no active zone has a proxied record for its host."""
    with state.lock:
        zone = state.zone_of(asked.host)
        if zone is None or zone.status != "active" or zone.paused:
            return None
        records = state.records_of(zone.id, asked.host)
        targets = tuple(each.content for each in records if each.proxied and each.type in PROXIABLE)
        if not targets:
            return None
        return _route(state, zone, targets, asked)


def _route(state: CloudflareState, zone: Zone, targets: tuple[str, ...], asked: Asked) -> Route:
    config = _parameters(state, zone, CONFIG_PHASE, asked)
    origin = _parameters(state, zone, ORIGIN_PHASE, asked)
    ssl = config.get("ssl") or state.setting_at_edge(zone.id, "ssl", DEFAULT_SSL)
    tls, port = _leg(ssl, asked)
    elsewhere = origin.get("origin") or {}
    # The certificate follows the name that the visitor asked for, not the Host that a rule makes of it.
    presented = state.presented(zone.id, asked.host) if tls else None
    host = origin.get("host_header") or asked.host
    return Route(
        zone=zone,
        targets=(elsewhere["host"],) if elsewhere.get("host") else targets,
        ssl=ssl,
        tls=tls,
        strict=tls and ssl in STRICT,
        port=int(elsewhere.get("port") or port),
        host=host,
        # Changing the Host changes the SNI with it, unless another rule says otherwise ('Origin Rules').
        sni=(origin.get("sni") or {}).get("value") or host,
        client_certificate=presented,
        headers=_header_changes(state, zone, asked),
        always_use_https=state.setting_at_edge(zone.id, "always_use_https", "off") == "on",
        switches=state.held.switches.get(zone.id, Switches()),
    )


def _leg(ssl: str, asked: Asked) -> tuple[bool, int]:
    """Whether to speak TLS to the origin, and at which port ('Encryption modes')."""
    if ssl == ALWAYS_TLS:
        return True, HTTPS_PORT if asked.port == HTTP_PORT else asked.port
    if not asked.tls:
        return False, asked.port
    if ssl in {"off", "flexible"} and asked.port == HTTPS_PORT:
        # Flexible is for port 443 alone; with other ports it falls back to Full.
        return False, HTTP_PORT
    return True, asked.port


def _rules(state: CloudflareState, zone: Zone, phase: str, asked: Asked) -> tuple[Rule, ...]:
    ruleset = state.held.rulesets.get((zone.id, phase))
    if ruleset is None:
        return ()
    request = {
        "http.host": asked.host,
        "http.request.uri": asked.target,
        "http.request.uri.path": asked.target.partition("?")[0],
        "http.request.method": asked.method,
        "http.user_agent": asked.user_agent,
        "ssl": "true" if asked.tls else "false",
    }
    return tuple(each for each in ruleset.rules if each.enabled and condition(each.expression)(request))


def _parameters(state: CloudflareState, zone: Zone, phase: str, asked: Asked) -> dict[str, Any]:
    """The parameters of all rules that apply; of one parameter the last rule decides ('Origin Rules')."""
    found: dict[str, Any] = {}
    for rule in _rules(state, zone, phase, asked):
        found.update(rule.action_parameters)
    return found


def _header_changes(state: CloudflareState, zone: Zone, asked: Asked) -> tuple[HeaderChange, ...]:
    return tuple(
        HeaderChange(each["operation"], name, each.get("value", ""))
        for rule in _rules(state, zone, TRANSFORM_PHASE, asked)
        for name, each in rule.action_parameters.get("headers", {}).items()
    )
