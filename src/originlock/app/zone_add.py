"""Adding a zone to the edge: make it, hold what was imported against the old name servers, wait until it is active.

Lives here: the order of these steps, which names are asked for, and what counts as missed. Must not live here: HTTP,
DNS messages, printing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, assert_never

import msgspec

from originlock.errors import TargetError, UsageError, Whose
from originlock.facts.dns import Delegation, NamedRecord, RecordType, ZoneAdded, normal
from originlock.facts.unknown import Unknown
from originlock.plan.outcomes import AlreadySo, Done, Failed, Unsure
from originlock.ports.reading import Clock, Talk
from originlock.ports.writing import ZoneRegistry

Question = tuple[str, RecordType]

ACTIVE: Final = "active"

LOOK_SECONDS: Final = 15.0
"""Between two looks at a zone that is not active yet (our choice: registrars take minutes to hours)."""

CHECK_SECONDS: Final = 3600.0
"""Between two activation checks (Cloudflare's API reference: every hour in the free plan)."""

NO_SUCH_NAME: Final = "originlock-no-such-name"
"""A label that nobody has: whatever answers for it is a wildcard."""

_WORDS: Final = (
    "www mail email smtp imap pop pop3 webmail mx mx1 mx2 autodiscover autoconfig ftp sftp ssh vpn remote api app "
    "apps admin dashboard portal login auth sso id account my m mobile web blog news shop store cart pay forum "
    "community wiki docs help support status dev development staging stage test testing qa uat beta demo preview "
    "cdn static assets img images media video files download upload git ci build monitor grafana mta-sts ns1 ns2"
)
HOSTS: Final = tuple(_WORDS.split())
TEXTS: Final = (
    *("_dmarc", "_mta-sts", "_smtp._tls", "default._bimi", "_github-challenge"),
    *(
        f"{selector}._domainkey"
        for selector in (
            *("default", "google", "selector1", "selector2", "k1", "k2", "k3", "s1", "s2", "mail", "dkim", "smtp"),
            *("mandrill", "zoho", "fm1", "fm2", "fm3", "pm", "amazonses", "mxvault"),
        )
    ),
)
SERVICES: Final = ("_autodiscover._tcp", "_sip._tls", "_sipfederationtls._tcp", "_caldavs._tcp", "_carddavs._tcp")
"""Names that zones often have, wider than what a scan finds (our choice, from the documentation of mail providers)."""

_ADDRESSES: Final[tuple[RecordType, ...]] = ("A", "AAAA")
_OF_ZONE: Final[tuple[RecordType, ...]] = ("A", "AAAA", "MX", "TXT", "CAA")
_OF_HOST: Final[tuple[RecordType, ...]] = ("A", "AAAA", "MX", "TXT")


class NameServers(Protocol):
    """Asks name servers directly."""

    def answers(
        self, servers: tuple[str, ...], questions: tuple[Question, ...]
    ) -> Mapping[Question, tuple[NamedRecord, ...]] | Unknown:
        """The records of those very names, by question, from the first server that answers; Unknown if none does."""


class ZonePorts(msgspec.Struct, frozen=True):
    """What adding a zone asks of the outside."""

    registry: ZoneRegistry
    name_servers: NameServers
    clock: Clock
    talk: Talk


class ZoneRequest(msgspec.Struct, frozen=True):
    """What a person asks for.

    Attributes:
        account: its id; empty where the token sees one account alone.
        hostnames: further names to be compared, such as those of the policies; those outside the zone do not count.
        servers: the old name servers; empty for those that the edge found.
        wait_seconds: how long to wait until the zone is active.
    """

    name: str
    account: str = ""
    hostnames: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    wait_seconds: float = 0.0


def zone_added(request: ZoneRequest, ports: ZonePorts) -> ZoneAdded:
    """Add a zone, or go on with one that is there.

    Raises:
        UsageError: the account has to be named.
        TargetError: the zone could not be made, or it cannot be told whether it is there.
    """
    zone, created = _zone(request, ports)
    notes: list[str] = []
    if created:
        ports.talk.say(f"the zone {zone.name} is made; looking for its old records")
        notes += _noted("the import of records", ports.registry.imported(zone.id))
    held = ports.registry.records(zone.id)
    missed = _missed(request, zone, held, ports)
    if zone.status != ACTIVE:
        notes += _noted("the activation check", ports.registry.checked(zone.id))
        zone = _waited(request, zone, ports)
    return ZoneAdded(zone, created, None if isinstance(held, Unknown) else len(held), missed, tuple(notes))


def _zone(request: ZoneRequest, ports: ZonePorts) -> tuple[Delegation, bool]:
    found = _found(request.name, ports)
    if found is not None:
        return found, False
    account = request.account or _only_account(ports)
    made = ports.registry.created(request.name, account)
    match made:
        case Delegation():
            return made, True
        case Unsure(message):
            # The answer was lost; the zone may be there.
            later = _found(request.name, ports)
            if later is not None:
                return later, True
            what = f"it cannot be told whether the zone {request.name} was made: {message}"
            raise TargetError(what, "run it again: a zone that is there is not made twice", whose=Whose.EDGE)
        case Failed(message, remedy):
            what = f"the zone {request.name} was not made: {message}"
            raise TargetError(what, remedy)
        case _:
            assert_never(made)


def _found(name: str, ports: ZonePorts) -> Delegation | None:
    found = ports.registry.found(name)
    if isinstance(found, Unknown):
        what = f"it cannot be told whether {found.what} is there: {found.reason}"
        raise TargetError(what, "see docs/cloudflare-token.md for what the token needs", whose=Whose.EDGE)
    return found


def _only_account(ports: ZonePorts) -> str:
    accounts = ports.registry.accounts()
    if isinstance(accounts, Unknown):
        what = f"it cannot be told which account the zone is to be in: {accounts.reason}"
        raise UsageError(what, "name it with --account ID")
    if len(accounts) != 1:
        listed = ", ".join(f"{name} ({number})" for number, name in accounts) or "none"
        what = f"the token sees {len(accounts)} accounts: {listed}"
        raise UsageError(what, "name the account with --account ID")
    return accounts[0][0]


def _noted(what: str, outcome: Done | AlreadySo | Unsure | Failed) -> list[str]:
    match outcome:
        case Done() | AlreadySo():
            return []
        case Unsure(message):
            return [f"{what} may not have begun: {message}"]
        case Failed(message, remedy):
            return [f"{what} was refused: {message}; {remedy}"]
        case _:
            assert_never(outcome)


# --- what was missed ---------------------------------------------------------------------------


def questions_for(zone: str, names: Iterable[str]) -> tuple[Question, ...]:
    """What to ask the old name servers: common names, and these."""
    asked: list[Question] = [(zone, kind) for kind in _OF_ZONE]
    asked += [(f"{NO_SUCH_NAME}.{zone}", kind) for kind in _ADDRESSES]
    for name in names:
        asked += [(name, kind) for kind in _OF_HOST]
    for label in HOSTS:
        asked += [(f"{label}.{zone}", kind) for kind in _ADDRESSES]
    asked += [(f"{label}.{zone}", "TXT") for label in TEXTS]
    asked += [(f"{label}.{zone}", "SRV") for label in SERVICES]
    return tuple(dict.fromkeys(asked))


def missed_records(
    zone: str, held: Iterable[NamedRecord], answered: Mapping[Question, tuple[NamedRecord, ...]]
) -> tuple[NamedRecord, ...]:
    """What the old name servers answer and the edge does not have, sorted.

    What a wildcard answers for a name that has nothing of its own counts once, as the wildcard's.
    """
    there = {normal(each) for each in held}
    old = {normal(each) for found in answered.values() for each in found}
    nobody = f"{NO_SUCH_NAME}.{zone}"
    wild = {(each.kind, each.content) for each in old if each.name == nobody}
    found = {each for each in old if each.name != nobody and (each.kind, each.content) not in wild}
    found |= {NamedRecord(f"*.{zone}", kind, content) for kind, content in wild}
    return tuple(sorted(found - there))


def _missed(
    request: ZoneRequest, zone: Delegation, held: tuple[NamedRecord, ...] | Unknown, ports: ZonePorts
) -> tuple[NamedRecord, ...] | Unknown:
    if isinstance(held, Unknown):
        return held
    servers = request.servers or zone.original_name_servers
    if not servers:
        return Unknown("what was missed", "the old name servers are not known; name them with --old-name-server")
    names = {each.name for each in held} | {each.lower().rstrip(".") for each in request.hostnames}
    inside = sorted(each for each in names if each == zone.name or each.endswith(f".{zone.name}"))
    ports.talk.say(f"asking {', '.join(servers)} for the records that the zone had")
    answered = ports.name_servers.answers(
        servers, questions_for(zone.name, (each for each in inside if "*" not in each))
    )
    return answered if isinstance(answered, Unknown) else missed_records(zone.name, held, answered)


# --- waiting -------------------------------------------------------------------------------------


def _waited(request: ZoneRequest, zone: Delegation, ports: ZonePorts) -> Delegation:
    """Look until the zone is active or the time is over; a look that fails is no answer, and the next may be one."""
    start = checked = ports.clock.now()
    until = start + datetime.timedelta(seconds=request.wait_seconds)
    while True:
        seen = ports.registry.found(zone.name)
        if isinstance(seen, Delegation):
            zone = seen
        now = ports.clock.now()
        if zone.status == ACTIVE or now >= until:
            return zone
        servers = ", ".join(zone.name_servers)
        minutes = (until - now).total_seconds() / 60
        ports.talk.say(f"{zone.name} is {zone.status}: waiting {minutes:.0f} min more for {servers} at the registrar")
        if now - checked >= datetime.timedelta(seconds=CHECK_SECONDS):
            ports.registry.checked(zone.id)
            checked = now
        ports.clock.sleep(min(LOOK_SECONDS, (until - now).total_seconds()))
