"""Where the demo plays: a folder, a local AWS, a publisher of lists, and the product as a process.

Lives here: running the real commands and holding what came of them against what should have.
Must not live here: the story.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.report.document import Tone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from originlock.lab.demo_terminal import Terminal
    from originlock.lab.lists import ListServer
    from originlock.lab.process import LocalAws

#: Far more than any command takes; the demo must end by itself.
COMMAND_SECONDS: Final = 60.0


class UnexpectedError(Exception):
    """Something did not come out as it should; the message says what."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a command of the demo runs in."""

    terminal: Terminal
    folder: Path
    aws: LocalAws
    lists: ListServer

    @property
    def environment(self) -> Mapping[str, str]:
        """What differs from a person's own: AWS and the lists are here, the credentials are dummies."""
        return {**self.aws.environment, **self.lists.urls}

    def run(self, *arguments: str, expect: int) -> str:
        """Run a command as a person would; show it and what it said; raises UnexpectedError."""
        shown = " ".join(("originlock", *arguments))
        self.terminal.typed(shown)
        calls_before = self.aws.state().calls
        began = time.monotonic()
        try:
            ended = run_quietly(arguments, self.folder, self.environment, colour=self.terminal.colour)
        except subprocess.TimeoutExpired as error:
            message = f"`{shown}` did not end within {COMMAND_SECONDS:.0f} s"
            raise UnexpectedError(message) from error
        seconds = time.monotonic() - began
        self.terminal.told(ended.stdout)
        calls = self.aws.state().calls - calls_before
        told = f"exit code {ended.returncode}; {seconds:.1f} s"
        self.terminal.say(f"({told}, {calls} calls to AWS)" if calls else f"({told})", Tone.QUIET)
        if ended.returncode != expect:
            message = f"`{shown}` ended with {ended.returncode}; it should have been {expect}"
            raise UnexpectedError(message)
        return ended.stdout


def run_quietly(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    colour: bool = False,
    seconds: float = COMMAND_SECONDS,
    talk: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run the product; returns what it printed, with its talk among it if `talk` says so."""
    return subprocess.run(
        [sys.executable, "-m", "originlock", *arguments],
        cwd=folder,
        env={**_bare_environment(folder), **environment, **({"FORCE_COLOR": "1"} if colour else {"NO_COLOR": "1"})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if talk else subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )


def _bare_environment(folder: Path) -> Mapping[str, str]:
    """The environment without the person's AWS and originlock settings: nothing real can be reached by mistake."""
    ours = ("AWS_", "ORIGINLOCK_", "FORCE_COLOR", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ORIGINLOCK_STATE_DIR": str(folder / "state"),
        # A child must find the package that its parent runs, installed or not.
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
