"""`originlock cost estimate`: what figures given by hand come to, with and without each lock.

Lives here: the command. Must not live here: what is reckoned.
"""

from __future__ import annotations

import click

from originlock.cli.cost_output import cost_output_options, key_option, print_made, region_option
from originlock.errors import ExitCode

_EPILOG = """\b
Examples:
  originlock cost estimate --region eu-west-1 --new-connections 26/s
  originlock cost estimate --region eu-west-1 --requests 100/s --rules 20 --mtls
  originlock cost estimate --region eu-west-1 --new-connections 80/s \\
      --bytes 2GB/h --bypass-new-connections 50/s
  originlock cost estimate --region us-east-1 --kind nlb-tls --active 9000 -o json
\b
Rates: 26/s, 1560/m, 93600/h, 2k/s. Bytes: 10GB/h, 300MiB/m, 7TB/month (KB, MB,
GB, TB are powers of 1,000; KiB, MiB, GiB, TiB of 1,024). All are averages over
an hour. What AWS does not say makes a range, and is named.
Nothing is asked of AWS; prices: originlock cost prices.
\b
Exit codes: 0 reckoned, 1 prices that were kept cannot be read, 2 an option is
wrong or a price is not known.
"""

KINDS = ("alb", "nlb-tcp", "nlb-udp", "nlb-tls", "gwlb")


@click.command("estimate", epilog=_EPILOG)
@region_option
@click.option("--kind", type=click.Choice(KINDS), default="alb", show_default=True, help="of load balancer")
@click.option("--new-connections", metavar="N/s", help="connections that are opened")
@click.option("--active", metavar="N", help="connections that are open at once")
@click.option("--bytes", "bytes_", metavar="N(GB|MB|KB)/h", help="bytes processed, those of Lambda targets apart")
@click.option("--lambda-bytes", metavar="N(GB|MB|KB)/h", help="bytes processed for Lambda targets")
@click.option("--requests", metavar="N/s", help="HTTP requests")
@click.option("--rules", metavar="N", help="rules processed for each request, the free ones included")
@click.option("--mtls", is_flag=True, help="listeners verify clients' certificates")
@key_option
@click.option("--trust-stores", metavar="N", help="trust stores [default: 1 with --mtls, else 0]")
@click.option("--ipv4", metavar="N", help="public IPv4 addresses [default: 0]")
@click.option("--zones", metavar="N", help="with gwlb: Availability Zones [default: 1]")
@click.option("--bypass-new-connections", metavar="N/s", help="how many of them come round the edge")
@click.option("--bypass-active", metavar="N", help="ditto")
@click.option("--bypass-bytes", metavar="N(GB|MB|KB)/h", help="ditto")
@click.option("--bypass-requests", metavar="N/s", help="ditto")
@cost_output_options
def command(  # noqa: PLR0917  one for each option, given by name
    region: str | None,
    kind: str,
    new_connections: str | None,
    active: str | None,
    bytes_: str | None,
    lambda_bytes: str | None,
    requests: str | None,
    rules: str | None,
    mtls: bool,  # noqa: FBT001  click gives flags by name
    certificate_key: str | None,
    trust_stores: str | None,
    ipv4: str | None,
    zones: str | None,
    bypass_new_connections: str | None,
    bypass_active: str | None,
    bypass_bytes: str | None,
    bypass_requests: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Estimate what a load balancer costs an hour and a month, and what each lock adds or saves.

    Each dimension is told; only the highest is charged. What comes round the edge (--bypass-...) is a part of the
    whole: the network lock saves the bill with it, less the bill without it.
    """
    from originlock.cli.cost_figures import SaidOwned, SaidUsage, figures_of, prices_in  # noqa: PLC0415  late
    from originlock.cost.estimate import estimate  # noqa: PLC0415  what reckons is loaded when it is needed
    from originlock.report.estimate import estimate_sheet  # noqa: PLC0415  ditto
    from originlock.report.money import estimate_data  # noqa: PLC0415  ditto
    from originlock.report.page import estimate_page  # noqa: PLC0415  ditto

    figures = figures_of(
        SaidOwned(kind, mtls, certificate_key, trust_stores, ipv4, zones),
        SaidUsage(new_connections, active, bytes_, requests, lambda_bytes, rules),
        SaidUsage(bypass_new_connections, bypass_active, bypass_bytes, bypass_requests),
    )
    made = estimate(prices_in(region), figures)
    print_made(
        output,
        lambda: estimate_sheet(made),
        lambda: estimate_data(made),
        lambda known: estimate_page(made, known),
    )
    return int(ExitCode.DONE)
