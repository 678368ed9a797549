"""`originlock bundle check`: would a load balancer take this bundle of authorities, and these revocation lists?

Lives here: the commands. Must not live here: the rules (see `originlock.locks.identity`).
"""

from __future__ import annotations

import datetime

import click

from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode, UsageError

_EPILOG = """\b
Examples:
  originlock bundle check authorities.pem
  originlock bundle check authorities.pem --crl revoked.pem
  aws s3 cp s3://my-bucket/authorities.pem - | originlock bundle check - -o json
\b
Exit codes: 0 fit for a trust store (there may be warnings), 3 not fit.
Every finding is explained in docs/bundles.md.
"""


@click.group("bundle", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Look at a bundle of certificate authorities before a load balancer does."""


@command.command("check", short_help="everything that is wrong with a bundle, by line", epilog=_EPILOG)
@click.argument("file", metavar="FILE")
@click.option("--crl", "lists", multiple=True, metavar="FILE", help="a revocation list that goes with it (repeatable)")
@output_options
def check(
    file: str,
    lists: tuple[str, ...],
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Say everything that is wrong with the bundle FILE, by line, with what to do. - is stdin.

    AWS takes a bundle whole or not at all, and names one error for all that can be wrong with it. Nothing is sent
    anywhere, and nothing of a private key is shown.
    """
    from originlock import pki  # noqa: PLC0415  certificates are read by an extra
    from originlock.report.bundles import bundle_data, bundle_document  # noqa: PLC0415  ditto

    if [file, *lists].count("-") > 1:
        message = "stdin (-) can be read once only"
        raise UsageError(message, "give the names of files for the others")
    pki.require()
    from originlock.wiring.bundles import checked_bundle  # noqa: PLC0415  ditto

    checked = checked_bundle(file, lists, datetime.datetime.now(datetime.UTC))
    if output == "json":
        print_json(bundle_data(checked))
    else:
        print_document(bundle_document(checked))
    return int(ExitCode.DONE if checked.clean else ExitCode.PENDING)
