"""What the demo prints: headings, talk, commands as typed, and what they said; made for 80 columns.

Lives here: wrapping and colours. Must not live here: the story.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.report.document import Line, Tone, as_text, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARGIN: Final = "  "
_GUTTER: Final = "  | "
_NARROWEST: Final = 40
#: Longer lines are hard to read, however wide the terminal is.
_WIDEST: Final = 100
_USUAL: Final = 80

#: A line of a command: its colour, its text, and the end of the colour (ECMA-48).
_COLOURED: Final = re.compile(r"(\x1b\[[0-9;]*m)?(.*?)(\x1b\[0m)?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


class Terminal:
    """Prints to standard output; colours for a person only."""

    def __init__(self) -> None:
        """Look at where we print to."""
        self.colour = _colourful()
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _USUAL
        # Some terminals break the line at the last column already.
        self.width = max(_NARROWEST, min(columns, _WIDEST)) - 1

    def heading(self, number: int, text: str) -> None:
        """Begin a part of the story."""
        self._lines(Line(), Line(f"{number}. {text}", Tone.TITLE))

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Say a sentence or two."""
        for line in textwrap.wrap(text, self.width, initial_indent=_MARGIN, subsequent_indent=_MARGIN):
            self._lines(Line(line, tone))

    def typed(self, command: str) -> None:
        """Show a command line, as a person types it."""
        self._lines(Line(), Line(f"{_MARGIN}$ {command}", Tone.TITLE))

    def told(self, output: str) -> None:
        """Show what a command printed, colours and all, wrapped with its indentation kept."""
        self.block(output.splitlines())

    def block(self, lines: Iterable[str]) -> None:
        """Show lines as they are, behind a gutter."""
        for line in lines:
            found = _COLOURED.fullmatch(line)
            start, text, end = found.groups(default="") if found else ("", line, "")
            for piece in self._wrapped(text):
                sys.stdout.write(f"{_GUTTER}{start}{piece}{end}\n")
        sys.stdout.flush()

    def gap(self) -> None:
        """Leave a line free."""
        self._lines(Line())

    def rows(self, rows: Sequence[Row]) -> None:
        """Show a table, the first row its head."""
        lines = table([row.cells for row in rows], indent=1)
        self._lines(*(Line(line.text, row.tone, line.indent) for line, row in zip(lines, rows, strict=True)))

    def _wrapped(self, text: str) -> Sequence[str]:
        indent = " " * (len(text) - len(text.lstrip()))
        width = self.width - len(_GUTTER)
        pieces = textwrap.wrap(
            text,
            width,
            subsequent_indent=f"{indent}    ",
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        return pieces or [""]

    def _lines(self, *lines: Line) -> None:
        sys.stdout.write(as_text(lines, colour=self.colour))
        sys.stdout.flush()


def _colourful() -> bool:
    """As the product has it: NO_COLOR, FORCE_COLOR, else a terminal that is not dumb."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
