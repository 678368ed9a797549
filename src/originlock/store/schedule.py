"""That runs are scheduled on this machine: one small file of the state directory.

Lives here: the file. Must not live here: units and cron lines (see `originlock.schedule`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from originlock.errors import StateError
from originlock.facts.runs import Scheduled
from originlock.store.directory import prepared, replaced

_NAME: Final = "schedule.json"


class ScheduleFile:
    """How runs are scheduled that use one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / _NAME

    def scheduled(self) -> Scheduled | None:
        """How; None where they are not.

        Raises:
            StateError: the file is there and cannot be read.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Scheduled)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"{self._path} cannot be read: {error.strerror}"
            raise StateError(message, "mend its permissions, or give another ORIGINLOCK_STATE_DIR") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"{self._path} is damaged"
            raise StateError(message, "schedule the runs again, which writes it anew") from error

    def keep(self, scheduled: Scheduled | None) -> None:
        """Write it, or remove it.

        Raises:
            StateError: it could not be written.
        """
        prepared(self._directory)
        if scheduled is not None:
            replaced(self._path, msgspec.json.encode(scheduled) + b"\n")
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            message = f"{self._path} cannot be removed: {error.strerror}"
            raise StateError(message, "remove it yourself") from error
