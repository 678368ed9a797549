# ruff: noqa: INP001, T201  a script of the documentation: no package, and it says what it does
"""Fill in what the documentation takes from the code: `python docs/generate.py` (a test holds the two together).

A document marks a place with `<!-- made: NAME -->` and `<!-- end -->`; what stands between is made anew.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from originlock.aws.least_privilege import document, statements
from originlock.aws.permissions import CALLS, OPERATIONS, PURPOSES
from originlock.aws.policy_scope import Scope
from originlock.cli.main import COMMANDS
from originlock.cost.readings import ANSWERS
from originlock.cost.units import ALB_ACTIVE_MUTUAL, COVERED, FREE_RULES, LAMBDA_GB, RULES_PER_UNIT
from originlock.edges.cloudflare_calls import (
    ACCOUNTS,
    CERTIFICATES,
    GLOBAL,
    MANAGED_RECORDS,
    OF_ACCOUNT,
    READING,
    WHY,
    ZONE_ADD,
    permissions_for,
)
from originlock.errors import EXIT_CODE_MEANINGS
from originlock.facts.prices import Item
from originlock.facts.probing import OUTCOME_MEANINGS
from originlock.facts.usage import Kind
from originlock.intent import keys
from originlock.intent.environment import PREFIX, variable_part
from originlock.intent.keys import Key, Named, Pairs, Section, Several
from originlock.locks.identity import rules
from originlock.locks.identity.findings import Rule
from originlock.locks.network.ownership import tags_for
from originlock.plan.lane import ENDED, TRANSITIONS, State
from originlock.report.estimate import UNIT_WORDS
from originlock.report.open_questions import WORDS
from originlock.wiring.settings import descriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from originlock.intent.keys import Entry

ROOT: Final = Path(__file__).resolve().parent.parent

_BLOCK: Final = re.compile(
    r"(<!-- made: (?P<name>[a-z-]+)(?: (?P<what>[a-z-]+))? -->\n)(.*?)(<!-- end -->\n)", re.DOTALL
)


def documents() -> tuple[Path, ...]:
    """Every document that may hold such places."""
    return (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def filled(text: str) -> str:
    """The document with every place made anew."""

    def made(found: re.Match[str]) -> str:
        lines = MAKERS[found["name"]](found["what"] or "")
        return f"{found[1]}" + "\n".join(lines) + f"\n{found[5]}"

    return _BLOCK.sub(made, text)


# --- what there is -------------------------------------------------------------------------------------------


def exit_codes(_: str) -> list[str]:
    """Every exit code."""
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in EXIT_CODE_MEANINGS.items()]
    return ["| exit code | what it says |", "|---|---|", *rows]


def commands(_: str) -> list[str]:
    """Every command."""
    return [
        "| command | what it does |",
        "|---|---|",
        *(f"| `originlock {c}` | {what} |" for c, what in COMMANDS.items()),
    ]


def transcript(name: str) -> list[str]:
    """A recorded transcript, whole."""
    text = (ROOT / "docs" / "transcripts" / f"{name}.txt").read_text(encoding="utf-8")
    return ["```console", text.rstrip("\n"), "```"]


def diagram(_: str) -> list[str]:
    """The machine's states, drawn."""
    arrows = sorted({(before, after) for (before, _), after in TRANSITIONS.items() if before != after}, key=_by_state)
    return [
        "```mermaid",
        "stateDiagram-v2",
        *(
            f"    state {json.dumps(state.value)} as {state.name}"
            for state in State
            if state.value != state.name.lower()
        ),
        *(f"    {before.name} --> {after.name}" for before, after in arrows),
        *(f"    {state.name} --> [*]" for state in State if state in ENDED),
        "```",
    ]


def _by_state(arrow: tuple[State, State]) -> tuple[int, int]:
    order = list(State)
    return order.index(arrow[0]), order.index(arrow[1])


def transitions(_: str) -> list[str]:
    """The machine's transitions, each with its event."""
    rows = [f"| {before.value} | {event.value} | {after.value} |" for (before, event), after in TRANSITIONS.items()]
    return ["| a lane that is | when | is then |", "|---|---|---|", *rows]


def outcomes(_: str) -> list[str]:
    """What can become of a connection."""
    rows = [f"| `{outcome.value}` | {meaning} |" for outcome, meaning in OUTCOME_MEANINGS.items()]
    return ["| outcome | what it says |", "|---|---|", *rows]


# --- what IAM must allow --------------------------------------------------------------------------------------


def iam_policy(command: str) -> list[str]:
    """The policy of a command for one group."""
    ((key, value),) = tags_for("blog")
    scope = Scope((key, value), "eu-west-1", "123456789012", groups=("sg-0123456789abcdef0",))
    return ["```json", json.dumps(document(statements(command, [scope])), indent=2), "```"]


