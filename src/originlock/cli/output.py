"""Where things are printed: data on stdout, talk on stderr; colour for people only.

Lives here: the streams. Must not live here: what is said on them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from originlock.report.document import Document


def steady_streams() -> None:
    """See that there are standard streams, and that no letter is one that they cannot print."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            # Closed from the start: what would be opened next must not take its number.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_document(document: Document) -> None:
    """Print a report for people on stdout."""
    write(sys.stdout, _rendered(document, sys.stdout))


def print_talk(document: Document) -> None:
    """Print a report for people on stderr, where stdout is for a machine."""
    write(sys.stderr, _rendered(document, sys.stderr))


def print_json(data: dict[str, object]) -> None:
    """Print data for machines on stdout."""
    write(sys.stdout, json.dumps(data, indent=2) + "\n")


def _rendered(document: Document, stream: TextIO) -> str:
    from originlock.report.document import as_text  # noqa: PLC0415  --help reports nothing

    return as_text(document, colour=_colourful(stream), width=_width(stream))


LOST: set[str] = set()
"""Names of standard streams on which something was lost that somebody wanted to read."""


def write(stream: TextIO, text: str) -> None:
    """Write to a standard stream. One that is lost stops nothing: the exit code and the journal tell the rest."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _silence(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            LOST.add("stdout")
            write(sys.stderr, f"originlock: stdout cannot be written: {error.strerror}\n")


def _silence(stream: TextIO) -> None:
    """Let what is left in the stream's buffer go nowhere, at exit too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _colourful(stream: TextIO) -> bool:
    """NO_COLOR and FORCE_COLOR as at no-color.org and force-color.org; else a terminal that is not dumb."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int | None:
    """The columns of a terminal; a file or a pipe gets whole lines."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


class StderrTalk:
    """Says on stderr what is going on."""

    def say(self, text: str) -> None:
        """One line of progress."""
        from originlock.report.document import without_controls  # noqa: PLC0415  ditto

        write(sys.stderr, f"... {without_controls(text)}\n")
