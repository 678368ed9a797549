"""The state directory itself: where it is made, with which modes, and how a file in it is replaced.

Lives here: directories and atomic writes. Must not live here: the content of any file.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from originlock.errors import StateError

_REMEDY = "give another directory with ORIGINLOCK_STATE_DIR, or mend this one"


def prepared(directory: Path) -> Path:
    """Make the directory if it is not there (0700), and see that it is a safe place.

    Raises:
        StateError: it cannot be made, or everybody may write to it.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = directory.stat().st_mode
    except OSError as error:
        message = f"the state directory {directory} cannot be used: {error.strerror}"
        raise StateError(message, _REMEDY) from error
    if mode & stat.S_IWOTH:
        message = f"the state directory {directory} may be written to by everybody on this machine"
        raise StateError(message, f"chmod o-w {directory}")
    return directory


def publish(path: Path, text: str) -> None:
    """Write a file that others read (0644), as a whole or not at all: node_exporter reads it at any moment.

    Raises:
        StateError: it cannot be written.
    """
    replaced(path, text.encode(), "give [run] metrics_file another place, or let the service write there", mode=0o644)


def replaced(path: Path, data: bytes, remedy: str = _REMEDY, *, mode: int = 0o600) -> None:
    """Write a file as a whole or not at all (0600 unless said otherwise), and sync it.

    Raises:
        StateError: it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                given(file.fileno(), path.parent)
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        synced(path.parent)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise StateError(message, remedy) from error


def given(handle: int, directory: Path) -> None:
    """Let a file that was just made belong to whom its directory belongs: a service goes on with what root began.

    Nothing is done by anybody else than root, or where the directory is root's.
    """
    if os.geteuid() != 0:
        return
    owner = directory.stat()
    if owner.st_uid != 0:
        os.fchown(handle, owner.st_uid, owner.st_gid)


def synced(directory: Path) -> None:
    """Sync a directory, so that a file that was made in it is there after a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
