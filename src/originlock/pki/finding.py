"""What in an index is meant: by a serial, a name or a fingerprint, and what in it is due.

Lives here: looking things up. Must not live here: changing anything, files.
"""

from __future__ import annotations

import datetime
from typing import Final

from originlock.errors import RefusedError, TargetError
from originlock.facts.certificates import in_last_third
from originlock.pki import index as indexes
from originlock.pki.index import GenerationEntry, Index, LeafEntry
from originlock.pki.parsing import UnreadableError

_SHOWN: Final = 64


def meant(index: Index, which: str) -> list[LeafEntry]:
    """The one with this serial, else all with this name."""
    serial = which.replace(":", "").lower()
    by_serial = [each for each in index.leaves if each.serial == serial]
    return by_serial or [each for each in index.leaves if each.name == which]


def due_lists(index: Index, now: datetime.datetime) -> frozenset[str]:
    """The generations whose lists are due."""
    found: set[str] = set()
    for each in index.generations:
        current = indexes.list_of(each)
        if current is not None and in_last_third(current.this_update, current.next_update, now):
            found.add(each.sha256)
    return frozenset(found)


def has_due_lists(index: Index, now: datetime.datetime) -> bool:
    """Whether any list is due.

    Raises:
        StateError: one cannot be read.
    """
    try:
        return bool(due_lists(index, now))
    except UnreadableError as error:
        raise indexes.damaged(index.name) from error


def old_generation(index: Index, sha256: str | None) -> GenerationEntry:
    """The generation to retire.

    Raises:
        TargetError: there is none of this fingerprint, or more than one.
        RefusedError: it is the one that issues.
    """
    start = "" if sha256 is None else sha256.replace(":", "").lower()
    found = [each for each in index.generations if each.sha256.startswith(start)]
    if not found or (len(found) > 1 and sha256 is not None):
        message = f"{index.name} has {len(found)} generations whose fingerprint starts with {start[:_SHOWN]!r}"
        raise TargetError(message, f"see `originlock ca show {index.name}`")
    if found[0] == index.newest:
        message = f"generation {index.newest.number} of {index.name} is the one that issues"
        raise RefusedError(message, f"make the next one first: originlock ca renew {index.name} --authority")
    return found[0]
