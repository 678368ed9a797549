"""The product as a process that need not import itself first: forked from one that did.

Loading the product and botocore takes longer than most commands do. Here a server loads both once and forks itself for
each command: what is forked gets its own arguments, environment, directory and standard streams, runs the very `main`
of `python -m originlock`, ends as any Python process does, and can be signalled like one. What it does not show is that
the product can be loaded: whoever runs all tests (ORIGINLOCK_TEST_LONG), or counts what is covered, gets processes that
are started from nothing, and some tests always do.

Lives here: the server's start and what is asked of it. Must not live here: the server (see `prefork_server`), what is
run.
"""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

#: Variables that say that all tests run, whatever it takes, or that it is a mutant of the product that runs.
_AFRESH: Final = ("ORIGINLOCK_TEST_LONG", "MUTANT_UNDER_TEST")

COMMAND: Final = (sys.executable, "-m", "originlock")

_SERVER: Final = Path(__file__).with_name("prefork_server.py")


class Process(Protocol):
    """A process that was started: what is used of a `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """How it ended, as in `wait`, or None if it has not."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end: its exit code, or the negative number of the signal that ended it.

        Raises:
            subprocess.TimeoutExpired: it has not ended after so many seconds.
        """

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""

    def kill(self) -> None:
        """End it."""


def start(
    arguments: Sequence[str],
    *,
    out: int,
    err: int,
    env: Mapping[str, str],
    cwd: Path,
) -> Process:
    """Start `originlock ARGUMENTS` without a standard input; `out` and `err` are file descriptors.

    It is forked where that shows the same as a process that is started from nothing.
    """
    ours, theirs = _read_at_start(os.environ), _read_at_start(env)
    if theirs.get("PYTHONPATH") == os.pathsep.join(each for each in sys.path if each):
        # What is found there has been found.
        del theirs["PYTHONPATH"]
    usual = theirs in (ours, {name: value for name, value in ours.items() if not name.startswith("PYTHON")})
    afresh = any(os.environ.get(name) for name in _AFRESH) or any(name.startswith("COVERAGE_") for name in env)
    if afresh or not usual:
        return subprocess.Popen(
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(env), cwd=cwd
        )
    return _server(tuple(sorted(theirs.items()))).start(arguments, (out, err), env, cwd)


def run(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `originlock ARGUMENTS` to its end, as `start` does, and read what it says.

    Raises:
        subprocess.TimeoutExpired: it has not ended after so many seconds; it is killed.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = start(arguments, out=out.fileno(), err=err.fileno(), env=env, cwd=cwd)
        try:
            code = process.wait(timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return subprocess.CompletedProcess([*COMMAND, *arguments], code, text(out), text(err))


def text(written: IO[bytes]) -> str:
    """All that was written to a file, as a text stream has it."""
    written.seek(0)
    return io.TextIOWrapper(written, encoding="utf-8").read()


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that an interpreter reads when it starts, or that a library reads when it is loaded."""
    return {
        name: value
        for name, value in env.items()
        if name.startswith(("PYTHON", "LC_", "LD_", "MALLOC_", "OPENSSL_", "CRYPTOGRAPHY_")) or name == "LANG"
    }


@functools.cache
def _server(variables: tuple[tuple[str, str], ...]) -> _Server:
    made = _Server(dict(variables))
    atexit.register(made.close)
    return made


class _Server:
    """A process that has loaded the product; it ends with this one."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._asking = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                # -P: this folder's names are not to be found by what the product imports.
                [sys.executable, "-P", str(_SERVER), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=dict(variables),
                pass_fds=(theirs.fileno(),),
            )

    def start(self, arguments: Sequence[str], streams: tuple[int, int], env: Mapping[str, str], cwd: Path) -> Process:
        asked = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}).encode()
        ours, theirs = socket.socketpair()
        with theirs, self._asking:
            # The length goes first, with the descriptors, as they need a byte to go with.
            socket.send_fds(self._socket, [len(asked).to_bytes(4, "big")], [*streams, theirs.fileno()])
            self._socket.sendall(asked)
        return _Forked(arguments, ours)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


class _Forked:
    """A process that the server forked; who waits for it tells here that it began, and how it ended."""

    def __init__(self, arguments: Sequence[str], told: socket.socket) -> None:
        self._arguments = arguments
        self._told = told
        self._code: int | None = None
        self.pid = self._number(None)

    def _number(self, timeout: float | None) -> int:
        self._told.settimeout(timeout)
        said = b""
        while not said.endswith(b"\n"):
            more = self._told.recv(1)
            if not more:
                message = "the server that the product is forked from has ended"
                raise RuntimeError(message)
            said += more
        return int(said)

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            try:
                self._code = self._number(timeout)
            except (TimeoutError, BlockingIOError) as late:
                raise subprocess.TimeoutExpired(list(self._arguments), timeout or 0) from late
            self._told.close()
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
