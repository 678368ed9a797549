"""Files that only their owner may read: checked when they are read, whole or not at all when they are written.

Lives here: modes, owners, links, atomic writes, the lock. Must not live here: what is in the files.

The state directory's own rules (`originlock.store`) are milder: in there is nothing that nobody may read.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from originlock.errors import RefusedError, StateError, UsageError

LARGEST: Final = 256 * 1024 * 1024
"""A bound of our own: an index of a hundred thousand leaves is smaller."""

_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_POLL_SECONDS: Final = 0.05
_REMEDY: Final = "give another directory with ORIGINLOCK_CA_DIR, or mend this one"

TEMPORARY: Final = ".new-"
"""How the names of files begin that are not whole yet, or never became whole."""


def looked_at(folder: Path) -> bool:
    """Whether the folder is there.

    Raises:
        StateError: it is there, and somebody else may look into it, or it is somebody else's.
    """
    try:
        found = folder.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable(folder, error) from error
    if not stat.S_ISDIR(found.st_mode):
        message = f"{folder} is no directory"
        raise StateError(message, _REMEDY)
    _check(folder, found, "700")
    return True


def made(folder: Path) -> None:
    """Make the folder, for its owner alone, if it is not there, and see that it is safe.

    Raises:
        StateError: it cannot be made, or is not safe.
    """
    if looked_at(folder):
        return
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        _synced(folder.parent)
    except OSError as error:
        raise _unusable(folder, error) from error


def read(path: Path) -> bytes | None:
    """What is in the file; None if there is none.

    Raises:
        StateError: it cannot be read, is a link or too large, or somebody else may read it, or it is somebody else's.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            message = f"{path} is no file of ours"
            raise StateError(message, _REMEDY)
        _check(path, found, "600")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(LARGEST)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        os.close(handle)


def replaced(path: Path, data: bytes) -> None:
    """Write the file as a whole or not at all (0600), and sync it.

    Raises:
        StateError: it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _synced(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def removed(path: Path) -> None:
    """Remove the file, if it is there.

    Raises:
        StateError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
        _synced(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def listed(folder: Path) -> tuple[str, ...]:
    """The names in a folder, sorted; none if it is not there.

    Raises:
        StateError: it cannot be read, or is not safe.
    """
    if not looked_at(folder):
        return ()
    try:
        return tuple(sorted(each.name for each in folder.iterdir()))
    except OSError as error:
        raise _unusable(folder, error) from error


@contextlib.contextmanager
def locked(folder: Path, wait_seconds: float) -> Iterator[None]:
    """Be the only one who writes in the folder; the kernel gives the lock back when the process dies.

    Raises:
        RefusedError: another run writes there, and did not end in time.
        StateError: the lock cannot be used.
    """
    path = folder / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        until = time.monotonic() + wait_seconds
        while not _taken(handle):
            if time.monotonic() >= until:
                message = f"another run is writing in {folder} (waited {wait_seconds:g} s)"
                raise RefusedError(message, "wait for it to end, and run it again")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def refuse_those_there(paths: tuple[Path, ...]) -> None:
    """See that none of these files is there yet.

    Raises:
        UsageError: one is.
    """
    for path in paths:
        if os.path.lexists(path):
            message = f"{path} is there already, and is not overwritten"
            raise UsageError(message, "give another directory with --out, or move it away")


def written_new(path: Path, data: bytes) -> None:
    """Write a file that was not there (0600), and make its folder (0700) if need be.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    refuse_those_there((path,))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise UsageError(message, "give another directory with --out") from error


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check(path: Path, found: os.stat_result, mode: str) -> None:
    if found.st_uid != os.geteuid():
        message = f"{path} belongs to another user (uid {found.st_uid}), so it is not trusted with keys"
        raise StateError(message, f"run as its owner, or chown it: chown -R {os.geteuid()} {path}")
    if found.st_mode & _FOR_OTHERS:
        message = f"{path} can be reached by others on this machine (mode {stat.S_IMODE(found.st_mode):o})"
        raise StateError(message, f"chmod {mode} {path}")


def _synced(folder: Path) -> None:
    """Sync a folder, so that what was made or removed in it is so after a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unusable(path: Path, error: OSError) -> StateError:
    message = f"{path} cannot be used: {error.strerror}"
    return StateError(message, _REMEDY)
