"""`originlock verify`: every promise of the policy, held against what AWS shows and what connections come to.

Lives here: the command. Must not live here: what a connection proves.
"""

from __future__ import annotations

import click

from originlock.cli.options import (
    Said,
    config_option,
    loaded_configuration,
    output_options,
    place_options,
    policies_of,
)
from originlock.cli.output import StderrTalk, print_document, print_json

_EPILOG = """\b
Examples:
  originlock verify
  originlock verify --origin blog -o json
  originlock verify --load-balancer my-alb --hostname www.example.org
\b
Run it from somewhere that is not let in: what a stranger cannot reach is
proved by a stranger alone. Nothing is changed.
\b
Exit codes: 0 locked (everything that matters is kept), 3 a promise is broken,
7 something that matters could not be told from here.
"""


@click.command("verify", epilog=_EPILOG)
@click.option("--origin", "origins", multiple=True, metavar="NAME", help="this origin alone (repeatable)")
@click.option("--load-balancer", metavar="NAME|ARN", help="this load balancer, without a configuration")
@click.option("--security-group", "security_groups", multiple=True, metavar="ID", help="ditto, this group (repeatable)")
@click.option("--hostname", "hostnames", multiple=True, metavar="NAME", help="what the edge serves from there")
@click.option("--port", "ports", multiple=True, metavar="N", help="a port that is locked (repeatable) [default: 443]")
@place_options
@config_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    origins: tuple[str, ...],
    load_balancer: str | None,
    security_groups: tuple[str, ...],
    hostnames: tuple[str, ...],
    ports: tuple[str, ...],
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Prove it: each hostname is served through the edge, and a stranger does not get in straight, in any way.

    Reads AWS, and makes real connections.
    """
    from originlock.app.verify import verify  # noqa: PLC0415  what connects is loaded when it is needed
    from originlock.report.proofs import exit_code_of, verify_data, verify_document  # noqa: PLC0415  ditto
    from originlock.wiring import desk  # noqa: PLC0415  ditto
    from originlock.wiring.settings import state_directory  # noqa: PLC0415  ditto

    said = Said(
        *(config, security_groups, (), origins, ports, None, None, (), region, profile, role),
        load_balancer=load_balancer,
        hostnames=hostnames,
    )
    configuration, policies = policies_of(said, loaded_configuration(said))
    reading = desk.readers(configuration, state_directory())
    report = verify(policies, configuration.limits, reading, StderrTalk())
    if output == "json":
        print_json(verify_data(report))
    else:
        print_document(verify_document(report))
    return int(exit_code_of(report.locked))
