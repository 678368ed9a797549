"""A lab that runs, from the outside: bring it up, ask it, run something in it, take it down.

Lives here: the client of `supervisor`, and the way to it through its folder. Must not live here: any part of the lab
itself, so that importing this costs little.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from originlock.lab.control_socket import ask
from originlock.lab.entering import environment
from originlock.lab.process import LabStartError, LocalAws
from originlock.lab.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from originlock.lab.authority import Authority
    from originlock.lab.folder import Folder, State

#: Loading everything takes about two seconds; a loaded machine may need many times that.
START_SECONDS: Final = 90.0

#: In order, the last log files are delivered; after this it is killed.
STOP_SECONDS: Final = 15.0

_PAUSE: Final = 0.02
_LAST_LINES: Final = 12

#: Is told, in words, what is being done.
Telling: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunningLab:
    """A lab that answers."""

    folder: Folder
    state: State

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point a program at it."""
        return environment(self.folder, self.state)

    @property
    def aws(self) -> LocalAws:
        """Its local AWS, for unmodified clients and for the control room."""
        return LocalAws.at(self.state.aws_url, region=self.state.region)

    @property
    def cloudflare(self) -> Room:
        """The control room of its Cloudflare."""
        return Room(self.state.cloudflare_url.partition("/client/")[0])

    @property
    def authority(self) -> Authority:
        """The lab's authority, which its clients trust, and its edge where origins are verified."""
        # Here, as it is slow to import and few need it.
        from originlock.lab.authority import read  # noqa: PLC0415

        return read(self.folder.authority.read_bytes(), self.folder.authority_key.read_bytes())

    def command(self, host: str, *command: str) -> Sequence[str]:
        """The command line that runs a command in a host."""
        return [sys.executable, "-m", "originlock", "lab", "exec", "--as", host, "--", *command]

    def status(self) -> Mapping[str, Any]:
        """Where its load balancers are now; raises AskingError."""
        return ask(self.folder.control, {"ask": "status"})

    def set_edge_down(self, down: bool) -> None:  # noqa: FBT001 - a switch
        """Let the edge refuse all connections, those that stand too; or serve again. Raises AskingError."""
        ask(self.folder.control, {"ask": "edge", "down": down})

    def deliver_logs(self) -> None:
        """Let load balancers deliver their logs now instead of within five minutes; raises AskingError."""
        ask(self.folder.control, {"ask": "deliver-logs"})

    def relay(self, port: int) -> None:
        """Let a port of this machine's loopback address be one of each host's, too; raises AskingError."""
        ask(self.folder.control, {"ask": "relay", "port": port})

    def drop(self, cidr: str, host: str = "origin") -> None:
        """Lose what comes to a host from a network and what goes there, until drop_nothing(); raises AskingError."""
        ask(self.folder.control, {"ask": "drop", "cidr": cidr, "host": host})

    def drop_nothing(self) -> None:
        """Lose nothing any more but what the security groups say; raises AskingError."""
        ask(self.folder.control, {"ask": "drop-nothing"})


def found(folder: Folder) -> RunningLab | None:
    """The lab that answers at a folder, if one does."""
    state = folder.read_state()
    return None if state is None else RunningLab(folder, state)


def start(folder: Folder, tell: Telling) -> RunningLab:
    """Bring one up, apart from this process, and wait until everything answers.

    Raises:
        StateError: the folder cannot be used.
        LabStartError: it did not come up; nothing is left.
    """
    folder.prepare()
    folder.sweep()
    folder.prepare()
    with _started(folder, tell, "", subprocess.DEVNULL):
        return _there(folder)


@contextlib.contextmanager
def lab(folder: Folder, tell: Telling = lambda _: None) -> Iterator[RunningLab]:
    """A lab that goes down with this process, however that ends; raises as `start`."""
    folder.prepare()
    folder.sweep()
    folder.prepare()
    with _started(folder, tell, "--while-stdin", subprocess.PIPE) as process:
        try:
            yield _there(folder)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            stop(folder)
            process.wait()


def stop(folder: Folder) -> bool:
    """Take down the lab at a folder, and what a killed one left there; returns whether one ran.

    Raises:
        TimeoutError: it does not even end when it is killed.
    """
    if not folder.is_locked():
        folder.sweep()
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        told: int | None = None
        deadline = time.monotonic() + STOP_SECONDS
        while folder.is_locked() and time.monotonic() < deadline:
            # One that is coming up does not say yet which process it is.
            state = folder.read_state()
            if state is not None and told != state.process_id:
                told = state.process_id
                with contextlib.suppress(ProcessLookupError):
                    os.kill(told, number)
            time.sleep(_PAUSE)
        if not folder.is_locked():
            folder.sweep()
            return True
    message = f"the lab at {folder.path} does not end"
    raise TimeoutError(message)


def _there(folder: Folder) -> RunningLab:
    running = found(folder)
    if running is None:
        message = f"the lab came up and ended at once; {_last_lines(folder)}"
        raise LabStartError(message)
    return running


@contextlib.contextmanager
def _started(folder: Folder, tell: Telling, option: str, stdin: int) -> Iterator[subprocess.Popen[bytes]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        kept.pop(name, None)
        kept.pop(name.lower(), None)
    # A child must find the package that its parent runs, installed or not.
    kept["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)  # noqa: PTH100 - a list of texts
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "originlock.lab.supervisor",
                "--folder",
                str(folder.path),
                *([option] * bool(option)),
            ],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=log,
            env=kept,
            # Ctrl-C in the terminal is not for it.
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, folder, tell)
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()
        folder.sweep()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    yield process


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Folder, tell: Telling) -> None:
    deadline = time.monotonic() + START_SECONDS
    for line in _lines(process, deadline):
        match json.loads(line):
            case {"doing": str(what)}:
                tell(what)
            case {"failed": str(why)}:
                raise LabStartError(why)
            case {"ready": True}:
                return
            case _:
                pass
    message = f"the lab's supervisor ended with {process.wait()}; {_last_lines(folder)}"
    raise LabStartError(message)


def _lines(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    """Its lines, until it says no more; raises LabStartError where it takes too long."""
    if process.stdout is None:
        return
    said = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            message = f"the lab did not come up within {START_SECONDS:.0f} s"
            raise LabStartError(message)
        more = os.read(process.stdout.fileno(), 4096)
        if not more:
            return
        *whole, said = (said + more).split(b"\n")
        yield from whole


def _last_lines(folder: Folder) -> str:
    """What its log says last, for an error of one line."""
    try:
        lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it left no log"
    return "its log ends: " + " | ".join(line.strip() for line in lines[-_LAST_LINES:])
