"""`originlock completion`: what makes a shell complete our commands and options.

Lives here: the command. Must not live here: the scripts, which are click's.
"""

from __future__ import annotations

import sys
from typing import Final

import click

from originlock.cli.output import write
from originlock.errors import ExitCode

VARIABLE: Final = "_ORIGINLOCK_COMPLETE"
"""What the script asks us by: click makes the name of a program's so (`Command.main`)."""

_EPILOG = """\b
Examples:
  source <(originlock completion bash)          (in ~/.bashrc)
  source <(originlock completion zsh)           (in ~/.zshrc, after compinit)
  originlock completion fish > ~/.config/fish/completions/originlock.fish
\b
For all users of a machine:
  originlock completion bash > /etc/bash_completion.d/originlock
\b
Exit codes: 0 printed, 2 wrong usage.
"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--debug", is_flag=True, help="show a traceback where something fails")
def command(
    shell: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Print the script by which SHELL (bash 4.4 or later, zsh, fish) completes commands and options.

    The script asks originlock itself, so that it need not be printed again for a new version.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415  --help needs none of it

    found = get_completion_class(shell)
    if found is None:
        message = f"click completes nothing in {shell}"
        raise click.UsageError(message)
    asked = found(click.get_current_context().find_root().command, {}, "originlock", VARIABLE)
    # Not `source()`: for bash it runs the bash of this machine to learn its version, and warns where there is none.
    write(sys.stdout, asked.source_template % asked.source_vars())
    return int(ExitCode.DONE)
