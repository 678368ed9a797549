"""Wrong usage, help, version and start-up: what needs neither AWS nor a list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.product import COMMAND, Product

from originlock import __version__
from originlock.errors import EXIT_CODE_MEANINGS

COMMANDS = ("plan", "apply", "rollback", "history", "ranges", "bundle", "config")
GROUP = "sg-0123456789abcdef0"
TARGET = (
    "--security-group --tag --port --protocol --foreign --foreign-rule --adopt --region --profile --config "
    "--origin --accept-list --no-prove --output --debug"
)
HEAVY = {"botocore", "boto3", "urllib3", "ssl", "_ssl", "http", "cryptography", "moto", "originlock.aws"}


def imported(*arguments: str, product: Product) -> set[str]:
    """Every module that a command line loads, with its parents."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "originlock", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={name: value for name, value in product.variables.items() if not name.startswith("COVERAGE")},
        cwd=product.directory,
        timeout=60,
        check=False,
    )
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "originlock" in modules
    return modules | {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("plna",),
        ("plan", "--frobnicate"),
        ("--yes", "apply"),
        ("plan", "surplus"),
        ("plan", "--security-group"),
        ("plan", "--security-group", GROUP, "-o", "yaml"),
        ("plan", "--security-group", GROUP, "--port", "0"),
        ("plan", "--security-group", GROUP, "--port", "65536"),
        ("plan", "--security-group", GROUP, "--port", "https"),
        ("plan", "--security-group", GROUP, "--protocol", "icmp"),
        ("plan", "--security-group", GROUP, "--foreign", "delete"),
        ("plan", "--security-group", GROUP, "--foreign-rule", "sgr-0123456789abcdef0"),
        ("plan", "--security-group", "web"),
        ("plan", "--tag", "blog"),
        ("plan", "--tag", "a=1", "--tag", "a=2"),
        ("plan", "--tag", "a=1", "--security-group", GROUP),
        ("plan", "--origin", "blog", "--security-group", GROUP),
        ("plan", "--origin", "blog"),
        ("plan",),
        ("plan", "--config", "absent.toml"),
        ("plan", "--security-group", GROUP, "--profile", "absent"),
        ("apply", "--security-group", GROUP),
        ("apply", "absent.plan"),
        ("apply", "absent.plan", "--yes"),
        ("apply", "absent.plan", "--yes", "--security-group", GROUP),
        ("apply", "absent.plan", "--yes", "--foreign", "remove"),
        ("apply", "absent.plan", "--yes", "--no-prove"),
        ("apply", "absent.plan", "--yes", "--region", "eu-west-2"),
        ("apply", "--security-group", GROUP, "--yes", "--wait", "soon"),
        ("apply", "--security-group", GROUP, "--yes", "--wait", "-1"),
        ("apply", "--security-group", GROUP, "--yes", "--wait", "nan"),
        ("rollback",),
        ("rollback", "--yes"),
        ("rollback", "20260101T000000Z-000000", "--yes"),
        ("history", "--last", "0"),
        ("ranges", "--edge", "nobody"),
        ("config",),
        ("config", "frobnicate"),
        ("config", "check", "--config", "absent.toml"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_three_lines(arguments: tuple[str, ...], offline: Product) -> None:
    """A slip would be taken for something else, or a script could not tell it from a failure."""
    ended = offline.run(*arguments)
    assert ended.code == 2, ended.said
    if arguments == ("config",):
        return  # a group without a command shows its help
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert len(lines) == 3, ended.err
    assert lines[0].startswith("originlock: ")
    assert lines[1].startswith("  whose fault: yours")
    assert lines[2].startswith("  what to do:  ")


def test_wrong_usage_lists_every_wrong_option(offline: Product) -> None:
    """A person would mend one option at a time."""
    ended = offline.run("plan", "--security-group", "web", "--port", "0", "--protocol", "icmp", "--foreign", "delete")
    assert ended.code == 2
    for option in ("--security-group", "--port", "--protocol", "--foreign"):
        assert option in ended.err, option


def test_a_mistyped_command_is_guessed(offline: Product) -> None:
    """A slip of the fingers would send a person to the manual."""
    assert "did you mean 'apply'" in offline.run("aply").err
    assert "did you mean 'storm'" in offline.run("cost", "storn").err


@pytest.mark.parametrize("arguments", [("plan", "--origin", "blog"), ("apply", "absent.plan", "--yes")], ids=" ".join)
def test_an_error_is_json_where_json_is_asked_for(arguments: tuple[str, ...], offline: Product) -> None:
    """A program that reads stdout would find nothing, or words, where it expects data."""
    ended = offline.run(*arguments, "-o", "json")
    assert ended.code == 2
    error = ended.json["error"]
    assert error["exit_code"] == 2
    assert error["whose"] == "yours"
    assert error["what"] in ended.err
    assert error["remedy"] in ended.err


def test_a_traceback_comes_only_with_debug(offline: Product) -> None:
    """A person would be shown our insides, or could not show them when asked."""
    assert "Traceback" not in offline.run("plan", "--origin", "blog").err
    debugged = offline.run("plan", "--origin", "blog", "--debug")
    assert "Traceback" in debugged.err
    assert debugged.code == 2
    assert debugged.out == ""


def test_version(offline: Product) -> None:
    """Nobody could say which version has a fault."""
    ended = offline.run("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"originlock {__version__}\n", "")


@pytest.mark.parametrize(
    "command",
    [
        (),
        *((name,) for name in COMMANDS),
        ("bundle", "check"),
        ("config", "check"),
        ("config", "show"),
        ("config", "schema"),
    ],
)
def test_help_fits_a_terminal(command: tuple[str, ...], offline: Product) -> None:
    """Help would wrap in the middle of words on a usual terminal."""
    ended = offline.with_variables(COLUMNS="80").run(*command, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert [line for line in ended.out.splitlines() if len(line) > 100] == []


def test_help_names_every_command_and_exit_code(offline: Product) -> None:
    """A command would exist that nobody finds, or an exit code that nobody can look up."""
    out = offline.run("--help").out
    for name in COMMANDS:
        assert name in out
    for code, meaning in EXIT_CODE_MEANINGS.items():
        assert f"{int(code):>3}  {meaning}" in out


@pytest.mark.parametrize(
    "command, options",
    [
        ("plan", f"{TARGET} --out"),
        ("apply", f"{TARGET} --yes --wait"),
        ("rollback", "--reopen --yes --wait --region --profile --config --output --debug"),
        ("history", "--last --output --debug"),
        ("ranges", "--accept-list --config --output --debug"),
        ("bundle check", "--crl --output --debug"),
    ],
)
def test_every_option_is_in_the_help(command: str, options: str, offline: Product) -> None:
    """An option that others rely on would be gone without anybody noticing."""
    out = offline.run(*command.split(), "--help").out
    assert [option for option in options.split() if f"{option} " not in out.replace("\n", " \n")] == []


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("plan", "--help"), ("bundle", "check", "--help"), ("config", "check")]
)
def test_nothing_heavy_is_loaded_early(arguments: tuple[str, ...], offline: Product) -> None:
    """Asking for the version or for help would take as long as talking to AWS."""
    assert imported(*arguments, product=offline) & HEAVY == set()


def test_version_loads_nothing_of_ours(offline: Product) -> None:
    """The quickest question would become slower with each command that is added."""
    ours = {name for name in imported("--version", product=offline) if name.startswith("originlock.")}
    assert ours <= {"originlock.__main__"}


def test_ranges_loads_no_aws(product: Product) -> None:
    """Looking at a list would need an AWS library, and its start-up time."""
    assert imported("ranges", product=product) & {"botocore", "boto3", "originlock.aws"} == set()


@pytest.mark.parametrize("arguments", [("--help",), ("config", "schema"), ("history",), ("config", "show")])
def test_a_reader_that_goes_away_leaves_no_traceback(arguments: tuple[str, ...], offline: Product) -> None:
    """`originlock ... | head -1` would end in a page of Python."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            env=offline.variables,
            cwd=offline.directory,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_a_full_disk_leaves_no_traceback(offline: Product) -> None:
    """Output that cannot be written would end in a page of Python, or be taken for success."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as out:
        done = subprocess.run(
            [*COMMAND, "config", "schema"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=offline.variables,
            cwd=offline.directory,
            timeout=60,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 1
