"""Adding zones to an account at Cloudflare.

Lives here: making a zone, having its old records imported, and the activation check. Must not live here: what was
missed, waiting, origins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from originlock.edges.calls import Answer, Calls, NoAnswer, Refusal
from originlock.edges.cloudflare_acts import outcome_of
from originlock.edges.cloudflare_answers import FoundZone, missing_permission, text, zone_of_answer
from originlock.edges.cloudflare_calls import (
    ACCOUNTS,
    CHECK_ACTIVATION,
    CREATE_ZONE,
    RECORDS,
    SCAN,
    ZONES,
    ApiCall,
)
from originlock.edges.decode import JsonValue
from originlock.facts.dns import TYPES, Delegation, NamedRecord
from originlock.facts.unknown import Unknown
from originlock.plan.outcomes import Failed, Outcome, Unsure

_PAGE: Final = 50
_RECORDS_A_PAGE: Final = 100

_ALREADY_THERE: Final = 1061
_TOO_MANY: Final = 429


class CloudflareZones:
    """Adds zones with one token."""

    def __init__(self, url: str, token: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Remember where to ask.

        Raises:
            UsageError: the token has characters that no token has.
        """
        self._calls = Calls(url, token, pause=pause)

    def accounts(self) -> tuple[tuple[str, str], ...] | Unknown:
        """The accounts that the token can see, by id and name."""
        listed = self._listed(ACCOUNTS, "the accounts", per_page=_PAGE)
        if isinstance(listed, Unknown):
            return listed
        found = [(text(each, "id"), text(each, "name")) for each in listed]
        return tuple(each for each in found if each[0])

    def found(self, name: str) -> Delegation | Unknown | None:
        """The zone of this name; None if the token sees none, Unknown if it sees several."""
        listed = self._listed(ZONES, f"the zone {name}", query=(("name", name),), per_page=_PAGE)
        if isinstance(listed, Unknown):
            return listed
        zones = [each for each in map(zone_of_answer, listed) if each is not None and each.zone.name == name]
        if len(zones) > 1:
            accounts = ", ".join(sorted(f"{each.account_name} ({each.account})" for each in zones))
            return Unknown(f"the zone {name}", f"several accounts have it: {accounts}; use a token for one of them")
        return _delegation(zones[0]) if zones else None

    def created(self, name: str, account: str) -> Delegation | Failed | Unsure:
        """Make a zone whose DNS is the edge's."""
        body = {"name": name, "account": {"id": account}, "type": "full"}
        called = self._calls.call(CREATE_ZONE.method, CREATE_ZONE.at(), body=body)
        match called:
            case Answer(result=result):
                zone = zone_of_answer(result)
                return _delegation(zone) if zone is not None else Unsure("the answer cannot be understood")
            case Refusal() if _ALREADY_THERE in called.codes:
                message = f"the edge has the zone already, and the token does not see it: {called.said}"
                return Failed(message, "use a token of the account that has it")
            case _:
                outcome = outcome_of(CREATE_ZONE, called)
                return outcome if isinstance(outcome, Failed | Unsure) else Unsure("the edge's answer tells nothing")

    def imported(self, zone: str) -> Outcome:
        """Have the edge look for common names at the old name servers, and take what it finds."""
        return outcome_of(SCAN, self._calls.call(SCAN.method, SCAN.at(zone=zone)))

    def records(self, zone: str) -> tuple[NamedRecord, ...] | Unknown:
        """All the zone's records of the types that are known."""
        listed = self._listed(RECORDS, "the DNS records", zone=zone, per_page=_RECORDS_A_PAGE)
        if isinstance(listed, Unknown):
            return listed
        return tuple(each for each in map(_named, listed) if each is not None)

    def checked(self, zone: str) -> Outcome:
        """Ask for an activation check; one that was asked for within the hour is refused, and under way."""
        called = self._calls.call(CHECK_ACTIVATION.method, CHECK_ACTIVATION.at(zone=zone))
        if isinstance(called, Refusal) and called.status == _TOO_MANY:
            return Unsure(f"the edge was asked for a check a short while ago: {called.said}")
        return outcome_of(CHECK_ACTIVATION, called)

    def _listed(
        self, call: ApiCall, what: str, *, per_page: int, query: tuple[tuple[str, str], ...] = (), **names: str
    ) -> tuple[JsonValue, ...] | Unknown:
        listed = self._calls.listed(call.at(**names), query=query, per_page=per_page)
        match listed:
            case Refusal():
                return Unknown(what, missing_permission(call, listed) or f"the edge refused: {listed.said}")
            case NoAnswer(reason=reason):
                return Unknown(what, reason)
            case _:
                return listed


def _delegation(found: FoundZone) -> Delegation:
    zone = found.zone
    return Delegation(zone.id, zone.name, zone.status, zone.name_servers, zone.original_name_servers)


def _named(value: JsonValue) -> NamedRecord | None:
    """A member of the list of records; a long text keeps its length, for it is compared."""
    kind, name, content = text(value, "type"), text(value, "name"), text(value, "content", 4096)
    if kind not in TYPES or not (name and content):
        return None
    # What stands before the target of an SRV is a weight and a port here, and its priority elsewhere.
    return NamedRecord(name, kind, content.split()[-1] if kind == "SRV" else content)
