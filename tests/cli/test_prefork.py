"""A command that is forked from a process that has loaded the product says and does what one started from nothing does.

All that tests find out about commands hangs on that.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests import prefork
from tests.cli.product import COMMAND, Ended, Product


def afresh(product: Product, *arguments: str) -> Ended:
    """The same command, started from nothing."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=product.variables,
        cwd=product.directory,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("plan", "--help"),
        ("plna",),
        ("plan", "--origin", "blog", "-o", "json"),
        ("config", "check", "--config", "here.toml"),
        ("config", "check", "--config", "äöü.toml"),
    ],
    ids=" ".join,
)
def test_it_ends_and_speaks_as_one_that_is_started_from_nothing(arguments: tuple[str, ...], offline: Product) -> None:
    """Tests would hold of their own way of running it, and not of what people run."""
    offline.write("here.toml", '[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0"]\n')
    assert offline.run(*arguments) == afresh(offline, *arguments)


def test_nothing_of_a_command_is_left_for_the_next(offline: Product) -> None:
    """Variables, directories and arguments of one test would be there in others."""
    narrow = offline.with_variables(COLUMNS="60").run("--help")
    wide = offline.with_variables(COLUMNS="100").run("--help")
    assert narrow.out != wide.out
    elsewhere = offline.directory / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "originlock.toml").write_text("[origins.blog]\n", encoding="utf-8")
    other = Product(elsewhere, offline.variables)
    assert "blog" in other.run("config", "check").said
    assert "blog" not in offline.run("config", "check").said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_reaches_it_and_is_told(number: signal.Signals, offline: Product, tmp_path: Path) -> None:
    """A test that kills a command would kill nothing, or something else, and would not know how it ended."""
    waiting = tmp_path / "waiting"
    os.mkfifo(waiting)
    with tempfile.TemporaryFile() as out:
        streams = {"out": out.fileno(), "err": out.fileno()}
        process = prefork.start(
            ("bundle", "check", str(waiting)), **streams, env=offline.variables, cwd=offline.directory
        )
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(60) == -number
        assert process.poll() == -number
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
