"""Our own certificate authorities, for people and for machines.

Lives here: the words and the data. Must not live here: any key, nor anything that opens one.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from originlock.facts.certificates import Authority, Certificate, Leaf, RevocationList, in_last_third
from originlock.report.document import Document, Line, Tone, table

_DAY = datetime.timedelta(days=1)


def authorities_document(authorities: Sequence[Authority], now: datetime.datetime, where: str) -> Document:
    """All of them, one line each."""
    if not authorities:
        return (Line(f"no authority in {where}; make one: originlock ca init NAME"),)
    rows = [
        (
            each.name,
            _until(each.generations[-1].not_after, now),
            _counted(len(each.generations), "generation"),
            _counted(len([leaf for leaf in each.leaves if _is_good(leaf, now)]), "good leaf", "good leaves"),
        )
        for each in authorities
    ]
    return tuple(table(rows))


def authority_document(authority: Authority, now: datetime.datetime) -> Document:
    """One of them, with everything that it has made."""
    lines = [Line(authority.name, Tone.TITLE)]
    for each in authority.generations:
        issues = each == authority.generations[-1]
        lines.append(_line(f"authority {each.subject}, {_until(each.not_after, now)}", _tone(each, now), 1))
        lines.append(Line(f"{'issues; ' if issues else ''}{each.key}, sha256 {each.sha256}", Tone.QUIET, 2))
    for leaf in authority.leaves:
        lines += _leaf_lines(leaf, now)
    for each_list in authority.revocation_lists:
        lines.append(_list_line(each_list, now))
    if not authority.leaves:
        lines.append(Line(f"nothing was issued yet: originlock ca issue {authority.name} edge", Tone.QUIET, 1))
    return tuple(lines)


def leaf_document(leaf: Leaf, now: datetime.datetime) -> Document:
    """What was issued."""
    return tuple(_leaf_lines(leaf, now))


def authority_data(authority: Authority, now: datetime.datetime) -> dict[str, object]:
    """One of them, as JSON has it."""
    newest = authority.generations[-1]
    return {
        "name": authority.name,
        "generations": [_certificate_data(each, now) | {"issues": each == newest} for each in authority.generations],
        "leaves": [leaf_data(each, now) for each in authority.leaves],
        "revocation_lists": [list_data(each, now) for each in authority.revocation_lists],
    }


def leaf_data(leaf: Leaf, now: datetime.datetime) -> dict[str, object]:
    """A leaf, as JSON has it."""
    return {
        "name": leaf.name,
        **_certificate_data(leaf.certificate, now),
        "names": list(leaf.certificate.names),
        "generation": leaf.issuer,
        "key_is_here": leaf.has_key,
        "revoked_at": None if leaf.revoked_at is None else leaf.revoked_at.isoformat(),
    }


def list_data(revocations: RevocationList, now: datetime.datetime) -> dict[str, object]:
    """A revocation list, as JSON has it."""
    return {
        "generation": revocations.issuer,
        "sha256": revocations.sha256,
        "number": revocations.number,
        "this_update": revocations.this_update.isoformat(),
        "next_update": revocations.next_update.isoformat(),
        "days_left": _days(revocations.next_update, now),
        "due": in_last_third(revocations.this_update, revocations.next_update, now),
        "revoked": list(revocations.revoked),
    }


def _certificate_data(certificate: Certificate, now: datetime.datetime) -> dict[str, object]:
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "serial": certificate.serial,
        "key": certificate.key,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "days_left": _days(certificate.not_after, now),
        "due": in_last_third(certificate.not_before, certificate.not_after, now),
        "certificate": certificate.pem,
    }


def _leaf_lines(leaf: Leaf, now: datetime.datetime) -> list[Line]:
    certificate = leaf.certificate
    if leaf.revoked_at is not None:
        first = _line(f"leaf {leaf.name}, revoked {leaf.revoked_at:%Y-%m-%d}", Tone.QUIET, 1)
    else:
        first = _line(f"leaf {leaf.name}, {_until(certificate.not_after, now)}", _tone(certificate, now), 1)
    held = certificate.key if leaf.has_key else f"{certificate.key}, its key is elsewhere"
    return [
        first,
        Line(f"{', '.join(certificate.names)}; serial {certificate.serial}", Tone.QUIET, 2),
        Line(f"{held}, sha256 {certificate.sha256}, of {leaf.issuer[:_SHORT]}", Tone.QUIET, 2),
    ]


_SHORT = 8


def _list_line(revocations: RevocationList, now: datetime.datetime) -> Line:
    due = in_last_third(revocations.this_update, revocations.next_update, now)
    until = _until(revocations.next_update, now)
    counted = _counted(len(revocations.revoked), "certificate")
    said = f"revocation list {revocations.number} of {revocations.issuer[:_SHORT]}, {until}: {counted}"
    if due:
        said += ", due for the next one"
    return Line(said, Tone.WARNING if due else Tone.PLAIN, 1)


def _line(text: str, tone: Tone, indent: int) -> Line:
    return Line(f"{text}{', due for renewal' if tone is Tone.WARNING else ''}", tone, indent)


def _tone(certificate: Certificate, now: datetime.datetime) -> Tone:
    if not certificate.holds_at(now):
        return Tone.BAD
    return Tone.WARNING if in_last_third(certificate.not_before, certificate.not_after, now) else Tone.GOOD


def _is_good(leaf: Leaf, now: datetime.datetime) -> bool:
    return leaf.revoked_at is None and leaf.certificate.holds_at(now)


def _until(moment: datetime.datetime, now: datetime.datetime) -> str:
    days = _days(moment, now)
    return f"ended {moment:%Y-%m-%d}" if moment < now else f"until {moment:%Y-%m-%d} ({_counted(days, 'day')} left)"


def _days(moment: datetime.datetime, now: datetime.datetime) -> int:
    """Whole days that are left; negative where it has ended."""
    return (moment - now) // _DAY


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
