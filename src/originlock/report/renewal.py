"""What is due, for people and for machines.

Lives here: the words and the data. Must not live here: what is due.
"""

from __future__ import annotations

from originlock.locks.identity.due import Due
from originlock.report.document import Document, Line


def due_document(found: tuple[Due, ...]) -> Document:
    """What is due, one line each."""
    if not found:
        return (Line("nothing is due"),)
    return tuple(Line(f"due: the {each.what} {_named(each)}: {each.why}") for each in found)


def due_data(found: tuple[Due, ...]) -> dict[str, object]:
    """``due``: each with ``what``, ``authority``, ``name``, ``why``."""
    return {
        "due": [{"what": each.what, "authority": each.authority, "name": each.name, "why": each.why} for each in found]
    }


def _named(each: Due) -> str:
    return each.name if each.what == "authority" else f"{each.name} of {each.authority}"
