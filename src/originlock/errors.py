"""Every way to fail: what happened, whose fault it is, and what to do about it.

Lives here: the exit codes and the exceptions that carry them to the front door.
Must not live here: printing, exiting, or any knowledge of AWS, edges or files.
"""

from __future__ import annotations

import enum
from typing import final

_SHOWN = 8


class ExitCode(enum.IntEnum):
    """What a command's exit status says; the README's table is made from this."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PENDING = 3
    REFUSED = 4
    STOPPED = 5
    NEEDS_A_PERSON = 6
    UNKNOWN = 7
    INTERRUPTED = 130


EXIT_CODE_MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.ERROR: "an error: nothing was changed, or what was changed is said",
    ExitCode.USAGE: "wrong usage: an option, the configuration or the environment",
    ExitCode.PENDING: "changes are pending or a hole is open (NOT LOCKED)",
    ExitCode.REFUSED: "refused by a guard; of what it refuses nothing was changed",
    ExitCode.STOPPED: "stopped on the way, or undone; the edge keeps what it had, and the output says what to do",
    ExitCode.NEEDS_A_PERSON: "stopped on the way and the undo failed: a person is needed now",
    ExitCode.UNKNOWN: "could not be told from here; unknown is neither good nor bad",
    ExitCode.INTERRUPTED: "interrupted",
}


class Whose(enum.Enum):
    """Whose fault an error is, in the words that a person is shown."""

    YOURS = "yours: the command, the configuration or the environment"
    EDGE = "the edge's, or of the network between here and there"
    AWS = "AWS's, or of the network between here and there"
    MACHINE = "this machine's"
    OURS = "originlock's own; please report it"


class OriginlockError(Exception):
    """An error that a person can act on.

    Attributes:
        what: what happened, one line.
        whose: whose fault it is.
        remedy: what to do, one line.
        exit_code: the exit status that the process ends with.
    """

    exit_code: ExitCode = ExitCode.ERROR
    whose: Whose = Whose.OURS

    def __init__(self, what: str, remedy: str, *, whose: Whose | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        if whose is not None:
            self.whose = whose


@final
class UsageError(OriginlockError):
    """A wrong option, argument or environment variable."""

    exit_code = ExitCode.USAGE
    whose = Whose.YOURS


@final
class ConfigError(OriginlockError):
    """A configuration with one or more problems, each with its place.

    Attributes:
        problems: (place, problem) pairs, place being a dotted path such as ``origins.blog.network.ports[0]``.
    """

    exit_code = ExitCode.USAGE
    whose = Whose.YOURS

    def __init__(self, source: str, problems: tuple[tuple[str, str], ...]) -> None:
        listed = "; ".join(f"{place}: {problem}" if place else problem for place, problem in problems[:_SHOWN])
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        remedy = "mend it there; `originlock config check` lists every problem" if problems[0][0] else "mend the file"
        super().__init__(f"{source}: {listed}{more}", remedy)
        self.source = source
        self.problems = problems


@final
class RefusedError(OriginlockError):
    """A guard refused; nothing was changed."""

    exit_code = ExitCode.REFUSED
    whose = Whose.YOURS


@final
class TargetError(OriginlockError):
    """What is to be locked cannot be found, or is not what it should be."""

    exit_code = ExitCode.ERROR
    whose = Whose.YOURS


@final
class CloudError(OriginlockError):
    """AWS could not be asked at all (credentials, region, network)."""

    exit_code = ExitCode.ERROR
    whose = Whose.AWS


@final
class StateError(OriginlockError):
    """The state directory cannot be read or written, or does not hold what it should."""

    exit_code = ExitCode.ERROR
    whose = Whose.MACHINE


@final
class InterruptedRunError(OriginlockError):
    """A person interrupted the run; what was done stands in the journal."""

    exit_code = ExitCode.INTERRUPTED
    whose = Whose.YOURS
