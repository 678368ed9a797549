"""`originlock ca issue|revoke|export`: what an authority issues.

Lives here: these commands, and the options that all of `originlock ca` share. Must not live here: X.509, files.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from originlock.cli.options import output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode, TargetError, UsageError
from originlock.facts.certificates import Authority, Leaf
from originlock.report.authorities import leaf_data, leaf_document
from originlock.report.document import Document, Line, Tone
from originlock.wiring.authorities import authority_files

if TYPE_CHECKING:
    from originlock.pki.authorities import AuthorityFiles
    from originlock.pki.making import Wish

_Command = TypeVar("_Command", bound=Callable[..., Any])

KEY_KINDS: Final = ("p256", "rsa2048", "rsa3072", "rsa4096")
REASONS: Final = (
    "unspecified",
    "key-compromise",
    "affiliation-changed",
    "superseded",
    "cessation-of-operation",
    "privilege-withdrawn",
)
"""Those of the room pki, which is not imported for help; a test holds them together."""

_EDGE: Final = "edge"
"""By convention the leaf that an origin's edge presents."""

_LARGEST_REQUEST: Final = 64 * 1024

key_option = click.option("--key", type=click.Choice(KEY_KINDS), help="what kind of key [default: p256]")

passphrase_option = click.option(
    "--passphrase-file",
    metavar="FILE",
    help="the passphrase is in this file, which nobody else may read [default: ORIGINLOCK_CA_PASSPHRASE, else the file "
    "that ORIGINLOCK_CA_PASSPHRASE_FILE names]",
)

csr_option = click.option("--csr", metavar="FILE", help="only sign this request (PEM): its key stays where it was made")


def days_option(default: str, most: int) -> Callable[[_Command], _Command]:
    """For how many days."""
    return click.option(
        "--days", type=click.IntRange(min=1, max=most), metavar="N", help=f"how long it is good [default: {default}]"
    )


def out_options(function: _Command) -> _Command:
    """Where a certificate and its key go besides the authority's folder."""
    out = click.option("--out", metavar="DIR", help="also write LEAF.pem and LEAF.key there (0600), never over others")
    protected = click.option(
        "--key-passphrase-file", metavar="FILE", help="with --out: encrypt the key with the passphrase in this file"
    )
    return out(protected(function))


def authority_or_fail(files: AuthorityFiles, name: str) -> Authority:
    """The authority of this name.

    Raises:
        TargetError: there is none.
    """
    found = files.authority(name)
    if found is None:
        from originlock.pki.authorities import unknown  # noqa: PLC0415  an extra, and slow to import

        raise unknown(name, files.names())
    return found


