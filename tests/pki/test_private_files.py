"""Places that are not what they should be, and two writers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from originlock.errors import RefusedError, StateError, UsageError
from originlock.pki import private_files
from originlock.pki.private_files import LARGEST, listed, locked, looked_at, made, read, removed, replaced, written_new


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A safe folder."""
    made(tmp_path / "deep" / "safe")
    return tmp_path / "deep" / "safe"


def test_what_is_written_is_read(place: Path) -> None:
    """A key would be lost, or half of it kept."""
    replaced(place / "key", b"one")
    replaced(place / "key", b"two")
    assert read(place / "key") == b"two"
    assert listed(place) == ("key",)
    removed(place / "key")
    removed(place / "key")
    assert read(place / "key") is None
    assert listed(place / "absent") == ()


def test_places_that_are_no_folders(place: Path) -> None:
    """A traceback, where a person could mend it."""
    replaced(place / "file", b"")
    for path in (place / "file", place / "file" / "below"):
        with pytest.raises(StateError):
            looked_at(path)
        with pytest.raises(StateError):
            made(path)
    with pytest.raises(StateError), locked(place / "absent", 0):
        pass
    with pytest.raises(StateError):
        replaced(place / "absent" / "key", b"")
    with pytest.raises(StateError):
        removed(place / "file" / "key")


def test_things_that_are_no_files(place: Path) -> None:
    """Reading a pipe would wait for ever, and a huge file would fill the memory."""
    os.mkfifo(place / "pipe", 0o600)
    with pytest.raises(StateError, match="no file of ours"):
        read(place / "pipe")
    (place / "folder").mkdir(0o700)
    with pytest.raises(StateError):
        read(place / "folder")
    with (place / "huge").open("wb") as file:
        file.truncate(LARGEST + 1)
    (place / "huge").chmod(0o600)
    with pytest.raises(StateError, match="no file of ours"):
        read(place / "huge")


def test_a_write_that_fails_leaves_nothing(place: Path) -> None:
    """Temporary files with keys in them would pile up."""
    (place / "key").mkdir()
    with pytest.raises(StateError):
        replaced(place / "key", b"secret")
    assert listed(place) == ("key",)


def test_the_second_writer_is_told(place: Path) -> None:
    """It would write at the same time, or wait for ever."""
    with locked(place, 0), pytest.raises(RefusedError, match="another run"), locked(place, 0.1):
        pass
    with locked(place, 0):
        pass


def test_nothing_is_overwritten(place: Path) -> None:
    """A key that is in use would be gone."""
    written_new(place / "out" / "edge.key", b"one")
    for path in (place / "out" / "edge.key", place / "out" / "edge.key" / "below"):
        with pytest.raises(UsageError):
            written_new(path, b"two")
    (place / "out" / "link").symlink_to(place / "elsewhere")
    with pytest.raises(UsageError):
        written_new(place / "out" / "link", b"two")
    assert (place / "out" / "edge.key").read_bytes() == b"one"
    assert not (place / "elsewhere").exists()
    assert private_files.TEMPORARY not in "".join(listed(place))
