"""Groups of commands that are loaded late: `--help` and completion know every command and load none.

Lives here: the group. Must not live here: which commands there are, or any of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LateGroup(click.Group):
    """A group that loads a command's module only when that command is called; each module has it as ``command``."""

    def __init__(self, *arguments: Any, late: Mapping[str, str], modules: str, **more: Any) -> None:  # noqa: ANN401  click's
        """Remember what there is.

        Args:
            arguments: as click has them.
            late: each command with its one line, in the order in which a person meets them.
            modules: what their modules' names begin with, such as ``originlock.cli.cost_``.
            more: as click has it.
        """
        super().__init__(*arguments, **more)
        self._late = late
        self._modules = modules

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names."""
        return list(self._late)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in self._late:
            return None
        module = importlib.import_module(self._modules + cmd_name.replace("-", "_"))
        command = getattr(module, "command")  # noqa: B009  by name
        return command if isinstance(command, click.Command) else None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._late.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, without loading any as click would, and our options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  only a shell that completes asks for it

        found = [CompletionItem(name, help=what) for name, what in self._late.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and say what was probably meant where there is none."""
        if args and args[0] not in self._late and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415  only where it helps

            near = difflib.get_close_matches(args[0], self._late, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            message = f"there is no command {args[0]!r}{meant}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)
