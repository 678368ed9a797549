"""Where things are printed: data on stdout, talk on stderr; colour for people only.

Lives here: the streams. Must not live here: what is said on them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TextIO

from originlock.report.document import Document, as_text


def print_document(document: Document) -> None:
    """Print a report for people on stdout."""
    sys.stdout.write(as_text(document, colour=_colourful(sys.stdout), width=_width(sys.stdout)))


def print_talk(document: Document) -> None:
    """Print a report for people on stderr, where stdout is for a machine."""
    sys.stderr.write(as_text(document, colour=_colourful(sys.stderr), width=_width(sys.stderr)))


def print_json(data: dict[str, object]) -> None:
    """Print data for machines on stdout."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


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
        try:
            sys.stderr.write(f"... {text}\n")
            sys.stderr.flush()
        except OSError:
            # Nobody is listening any more; what is being done is no less right for it, now and at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
