"""`originlock ca`: certificate authorities of your own.

Lives here: the group, and the commands that are about an authority. Must not live here: what is about what it issues
(see `ca_leaves`), X.509, files.
"""

from __future__ import annotations

import datetime
import sys

import click

from originlock.cli.ca_leaves import (
    authority_or_fail,
    days_option,
    export,
    issue,
    key_option,
    passphrase_option,
    revoke,
)
from originlock.cli.ca_renewal import renew
from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json, write
from originlock.errors import ExitCode, TargetError, UsageError
from originlock.facts.certificates import Authority, bundle_of
from originlock.report.authorities import authorities_document, authority_data, authority_document
from originlock.report.document import Line, Tone
from originlock.wiring.authorities import authority_files
from originlock.wiring.settings import authority_directory

_EPILOG = """\b
Examples:
  (umask 077; openssl rand -base64 24 > ~/.originlock-passphrase)
  export ORIGINLOCK_CA_PASSPHRASE_FILE=~/.originlock-passphrase
  originlock ca init shop
  originlock ca issue shop edge
  originlock ca show shop
"""


@click.group("ca", epilog=_EPILOG)
def command() -> None:
    """Certificate authorities of your own: for the edge, for services behind a load balancer, for devices.

    They are kept in $ORIGINLOCK_CA_DIR, else in the state directory. Their keys are encrypted with a passphrase:
    --passphrase-file, ORIGINLOCK_CA_PASSPHRASE or ORIGINLOCK_CA_PASSPHRASE_FILE. Commands that only read need none.
    """


@command.command(
    "init",
    short_help="make an authority",
    epilog="\b\nExamples:\n  originlock ca init shop\n  originlock ca init devices --key rsa4096 --days 7300",
)
@click.argument("name")
@key_option
@days_option("3650 (ten years)", 7300)
@passphrase_option
@output_options
def init(
    name: str,
    key: str | None,
    days: int | None,
    passphrase_file: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Make the authority NAME: small letters, digits and hyphens."""
    files = authority_files(passphrase_file)
    from originlock.pki.issuing import AUTHORITY_DAYS  # noqa: PLC0415  an extra, and slow to import
    from originlock.pki.keys import KeyKind  # noqa: PLC0415  ditto

    now = datetime.datetime.now(datetime.UTC)
    made = files.init(name, now, key=KeyKind(key or "p256"), days=days or AUTHORITY_DAYS)
    if output == "json":
        print_json(authority_data(made, now))
        return int(ExitCode.DONE)
    until = made.generations[-1].not_after
    print_document(
        (
            Line(f"{name}: an authority, until {until:%Y-%m-%d}", Tone.GOOD),
            Line(f"sha256 {made.generations[-1].sha256}", Tone.QUIET, 1),
            Line(f"it is kept in {authority_directory() / name}: back that up, and the passphrase elsewhere", indent=1),
            Line(f"next: issue a leaf for the edge: originlock ca issue {name} edge"),
        )
    )
    return int(ExitCode.DONE)


@command.command("list", short_help="list the authorities", epilog="\b\nExamples:\n  originlock ca list")
@output_options
def listed(
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List every authority, until when it is good, and how much that it issued is."""
    files = authority_files()
    now = datetime.datetime.now(datetime.UTC)
    found = [authority for name in files.names() if (authority := files.authority(name)) is not None]
    if output == "json":
        print_json({"folder": str(authority_directory()), "authorities": [authority_data(each, now) for each in found]})
    else:
        print_document(authorities_document(found, now, str(authority_directory())))
    return int(ExitCode.DONE)


@command.command(
    "show",
    short_help="show an authority and what it issued",
    epilog="\b\nExamples:\n  originlock ca show shop\n  originlock ca show shop --bundle > bundle.pem\n"
    "  originlock ca show shop --crl > shop.crl.pem\n  originlock ca show shop -o json | jq '.leaves[].serial'",
)
@click.argument("name")
@click.option("--bundle", is_flag=True, help="print the certificates of all generations, as a trust store takes them")
@click.option("--crl", is_flag=True, help="print the revocation lists, one for each generation that has revoked")
@click.option("--generation", metavar="SHA256", help="with --crl: of this generation only (the start will do)")
@output_options
def show(
    name: str,
    bundle: bool,  # noqa: FBT001  click gives flags by name
    crl: bool,  # noqa: FBT001  ditto
    generation: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Show the authority NAME: fingerprints, serials, dates, days left, what is revoked. Keys are never shown."""
    if bundle and crl:
        message = "--bundle and --crl cannot be printed at once"
        raise UsageError(message, "say one of them")
    authority = authority_or_fail(authority_files(), name)
    now = datetime.datetime.now(datetime.UTC)
    if bundle:
        write(sys.stdout, bundle_of(each.pem for each in authority.generations))
    elif crl:
        write(sys.stdout, _lists(authority, generation))
    elif output == "json":
        print_json(authority_data(authority, now))
    else:
        print_document(authority_document(authority, now))
    return int(ExitCode.DONE)


@command.command(
    "retire",
    short_help="forget an old generation of an authority",
    epilog="\b\nExamples:\n  originlock ca renew shop --authority\n  originlock ca retire shop\n"
    "  originlock ca retire shop 9a61d07e",
)
@click.argument("name")
@click.argument("fingerprint", required=False)
@click.option("--with-good-leaves", is_flag=True, help="although certificates that it issued are still good")
@output_options
def retire(
    name: str,
    fingerprint: str | None,
    with_good_leaves: bool,  # noqa: FBT001  click gives flags by name
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Forget the oldest generation of NAME, or that of FINGERPRINT: its key, and all that it issued.

    Not the one that issues, and none by which something is still good: what it issued would be refused everywhere
    once trust stores know it no more.
    """
    files = authority_files()
    now = datetime.datetime.now(datetime.UTC)
    gone = files.retire(name, now, fingerprint, with_good_leaves=with_good_leaves)
    if output == "json":
        print_json({"name": name, "retired": gone.sha256})
    else:
        print_document((Line(f"{name}: {gone.subject} is retired; its key is gone"),))
    return int(ExitCode.DONE)


for each in (issue, renew, revoke, export):
    command.add_command(each)


def _lists(authority: Authority, generation: str | None) -> str:
    """The revocation lists as PEM.

    Raises:
        TargetError: there is none.
    """
    start = (generation or "").replace(":", "").lower()
    found = [each.pem for each in authority.revocation_lists if each.issuer.startswith(start)]
    if not found:
        message = f"{authority.name} has revoked nothing{f' by generation {start}' if start else ''}: there is no list"
        raise TargetError(message, "a trust store needs none then")
    return "".join(found)
