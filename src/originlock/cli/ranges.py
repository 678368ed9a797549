"""`originlock ranges`: the edge's published ranges, held against the guards.

Lives here: the command. Must not live here: the guards.
"""

from __future__ import annotations

import click

from originlock.acceptance.judge import Accepted
from originlock.app import observe
from originlock.cli.options import Said, config_option, configuration_of, loaded_configuration, output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode
from originlock.report.data import ranges_data
from originlock.report.people import ranges_document, refused_list_document
from originlock.wiring import desk
from originlock.wiring.settings import state_directory

_EPILOG = """\b
Examples:
  originlock ranges
  originlock ranges -o json | jq -r '.ipv4[]'
\b
Exit codes: 0 the list may be acted on, 4 a guard refuses it.
"""


@click.command("ranges", epilog=_EPILOG)
@click.option("--edge", default="cloudflare", show_default=True, metavar="NAME", help="whose ranges")
@click.option("--accept-list", metavar="DIGEST", help="show the list with this digest although a guard refuses it")
@config_option
@output_options
def command(
    edge: str,
    accept_list: str | None,
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Read every published form of the list, hold it against the guards, and show it. Nothing is changed."""
    configuration = configuration_of(loaded_configuration(Said(config=config)))
    reading = desk.readers(configuration, state_directory())
    pending = reading.edges.start(edge)
    judged = observe.accept_list(edge, pending, reading.edges, reading.baselines, reading.clock, accept_list)
    if isinstance(judged, Accepted):
        if output == "json":
            print_json(ranges_data(judged.list) | {"remarks": list(judged.remarks)})
        else:
            print_document(ranges_document(judged.list, judged.remarks))
        return int(ExitCode.DONE)
    if output == "json":
        objections = [{"guard": r.guard, "message": r.message, "remedy": r.remedy} for r in judged.refusals]
        print_json(ranges_data(None, judged.digest) | {"objections": objections})
    else:
        print_document(refused_list_document((r.guard, r.message, r.remedy) for r in judged.refusals))
    return int(ExitCode.REFUSED)
