"""A finding: what is wrong with a file, in which lines, and what to do.

Lives here: its shape, and the order of findings. Must not live here: the rules (see `rules`), and when one applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

Severity = Literal["error", "warning"]
"""With an error the file is not to be used; a warning is for a person to think about."""


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong.

    Attributes:
        code: its name for machines, in kebab-case; it stays as it is.
        severity: of every finding of this rule.
        what: what is wrong, for a table.
        remedy: what to do.
        source: who says so; ``ours`` where nobody does.
    """

    code: str
    severity: Severity
    what: str
    remedy: str
    source: str


class BundleFinding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a file.

    Attributes:
        code, severity, remedy: as the rule has them.
        lines: the numbers of the lines, from 1, ascending; empty where the file as a whole is meant.
        message: what is wrong, one line; it repeats nothing of a private key.
    """

    code: str
    severity: Severity
    lines: tuple[int, ...]
    message: str
    remedy: str

    @property
    def line(self) -> int | None:
        """The first line, if it is about lines."""
        return self.lines[0] if self.lines else None


MOST_OF_A_CODE: Final = 30
"""Findings of one rule that are told one by one (our choice: more than a trust store has certificates)."""


def in_order(found: Iterable[BundleFinding]) -> tuple[BundleFinding, ...]:
    """Errors first; then by line, what is of the whole file before. Too many of one rule are told together."""
    kept: list[BundleFinding] = []
    more: dict[str, list[BundleFinding]] = {}
    seen: dict[str, int] = {}
    for each in sorted(found, key=lambda each: (each.severity, each.line or 0, each.code, each.message)):
        seen[each.code] = seen.get(each.code, 0) + 1
        if seen[each.code] <= MOST_OF_A_CODE:
            kept.append(each)
        else:
            more.setdefault(each.code, []).append(each)
    return (*kept, *(_together(each) for each in more.values()))


def _together(found: list[BundleFinding]) -> BundleFinding:
    """One finding for many of one rule, at the first of their lines."""
    message = f"and {len(found):,} more like these, from line {found[0].line} on"
    return msgspec.structs.replace(found[0], message=message)


def is_clean(found: Iterable[BundleFinding]) -> bool:
    """Whether nothing is wrong; warnings alone are clean."""
    return all(each.severity != "error" for each in found)
