"""The folder of a lab that runs: which files it has, who may be in it, and that one lab alone is there.

Lives here: places, the lock, what the lab says of itself to those who come later. Must not live here: starting or
asking a lab (see `running`), or being one (see `supervisor`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from originlock.errors import StateError, Whose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A Unix socket's path may have 107 bytes on Linux (unix(7)), and 103 elsewhere.
_LONGEST: Final = 103


#: Where the kernel shows what a process has open, as places of their own.
_DESCRIPTORS: Final = Path("/proc/self/fd")


class State(msgspec.Struct, frozen=True):
    """What a lab that answers says of itself.

    Attributes:
        process_id: of the supervisor, with which everything ends.
        filtered: whether packets are filtered, between hosts in namespaces; else `why_not` says why, in words that end
            a sentence, and every listener is on the loopback address.
        namespaces: where the namespace of each host is found.
        aws_url, cloudflare_url: the APIs, at the loopback address of the machine and of each host.
        cloudflare_token: a token that may do everything.
        lists: the variables that send originlock there for the edge's lists.
    """

    process_id: int
    filtered: bool
    why_not: str | None
    namespaces: dict[str, str]
    region: str
    aws_url: str
    cloudflare_url: str
    cloudflare_token: str
    lists: dict[str, str]


@dataclass(frozen=True, slots=True)
class Folder:
    """Where one lab keeps its files."""

    path: Path

    @property
    def lock(self) -> Path:
        """Locked while the lab runs; without it the folder is not a lab's, and nothing in it is taken away."""
        return self.path / "originlock-lab.lock"

    @property
    def state(self) -> Path:
        """What the lab says of itself; there as soon as it answers."""
        return self.path / "state.json"

    @property
    def log(self) -> Path:
        """What the lab says to nobody in particular."""
        return self.path / "log"

    @property
    def control(self) -> Path:
        """The Unix socket at which the supervisor is asked."""
        return self.path / "control.sock"

    @property
    def follower(self) -> Path:
        """The Unix socket at which the local AWS tells what it wants of the packets."""
        return self.path / "follower.sock"

    @property
    def authority(self) -> Path:
        """The certificate of the lab's own authority."""
        return self.path / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Its key: whoever makes a load balancer here can have a certificate that the lab's clients trust."""
        return self.path / "ca-key.pem"

    @property
    def trusted(self) -> Path:
        """The lab's authority and those that the machine trusts."""
        return self.path / "trusted.pem"

    @property
    def resolver(self) -> Path:
        """What stands in for /etc/resolv.conf in a host."""
        return self.path / "resolv.conf"

    @property
    def name_switch(self) -> Path:
        """What stands in for /etc/nsswitch.conf in a host."""
        return self.path / "nsswitch.conf"

    @property
    def product_state(self) -> Path:
        """The state directory of an originlock that is pointed at the lab."""
        return self.path / "originlock"

    # --- the folder itself ----------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make it, for this user alone; raises StateError where it is no safe place."""
        remedy = "give another folder with ORIGINLOCK_LAB_DIR"
        if len(bytes(self.follower)) > _LONGEST and not _DESCRIPTORS.is_dir():
            message = f"the path of the lab's folder is too long for a socket in it: {self.path}"
            raise StateError(message, remedy)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.path.lstat()
            is_ours = self.lock.exists() or not any(self.path.iterdir())
        except OSError as error:
            message = f"the lab's folder {self.path} cannot be used: {error.strerror}"
            raise StateError(message, remedy) from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            message = f"the lab's folder {self.path} is not a folder that is yours alone (mode 0700)"
            raise StateError(message, f"chmod 700 it, if it is yours, or {remedy}", whose=Whose.YOURS)
        if not is_ours:
            others = ", ".join(sorted(each.name for each in self.path.iterdir())[:3])
            message = f"the lab's folder {self.path} holds something else ({others})"
            raise StateError(message, remedy, whose=Whose.YOURS)
        self.lock.touch(mode=0o600)

    def locked(self) -> int | None:
        """Take the lock, for as long as the descriptor is open; None while somebody else has it."""
        while True:
            held = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(held), self.lock.stat()):
                    return held
            except BlockingIOError:
                os.close(held)
                return None
            except FileNotFoundError:
                pass
            # Whoever had it took the file away in between.
            os.close(held)

    def is_locked(self) -> bool:
        """Whether a lab runs here, or comes up or goes down."""
        try:
            held = os.open(self.lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(held)
        return False

    def read_state(self) -> State | None:
        """What the lab that runs here says of itself; None while it does not."""
        if not self.is_locked():
            return None
        try:
            return msgspec.json.decode(self.state.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return None

    def write_state(self, state: State) -> None:
        """Say it, whole or not at all; raises OSError."""
        part = self.state.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(state))
        part.replace(self.state)

    def clear(self) -> None:
        """Take away what a lab keeps, apart from the lock and the log; harmless if there is nothing."""
        kept = (
            *(self.state, self.state.with_suffix(".part"), self.control, self.follower),
            *(self.authority, self.authority_key, self.trusted, self.resolver, self.name_switch),
        )
        for each in kept:
            each.unlink(missing_ok=True)
        shutil.rmtree(self.product_state, ignore_errors=True)

    def leave(self) -> None:
        """Take away everything, and the folder itself, unless somebody else put something in it."""
        self.clear()
        self.log.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)
        try:
            self.path.rmdir()
        except OSError:
            return

    def sweep(self) -> None:
        """Take away what a lab that was killed left; nothing while one is there."""
        if not self.lock.exists():
            return
        held = self.locked()
        if held is not None:
            self.leave()
            os.close(held)


@contextlib.contextmanager
def short(path: Path) -> Iterator[Path]:
    """A path to the same place that is not too long for a socket; good, for other processes too, while this lasts."""
    if len(bytes(path)) <= _LONGEST:
        yield path
        return
    held = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/{os.getpid()}/fd/{held}/{path.name}")
    finally:
        os.close(held)


def usual_folder(environment: Mapping[str, str]) -> Folder:
    """Where a lab is if nobody says otherwise: $ORIGINLOCK_LAB_DIR, else where the user's sockets or state are."""
    named = environment.get("ORIGINLOCK_LAB_DIR")
    if named:
        return Folder(Path(named).absolute())
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        return Folder(Path(runtime) / "originlock-lab")
    state = environment.get("XDG_STATE_HOME")
    home = Path(state) if state else Path(environment.get("HOME") or "/nonexistent") / ".local" / "state"
    return Folder(home / "originlock-lab")