@click.command(
    "issue",
    short_help="issue a certificate for a client",
    epilog="\b\nExamples:\n  originlock ca issue shop edge\n"
    "  originlock ca issue services billing --san DNS:billing.internal --out ./billing\n"
    "  originlock ca issue devices sn-0017 --csr sn-0017.csr --days 90 --out ./signed",
)
@click.argument("name")
@click.argument("leaf")
@click.option(
    "--san",
    "names",
    multiple=True,
    metavar="NAME",
    help="a name in it: DNS:..., URI:..., email:... or IP:... (repeatable) [default: DNS:LEAF.NAME.internal]",
)
@csr_option
@key_option
@days_option("365, or as long as the authority", 3650)
@out_options
@passphrase_option
@output_options
def issue(  # noqa: PLR0917  one for each option, given by name
    name: str,
    leaf: str,
    names: tuple[str, ...],
    csr: str | None,
    key: str | None,
    days: int | None,
    out: str | None,
    key_passphrase_file: str | None,
    passphrase_file: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Issue a certificate to LEAF by the authority NAME.

    LEAF is whom it is for: `edge` for the edge of an origin, else the name of a service or a device. It has a new key,
    which is kept with the authority, encrypted; or that of a request (--csr), which never comes here.
    """
    files = authority_files(passphrase_file)
    place = Place(out, key_passphrase_file, csr)
    place.refuse_what_is_there(leaf)
    now = datetime.datetime.now(datetime.UTC)
    made = files.issue(name, leaf, now, wish_of(names, days, key, csr))
    written = place.put(files, name, made)
    if output == "json":
        print_json(leaf_data(made, now))
        return int(ExitCode.DONE)
    print_document((*leaf_document(made, now), *written, *_next_steps(name, leaf)))
    return int(ExitCode.DONE)


def _next_steps(name: str, leaf: str) -> Document:
    if leaf != _EDGE:
        return ()
    return (
        Line("next: have an origin ask its edge for it, in the configuration:"),
        Line("[origins.NAME.identity]", indent=1),
        Line(f'ca = "{name}"', indent=1),
    )


@click.command(
    "revoke",
    short_help="revoke certificates",
    epilog="\b\nExamples:\n  originlock ca revoke devices sn-0017 --reason key-compromise\n"
    "  originlock ca revoke shop 4eb6fef4de732f8bb60fbb01a55046f1 --reason superseded",
)
@click.argument("name")
@click.argument("which", metavar="SERIAL|LEAF")
@click.option("--reason", type=click.Choice(REASONS), default="unspecified", show_default=True, help="why")
@passphrase_option
@output_options
def revoke(
    name: str,
    which: str,
    reason: str,
    passphrase_file: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Revoke the certificate with a serial, or all that LEAF has, and make the revocation list anew.

    There is no way back. A load balancer refuses them once its trust store has the new list.
    """
    files = authority_files(passphrase_file)
    from originlock.pki.issuing import Reason  # noqa: PLC0415  an extra, and slow to import

    now = datetime.datetime.now(datetime.UTC)
    revoked = files.revoke(name, which, now, Reason(reason))
    if output == "json":
        print_json({"name": name, "revoked": [leaf_data(each, now) for each in revoked]})
        return int(ExitCode.DONE)
    if not revoked:
        print_document((Line(f"{which}: revoked already, nothing was changed"),))
        return int(ExitCode.DONE)
    lines = [Line(f"{each.name}: revoked, serial {each.certificate.serial}") for each in revoked]
    print_document((*lines, Line("nothing refuses them before its trust store has the new list", Tone.WARNING)))
    return int(ExitCode.DONE)


@click.command(
    "export",
    short_help="write a certificate and its key for a client",
    epilog="\b\nExamples:\n  originlock ca export services billing --out ./billing",
)
@click.argument("name")
@click.argument("leaf")
@click.option("--out", required=True, metavar="DIR", help="write LEAF.pem and LEAF.key there (0600), never over others")
@click.option("--key-passphrase-file", metavar="FILE", help="encrypt the key with the passphrase in this file")
@passphrase_option
@output_options
def export(
    name: str,
    leaf: str,
    out: str,
    key_passphrase_file: str | None,
    passphrase_file: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Write the newest good certificate of LEAF, and its key if that is here."""
    files = authority_files(passphrase_file)
    now = datetime.datetime.now(datetime.UTC)
    found = authority_or_fail(files, name).newest_leaf(leaf, now)
    if found is None:
        message = f"{name} has no good certificate of {leaf}"
        raise TargetError(message, f"see `originlock ca show {name}`")
    place = Place(out, key_passphrase_file, None)
    place.refuse_what_is_there(leaf)
    written = place.put(files, name, found)
    if output == "json":
        print_json(leaf_data(found, now))
    else:
        print_document((*leaf_document(found, now), *written))
    return int(ExitCode.DONE)


def wish_of(names: tuple[str, ...], days: int | None, key: str | None, csr: str | None) -> Wish:
    """What the options ask of a certificate.

    Raises:
        UsageError: they contradict each other, or the request cannot be read.
    """
    from originlock.pki.keys import KeyKind  # noqa: PLC0415  an extra, and slow to import
    from originlock.pki.making import Wish  # noqa: PLC0415  ditto

    if csr is None:
        return Wish(names, days, None if key is None else KeyKind(key))
    if key is not None:
        message = "--key is for a key that is made here, and the request has one already"
        raise UsageError(message, "leave one of --key and --csr out")
    try:
        with Path(csr).open("rb") as file:
            return Wish(names, days, request=file.read(_LARGEST_REQUEST + 1))
    except OSError as error:
        message = f"the request {csr} cannot be read: {error.strerror}"
        raise UsageError(message, "name its file with --csr") from error


class Place:
    """Where a certificate goes besides the authority's folder, if anywhere."""

    def __init__(self, out: str | None, key_passphrase_file: str | None, csr: str | None) -> None:
        """Take the options.

        Raises:
            UsageError: a passphrase for a key that is not written, or one that cannot be read.
        """
        if key_passphrase_file is not None and (out is None or csr is not None):
            message = "--key-passphrase-file is for a key that --out writes"
            raise UsageError(message, "give --out as well, and no --csr")
        self._folder = None if out is None else Path(out)
        self._passphrase: bytes | None = None
        if key_passphrase_file is not None:
            from originlock.pki.passphrase import from_file  # noqa: PLC0415  an extra, and slow to import

            self._passphrase = from_file(Path(key_passphrase_file))

    def refuse_what_is_there(self, leaf: str) -> None:
        """See, before anything is issued, that nothing is in the way.

        Raises:
            UsageError: something is.
        """
        if self._folder is not None:
            from originlock.pki.private_files import refuse_those_there  # noqa: PLC0415  an extra, and slow to import

            refuse_those_there((self._folder / f"{leaf}.pem", self._folder / f"{leaf}.key"))

    def put(self, files: AuthorityFiles, name: str, leaf: Leaf) -> Document:
        """Write the certificate, and its key if it is here; returns what to say of it.

        Raises:
            UsageError: they cannot be written.
        """
        if self._folder is None:
            return ()
        from originlock.pki import keys, private_files  # noqa: PLC0415  an extra, and slow to import

        certificate = self._folder / f"{leaf.name}.pem"
        private_files.written_new(certificate, leaf.certificate.pem.encode())
        if not leaf.has_key:
            return (Line(f"written: {certificate}"),)
        pem = files.private_key(name, leaf.certificate.sha256)
        if self._passphrase is not None:
            pem = keys.encrypted_anew(pem, self._passphrase)
        key = self._folder / f"{leaf.name}.key"
        private_files.written_new(key, pem)
        said = "its key, encrypted" if self._passphrase is not None else "its key, not encrypted"
        return (Line(f"written: {certificate}, and {said}: {key}"),)
