"""`originlock status`: how everything stands, on one screen.

Lives here: the command. Must not live here: what is stale, or looking anything up in AWS.
"""

from __future__ import annotations

import datetime

import click

from originlock.cli.options import Said, config_option, loaded_configuration, output_options, policies_of
from originlock.cli.output import print_document, print_json

_EPILOG = """\b
Examples:
  originlock status
  originlock status -o json
  originlock status --stale-after 13        (for a monitor: hours)
\b
It asks nobody: it says what the last `originlock run` saw, and when that was: that
of the service where this machine runs it by itself (then with sudo), else your own.
\b
Exit codes, for monitors: 0 everything is locked, 3 something is open, 7 it is
not known: never looked at, stale, or the last run could not tell.
"""


@click.command("status", epilog=_EPILOG)
@click.option("--origin", "origins", multiple=True, metavar="NAME", help="this origin alone (repeatable)")
@click.option(
    "--stale-after",
    type=click.FloatRange(min=0, min_open=True, max=8784),
    metavar="HOURS",
    help="how old a run may be [default: twice the schedule's interval, else 24]",
)
@config_option
@output_options
def command(
    origins: tuple[str, ...],
    stale_after: float | None,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Say how every origin stands: its locks, what is open, the last run, what ends, the next run."""
    from originlock.notify.status import status  # noqa: PLC0415  loaded when it is needed
    from originlock.report.status import status_data, status_document  # noqa: PLC0415  ditto
    from originlock.store.runs import RunFile  # noqa: PLC0415  ditto
    from originlock.store.schedule import ScheduleFile  # noqa: PLC0415  ditto
    from originlock.wiring.scheduling import watched_state  # noqa: PLC0415  ditto

    said = Said(*(config, (), (), origins, (), None, None, (), None, None, None))
    _, policies = policies_of(said, loaded_configuration(said))
    state, now = watched_state(), datetime.datetime.now(datetime.UTC)
    kept = RunFile(state).kept()
    seen = status(
        (policy.origin for policy in policies),
        kept.origins,
        ScheduleFile(state).scheduled(),
        now,
        stale_after=None if stale_after is None else datetime.timedelta(hours=stale_after),
        going_on=kept.begun,
    )
    if output == "json":
        print_json(status_data(seen))
    else:
        print_document(status_document(seen, now))
    return int(seen.exit_code)
