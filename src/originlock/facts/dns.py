"""DNS records as name servers answer them, whatever their type.

Lives here: their frozen data, and when two say the same. Must not live here: asking, the wire format.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from originlock.facts.unknown import Unknown

RecordType = Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS", "CAA", "SRV"]

TYPES: Final[tuple[RecordType, ...]] = ("A", "AAAA", "CNAME", "MX", "TXT", "NS", "CAA", "SRV")

_OF_NAMES: Final = frozenset({"CNAME", "MX", "NS", "SRV"})


class Delegation(msgspec.Struct, frozen=True):
    """A zone at the edge, as far as its registrar has to know of it.

    Attributes:
        id: the edge's.
        status: ``initializing``, ``pending``, ``active`` or ``moved``.
        name_servers: those that the registrar must name.
        original_name_servers: those that it named when the zone was made, if the edge found them.
    """

    id: str
    name: str
    status: str
    name_servers: tuple[str, ...] = ()
    original_name_servers: tuple[str, ...] = ()


class NamedRecord(msgspec.Struct, frozen=True, order=True):
    """One record.

    Attributes:
        name: whole, in lower case, without a final dot.
        kind: one of `TYPES`.
        content: an address; a name without a final dot (MX and SRV: the target alone); a text; or flags, tag and value.
    """

    name: str
    kind: str
    content: str


class ZoneAdded(msgspec.Struct, frozen=True):
    """How it stands.

    Attributes:
        created: whether it was made now; otherwise it was there.
        records: how many records the edge has; None if they could not be read.
        missed: what the old name servers answer and the edge does not have, sorted.
        notes: what else a person should know.
    """

    zone: Delegation
    created: bool
    records: int | None
    missed: tuple[NamedRecord, ...] | Unknown
    notes: tuple[str, ...] = ()


def normal(record: NamedRecord) -> NamedRecord:
    """The record as it is compared: letters of names count alike, quotes round a text do not count."""
    content = record.content
    if record.kind in _OF_NAMES:
        content = content.rstrip(".").lower()
    elif record.kind == "TXT":
        content = "".join(content.strip('"').split('" "'))
    return NamedRecord(record.name.rstrip(".").lower(), record.kind, content)
