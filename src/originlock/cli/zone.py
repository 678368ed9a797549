"""`originlock zone add`: bring a domain to the edge.

Lives here: the command's options and output. Must not live here: what is done.
"""

from __future__ import annotations

import re
from typing import Final

import click

from originlock.cli.options import config_option, configuration_of, output_options
from originlock.cli.output import StderrTalk, print_document, print_json
from originlock.errors import UsageError

_NAME: Final = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
"""Domains as registrars sell them (RFC 1035, section 2.3.1; names of other scripts in their ASCII form)."""

_SERVER: Final = re.compile(r"(?:[0-9A-Za-z.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?|[0-9A-Fa-f:.]{2,45}")

_LAST_PORT: Final = 65_535

_EPILOG = """\b
Examples:
  originlock zone add example.org
  originlock zone add example.org --account 0123456789abcdef0123456789abcdef
  originlock zone add example.org --wait 3600 -o json
\b
Exit codes: 0 the zone is active, 3 it is not yet. It can be run again: a zone
that is there is looked at, and not made twice.
The old name servers are asked over DNS (UDP and TCP, port 53).
The token is read from CLOUDFLARE_API_TOKEN; what it needs stands in
docs/cloudflare-token.md.
"""


@click.group("zone", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Zones at the edge."""


@command.command("add", short_help="add a domain to Cloudflare, and see what the import missed", epilog=_EPILOG)
@click.argument("name")
@click.option("--account", default="", metavar="ID", help="the account [default: the only one that the token sees]")
@click.option(
    "--old-name-server",
    "servers",
    multiple=True,
    metavar="SERVER",
    help="a name server that has the domain's records, as NAME, ADDRESS or ADDRESS:PORT (repeatable) "
    "[default: those that Cloudflare found]",
)
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="wait until the zone is active, but no longer",
)
@click.option("--token-file", default="", metavar="FILE", help="the token is there, in a file that is yours alone")
@config_option
@output_options
def add(  # noqa: PLR0917  one for each option, given by name
    name: str,
    account: str,
    servers: tuple[str, ...],
    wait_seconds: float,
    token_file: str,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Add the domain NAME to Cloudflare.

    The zone is made, its old records are imported, and what the import missed is told by asking the old name servers.
    The name servers to set at the registrar are shown, and the edge is asked to see whether they are set.
    """
    from originlock.app.zone_add import ZoneRequest, zone_added  # noqa: PLC0415  loaded when it is needed
    from originlock.report.zone_add import exit_code_of_zone, zone_data, zone_document  # noqa: PLC0415  ditto
    from originlock.wiring.edge_account import zone_ports  # noqa: PLC0415  ditto
    from originlock.wiring.settings import load  # noqa: PLC0415  ditto

    zone = name.lower().rstrip(".")
    _judge(zone, account, servers)
    configuration = configuration_of(load(config))
    hostnames = tuple(each for policy in configuration.origins for each in policy.hostnames)
    ports = zone_ports(configuration, token_file, StderrTalk())
    added = zone_added(ZoneRequest(zone, account, hostnames, servers, wait_seconds), ports)
    if output == "json":
        print_json(zone_data(added))
    else:
        print_document(zone_document(added))
    return int(exit_code_of_zone(added))


def _judge(zone: str, account: str, servers: tuple[str, ...]) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: it is no domain, account or name server.
    """
    if not _NAME.fullmatch(zone):
        message = f"{zone!a} is no domain"
        raise UsageError(message, "give it as example.org; names of other scripts in their ASCII form (xn--...)")
    if account and not _ACCOUNT.fullmatch(account):
        message = f"{account!a} is no account id"
        raise UsageError(message, "the dashboard shows it in the address of every page")
    for each in servers:
        port = each.rpartition(":")[2] if each.count(":") == 1 or "]:" in each else ""
        if not _SERVER.fullmatch(each) or (port and not 1 <= int(port) <= _LAST_PORT):
            message = f"{each!a} is no name server"
            raise UsageError(message, "give NAME, ADDRESS or ADDRESS:PORT")
