"""Files and functions whose content may change while the application runs.

Lives here: looking for something new now and then, and keeping what was there when the new cannot be read. Must not
live here: what the content means.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from originlock.middleware.settings import Source

T = TypeVar("T")

_LOG: Final = logging.getLogger("originlock.middleware")

#: A file as it was: when it was written, how large it is, which one it is.
_Stamp = tuple[int, int, int]


class Reloading(Generic[T]):
    """The content of a source, as new as can be had. Any number of threads may ask.

    Attributes:
        generation: goes up by one with each new content.
    """

    def __init__(self, source: Source, parse: Callable[[bytes], T], *, most_bytes: int, every: float) -> None:
        """Read it for the first time.

        Raises:
            OSError: it cannot be read.
            ValueError: it is larger than `most_bytes`, or the parser does not take it.
        """
        self.generation = 0
        self._source = source
        self._parse = parse
        self._most_bytes = most_bytes
        self._every = every
        self._lock = Lock()
        self._raw, self._stamp = self._read()
        self._content = parse(self._raw)
        self._next = time.monotonic() + every

    def current(self) -> T:
        """The content. Looks for a new one where it is time to; meanwhile other threads get the one that is there."""
        if isinstance(self._source, bytes) or time.monotonic() < self._next:
            return self._content
        if self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next = time.monotonic() + self._every
                self._lock.release()
        return self._content

    def _look(self) -> None:
        try:
            if self._unchanged():
                return
            raw, stamp = self._read()
            if raw != self._raw:
                self._content = self._parse(raw)
                self.generation += 1
        except (OSError, ValueError) as error:
            # Revocation lists that go on like this become stale, which has consequences of its own.
            _LOG.warning("not read again, the old goes on: %s", type(error).__name__)
            return
        self._raw, self._stamp = raw, stamp

    def _unchanged(self) -> bool:
        return isinstance(self._source, Path) and _stamp_of(self._source.stat()) == self._stamp

    def _read(self) -> tuple[bytes, _Stamp | None]:
        if isinstance(self._source, Path):
            with self._source.open("rb") as file:
                stamp = _stamp_of(os.fstat(file.fileno()))
                return self._bounded(file.read(self._most_bytes + 1)), stamp
        return self._bounded(self._source if isinstance(self._source, bytes) else self._source()), None

    def _bounded(self, raw: bytes) -> bytes:
        if len(raw) > self._most_bytes:
            message = f"more than {self._most_bytes} bytes"
            raise ValueError(message)
        return raw


def _stamp_of(told: os.stat_result) -> _Stamp:
    return told.st_mtime_ns, told.st_size, told.st_ino
