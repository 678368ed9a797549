"""What docs/getting-started.md has people write is right, and its commands are as many as it says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from originlock.intent.decode import decode
from originlock.wiring.settings import descriptions

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "getting-started.md").read_text(encoding="utf-8")


def test_the_file_as_it_grows_is_right() -> None:
    """Each thing that is written down, appended to what stood there: what a person has who did all of it."""
    pieces = re.findall(r"tee (?:-a )?\S+ <<'END_OF_FILE'\n(.*?)END_OF_FILE\n|```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(pieces) == 3
    grown = ""
    for here, block in pieces:
        grown += here + block
        assert decode(tomllib.loads(grown), {}, descriptions()).problems == ()


def test_five_commands_lock_it() -> None:
    """The head of the page would promise fewer than there are."""
    headings = re.findall(r"^## (\d.*)$", PAGE, re.MULTILINE)
    assert [heading.partition(":")[0] for heading in headings] == ["1 and 2", "3", "4", "5"]
    does = (
        "sudo /usr/bin/python3 -m venv /opt/originlock",
        "sudo /opt/originlock/bin/pip install .",
        "sudo mkdir -p /etc/originlock && sudo tee /etc/originlock/originlock.toml <<'END_OF_FILE'",
        "originlock apply",
        "sudo originlock schedule systemd --install",
    )
    lines = PAGE.splitlines()
    assert sorted(does, key=lines.index) == list(does)
