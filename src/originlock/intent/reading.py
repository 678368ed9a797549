"""Reading a document by the table of keys: every problem with its place, every value with its source.

Lives here: looking keys up in the document and the environment.
Must not live here: what the keys mean together (see `decode`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from originlock.facts.secret import host_alone
from originlock.intent.entries import Key, Named, Pairs, Section, Several
from originlock.intent.environment import PREFIX, Environment, Problem, variable_part
from originlock.intent.kinds import Kind, T, WrongValueError, did_you_mean, shown

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
"""TOML 1.0, keys: a bare key; any other is quoted."""


class Setting(msgspec.Struct, frozen=True):
    """A value with where it came from.

    Attributes:
        path: the key's dotted path.
        source: ``file``, ``environment NAME`` or ``default``.
        value: as decoded; None where there is neither a value nor a default; of a URL that is a secret, its host.
    """

    path: str
    source: str
    value: object


class Path(msgspec.Struct, frozen=True):
    """Where a key is.

    Attributes:
        place: its dotted path in the file.
        variable: the environment variable that sets it; None inside lists, where there is none.
    """

    place: str = ""
    variable: str | None = PREFIX

    def child(self, name: str) -> Path:
        """A key of the table that is here."""
        quoted = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
        variable = None if self.variable is None else f"{self.variable}_{variable_part(name)}"
        return Path(f"{self.place}.{quoted}" if self.place else quoted, variable)

    def item(self, index: int) -> Path:
        """An item of the list that is here."""
        return Path(f"{self.place}[{index}]", None)


class Reading:
    """One reading of a document: what was found wrong so far, and where the values came from."""

    def __init__(self, environment: Environment) -> None:
        """Begin, with this environment to win over the document."""
        self.environment = environment
        self.problems: list[Problem] = []
        self.settings: list[Setting] = []

    def problem(self, place: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, message))

    def attempt(self, kind: Kind[T], place: str, value: object) -> tuple[T] | None:
        """Read a value; where it is wrong, note that and return None."""
        try:
            return (kind.read(value),)
        except WrongValueError as error:
            for where, message in error.faults:
                self.problem(place + where, message)
            return None

    def table(self, section: Section, path: Path, value: object) -> Table:
        """Open a table of known keys; one that is no table is a problem, and void."""
        content = self.content(path, value)
        if content is None:
            return Table(self, path, {}, void=True)
        known = [entry.name for entry in section.entries]
        for name in sorted(set(content) - set(known)):
            self.problem(path.child(name).place, dict(section.not_yet).get(name) or _unknown_key(name, known))
        return Table(self, path, content)

    def content(self, path: Path, value: object) -> dict[str, object] | None:
        """The keys and values of a table; None, and a problem, if it is none."""
        if isinstance(value, Mapping):
            return {str(name): held for name, held in value.items()}
        self.problem(path.place, f"must be a table, not {shown(value)}")
        return None


def _unknown_key(name: str, known: Iterable[str]) -> str:
    return "is no known key; " + (did_you_mean(name, known) or f"known here: {', '.join(known) or 'none'}")


class Table:
    """One table of the document, asked key by key.

    Attributes:
        reading: where problems and settings are gathered.
        path: where the table is.
        void: whether something else stands there; that nothing is in it is then no further problem.
    """

    def __init__(self, reading: Reading, path: Path, content: Mapping[str, object], *, void: bool = False) -> None:
        """Hold what stands at a place."""
        self.reading = reading
        self.path = path
        self.void = void
        self._content = content

    def has(self, *names: str) -> bool:
        """Whether the document gives any of these keys here, right or wrong."""
        return any(name in self._content for name in names)

    def gives(self, section: str, key: str) -> bool:
        """Whether the document gives a key in a table of this one, right or wrong."""
        inner = self._content.get(section)
        return isinstance(inner, Mapping) and key in inner

    def problem(self, message: str, key: str | None = None) -> None:
        """Note a problem of the table, or of one of its keys."""
        self.reading.problem((self.path if key is None else self.path.child(key)).place, message)

    def take(self, key: Key[T]) -> T:
        """The value of a key: the environment's, else the file's, else (or if wrong) the default."""
        found = self.sound(key)
        return key.default if found is None else found[0]

    def sound(self, key: Key[T]) -> tuple[T] | None:
        """The same, but None if it is wrong: for what must not be judged by a stand-in."""
        path = self.path.child(key.name)
        value, source, sound = key.default, "default", not self.void
        for place, said, origin in self._said(key, path):
            read = self.reading.attempt(key.kind, place, said)
            if read is None:
                sound = False
            else:
                value, source = read[0], origin
        if sound and source == "default" and key.required:
            self.reading.problem(path.place, f"is missing: {key.description}")
        elif sound:
            shown = host_alone(value) if key.secret and isinstance(value, str) else value
            self.reading.settings.append(Setting(path.place, source, shown))
        return (value,) if sound else None

    def _said(self, key: Key[object], path: Path) -> Iterator[tuple[str, object, str]]:
        """Where, what and by whom the key is given; the last wins, and a loser is judged as well."""
        if key.name in self._content:
            yield path.place, self._content[key.name], "file"
        if key.kind.from_text is None or path.variable is None:
            self._file_only(path)
            return
        text = self.reading.environment.value(path.variable, path.place)
        if text is not None:
            yield path.variable, key.kind.from_text(text), f"environment {path.variable}"

    def _file_only(self, path: Path) -> None:
        if path.variable is not None:
            self.reading.environment.note_no_scalar(path.variable, path.place)

    def section(self, section: Section) -> Table:
        """A table in this one; empty where it is not given."""
        return self.reading.table(section, self.path.child(section.name), self._content.get(section.name, {}))

    def pairs(self, entry: Pairs) -> tuple[tuple[str, str], ...] | None:
        """A table of the person's own keys, sorted; None where it is not given or partly wrong."""
        if entry.name not in self._content:
            return None
        path = self.path.child(entry.name)
        content = self.reading.content(path, self._content[entry.name])
        if content is None:
            return None
        if not content:
            self.reading.problem(path.place, "is an empty table; name at least one, or leave the key out")
        inner = Table(self.reading, path, content)
        found: list[tuple[str, str]] = []
        for name in sorted(content):
            self.reading.attempt(entry.keys, path.child(name).place, name)
            value = inner.take(Key[str | None](name, entry.values, "", None))
            found += [] if value is None else [(name, value)]
        return tuple(found) if found and len(found) == len(content) else None

    def several(self, entry: Several) -> list[Table]:
        """The tables of a list."""
        path = self.path.child(entry.name)
        self._file_only(path)
        value = self._content.get(entry.name, [])
        if not isinstance(value, list | tuple):
            message = f"must be a list of tables ([[{path.place}]]), not {shown(value)}"
            self.reading.problem(path.place, message)
            return []
        return [self.reading.table(entry.each, path.item(index), item) for index, item in enumerate(value)]

    def named(self, entry: Named) -> list[tuple[str, Table]]:
        """The tables under names of the person's choice, in the order of the document."""
        path = self.path.child(entry.name)
        content = self.reading.content(path, self._content.get(entry.name, {})) or {}
        for name in content:
            self.reading.attempt(entry.names, path.child(name).place, name)
        return [(name, self.reading.table(entry.each, path.child(name), content[name])) for name in content]
