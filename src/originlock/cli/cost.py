"""`originlock cost`: what a load balancer costs, what a flood costs, and what each lock saves.

Lives here: the group and the list of its commands. Must not live here: any of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

import click

from originlock.cli.completing import late_commands

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = {
    "estimate": "what figures given by hand come to, with and without each lock",
    "observe": "what a load balancer was charged for, hour by hour, from CloudWatch",
    "storm": "what a flood round the edge costs: open, with mutual TLS, with the network lock",
    "prices": "the prices that are reckoned with, their sources and dates; --refresh asks AWS",
}
"""Each command with its one line; its module is loaded when it is called."""


class _Costs(click.Group):
    """Loads a command's module only when that command is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"originlock.cli.cost_{cmd_name}"), "command")  # noqa: B009  by name
        return command if isinstance(command, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return [*late_commands(COMMANDS, incomplete), *click.Command.shell_complete(self, ctx, incomplete)]


@click.group("cost", cls=_Costs, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """What the open door costs, what a flood costs, and what each lock saves.

    Numbers are exact where AWS says what is charged; where it does not, they are intervals.
    """
