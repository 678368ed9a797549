"""What a bundle of authorities and its revocation lists are, and what is wrong with them: as data, and for people.

Lives here: the wording and the keys. Must not live here: the rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

from originlock.facts.bundle import BundleReading, FoundBlock, FoundCertificate, FoundList, RevocationReading
from originlock.facts.words import count
from originlock.locks.identity.findings import BundleFinding, is_clean
from originlock.report.document import Document, Line, Tone, table

Data = dict[str, object]


class CheckedList(msgspec.Struct, frozen=True):
    """The file of a revocation list, and what is wrong with it."""

    name: str
    reading: RevocationReading
    findings: tuple[BundleFinding, ...]


class CheckedBundle(msgspec.Struct, frozen=True):
    """The file of a bundle, what is wrong with it, and the lists that go with it.

    Attributes:
        together: what is wrong with the lists together.
    """

    name: str
    reading: BundleReading
    findings: tuple[BundleFinding, ...]
    lists: tuple[CheckedList, ...] = ()
    together: tuple[BundleFinding, ...] = ()

    def every(self) -> tuple[tuple[str, BundleFinding], ...]:
        """All findings, each with its file."""
        return (
            *((self.name, each) for each in self.findings),
            *((held.name, each) for held in self.lists for each in held.findings),
            *(("all lists", each) for each in self.together),
        )

    @property
    def clean(self) -> bool:
        """Whether everything is fit for a trust store; warnings alone are clean."""
        return is_clean(each for _, each in self.every())


# --- for machines ----------------------------------------------------------------------------------


def bundle_data(checked: CheckedBundle) -> Data:
    """Keys: ``file``, ``certificates``, ``revocation_lists``, ``findings``, ``clean``."""
    return {
        "file": checked.name,
        "certificates": [_certificate(*each) for each in checked.reading.certificates()],
        "revocation_lists": [_list(held.name, *each) for held in checked.lists for each in held.reading.lists()],
        "findings": [_finding(*each) for each in checked.every()],
        "clean": checked.clean,
    }


def _finding(name: str, found: BundleFinding) -> Data:
    return {
        "code": found.code,
        "severity": found.severity,
        "file": name,
        "line": found.line,
        "lines": list(found.lines),
        "message": found.message,
        "remedy": found.remedy,
    }


def _certificate(block: FoundBlock, found: FoundCertificate) -> Data:
    certificate = found.certificate
    return {
        "line": block.first,
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": _iso(certificate.not_before),
        "not_after": _iso(certificate.not_after),
        "key": certificate.key,
        "signature": certificate.signature,
        "authority": certificate.authority,
        "self_signed": certificate.self_signed,
        "signed_by": None if found.signers is None else list(found.signers),
    }


def _list(name: str, block: FoundBlock, found: FoundList) -> Data:
    return {
        "file": name,
        "line": block.first,
        "sha256": found.sha256,
        "issuer": found.issuer,
        "this_update": _iso(found.this_update),
        "next_update": None if found.next_update is None else _iso(found.next_update),
        "entries": found.entries,
        "signature": found.signature,
        "signed_by": list(found.signers),
    }


def _iso(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat()


# --- for people ------------------------------------------------------------------------------------


def bundle_document(checked: CheckedBundle) -> Document:
    """What is in the files, each finding as a paragraph, and the verdict."""
    certificates = checked.reading.certificates()
    lines = [Line(f"{checked.name}: {count(len(certificates), 'certificate')}", Tone.TITLE)]
    lines += table([_row(*each) for each in certificates], indent=1)
    for held in checked.lists:
        lines.append(Line(f"{held.name}: {count(len(held.reading.lists()), 'revocation list')}", Tone.TITLE))
        lines += table([_list_row(*each) for each in held.reading.lists()], indent=1)
    for name, each in checked.every():
        lines += _paragraph(name if checked.lists else None, each)
    return (*lines, Line(), *_verdict(checked))


def _row(block: FoundBlock, found: FoundCertificate) -> tuple[str, ...]:
    certificate = found.certificate
    until = certificate.not_after.strftime("%Y-%m-%d")
    return f"line {block.first}", certificate.key, f"until {until}", certificate.sha256[:16], certificate.subject


def _list_row(block: FoundBlock, found: FoundList) -> tuple[str, ...]:
    due = "no next one" if found.next_update is None else f"next {found.next_update.strftime('%Y-%m-%d')}"
    return f"line {block.first}", f"{found.entries:,} revoked", due, found.sha256[:16], found.issuer


def _paragraph(name: str | None, found: BundleFinding) -> Iterator[Line]:
    tone = Tone.BAD if found.severity == "error" else Tone.WARNING
    where = "" if name is None else f"{name}: "
    yield Line()
    yield Line(f"{found.severity}: {where}{found.message} [{found.code}]", tone)
    yield Line(f"what to do: {found.remedy}", indent=1)


def _verdict(checked: CheckedBundle) -> Iterator[Line]:
    severities = [each.severity for _, each in checked.every()]
    errors, warnings = severities.count("error"), severities.count("warning")
    told = _told((errors, "error"), (warnings, "warning"))
    if errors:
        yield Line(f"NOT FIT for a trust store: {told}", Tone.BAD)
    elif warnings:
        yield Line(f"fit for a trust store: {told}", Tone.WARNING)
    else:
        yield Line("fit for a trust store", Tone.GOOD)


def _told(*counts: tuple[int, str]) -> str:
    return ", ".join(count(number, thing) for number, thing in counts if number)
