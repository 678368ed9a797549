"""Everything that the lab's Cloudflare knows, under one lock; the API changes it and the edge reads it.

Here lives the keeping, and the few readings that both need. Here must not live: HTTP, sockets, what the API accepts.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from threading import RLock
from typing import Any, Final

from originlock.lab import lists
from originlock.lab.authority import Authority, Issued, Leaf, root
from originlock.lab.cloudflare.pulls import in_force, newest_presentable, own, presentable
from originlock.lab.cloudflare.records import (
    Account,
    AlertPolicy,
    Association,
    Balancing,
    ClientCertificate,
    Grant,
    Held,
    PullCertificate,
    Record,
    Ruleset,
    Switches,
    Token,
    Zone,
)
from originlock.lab.cloudflare.settings import CloudflareSettings

#: The name in the subject of Cloudflare's own authority (the facts on its certificate).
SHARED_NAME: Final = "origin-pull.cloudflare.net"


def utc_now() -> dt.datetime:
    """The time."""
    return dt.datetime.now(dt.UTC)


def new_id() -> str:
    """An identifier as zones, accounts and records have them: 32 hexadecimal digits."""
    return uuid.uuid4().hex


@dataclass(slots=True)
class Holdings:
    """The records themselves, by their keys. They are frozen, so that a copy of the dicts is a copy of all."""

    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    #: By zone and name of the setting.
    settings: dict[tuple[str, str], Held] = field(default_factory=dict)
    #: By zone: whether zone-level pulls are on.
    zone_pulls: dict[str, Held] = field(default_factory=dict)
    certificates: dict[str, PullCertificate] = field(default_factory=dict)
    #: By zone and hostname.
    associations: dict[tuple[str, str], Association] = field(default_factory=dict)
    #: By zone and phase.
    rulesets: dict[tuple[str, str], Ruleset] = field(default_factory=dict)
    policies: dict[str, AlertPolicy] = field(default_factory=dict)
    balancing: dict[str, Balancing] = field(default_factory=dict)
    #: By zone.
    switches: dict[str, Switches] = field(default_factory=dict)
    #: By name of a zone, which need not be there yet: the records that a scan finds.
    findable: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    #: By zone: what a scan has found, and nobody has reviewed yet.
    waiting: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    ipv4: tuple[str, ...] = lists.IPV4
    ipv6: tuple[str, ...] = lists.IPV6

    def copy(self) -> Holdings:
        """A copy that changes of this one do not reach."""
        new = Holdings()
        for each in fields(self):
            value = getattr(self, each.name)
            setattr(new, each.name, dict(value) if isinstance(value, dict) else value)
        return new


class CloudflareState:
    """The state. Whoever reads more than one thing, or changes any, holds `lock`."""

    def __init__(
        self,
        *,
        shared: Authority | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
        settings: CloudflareSettings | None = None,
    ) -> None:
        """Know nothing but the ranges.

        `shared` is the lab's stand-in for the authority of Cloudflare's shared certificate: one of the lab's own
        making, since nobody but Cloudflare has the key of the real one.
        """
        self.lock = RLock()
        self.settings = settings or CloudflareSettings()
        self.shared_authority = shared or root(SHARED_NAME)
        self._shared = self.shared_authority.issue(Leaf(SHARED_NAME, (SHARED_NAME,), client=True))
        self._clock = clock
        self.held = Holdings()

    # --- time --------------------------------------------------------------------------------

    def now(self) -> dt.datetime:
        """The time at Cloudflare."""
        return self._clock() + dt.timedelta(seconds=self.settings.clock_offset_seconds)

    # --- the whole ---------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget everything; the shared certificate stays."""
        with self.lock:
            self.held = Holdings()
            self.settings.reset()

    def saved(self) -> Holdings:
        """The holdings as they are, to go back to."""
        with self.lock:
            return self.held.copy()

    def restore(self, saved: Holdings) -> None:
        """Go back."""
        with self.lock:
            self.held = saved

    # --- who -----------------------------------------------------------------------------------

    def add_account(self, name: str) -> Account:
        """Open an account."""
        with self.lock:
            account = Account(new_id(), name, self.now())
            self.held.accounts[account.id] = account
            return account

    def add_token(self, account_id: str, grants: tuple[Grant, ...], *, user: str = "user") -> Token:
        """Make a token for a member of an account: Cloudflare's dashboard does this, or another token."""
        with self.lock:
            # Forty characters, as they were for years.
            token = Token(new_id(), secrets.token_urlsafe(30), user, (account_id,), grants)
            self.held.tokens[token.secret] = token
            return token

    # --- zones -----------------------------------------------------------------------------------

    def zone_of(self, name: str) -> Zone | None:
        """The active or pending zone that a host name lies in, the longest match."""
        with self.lock:
            fitting = [each for each in self.held.zones.values() if within(name, each.name)]
            return max(fitting, key=lambda each: len(each.name), default=None)

    def records_of(self, zone_id: str, name: str) -> tuple[Record, ...]:
        """The records of a name, those of a wildcard where the name has none of its own."""
        with self.lock:
            zone = [each for each in self.held.records.values() if each.zone_id == zone_id]
        for candidate in (name, *_wildcards(name)):
            found = tuple(each for each in zone if each.name == candidate)
            if found:
                return found
        return ()

    def setting(self, zone_id: str, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as various as JSON
        """A zone's setting as the API tells it."""
        with self.lock:
            held = self.held.settings.get((zone_id, name))
            return default if held is None else held.value

    def setting_at_edge(self, zone_id: str, name: str, default: Any) -> Any:  # noqa: ANN401 - ditto
        """A zone's setting as the edge goes by it: the old value for a while."""
        with self.lock:
            return self._at_edge(self.held.settings.get((zone_id, name)), default)

    # --- origin pulls --------------------------------------------------------------------------

    @property
    def shared_certificate(self) -> ClientCertificate:
        """Cloudflare's shared certificate, which every customer's zone can have presented."""
        issued: Issued = self._shared
        return ClientCertificate("global", "shared", issued.chain_pem, issued.key_pem)

    def presented(self, zone_id: str, hostname: str) -> ClientCertificate | None:
        """What the edge presents to the origin of a hostname; nothing of the SSL mode is considered here."""
        with self.lock:
            now = self.now()
            association = self.held.associations.get((zone_id, hostname))
            version = None if association is None else in_force(association, self.settings, now)
            if version is not None:
                return self._of_hostname(version.cert_id, now) if version.enabled else None
            if self._at_edge(self.held.zone_pulls.get(zone_id), default=False):
                mine = (each for each in self.held.certificates.values() if each.zone_id == zone_id)
                certificate = newest_presentable(mine, self.settings, now)
                if certificate is not None:
                    return own("zone", certificate)
                if self.settings.zone_level_without_certificate == "none":
                    return None
            is_on = self.setting_at_edge(zone_id, "tls_client_auth", "off") == "on"
            return self.shared_certificate if is_on else None

    def _of_hostname(self, cert_id: str | None, now: dt.datetime) -> ClientCertificate | None:
        certificate = self.held.certificates.get(cert_id or "")
        if certificate is None or not presentable(certificate, self.settings, now):
            return None
        return own("hostname", certificate)

    def _at_edge(self, held: Held | None, default: Any) -> Any:  # noqa: ANN401 - as various as JSON
        if held is None:
            return default
        lag = dt.timedelta(seconds=self.settings.setting_seconds)
        if held.since is not None and self.now() < held.since + lag:
            return default if held.before is None else held.before
        return held.value


def within(name: str, zone: str) -> bool:
    """Whether a host name is a zone's or below it."""
    return name == zone or name.endswith("." + zone)


def _wildcards(name: str) -> tuple[str, ...]:
    labels = name.split(".")
    return tuple(".".join(("*", *labels[start:])) for start in range(1, len(labels) - 1))
