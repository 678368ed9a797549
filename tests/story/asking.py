"""Steady load as a process in a host of the lab (see `load`), and its figures.

Lives here: starting it, having it pass by a moment, ending it. Must not live here: the load itself, what is thought of
its figures.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.story import load as load_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from subprocess import Popen

    from tests.story.stage import Stage

#: How the load is scheduled, where that may be asked for: well before all else.
NICE: Final = -10


@dataclass(frozen=True, slots=True)
class Asking:
    """A load program that runs in a host."""

    process: Popen[str]

    def pass_by(self) -> None:
        """Wait until one more request of each source has begun and ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert "passed" in json.loads(self.process.stdout.readline())

    def told(self) -> Mapping[str, Any]:
        """End it; returns its summary."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        summary: Mapping[str, Any] = json.loads(self.process.stdout.readline())
        return summary


@contextlib.contextmanager
def asking(
    stage: Stage, host: str, name: str, to: Sequence[str], sources: Sequence[str], rate: float
) -> Iterator[Asking]:
    """Ask for a name steadily, at these addresses, from a host's; the first have been answered already."""
    wanted = [*(("--to", each) for each in to), *(("--from", source) for source in sources)]
    program = [sys.executable, str(Path(load_program.__file__)), "--rate", str(rate), "--name", name]
    with stage.beside(host, *program, *(word for pair in wanted for word in pair)) as process:
        give_precedence(process.pid, stage.running.state.process_id)
        made = Asking(process)
        made.pass_by()
        yield made


def give_precedence(*process_ids: int) -> None:
    """Let the load and what serves it run before what else the machine does: the rate is to tell of the lock alone."""
    for each in process_ids:
        # A session's share comes first (sched(7), autogroup), where the kernel has such; a process's within it.
        with contextlib.suppress(OSError):
            Path(f"/proc/{each}/autogroup").write_text(str(NICE), encoding="ascii")
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, each, NICE)


def show(what: str, summary: Mapping[str, Any]) -> None:
    """Print the figures; `pytest -rP` shows them."""
    rate = summary["sent"] / summary["seconds"]
    sys.stdout.write(
        f"{what}: {summary['sent']} requests in {summary['seconds']:.1f} s ({rate:.0f}/s), "
        f"failed: {summary['failed'] or 0}, p50 {summary['p50']} s, p99 {summary['p99']} s, "
        f"connections with a retransmission: {summary['retransmitted']}\n"
    )
