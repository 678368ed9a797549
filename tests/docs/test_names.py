"""What the documentation names exists: paths, tests, commands, options, guards, variables, examples."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

import click
import pytest
from tests import prefork

from originlock.cli.main import COMMANDS, root
from originlock.errors import EXIT_CODE_MEANINGS, ExitCode
from originlock.facts import origin
from originlock.intent.decode import decode
from originlock.intent.environment import NOT_CONFIGURATION, NOT_CONFIGURATION_PREFIXES
from originlock.lab import demo_ranges, lists
from originlock.lab.demo_group import OWNER_TAG
from originlock.wiring.settings import descriptions

# They say nothing about single functions, and need the whole tree: mutation testing leaves them out.
pytestmark = pytest.mark.lab

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
)

_CODE = re.compile(r"```(?P<sort>[a-z]*)\n(?P<text>.*?)```", re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")
_PATH = re.compile(r"(?:src|tests|docs|bench|examples|fuzz|\.ci)(?:/[A-Za-z0-9_.*{},-]+)+(?:::\w+)?")

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def spans(text: str) -> list[str]:
    """What stands in back-ticks, outside of blocks."""
    return _SPAN.findall(_CODE.sub("", text))


def blocks(text: str, *sorts: str) -> list[str]:
    """The blocks of code of these sorts."""
    return [found["text"] for found in _CODE.finditer(text) if found["sort"] in sorts]


def command_lines(text: str) -> list[list[str]]:
    """Every originlock command line, in blocks and in back-ticks."""
    lines = [line for block in blocks(text, "sh", "console") for line in block.splitlines()]
    found = [line.removeprefix("$ ") for line in lines] + spans(text)
    # What stands after two dashes alone is another program's.
    ours = [line.partition("#")[0].partition(" -- ")[0] for line in found]
    return [line.split() for line in ours if re.match(r"originlock( |$)", line)]


@documents
def test_links_lead_somewhere(document: Path) -> None:
    """A reader must not end at a file that was renamed."""
    for target, _ in _LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


@documents
def test_paths_exist(document: Path) -> None:
    """Every path of the repository that is named is there, and so is every test."""
    for span in spans(document.read_text(encoding="utf-8")):
        named = _PATH.fullmatch(span)
        if named is None:
            continue
        path, _, test = span.partition("::")
        assert list(ROOT.glob(path)), f"{document.name} names {path}"
        if test:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{document.name} names {span}"


@documents
def test_make_targets_exist(document: Path) -> None:
    """Every target of make that is named is there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    for line in (*spans(text), *lines):
        found = re.match(r"make (?:[A-Z]+=(?:'[^']*'|\S+) )*([a-z-]+)(?: |$)", line)
        assert found is None or found[1] in targets, f"{document.name} names {line}"


def all_commands() -> dict[tuple[str, ...], click.Command]:
    """Every command and subcommand, by its words."""
    context = click.Context(root)
    found: dict[tuple[str, ...], click.Command] = {}
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        found |= _with_those_in_it((name,), command)
    return found


