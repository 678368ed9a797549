"""The neutral document: lines with a tone, and its rendering as text.

Lives here: the few shapes that every report is made of. Must not live here: what any report says.
"""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Sequence
from typing import Final

import msgspec


class Tone(enum.Enum):
    """What a line is to a person, from which its colour follows."""

    PLAIN = "plain"
    TITLE = "title"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"


class Line(msgspec.Struct, frozen=True):
    """One line, indented by so many steps."""

    text: str = ""
    tone: Tone = Tone.PLAIN
    indent: int = 0


Document = tuple[Line, ...]

_INDENT: Final = "  "
_NARROWEST: Final = 40

# ECMA-48, Select Graphic Rendition.
_COLOURS: Final = {
    Tone.PLAIN: "",
    Tone.TITLE: "\x1b[1m",
    Tone.GOOD: "\x1b[32m",
    Tone.WARNING: "\x1b[33m",
    Tone.BAD: "\x1b[1;31m",
    Tone.QUIET: "\x1b[2m",
}
_PLAIN: Final = "\x1b[0m"


def as_text(document: Document, *, colour: bool, width: int | None = None) -> str:
    """The document as text, with a newline at the end.

    Args:
        document: what to render.
        colour: whether to colour lines by their tone.
        width: where to wrap lines, in columns; None for one line each, however long.
    """
    lines = []
    for line in document:
        start = _COLOURS[line.tone] if colour and line.text else ""
        lines += [f"{start}{text}{_PLAIN}" if start else text for text in _wrapped(line, width)]
    return "\n".join(lines) + "\n" if lines else ""


def _wrapped(line: Line, width: int | None) -> list[str]:
    """A line in as many rows as it needs, the further ones indented more."""
    text = without_controls(line.text).rstrip()
    start = _INDENT * line.indent
    if width is None or len(start) + len(text) <= width or not text:
        return [(start + text).rstrip()]
    return textwrap.wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=start,
        subsequent_indent=start + 2 * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def without_controls(text: str) -> str:
    """Text from outside (a rule's description) must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def table(rows: Sequence[tuple[str, ...]], *, indent: int = 0, tone: Tone = Tone.PLAIN) -> list[Line]:
    """Rows with their columns aligned."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        Line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), tone, indent)
        for row in rows
    ]
