"""Killed between any two writes: what is there afterwards is what was there before or what was asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.pki.conftest import NOW

from originlock.facts.certificates import Authority
from originlock.pki.authorities import AuthorityFiles

CALLS = frozenset(
    {"open", "fsync", "mkdir", "replace", "unlink", "flock", "close", "BufferedWriter.write", "BufferedWriter.flush"}
)
"""Functions of the interpreter by which anything on a disk changes, or becomes known to it."""

KILLED = 137
ENDED = 0
FAILED = 1

Act = Callable[[AuthorityFiles], object]

ACTS: dict[str, Act] = {
    "init": lambda files: files.init("new", NOW),
    "issue": lambda files: files.issue("shop", "other", NOW),
    "renew": lambda files: files.renew("shop", "edge", NOW),
    "renew-authority": lambda files: files.renew_authority("shop", NOW),
    "revoke": lambda files: files.revoke("shop", "edge", NOW),
    "retire": lambda files: files.retire("shop", NOW, with_good_leaves=True),
}


def done_until(act: Act, files: AuthorityFiles, calls: int) -> int:
    """Do it in a process of its own, which is killed before its n-th call; returns how it ended."""
    child = os.fork()
    if child == 0:
        left = calls

        def before_each(_frame: object, event: str, called: object) -> None:
            nonlocal left
            if event == "c_call" and getattr(called, "__qualname__", "") in CALLS:
                left -= 1
                if left < 0:
                    os._exit(KILLED)

        try:
            sys.setprofile(before_each)
            act(files)
        except BaseException:  # noqa: BLE001  nothing of a child may run on in the tests
            os._exit(FAILED)
        os._exit(ENDED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def world(files: AuthorityFiles) -> dict[str, Authority]:
    """Everything that there is."""
    return {name: found for name in files.names() if (found := files.authority(name)) is not None}


def counts(found: dict[str, Authority]) -> dict[str, tuple[int, int, int]]:
    """As much of it as does not depend on chance."""
    return {
        name: (len(each.generations), len(each.leaves), sum(len(one.revoked) for one in each.revocation_lists))
        for name, each in found.items()
    }


@pytest.fixture
def begun(files: AuthorityFiles) -> AuthorityFiles:
    """An authority of two generations with a leaf of each."""
    files.init("shop", NOW)
    files.issue("shop", "edge", NOW)
    files.renew_authority("shop", NOW)
    files.renew("shop", "edge", NOW)
    return files


@pytest.mark.parametrize("named", ACTS)
def test_killed_between_any_two_writes(named: str, begun: AuthorityFiles, folder: Path, tmp_path: Path) -> None:
    """A certificate would be there without its key, a revocation half done, or the next command would not start."""
    act = ACTS[named]
    before = world(begun)
    backup = tmp_path / "backup"
    shutil.copytree(folder, backup, copy_function=shutil.copy2)
    act(begun)
    wanted = counts(world(begun))
    ended, calls = KILLED, 0
    while ended == KILLED:
        shutil.rmtree(folder)
        shutil.copytree(backup, folder, copy_function=shutil.copy2)
        ended = done_until(act, begun, calls)
        found = world(begun)
        assert found == before or counts(found) == wanted, calls
        for name, each in found.items():
            for leaf in each.leaves:
                assert begun.private_key(name, leaf.certificate.sha256)
        # The next command goes on from there, and sweeps away what was left.
        if counts(found) != wanted:
            act(begun)
        assert counts(world(begun)) == wanted
        begun.issue("shop", "last", NOW)
        assert leftovers(folder, world(begun)) == set()
        calls += 1
    assert ended == ENDED
    assert calls > 10, "nothing was tried"


def leftovers(folder: Path, found: dict[str, Authority]) -> set[str]:
    """Files of the authority that was written last which nothing needs."""
    shop = found["shop"]
    known = {each.sha256 for each in shop.generations} | {each.certificate.sha256 for each in shop.leaves}
    kept = {f"keys/{each}.pem" for each in known} | {"index.json"}
    there = {str(path.relative_to(folder / "shop")) for path in (folder / "shop").rglob("*") if path.is_file()}
    return there - kept


def test_two_at_once(files: AuthorityFiles, folder: Path) -> None:
    """Two writers would each drop what the other has issued."""
    files.init("shop", NOW)
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            try:
                for each in range(5):
                    files.issue("shop", f"leaf-{number}-{each}", NOW)
            except BaseException:  # noqa: BLE001  ditto
                os._exit(FAILED)
            os._exit(ENDED)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [ENDED] * 4
    assert len(world(files)["shop"].leaves) == 20
    assert leftovers(folder, world(files)) == set()
