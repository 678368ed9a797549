"""What a shell is told to complete where commands are loaded late.

Lives here: names of commands as completions. Must not live here: any command, or loading one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def late_commands(commands: Mapping[str, str], incomplete: str) -> list[CompletionItem[str]]:
    """The commands that begin so, with their lines; click's own way would load the module of each."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  only a shell that completes asks for it

    return [CompletionItem(name, help=what) for name, what in commands.items() if name.startswith(incomplete)]
