"""Measuring whole processes, and two programs in alternation.

Lives here: one process's wall time, CPU time and peak memory; pairs of them. Must not live here: what is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from table import Comparison

_STOPWATCH: Final = Path(__file__).with_name("stopwatch.py")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process took, with all processes that it waited for.

    Attributes:
        wall, cpu: seconds; CPU time is user and system together.
        peak: MiB of resident memory, of the largest single process.
    """

    wall: float
    cpu: float
    peak: float


def taken(command: Sequence[str], environment: Mapping[str, str]) -> Taken:
    """Run a command to its end.

    Raises:
        RuntimeError: it did not end with 0: what was measured would be something else.
    """
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(_STOPWATCH), *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ended.stdout)
    if found["code"]:
        message = f"{' '.join(command)} ended with {found['code']}: {ended.stderr[-2000:]}"
        raise RuntimeError(message)
    return Taken(found["wall"], found["cpu"], found["peak_kib"] / 1024)


Pairs = list[tuple[Taken, Taken]]
"""Originlock's and the other program's, each pair one right after the other."""


def compared(
    what: str,
    unit: str,
    pairs: Pairs,
    of: Callable[[Taken], float],
    *,
    better: str = "at most",
    limit: float | None = None,
    decimals: int = 2,
) -> Comparison:
    """One measure of all the pairs as a row."""
    return Comparison(
        what, unit, tuple(of(a) for a, _ in pairs), tuple(of(b) for _, b in pairs), better, limit, decimals
    )
