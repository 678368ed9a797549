"""The record of runs: what is damaged stops no run, what cannot be read does."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.notify.runs import HOLE, START, origin

from originlock.errors import StateError
from originlock.notify.kept import Kept
from originlock.store.runs import RunFile


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    """Everything would be told once more by every run."""
    kept = Kept(begun=START, after="r1", renewing={"blog": ("it",)}, origins={"blog": origin(holes=(HOLE,))})
    RunFile(tmp_path).keep(kept)
    assert RunFile(tmp_path).mended() == (kept, "")
    assert RunFile(tmp_path).path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[" * 100_000, b'{"exit_code": "none"}', b'{"told": {"standing": {"a": {"on": "later"}}}}'],
)
def test_what_is_damaged_is_moved_away_and_the_run_goes_on(tmp_path: Path, data: bytes) -> None:
    """Half a file after a power cut, or a newer originlock's, and no origin is kept locked any more."""
    file = RunFile(tmp_path)
    file.path.write_bytes(data)
    with pytest.raises(StateError, match="damaged"):
        file.kept()
    kept, why = file.mended()
    assert kept == Kept()
    assert "damaged" in why
    assert file.path.with_name("runs.json.damaged").read_bytes() == data
    assert file.mended() == (Kept(), "")


def test_what_a_newer_originlock_adds_is_passed_over(tmp_path: Path) -> None:
    """Going back a version would lose what people were told."""
    file = RunFile(tmp_path)
    file.path.write_bytes(msgspec.json.encode({"exit_code": 3, "more": {"a": 1}}))
    assert file.mended() == (Kept(exit_code=3), "")


def test_a_record_larger_than_any_of_ours_is_not_read(tmp_path: Path) -> None:
    """A file that somebody filled would fill the memory."""
    file = RunFile(tmp_path)
    with file.path.open("wb") as huge:
        huge.truncate(2**40)
    with pytest.raises(StateError, match="larger"):
        file.kept()
    assert file.mended()[0] == Kept()


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    """What people were told would be thrown away for a wrong permission."""
    file = RunFile(tmp_path)
    file.path.mkdir()
    with pytest.raises(StateError, match="cannot be read"):
        file.kept()
