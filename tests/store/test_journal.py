"""The journal file: append-only, synced, private, and readable after a power cut."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from originlock.errors import StateError
from originlock.facts.networks import canonical
from originlock.facts.origin import CidrSource, RuleKey, RuleSpec
from originlock.intent.policy import Overrides
from originlock.plan.acts import Authorize, Withdraw
from originlock.plan.journal import Answered, Event, Intended, RunBegun, RunEnded, runs
from originlock.plan.outcomes import Done
from originlock.store.journal import JournalFile

RULES = (RuleSpec(RuleKey("tcp", 443, 443, CidrSource(canonical("198.51.100.0/24"))), "said", (("a", "b"),)),)
BEGUN = RunBegun(
    "r1", "2026-11-22T09:00:00+00:00", "apply", ("blog",), "somebody@here", "1", Overrides(no_prove=True), "sha256:0"
)
INTENDED = Intended("r1", "2026-11-22T09:00:01+00:00", "c1", "blog", Authorize("sg-1", RULES), Withdraw("sg-1", RULES))
ANSWERED = Answered("r1", "2026-11-22T09:00:02+00:00", "c1", Done(("sgr-1",)))
ENDED = RunEnded("r1", "2026-11-22T09:00:03+00:00", "done", 0)
EVENTS: tuple[Event, ...] = (BEGUN, INTENDED, ANSWERED, ENDED)


def written(directory: Path, *events: Event) -> JournalFile:
    """A journal with these events."""
    journal = JournalFile(directory)
    journal.append(events)
    return journal


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """The way back would be lost."""
    state = tmp_path / "deep" / "state"
    journal = written(state, BEGUN)
    journal.append((INTENDED, ANSWERED))
    journal.append((ENDED,))
    again = JournalFile(state)
    assert again.events() == EVENTS
    assert again.damaged == 0
    assert [line.count("\n") for line in again.path.read_text().splitlines(keepends=True)] == [1] * 4


def test_a_journal_that_is_not_there_is_empty_and_not_made(tmp_path: Path) -> None:
    """To look at the history would be to write."""
    assert JournalFile(tmp_path / "state").events() == ()
    assert not (tmp_path / "state").exists()


def test_private_whatever_the_umask_says(tmp_path: Path) -> None:
    """Others on the machine could read who changed what, or write an undo of their own."""
    before = os.umask(0)
    try:
        journal = written(tmp_path / "state", BEGUN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("torn", [b'{"event":"answ', b'{"event":"answered"}', "ä".encode()[:1], b"\x00\x00"])
def test_a_torn_last_line_is_counted_and_swallows_nothing(torn: bytes, tmp_path: Path) -> None:
    """After a power cut the first event of the next run would be lost with the torn line."""
    journal = written(tmp_path, BEGUN, INTENDED)
    with journal.path.open("ab") as file:
        file.write(torn)
    assert journal.events() == (BEGUN, INTENDED)
    assert journal.damaged == 1
    journal.append((ENDED,))
    assert journal.events() == (BEGUN, INTENDED, ENDED)
    assert journal.damaged == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"nonsense",
        b"{}",
        b'{"event":"of-another-version","run":"r1"}',
        b"\xff\xfe",
        b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["nonsense", "no event", "other event", "no text", "deep"],
)
def test_a_damaged_line_in_the_middle_is_counted_and_costs_no_other(damage: bytes, tmp_path: Path) -> None:
    """One bad line would hide the whole history, or nobody would know of it."""
    journal = written(tmp_path, *EVENTS)
    lines = journal.path.read_bytes().splitlines()
    journal.path.write_bytes(b"\n".join([*lines[:2], damage, *lines[2:]]) + b"\n")
    assert journal.events() == EVENTS
    assert journal.damaged == 1


def test_empty_lines_are_no_damage(tmp_path: Path) -> None:
    """A line end written twice would alarm people."""
    journal = written(tmp_path, BEGUN)
    with journal.path.open("ab") as file:
        file.write(b"\n\n")
    journal.append((ENDED,))
    assert journal.events() == (BEGUN, ENDED)
    assert journal.damaged == 0


def test_line_ends_within_text_do_not_tear_a_line(tmp_path: Path) -> None:
    """A message of AWS with a line end in it would make two broken lines of one."""
    said = RunEnded("r1", "", "stopped", 5, "one\ntwo\r\nthree\u2028four\x85")
    assert written(tmp_path, said).events() == (said,)


def test_nothing_that_was_written_is_ever_rewritten(tmp_path: Path) -> None:
    """A crash while rewriting would lose the past."""
    journal = written(tmp_path, BEGUN, INTENDED)
    before, inode = journal.path.read_bytes(), journal.path.stat().st_ino
    JournalFile(tmp_path).append((ANSWERED, ENDED))
    assert journal.path.read_bytes().startswith(before)
    assert journal.path.stat().st_ino == inode


def test_the_undo_is_in_the_file_when_append_returns(tmp_path: Path) -> None:
    """Killed between the word and the act, nobody would know what may have been done."""
    script = (
        "import os, sys, tests.store.test_journal as t, pathlib\n"
        "t.written(pathlib.Path(sys.argv[1]), t.BEGUN, t.INTENDED)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
        check=False,
    )
    assert done.returncode == 9
    (record,) = runs(JournalFile(tmp_path).events())
    assert record.outcome is None
    assert record.inverses == (("blog", Withdraw("sg-1", RULES)),)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A change would be made whose undo is written nowhere."""
    (tmp_path / "in-the-way").write_text("")
    journal = JournalFile(tmp_path / "in-the-way" / "state")
    with pytest.raises(StateError, match="in-the-way"):
        journal.append((BEGUN,))
    (tmp_path / "state" / "journal.jsonl").mkdir(parents=True)
    journal = JournalFile(tmp_path / "state")
    with pytest.raises(StateError, match="cannot be written"):
        journal.append((BEGUN,))
    with pytest.raises(StateError, match="cannot be read"):
        journal.events()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    """A change would be made whose undo was lost on a full disk."""
    (tmp_path / "journal.jsonl").symlink_to("/dev/full")
    with pytest.raises(StateError, match="cannot be written"):
        JournalFile(tmp_path).append((BEGUN,))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_the_right_to_write_is_an_error(tmp_path: Path) -> None:
    """The same, where it is a matter of rights."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StateError):
            JournalFile(tmp_path).append((BEGUN,))
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_directory_that_everybody_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    """Anybody on the machine could put an undo into the journal that opens the origin."""
    tmp_path.chmod(mode)
    with pytest.raises(StateError, match="everybody"):
        JournalFile(tmp_path).append((BEGUN,))
    assert list(tmp_path.iterdir()) == []
