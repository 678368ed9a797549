"""What the stand-in was asked: calls, refusals, and how long groups waited.

Lives here: counting. Must not live here: answering.
"""

from __future__ import annotations

import collections
import dataclasses

from ec2_query import Code, Parameters


@dataclasses.dataclass(slots=True)
class Asked:
    """What was asked since it was last told: calls, refusals, and waits of groups.

    A wait is that of one mutating action on one group, from when it was asked for first until it was done.
    """

    calls: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    errors: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    throttled: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    since: dict[tuple[str, str], float] = dataclasses.field(default_factory=dict)
    waits: list[float] = dataclasses.field(default_factory=list)

    def note(self, given: Parameters, now: float, error: Code | None) -> None:
        """Note one call and how it was answered."""
        action = given.get("Action", "")
        self.calls[action] += 1
        which = (action, given.get("GroupId", ""))
        first = self.since.setdefault(which, now)
        if error is not None:
            self.errors[error] += 1
            self.throttled[which] += error is Code.LATER
        elif which[1]:
            self.waits.append(now - first)
            del self.since[which]

    def told(self) -> dict[str, object]:
        """Say it, and forget it."""
        found: dict[str, object] = {
            "calls": dict(self.calls),
            "errors": dict(self.errors),
            "most_throttled": max(self.throttled.values(), default=0),
            "longest_wait": max(self.waits, default=0.0),
        }
        for each in (self.calls, self.errors, self.throttled, self.since, self.waits):
            each.clear()
        return found
