"""The fuzzing scripts themselves: they start, try right things, and notice what they look for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).resolve().parents[2] / "fuzz"
SCRIPTS = sorted(path.name for path in FUZZ.glob("*.py") if path.name != "mutation.py")

pytestmark = pytest.mark.lab  # they run as processes

REPEATED = """
from mutation import first
assert first([b"one", b"two"], 7, 500) == first([b"one", b"two"], 7, 500)
assert first([b"one", b"two"], 7, 500) != first([b"one", b"two"], 8, 500)
"""
RESIGNED = """
from revocation_lists import ISSUERS, lists, pem_of_list, signed
from originlock.pki.parsing import revocation_list_of
for each in lists():
    assert len(revocation_list_of(pem_of_list(signed(each.tbs_certlist_bytes)), ISSUERS).revoked) == len(each)
"""
CRASHES = """
import sys
from mutation import run
def parse(data):
    if len(data) > 40:
        raise KeyError("deep inside")
sys.exit(run(parse, [b"short"], sys.argv[1:]))
"""
SLOW = """
import sys, time
from mutation import run
def parse(data):
    until = time.process_time() + 2.1
    while time.process_time() < until:
        pass
sys.exit(run(parse, [b"short"], sys.argv[1:]))
"""


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where the scripts' shared module is found."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(FUZZ), "PATH": ""},
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_finds_nothing_in_a_moment(script: str, tmp_path: Path) -> None:
    """A parser that fails at once, or a script that does not start, would be noticed in the long run only."""
    done = python(str(FUZZ / script), "--seconds", "1", "--seed", "1", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none failed" in done.stdout


@pytest.mark.parametrize("code", [REPEATED, RESIGNED], ids=["repeated", "resigned"])
def test_what_is_tried_is_what_was_meant(code: str, tmp_path: Path) -> None:
    """A failure could not be tried again; or every list would be refused for its signature, and nothing behind it."""
    done = python("-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code, word", [(CRASHES, "raised"), (SLOW, "took")], ids=["crashes", "slow"])
def test_a_fault_is_noticed_and_its_input_kept(code: str, word: str, tmp_path: Path) -> None:
    """Fuzzing would go on for ten minutes and say that all is well."""
    done = python("-c", code, "--seconds", "30", "--seed", "1", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert word in done.stdout
    assert (tmp_path / "fuzz-failure.bin").exists()
