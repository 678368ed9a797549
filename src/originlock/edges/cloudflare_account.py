"""An account at Cloudflare: a zone and its parts, read by its API.

Lives here: finding the zone, reading its parts, and saying which permission is missing where one is.
Must not live here: what is changed there (see `cloudflare_acts`), what is wanted, HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from originlock.edges.calls import Answer, Calls, NoAnswer, Refusal
from originlock.edges.cloudflare_acts import Acts
from originlock.edges.cloudflare_answers import (
    FoundZone,
    association_of,
    certificate_of,
    missing_permission,
    monitor_of,
    record_of,
    ssl_rules_of,
    with_fingerprint,
    zone_of_answer,
)
from originlock.edges.cloudflare_calls import (
    ASSOCIATION,
    HOST_CERTIFICATES,
    MONITORS,
    PULLS,
    RECORDS,
    SETTING,
    SSL_RULES,
    ZONE_CERTIFICATES,
    ZONES,
    ApiCall,
)
from originlock.edges.decode import JsonValue
from originlock.facts.origin import Missing
from originlock.facts.snapshot import Held
from originlock.facts.unknown import Unknown
from originlock.facts.zone import (
    Association,
    DnsRecord,
    DnsRecords,
    EdgeCertificate,
    Monitor,
    Scope,
    Switch,
    Zone,
    part_of_zone,
    zone_of,
)

if TYPE_CHECKING:
    from originlock.plan.outcomes import Outcome
    from originlock.plan.trust_acts import EdgeAct
    from originlock.ports.writing import Keys

Certificates = tuple[EdgeCertificate, ...] | Unknown

_ZONES_A_PAGE: Final = 50
_RECORDS_A_PAGE: Final = 100
"""Most of what a page of zones has, and the default of one of records (docs/cloudflare-behaviour.md)."""

_MOST_LABELS: Final = 8
"""How many names are tried for a zone, the longest first (our choice: hostnames have three or four labels)."""

_NOT_FOUND: Final = 404
_DENIED: Final = frozenset({401, 403})
_NO_ASSOCIATION: Final = 1553


class CloudflareAccount:
    """Reads and changes what one token can see."""

    def __init__(
        self,
        url: str,
        token: str,
        keys: Keys | None,
        *,
        zone: str = "",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Remember where to ask.

        Args:
            url: of the API, such as ``https://api.cloudflare.com/client/v4``.
            token: an API token.
            keys: where private keys are; None where nothing is uploaded.
            zone: the name of the zone; empty, it is found from the hostnames.
            pause: waits so many seconds.

        Raises:
            UsageError: the token has characters that no token has.
        """
        self.calls = Calls(url, token, pause=pause)
        self._zone = zone.lower().rstrip(".")
        self._acts = Acts(self.calls, keys, self)

    def __repr__(self) -> str:
        """Without the token."""
        return f"CloudflareAccount({self.calls!r})"

    def performed(self, act: EdgeAct) -> Outcome:
        """Do one act; acts on one zone are done one after the other. A refusal is an outcome, not an exception.

        Raises:
            UsageError: the private key of what is to be uploaded is not here.
        """
        return self._acts.performed(act)

    # --- the zone ------------------------------------------------------------------------------

    def zone(self, hostnames: tuple[str, ...]) -> Zone | Missing | Unknown:
        """The zone that these hostnames are in, with all its parts; a part that cannot be read is Unknown.

        Returns:
            Missing if the token sees no such zone; Unknown if it cannot be told, or the hostnames are in several.
        """
        names = tuple(dict.fromkeys(name.lower().rstrip(".") for name in hostnames))
        found = self._found(names)
        return found if isinstance(found, Missing | Unknown) else self._filled(found, names)

    def _found(self, hostnames: tuple[str, ...]) -> FoundZone | Missing | Unknown:
        if self._zone:
            outside = [name for name in hostnames if not _within(name, self._zone)]
            if outside:
                return Unknown(f"the zone {self._zone}", f"{', '.join(outside)} cannot be in it")
            return self.named(self._zone) or Missing(self._zone)
        if not hostnames:
            return Unknown("the zone", "the policy names neither hostnames nor the zone")
        asked: dict[str, FoundZone | Unknown | None] = {}
        zones: dict[str, FoundZone] = {}
        for hostname in hostnames:
            found = self._nearest(hostname, asked)
            if isinstance(found, Unknown):
                return found
            if found is not None:
                zones[hostname] = found
        return _agreed(hostnames, zones)

    def _nearest(self, hostname: str, asked: dict[str, FoundZone | Unknown | None]) -> FoundZone | Unknown | None:
        """The zone by the longest name that the hostname ends with."""
        for candidate in _suffixes(hostname):
            if candidate not in asked:
                asked[candidate] = self.named(candidate)
            found = asked[candidate]
            if found is not None:
                return found
        return None

    def named(self, name: str) -> FoundZone | Unknown | None:
        """The zone of this name; None if the token sees none, Unknown if it sees several."""
        listed = self._listed(ZONES, f"the zone {name}", query=(("name", name),), per_page=_ZONES_A_PAGE)
        if isinstance(listed, Unknown):
            return listed
        found = [zone for zone in map(zone_of_answer, listed) if zone is not None and zone.zone.name == name]
        if len(found) > 1:
            accounts = ", ".join(sorted(f"{each.account_name} ({each.account})" for each in found))
            reason = f"several accounts have a zone of this name, and the token sees them all: {accounts}"
            return Unknown(f"the zone {name}", f"{reason}; make a token for one account alone")
        return found[0] if found else None

    def _filled(self, found: FoundZone, hostnames: tuple[str, ...]) -> Zone:
        zone = found.zone
        certificates = self._both(zone.id)
        known = () if isinstance(certificates, Unknown) else certificates
        return Zone(
            id=zone.id,
            name=zone.name,
            status=zone.status,
            name_servers=zone.name_servers,
            original_name_servers=zone.original_name_servers,
            ssl=self._text(zone.id, "ssl"),
            ssl_by_host=self._rules(zone.id),
            global_pulls=self._on(zone.id, "tls_client_auth"),
            zone_pulls=self._pulls(zone.id),
            certificates=certificates,
            associations={name: self._association(zone.id, name, known) for name in hostnames},
            records=self._records(zone.id),
            monitors=self._monitors(found.account),
            always_https=self._on(zone.id, "always_use_https"),
            dedicated=self._dedicated(zone.id),
            others=self._others(zone.name),
        )

    # --- targets -------------------------------------------------------------------------------

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets of changes as they are now; lists are read once for all of them."""
        lists: dict[tuple[str, Scope], Certificates] = {}
        return {target: self._held(target, lists) for target in targets}

    def _held(self, target: str, lists: dict[tuple[str, Scope], Certificates]) -> Held | Unknown:
        zone = zone_of(target) or ""
        match part_of_zone(target):
            case ("certificates", ("hostname" | "zone") as scope, sha256):
                return self._certificate(target, self._list_once(zone, scope, lists), sha256)
            case ("pulls", "hostname", hostname):
                listed = self._list_once(zone, "hostname", lists)
                return self._association(zone, hostname, () if isinstance(listed, Unknown) else listed)
            case ("pulls", "zone"):
                on = self._pulls(zone)
                return on if isinstance(on, Unknown) else Switch(target, on)
            case ("pulls", "global"):
                on = self._on(zone, "tls_client_auth")
                return on if isinstance(on, Unknown) else Switch(target, on)
            case ("dns", name):
                records = self.records_of(zone, name)
                return records if isinstance(records, Unknown) else DnsRecords(name, records)
            case _:
                return Unknown(target, "it is nothing that the edge's account has")

    def _list_once(self, zone: str, scope: Scope, lists: dict[tuple[str, Scope], Certificates]) -> Certificates:
        if (zone, scope) not in lists:
            lists[zone, scope] = self.certificates(zone, scope)
        return lists[zone, scope]

    @staticmethod
    def _certificate(target: str, listed: Certificates, sha256: str) -> EdgeCertificate | Missing | Unknown:
        if isinstance(listed, Unknown):
            return listed
        return with_fingerprint(listed, sha256) or Missing(target)

    # --- parts ---------------------------------------------------------------------------------

    def certificates(self, zone: str, scope: Scope) -> Certificates:
        """The client certificates of a zone that were uploaded for it, or for its hostnames."""
        call = ZONE_CERTIFICATES if scope == "zone" else HOST_CERTIFICATES
        what = f"the client certificates of the zone (scope {scope})"
        listed = self._listed(call, what, zone=zone)
        if isinstance(listed, Unknown):
            return listed
        found = [certificate_of(each, scope) for each in listed]
        return tuple(each for each in found if each is not None)

    def _both(self, zone: str) -> Certificates:
        hosts = self.certificates(zone, "hostname")
        if isinstance(hosts, Unknown):
            return hosts
        whole = self.certificates(zone, "zone")
        return whole if isinstance(whole, Unknown) else (*whole, *hosts)

    def _association(self, zone: str, hostname: str, known: tuple[EdgeCertificate, ...]) -> Association | Unknown:
        what = f"what {hostname} presents"
        called = self.calls.call("GET", ASSOCIATION.at(zone=zone, hostname=hostname))
        match called:
            case Answer(result=result):
                found = association_of(result, hostname, {each.id: each.sha256 for each in known})
                return found or Unknown(what, "the answer cannot be understood")
            case Refusal() if called.status == _NOT_FOUND and _NO_ASSOCIATION in called.codes:
                return Association(hostname)
            case _:
                return _unknown(ASSOCIATION, what, called)

    def association(self, zone: str, hostname: str) -> Association | Unknown:
        """What a hostname presents, with the certificate's id alone."""
        return self._association(zone, hostname, ())

    def _pulls(self, zone: str) -> bool | Unknown:
        what = "zone-level origin pulls"
        called = self.calls.call("GET", PULLS.at(zone=zone))
        if not isinstance(called, Answer):
            return _unknown(PULLS, what, called)
        on = called.result.get("enabled") if isinstance(called.result, dict) else None
        return on if isinstance(on, bool) else Unknown(what, "the answer cannot be understood")

    def _setting(self, zone: str, name: str) -> JsonValue | Unknown | Refusal:
        called = self.calls.call("GET", SETTING.at(zone=zone, setting=name))
        match called:
            case Answer(result={"value": value}):
                return value
            case Answer():
                return Unknown(f"the setting {name}", "the answer cannot be understood")
            case Refusal(status=status) if status not in _DENIED:
                return called
            case _:
                return _unknown(SETTING, f"the setting {name}", called)

    def _text(self, zone: str, name: str) -> str | Unknown:
        value = self._setting(zone, name)
        if isinstance(value, Refusal):
            return _unknown(SETTING, f"the setting {name}", value)
        if isinstance(value, Unknown):
            return value
        usable = isinstance(value, str) and value.isascii() and value.isprintable()
        return value if isinstance(value, str) and usable else Unknown(f"the setting {name}", "it is no text")

    def _on(self, zone: str, name: str) -> bool | Unknown:
        value = self._text(zone, name)
        if isinstance(value, Unknown):
            return value
        return value == "on" if value in {"on", "off"} else Unknown(f"the setting {name}", f"it is {value[:20]!r}")

    def _dedicated(self, zone: str) -> tuple[str, ...] | Unknown:
        """The dedicated egress addresses: the API tells whether there are some, and no page tells where it lists them.

        A zone whose plan has no such setting has none: that the API then refuses with something else than a missing
        permission is a guess.
        """
        value = self._setting(zone, "aegis")
        if isinstance(value, Refusal):
            return ()
        if isinstance(value, Unknown):
            return value
        if isinstance(value, dict) and value.get("enabled") is True:
            reason = "the zone has some, and the API does not tell which; name them in network.extra_ranges"
            return Unknown("the dedicated egress addresses", reason)
        return ()

    def _rules(self, zone: str) -> tuple[tuple[str, str], ...] | Unknown:
        called = self.calls.call("GET", SSL_RULES.at(zone=zone))
        match called:
            case Answer(result=result):
                return ssl_rules_of(result)
            case Refusal(status=status) if status == _NOT_FOUND:
                return ()
            case _:
                return _unknown(SSL_RULES, "configuration rules", called)

    def _records(self, zone: str) -> tuple[DnsRecord, ...] | Unknown:
        listed = self._listed(RECORDS, "the DNS records", zone=zone, per_page=_RECORDS_A_PAGE)
        if isinstance(listed, Unknown):
            return listed
        return tuple(each for each in map(record_of, listed) if each is not None)

    def records_of(self, zone: str, name: str) -> tuple[DnsRecord, ...] | Unknown:
        """The address records of one name."""
        what, query = f"the DNS records of {name}", (("name.exact", name),)
        listed = self._listed(RECORDS, what, query=query, zone=zone, per_page=_RECORDS_A_PAGE)
        if isinstance(listed, Unknown):
            return listed
        # Whoever does not know the parameter answers with all of them.
        found = [record_of(each) for each in listed]
        return tuple(each for each in found if each is not None and each.name == name.lower())

    def _monitors(self, account: str) -> tuple[Monitor, ...] | Unknown:
        listed = self._listed(MONITORS, "the health monitors of the account", account=account)
        if isinstance(listed, Unknown):
            return listed
        return tuple(each for each in map(monitor_of, listed) if each is not None)

    def _others(self, name: str) -> tuple[str, ...] | Unknown:
        listed = self._listed(ZONES, "the other zones", per_page=_ZONES_A_PAGE)
        if isinstance(listed, Unknown):
            return listed
        found = [zone.zone.name for zone in map(zone_of_answer, listed) if zone is not None]
        return tuple(sorted({each for each in found if each != name}))

    def _listed(
        self,
        call: ApiCall,
        what: str,
        *,
        query: tuple[tuple[str, str], ...] = (),
        per_page: int | None = None,
        **names: str,
    ) -> tuple[JsonValue, ...] | Unknown:
        listed = self.calls.listed(call.at(**names), query=query, per_page=per_page)
        return listed if isinstance(listed, tuple) else _unknown(call, what, listed)