def _with_those_in_it(words: tuple[str, ...], command: click.Command) -> dict[tuple[str, ...], click.Command]:
    found = {words: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            assert each is not None
            found |= _with_those_in_it((*words, name), each)
    return found


def options_of(command: click.Command) -> set[str]:
    """Every spelling of every option of a command."""
    helps = {"--help", "-h"}
    return helps | {name for each in command.params if isinstance(each, click.Option) for name in each.opts}


@documents
def test_commands_and_options_exist(document: Path) -> None:
    """A command line of the documentation can be typed."""
    known = all_commands()
    for words in command_lines(document.read_text(encoding="utf-8")):
        plain = [word for word in words[1:] if not word.startswith("-")]
        if not plain:
            assert set(words[1:]) <= {"--version", "--help"}, words
            continue
        where = next((tuple(plain[:n]) for n in (3, 2) if tuple(plain[:n]) in known), (plain[0],))
        assert where in known, f"{document.name} names `{' '.join(words)}`"
        options = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert options <= options_of(known[where]), f"{document.name} names `{' '.join(words)}`"


@documents
def test_options_in_text_exist(document: Path) -> None:
    """An option that stands alone belongs to some command."""
    known = set[str]().union(*(options_of(command) for command in all_commands().values())) | {"--version"}
    for span in spans(document.read_text(encoding="utf-8")):
        if re.match(r"--[a-z]", span):
            assert span.split()[0] in known, f"{document.name} names {span}"


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_of_every_command(words: tuple[str, ...]) -> None:
    """`--help` works for every command."""
    ended = prefork.run((*words, "--help"), env=os.environ, cwd=ROOT, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Usage: originlock " + " ".join(words))


@documents
def test_variables_exist(document: Path) -> None:
    """A variable that is named does something."""
    configuration = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    known = {*re.findall(r"`(ORIGINLOCK_[A-Z0-9_]+)`", configuration), *NOT_CONFIGURATION}
    named = set(re.findall(r"\bORIGINLOCK_[A-Z0-9_]*[A-Z0-9]\b", document.read_text(encoding="utf-8")))
    assert {name for name in named if not name.startswith(NOT_CONFIGURATION_PREFIXES)} <= known


@documents
def test_examples_of_the_configuration_are_right(document: Path) -> None:
    """Every example can be used as it stands."""
    for text in blocks(document.read_text(encoding="utf-8"), "toml"):
        decoded = decode(tomllib.loads(text), {}, descriptions())
        assert decoded.problems == ()


def test_exit_codes_stand_in_one_table() -> None:
    """The README's table is the code's, and there is no second one."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE)
    assert {ExitCode(int(code)): meaning for code, meaning in rows} == EXIT_CODE_MEANINGS
    assert len(rows) == len(EXIT_CODE_MEANINGS)


def guards_of_the_code() -> set[str]:
    """Every guard's name, wherever one is raised or reported."""
    found: set[str] = set()
    for path in (ROOT / "src" / "originlock").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {n.value for n in _names_in(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def _names_in(node: ast.AST) -> list[ast.expr]:
    """Where a guard's name stands: a call that makes a refusal, or what a function of guards yields."""
    makers = {"Finding", "Refusal", "NoDocument", "UndecodableError", "Objection"}
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in makers:
            return [*node.args[:1], *(word.value for word in node.keywords if word.arg == "guard")]
        case ast.Call(func=ast.Name(id="ZoneFinding")) if any(
            word.arg == "refuses" and isinstance(word.value, ast.Constant) and word.value.value
            for word in node.keywords
        ):
            return node.args[:1]
        case ast.FunctionDef(returns=ast.Name(id="Said")):
            told = [each.value for each in ast.walk(node) if isinstance(each, ast.Yield)]
            return [each.elts[0] for each in told if isinstance(each, ast.Tuple)]
        case _:
            return []


def test_every_guard_stands_in_the_tables() -> None:
    """A person who meets a refusal finds it in the README, and finds nothing there that is not."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## What is refused")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == guards_of_the_code()


def test_every_guard_has_its_remedy() -> None:
    """Somebody is refused, looks up what to do, and finds nothing."""
    text = (ROOT / "docs" / "when-it-refuses.md").read_text(encoding="utf-8")
    named = re.findall(r"^### `([a-z-]+)`\n\n(?=\S)", text, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == guards_of_the_code()


def test_invariants_are_all_there() -> None:
    """I1 to I10, each in its row."""
    text = (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \*\*I(\d+)\*\* \|", text, re.MULTILINE) == [str(number) for number in range(1, 11)]


def test_the_demo_knows_what_the_product_knows() -> None:
    """The lab may not import the product's rooms, so it repeats three things: here they are held together."""
    (cloudflare,) = (each for each in descriptions() if each.name == "cloudflare")
    assert set(lists.IPV4 + lists.IPV6) == set(cloudflare.snapshot.cidrs)
    assert cloudflare.snapshot_date == demo_ranges.SNAPSHOT_DATE
    assert origin.OWNER_TAG == OWNER_TAG


def test_places_within_a_document_exist() -> None:
    """A link to a heading that was renamed leads to the top of a long page."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for target, place in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", text):
            there = (document.parent / target if target else document).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.+)$", _CODE.sub("", there), re.MULTILINE)
            known = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert place in known, f"{document.name} links to {target}#{place}"
