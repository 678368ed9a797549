"""`originlock plan`: what would be changed, and why.

Lives here: the command's options and output. Must not live here: planning.
"""

from __future__ import annotations

from pathlib import Path

import click

from originlock.app.plan import Planned, Request, make_plan
from originlock.cli.options import (
    Said,
    config_option,
    loaded_configuration,
    output_options,
    override_options,
    overrides_of,
    place_options,
    policies_of,
    target_options,
)
from originlock.cli.output import print_document, print_json
from originlock.plan.document import Plan
from originlock.plan.result import exit_code_of_plan
from originlock.report.data import plan_data
from originlock.report.document import Document
from originlock.report.people import plan_document
from originlock.store.plan_file import saved
from originlock.wiring import desk
from originlock.wiring.settings import state_directory

_EPILOG = """\b
Examples:
  originlock plan --load-balancer my-alb
  originlock plan --security-group sg-0123456789abcdef0
  originlock plan --tag origin=blog --port 443 --port 8443 --foreign remove
  originlock plan --config originlock.toml --origin blog --out blog.plan
\b
Exit codes: 0 nothing to do, 3 changes are pending or a hole is open, 4 refused by a guard,
7 something could not be read.
"""


@click.command("plan", epilog=_EPILOG)
@target_options
@override_options
@place_options
@config_option
@click.option("--out", metavar="FILE", help="save the plan, for `originlock apply FILE`")
@click.option("--no-cost", is_flag=True, help="say nothing of what the locks cost and save")
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
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
    out: str | None,
    no_cost: bool,  # noqa: FBT001  ditto
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Show what would be changed, and why. Nothing is written to AWS."""
    said = Said(
        *(config, security_groups, tags, origins, ports, protocol, foreign, foreign_rules, region, profile, role),
        load_balancer=load_balancer,
        via=via,
        create_group=create_group,
        hostnames=hostnames,
    )
    configuration, policies = policies_of(said, loaded_configuration(said))
    overrides = overrides_of(adopt=adopt, accept_list=accept_list, no_prove=no_prove)
    reading = desk.readers(configuration, state_directory())
    planned = make_plan(Request(policies, configuration.limits, overrides), reading)
    plan = planned.plan
    if out is not None:
        saved(plan, Path(out))
    costs, line = ({}, ()) if no_cost else _costs(planned)
    if output == "json":
        print_json(plan_data(plan) | costs)
    else:
        doing = "originlock apply, with the same options" if out is None else f"originlock apply {out}"
        print_document((*plan_document(plan, f"Nothing was changed. To do it: {doing}."), *line))
        if out is not None:
            click.echo(f"Saved as {out}.{_refusal(plan)}", err=True)
    return int(exit_code_of_plan(plan))


def _costs(planned: Planned) -> tuple[dict[str, object], Document]:
    """What the locks cost, for machines and for people. Not part of the plan: prices may change, and it stays."""
    from originlock.app.lock_costs import lock_costs_of  # noqa: PLC0415  only where it is asked for
    from originlock.report.lock_costs import lock_cost_data, lock_cost_line  # noqa: PLC0415  ditto
    from originlock.wiring.money import prices_of  # noqa: PLC0415  ditto

    costs = lock_costs_of(planned, prices_of, desk.region_of)
    return {"cost": lock_cost_data(costs)}, tuple(lock_cost_line(each) for each in costs)


def _refusal(plan: Plan) -> str:
    if not plan.objections:
        return ""
    if not plan.changes:
        return " It is refused, and so will be its apply."
    return f" It is refused for {', '.join(sorted(plan.refused))}, and so will be its apply."
