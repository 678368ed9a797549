"""`originlock adopt`: take over the edge's rules that a script or a person made.

Lives here: the command's options. Must not live here: which rules these are.
"""

from __future__ import annotations

import click

from originlock.app.plan import Request, make_plan
from originlock.cli.carry_out import carried_out, needs_terminal_or_yes
from originlock.cli.options import (
    Said,
    accept_list_option,
    config_option,
    loaded_configuration,
    output_options,
    overrides_of,
    place_options,
    policies_of,
    target_options,
    wait_option,
    yes_option,
)
from originlock.wiring import desk
from originlock.wiring.settings import state_directory

_EPILOG = """\b
Examples:
  originlock adopt --security-group sg-0123456789abcdef0
  originlock adopt --config originlock.toml --yes
\b
A rule is taken over if nobody owns it, and it is for exactly a range that the
edge publishes or once published, on exactly one of the ports. Only its tag is
set: its description stays, and nobody is let in or kept out by it.
\b
Exit codes are those of `originlock apply`: 3 says that a hole is open, such as
a rule for a range of the past, which the next apply takes out.
"""


@click.command("adopt", epilog=_EPILOG)
@target_options
@accept_list_option
@place_options
@config_option
@wait_option
@yes_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    load_balancer: str | None,
    security_groups: tuple[str, ...],
    tags: tuple[str, ...],
    origins: tuple[str, ...],
    ports: tuple[str, ...],
    hostnames: tuple[str, ...],
    protocol: str | None,
    foreign: str | None,
    foreign_rules: tuple[str, ...],
    via: str | None,
    create_group: bool,  # noqa: FBT001  click gives flags by name
    accept_list: str | None,
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    wait: float,
    yes: bool,  # noqa: FBT001  ditto
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Take over the rules for the edge's ranges, present or past, that nobody owns. Only tags are set."""
    needs_terminal_or_yes(yes=yes, command="adopt")
    said = Said(
        *(config, security_groups, tags, origins, ports, protocol, foreign, foreign_rules, region, profile, role),
        load_balancer=load_balancer,
        via=via,
        create_group=create_group,
        hostnames=hostnames,
    )
    configuration, policies = policies_of(said, loaded_configuration(said))
    overrides = overrides_of(adopt=False, accept_list=accept_list, no_prove=False)
    request = Request(policies, configuration.limits, overrides, purpose="adopt")
    reading = desk.readers(configuration, state_directory())
    return carried_out(
        "adopt",
        lambda: make_plan(request, reading),
        reading,
        saved=None,
        yes=yes,
        wait_seconds=wait,
        as_json=output == "json",
    )
