"""Faults of the API on demand: which call gets which.

Here lives the kinds and the counting. Here must not live: doing them (see `api`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock

#: No test waits longer.
_MOST_SECONDS = 3600


class FaultKind(StrEnum):
    """What goes wrong.

    `IGNORED` answers as if all were well and keeps nothing; `GARBAGE` answers 200 with a page that is no JSON;
    `CUT` answers half of the JSON; the others say what they do.
    """

    STATUS = "status"
    SLOW = "slow"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    HANG_BEFORE = "hang-before"
    HANG_AFTER = "hang-after"
    GARBAGE = "garbage"
    CUT = "cut"
    IGNORED = "ignored"
    DENIED = "denied"
    THROTTLED = "throttled"


@dataclass(slots=True)
class Fault:
    """A fault that waits for its call.

    It counts the calls from when it was added, those whose method and path fit, and befalls those from number `at`
    on, `times` of them. `path` is a pattern of the shell, without ``/client/v4/``.
    """

    kind: FaultKind
    at: int = 1
    times: int = 1
    method: str | None = None
    path: str = "*"
    status: int = 500
    seconds: float = 1.0
    seen: int = 0

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> Fault:
        """Read a fault.

        Raises:
            ValueError: it is none.
        """
        unknown = sorted(set(given) - {"kind", "at", "times", "method", "path", "status", "seconds"})
        if unknown:
            message = f"a fault has no {', '.join(unknown)}"
            raise ValueError(message)
        numbers = {name: given.get(name, default) for name, default in (("at", 1), ("times", 1), ("status", 500))}
        for name, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                message = f"{name} cannot be {value!r}"
                raise ValueError(message)
        seconds = given.get("seconds", 1.0)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= _MOST_SECONDS:
            message = f"seconds cannot be {seconds!r}"
            raise ValueError(message)
        method = given.get("method")
        return cls(
            kind=FaultKind(str(given.get("kind"))),
            method=None if method is None else str(method),
            path=str(given.get("path", "*")),
            seconds=float(seconds),
            **{name: value for name, value in numbers.items() if isinstance(value, int)},
        )

    def concerns(self, method: str, path: str) -> bool:
        """Whether a call counts towards this."""
        return self.method in {None, method} and fnmatchcase(path, self.path)


@dataclass(slots=True)
class FaultBox:
    """The faults that wait. Safe for threads."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, fault: Fault) -> None:
        """Let a fault wait."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._faults.clear()

    def __len__(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._faults)

    def take(self, method: str, path: str) -> Fault | None:
        """Count a call; the fault that befalls it, the first added of several."""
        with self._lock:
            befalling: Fault | None = None
            for fault in self._faults:
                if fault.concerns(method, path):
                    fault.seen += 1
                    if fault.seen >= fault.at and befalling is None:
                        befalling = fault
            self._faults = [each for each in self._faults if each.seen < each.at + each.times - 1]
            return befalling
