"""What every bench has in common: a figure with its limit, and how figures are shown.

Lives here: figures and their table. Must not live here: measuring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    what: str
    found: str
    limit: str = ""
    #: None where nothing is asked of it.
    kept: bool | None = None

    @property
    def verdict(self) -> str:
        """Whether the limit is kept, in a word."""
        return {None: "", True: "pass", False: "FAIL"}[self.kept]


def as_markdown(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as a table for a document."""
    rows = [f"| {each.what} | {each.found} | {each.limit} | {each.verdict} |" for each in figures]
    return ["| what | figure | limit | |", "|---|---|---|---|", *rows]


def as_text(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as lines for a terminal."""
    wide = max(len(each.what) for each in figures)
    found = max(len(each.found) for each in figures)
    return [
        f"  {each.what:{wide}}  {each.found:>{found}}  {each.limit:10}  {each.verdict}".rstrip() for each in figures
    ]
