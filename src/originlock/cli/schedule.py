"""`originlock schedule`: has this machine run it, by systemd or by cron.

Lives here: the commands. Must not live here: the texts of units (see `originlock.schedule`), writing them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from originlock.cli.options import config_option
from originlock.cli.output import StderrTalk, write
from originlock.errors import ExitCode, OriginlockError, UsageError
from originlock.schedule.systemd import File

_EPILOG = """\b
Examples:
  originlock schedule systemd                        (prints the units)
  sudo originlock schedule systemd --install         (and it runs every six hours)
  sudo originlock schedule cron --every 12h --install
  sudo originlock schedule remove
\b
The service has a user of its own (originlock), its state in /var/lib/originlock,
its configuration in /etc/originlock/originlock.toml, and its secrets, each in a
file that root alone can read, in /etc/originlock/credentials: ca-passphrase,
cloudflare-token. Say it again after a secret was added.
\b
Exit codes: 0 done, 1 this machine refuses, 2 wrong usage.
"""

_ELSEWHERE = "install originlock elsewhere, by the system's Python: /usr/bin/python3 -m venv /opt/originlock"


@click.group("schedule", context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
def command() -> None:
    """Have this machine run `originlock run` by itself."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--debug", is_flag=True, help="show a traceback where something fails"),
        config_option,
        click.option(
            "--root",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("/"),
            metavar="DIR",
            help="install into this tree, as for an image; nothing is started",
        ),
        click.option("--install", is_flag=True, help="write the files, make the user, start it (as root)"),
        click.option(
            "--every", default="6h", show_default=True, metavar="DURATION", help="how often: 30m, 6h, 1d and the like"
        ),
    ):
        function = option(function)
    return function


@command.command("systemd", short_help="a sandboxed service and its timer", epilog=_EPILOG)
@_options
@click.pass_context
def systemd(
    context: click.Context,
    every: str,
    install: bool,  # noqa: FBT001  click gives flags by name
    root: Path,
    config: str | None,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Print the units, or install and start them: sandboxed, with jitter, and a missed run is caught up."""
    from originlock.schedule.every import every as read  # noqa: PLC0415  loaded when it is needed
    from originlock.schedule.systemd import units  # noqa: PLC0415  ditto
    from originlock.wiring import scheduling  # noqa: PLC0415  ditto

    interval = read(every)
    program = scheduling.program()
    files = units(program, interval, scheduling.credentials_there(root))
    hidden = [each for each in (program, scheduling.interpreter()) if scheduling.hidden_from_service(each)]
    if hidden and install and root == Path("/"):
        message = f"{hidden[0]} is where a sandboxed service sees nothing"
        raise UsageError(message, _ELSEWHERE)
    if install:
        scheduling.install_units(files, interval, root, StderrTalk().say)
        return int(ExitCode.DONE)
    _print(*files)
    _print_role(context, config)
    StderrTalk().say("to install them: sudo originlock schedule systemd --install")
    return int(ExitCode.DONE)


@command.command("cron", short_help="a line for cron, with a lock, a time limit and a log", epilog=_EPILOG)
@_options
@click.pass_context
def cron(
    context: click.Context,
    every: str,
    install: bool,  # noqa: FBT001  click gives flags by name
    root: Path,
    config: str | None,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Print the file for /etc/cron.d, or install it."""
    from originlock.schedule.cron import cron_file  # noqa: PLC0415  loaded when it is needed
    from originlock.schedule.every import every as read  # noqa: PLC0415  ditto
    from originlock.schedule.systemd import CREDENTIALS  # noqa: PLC0415  ditto
    from originlock.wiring import scheduling  # noqa: PLC0415  ditto

    interval = read(every)
    given = tuple(
        (each.variable, f"{CREDENTIALS}/{each.name}") for each in scheduling.credentials_there(root) if each.variable
    )
    file = cron_file(scheduling.program(), interval, scheduling.own_minute(), given)
    needed = (scheduling.program(), scheduling.interpreter())
    closed = next(filter(None, map(scheduling.closed_to_others, needed)), None)
    if closed and install and root == Path("/"):
        message = f"the service's user could not run originlock: {closed} is closed to it"
        raise UsageError(message, _ELSEWHERE)
    if install:
        scheduling.install_cron(file, interval, root, StderrTalk().say)
        return int(ExitCode.DONE)
    _print(file)
    _print_role(context, config)
    lacking = scheduling.lacks_cron(root)
    if lacking is not None:
        StderrTalk().say(lacking)
    StderrTalk().say("to install it: sudo originlock schedule cron --install")
    return int(ExitCode.DONE)


@command.command("remove", short_help="take the units and cron's line away")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("/"),
    metavar="DIR",
    help="of this tree",
)
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def remove(
    root: Path,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Take away what --install wrote; the user, its state and the configuration stay."""
    from originlock.wiring import scheduling  # noqa: PLC0415  loaded when it is needed

    if not scheduling.remove(root, StderrTalk().say):
        StderrTalk().say("nothing was scheduled here")
    return int(ExitCode.DONE)


def _print(*files: File) -> None:
    """Print files as a person would keep them, each after its name."""
    write(sys.stdout, "".join(f"# --- {each.path}\n{each.text}\n" for each in files))


def _print_role(context: click.Context, config: str | None) -> None:
    """What the instance's role needs, as far as there is a configuration to tell."""
    from originlock.cli.iam_policy import command as iam_policy  # noqa: PLC0415  loaded when it is needed

    how = "originlock iam-policy run --role ec2"
    try:
        write(sys.stdout, f"# --- the role of the instance: its trust policy, and its policy ({how})\n")
        context.invoke(iam_policy, named="run", config=config, service="ec2", output="json")
    except OriginlockError as error:
        write(sys.stdout, f"# not known yet: {error.what}\n")
        StderrTalk().say(f"the role's policy follows from the configuration: {how} --config FILE")
