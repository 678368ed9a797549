"""One mutating call: its turn, and what became of it.

Lives here: waiting for a turn, and an error as an outcome. Must not live here: any call.
"""

from __future__ import annotations

from collections.abc import Callable

from originlock.aws.answers import CallError, outcome_of
from originlock.aws.pacing import TokenBucket
from originlock.plan.outcomes import Done, Outcome


def called(bucket: TokenBucket, call: Callable[[], object]) -> Outcome:
    """Wait for a turn and call."""
    return made(bucket, call, lambda _: None)


def made(bucket: TokenBucket, call: Callable[[], object], name: Callable[[object], str | None]) -> Outcome:
    """Wait for a turn and call; `name` finds the id of what was made in the answer."""
    bucket.wait()
    try:
        answer = call()
    except CallError as error:
        return outcome_of(error)
    return Done(made=name(answer))
