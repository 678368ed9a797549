"""A sheet: what was reckoned, as headings, tables and remarks; shown in a terminal or as Markdown.

Lives here: the two renderings of the same content. Must not live here: what any sheet says.
"""

from __future__ import annotations

from typing import Final

import msgspec

from originlock.report.document import Document, Line, Tone, without_controls

_GAP: Final = "  "


class Row(msgspec.Struct, frozen=True):
    """A row of a table; the first cell is what it is about."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


class Part(msgspec.Struct, frozen=True):
    """A heading with what stands under it.

    Attributes:
        title: the heading.
        header: of the table, one for each column; the first may be empty.
        rows: of the table, as wide as its header.
        remarks: sentences under it.
    """

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    remarks: tuple[str, ...] = ()


class Sheet(msgspec.Struct, frozen=True):
    """All of it.

    Attributes:
        title: what a person came for, in one line.
        lead: what else is to be read first.
        parts: the rest; one without rows and remarks is left out.
    """

    title: str
    lead: tuple[str, ...]
    parts: tuple[Part, ...]


def sheet_document(sheet: Sheet) -> Document:
    """The sheet for a terminal, in lines."""
    lines = [Line(sheet.title, Tone.TITLE), *(Line(each, indent=1) for each in sheet.lead)]
    for part in _filled(sheet):
        lines += [Line(), Line(part.title, Tone.TITLE)]
        lines += _table(part)
        lines += [Line(each, Tone.QUIET if part.rows else Tone.PLAIN, 1) for each in part.remarks]
    return tuple(lines)


def sheet_markdown(sheet: Sheet) -> str:
    """The sheet as Markdown, for a pull request."""
    lines = [f"### {_escaped(sheet.title)}", "", "<br>\n".join(_escaped(each) for each in sheet.lead)]
    for part in _filled(sheet):
        lines += ["", f"#### {_escaped(part.title)}", ""]
        if part.rows:
            lines.append(_row(part.header))
            lines.append(_row(("---", *("---:" for _ in part.header[1:])), escape=False))
            lines += [_row(each.cells, strong=each.tone is Tone.TITLE) for each in part.rows]
            lines += [""] if part.remarks else []
        lines += [f"- {_escaped(each)}" for each in part.remarks]
    return "\n".join(lines) + "\n"


def _filled(sheet: Sheet) -> tuple[Part, ...]:
    return tuple(part for part in sheet.parts if part.rows or part.remarks)


def _table(part: Part) -> list[Line]:
    """Rows in columns: what they are about to the left, numbers to the right."""
    if not part.rows:
        return []
    rows = (Row(part.header, Tone.QUIET), *part.rows)
    widths = [max(len(row.cells[column]) for row in rows) for column in range(len(part.header))]
    return [Line(_aligned(row.cells, widths), row.tone, 1) for row in rows]


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    first = cells[0].ljust(widths[0])
    return _GAP.join((first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)))).rstrip()


def _row(cells: tuple[str, ...], *, strong: bool = False, escape: bool = True) -> str:
    shown = [_escaped(cell.strip()) if escape else cell for cell in cells]
    return f"| {' | '.join(f'**{cell}**' if strong and cell else cell for cell in shown)} |"


def _escaped(text: str) -> str:
    """Text as it is, where Markdown would make something of it."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#$~" else letter for letter in without_controls(text))
