"""The acts of the identity lock at Cloudflare, one after the other in each zone.

Lives here: doing them, and what the API's refusals mean as outcomes. Must not live here: why they are done, in which
order, waiting until they show.
The codes are those of docs/cloudflare-behaviour.md.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Final, Protocol, assert_never

from originlock.edges.calls import Answer, Called, Calls, NoAnswer, Refusal
from originlock.edges.cloudflare_answers import missing_permission, with_fingerprint
from originlock.edges.cloudflare_calls import (
    ASSOCIATE,
    DELETE_FOR_HOSTS,
    DELETE_FROM_ZONE,
    SET_PULLS,
    SET_SETTING,
    UPLOAD_FOR_HOSTS,
    UPLOAD_TO_ZONE,
    ApiCall,
)
from originlock.edges.cloudflare_records import RecordKeeper
from originlock.facts.unknown import Unknown
from originlock.facts.zone import GONE, Association, DnsRecord, EdgeCertificate, Scope
from originlock.plan.outcomes import AlreadySo, Done, Failed, Outcome, Unsure
from originlock.plan.trust_acts import (
    DeleteCertificate,
    EdgeAct,
    SetGlobalPulls,
    SetHostnamePulls,
    SetRecords,
    SetZonePulls,
    UploadCertificate,
)
from originlock.ports.writing import Keys

_AGAIN: Final = "run `originlock apply` again: it goes on from what the edge holds then"

_CONFLICT: Final = 409
_TOO_MANY: Final = 429

_SAME: Final = 1406
_IN_USE: Final = 1433
_DEPLOYING: Final = 1434
_GONE: Final = frozenset({1414, 1551, 1552})

_REMEDIES: Final[tuple[tuple[int | str, str], ...]] = (
    # a code, or words of a refusal whose code is in no source; the first that fits
    (1404, "the edge wants the id of a certificate; plan again, for the one that was meant is gone"),
    (1408, "the edge cannot read this certificate or its key: issue another leaf with `originlock ca`"),
    (1415, "the certificate is deleted, or was uploaded for the zone and not for hostnames: plan again"),
    (_IN_USE, "another hostname still presents it: plan again, so that its association ends first"),
    ("missing leaf certificate", "this is an authority: the edge takes a leaf; see identity.leaf"),
    ("certificates per zone", "the zone holds as many as it may: delete one that no hostname presents"),
    ("maximum associations", "as many hostnames as may present it do so: issue another leaf for the others"),
    ("do not match", "the key in the authority's folder is another certificate's: issue another leaf"),
)


class AccountLooks(Protocol):
    """What the acts read."""

    def certificates(self, zone: str, scope: Scope) -> tuple[EdgeCertificate, ...] | Unknown:
        """The client certificates of a zone, of one scope."""

    def association(self, zone: str, hostname: str) -> Association | Unknown:
        """What a hostname presents."""

    def records_of(self, zone: str, name: str) -> tuple[DnsRecord, ...] | Unknown:
        """The address records of a name."""


class Acts:
    """Does acts with one token."""

    def __init__(self, calls: Calls, keys: Keys | None, looks: AccountLooks) -> None:
        self._calls = calls
        self._keys = keys
        self._looks = looks
        self._guard = threading.Lock()
        # Changes of one zone that meet each other are refused (409).
        self._zones: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def performed(self, act: EdgeAct) -> Outcome:
        """Do one act.

        Raises:
            UsageError: the private key of what is to be uploaded is not here.
        """
        with self._guard:
            zone = self._zones[act.zone]
        with zone:
            return self._done(act)

    def _done(self, act: EdgeAct) -> Outcome:
        match act:
            case UploadCertificate():
                return self._uploaded(act)
            case DeleteCertificate():
                return self._deleted(act)
            case SetHostnamePulls():
                return self._hostname(act)
            case SetZonePulls(zone, on):
                path = SET_PULLS.at(zone=zone)
                return outcome_of(SET_PULLS, self._calls.call(SET_PULLS.method, path, body={"enabled": on}))
            case SetGlobalPulls(zone, on):
                path, value = SET_SETTING.at(zone=zone, setting="tls_client_auth"), "on" if on else "off"
                return outcome_of(SET_SETTING, self._calls.call(SET_SETTING.method, path, body={"value": value}))
            case SetRecords(zone, name, wanted):
                held = self._looks.records_of(zone, name)
                if isinstance(held, Unknown):
                    return _not_seen(held)
                return RecordKeeper(self._calls, outcome_of).kept(zone, name, held, wanted)
            case _:
                assert_never(act)

    # --- certificates --------------------------------------------------------------------------

    def _uploaded(self, act: UploadCertificate) -> Outcome:
        if self._keys is None:
            return Failed("there are no private keys here", "run it where the authority's folder is")
        call = UPLOAD_TO_ZONE if act.scope == "zone" else UPLOAD_FOR_HOSTS
        key = self._keys.private_key(act.authority, act.sha256).decode("ascii")
        body = {"certificate": act.pem, "private_key": key}
        called = self._calls.call(call.method, call.at(zone=act.zone), body=body)
        if isinstance(called, Refusal) and _SAME in called.codes:
            return self._same(act, called)
        return outcome_of(call, called)

    def _same(self, act: UploadCertificate, refusal: Refusal) -> Outcome:
        """The same certificate is there: as it should be, or it is still being deleted."""
        found = self._found(act.zone, act.scope, act.sha256)
        if isinstance(found, EdgeCertificate) and found.status in GONE:
            message = f"the edge is still deleting the same certificate: {refusal.said}"
            return Failed(message, f"wait a few minutes until it is gone; then {_AGAIN}")
        return AlreadySo(refusal.said)

    def _deleted(self, act: DeleteCertificate) -> Outcome:
        found = self._found(act.zone, act.scope, act.sha256)
        if isinstance(found, Unknown):
            return _not_seen(found)
        if found is None or found.status in GONE:
            return AlreadySo(f"the edge has no certificate {act.sha256[:16]} any more")
        call = DELETE_FROM_ZONE if act.scope == "zone" else DELETE_FOR_HOSTS
        called = self._calls.call(call.method, call.at(zone=act.zone, certificate=found.id))
        if isinstance(called, Refusal) and _is_deleted(called):
            return AlreadySo(called.said)
        if isinstance(called, Refusal) and _DEPLOYING in called.codes:
            # It can be deleted once it is deployed, or has failed to be.
            return Unsure(called.said)
        return outcome_of(call, called)

    def _found(self, zone: str, scope: Scope, sha256: str) -> EdgeCertificate | Unknown | None:
        listed = self._looks.certificates(zone, scope)
        if isinstance(listed, Unknown):
            return listed
        return with_fingerprint(listed, sha256)

    # --- hostnames -----------------------------------------------------------------------------

    def _hostname(self, act: SetHostnamePulls) -> Outcome:
        if act.enabled is None:
            return self._voided(act)
        identity = self._id_of(act)
        if not isinstance(identity, str):
            return identity
        return self._associate(act, identity)

    def _voided(self, act: SetHostnamePulls) -> Outcome:
        """End the association; whether the API wants an id for that is in no source, and the one that is there fits."""
        now = self._looks.association(act.zone, act.hostname)
        if isinstance(now, Unknown):
            return _not_seen(now)
        if now.enabled is None:
            return AlreadySo(f"nothing is associated with {act.hostname}")
        return self._associate(act, now.certificate)

    def _id_of(self, act: SetHostnamePulls) -> str | Outcome:
        """The edge's id of the certificate that is to be associated."""
        if not act.certificate:
            if act.certificate_id:
                return act.certificate_id
            now = self._looks.association(act.zone, act.hostname)
            if isinstance(now, Unknown):
                return _not_seen(now)
            if now.certificate:
                return now.certificate
            return Failed(f"no certificate was named for {act.hostname}, and it has none", f"plan again: {_AGAIN}")
        found = self._found(act.zone, "hostname", act.certificate)
        if isinstance(found, Unknown):
            return _not_seen(found)
        if found is None or found.status in GONE:
            message = f"the edge has no certificate {act.certificate[:16]} for hostnames"
            return Failed(message, f"upload it first: {_AGAIN}")
        return found.id

    def _associate(self, act: SetHostnamePulls, identity: str) -> Outcome:
        config = [{"hostname": act.hostname, "cert_id": identity, "enabled": act.enabled}]
        called = self._calls.call(ASSOCIATE.method, ASSOCIATE.at(zone=act.zone), body={"config": config})
        return outcome_of(ASSOCIATE, called)


