"""A failure in three lines: what happened, whose fault, what to do.

Lives here: how an error is shown. Must not live here: what may fail.
"""

from __future__ import annotations

import dataclasses
import sys

import click

from originlock.cli.output import print_json, write
from originlock.errors import ExitCode, OriginlockError, Whose


@dataclasses.dataclass(frozen=True)
class Failure:
    """What a person is told of an error."""

    what: str
    whose: Whose
    remedy: str
    exit_code: ExitCode


def failure_of(error: OriginlockError | click.ClickException) -> Failure:
    """The failure that an error stands for; click's own errors are wrong usage."""
    if isinstance(error, OriginlockError):
        return Failure(error.what, error.whose, error.remedy, error.exit_code)
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "originlock"
    return Failure(error.format_message(), Whose.YOURS, f"see `{command} --help`", ExitCode.USAGE)


def show(failure: Failure, *, as_json: bool) -> None:
    """Say it: three lines on stderr, and where JSON was asked for also as data on stdout."""
    from originlock.report.document import without_controls  # noqa: PLC0415  only where something fails

    what, remedy = (without_controls(" ".join(text.split())) for text in (failure.what, failure.remedy))
    write(sys.stderr, f"originlock: {what}\n  whose fault: {failure.whose.value}\n  what to do:  {remedy}\n")
    if as_json:
        error = {
            "what": what,
            "whose": failure.whose.name.lower(),
            "remedy": remedy,
            "exit_code": int(failure.exit_code),
        }
        print_json({"error": error})
