"""Where the demo plays: a folder, a lab that runs, the product as a process in it, and visitors from its hosts.

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
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from originlock.lab.demo_terminal import Terminal
    from originlock.lab.running import RunningLab

#: Far more than any command takes; the demo must end by itself.
COMMAND_SECONDS: Final = 90.0


class UnexpectedError(Exception):
    """Something did not come out as it should; the message says what."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that a command of the demo runs in."""

    terminal: Terminal
    folder: Path
    lab: RunningLab

    @property
    def filtered(self) -> bool:
        """Whether there are hosts, and filters between them."""
        return self.lab.state.filtered

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase of the demo's certificate authority."""
        return self.folder / "passphrase"

    def run(self, *arguments: str, expect: int, told: Callable[[str], str] = str) -> str:
        """Run a command as a person at the operator's host would; show it and what it said; raises UnexpectedError.

        `told` is what is shown of its output, by default all.
        """
        said = " ".join(("originlock", *arguments))
        self.terminal.typed(said)
        calls_before = self.lab.aws.state().calls
        began = time.monotonic()
        ended = self._ended("operator", [sys.executable, "-m", "originlock", *arguments], said)
        seconds = time.monotonic() - began
        self.terminal.told(told(ended.stdout))
        calls = self.lab.aws.state().calls - calls_before
        end = f"exit code {ended.returncode}; {seconds:.1f} s"
        self.terminal.say(f"({end}, {calls} calls to AWS)" if calls else f"({end})", Tone.QUIET)
        if ended.returncode != expect:
            message = f"`{said}` ended with {ended.returncode}; it should have been {expect}"
            raise UnexpectedError(message)
        return ended.stdout

    def visited(self, who: str, host: str, *where: str) -> str:
        """What a visitor at a host is answered, on one line; raises UnexpectedError."""
        visit = [sys.executable, "-m", "originlock.lab.demo_visit", host, *where]
        return self._ended(who, visit, f"a visit of {host}").stdout.strip()

    def _ended(self, who: str, command: Sequence[str], said: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **bare_environment(self.folder),
            "ORIGINLOCK_LAB_DIR": str(self.lab.folder.path),
            "ORIGINLOCK_CA_PASSPHRASE_FILE": str(self.passphrase),
        }
        environment |= {"FORCE_COLOR": "1"} if self.terminal.colour else {"NO_COLOR": "1"}
        if self.filtered:
            command = self.lab.command(who, *command)
        else:
            # There are no hosts: everybody is at the loopback address.
            environment |= self.lab.environment
        try:
            return _done(command, self.folder, environment, seconds=COMMAND_SECONDS)
        except subprocess.TimeoutExpired as error:
            message = f"`{said}` did not end within {COMMAND_SECONDS:.0f} s"
            raise UnexpectedError(message) from error


def run_quietly(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    seconds: float = COMMAND_SECONDS,
    talk: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run the product outside of any host; returns what it printed, with its talk among it if `talk` says so."""
    command = [sys.executable, "-m", "originlock", *arguments]
    given = {**bare_environment(folder), **environment, "NO_COLOR": "1"}
    return _done(command, folder, given, seconds=seconds, talk=talk)


def _done(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, seconds: float, talk: bool = True
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if talk else subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )


def bare_environment(folder: Path) -> Mapping[str, str]:
    """The environment without the person's AWS and originlock settings: nothing real can be reached by mistake."""
    ours = ("AWS_", "ORIGINLOCK_", "CLOUDFLARE_", "FORCE_COLOR", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ORIGINLOCK_STATE_DIR": str(folder / "state"),
        # A child must find the package that its parent runs, installed or not.
        "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path),  # noqa: PTH100 - a list of texts
    }
