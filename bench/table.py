"""What every bench has in common: figures with their limits, and how they are shown.

Lives here: rows, tables, sections. Must not live here: measuring.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol


class Row(Protocol):
    """One line of a table."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in it, the verdict last."""

    @property
    def kept(self) -> bool | None:
        """Whether its limit is kept; None where nothing is asked of it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    what: str
    found: str
    limit: str = ""
    kept: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What it is, the figure, the limit, the verdict."""
        return self.what, self.found, self.limit, _verdict(self.kept)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was measured of originlock and of another program, in pairs.

    Attributes:
        better: the side of the limit on which the ratio must be. ``at most``: the ratio is originlock's figure by the
            other's. ``at least``: it is how many times as good originlock is.
        higher: whether a higher figure is the better one, as with rates.
        decimals: of the figures.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    better: str = "at most"
    limit: float | None = None
    decimals: int = 2
    higher: bool = False

    @property
    def ratios(self) -> list[float]:
        """The ratio of each pair."""
        pairs = zip(self.ours, self.theirs, strict=True)
        turned = self.better == "at least" and not self.higher
        return [theirs / ours if turned else ours / theirs for ours, theirs in pairs]

    @property
    def kept(self) -> bool | None:
        """Whether the median of the ratios keeps the limit."""
        if self.limit is None:
            return None
        found = statistics.median(self.ratios)
        return found >= self.limit if self.better == "at least" else found <= self.limit

    @property
    def cells(self) -> tuple[str, ...]:
        """What it is, both programs, the ratio, the limit, the verdict."""
        ratios = self.ratios
        spread = f" ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
        limit = "" if self.limit is None else f"{self.better} {self.limit:g}"
        return (
            self.what,
            self._side(self.ours),
            self._side(self.theirs),
            f"{statistics.median(ratios):.2f}{spread}",
            limit,
            _verdict(self.kept),
        )

    def _side(self, values: tuple[float, ...]) -> str:
        best = max(values) if self.higher else min(values)
        shown, middle = (f"{value:.{self.decimals}f}" for value in (best, statistics.median(values)))
        return f"{middle} {self.unit}" if len(values) == 1 else f"{shown}, {middle} {self.unit}"


def _verdict(kept: bool | None) -> str:  # noqa: FBT001  the one thing that it is about
    return {None: "", True: "pass", False: "FAIL"}[kept]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind under their header."""

    header: tuple[str, ...]
    rows: Sequence[Row]

    def as_markdown(self) -> list[str]:
        """The lines of a table in a document."""
        lines = (self.header, ("---",) * len(self.header), *(row.cells for row in self.rows))
        return ["| " + " | ".join(cells) + " |" for cells in lines]

    def as_text(self) -> list[str]:
        """The lines of a table on a terminal."""
        lines = [self.header, *(row.cells for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
        ]


FIGURES: Final = ("what", "figure", "limit", "")


def versus(other: str, ratio: str = "ratio") -> tuple[str, ...]:
    """The header of a table of comparisons."""
    return ("what", "originlock", other, ratio, "limit", "")


@dataclass(frozen=True, slots=True)
class Section:
    """One bench: what it measures, how, and the way to measure it.

    Attributes:
        name: by which it is chosen.
        minutes: about how long it takes.
        method: for the document, in Markdown; told after measuring, so that it may say what was found.
        measured: does it. Raises `CannotMeasureError` where something is not there that it needs.
    """

    name: str
    title: str
    minutes: float
    method: Callable[[], str]
    measured: Callable[[], list[Table]]


class CannotMeasureError(Exception):
    """Something is missing on this machine; the message says what."""
