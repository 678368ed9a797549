"""`originlock cost prices`: the prices that are reckoned with, and asking AWS for them.

Lives here: the command. Must not live here: which row of AWS's list is which price, or what is reckoned with prices.
"""

from __future__ import annotations

import datetime
import sys
from typing import Literal

import click

from originlock.cli.output import StderrTalk, print_document, print_json, write
from originlock.errors import ExitCode, OriginlockError, UsageError
from originlock.facts.known_prices import KnownPrices
from originlock.facts.regions import dollar_region
from originlock.intent.options import override_place
from originlock.intent.policy import Place
from originlock.ports.price_lists import PriceLists
from originlock.report.prices import Asked, prices_data, prices_document, prices_markdown
from originlock.wiring import money

_EPILOG = """\b
Examples:
  originlock cost prices
  originlock cost prices --region eu-west-1 -o markdown
  originlock cost prices --refresh --region eu-central-1
  originlock cost prices --refresh --source file --region us-east-1
\b
Without --refresh nothing is asked of anybody: what ships with originlock, and
what AWS was asked for before, each price with its source and its age.
With --refresh AWS's price list is asked, by its API where there are credentials
(pricing:GetProducts), else by its public files; $ORIGINLOCK_PRICES_URL is where
these are [default: https://pricing.us-east-1.amazonaws.com]. What is not
believed is refused as a whole, and what was known stays.
\b
Exit codes: 0 done, 1 AWS could not be asked, 2 no such Region, 4 the list is
not believed.
"""


@click.command("prices", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="of this Region (repeatable) [default: all that are known; with --refresh as the AWS CLI finds it]",
)
@click.option("--refresh", is_flag=True, help="ask AWS, and keep what it says in the state directory")
@click.option(
    "--source",
    type=click.Choice(["api", "file"]),
    help="with --refresh: by the API, or by the public files [default: the API where there are credentials]",
)
@click.option("--accept-jumps", is_flag=True, help="with --refresh: believe a price that has moved far")
@click.option("--profile", metavar="NAME", help="the AWS profile [default: as the AWS CLI finds it]")
@click.option("--assume-role", "role", metavar="ARN", help="assume this role, with what the profile gives")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="text for people, json for machines, markdown to paste",
)
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def command(  # noqa: PLR0917  one for each option, given by name
    regions: tuple[str, ...],
    refresh: bool,  # noqa: FBT001  click gives flags by name
    source: Literal["api", "file"] | None,
    accept_jumps: bool,  # noqa: FBT001  ditto
    profile: str | None,
    role: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List the prices that are reckoned with, their sources and dates; with --refresh ask AWS for them."""
    named = tuple(dict.fromkeys(dollar_region(each) for each in regions))
    asked: tuple[Asked, ...] = ()
    code = ExitCode.DONE
    if refresh:
        place = override_place(Place(), None, profile, role)
        named = named or (_own_region(place),)
        known, asked, code = _refreshed(named, money.price_lists(source, place), jumps=accept_jumps)
    else:
        _refuse_idle(source=source, accept_jumps=accept_jumps, profile=profile, role=role)
        known = tuple(map(money.known_prices, named)) if named else money.every_known_price()
    _show(output, known, asked)
    return int(code)


def _refuse_idle(*, source: str | None, accept_jumps: bool, profile: str | None, role: str | None) -> None:
    """Raise where an option is given that does nothing without asking AWS.

    Raises:
        UsageError: one is.
    """
    idle = [
        name
        for name, given in (
            ("--source", source),
            ("--accept-jumps", accept_jumps),
            ("--profile", profile),
            ("--assume-role", role),
        )
        if given
    ]
    if idle:
        message = f"{idle[0]} does nothing without --refresh: no one is asked"
        raise UsageError(message, "say --refresh, too")


def _own_region(place: Place) -> str:
    """The Region that the AWS CLI would take.

    Raises:
        UsageError: there is none, or none with prices in dollars.
    """
    region = money.default_region(place)
    if region is None:
        message = "no Region is named whose prices AWS is to be asked for"
        raise UsageError(message, "say --region REGION")
    return dollar_region(region)


def _refreshed(
    regions: tuple[str, ...], lists: PriceLists, *, jumps: bool
) -> tuple[tuple[KnownPrices, ...], tuple[Asked, ...], ExitCode]:
    """Ask for each Region; of several, one that fails does not stop the others.

    Raises:
        OriginlockError: the only one failed.
    """
    known: list[KnownPrices] = []
    asked: list[Asked] = []
    code = ExitCode.DONE
    for region in regions:
        StderrTalk().say(f"asking AWS's price list for {region}")
        try:
            found = money.refresh(region, lists, jumps=jumps)
        except OriginlockError as error:
            if len(regions) == 1:
                raise
            asked.append(Asked(region, what=error.what, remedy=error.remedy))
            code = code or error.exit_code
        else:
            known.append(found.known)
            asked.append(Asked(region, found.absent))
    return tuple(known), tuple(asked), code


def _show(output: str, known: tuple[KnownPrices, ...], asked: tuple[Asked, ...]) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    match output:
        case "json":
            print_json(prices_data(known, asked, today))
        case "markdown":
            write(sys.stdout, prices_markdown(known, asked, today))
        case _:
            print_document(prices_document(known, asked, today))
