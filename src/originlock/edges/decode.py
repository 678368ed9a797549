"""From bytes to entries: strict, bounded, and pure.

Lives here: what any edge's decoder needs to read JSON and lists of lines without believing them.
Must not live here: the shape of one edge's answer, HTTP, and whether an entry is a CIDR (`acceptance` says).
"""

from __future__ import annotations

import json
import re

from originlock.edges.adapter import Document

MAX_ENTRIES = 10_000
"""More entries than this are no list of ranges (our choice: Cloudflare has 22)."""

MAX_ENTRY_LENGTH = 64
"""Characters; the longest IPv6 CIDR has 43 (eight groups of four digits, seven colons, ``/128``)."""

MAX_ETAG_LENGTH = 128
"""Characters of a publisher's mark (our choice: Cloudflare's has 32)."""

_SHOWN = 60
"""Characters of a stranger's text that an error message repeats."""

_ENTRY = re.compile(r"[0-9A-Fa-f.:/]+")

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None


class UndecodableError(Exception):
    """A document that is not what it should be.

    Attributes:
        guard: ``html`` or ``unparsable``.
        reason: why, naming the URL.
    """

    def __init__(self, guard: str, reason: str) -> None:
        super().__init__(reason)
        self.guard = guard
        self.reason = reason


def json_object(document: Document) -> dict[str, JsonValue]:
    """Read one JSON object and nothing else: no repeated keys, no NaN, no byte order mark, UTF-8.

    Raises:
        UndecodableError: it is a web page, or not such an object.
    """
    refuse_html(document)
    try:
        text = document.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise unparsable(document, f"it is not UTF-8 (byte {error.start})") from error
    if text.startswith("\ufeff"):
        raise unparsable(document, "it starts with a byte order mark")
    try:
        value: JsonValue = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except RecursionError as error:
        raise unparsable(document, "its JSON is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, our own two, and integers of too many digits
        raise unparsable(document, f"it is not JSON: {error}") from error
    return as_object(document, value, "the whole")


def _without_doubles(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key in found:
            message = f"the key {shown(key)} occurs twice"
            raise ValueError(message)
        found[key] = value
    return found


def _no_constant(name: str) -> JsonValue:
    message = f"{name} is not a JSON value"
    raise ValueError(message)


def as_object(document: Document, value: JsonValue, what: str) -> dict[str, JsonValue]:
    """The value, if it is an object.

    Raises:
        UndecodableError: it is something else.
    """
    if not isinstance(value, dict):
        raise unparsable(document, f"{what} is not an object but {shown(value)}")
    return value


def member(document: Document, holder: dict[str, JsonValue], key: str) -> JsonValue:
    """The value of a key that must be there.

    Raises:
        UndecodableError: it is not.
    """
    if key not in holder:
        raise unparsable(document, f"the key {key!r} is missing")
    return holder[key]


def strings(document: Document, value: JsonValue, what: str) -> tuple[str, ...]:
    """The value as entries: a bounded list of short strings, as they stand there.

    Raises:
        UndecodableError: it is something else.
    """
    if not isinstance(value, list):
        raise unparsable(document, f"{what} is not a list but {shown(value)}")
    entries: list[str] = []
    for item in value:
        if not isinstance(item, str):
            raise unparsable(document, f"{what} holds {shown(item)}, which is not a string")
        entries.append(item)
    _refuse_unbounded(document, entries)
    return tuple(entries)


def optional_mark(document: Document, holder: dict[str, JsonValue], key: str) -> str | None:
    """A publisher's mark of a version: printable and short, or absent.

    Raises:
        UndecodableError: it is there and something else.
    """
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise unparsable(document, f"{key} is not printable text but {shown(value)}")
    if len(value) > MAX_ETAG_LENGTH:
        raise unparsable(document, f"{key} is longer than {MAX_ETAG_LENGTH} characters")
    return value


def lines(document: Document) -> tuple[str, ...]:
    """Read a list with one entry a line; the last line may lack its end, and blank lines may follow it.

    Raises:
        UndecodableError: it is a web page, or a line is not made of an address's characters.
    """
    refuse_html(document)
    try:
        text = document.body.decode("ascii")
    except UnicodeDecodeError as error:
        raise unparsable(document, f"it is not ASCII (byte {error.start})") from error
    found = [line.removesuffix("\r") for line in text.split("\n")]
    while found and not found[-1]:
        found.pop()
    for number, line in enumerate(found, start=1):
        if not _ENTRY.fullmatch(line):
            raise unparsable(document, f"line {number} is not an address range: {shown(line)}")
    _refuse_unbounded(document, found)
    return tuple(found)


def _refuse_unbounded(document: Document, entries: list[str]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise unparsable(document, f"it has {len(entries):,} entries, more than {MAX_ENTRIES:,}")
    for entry in entries:
        if len(entry) > MAX_ENTRY_LENGTH:
            raise unparsable(document, f"an entry is longer than {MAX_ENTRY_LENGTH} characters: {shown(entry)}")


def refuse_html(document: Document) -> None:
    """Refuse a web page: an error, a challenge or a login in place of the list.

    Raises:
        UndecodableError: it says that it is one, or looks like one.
    """
    declared = document.content_type.partition(";")[0].strip().lower()
    if declared in {"text/html", "application/xhtml+xml"} or document.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        start = shown(document.body[:_SHOWN].decode("utf-8", "replace"))
        reason = f"{document.url} answered with a web page and no list: {start}"
        raise UndecodableError(guard="html", reason=reason)


def unparsable(document: Document, reason: str) -> UndecodableError:
    """The error for a document that cannot be understood."""
    return UndecodableError("unparsable", f"{document.url} cannot be understood: {reason}")


def shown(value: JsonValue) -> str:
    """A stranger's value, quoted and bounded, safe for a terminal."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
