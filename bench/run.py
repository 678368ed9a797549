"""Every bench, and its record in `docs/bench.md`: what `make bench` runs."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from pathlib import Path
from typing import Final

import apply
import startup
from table import Figure, as_markdown, as_text

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "bench.md"


def main() -> int:
    """Measure, print, write; returns 1 if a limit is not kept."""
    print(f"start-up: {startup.PAIRS} pairs each, in alternation (half a minute)")
    start_up = startup.measured()
    print("\n".join(as_text(start_up)))
    print(f"apply: {apply.GROUPS} groups, local AWS (half a minute)")
    applying = apply.measured()
    print("\n".join(as_text(applying)))
    DOCUMENT.write_text(_document(start_up, applying), encoding="utf-8")
    print(f"written: {DOCUMENT.relative_to(DOCUMENT.parent.parent)}")
    return int(any(each.kept is False for each in (*start_up, *applying)))


def _document(start_up: list[Figure], applying: list[Figure]) -> str:
    lines = [
        "# Measured",
        "",
        "Written by `make bench`; do not edit. The figures are one machine's, the limits are everybody's.",
        "",
        f"- When: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        f"- Machine: {_machine()}",
        f"- Python: {platform.python_implementation()} {platform.python_version()}",
        "",
        "## Start-up",
        "",
        (
            f"{startup.PAIRS} pairs for each option, the interpreter alone and originlock in alternation, "
            "`python bench/startup.py`."
        ),
        "",
        *as_markdown(start_up),
        "",
        "## Applying",
        "",
        (
            f"`originlock apply --security-group ID --yes` as a process, {apply.GROUPS} groups, the ranges of "
            "Cloudflare's snapshot, against the local AWS without latency, `python bench/apply.py`. "
            "Against AWS each call takes a round trip more."
        ),
        "",
        *as_markdown(applying),
        "",
    ]
    return "\n".join(lines)


def _machine() -> str:
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}"


def _processor() -> str:
    """The processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
