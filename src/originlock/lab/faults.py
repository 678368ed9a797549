"""Faults on demand: which call gets which fault.

Here live the kinds of fault and the counting of calls towards them. Here must not live: the
error that a fault answers with (see `fault_errors`), the doing of a fault to a connection (see
`middleware`), or moto.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Actions that change nothing start with one of these.
READING: Final = ("Describe", "Get", "List", "Search", "Lookup")

#: Whose reads can be stale: the lab keeps the past of these alone.
STALE_SERVICES: Final = frozenset({"ec2", "elbv2"})


class FaultKind(StrEnum):
    """What goes wrong with a call."""

    THROTTLE = "throttle"
    SERVER_ERROR = "server-error"
    UNAVAILABLE = "unavailable"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    ACCESS_DENIED = "access-denied"
    QUOTA = "quota"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not-found"
    IN_USE = "in-use"
    CONFLICT = "conflict"
    STALE = "stale"
    HANG_BEFORE = "hang-before"
    HANG_AFTER = "hang-after"


def is_reading(action: str) -> bool:
    """Whether an action changes nothing."""
    return action.startswith(READING)


@dataclass(slots=True)
class Fault:
    """A fault that waits for its call.

    It counts the calls from when it was added (only those of `action` and those in which some
    parameter is `having`, if these are given; only reads of EC2 and of load balancing, if it is
    stale) and befalls those from number `at` on, `times` of them.
    """

    kind: FaultKind
    at: int = 1
    action: str | None = None
    times: int = 1
    having: str | None = None
    seen: int = 0

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> Fault:
        """Read a fault from JSON; raises ValueError."""
        unknown = sorted(set(given) - {"kind", "at", "action", "times", "having"})
        if unknown or not {"at", "action"} & set(given):
            message = f"a fault has a kind, at or action, times and having: {dict(given)!r}"
            raise ValueError(message)
        action, having = given.get("action"), given.get("having")
        return cls(
            kind=FaultKind(str(given.get("kind"))),
            at=_count(given.get("at", 1)),
            action=None if action is None else str(action),
            times=_count(given.get("times", 1)),
            having=None if having is None else str(having),
        )

    def concerns(self, service: str, action: str, parameters: Mapping[str, str]) -> bool:
        """Whether a call counts towards this fault."""
        if self.having is not None and self.having not in parameters.values():
            return False
        if self.kind is FaultKind.STALE and not (service in STALE_SERVICES and is_reading(action)):
            return False
        return self.action is None or self.action == action

    @property
    def spent(self) -> bool:
        """Whether it has befallen all the calls that it was for."""
        return self.seen >= self.at + self.times - 1


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        message = f"not a count from 1: {value!r}"
        raise ValueError(message)
    return value


@dataclass(slots=True)
class FaultBox:
    """The faults that wait. Safe for threads."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its call."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def __len__(self) -> int:
        """How many faults still wait."""
        with self._lock:
            return len(self._faults)

    def take(self, service: str, action: str, parameters: Mapping[str, str]) -> FaultKind | None:
        """Count a call; return the fault that befalls it: the first added, if several do."""
        with self._lock:
            befalling = None
            for fault in self._faults:
                if not fault.concerns(service, action, parameters):
                    continue
                fault.seen += 1
                if fault.seen >= fault.at and befalling is None:
                    befalling = fault.kind
            self._faults = [fault for fault in self._faults if not fault.spent]
            return befalling


@dataclass(slots=True)
class Gate:
    """Where calls hang until they are released. Safe for threads."""

    _lock: Lock = field(default_factory=Lock)
    _opening: Event = field(default_factory=Event)
    _waiting: int = 0

    @property
    def hanging(self) -> int:
        """How many calls hang now."""
        with self._lock:
            return self._waiting

    def wait(self, most_seconds: float) -> None:
        """Hang until released, but not longer than this."""
        with self._lock:
            opening = self._opening
            self._waiting += 1
        opening.wait(most_seconds)
        with self._lock:
            self._waiting -= 1

    def release(self) -> None:
        """Let go all calls that hang; later ones hang anew."""
        with self._lock:
            self._opening.set()
            self._opening = Event()
