"""`originlock expiry`: everything that ends, on both sides.

Lives here: the command. Must not live here: what is read for it.
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
from originlock.cli.output import print_document, print_json

_EPILOG = """\b
Examples:
  originlock expiry
  originlock expiry --within 14 -o json        (in cron: exit code 3 when something is due)
\b
Exit codes: 0 nothing ends soon, 3 something ends within so many days or has
ended, 7 something could not be told.
"""

_SOON = 30
"""Days: the edge's own warnings come 30 and 14 days before (Cloudflare's documentation, alerts of origin pulls)."""


@click.command("expiry", epilog=_EPILOG)
@click.option("--origin", "origins", multiple=True, metavar="NAME", help="this origin alone (repeatable)")
@click.option(
    "--within",
    type=click.IntRange(min=0),
    default=_SOON,
    show_default=True,
    metavar="DAYS",
    help="what ends within so many days is soon",
)
@place_options
@config_option
@output_options
def command(  # noqa: PLR0917  one for each option, given by name
    origins: tuple[str, ...],
    within: int,
    region: str | None,
    profile: str | None,
    role: str | None,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List everything that ends: certificates of ours and of others, authorities, lists, exceptions, with days left."""
    from originlock.app.expiry import expiring  # noqa: PLC0415  what reads is loaded when it is needed
    from originlock.report.expiry import exit_code_of_expiry, expiry_data, expiry_document  # noqa: PLC0415  ditto
    from originlock.wiring import desk  # noqa: PLC0415  ditto
    from originlock.wiring.settings import state_directory  # noqa: PLC0415  ditto

    said = Said(*(config, (), (), origins, (), None, None, (), region, profile, role))
    configuration, policies = policies_of(said, loaded_configuration(said))
    reading = desk.readers(configuration, state_directory())
    seen, now = expiring(policies, reading), reading.clock.now()
    if output == "json":
        print_json(expiry_data(seen, now))
    else:
        print_document(expiry_document(seen, now, within))
    return int(exit_code_of_expiry(seen, now, within))
