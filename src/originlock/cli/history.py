"""`originlock history`: what was done, when and by whom.

Lives here: the command. Must not live here: reading the journal's lines.
"""

from __future__ import annotations

import click

from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json
from originlock.plan.journal import runs
from originlock.report.data import runs_data
from originlock.report.people import history_document
from originlock.store.journal import JournalFile
from originlock.wiring.settings import state_directory


@click.command("history")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="the last N runs only")
@output_options
def command(
    last: int | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List the runs in the journal, newest first."""
    journal = JournalFile(state_directory())
    records = runs(journal.events())[::-1][:last]
    if output == "json":
        print_json(runs_data(records, journal.damaged))
    else:
        print_document(history_document(records, journal.damaged, str(journal.path)))
    return 0
