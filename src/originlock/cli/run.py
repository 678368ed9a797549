"""`originlock run`: everything that is to be done again and again, once; fit for cron, systemd, Lambda, a container.

Lives here: the command's options and output. Must not live here: what a run does (see `originlock.app.run`).
"""

from __future__ import annotations

import click

from originlock.cli.options import Said, config_option, loaded_configuration, place_options, policies_of
from originlock.cli.output import print_document, write

_EPILOG = """\b
Examples:
  originlock run                          (all origins of the configuration)
  originlock run --dry-run
  originlock run --origin blog --log-format json
  originlock schedule systemd --install   (and it runs by itself)
\b
It renews what is due, plans, applies under all guards, proves, and tells those
whom [notify] names, once. One origin that fails stops no other.
\b
Exit codes: 0 locked and nothing to say; else the worst of its origins': 3 a hole
is open or a promise is broken, 4 refused by a guard, 5 stopped or undone, 6 a
person is needed now, 7 something could not be told, 1 and 2 errors.
"""


@click.command("run", epilog=_EPILOG)
@click.option("--origin", "origins", multiple=True, metavar="NAME", help="this origin alone (repeatable)")
@click.option("--dry-run", is_flag=True, help="change nothing, renew nothing, tell nobody; say what would be")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="a line for people, or one JSON object a line",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="how long to wait for another run to end",
)
@place_options
@config_option
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def command(  # noqa: PLR0917  one for each option, given by name
    origins: tuple[str, ...],
    dry_run: bool,  # noqa: FBT001  click gives flags by name
    log_format: str,
    wait: float,
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Keep every origin locked: renew, plan, apply, prove, tell. Quiet where nothing happened: one line."""
    from originlock.report.runs import run_data, run_document  # noqa: PLC0415  what reads is loaded when it is needed
    from originlock.wiring.running import ran  # noqa: PLC0415  ditto

    said = Said(*(config, (), (), origins, (), None, None, (), region, profile, role))
    configuration, policies = policies_of(said, loaded_configuration(said))
    done = ran(configuration, policies, dry=dry_run, wait_seconds=wait)
    if log_format == "json":
        import json  # noqa: PLC0415  ditto
        import sys  # noqa: PLC0415  ditto

        write(sys.stdout, json.dumps(run_data(done.run, done.failed)) + "\n")
    else:
        print_document(run_document(done.run, done.failed))
    return done.run.exit_code
