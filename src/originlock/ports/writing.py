"""The acts that the app does to the outside.

Lives here: Protocols that write. Only `app.apply`, `wiring` and the adapters may import this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from originlock.facts.dns import Delegation, NamedRecord
from originlock.facts.edge import AcceptedList
from originlock.facts.unknown import Unknown
from originlock.intent.policy import Place
from originlock.plan.acts import Act
from originlock.plan.change import Change
from originlock.plan.document import Plan
from originlock.plan.journal import Event
from originlock.plan.outcomes import Failed, Outcome, Unsure


class Performer(Protocol):
    """Does acts in AWS, side by side, paced."""

    def perform(self, acts: tuple[tuple[Place, Change, Act], ...]) -> Iterator[tuple[Change, Outcome]]:
        """Do them all; yields each one's outcome as soon as it is known. A refusal is an outcome, not an exception."""


class Performers(Protocol):
    """Makes performers."""

    def performer(self, plan: Plan) -> Performer:
        """A performer of a plan's acts, in AWS and at the edge, that keeps to its limits."""


class Keys(Protocol):
    """The private keys of what our authorities issued."""

    def private_key(self, authority: str, sha256: str) -> bytes:
        """The key of a leaf, by the fingerprint of its certificate, as unencrypted PEM (PKCS #8).

        Raises:
            UsageError: there is no such key here, or the passphrase is missing or wrong.
        """


class ZoneRegistry(Protocol):
    """Adds zones to an account at the edge."""

    def accounts(self) -> tuple[tuple[str, str], ...] | Unknown:
        """The accounts that the token can see, by id and name."""

    def found(self, name: str) -> Delegation | Unknown | None:
        """The zone of this name; None if the token sees none."""

    def created(self, name: str, account: str) -> Delegation | Failed | Unsure:
        """Make a zone."""

    def imported(self, zone: str) -> Outcome:
        """Have the edge look for the records that the zone had before, and take them."""

    def records(self, zone: str) -> tuple[NamedRecord, ...] | Unknown:
        """All the zone's records of the types that are known."""

    def checked(self, zone: str) -> Outcome:
        """Ask the edge to see whether the registrar names its servers."""


class JournalWriter(Protocol):
    """Appends to the journal."""

    def append(self, events: tuple[Event, ...], *, sync: bool = True) -> None:
        """Write the events, and unless `sync` is false sync them to disk before returning.

        Only what is to be done must be on disk before it is: an answer that a power cut takes away counts as none.

        Raises:
            StateError: they could not be written; nothing may be done then.
        """


class BaselineWriter(Protocol):
    """Remembers accepted lists."""

    def accept(self, accepted: AcceptedList) -> None:
        """From now on this is the last accepted list of its edge.

        Raises:
            StateError: it could not be written.
        """


class Lease(Protocol):
    """Keeps two applies of one state directory apart."""

    def held(self, what_for: str, wait_seconds: float) -> AbstractContextManager[None]:
        """Hold the lease.

        Raises:
            RefusedError: another run holds it, and did not end in time; says which.
        """


class Interrupts(Protocol):
    """Turns Ctrl-C into a request while something is being changed."""

    def deferred(self) -> AbstractContextManager[InterruptFlag]:
        """While this is held, an interruption is noted rather than raised."""


class InterruptFlag(Protocol):
    """Whether a person asked to stop."""

    def asked(self) -> bool:
        """Whether so."""
