"""Every bench, and its record in `docs/bench.md`: what `make bench` runs.

python bench/run.py                          everything, and the record is written
python bench/run.py --only boto3 throttle    these alone, and nothing is written
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import against_boto3
import against_cron
import by_prefix_list
import many_groups
import startup
import throttled
from table import CannotMeasureError, Section, Table

import middleware

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "bench.md"

SECTIONS: Final = (
    startup.SECTION,
    against_boto3.SECTION,
    against_cron.SECTION,
    many_groups.SECTION,
    throttled.SECTION,
    by_prefix_list.SECTION,
    middleware.SECTION,
)


def main() -> int:
    """Measure, print, write; returns 1 if a limit is not kept or something could not be measured."""
    parser = argparse.ArgumentParser(prog="python bench/run.py", description="Measure originlock.")
    names = [section.name for section in SECTIONS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    chosen = parser.parse_args().only
    sections = [section for section in SECTIONS if not chosen or section.name in chosen]
    began = time.monotonic()
    found = {section.name: _measured(section) for section in sections}
    if not chosen:
        DOCUMENT.write_text(_document(found, time.monotonic() - began), encoding="utf-8")
        print(f"written: {DOCUMENT.relative_to(DOCUMENT.parent.parent)}")
    return int(any(isinstance(tables, str) or not _kept(tables) for tables in found.values()))


def _measured(section: Section) -> list[Table] | str:
    """The tables of a section, printed; or why there are none."""
    print(f"{section.name}: {section.title} (about {section.minutes:g} min)", flush=True)
    began = time.monotonic()
    try:
        tables = section.measured()
    except CannotMeasureError as error:
        print(f"  not measured: {error}")
        return f"Not measured: {error}."
    for table in tables:
        print("\n".join(f"  {line}" for line in table.as_text()))
    print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    return tables


def _kept(tables: list[Table]) -> bool:
    return all(row.kept is not False for table in tables for row in table.rows)


def _document(found: Mapping[str, list[Table] | str], seconds: float) -> str:
    lines = [
        "# Measured",
        "",
        "Written by `make bench`; do not edit. The figures are one machine's, the limits are everybody's.",
        "",
        f"- When: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
        f"- Machine: {_machine()}",
        f"- Load average of the last quarter of an hour: {os.getloadavg()[2]:.1f}",
        f"- All of it took: {seconds / 60:.0f} minutes",
        f"- Python: {platform.python_implementation()} {platform.python_version()}",
        "",
        (
            "Whole processes are measured, from start to end, as the operating system accounts for them. "
            "Where originlock is compared, both programs run in alternation, on the same machine and against the same "
            "servers. Their columns show the best run and the median. "
            "The ratio is the median of the pairs' ratios, with the least and the greatest; it is held to the limit. "
            "What else the machine does hits both of a pair, so the ratios tell more than the seconds. "
            "AWS is the lab's, on this machine and without latency, unless it is said; so are the published lists. "
            "Against AWS each call takes a round trip more. "
            "Originlock's own pacing is off (`changes_per_second = 0`), its bytecode is compiled."
        ),
        "",
    ]
    for section in SECTIONS:
        lines += [f"## {section.title}", ""]
        tables = found[section.name]
        if isinstance(tables, str):
            lines += [tables, ""]
            continue
        lines += [f"{section.method()} `python bench/run.py --only {section.name}`", ""]
        for table in tables:
            lines += [*table.as_markdown(), ""]
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
