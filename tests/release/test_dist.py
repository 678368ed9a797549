"""What is built can be built again, and what is in the wheel works without the repository beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

# Two builds, and an environment of their own; they say nothing about single functions.
pytestmark = [pytest.mark.long, pytest.mark.lab]

ROOT = Path(__file__).resolve().parents[2]

_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv*", "dist", "build", "mutants*", "htmlcov", "__pycache__", ".*_cache", ".hypothesis", ".coverage*"
)


def built(folder: Path, *, umask: int) -> dict[str, bytes]:
    """What `make dist` makes out of a copy of the tree, with the file modes that this umask gives; by name."""
    shutil.copytree(ROOT, folder, ignore=_NOT_COPIED, copy_function=shutil.copyfile)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000"}
    for command in (("-m", "hatchling", "build"), ("release/bill_of_materials.py", "dist")):
        subprocess.run(
            [sys.executable, *command], cwd=folder, env=environment, check=True, capture_output=True, umask=umask
        )
    return {path.name: path.read_bytes() for path in (folder / "dist").iterdir()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("built") / "tree"
    built(folder, umask=0o022)
    (found,) = (folder / "dist").glob("*.whl")
    return found


def test_two_builds_are_equal(wheel: Path, tmp_path: Path) -> None:
    """Nobody could tell whether what is published was made from what can be read."""
    first = {path.name: path.read_bytes() for path in wheel.parent.iterdir()}
    second = built(tmp_path / "in another folder", umask=0o077)
    assert sorted(first) == sorted(second)
    assert [name for name, body in first.items() if body != second[name]] == []
    assert {name.rpartition(".")[2] for name in first} == {"whl", "gz", "json", "SHA256SUMS"}


def test_the_sums_are_right(wheel: Path) -> None:
    """Who checks a download would be told that it was forged."""
    ended = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=wheel.parent, check=False, capture_output=True)
    assert ended.returncode == 0, ended.stdout


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """A certificate, a price list or a style sheet would be missing where it is installed, and nowhere else."""
    source = ROOT / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in (source / "originlock").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as opened:
        assert files <= set(opened.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the wheel; only what it needs is that of these tests."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
            *("--no-index", "--no-deps", "--disable-pip-version-check", wheel),
        ],
        check=True,
    )
    # A plain line of a .pth adds a folder, and does not read the .pth files there: the editable install stays out.
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / "what-it-needs.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--version",), "originlock "),
        (("cost", "prices"), "eu-west-1"),
        (("plan", "--help"), "Usage: originlock plan"),
        (("config", "schema"), '"$schema"'),
    ],
)
def test_what_is_installed_works(arguments: tuple[str, ...], said: str, installed: Path, tmp_path: Path) -> None:
    """It would work in the repository alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTHON"))}
    environment |= {"HOME": str(tmp_path), "ORIGINLOCK_STATE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [installed / "bin" / "originlock", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert said in ended.stdout
    where = subprocess.run(
        [installed / "bin" / "python", "-c", "import originlock; print(originlock.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed))


def test_the_manual_page_is_installed(installed: Path) -> None:
    """`man originlock` would find nothing."""
    page = installed / "share" / "man" / "man1" / "originlock.1"
    assert page.read_bytes() == (ROOT / "docs" / "man" / "originlock.1").read_bytes()
