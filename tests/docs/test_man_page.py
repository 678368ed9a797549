"""The manual page renders without a word of complaint, and nothing in it is taken for a request or an escape."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import click
import pytest

from docs import man_page

# They say nothing about single functions, and need the whole tree: mutation testing leaves them out.
pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    "text, written",
    [
        ("--load-balancer", r"\-\-load\-balancer"),
        (r"C:\n", r"C:\en"),
        (".toml", r"\&.toml"),
        ("'tis", r"\(aqtis"),
        ("two\nlines", "two lines"),
        ("~/.config", r"\(ti/.config"),
    ],
)
def test_a_text_means_itself(text: str, written: str) -> None:
    """A word would vanish, or an option that is copied from the page would not work."""
    assert man_page.escaped(text) == written


@pytest.mark.parametrize("command", [("man", "--warnings", "-l"), ("groff", "-man", "-ww", "-Tutf8")], ids=" ".join)
def test_it_renders_without_a_warning(command: tuple[str, ...]) -> None:
    """A person would see the page's own faults, or miss a part of it."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    ended = subprocess.run(
        [*command, man_page.PAGE],
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MAN_KEEP_FORMATTING": "", "PAGER": "cat"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    plain = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", ended.stdout)
    for said in ("--load-balancer NAME|ARN", "originlock schedule systemd", "~/.config/originlock", "EXIT STATUS"):
        assert said in plain


def test_no_line_is_an_unknown_request() -> None:
    """A sentence that begins with a full stop would be swallowed."""
    known = (".TH", ".SH", ".SS", ".P", ".TP", ".nf", ".fi", ".B", ".BR", ".I", '.\\"')
    lines = man_page.page().splitlines()
    assert [line for line in lines if line.startswith((".", "'")) and line.split()[0] not in known] == []
    assert [line for line in lines if re.search(r"\\(?![-e&]|f[BIR]|\(..)", line) and not line.startswith('.\\"')] == []


def test_paragraphs_keep_what_is_to_be_kept() -> None:
    """Examples would run into one line."""

    @click.group(epilog="\b\nExamples:\n  originlock a\n\b\nExit codes: 0 done.\n")
    def group() -> None:
        """First.

        Second,
        on two lines.
        """

    @group.command()
    @click.option("--by", metavar="N", help="so many")
    def count() -> None:
        """Count."""

    lines = list(man_page.lines_of(group, click.Context(group, info_name="it")))
    assert lines == [
        *(".SS it count", ".P", r"\fBit count\fR [OPTIONS]", ".P", "Count.", ".TP", r"\fB\-\-by N\fR", "so many"),
    ]
    assert list(man_page.paragraphs(group.epilog or "")) == [
        *(".P", ".nf", "Examples:", "  originlock a", ".fi", ".P", ".nf", "Exit codes: 0 done.", ".fi"),
    ]
    assert list(man_page.paragraphs(group.help or "")) == [".P", "First.", ".P", "Second, on two lines."]
