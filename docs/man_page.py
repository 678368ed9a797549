# ruff: noqa: INP001  a script of the documentation: no package
r"""The manual page, from the commands themselves: `python docs/generate.py` writes `docs/man/originlock.1`.

Lives here: man(7) of the commands, their options, the exit codes. Must not live here: a word that `--help` does not
say, but for what is about files and the environment.

Every text goes through `escaped`: a backslash is `\e`, a hyphen `\-` (so that an option can be copied and found), and a
full stop or an apostrophe at the beginning of a line cannot be taken for a request (groff_man_style(7)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from originlock import __version__
from originlock.cli.main import COMMANDS, root
from originlock.errors import EXIT_CODE_MEANINGS

PAGE: Final = Path(__file__).resolve().parent / "man" / "originlock.1"
"""Where it is kept; the wheel carries it as share/man/man1/originlock.1."""

SHORT: Final = "lets only your edge reach your origin, and proves it"

EXAMPLES: Final = (
    ("what would be changed; it only reads", "originlock plan --load-balancer my-alb"),
    ("do it, and close what others left open", "originlock apply --load-balancer my-alb --foreign remove"),
    (
        "save a plan, look at it, and do just that",
        "originlock plan --out lock.plan && originlock apply lock.plan --yes",
    ),
    ("does the origin answer a stranger? Without credentials", "originlock check www.example.org"),
    ("have this machine keep it locked", "originlock schedule systemd --every 6h --install"),
    ("complete commands in this shell", "source <(originlock completion bash)"),
)

FILES: Final = (
    ("./originlock.toml", "the configuration, where --config does not name another"),
    ("~/.config/originlock/originlock.toml", "the same, where the current folder has none"),
    ("/etc/originlock/originlock.toml", "the same, where the user has none"),
    (
        "~/.local/state/originlock",
        "the state directory: journal, lease, lists last accepted, records of runs, authorities",
    ),
    ("/var/lib/originlock", "the state directory of the service that `originlock schedule systemd` makes"),
)

ENVIRONMENT: Final = (
    ("ORIGINLOCK_CONFIG", "the configuration, as --config"),
    ("ORIGINLOCK_STATE_DIR", "the state directory; otherwise $XDG_STATE_HOME/originlock"),
    ("ORIGINLOCK_CA_DIR", "where your own authorities are; otherwise in the state directory"),
    ("ORIGINLOCK_CA_PASSPHRASE_FILE", "the file that holds the passphrase of their keys, which nobody else may read"),
    ("ORIGINLOCK_CA_PASSPHRASE", "that passphrase itself"),
    ("CLOUDFLARE_API_TOKEN", "the token for Cloudflare"),
    ("NO_COLOR, FORCE_COLOR", "colours never, or always; otherwise on a terminal only"),
    ("AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...", "as for every program that uses botocore"),
)


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def escaped(text: str) -> str:
    """A text that means itself, on one line."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    plain = plain.replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{plain}" if plain.startswith(".") else plain


def _lines() -> Iterator[str]:
    yield '.\\" Made by docs/generate.py from the commands: what is written here by hand is lost.'
    yield f'.TH ORIGINLOCK 1 "" "originlock {escaped(__version__)}" "User Commands"'
    yield from (".SH NAME", f"originlock \\- {escaped(SHORT)}")
    yield from (".SH SYNOPSIS", ".B originlock", ".I COMMAND", "[\\fIOPTION\\fR]...")
    yield ".SH DESCRIPTION"
    yield from paragraphs(root.help or "")
    yield ".SH COMMANDS"
    yield from lines_of(root, click.Context(root, info_name="originlock"))
    yield from (".SH EXIT STATUS", "The same for every command.")
    yield from _pairs((str(int(code)), meaning) for code, meaning in EXIT_CODE_MEANINGS.items())
    yield ".SH ENVIRONMENT"
    yield from (
        "Every scalar key of the configuration has a variable too; a variable wins over the file, an option over both.",
    )
    yield from _pairs(ENVIRONMENT)
    yield ".SH FILES"
    yield from _pairs(FILES)
    yield ".SH EXAMPLES"
    for what, line in EXAMPLES:
        yield from (".TP", f"{escaped(what)}:", f"\\fB{escaped(line)}\\fR")
    yield from (".SH SEE ALSO", ".BR aws (1),", ".BR systemd.timer (5)")


def _pairs(pairs: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, what in pairs:
        yield from (".TP", f"\\fB{escaped(name)}\\fR", escaped(what))


def lines_of(group: click.Group, context: click.Context) -> Iterator[str]:
    """A group's commands, each with its options, and those that are in it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue  # its place is held, and it cannot be called
        inner = click.Context(command, info_name=name, parent=context)
        pieces = [escaped(piece) for piece in command.collect_usage_pieces(inner)]
        yield f".SS {escaped(inner.command_path)}"
        yield from (".P", f"\\fB{escaped(inner.command_path)}\\fR {' '.join(pieces)}")
        yield from paragraphs(command.help or COMMANDS.get(name, ""))
        for parameter in command.get_params(inner):
            record = parameter.get_help_record(inner)
            if record is not None and isinstance(parameter, click.Option) and "--help" not in parameter.opts:
                yield from (".TP", f"\\fB{escaped(record[0])}\\fR", escaped(record[1]) or "\\&")
        yield from paragraphs(command.epilog or "")
        if isinstance(command, click.Group):
            yield from lines_of(command, inner)


def paragraphs(text: str) -> Iterator[str]:
    r"""A help text: paragraphs, and what stands after \b as it is."""
    for paragraph in re.split(r"\n\s*\n|\n(?=\x08)", text.strip("\n")):
        kept = paragraph.partition("\x08\n")[2] if "\x08" in paragraph else ""
        if kept:
            yield from (".P", ".nf", *(_kept(line) for line in kept.splitlines() if line.strip()), ".fi")
        elif paragraph.strip():
            yield from (".P", escaped(paragraph))


def _kept(line: str) -> str:
    """A line as it is, with the blanks that it begins with."""
    blank = len(line) - len(line.lstrip())
    inner = "  ".join(escaped(part) for part in line.strip().split("  ") if part)
    return " " * blank + inner


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
