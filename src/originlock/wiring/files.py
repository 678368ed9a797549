"""Files that a person names on the command line, read within a bound.

Lives here: opening and reading. Must not live here: what is in them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from originlock.errors import UsageError

STDIN = "-"


def read_bounded(name: str, most: int) -> bytes:
    """The first `most` bytes of a file and one more, if there are as many; ``-`` is stdin.

    Whoever gets more than `most` bytes knows that there are too many, however many there are.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(most + 1)
        with Path(name).open("rb") as opened:
            return opened.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a byte 0 in it
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"{name!r} cannot be read: {why}"
        raise UsageError(message, "name a file that can be read, or - for stdin") from error
