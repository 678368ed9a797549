"""JSON Schema of the configuration, made from the same table of keys that decoding walks.

Lives here: how an entry of the table is said in JSON Schema. Must not live here: any key by name.
"""

from __future__ import annotations

from collections.abc import Sequence

from originlock.facts.edge import EdgeDescription
from originlock.intent import keys
from originlock.intent.entries import Entry, Key, Named, Section, Several

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(edges: Sequence[EdgeDescription]) -> dict[str, object]:
    """The schema of the configuration (JSON Schema 2020-12); dates are texts in it, as JSON has none."""
    return {"$schema": DIALECT, "title": "originlock", **_section(keys.document(edges))}


def _section(section: Section) -> dict[str, object]:
    required = [entry.name for entry in section.entries if isinstance(entry, Key) and entry.required]
    return {
        "type": "object",
        "description": section.description,
        "properties": {entry.name: _entry(entry) for entry in section.entries},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **section.rules,
    }


def _entry(entry: Entry) -> dict[str, object]:
    if isinstance(entry, Key):
        return _key(entry)
    if isinstance(entry, Section):
        return _section(entry)
    if isinstance(entry, Several):
        return {"type": "array", "description": entry.each.description, "items": _section(entry.each)}
    if isinstance(entry, Named):
        return _map(entry.description, entry.names.schema, _section(entry.each))
    return {**_map(entry.description, entry.keys.schema, entry.values.schema), "minProperties": 1}


def _map(description: str, names: object, each: object) -> dict[str, object]:
    return {
        "type": "object",
        "description": description,
        "propertyNames": names,
        "additionalProperties": each,
    }


def _key(key: Key[object]) -> dict[str, object]:
    said = {**key.kind.schema, "description": key.description}
    if key.default is None:
        return said
    return {**said, "default": list(key.default) if isinstance(key.default, tuple) else key.default}
