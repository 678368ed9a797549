"""The lease: one apply at a time for each state directory, by a lock that the kernel takes back when we die.

Lives here: waiting for and holding the lock file. Must not live here: what is done under it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from originlock.errors import RefusedError, StateError
from originlock.store.directory import given, prepared

_NAME = "lease"
WHOLE_RUN = "run-lease"
"""Beside that of an apply: of a run by itself, which takes the apply's within."""
_POLL_SECONDS = 0.1
_LONGEST_HOLDER = 500


class LeaseFile:
    """The lease of one state directory. Runs with other state directories do not see it."""

    def __init__(self, directory: Path, say: Callable[[str], None], name: str = _NAME) -> None:
        self._directory = directory
        self._say = say
        self._name = name

    @contextlib.contextmanager
    def held(self, what_for: str, wait_seconds: float) -> Iterator[None]:
        """Hold the lease.

        Raises:
            RefusedError: another run holds it, and did not end in time.
            StateError: the lock file cannot be used.
        """
        path = prepared(self._directory) / self._name
        try:
            new = not path.exists()
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            if new:
                given(handle, path.parent)
        except OSError as error:
            message = f"the lease {path} cannot be used: {error.strerror}"
            raise StateError(message, "give another directory with ORIGINLOCK_STATE_DIR, or mend this one") from error
        try:
            self._wait(handle, wait_seconds)
            os.ftruncate(handle, 0)
            os.pwrite(handle, what_for.encode()[:_LONGEST_HOLDER], 0)
            yield
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)

    def _wait(self, handle: int, wait_seconds: float) -> None:
        until = time.monotonic() + wait_seconds
        said = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, _LONGEST_HOLDER, 0).decode(errors="replace") or "another run"
                if not said:
                    self._say(f"waiting up to {wait_seconds:g} s for {holder} to end")
                    said = True
                if time.monotonic() >= until:
                    message = f"{holder} holds the lease of {self._directory} (waited {wait_seconds:g} s)"
                    raise RefusedError(message, "wait for it to end, or wait longer with --wait SECONDS") from error
                time.sleep(_POLL_SECONDS)
            else:
                return
