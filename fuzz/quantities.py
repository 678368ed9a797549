"""Quantities as people type them: whatever the text, it is read exactly, or refused with what to write instead.

Lives here: the script. Must not live here: the wounds (see `mutation`).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from mutation import run

from originlock.errors import UsageError
from originlock.intent.quantities import (
    COUNT_BOUND,
    FLOW_BOUND,
    RATE_BOUND,
    SIZE_BOUND,
    count,
    duration,
    flow,
    rate,
    size,
)

READERS: Final[tuple[tuple[Callable[[str, str], Fraction], Fraction | None], ...]] = (
    (rate, RATE_BOUND.most),
    (count, COUNT_BOUND.most),
    (flow, FLOW_BOUND.most),
    (size, SIZE_BOUND.most),
    (duration, None),
)

SEEDS: Final = (
    "26/s",
    "1560 / min",
    "93.6k/h",
    "1e3/s",
    "10GB/h",
    "300MiB/m",
    "7.3TB/month",
    "5KB",
    "1h30m",
    "2d",
    "-1",
    "1,5",
    "10Gb/h",
    "NaN",
)


def read(data: bytes) -> None:
    """Read a text as every kind of quantity."""
    text = data.decode("utf-8", "replace")
    for reader, most in READERS:
        with contextlib.suppress(UsageError):
            found = reader("--x", text)
            assert found >= 0, text
            assert most is None or found <= most, text
            assert reader("--x", f"  {text} ") == found, text


if __name__ == "__main__":
    sys.exit(run(read, [each.encode() for each in SEEDS], sys.argv[1:]))
