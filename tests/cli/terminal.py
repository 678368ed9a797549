"""A person at a terminal: a pseudo-terminal in which the product runs, what it shows, and what is typed."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from types import TracebackType
from typing import Final, Self

from tests.cli.product import COMMAND, SECONDS, Product

_PIECE: Final = 4096

#: Seconds before a person who pressed Ctrl-C presses it again; long enough for the product to end by the first press.
_PATIENCE: Final = 15.0


class Terminal:
    """One command in a pseudo-terminal. Use it as a context manager."""

    def __init__(self, product: Product, *arguments: str, out: int | None = None) -> None:
        """Start it; its stdout may go elsewhere."""
        self.shown = ""
        self._ours, theirs = pty.openpty()
        try:
            self._process = subprocess.Popen(
                [*COMMAND, *arguments],
                stdin=theirs,
                stdout=theirs if out is None else out,
                stderr=theirs,
                env={"COLUMNS": "400", **product.variables, "TERM": "xterm"},
                cwd=product.directory,
                start_new_session=True,
            )
        finally:
            os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        """Read what is there within a moment; False at the end."""
        if not select.select([self._ours], [], [], 0.2)[0]:
            return self._process.poll() is None
        try:
            piece = os.read(self._ours, _PIECE)
        except OSError:  # Linux says so when the last one on the other side has gone
            return False
        self.shown += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)

    def wait_for(self, text: str) -> None:
        """Read until a text is shown."""
        until = time.monotonic() + SECONDS
        while text not in self.shown:
            assert self._read(), f"{text!r} was never shown:\n{self.shown}"
            assert time.monotonic() < until, self.shown

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C until it ends, as a person would; returns the exit code.

        It is no controlling terminal, so the key alone would do nothing. Python may note a signal and then still sit
        down to read (the flag is looked at before the call, not in it), so that one press may be too few.
        """
        until = time.monotonic() + SECONDS
        while self._process.poll() is None:
            assert time.monotonic() < until, self.shown
            self._process.send_signal(signal.SIGINT)
            pressed = time.monotonic()
            while time.monotonic() < pressed + _PATIENCE and self._read():
                pass
        return self.end()

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        until = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < until, self.shown
        return self._process.wait(SECONDS)
