"""What a shell completes: asked of the shells themselves, with the script that we print."""

from __future__ import annotations

import shutil
import subprocess
import sys

import click
import pytest
from tests.cli.product import Product
from tests.cli.test_usage import HEAVY, imported

from originlock.cli import cost
from originlock.cli.main import COMMANDS, root

# The words that a person typed, the last one unfinished; some of what is offered then; and what must not be.
TYPED = pytest.mark.parametrize(
    "typed, offered, not_offered",
    [
        ("originlock pl", {"plan"}, {"apply"}),
        ("originlock s", {"status", "schedule"}, {"plan"}),
        ("originlock cost e", {"estimate"}, {"prices"}),
        ("originlock ca i", {"init", "issue"}, {"renew"}),
        ("originlock schedule c", {"cron"}, {"systemd"}),
        ("originlock notify t", {"test"}, set[str]()),
        ("originlock plan --lo", {"--load-balancer"}, {"--region"}),
        ("originlock completion z", {"zsh"}, {"bash"}),
    ],
)

BASH = """
source <(originlock completion bash)
COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
complete -p originlock >/dev/null || exit 9
_originlock_completion originlock
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

# Completion proper runs on a terminal alone; these stand for what compinit brings, and print what they are given.
ZSH = """
compdef() {{ registered=$2 }}
_describe() {{ print -rl -- "${{(@)${{(@P)3}}%%:*}}" }}
compadd() {{ print -rl -- "${{(@P)5}}" }}
source <(originlock completion zsh)
[[ $registered == originlock ]] || exit 9
words=({typed}); CURRENT=$#words
_originlock_completion
"""

FISH = """
originlock completion fish | source
complete --do-complete "{typed}"
"""

SHELLS = {"bash": ("bash", "--norc", "-c"), "zsh": ("zsh", "-f", "-c"), "fish": ("fish", "--no-config", "-c")}
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def offered_by(shell: str, typed: str, product: Product) -> set[str]:
    """What a real shell offers where these words stand before the cursor."""
    name, *options = SHELLS[shell]
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    program = product.directory / "bin" / "originlock"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m originlock "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    ended = subprocess.run(
        [found, *options, SCRIPTS[shell].format(typed=typed)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**product.variables, "PATH": f"{program.parent}:{product.variables['PATH']}"},
        cwd=product.directory,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return {line.partition("\t")[0] for line in ended.stdout.splitlines()}


@TYPED
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(shell: str, typed: str, offered: set[str], not_offered: set[str], offline: Product) -> None:
    """A person would press the key, and nothing or the wrong thing would come."""
    found = offered_by(shell, typed, offline)
    assert offered <= found
    assert not not_offered & found


@pytest.mark.parametrize("words", ["originlock ", "originlock cost ", "originlock sch", "originlock plan --lo"])
def test_completing_loads_nothing_heavy(words: str, offline: Product) -> None:
    """Each press of the key would take as long as talking to AWS."""
    asking = offline.with_variables(
        _ORIGINLOCK_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
    )
    loaded = imported(product=asking)
    assert loaded & HEAVY == set()


def test_completing_a_name_loads_no_command(offline: Product) -> None:
    """With each command that is added, the first key would become slower."""
    asking = offline.with_variables(_ORIGINLOCK_COMPLETE="bash_complete", COMP_WORDS="originlock ", COMP_CWORD="1")
    modules = {f"originlock.cli.{name.replace('-', '_')}" for name in COMMANDS}
    assert imported(product=asking) & modules == set()


@pytest.mark.parametrize("group, names", [(root, COMMANDS), (cost.command, cost.COMMANDS)])
def test_late_groups_offer_all_their_commands(group: click.Group, names: dict[str, str]) -> None:
    """A command would exist that no shell knows."""
    offered = [each.value for each in group.shell_complete(click.Context(group), "")]
    assert offered == list(names)


def test_an_unknown_shell_is_wrong_usage(offline: Product) -> None:
    """Somebody would source an empty script, and wonder."""
    ended = offline.run("completion", "csh")
    assert (ended.code, ended.out) == (2, "")
