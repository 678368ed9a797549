"""What `cost estimate` and `cost storm` print, in the form that is asked for.

Lives here: the option and the choice. Must not live here: any form.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from originlock.cli.output import print_document, print_json, write

if TYPE_CHECKING:
    from originlock.facts.prices import RegionPrices
    from originlock.report.sheet import Sheet

_Command = TypeVar("_Command", bound=Callable[..., Any])

region_option = click.option("--region", metavar="REGION", help="whose prices [default: as the AWS CLI finds it]")

KEYS = ("rsa-2048", "rsa-4096", "rsa-8192", "larger")

key_option = click.option(
    "--certificate-key",
    type=click.Choice(KEYS),
    help="of the listener's certificate, up to; large ones make new connections dearer [default: rsa-2048]",
)


def cost_output_options(command: _Command) -> _Command:
    """The form of the output."""
    form = click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json", "markdown", "html"]),
        default="text",
        show_default=True,
        help="text for people, json for machines, markdown for a pull request, html for a look (one file)",
    )
    debug = click.option("--debug", is_flag=True, help="show a traceback where something fails")
    return form(debug(command))


def print_made(
    output: str,
    sheet: Callable[[], Sheet],
    data: Callable[[], dict[str, object]],
    page: Callable[[Sequence[RegionPrices]], str],
) -> None:
    """Print it; what is not asked for is not made.

    Args:
        output: the form.
        sheet: makes what people read.
        data: makes what machines read.
        page: makes the HTML, whose calculator offers every Region of which prices are known.

    Raises:
        StateError: with html, prices of some Region that were kept cannot be read.
    """
    from originlock.report.sheet import sheet_document, sheet_markdown  # noqa: PLC0415  --help reports nothing

    match output:
        case "json":
            print_json(data())
        case "markdown":
            write(sys.stdout, sheet_markdown(sheet()))
        case "html":
            from originlock.wiring.money import every_known_price  # noqa: PLC0415  what reads files is loaded late

            write(sys.stdout, page([each.prices for each in every_known_price()]))
        case _:
            print_document(sheet_document(sheet()))