def _is_deleted(refusal: Refusal) -> bool:
    if refusal.codes & _GONE:
        return True
    # Of a zone's certificate; the code of that refusal is in no source.
    return any("already deleted" in each.message.lower() for each in refusal.problems)


def _not_seen(unknown: Unknown) -> Outcome:
    """Nothing was done, for what is there cannot be seen."""
    return Failed(f"{unknown.what} could not be read, so nothing was changed: {unknown.reason}", _AGAIN)


def outcome_of(call: ApiCall, called: Called) -> Outcome:
    """How an act ended whose one writing call ended like this."""
    match called:
        case Answer():
            return Done()
        case NoAnswer(reason, perhaps_done):
            if perhaps_done:
                return Unsure(reason)
            return Failed(reason, f"check the network and the edge's account_url; then {_AGAIN}")
        case Refusal():
            return _of_refusal(call, called)
        case _:
            assert_never(called)


def _of_refusal(call: ApiCall, refusal: Refusal) -> Outcome:
    if refusal.status == _CONFLICT:
        return Unsure(f"another change of the zone was under way: {refusal.said}")
    if refusal.status == _TOO_MANY:
        wait = "" if refusal.retry_after is None else f" (wait {refusal.retry_after:g} seconds)"
        return Unsure(f"the edge was asked too often{wait}: {refusal.said}")
    lacking = missing_permission(call, refusal)
    if lacking:
        return Failed(lacking, f"give the token that permission (docs/cloudflare-token.md); then {_AGAIN}")
    return Failed(f"the edge refused: {refusal.said}", _remedy(refusal))


def _remedy(refusal: Refusal) -> str:
    for sign, remedy in _REMEDIES:
        if sign in refusal.codes if isinstance(sign, int) else _says(refusal, sign):
            return remedy
    return f"mend what the edge says; then {_AGAIN}"


def _says(refusal: Refusal, words: str) -> bool:
    return any(words in each.message.lower() for each in refusal.problems)
