"""docs/middleware.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.middleware.parties import FIRST, ROOT, lists

from originlock.middleware import Guard, Reason
from originlock.middleware.settings import DEFAULT_NAMES

pytestmark = pytest.mark.lab  # says nothing about single functions

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "middleware.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_every_reason_stands_in_the_table() -> None:
    """A person who finds a word in the log would find it nowhere else."""
    section = TEXT.split("## What is refused")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == [reason.value for reason in Reason]


def test_every_reason_is_tried() -> None:
    """A reason that no test asks for is one that may never be given."""
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [reason.name for reason in Reason if f"Reason.{reason.name}" not in tests] == []


def test_the_first_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what people copy."""
    (tmp_path / "ca.pem").write_text(ROOT.pem)
    (tmp_path / "crl.pem").write_bytes(lists(ROOT, FIRST))
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, object] = {"app": object()}
    exec(example, names)  # noqa: S102 - our own documentation
    assert isinstance(names["guard"], Guard)


def test_the_renamed_header_is_one() -> None:
    """An attribute's name and a header's name that do not belong together would leave the old one in use."""
    ((attribute, header),) = re.findall(
        r"`routing\.http\.request\.(\w+)\.header_name`.*?header_names=\{\"([^\"]+)\"", TEXT, re.DOTALL
    )
    assert attribute == header.lower().replace("-", "_")
    assert header in DEFAULT_NAMES
