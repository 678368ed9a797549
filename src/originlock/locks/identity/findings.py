"""A finding: what is wrong with a file, in which lines, and what to do.

Lives here: its shape, and the order of findings. Must not live here: the rules (see `rules`), and when one applies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

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


def in_order(found: Iterable[BundleFinding]) -> tuple[BundleFinding, ...]:
    """Errors first; then by line, what is of the whole file before."""
    return tuple(sorted(found, key=lambda each: (each.severity, each.line or 0, each.code, each.message)))


def is_clean(found: Iterable[BundleFinding]) -> bool:
    """Whether nothing is wrong; warnings alone are clean."""
    return all(each.severity != "error" for each in found)
