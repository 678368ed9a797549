"""The desk: every port with its adapter behind it, for one command.

Lives here: making adapters, late. Must not live here: deciding anything with them.
"""

from __future__ import annotations

import datetime
import getpass
import os
import secrets
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from originlock import __version__
from originlock.app.plan import Readers, Request, Undo
from originlock.edges import EDGES
from originlock.errors import UsageError
from originlock.facts.edge import EdgeDescription
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Configuration, Place
from originlock.locks.identity.identity_lock import IdentityLock
from originlock.locks.network.network_lock import NetworkLock
from originlock.plan.trust_acts import EdgeAct
from originlock.ports.reading import (
    Authorities,
    CloudReader,
    EdgeAccounts,
    KeyRing,
    PendingReadings,
    Talk,
    TrustReaders,
)
from originlock.probe.resolve import SystemResolver
from originlock.store.baselines import BaselineFiles
from originlock.store.journal import JournalFile
from originlock.store.lease import LeaseFile
from originlock.wiring import probing
from originlock.wiring.interrupts import SignalInterrupts

if TYPE_CHECKING:
    from originlock.app.apply import Order, Writers
    from originlock.app.observe import TrustPorts
    from originlock.aws.session import Sessions
    from originlock.plan.document import Plan
    from originlock.ports.writing import Performer
    from originlock.wiring.edge_account import EdgeAccountsFromEnvironment

__all__ = ["Request", "Undo", "baselines", "order", "readers", "region_of", "writers"]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime.datetime:
        """Now, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class KnownEdges:
    """The edges of the registry, with the configuration's URLs."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def description(self, edge: str) -> EdgeDescription:
        """What an edge is.

        Raises:
            UsageError: there is no such edge.
        """
        if edge not in EDGES:
            message = f"there is no edge named {edge!r}"
            raise UsageError(message, f"name one of these: {', '.join(sorted(EDGES))}")
        return EDGES[edge].description

    def start(self, edge: str) -> PendingReadings:
        """Begin to read its list, at once."""
        from originlock.edges.fetch import start  # noqa: PLC0415  HTTP is loaded when it is needed

        return start(edge, self._configuration.edge(edge))


class AwsClouds:
    """Readers and performers of AWS, made when they are needed; clients are shared."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._sessions: Sessions | None = None
        self._trust: tuple[TrustPorts, EdgeAccountsFromEnvironment, KeyRing] | None = None
        self._readers: dict[Place, CloudReader] = {}

    @property
    def trust(self) -> tuple[TrustPorts, EdgeAccountsFromEnvironment, KeyRing]:
        """What knows of certificates, who performs at edges, and who has the keys."""
        if self._trust is None:
            from originlock.wiring.trust import trust_ports  # noqa: PLC0415  only what needs it loads it

            self._trust = trust_ports(self._configuration, self._shared)
        return self._trust

    def _shared(self) -> Sessions:
        if self._sessions is None:
            from originlock.aws.session import Sessions  # noqa: PLC0415  botocore is loaded when it is needed

            self._sessions = Sessions()
        return self._sessions

    def reader(self, place: Place) -> CloudReader:
        """The reader of a place."""
        if place not in self._readers:
            from originlock.aws.reader import AwsReader  # noqa: PLC0415  ditto

            self._readers[place] = AwsReader(self._shared(), place)
        return self._readers[place]

    def performer(self, plan: Plan) -> Performer:
        """A performer of a plan's acts."""
        from originlock.aws.performer import AwsPerformer  # noqa: PLC0415  ditto

        aws = AwsPerformer(self._shared(), plan.limits.changes_per_second)
        if not any(isinstance(change.act, EdgeAct) for change in plan.changes):
            return aws
        from originlock.wiring.trust import EveryPerformer  # noqa: PLC0415  ditto

        return EveryPerformer(plan, aws, self.trust[1])


class LateTrust:
    """What knows of certificates, made when something first asks."""

    def __init__(self, clouds: AwsClouds) -> None:
        self._of = clouds

    @property
    def clouds(self) -> TrustReaders:
        """Readers of trust in AWS."""
        return self._of.trust[0].clouds

    @property
    def accounts(self) -> EdgeAccounts:
        """Readers of accounts at edges."""
        return self._of.trust[0].accounts

    @property
    def authorities(self) -> Authorities:
        """Our own authorities."""
        return self._of.trust[0].authorities


class LateKeys:
    """The keys of our authorities, looked for only where one is to be given away."""

    def __init__(self, clouds: AwsClouds) -> None:
        self._of = clouds

    def closed(self, authority: str, sha256: str) -> Unknown | None:
        """Why a key cannot be had; None if it can."""
        return self._of.trust[2].closed(authority, sha256)


def region_of(place: Place) -> str | None:
    """The Region of a place, as the AWS CLI finds it; None if there is none. Asks AWS nothing.

    Raises:
        UsageError: there is no such profile.
        CloudError: the AWS configuration cannot be read.
    """
    if place.region is not None:
        return place.region
    from originlock.aws.session import Sessions  # noqa: PLC0415  botocore is loaded when it is needed

    return Sessions().region(place)


def baselines(state: Path) -> BaselineFiles:
    """The last accepted lists."""
    return BaselineFiles(state)


def readers(configuration: Configuration, state: Path) -> Readers:
    """The ports that planning asks."""
    clouds = AwsClouds(configuration)
    return Readers(
        locks=(NetworkLock(), IdentityLock(configuration.origins)),
        clouds=clouds,
        edges=KnownEdges(configuration),
        resolver=SystemResolver(),
        baselines=BaselineFiles(state),
        clock=SystemClock(),
        probing=probing.ports(),
        trust=LateTrust(clouds),
    )


def writers(reading: Readers, state: Path, talk: Talk) -> Writers:
    """The ports that applying needs beside those.

    Raises:
        TypeError: the readers were not made here.
    """
    from originlock.app.apply import Writers  # noqa: PLC0415  only what writes loads what writes

    if not isinstance(reading.clouds, AwsClouds):
        message = "these readers are not AWS's"
        raise TypeError(message)
    journal = JournalFile(state)
    return Writers(
        performers=reading.clouds,
        journal=journal,
        journal_reader=journal,
        baselines=BaselineFiles(state),
        lease=LeaseFile(state, talk.say),
        interrupts=SignalInterrupts(),
        talk=talk,
        keys=LateKeys(reading.clouds),
    )


def order(command: str, *, saved: Plan | None, wait_seconds: float) -> Order:
    """A new run, with a name that sorts by time."""
    from originlock.app.apply import Order  # noqa: PLC0415  ditto

    now = datetime.datetime.now(datetime.UTC)
    return Order(
        run=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        command=command,
        by=f"{_user()}@{socket.gethostname()} (pid {os.getpid()})",
        version=__version__,
        saved=saved,
        wait_seconds=wait_seconds,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        return f"uid {os.getuid()}"
