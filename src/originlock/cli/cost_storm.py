"""`originlock cost storm`: what a flood round the edge costs, with the door open and shut.

Lives here: the command. Must not live here: what is reckoned.
"""

from __future__ import annotations

import click

from originlock.cli.cost_output import cost_output_options, key_option, print_made, region_option
from originlock.errors import ExitCode

_EPILOG = """\b
Examples:
  originlock cost storm --region eu-west-1 --rate 10000/s --for 1h
  originlock cost storm --region eu-west-1 --rate 200/s --for 1d \\
      --requests-per-connection 50 --response-bytes 200KB
  originlock cost storm --region eu-west-1 --rate 1000/s --for 30m \\
      --normal-bytes 10GB/h --normal-new-connections 26/s -o html > flood.html
\b
The flood knows the origin's own name. With the door open it is answered; with
mutual TLS it is refused within the handshake; with the security group its
packets never arrive. All is told as what it adds to the normal load.
Nothing is asked of AWS; prices: originlock cost prices.
\b
Exit codes: 0 reckoned, 1 prices that were kept cannot be read, 2 an option is
wrong or a price is not known.
"""


@click.command("storm", epilog=_EPILOG)
@region_option
@click.option("--rate", required=True, metavar="N/s", help="connections that are opened")
@click.option("--for", "lasting", required=True, metavar="TIME", help="how long: 1h, 30m, 1h30m, 2d")
@click.option("--requests-per-connection", metavar="N", help="HTTP requests on each connection [default: 1]")
@click.option("--request-bytes", metavar="N", help="of each request [default: 500]")
@click.option("--response-bytes", metavar="N", help="of each answer [default: 5KB]")
@click.option("--open-seconds", metavar="N", help="for how long a connection is open [default: 1]")
@click.option("--rules", metavar="N", help="rules processed for each request [default: 1]")
@key_option
@click.option("--normal-new-connections", metavar="N/s", help="of the normal load")
@click.option("--normal-active", metavar="N", help="ditto")
@click.option("--normal-bytes", metavar="N(GB|MB|KB)/h", help="ditto")
@click.option("--normal-requests", metavar="N/s", help="ditto")
@click.option("--normal-rules", metavar="N", help="ditto, for each request")
@click.option("--egress-this-month", metavar="N(GB|TB)", help="sent out before [default: as much as is free]")
@cost_output_options
def command(  # noqa: PLR0917  one for each option, given by name
    region: str | None,
    rate: str,
    lasting: str,
    requests_per_connection: str | None,
    request_bytes: str | None,
    response_bytes: str | None,
    open_seconds: str | None,
    rules: str | None,
    certificate_key: str | None,
    normal_new_connections: str | None,
    normal_active: str | None,
    normal_bytes: str | None,
    normal_requests: str | None,
    normal_rules: str | None,
    egress_this_month: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Reckon what a flood costs that goes round the edge: open, with mutual TLS, with the security group.

    Capacity units (LCU-hours over the whole flood) and data transfer out, on top of the normal load.
    """
    from originlock.cli.cost_figures import (  # noqa: PLC0415  late
        SaidFlood,
        SaidUsage,
        flood_of,
        key_of,
        prices_in,
        sent_gb_of,
        usage_of,
    )
    from originlock.cost.storm import storm  # noqa: PLC0415  what reckons is loaded when it is needed
    from originlock.report.money import storm_data  # noqa: PLC0415  ditto
    from originlock.report.page import storm_page  # noqa: PLC0415  ditto
    from originlock.report.storm import storm_sheet  # noqa: PLC0415  ditto

    flood = flood_of(
        SaidFlood(rate, lasting, requests_per_connection, request_bytes, response_bytes, open_seconds, rules)
    )
    normal = SaidUsage(
        normal_new_connections, normal_active, normal_bytes, requests=normal_requests, rules=normal_rules
    )
    usual, sent = usage_of(normal, "--normal-"), sent_gb_of(egress_this_month)
    made = storm(prices_in(region), flood, usual, sent, key=key_of(certificate_key))
    print_made(
        output,
        lambda: storm_sheet(made),
        lambda: storm_data(made),
        lambda known: storm_page(made, known),
    )
    return int(ExitCode.DONE)
