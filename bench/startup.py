"""How long `originlock` takes to start, against the interpreter alone.

Lives here: pairs of starts. Must not live here: any command that does something.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ground import compile_bytecode
from table import FIGURES, Figure, Section, Table

PAIRS: Final = 30

#: How many times as long as `python -c pass` each may take.
LIMITS: Final = {"--version": 5.0, "--help": 8.0}

_WARM_UP: Final = 3
_PYTHON: Final = sys.executable
_ORIGINLOCK: Final = str(Path(sys.executable).with_name("originlock"))


def measured() -> list[Table]:
    """Measure, in alternation, so that a busy moment of the machine hits both."""
    compile_bytecode()
    bare = [_PYTHON, "-c", "pass"]
    figures = []
    for option, limit in LIMITS.items():
        command = [_ORIGINLOCK, option]
        for each in (bare, command) * _WARM_UP:
            _seconds(each)
        pairs = [(_seconds(bare), _seconds(command)) for _ in range(PAIRS)]
        alone, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = ours / alone
        figures += [
            Figure("`python -c pass`, median", f"{alone * 1000:.1f} ms"),
            Figure(f"`originlock {option}`, median", f"{ours * 1000:.1f} ms"),
            Figure(f"`originlock {option}`, ratio", f"{ratio:.2f}", f"at most {limit:g}", ratio <= limit),
        ]
    return [Table(FIGURES, figures)]


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


SECTION: Final = Section(
    name="startup",
    title="Start-up",
    minutes=0.3,
    method=lambda: f"{PAIRS} pairs for each option, the interpreter alone and originlock in alternation.",
    measured=measured,
)
