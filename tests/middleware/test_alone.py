"""The middleware goes into other people's backends, where `cryptography` is all there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Raises at an import of anything that is neither the standard library's, nor the middleware's, nor cryptography's.
GUARD = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {allowed} or top in sys.stdlib_module_names:
            return None
        raise ImportError("not there: " + name)
sys.meta_path.insert(0, Nothing())
"""

USE = """
from originlock.middleware import *
guard = Guard(Settings(peers=["10.0.0.0/8"], mode=Verify()))
try:
    identity_of(guard, "10.0.0.1", [])
except RefusedError as error:
    assert error.reason is Reason.ABSENT
others = [name for name in sys.modules if name.startswith("originlock.") and ".middleware" not in name]
assert not others, others
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_cryptography_is_all_it_needs() -> None:
    """A backend would have to install botocore and click to read a header."""
    allowed = {"originlock", "cryptography", "_cffi_backend", "_distutils_hack"}
    ended = run(GUARD.replace("{allowed}", repr(allowed)) + USE)
    assert ended.returncode == 0, ended.stderr


def test_cryptography_is_imported_when_it_is_needed() -> None:
    """Programs that only name a type would pay for all of it."""
    guard = GUARD.replace("{allowed}", repr({"originlock", "_distutils_hack"}))
    ended = run(guard + "from originlock.middleware import *")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("path", sorted(Path("src/originlock/middleware").glob("*.py")), ids=lambda path: path.stem)
def test_nobody_asks_for_a_plus_to_become_a_space(path: Path) -> None:
    """The bug that real backends have, by its name."""
    code = [line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert not any("unquote_plus(" in line or "parse_qs" in line for line in code)
