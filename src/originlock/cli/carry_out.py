"""Asking and carrying out: what `apply` and `rollback` share.

Lives here: show, ask, apply, show. Must not live here: options of either.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from originlock.app.apply import apply
from originlock.app.plan import Planned, Readers
from originlock.cli.output import StderrTalk, print_document, print_json, print_talk
from originlock.errors import UsageError
from originlock.plan.document import Plan
from originlock.plan.result import exit_code_of_plan
from originlock.report.data import plan_data, result_data
from originlock.report.people import plan_document, result_document
from originlock.wiring import desk
from originlock.wiring.settings import state_directory


def needs_terminal_or_yes(*, yes: bool, command: str) -> None:
    """Refuse to change anything that nobody was asked about.

    Raises:
        UsageError: there is no terminal to ask on, and --yes was not said.
    """
    if not yes and not sys.stdin.isatty():
        message = f"{command} asks before it changes anything, and there is no terminal to ask on"
        raise UsageError(message, "say --yes")


def carried_out(
    command: str,
    make: Callable[[], Planned],
    reading: Readers,
    *,
    saved: Plan | None,
    yes: bool,
    wait_seconds: float,
    as_json: bool,
) -> int:
    """Show the plan and ask, unless --yes was said; then plan under the lease and do it."""
    if not yes:
        shown = saved if saved is not None else make().plan
        print_talk(plan_document(shown)) if as_json else print_document(plan_document(shown))
        # A saved plan with nothing to do is still held against what AWS holds now.
        if not shown.changes and (shown.objections or not saved):
            if as_json:
                print_json(plan_data(shown))
            return int(exit_code_of_plan(shown))
        if shown.changes and not click.confirm("Apply these changes?", default=False, err=True):
            click.echo("Nothing was changed.", err=True)
            if as_json:
                print_json(plan_data(shown))
            return int(exit_code_of_plan(shown))
        saved = shown
    order = desk.order(command, saved=saved, wait_seconds=wait_seconds)
    show = _silent if as_json or not yes else _show_plan
    result = apply(order, make, reading, desk.writers(reading, state_directory(), StderrTalk()), show)
    if as_json:
        print_json(result_data(result))
    else:
        print_document(result_document(result))
    return int(result.exit_code)


def _silent(_plan: Plan) -> None:
    """It was shown already, or is in the JSON."""


def _show_plan(plan: Plan) -> None:
    """Show it before it is done."""
    print_document(plan_document(plan))
    sys.stdout.flush()
