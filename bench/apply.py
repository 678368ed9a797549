"""How many calls and how much time an `originlock apply` takes, against the local AWS.

Run it by itself, `python bench/apply.py`, or with the others by `make bench`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from table import Figure, as_text

from originlock.lab import lists, world
from originlock.lab.lists import ListServer
from originlock.lab.process import LocalAws

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Each act is measured so many times, on a group of its own.
GROUPS: Final = 5

#: How many calls to AWS each act may make, whatever the number of ranges.
MOST_CALLS: Final = {"fill": 3, "no change": 2, "one in, one out": 6}

#: For documentation (RFC 5737); the edge does not have it.
_NEW: Final = "198.51.100.0/24"


@dataclass(frozen=True, slots=True)
class Run:
    """One `apply`."""

    calls: int
    seconds: float


class Bench:
    """The local AWS, the lists, and a folder for each group's state."""

    def __init__(self, aws: LocalAws, publisher: ListServer, folder: Path) -> None:
        """Hold them."""
        self.aws = aws
        self.lists = publisher
        self.folder = folder
        self.ec2 = aws.client("ec2")

    def measured(self) -> dict[str, list[Run]]:
        """Fill a group, do nothing to it, follow one change; for each group."""
        found: dict[str, list[Run]] = {name: [] for name in MOST_CALLS}
        for number in range(GROUPS):
            group = world.empty_group(self.ec2, name=f"bench-{number}").group_id
            self.lists.publish()
            found["fill"].append(self._apply(group))
            found["no change"].append(self._apply(group))
            self.lists.publish(ipv4=(*lists.IPV4[:-1], _NEW))
            found["one in, one out"].append(self._apply(group))
        return found

    def _apply(self, group: str) -> Run:
        before = self.aws.state().calls
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "originlock", "apply", "--security-group", group, "--yes", "-o", "json"],
            env=self._environment(group),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        seconds = time.perf_counter() - began
        return Run(self.aws.state().calls - before, seconds)

    def _environment(self, group: str) -> Mapping[str, str]:
        foreign = ("AWS_", "ORIGINLOCK_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        here = {"ORIGINLOCK_STATE_DIR": str(self.folder / group), "ORIGINLOCK_CONFIG": os.devnull}
        return {**kept, **self.aws.environment, **self.lists.urls, **here}


def measured() -> list[Figure]:
    """Measure everything."""
    with (
        tempfile.TemporaryDirectory(prefix="originlock-bench-") as folder,
        LocalAws() as aws,
        ListServer() as publisher,
    ):
        found = Bench(aws, publisher, Path(folder)).measured()
    figures = []
    for name, runs in found.items():
        most, limit = max(run.calls for run in runs), MOST_CALLS[name]
        seconds = statistics.median(run.seconds for run in runs)
        figures += [
            Figure(f"{name}: calls to AWS", str(most), f"at most {limit}", most <= limit),
            Figure(f"{name}: whole process, median", f"{seconds:.2f} s"),
        ]
    return figures


if __name__ == "__main__":
    told = measured()
    print("\n".join(as_text(told)))
    sys.exit(any(each.kept is False for each in told))
