"""The log of the API's calls, without anything secret.

Here lives the records, and taking the secrets out of a body. Here must not live: HTTP.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, Final

#: What stands where a secret was.
REDACTED: Final = "[redacted]"


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call.

    Attributes:
        token: the token's id, never its secret; None where it is unknown, or not needed.
        status: None where no answer was sent.
        errors: the codes in the answer.
        fault: what was done to the call on demand.
    """

    number: int
    method: str
    path: str
    query: str
    body: Any
    token: str | None = None
    status: int | None = None
    errors: tuple[int, ...] = ()
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(slots=True)
class ApiLog:
    """All calls, in the order in which they took effect. Safe for threads."""

    _calls: list[LoggedCall] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, call: LoggedCall) -> None:
        """Add a call, or replace the one of its number."""
        with self._lock:
            if call.number <= len(self._calls):
                self._calls[call.number - 1] = call
            else:
                self._calls.append(call)

    def since(self, number: int) -> list[LoggedCall]:
        """The calls after a number."""
        with self._lock:
            return self._calls[max(number, 0) :]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._calls.clear()

    def __len__(self) -> int:
        """How many there were."""
        with self._lock:
            return len(self._calls)


def redacted(body: Any) -> Any:  # noqa: ANN401 - JSON
    """A body without private keys and without the values of headers that rules set (they may be shared secrets)."""
    if isinstance(body, list):
        return [redacted(each) for each in body]
    if not isinstance(body, dict):
        return body
    cleaned: dict[str, Any] = {}
    for name, value in body.items():
        if name == "private_key":
            cleaned[name] = REDACTED
        elif name == "headers" and isinstance(value, dict):
            cleaned[name] = {header: _without_value(change) for header, change in value.items()}
        else:
            cleaned[name] = redacted(value)
    return cleaned


def _without_value(change: object) -> object:
    return {**change, "value": REDACTED} if isinstance(change, dict) and "value" in change else change
