"""`originlock check`: is a host behind an edge, and does its origin answer a stranger?

Lives here: the command. Must not live here: what an answer proves.
"""

from __future__ import annotations

import ipaddress
import re

import click

from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import UsageError
from originlock.facts.networks import is_address

_EPILOG = """\b
Examples:
  originlock check www.example.org
  originlock check www.example.org --origin my-alb-123.eu-west-1.elb.amazonaws.com
  originlock check www.example.org --origin 198.51.100.10 --port 8443 -o json
  originlock check www.example.org --origin 198.51.100.10 --also mail.example.org
\b
No credentials and no configuration are needed. Run it from somewhere that is
not let in: not from the office of an exception, and not through WARP.
\b
Exit codes: 0 locked, 3 open (a stranger gets in), 7 could not be told from here.
"""

_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$"
)
"""RFC 1035, section 2.3.4, with the underscore that names in use have."""


def _host(_context: click.Context, parameter: click.Parameter, said: str | None) -> str | None:
    return None if said is None else _read(said, parameter)


def _hosts(_context: click.Context, parameter: click.Parameter, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_read(each, parameter) for each in said)


def _read(said: str, parameter: click.Parameter) -> str:
    """A name or an address, as it is looked up; people paste whole URLs."""
    text = said.strip().lower()
    if "://" in text:
        text = text.partition("://")[2].partition("/")[0]
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        pass
    try:
        text = text.rstrip(".").encode("idna").decode("ascii") if not text.isascii() else text.rstrip(".")
    except UnicodeError:
        text = ""
    if _NAME.match(text) is None:
        raise click.BadParameter(_not_a_name(said), param=parameter)
    return text


def _not_a_name(said: str) -> str:
    """What is wrong with it; a password in a URL is not repeated."""
    if "@" in said:
        return "give the host name alone, without who signs in"
    if ":" in said.partition("://")[2] or said.rpartition(":")[2].isdigit():
        return f"{said!r} is neither a host name nor an address; a port goes with --port"
    return f"{said!r} is neither a host name nor an address"


@click.command("check", epilog=_EPILOG)
@click.argument("host", callback=_host)
@click.option("--origin", metavar="NAME|ADDRESS", callback=_host, help="where the origin is: a DNS name or an address")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="try this port alone [default: 443 and 80]")
@click.option("--also", multiple=True, metavar="NAME", callback=_hosts, help="does this name show it too? (repeatable)")
@output_options
def command(
    host: str,
    origin: str | None,
    port: int | None,
    also: tuple[str, ...],
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Is HOST behind an edge, and does its origin answer a stranger who goes round it?

    Makes real connections: to the edge, and straight to the origin with the right name (SNI), a wrong one, none, and
    with certificates of strangers, over IPv4 and IPv6. Ends within 30 seconds.
    """
    from originlock.app.check import Wish, check  # noqa: PLC0415  what connects is loaded when it is needed
    from originlock.report.proofs import check_data, check_document, exit_code_of  # noqa: PLC0415  ditto
    from originlock.wiring import desk, probing  # noqa: PLC0415  ditto
    from originlock.wiring.settings import descriptions, state_directory  # noqa: PLC0415  ditto

    if is_address(host):
        message = f"{host} is an address; a host is what visitors ask for by name"
        raise UsageError(message, "give the site's name, and the address with --origin")
    report = check(Wish(host, origin, port, also), descriptions(), desk.baselines(state_directory()), probing.ports())
    if output == "json":
        print_json(check_data(report))
    else:
        print_document(check_document(report))
    return int(exit_code_of(report.locked))
