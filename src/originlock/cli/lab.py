"""`originlock lab`: a local world to try everything in, brought up and taken down.

Lives here: the command and its subcommands. Must not live here: the lab, which is an extra, so that what needs more
than a base install is imported only when it is there.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from typing import TYPE_CHECKING, Final

import click

from originlock.cli.lab_running import lab_folder, running_lab, status_data
from originlock.cli.lab_steering import call_log, fault
from originlock.cli.options import output_options
from originlock.cli.output import StderrTalk, print_document, print_json, write
from originlock.errors import ExitCode, StateError, UsageError

if TYPE_CHECKING:
    from originlock.lab.running import RunningLab

_NEEDED: Final = ("boto3", "cryptography", "dns", "flask", "flask_cors", "h11", "moto", "OpenSSL")
"""What the extra brings, by the names that they are imported by."""

_HOSTS: Final = ("operator", "edge", "office", "stranger")
"""Whom a command can be run as; the lab's addresses name them, and a test holds the two together."""

_EPILOG = """\b
Examples:
  originlock lab up --site
  originlock lab exec -- originlock check www.example.org --origin shop-1.eu-west-1.elb.amazonaws.com
  originlock lab exec --as stranger -- curl -sS --max-time 3 https://www.example.org/
  eval "$(originlock lab env)"; aws elbv2 describe-load-balancers
  originlock lab down
"""


@click.group("lab", epilog=_EPILOG)
def command() -> None:
    """A local world to try everything in: AWS, Cloudflare, its edge, load balancers, packet filters.

    Nothing in it is linked to the outside, no account is needed, and unmodified clients can talk to it. With root,
    iproute2 and nftables there are hosts with addresses and packet filters of their own; without, every listener is on
    the loopback address, and nothing filters packets.
    """


@command.command(
    "up",
    short_help="bring it up",
    epilog="\b\nExamples:\n  originlock lab up --site\n  ORIGINLOCK_LAB_DIR=/run/my-lab originlock lab up",
)
@click.option("--site", is_flag=True, help="with a site to lock: https://www.example.org, open to everybody")
@output_options
def up(
    site: bool,  # noqa: FBT001  an option
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Bring the lab up, and come back when everything answers. It stays until `originlock lab down`.

    With --site there is something to lock in it: the load balancer shop, which everybody can reach on port 443, and
    behind the edge https://www.example.org, which it serves.
    """
    from originlock.lab import running  # noqa: PLC0415  only for this command

    folder = lab_folder()
    there = running.found(folder)
    already = there is not None
    if there is None:
        _must_be_installed()
        there = _started(StderrTalk())
    if site:
        _with_site(there)
    if output == "json":
        print_json(status_data(there))
        return int(ExitCode.DONE)
    if already:
        write(sys.stdout, "the lab is up already\n")
    _print_status(there)
    return int(ExitCode.DONE)


@command.command("down", short_help="take it down", epilog="\b\nExamples:\n  originlock lab down")
@output_options
def down(
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Take the lab down, and what it left if it was killed. Nothing is left; if none runs, nothing is done."""
    from originlock.lab import running  # noqa: PLC0415  only for this command

    folder = lab_folder()
    try:
        ran = running.stop(folder)
    except (OSError, TimeoutError) as error:
        remedy = "look for its process (`originlock lab status`) and end it"
        raise StateError(str(error), remedy) from error
    if output == "json":
        print_json({"ran": ran})
    else:
        write(sys.stdout, "the lab is down\n" if ran else "no lab ran\n")
    return int(ExitCode.DONE)


@command.command(
    "status",
    short_help="whether it runs, and what is where",
    epilog="\b\nExamples:\n  originlock lab status\n  originlock lab status -o json | jq .packet_filters",
)
@output_options
def status(
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Tell whether the lab runs, whether packets are filtered and if not why, and what is where."""
    from originlock.lab import running  # noqa: PLC0415  only for this command

    there = running.found(lab_folder())
    if output == "json":
        print_json({"running": False} if there is None else status_data(there))
    elif there is None:
        write(sys.stdout, "no lab runs; `originlock lab up` brings one up\n")
    else:
        _print_status(there)
    return int(ExitCode.DONE)


@command.command(
    "env",
    short_help="print the variables that point clients at it",
    epilog='\b\nExamples:\n  eval "$(originlock lab env)"\n  originlock lab env | grep AWS_ENDPOINT_URL',
)
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def env(
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Print shell exports that point boto3, the AWS CLI, Terraform, Cloudflare's clients and originlock at the lab.

    They reach its APIs. The addresses of its load balancers and of its edge exist in its hosts alone: see `lab exec`.
    """
    from originlock.lab.entering import REMOVED  # noqa: PLC0415  only for this command

    lines = [f"unset {' '.join(REMOVED)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in running_lab().environment.items()]
    write(sys.stdout, "\n".join(lines) + "\n")
    return int(ExitCode.DONE)


@command.command(
    "exec",
    short_help="run a command in one of its hosts",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="\b\nExamples:\n  originlock lab exec -- originlock plan --load-balancer my-alb\n"
    "  originlock lab exec --as stranger -- curl -sS --max-time 3 https://www.example.org/\n"
    "  originlock lab exec --as edge -- bash",
)
@click.option("--as", "host", type=click.Choice(_HOSTS), default="operator", show_default=True, help="in which host")
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
@click.argument("words", nargs=-1, required=True, metavar="COMMAND [ARGUMENT]...", type=click.UNPROCESSED)
def execute(
    host: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
    words: tuple[str, ...],
) -> int:
    """Run COMMAND in a host of the lab, with its addresses, name server and authority; its exit code is passed on."""
    from originlock.lab.entering import EnteringError, become  # noqa: PLC0415  only for this command

    there = running_lab()
    if not there.state.filtered:
        write(sys.stderr, f"originlock: packets are not filtered in this lab: {there.state.why_not}\n")
    try:
        become(there.folder, there.state, host, words, os.environ)
    except EnteringError as error:
        raise UsageError(str(error), "see `originlock lab status`; entering a host needs root") from error
    return int(ExitCode.DONE)


command.add_command(call_log)
command.add_command(fault)


def _started(talk: StderrTalk) -> RunningLab:
    from originlock.lab import running  # noqa: PLC0415  only for one command
    from originlock.lab.process import LabStartError  # noqa: PLC0415  ditto

    try:
        return running.start(lab_folder(), talk.say)
    except LabStartError as error:
        remedy = "end what is in its way, or choose another folder with ORIGINLOCK_LAB_DIR"
        raise StateError(str(error), remedy) from error


def _with_site(there: RunningLab) -> None:
    """Make the site, unless it is there already."""
    from originlock.lab.demo_site import NAME, open_site  # noqa: PLC0415  only where it is wanted

    if all(each["name"] != NAME for each in there.status()["load_balancers"]):
        open_site(there)


def _must_be_installed() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        message = f"the lab is an extra, and these packages of it are not installed: {', '.join(missing)}"
        raise UsageError(message, "pip install 'originlock[lab]'")


def _print_status(there: RunningLab) -> None:
    from originlock.cli.lab_words import status_document  # noqa: PLC0415  only for people

    print_document(status_document(status_data(there)))
