"""The product as its users meet it: a process with its own home, its own state and no terminal."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests import prefork

SECONDS: Final = 60.0
"""Far more than any command takes on a loaded machine; a command that hangs fails its test by this."""

Json = dict[str, Any]
"""What a command prints with -o json: its shape is what the tests are about."""

COMMAND: Final = prefork.COMMAND

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE")
"""What of the tests' own environment the product may see: no credentials, no proxies, no settings of a person."""


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a run of the product ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        """Everything on stdout, as JSON."""
        data: Json = json.loads(self.out)
        return data

    @property
    def said(self) -> str:
        """Both streams, for assertions on what a person sees somewhere."""
        return self.out + self.err


class Product:
    """Runs the command line in one directory, with one environment."""

    def __init__(self, directory: Path, variables: Mapping[str, str]) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.variables = {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "XDG_STATE_HOME": str(directory / "xdg-state"),
            "XDG_CACHE_HOME": str(directory / "cache"),
            "ORIGINLOCK_STATE_DIR": str(self.state),
            **variables,
        }

    def with_variables(self, **variables: str | None) -> Product:
        """The same with more variables; None takes one away."""
        other = Product(self.directory, {})
        merged = {**self.variables, **variables}
        other.variables = {name: value for name, value in merged.items() if value is not None}
        if "ORIGINLOCK_STATE_DIR" in other.variables:
            other.state = Path(other.variables["ORIGINLOCK_STATE_DIR"])
        return other

    def run(self, *arguments: str) -> Ended:
        """Run a command to its end, without a terminal."""
        done = prefork.run(arguments, env=self.variables, cwd=self.directory, timeout=SECONDS)
        return Ended(done.returncode, done.stdout, done.stderr)

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command from nothing and leave it running; whoever starts it waits for it."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=self.variables,
            cwd=self.directory,
        )

    def write(self, name: str, text: str) -> Path:
        """Write a file into the product's directory, such as a configuration."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def journal(self) -> list[Json]:
        """The lines of the journal."""
        lines = (self.state / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command that was started."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)
