"""The last run of each origin, what people were told, and what could not be sent to them yet.

Lives here: one file of the state directory. Must not live here: what any of it means (see `notify`, `app.run`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from originlock.errors import StateError
from originlock.notify.kept import Kept
from originlock.store.directory import prepared, replaced

_NAME: Final = "runs.json"
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes (our choice): some hundred origins take a hundred times less."""


class RunFile:
    """What is kept of runs in one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / _NAME

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    def mended(self) -> tuple[Kept, str]:
        """What was kept, and an empty text; or, where it is damaged, nothing and why, and the file is moved away.

        Keeping the origins locked does not hang on a record of who was told what.

        Raises:
            StateError: the file is there and cannot be read, or not be moved away.
        """
        try:
            return self.kept(), ""
        except StateError as error:
            if isinstance(error.__cause__, OSError):
                raise
            aside = self._path.with_name(f"{_NAME}.damaged")
            try:
                self._path.replace(aside)
            except OSError as failed:
                message = f"{error.what}, and cannot be moved away: {failed.strerror}"
                raise StateError(message, error.remedy) from failed
            return Kept(), f"{error.what} (it is {aside.name} now)"

    def kept(self) -> Kept:
        """What was kept; nothing where there was no run.

        Raises:
            StateError: the file is there and cannot be read: what people were told is unknown then, not nothing.
        """
        try:
            with self._path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return Kept()
        except OSError as error:
            message = f"the record of runs {self._path} cannot be read: {error.strerror}"
            raise StateError(message, "mend its permissions, or give another ORIGINLOCK_STATE_DIR") from error
        if len(data) > _LARGEST:
            message = f"the record of runs {self._path} is larger than any of ours"
            raise StateError(message, f"move {self._path} away: people are told of everything once more then")
        try:
            return msgspec.json.decode(data, type=Kept)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"the record of runs {self._path} is damaged, or of another originlock"
            remedy = f"move {self._path} away: people are told of everything once more then"
            raise StateError(message, remedy) from error

    def keep(self, kept: Kept) -> None:
        """Write it, as a whole.

        Raises:
            StateError: it could not be written.
        """
        prepared(self._directory)
        replaced(self._path, msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
