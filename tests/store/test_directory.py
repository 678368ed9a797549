"""Whom the files of a state directory belong to: a run as root must not stop the service that goes on with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from originlock.errors import StateError
from originlock.notify.kept import Kept
from originlock.plan.journal import RunEnded
from originlock.store.journal import JournalFile
from originlock.store.lease import WHOLE_RUN, LeaseFile
from originlock.store.runs import RunFile

SERVICE = 64123
ENDED = RunEnded("r1", "2026-11-23T00:00:00+00:00", "done", 0, "")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")


def _written(directory: Path) -> set[int]:
    """Write one file of each kind; who they belong to."""
    JournalFile(directory).append((ENDED,))
    RunFile(directory).keep(Kept())
    with LeaseFile(directory, lambda _: None, WHOLE_RUN).held("a test", 0):
        pass
    return {path.stat().st_uid for path in directory.iterdir()}


@as_root
def test_what_root_makes_belongs_to_the_service(tmp_path: Path) -> None:
    """`sudo originlock run` once, and the service could write its journal never again."""
    os.chown(tmp_path, SERVICE, SERVICE)
    assert _written(tmp_path) == {SERVICE}


@as_root
def test_what_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    """Whoever owns the directory could be given a file that is none of his."""
    (tmp_path / "journal.jsonl").touch()
    os.chown(tmp_path, SERVICE, SERVICE)
    JournalFile(tmp_path).append((ENDED,))
    assert (tmp_path / "journal.jsonl").stat().st_uid == 0


def test_in_a_directory_of_ones_own_nothing_changes_hands(tmp_path: Path) -> None:
    """A person's own state would go to somebody else."""
    assert _written(tmp_path) == {os.geteuid()}


@pytest.mark.parametrize("name", ["journal.jsonl", WHOLE_RUN])
def test_no_link_leads_out_of_it(tmp_path: Path, name: str) -> None:
    """The service's user could have root write to, or give away, any file of the machine."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    state = tmp_path / "state"
    state.mkdir()
    (state / name).symlink_to(elsewhere)
    with pytest.raises(StateError):
        _written(state)
    assert elsewhere.read_bytes() == b""
