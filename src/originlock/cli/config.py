"""`originlock config check|show|schema`: the configuration, checked, shown with its sources, or described.

Lives here: the commands. Must not live here: what the keys mean.
"""

from __future__ import annotations

import json

import click

from originlock.cli.options import config_option, configuration_of, output_options
from originlock.cli.output import print_document, print_json
from originlock.errors import ExitCode
from originlock.report.document import Line, Tone, table
from originlock.wiring.settings import descriptions, load


@click.group("config", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check, show or describe the configuration."""


@command.command("check", short_help="list every problem, each with its place")
@config_option
@output_options
def check(
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """List every problem of the configuration, each with its place. Exit code 0 or 2."""
    loaded = load(config)
    decoded = loaded.decoded
    if output == "json":
        print_json(
            {
                "file": loaded.path,
                "problems": [{"place": p.place, "message": p.message} for p in decoded.problems],
                "warnings": [{"place": w.place, "message": w.message} for w in decoded.warnings],
                "origins": [o.origin for o in decoded.configuration.origins] if decoded.configuration else [],
            }
        )
    else:
        lines = [Line(f"{p.place}: {p.message}" if p.place else p.message, Tone.BAD) for p in decoded.problems]
        lines += [Line(f"warning: {w.place}: {w.message}", Tone.WARNING) for w in decoded.warnings]
        if decoded.configuration is not None:
            names = ", ".join(origin.origin for origin in decoded.configuration.origins) or "none"
            lines.append(Line(f"{loaded.name} is fine; origins: {names}", Tone.GOOD))
        print_document(tuple(lines))
    return int(ExitCode.USAGE if decoded.problems else ExitCode.DONE)


@command.command("show", short_help="show every setting and where it comes from")
@config_option
@output_options
def show(
    config: str | None,
    output: str,
    debug: bool,  # noqa: ARG001, FBT001  read at the process boundary
) -> int:
    """Show every setting with its value and where it comes from: file, environment or default."""
    loaded = load(config)
    configuration_of(loaded)
    settings = loaded.decoded.sources
    if output == "json":
        values = [{"path": s.path, "value": _plain(s.value), "source": s.source} for s in settings]
        print_json({"file": loaded.path, "settings": values})
    else:
        rows = [(s.path, json.dumps(_plain(s.value), ensure_ascii=False), s.source) for s in settings]
        print_document((Line(loaded.name, Tone.TITLE), *table(rows)))
    return int(ExitCode.DONE)


def _plain(value: object) -> object:
    """A value as JSON has it."""
    import msgspec  # noqa: PLC0415  only for this command

    return msgspec.to_builtins(value)


@command.command("schema", short_help="print the JSON Schema of the configuration")
def schema() -> int:
    """Print the JSON Schema of the configuration, for editors and checks."""
    from originlock.intent.schema import json_schema  # noqa: PLC0415  only for this command

    print_json(json_schema(descriptions()))
    return int(ExitCode.DONE)
