"""`originlock cost observe`: what a load balancer was charged for, hour by hour.

Lives here: the command. Must not live here: what is read, or what is reckoned.
"""

from __future__ import annotations

import datetime
import re
import sys
from typing import TYPE_CHECKING, Final

import click

from originlock.cli.cost_output import cost_output_options
from originlock.cli.options import place_options
from originlock.cli.output import StderrTalk, print_document, print_json, write

if TYPE_CHECKING:
    from originlock.app.observe_cost import Account

_EPILOG = """\b
Examples:
  originlock cost observe --load-balancer shop
  originlock cost observe --load-balancer shop --load-balancer api --last 90d -o json
  originlock cost observe --load-balancer shop --last 14d -o html > shop.html
  originlock cost observe --load-balancer \\
      arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188
\b
The metrics are CloudWatch's: by the hour for up to 455 days, by the minute for
the last 15. GetMetricData is billed by AWS by the metric: 12 for each load
balancer and call. A deleted load balancer is found by its ARN.
\b
Exit codes: 0 told, 7 something could not be read, 2 wrong usage.
"""

_LAST: Final = re.compile(r"([1-9][0-9]{0,4})(h|d|w)", re.ASCII)
_UNITS: Final = {"h": 1, "d": 24, "w": 7 * 24}
_MOST_HOURS: Final = 455 * 24


def _last(_context: click.Context, _option: click.Parameter, said: str) -> datetime.timedelta:
    """A time such as 30d."""
    found = _LAST.fullmatch(said.strip().lower())
    if found is None:
        message = f"{said!r} is no time: give hours, days or weeks, such as 36h, 30d or 4w"
        raise click.BadParameter(message)
    hours = int(found[1]) * _UNITS[found[2]]
    if hours > _MOST_HOURS:
        message = f"{said} is too long: CloudWatch keeps hours for 455 days"
        raise click.BadParameter(message)
    return datetime.timedelta(hours=hours)


@click.command("observe", epilog=_EPILOG)
@click.option(
    "--load-balancer",
    "load_balancers",
    multiple=True,
    required=True,
    metavar="NAME|ARN",
    help="an Application Load Balancer (repeatable)",
)
@click.option(
    "--last",
    callback=_last,
    default="30d",
    show_default=True,
    metavar="TIME",
    help="how far back, until the last whole hour: 36h, 30d, 4w",
)
@place_options
@cost_output_options
def command(
    load_balancers: tuple[str, ...],
    last: datetime.timedelta,
    region: str | None,
    profile: str | None,
    role: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Tell what load balancers were charged for, hour by hour, from CloudWatch.

    Which dimension decided and when, ConsumedLCUs beside AWS's own formula with the difference explained, what a
    reservation would have cost, and what the connections cost that never got through TLS.
    """
    from originlock.app.observe_cost import observe_cost  # noqa: PLC0415  what reads is loaded when it is needed
    from originlock.report.observed import exit_code_of_observed  # noqa: PLC0415  ditto
    from originlock.wiring.desk import SystemClock  # noqa: PLC0415  ditto
    from originlock.wiring.metrics import meter, place_of  # noqa: PLC0415  ditto
    from originlock.wiring.money import prices_of  # noqa: PLC0415  ditto

    place = place_of(load_balancers, region, profile, role)
    told = observe_cost(load_balancers, last, meter(place), prices_of, SystemClock(), StderrTalk())
    _print(output, told)
    return int(exit_code_of_observed(told.histories, told.unknown))


def _print(output: str, told: Account) -> None:
    """In the form that is asked for; what is not asked for is not made."""
    from originlock.report.observed import observed_data  # noqa: PLC0415  ditto
    from originlock.report.observed_text import observed_sheets  # noqa: PLC0415  ditto
    from originlock.report.sheet import sheet_document, sheet_markdown  # noqa: PLC0415  ditto

    match output:
        case "json":
            print_json(observed_data(told.histories, told.unknown, told.calls))
        case "html":
            from originlock.report.page.pages import observed_page  # noqa: PLC0415  ditto
            from originlock.wiring.money import every_known_price  # noqa: PLC0415  ditto

            data = observed_data(told.histories, told.unknown, told.calls, sums=False)
            write(sys.stdout, observed_page(data, [each.prices for each in every_known_price()]))
        case "markdown":
            sheets = observed_sheets(told.histories, told.unknown, told.calls)
            write(sys.stdout, "\n".join(sheet_markdown(each) for each in sheets))
        case _:
            for each in observed_sheets(told.histories, told.unknown, told.calls):
                print_document(sheet_document(each))
