"""What is looked at before this machine is told to run it, and whose state a person is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from originlock.errors import StateError
from originlock.schedule.cron import PATH as CRON_PATH
from originlock.schedule.systemd import STATE
from originlock.wiring.scheduling import UNIT_PATHS, closed_to_others, hidden_from_service, watched_state


def tree(root: Path, *files: str) -> Path:
    """A machine's root with the service's state, and with these files."""
    (root / STATE.lstrip("/")).mkdir(parents=True)
    for each in files:
        path = root / each.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A person's own state, as `originlock apply` makes it."""
    monkeypatch.delenv("ORIGINLOCK_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    return tmp_path / "own" / "originlock"


@pytest.mark.parametrize("there", [UNIT_PATHS[2], CRON_PATH])
def test_what_runs_by_itself_is_what_is_looked_at(tmp_path: Path, there: str) -> None:
    """`status` would say that nothing was ever looked at, an hour after the service did."""
    root = tree(tmp_path / "root", there)
    assert watched_state(root) == root / STATE.lstrip("/")


def test_ones_own_state_where_nothing_is_scheduled(tmp_path: Path, own: Path) -> None:
    """What `schedule remove` left there is old; and a machine without any has one's own alone."""
    assert watched_state(tree(tmp_path / "removed")) == own
    assert watched_state(tmp_path / "never") == own


def test_a_state_that_is_named_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable would be passed over."""
    monkeypatch.setenv("ORIGINLOCK_STATE_DIR", str(tmp_path / "named"))
    assert watched_state(tree(tmp_path / "root", CRON_PATH)) == tmp_path / "named"


def test_who_may_not_read_it_is_told_to_say_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions of the service's state are not to be mended: it is its own."""
    root = tree(tmp_path / "root", CRON_PATH)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StateError) as refused:
        watched_state(root)
    assert refused.value.remedy == "say it with sudo"


def test_a_program_that_the_service_cannot_reach(tmp_path: Path) -> None:
    """It would be installed, and fail at its first run, at night."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    assert closed_to_others(str(home / "bin" / "originlock")) is not None
    assert closed_to_others("/usr/bin/env") is None
    assert hidden_from_service("/root/.pyenv/versions/3.11.7/bin/python3.11")
    assert not hidden_from_service("/usr/bin/python3.11")
