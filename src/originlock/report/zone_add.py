"""A zone that was added, for people and for machines.

Lives here: the words, the data, the exit code. Must not live here: what is done.
"""

from __future__ import annotations

from typing import Final

from originlock.errors import ExitCode
from originlock.facts.dns import ZoneAdded
from originlock.facts.unknown import Unknown
from originlock.report.document import Document, Line, Tone, table, without_controls

_ACTIVE: Final = "active"

_LONGEST: Final = 100
"""Characters of a record's content in a table (our choice; `-o json` has all of them)."""


def zone_document(added: ZoneAdded) -> Document:
    """What was done, and what a person has to do at the registrar."""
    zone = added.zone
    how = "was made" if added.created else "was there already"
    tone = Tone.GOOD if zone.status == _ACTIVE else Tone.WARNING
    lines = [Line(f"the zone {zone.name} {how} and is {zone.status} ({zone.id})", tone)]
    if added.records is not None:
        lines.append(Line(f"the edge has {added.records} records of it"))
    lines += _missed(added)
    lines += [Line(f"note: {without_controls(each)}", Tone.WARNING) for each in added.notes]
    if zone.status != _ACTIVE:
        lines += _delegation(added)
    return tuple(lines)


def _missed(added: ZoneAdded) -> list[Line]:
    missed = added.missed
    if isinstance(missed, Unknown):
        said = f"whether the import missed records could not be told: {without_controls(missed.reason)}"
        return [Line(said, Tone.WARNING)]
    if not missed:
        return [Line("of the names that were asked for, the old name servers have nothing that the edge lacks")]
    rows = [(each.name, each.kind, without_controls(each.content[:_LONGEST])) for each in missed]
    return [
        Line("the old name servers have these, and the edge does not:", Tone.BAD),
        *table(rows, indent=1),
        Line("-> add them at the edge before the registrar names its servers; names nobody asked for may lack, too"),
    ]


def _delegation(added: ZoneAdded) -> list[Line]:
    before = ", ".join(added.zone.original_name_servers)
    lines = [Line("set these name servers at the registrar, and no others:", Tone.TITLE)]
    lines += [Line(each, indent=1) for each in added.zone.name_servers]
    if before:
        lines.append(Line(f"they stand for {before}", Tone.QUIET))
    lines.append(
        Line("if the domain has DNSSEC, take its DS record out first, or nobody will resolve it", Tone.WARNING)
    )
    lines.append(Line(f"then: originlock zone add {added.zone.name} --wait 3600", Tone.QUIET))
    return lines


def zone_data(added: ZoneAdded) -> dict[str, object]:
    """``zone``, ``created``, ``records``, ``missed`` (null where it could not be told, with ``unknown``), ``notes``."""
    zone, missed = added.zone, added.missed
    return {
        "zone": {
            "id": zone.id,
            "name": zone.name,
            "status": zone.status,
            "name_servers": list(zone.name_servers),
            "original_name_servers": list(zone.original_name_servers),
        },
        "created": added.created,
        "records": added.records,
        "missed": None
        if isinstance(missed, Unknown)
        else [{"name": each.name, "type": each.kind, "content": each.content} for each in missed],
        "unknown": missed.reason if isinstance(missed, Unknown) else None,
        "notes": list(added.notes),
    }


def exit_code_of_zone(added: ZoneAdded) -> ExitCode:
    """Done once the zone is active; pending until then."""
    return ExitCode.DONE if added.zone.status == _ACTIVE else ExitCode.PENDING
