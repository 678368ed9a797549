"""`originlock apply`: widen, prove, narrow, prove.

Lives here: the command's options. Must not live here: applying.
"""

from __future__ import annotations

from pathlib import Path

import click

from originlock.app.plan import Request, make_plan
from originlock.cli.carry_out import carried_out, needs_terminal_or_yes
from originlock.cli.options import (
    Said,
    config_option,
    configuration_of,
    loaded_configuration,
    output_options,
    override_options,
    overrides_of,
    place_options,
    policies_of,
    target_options,
    wait_option,
    yes_option,
)
from originlock.errors import UsageError
from originlock.store.plan_file import loaded
from originlock.wiring import desk
from originlock.wiring.settings import state_directory

_EPILOG = """\b
Examples:
  originlock apply --load-balancer my-alb --create-group --foreign remove
  originlock apply --config originlock.toml --yes          (does not ask)
  originlock apply blog.plan --yes                         (a saved plan, and just that)
\b
Exit codes: 0 done, or nothing to do; 3 a hole is still open (NOT LOCKED);
4 refused by a guard, nothing changed; 5 stopped on the way or undone, the edge
is served; 6 the undo failed, a person is needed now; 7 could not be told.
"""


@click.command("apply", epilog=_EPILOG)
@click.argument("plan_file", metavar="[FILE]", required=False)
@target_options
@override_options
@place_options
@config_option
@wait_option
@yes_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    plan_file: str | None,
    security_groups: tuple[str, ...],
    tags: tuple[str, ...],
    load_balancer: str | None,
    origins: tuple[str, ...],
    ports: tuple[str, ...],
    hostnames: tuple[str, ...],
    protocol: str | None,
    foreign: str | None,
    foreign_rules: tuple[str, ...],
    via: str | None,
    create_group: bool,  # noqa: FBT001  click gives flags by name
    adopt: bool,  # noqa: FBT001  click gives flags by name
    accept_list: str | None,
    no_prove: bool,  # noqa: FBT001  ditto
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    wait: float,
    yes: bool,  # noqa: FBT001  ditto
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Plan and do it; or with FILE, do a saved plan and just that."""
    needs_terminal_or_yes(yes=yes, command="apply")
    said = Said(
        *(config, security_groups, tags, origins, ports, protocol, foreign, foreign_rules, region, profile, role),
        load_balancer=load_balancer,
        via=via,
        create_group=create_group,
        hostnames=hostnames,
    )
    overrides = overrides_of(adopt=adopt, accept_list=accept_list, no_prove=no_prove)
    saved = None
    if plan_file is not None:
        if said.any_target() or overrides != overrides_of(adopt=False, accept_list=None, no_prove=False):
            message = "a saved plan says already what is locked and how"
            raise UsageError(message, "give the plan's FILE alone, or the options without it")
        saved = loaded(Path(plan_file))
        if saved.purpose != "apply":
            message = f"{plan_file} is the plan of a rollback"
            raise UsageError(message, "say `originlock rollback` instead")
        configuration = configuration_of(loaded_configuration(said))
        request = Request(saved.policies, saved.limits, saved.overrides)
    else:
        configuration, policies = policies_of(said, loaded_configuration(said))
        request = Request(policies, configuration.limits, overrides)
    reading = desk.readers(configuration, state_directory())
    return carried_out(
        "apply",
        lambda: make_plan(request, reading),
        reading,
        saved=saved,
        yes=yes,
        wait_seconds=wait,
        as_json=output == "json",
    )
