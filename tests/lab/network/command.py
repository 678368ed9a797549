"""The product's `lab` command as a process, with a lab's folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import prefork

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Far more than any command takes.
SECONDS = 120.0


@dataclass(frozen=True)
class LabCommand:
    """Runs `originlock lab ...`; `extra` is put into the environment."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        """A child must find the package that the test runs, installed or not."""
        path = os.pathsep.join(each for each in sys.path if each)
        return {**os.environ, "PYTHONPATH": path, "ORIGINLOCK_LAB_DIR": str(self.folder), "NO_COLOR": "1", **self.extra}

    def line(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "originlock", "lab", *arguments]

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        if not said:
            return prefork.run(("lab", *arguments), env=self.environment, cwd=Path.cwd(), timeout=SECONDS)
        return subprocess.run(
            self.line(*arguments),
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def data(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """Run it with `-o json`, and read what it prints."""
        ended = self.run(*arguments, "-o", "json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)
