"""`originlock ca renew`: what follows a certificate.

Lives here: the command. Must not live here: when something is due.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import click

from originlock.cli.ca_leaves import (
    Place,
    authority_or_fail,
    csr_option,
    days_option,
    key_option,
    out_options,
    passphrase_option,
    wish_of,
)
from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode, UsageError
from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList, in_last_third
from originlock.report.authorities import leaf_data, leaf_document, list_data
from originlock.report.document import Document, Line, Tone
from originlock.wiring.authorities import authority_files

if TYPE_CHECKING:
    from originlock.pki.authorities import AuthorityFiles


@click.command(
    "renew",
    short_help="issue what follows a certificate",
    epilog="\b\nExamples:\n  originlock ca renew shop edge\n  originlock ca renew shop --if-due\n"
    "  originlock ca renew shop --authority",
)
@click.argument("name")
@click.argument("leaf", required=False)
@click.option("--authority", "whole", is_flag=True, help="make the next generation of the authority itself")
@click.option("--if-due", is_flag=True, help="only what has less than a third of its life left")
@csr_option
@key_option
@days_option("that of the one before; for an authority 3650", 7300)
@out_options
@passphrase_option
@output_options
def renew(  # noqa: PLR0917  one for each option, given by name
    name: str,
    leaf: str | None,
    whole: bool,  # noqa: FBT001  click gives flags by name
    if_due: bool,  # noqa: FBT001  ditto
    csr: str | None,
    key: str | None,
    days: int | None,
    out: str | None,
    key_passphrase_file: str | None,
    passphrase_file: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Issue a certificate that follows the one of LEAF: same names, by the newest generation of NAME, with a new key.

    With --if-due and no LEAF: all leaves that are due, and the revocation lists that are. What was there before stays
    good; revoke it when nobody presents it any more. With --authority: a new key and certificate for the authority
    itself. The old one stays until `originlock ca retire`, so that both can be trusted in between.
    """
    _refuse_contradictions(leaf, whole=whole, if_due=if_due, for_one=csr is not None, written=out is not None)
    files = authority_files(passphrase_file)
    now = datetime.datetime.now(datetime.UTC)
    before = authority_or_fail(files, name)
    if whole:
        return _renewed_authority(files, before, now, (key, days), if_due=if_due, output=output)
    place = Place(out, key_passphrase_file, csr)
    due = [each for each in _meant(before, leaf, now) if not if_due or _is_due(before, each, now)]
    for each in due:
        place.refuse_what_is_there(each)
    wish = wish_of((), days, key, csr)
    made: list[Leaf] = []
    said: list[Line] = []
    for each in due:
        made.append(files.renew(name, each, now, wish))
        said += [*leaf_document(made[-1], now), *place.put(files, name, made[-1])]
    lists = files.refresh_revocation_lists(now, (name,)) if leaf is None else ()
    _tell(name, made, [each for _, each in lists], tuple(said), now, output)
    return int(ExitCode.DONE)


def _refuse_contradictions(leaf: str | None, *, whole: bool, if_due: bool, for_one: bool, written: bool) -> None:
    """See that the options mean one thing.

    Raises:
        UsageError: they do not.
    """
    if whole and (leaf is not None or for_one or written):
        message = "--authority renews the authority itself: it goes with no leaf, no --csr and no --out"
        raise UsageError(message, "renew one after the other")
    if not whole and leaf is None and not if_due:
        message = "what is to be renewed?"
        raise UsageError(message, "name a leaf, or say --if-due or --authority")
    if for_one and leaf is None:
        message = "--csr is the request of one leaf"
        raise UsageError(message, "name it")


def _meant(authority: Authority, leaf: str | None, now: datetime.datetime) -> tuple[str, ...]:
    """The names to renew: the one, or each that still has something good."""
    if leaf is not None:
        return (leaf,)
    names = dict.fromkeys(each.name for each in authority.leaves)
    return tuple(each for each in names if authority.newest_leaf(each, now) is not None)


def _is_due(authority: Authority, leaf: str, now: datetime.datetime) -> bool:
    """Whether the newest good one is in the last third of its life, or there is none."""
    newest = authority.newest_leaf(leaf, now)
    return newest is None or in_last_third(newest.certificate.not_before, newest.certificate.not_after, now)


def _renewed_authority(
    files: AuthorityFiles,
    before: Authority,
    now: datetime.datetime,
    asked: tuple[str | None, int | None],
    *,
    if_due: bool,
    output: str,
) -> int:
    newest = before.generations[-1]
    made: Certificate | None = None
    if not if_due or in_last_third(newest.not_before, newest.not_after, now):
        from originlock.pki.issuing import AUTHORITY_DAYS  # noqa: PLC0415  an extra, and slow to import
        from originlock.pki.keys import KeyKind  # noqa: PLC0415  ditto

        key, days = asked
        made = files.renew_authority(
            before.name, now, key=None if key is None else KeyKind(key), days=days or AUTHORITY_DAYS
        )
    if output == "json":
        print_json({"name": before.name, "generation": None if made is None else made.sha256})
    elif made is None:
        print_document((Line(f"{before.name} is not due: it is good until {newest.not_after:%Y-%m-%d}"),))
    else:
        print_document(
            (
                Line(f"{before.name}: {made.subject} issues from now on, until {made.not_after:%Y-%m-%d}", Tone.GOOD),
                Line(f"sha256 {made.sha256}", Tone.QUIET, 1),
                Line(
                    "next: have it trusted everywhere, then renew each leaf, then: originlock ca retire " + before.name
                ),
            )
        )
    return int(ExitCode.DONE)


def _tell(
    name: str, made: list[Leaf], lists: list[RevocationList], said: Document, now: datetime.datetime, output: str
) -> None:
    if output == "json":
        print_json(
            {
                "name": name,
                "renewed": [leaf_data(each, now) for each in made],
                "revocation_lists": [list_data(each, now) for each in lists],
            }
        )
        return
    told = [Line(f"revocation list {each.number} of {each.issuer[:8]} is new") for each in lists]
    print_document((*said, *told) or (Line("nothing is due"),))
