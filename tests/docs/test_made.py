"""What the documentation takes from the code is up to date: generated places, transcripts, the demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from docs.transcripts import record

from docs import generate, man_page, picture
from originlock.lab.namespaces import why_none

# They say nothing about single functions, and need the whole tree: mutation testing leaves them out.
pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
TRANSCRIPTS = ROOT / "docs" / "transcripts"

DEMO_SECONDS = 300
"""Far more than it takes (half a minute on an idle machine): it must not hang."""


def documents() -> Sequence[Path]:
    """Every document that may hold generated places."""
    return generate.documents()


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_generated_places_are_up_to_date(document: Path) -> None:
    """The code changed and the documentation did not: `python docs/generate.py`."""
    text = document.read_text(encoding="utf-8")
    assert generate.filled(text) == text


def test_the_manual_page_is_up_to_date() -> None:
    """A command changed and the manual page did not: `python docs/generate.py`."""
    assert man_page.PAGE.read_text(encoding="utf-8") == man_page.page()


def test_the_picture_is_up_to_date() -> None:
    """The picture shows what the demo does not: `python docs/generate.py`."""
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.made()


def test_the_picture_tells_its_story() -> None:
    """A cut that finds another line of the demo would show the stranger in, and never kept out."""
    shown = "\n".join(picture.excerpt((TRANSCRIPTS / "demo.txt").read_text(encoding="utf-8")))
    order = ("HTTP 200", "$ originlock plan", "$ originlock apply", "LOCKED:", "no answer (timed out)", "HTTP 525")
    assert sorted(order, key=shown.index) == list(order)
    assert max(map(len, shown.splitlines())) <= 80


def test_transcripts_are_up_to_date() -> None:
    """The output changed and the transcripts did not: `python docs/transcripts/record.py`."""
    found = record.transcripts()
    kept = {name: (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8") for name in record.RECORDED}
    assert found == kept


def skeleton(text: str) -> list[str]:
    """What the demo shows whatever it played with: its parts, its commands, how they ended."""
    told = (r"^\d+\. .*$", r"^  \$ .*$", r"^  \(exit code \d+;", r"^  Bad input .*$")
    return re.findall("|".join(told), text, re.MULTILINE)


def _performed(home: Path, **more: str) -> str:
    """It ends by itself with 0, in time, in 80 columns, without colours in a pipe, and leaves nothing behind."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "originlock.lab.demo"],
        env={**os.environ, "TMPDIR": str(home), "HOME": str(home), "AWS_PROFILE": "nobody", **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert time.monotonic() - began < DEMO_SECONDS
    assert not list(home.iterdir())
    assert "\x1b" not in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    return ended.stdout


@pytest.mark.skipif(why_none() is not None, reason=f"no packet filters here: {why_none()}")
def test_the_demo_tells_what_is_on_record(tmp_path: Path) -> None:
    """The README would show a story that is told no more."""
    kept = (TRANSCRIPTS / "demo.txt").read_text(encoding="utf-8")
    assert skeleton(record.normalised(_performed(tmp_path))) == skeleton(kept)


def test_the_demo_runs_without_packet_filters(tmp_path: Path) -> None:
    """Who is not root would see a traceback."""
    assert "Packets are not filtered here" in _performed(tmp_path, ORIGINLOCK_LAB_WITHOUT_FILTERS="1")