def permissions(_: str) -> list[str]:
    """Every action, what it can be restricted to, and what for and by which commands it is called."""
    rows = []
    for purpose, calls in CALLS.items():
        by = [command for command, purposes in PURPOSES.items() if purpose in purposes] or ["(the role of Lambda)"]
        for operation in (OPERATIONS[name] for name in calls):
            for need in operation.needs:
                on = ", ".join(f"`{resource.rstrip('/')}`" for resource in need.resources)
                keys_ = ", ".join(f"`{key}`" for key in need.keys)
                rows.append(
                    f"| `{need.action}` | {on or f'`*`: {operation.reason}'} | {keys_ or '-'} | {purpose.value} "
                    f"| {', '.join(by)} |"
                )
    return ["| action | on | conditions | what for | commands |", "|---|---|---|---|---|", *rows]


def token_permissions(_: str) -> list[str]:
    """Every permission of a token for Cloudflare, what it is for, and who needs it."""
    columns = {
        "`plan`, `verify`": READING,
        '`certificate = "own"`': (*READING, *CERTIFICATES),
        '`certificate = "shared"`': (*READING, *GLOBAL),
        "`manage_dns`": (*READING, *MANAGED_RECORDS),
        "`zone add`": (*ZONE_ADD, ACCOUNTS),
    }
    needed = [dict(each.rsplit(" ", 1) for each in permissions_for(calls)) for calls in columns.values()]
    rows = []
    for permission, why in WHY.items():
        cells = [each.get(str(permission), "-") for each in needed]
        of = "account" if permission in OF_ACCOUNT else "zone"
        rows.append(f"| {permission} | {of} | {why} | {' | '.join(cells)} |")
    return [f"| permission | of the | what for | {' | '.join(columns)} |", "|---" * (3 + len(columns)) + "|", *rows]


# --- the configuration ---------------------------------------------------------------------------------------


def configuration(_: str) -> list[str]:
    """Every key of the configuration, from the table that decoding walks."""
    return [line for entry in keys.document(descriptions()).entries for line in _entry(entry, ())][1:]


def _entry(entry: Entry, path: tuple[str, ...]) -> Iterator[str]:
    """A table of the configuration, and the tables in it; a key stands in its table."""
    match entry:
        case Section(name=name):
            yield from _table(entry, (*path, name), "[{}]")
        case Named(name=name, each=each):
            yield from _table(each, (*path, name, "NAME"), "[{}]")
        case Several(name=name, each=each):
            yield from _table(each, (*path, name), "[[{}]]")
        case Key() | Pairs():
            return


def _table(section: Section, path: tuple[str, ...], brackets: str) -> Iterator[str]:
    rows = [_row(entry, path, brackets) for entry in section.entries if isinstance(entry, Key | Pairs)]
    if rows:
        yield from ("", f"### `{brackets.format('.'.join(path))}`", "", section.description, "")
        yield from ("| key | what it is | may be | default | variable |", "|---|---|---|---|---|", *rows)
    for entry in section.entries:
        yield from _entry(entry, path)


def _row(entry: Key[object] | Pairs, path: tuple[str, ...], brackets: str) -> str:
    in_list = brackets == "[[{}]]"
    if isinstance(entry, Pairs):
        variable = f"`{_variable((*path, entry.name, 'KEY'))}`"
        return f"| `{entry.name}` | {entry.description} | table of texts | - | {variable} |"
    default = "required" if entry.required else "-" if entry.default in (None, ()) else f"`{_toml(entry.default)}`"
    variable = "-" if in_list or entry.kind.from_text is None else f"`{_variable((*path, entry.name))}`"
    return f"| `{entry.name}` | {entry.description} | {_may_be(entry.kind.schema)} | {default} | {variable} |"


def _variable(path: tuple[str, ...]) -> str:
    return "_".join((PREFIX, *(variable_part(name) for name in path)))


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _may_be(schema: Mapping[str, object]) -> str:
    """What a JSON Schema allows, in words."""
    match schema:
        case {"enum": [*choices]}:
            return " or ".join(f"`{json.dumps(choice)}`" for choice in choices)
        case {"type": "array", "items": dict(items)}:
            return f"list: {_may_be(items)}"
        case {"type": "integer" | "number" as kind, "minimum": least, **rest}:
            upto = f"{least} to {rest['maximum']}" if "maximum" in rest else f"{least} or more"
            return f"{'whole number' if kind == 'integer' else 'number'}, {upto}"
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"anyOf": [dict(one), *_]}:
            return f"{_may_be(one)}, or a list of them"
        case {"format": "date"}:
            return "date"
        case {"format": "uri"}:
            return "URL"
        case _:
            return "text"


_RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "file": rules.FILE_RULES | rules.FILE_WARNINGS,
    "certificates": rules.CERTIFICATE_RULES | rules.CERTIFICATE_WARNINGS,
    "lists": rules.REVOCATION_RULES | rules.REVOCATION_WARNINGS,
}


def rules_table(what: str) -> list[str]:
    """The rules on files, on certificates, or on revocation lists."""
    rows = [
        f"| `{rule.code}` | {rule.severity} | {rule.what} | {rule.remedy} | {rule.source} |"
        for rule in _RULES[what].values()
    ]
    return ["| code | | what is wrong | what to do | who says so |", "|---|---|---|---|---|", *rows]


# --- what is paid for ----------------------------------------------------------------------------------------


def capacity_units(_: str) -> list[str]:
    """What one unit covers of each dimension."""
    rows = []
    for kind, covered in COVERED.items():
        active = f"{covered.active:,}"
        if kind is Kind.ALB:
            active += f", {ALB_ACTIVE_MUTUAL:,} with mutual TLS"
        gb = f"1 GB, {float(LAMBDA_GB)} GB of Lambda targets" if kind is Kind.ALB else "1 GB"
        rules = f"{RULES_PER_UNIT:,} beyond the {FREE_RULES} that are free in each request" if kind is Kind.ALB else "-"
        rows.append(
            f"| `{kind.value}` | {UNIT_WORDS[kind]} | {covered.new_connections:,} | {active} | {gb} | {rules} |"
        )
    header = ("`--kind`", "unit", "new connections /s", "active at once", "bytes an hour", "rules processed /s")
    return [f"| {' | '.join(header)} |", "|---" * len(header) + "|", *rows]


def open_questions(_: str) -> list[str]:
    """What AWS leaves open, and every answer that is tried."""
    rows = []
    for question, answers in ANSWERS.items():
        tried = " or ".join(f"{each:,}" if type(each) is int else "yes" if each else "no" for each in answers)
        rows.append(f"| `{question.value}` | {WORDS[question]} | {tried} |")
    return ["| in JSON | AWS does not say | answers tried |", "|---|---|---|", *rows]


def shipped_prices(_: str) -> list[str]:
    """The table that ships, by Region; what is not in it is not known without asking."""
    shipped = msgspec.json.decode((ROOT / "src/originlock/store/shipped-prices.json").read_bytes(), type=_Table)
    sources = list(dict.fromkeys(row["source"] for row in (*shipped.prices, *shipped.egress)))
    columns = [item for item in Item if any(row["item"] == item.value for row in shipped.prices)]
    rows = [
        "| Region | " + " | ".join(f"`{item.value}`" for item in columns) + " | transfer out |",
        "|---|" + "---|" * (len(columns) + 1),
    ]
    for region in dict.fromkeys(row["region"] for row in shipped.prices):
        of = {row["item"]: row for row in shipped.prices if row["region"] == region}
        cells = [_priced(of[item.value], sources) if item.value in of else "-" for item in columns]
        tiers = [row for row in shipped.egress if row["region"] == region]
        out = f"in tiers, {tiers[0]['as_of']} [{sources.index(tiers[0]['source']) + 1}]" if tiers else "-"
        rows.append(f"| {region} | " + " | ".join(cells) + f" | {out} |")
    return [*rows, "", *(f"{number}. {source}" for number, source in enumerate(sources, 1))]


class _Table(msgspec.Struct):
    """The file as it is."""

    prices: list[dict[str, str]]
    egress: list[dict[str, Any]]


def _priced(row: Mapping[str, str], sources: list[str]) -> str:
    return f"{row['usd']}, {row['as_of']} [{sources.index(row['source']) + 1}]"


MAKERS: Final[Mapping[str, Callable[[str], list[str]]]] = {
    "exit-codes": exit_codes,
    "shipped-prices": shipped_prices,
    "commands": commands,
    "transcript": transcript,
    "diagram": diagram,
    "transitions": transitions,
    "configuration": configuration,
    "iam-policy": iam_policy,
    "permissions": permissions,
    "token-permissions": token_permissions,
    "outcomes": outcomes,
    "rules": rules_table,
    "capacity-units": capacity_units,
    "open-questions": open_questions,
}
"""How each sort of place is made."""


def main() -> int:
    """Write every document anew."""
    for path in documents():
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if before != after:
            path.write_text(after, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    for script in ("man_page", "picture"):
        runpy.run_path(str(ROOT / "docs" / f"{script}.py"), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
