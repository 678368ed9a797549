"""Saved plans: one file each, 0600.

Lives here: reading and writing them. Must not live here: whether one may be applied.
"""

from __future__ import annotations

from pathlib import Path

from originlock.errors import RefusedError, UsageError
from originlock.plan.document import Plan, PlanDamagedError, decode, encode
from originlock.store.directory import replaced

_LARGEST = 64 * 1024 * 1024
"""No plan that we write is anywhere near; a larger file is something else."""


_ANOTHER = "give another file with --out"


def saved(plan: Plan, path: Path) -> None:
    """Write a plan.

    Raises:
        UsageError: there is no such directory.
        StateError: it cannot be written.
    """
    if not path.parent.is_dir():
        message = f"the plan cannot be saved: there is no directory {path.parent}"
        raise UsageError(message, _ANOTHER)
    if path.exists() and not path.is_file():
        message = f"the plan cannot be saved: {path} is there, and is no file"
        raise UsageError(message, _ANOTHER)
    replaced(path, encode(plan), _ANOTHER)


def loaded(path: Path) -> Plan:
    """Read a saved plan.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        RefusedError: it is no plan, of another version, or was altered.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the plan {path} cannot be read: {error.strerror}"
        raise UsageError(message, "save one with `originlock plan --out FILE`") from error
    again = "plan again with `originlock plan --out FILE`"
    if path.suffix == ".toml":
        message = f"{path} is a configuration, and no saved plan"
        raise UsageError(message, f"say --config {path}")
    if len(data) > _LARGEST:
        message = f"the plan {path} is not applied: it is too large"
        raise RefusedError(message, again)
    try:
        return decode(data)
    except PlanDamagedError as error:
        message = f"the plan {path} is not applied: {error}"
        raise RefusedError(message, again) from error
