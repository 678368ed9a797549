"""What `cost estimate` and `cost storm` print, in the form that is asked for.

Lives here: the option and the choice. Must not live here: any form.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from originlock.cli.output import print_document, print_json, write

if TYPE_CHECKING:
    from originlock.report.sheet import Sheet

_Command = TypeVar("_Command", bound=Callable[..., Any])

region_option = click.option("--region", metavar="REGION", help="whose prices [default: as the AWS CLI finds it]")


def cost_output_options(command: _Command) -> _Command:
    """The form of the output."""
    form = click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json", "markdown"]),
        default="text",
        show_default=True,
        help="text for people, json for machines, markdown for a pull request",
    )
    debug = click.option("--debug", is_flag=True, help="show a traceback where something fails")
    return form(debug(command))


def print_made(output: str, sheet: Callable[[], Sheet], data: Callable[[], dict[str, object]]) -> None:
    """Print it; what is not asked for is not made."""
    from originlock.report.sheet import sheet_document, sheet_markdown  # noqa: PLC0415  --help reports nothing

    match output:
        case "json":
            print_json(data())
        case "markdown":
            write(sys.stdout, sheet_markdown(sheet()))
        case _:
            print_document(sheet_document(sheet()))
