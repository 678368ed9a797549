"""The AWS CLI, for the cron script: installed once, in a virtual environment of its own.

Lives here: making and finding it. Must not live here: calling it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from table import CannotMeasureError

_ROOT: Final = Path(__file__).resolve().parent.parent
_WANTED: Final = _ROOT / "bench" / "requirements.txt"
_VENV: Final = _ROOT / ".venv-bench"
_STAMP: Final = _VENV / ".installed"


def path_with_aws_cli() -> str:
    """A PATH on which `aws` is the one that `bench/requirements.txt` pins; it is installed if it is not there.

    Raises:
        CannotMeasureError: it cannot be installed, or bash or curl is missing.
    """
    for tool in ("bash", "curl"):
        if shutil.which(tool) is None:
            message = f"the cron script needs {tool}, which is not on the PATH"
            raise CannotMeasureError(message)
    wanted = _WANTED.read_text(encoding="utf-8")
    if not _STAMP.is_file() or _STAMP.read_text(encoding="utf-8") != wanted:
        print("cron: installing the AWS CLI into .venv-bench (half a minute)", flush=True)
        _install()
        _STAMP.write_text(wanted, encoding="utf-8")
    return f"{_VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"


def version() -> str:
    """What is installed, as pip names it."""
    line = next(line for line in _WANTED.read_text(encoding="utf-8").splitlines() if line.startswith("awscli=="))
    return line.partition("==")[2].split()[0]


def _install() -> None:
    shutil.rmtree(_VENV, ignore_errors=True)
    pip = [str(_VENV / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(_VENV)],
        [*pip, "--require-hashes", "-r", str(_WANTED)],
    ):
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode:
            message = f"the AWS CLI could not be installed: {ended.stderr.strip()[-500:]}"
            raise CannotMeasureError(message)
