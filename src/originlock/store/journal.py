"""The journal file: JSON lines, appended and synced, never rewritten.

Lives here: writing and reading lines. Must not live here: what the lines mean (see `plan.journal`).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from originlock.errors import StateError
from originlock.plan.journal import Event
from originlock.store.directory import given, prepared, synced

_NAME = "journal.jsonl"
_REMEDY = "give another directory with ORIGINLOCK_STATE_DIR, or mend this one"


class JournalFile:
    """The journal of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / _NAME
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Event)
        self.damaged = 0
        """How many lines the last reading could not understand: torn by a power cut, or altered."""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._path

    def append(self, events: tuple[Event, ...], *, sync: bool = True) -> None:
        """Write the events, and unless `sync` is false sync them to disk before returning.

        Raises:
            StateError: they could not be written.
        """
        prepared(self._directory)
        data = b"".join(self._encoder.encode(event) + b"\n" for event in events)
        try:
            new = not self._path.exists()
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    given(handle, self._directory)
                # A line that a power cut tore must not swallow the first of ours.
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    data = b"\n" + data
                _written(handle, data)
                if sync:
                    os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                synced(self._directory)
        except OSError as error:
            message = f"the journal {self._path} cannot be written: {error.strerror}; nothing was done beyond it"
            raise StateError(message, _REMEDY) from error

    def events(self) -> tuple[Event, ...]:
        """Every event, oldest first; lines that cannot be understood are counted in `damaged`.

        Raises:
            StateError: the file cannot be read.
        """
        self.damaged = 0
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            message = f"the journal {self._path} cannot be read: {error.strerror}"
            raise StateError(message, _REMEDY) from error
        found: list[Event] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                found.append(self._decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.damaged += 1
        return tuple(found)


def _written(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