def _unknown(call: ApiCall, what: str, called: Answer | Refusal | NoAnswer) -> Unknown:
    match called:
        case Refusal():
            return Unknown(what, missing_permission(call, called) or f"the edge refused: {called.said}")
        case NoAnswer(reason=reason):
            return Unknown(what, reason)
        case Answer():
            return Unknown(what, "the answer cannot be understood")


def _within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _suffixes(hostname: str) -> tuple[str, ...]:
    """What the zone of a hostname may be called, the longest first; a top-level domain is none."""
    labels = hostname.removeprefix("*.").split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    return tuple(names[-_MOST_LABELS:])


def _agreed(hostnames: tuple[str, ...], zones: dict[str, FoundZone]) -> FoundZone | Missing | Unknown:
    if not zones:
        return Missing(", ".join(hostnames))
    without = [name for name in hostnames if name not in zones]
    if without:
        some = next(iter(zones.values())).zone.name
        reason = f"the token sees no zone for {', '.join(without)}, and {some} for the others"
        return Unknown("the zone", f"{reason}; the hostnames of one origin have to be in one zone")
    if len({each.zone.id for each in zones.values()}) > 1:
        said = ", ".join(f"{name} in {found.zone.name}" for name, found in zones.items())
        return Unknown("the zone", f"the hostnames are in different zones: {said}; make an origin of each")
    return next(iter(zones.values()))
