"""The lease: one run at a time for each state directory, whatever becomes of the one that holds it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from originlock.errors import RefusedError, StateError
from originlock.store.lease import LeaseFile

_HOLDER = """
import pathlib, sys, time
from originlock.store.lease import LeaseFile
with LeaseFile(pathlib.Path(sys.argv[1]), print).held("apply r1 by somebody", 0):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(directory: Path, seconds: float = 60) -> subprocess.Popen[str]:
    """A process that holds the lease of a directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(directory), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def lease(directory: Path, said: list[str] | None = None) -> LeaseFile:
    """The lease of a directory; what it says goes into a list."""
    return LeaseFile(directory, ([] if said is None else said).append)


def ended(process: subprocess.Popen[str]) -> None:
    """End a holder."""
    process.kill()
    process.communicate()


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    """Two runs would work on each other's half-done groups, or nobody would know whom to ask."""
    process = holder(tmp_path)
    try:
        began = time.monotonic()
        said: list[str] = []
        with pytest.raises(RefusedError) as caught, lease(tmp_path, said).held("apply r2", 0.3):
            pass
        assert said == ["waiting up to 0.3 s for apply r1 by somebody to end"]
        assert 0.3 <= time.monotonic() - began < 10
        assert "apply r1 by somebody" in caught.value.what
        assert str(tmp_path) in caught.value.what
        assert "--wait" in caught.value.remedy
    finally:
        ended(process)


def test_the_second_goes_on_when_the_first_has_ended(tmp_path: Path) -> None:
    """A run in cron would fail whenever the one before takes a little longer."""
    process = holder(tmp_path, 0.5)
    try:
        with lease(tmp_path).held("apply r2", 30):
            assert process.wait(10) == 0
            assert (tmp_path / "lease").read_text() == "apply r2"
    finally:
        ended(process)


def test_a_killed_holder_frees_it(tmp_path: Path) -> None:
    """After a power cut nobody could run anything until a person removes a file."""
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "lease").read_text() == "apply r1 by somebody"
    with lease(tmp_path).held("r2", 0):
        assert (tmp_path / "lease").read_text() == "r2"
    assert (tmp_path / "lease").read_text() == ""


def test_an_error_within_frees_it(tmp_path: Path) -> None:
    """A run that fails would keep out the next one of the same process."""
    with pytest.raises(KeyError), lease(tmp_path).held("r1", 0):
        raise KeyError
    with lease(tmp_path).held("r2", 0):
        pass


def test_another_directory_is_another_lease(tmp_path: Path) -> None:
    """Accounts that have nothing to do with each other would wait for each other."""
    process = holder(tmp_path / "one")
    try:
        with lease(tmp_path / "two").held("r2", 0):
            pass
    finally:
        ended(process)


def test_a_long_name_is_cut_and_harmless(tmp_path: Path) -> None:
    """A name would be cut in the middle of a letter, and its holder could not be read."""
    with (
        lease(tmp_path).held("ä" * 1000, 0),
        pytest.raises(RefusedError, match="ää"),
        lease(tmp_path).held("r2", 0),
    ):
        pass


def test_a_place_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    """A run would go on without a lease."""
    (tmp_path / "lease").mkdir()
    with pytest.raises(StateError, match="lease"), lease(tmp_path).held("r1", 0):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="file"), lease(tmp_path / "file" / "state").held("r1", 0):
        pass


def test_a_directory_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    """Anybody on the machine could hold the lease for ever, or put something else in its place."""
    tmp_path.chmod(0o777)
    with pytest.raises(StateError, match="everybody"), lease(tmp_path).held("r1", 0):
        pass


def test_the_lease_is_private(tmp_path: Path) -> None:
    """Others could read who is at work."""
    with lease(tmp_path / "state").held("r1", 0):
        assert (tmp_path / "state" / "lease").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["lease"]
