"""The questions that the app asks of the outside.

Lives here: Protocols that read. Must not live here: anything that could change the outside (see `writing`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Protocol

import msgspec

from originlock.facts.certificates import Authority, Certificate
from originlock.facts.edge import AcceptedList, EdgeDescription, FormReading
from originlock.facts.load_balancer import InterfaceQuota, LoadBalancer
from originlock.facts.origin import Missing, PrefixList, RulesQuota, SecurityGroup, Tags
from originlock.facts.probing import Ask, Probed, Trace
from originlock.facts.snapshot import Held, Names, Resolution
from originlock.facts.trust import Bucket, Handshake, Listeners, TrustStore
from originlock.facts.unknown import Unknown
from originlock.facts.zone import Zone
from originlock.intent.policy import EdgeAccount, Place, Target
from originlock.plan.journal import Event


class Found(msgspec.Struct, frozen=True):
    """What a target turned out to be.

    Attributes:
        groups: by id; a group that AWS does not know is not in it.
        unknown: why the search may not be complete.
        load_balancer: the target, if it is one that is there.
    """

    groups: dict[str, SecurityGroup | Unknown]
    unknown: tuple[Unknown, ...] = ()
    load_balancer: LoadBalancer | None = None


class Search(msgspec.Struct, frozen=True):
    """What a search by tags found.

    Attributes:
        found: by id.
        unknown: why the search may not be complete.
    """

    found: Mapping[str, SecurityGroup | PrefixList | Unknown]
    unknown: Unknown | None = None


class CloudReader(Protocol):
    """Reads one place (account and Region) of AWS."""

    @property
    def region(self) -> str | None:
        """The Region by name, also where the place leaves it to the environment; None if that is not known."""

    def find(self, target: Target) -> Found:
        """The groups of a target with their rules.

        Raises:
            CloudError: AWS cannot be asked at all.
        """

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets of changes as they are now, in as few calls as can be.

        Args:
            targets: ids of groups and prefix lists, ARNs of load balancers, and what `facts.origin.new_group` and
                `new_prefix_list` call what may not be there yet.
        """

    def prefix_lists(self, ids: tuple[str, ...]) -> dict[str, PrefixList | Unknown]:
        """These managed prefix lists with their entries."""

    def rules_quota(self) -> RulesQuota | Unknown:
        """How many rules a group may hold here."""

    def interface_quota(self) -> InterfaceQuota | Unknown:
        """How many groups a network interface may have here."""

    def tagged_groups(self, vpc: str, tags: Tags) -> Search:
        """The groups of a VPC that carry all of these tags, with their rules."""

    def references(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """For each of these groups, the groups (also in peered VPCs) that have a rule that names it."""

    def users(self, ids: tuple[str, ...]) -> dict[str, Names | Unknown]:
        """For each of these groups, the network interfaces that have it."""

    def tagged_prefix_lists(self, tags: Tags) -> Search:
        """The managed prefix lists of this account that carry all of these tags."""


class TrustReader(Protocol):
    """Reads what one place of AWS demands of clients: listeners, trust stores, the buckets of their bundles."""

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets of changes (see `facts.trust`) as they are now, in as few calls as can be."""

    def listeners(self, load_balancer: str) -> Listeners | Unknown:
        """What the HTTP and HTTPS listeners of a load balancer (its ARN) demand, serve and answer."""

    def trust_stores(self, targets: tuple[str, ...]) -> dict[str, TrustStore | Missing | Unknown]:
        """These trust stores with their bundles, by ARN or by what `facts.trust.new_trust_store` calls one."""

    def bucket(self, name: str) -> Bucket | Missing | Unknown:
        """A bucket; Unknown too where there is one that is somebody else's."""

    def handshakes(self, logs: str, since: datetime.datetime) -> tuple[Handshake, ...] | Unknown:
        """What connection logs tell of client certificates since a moment; `logs` is as `Listeners.logs` has it."""


class EdgeAccountReader(Protocol):
    """Reads an account at an edge."""

    def zone(self, hostnames: tuple[str, ...]) -> Zone | Missing | Unknown:
        """The zone that these hostnames are in, with what it presents to their origin; Missing if there is none."""

    def look(self, targets: tuple[str, ...]) -> dict[str, Held | Unknown]:
        """These targets of changes (see `facts.zone`) as they are now, in as few calls as can be."""


class EdgeAccounts(Protocol):
    """Readers of accounts at edges; made once for each."""

    def reader(self, edge: str, account: EdgeAccount) -> EdgeAccountReader:
        """The reader of that account.

        Raises:
            UsageError: there is no token for it.
        """


class Authorities(Protocol):
    """Our own certificate authorities, and what can be told of certificates."""

    def authority(self, name: str) -> Authority | Unknown:
        """The authority of that name; one without generations where there is none."""

    def shared(self, edge: str) -> Certificate | Unknown:
        """The certificate that an edge publishes as its shared authority, if it is the one that is known here."""

    def described(self, pem: str) -> tuple[Certificate | Unknown, ...]:
        """The certificates of a PEM text, in their order."""


class KeyRing(Protocol):
    """The private keys of our authorities, as far as it is asked whether they can be had at all."""

    def closed(self, authority: str, sha256: str) -> Unknown | None:
        """Why the key of a leaf cannot be had, such as a passphrase that is missing or wrong; None if it can."""


class PendingReadings(Protocol):
    """A list that is being read."""

    def readings(self) -> tuple[FormReading, ...]:
        """Every form of it; waits, but within a bound."""


class Edges(Protocol):
    """The edges that are known."""

    def description(self, edge: str) -> EdgeDescription:
        """What an edge is."""

    def start(self, edge: str) -> PendingReadings:
        """Begin to read its list."""


class Resolver(Protocol):
    """Asks the DNS."""

    def resolve(self, hostnames: tuple[str, ...]) -> dict[str, Resolution | Unknown]:
        """The addresses of each name, both families; bounded in time."""


class Prober(Protocol):
    """Makes real connections."""

    def probe(self, asks: tuple[Ask, ...]) -> tuple[Probed, ...]:
        """Each of them as one fresh connection, side by side; bounded in time and bytes. In the order of the asks."""


class Whereabouts(Protocol):
    """Knows where this machine stands."""

    def proxies(self) -> tuple[str, ...]:
        """The names of the environment's variables that name a proxy; originlock's own connections use none."""

    def source(self, *, ipv6: bool) -> str | None:
        """The address that this machine connects from to the outside; None if it has no route. Sends nothing."""

    def trace(self, body: str) -> Trace | None:
        """What the edge's page about a visitor says; None if it is no such page."""


class Baselines(Protocol):
    """Remembers the last accepted list of each edge."""

    def last_accepted(self, edge: str) -> AcceptedList | None:
        """The last accepted list; None if none was ever."""


class JournalReader(Protocol):
    """Reads the journal."""

    def events(self) -> tuple[Event, ...]:
        """Every event, oldest first.

        Raises:
            StateError: a line in the middle is damaged.
        """


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime.datetime:
        """Now, with time zone."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Talk(Protocol):
    """Says to a person what is going on."""

    def say(self, text: str) -> None:
        """One line of progress."""


class TrustReaders(Protocol):
    """Readers of trust by place; made once for each."""

    def reader(self, place: Place) -> TrustReader:
        """The reader of that place."""


class Clouds(Protocol):
    """Readers by place; made once for each."""

    def reader(self, place: Place) -> CloudReader:
        """The reader of that place."""
