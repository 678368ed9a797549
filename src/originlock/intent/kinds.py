"""What a value may be: kinds that read one strictly, say what is wrong with it, and describe themselves.

Lives here: kinds in general (texts, numbers, choices, lists) and how a wrong value is shown to a person.
Must not live here: what the values mean (see `values`), and which keys there are (see `keys`).
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar, final

import msgspec

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
H = TypeVar("H", bound=Hashable)

_SHOWN = 60
_LARGEST_SHOWN = 10**18


@final
class WrongValueError(ValueError):
    """A value is not what it should be.

    Attributes:
        faults: (where inside the value, message) pairs; where is empty, or such as ``[0]``.
    """

    def __init__(self, *faults: tuple[str, str]) -> None:
        """Hold the faults, each with its place."""
        super().__init__("; ".join(message for _, message in faults))
        self.faults = faults


def wrong(message: str) -> WrongValueError:
    """The error for a value that is wrong as a whole."""
    return WrongValueError(("", message))


class Kind(msgspec.Struct, Generic[T_co], frozen=True):
    """What a value may be.

    Attributes:
        read: takes what stands in the document; gives the value, or raises `WrongValueError`.
        schema: the same in JSON Schema, as far as that can say it.
        from_text: turns an environment variable or option into what would stand in the document; leaves alone
            what it cannot turn, so that `read` refuses it. None where the value is no scalar.
    """

    read: Callable[[object], T_co]
    schema: Mapping[str, object]
    from_text: Callable[[str], object] | None = None


_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (Mapping, "a table"),
    (list, "a list"),
    (tuple, "a list"),
    (datetime.datetime, "a date with a time"),
    (datetime.date, "a date"),
    (datetime.time, "a time"),
    (type(None), "nothing (null)"),
)


def shown(value: object) -> str:
    """A value on one line and bounded: texts quoted, numbers as they are, anything else by its type."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) <= _LARGEST_SHOWN else "a number that is far too large"
    if isinstance(value, float):
        return str(value)
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "something else")


def did_you_mean(said: str, known: Iterable[str]) -> str | None:
    """A hint at the known name that is nearest to what was said, if any is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(said.lower(), by_lower, n=1)
    return f"did you mean {by_lower[near[0]]}?" if near else None


def text(value: object, what: str) -> str:
    """Read a text that is not empty and fits on a line."""
    if not isinstance(value, str):
        message = f"must be {what}, as a text in quotes, not {shown(value)}"
        raise wrong(message)
    if not value.strip():
        message = f"is empty; write {what}"
        raise wrong(message)
    # Reports and rule descriptions are lines; a lone surrogate (from the environment) cannot even be printed.
    # The text is not shown: it may be a URL with a password in it.
    if not value.isprintable():
        message = f"holds a line break or an unprintable character; write {what} on one line"
        raise wrong(message)
    return value


def line(what: str) -> Kind[str]:
    """Any text of one line."""
    return Kind(lambda value: text(value, what), {"type": "string", "pattern": r"\S"}, str)


def checked(what: str, check: Callable[[str], T], schema: Mapping[str, object] | None = None) -> Kind[T]:
    """A text that a function turns into the value, or refuses."""
    return Kind(lambda value: check(text(value, what)), {"type": "string", **(schema or {})}, str)


def matching(what: str, pattern: str, shape: str) -> Kind[str]:
    """A text that matches a pattern as a whole."""
    compiled = re.compile(pattern)

    def check(said: str) -> str:
        if compiled.fullmatch(said) is None:
            message = f"{shown(said)} is not {what} ({shape})"
            raise wrong(message)
        return said

    return checked(what, check, {"pattern": f"^(?:{pattern})$"})


def one_of(what: str, choices: Sequence[T]) -> Kind[T]:
    """One of a few texts."""
    names = [str(choice) for choice in choices]

    def read(value: object) -> T:
        for choice in choices:
            if choice == value:
                return choice
        listed = " or ".join(shown(name) for name in names)
        hint = did_you_mean(value, names) if isinstance(value, str) else None
        message = f"{what} must be {listed}, not {shown(value)}" + (f"; {hint}" if hint else "")
        raise wrong(message)

    return Kind(read, {"enum": names}, str)


_WHOLE = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


def to_int(said: str) -> object:
    """The whole number that a text is, in plain digits; any other text as it is, to be refused."""
    return int(said) if _WHOLE.fullmatch(said) else said


def _to_float(said: str) -> object:
    return float(said) if _DECIMAL.fullmatch(said) else said


def whole_number(what: str, least: int, most: int) -> Kind[int]:
    """A whole number between two bounds, both allowed."""

    def read(value: object) -> int:
        # bool is an int to Python, but `ports = [true]` is a mistake to a person.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"{what} must be a whole number from {least} to {most}, not {shown(value)}"
            raise wrong(message)
        return value

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most}, to_int)


def number(least: float, most: float = math.inf) -> Kind[float]:
    """A finite number between two bounds, both allowed."""
    bounds = f"{least:g} or more" if math.isinf(most) else f"from {least:g} to {most:g}"
    schema = {"type": "number", "minimum": least} | ({} if math.isinf(most) else {"maximum": most})

    def read(value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            try:
                found = float(value)
            except OverflowError:
                found = math.inf
            if math.isfinite(found):
                return found
        message = f"must be a number, {bounds}, not {shown(value)}"
        raise wrong(message)

    return Kind(read, schema, _to_float)


def list_of(
    item: Kind[H], many: str, *, least: int = 0, order: Callable[[Iterable[H]], tuple[H, ...]] = tuple
) -> Kind[tuple[H, ...]]:
    """A list without doubles; every wrong item is told.

    Args:
        item: what each item may be.
        many: the items' name in the plural.
        least: how many there must be.
        order: puts the items in order, where the order of the document means nothing.
    """

    def read(value: object) -> tuple[H, ...]:
        if not isinstance(value, list | tuple):
            message = f"must be a list of {many} in brackets, not {shown(value)}"
            raise wrong(message)
        if len(value) < least:
            message = f"is an empty list; name at least {least} of the {many}, or leave the key out"
            raise wrong(message)
        return order(_items(item, value))

    schema = {"type": "array", "items": item.schema, "uniqueItems": True}
    return Kind(read, schema | ({"minItems": least} if least else {}))


def one_or_more(
    item: Kind[H], many: str, *, order: Callable[[Iterable[H]], tuple[H, ...]] = tuple
) -> Kind[tuple[H, ...]]:
    """A list without doubles, or one alone without the brackets."""
    several = list_of(item, many, least=1, order=order)

    def read(value: object) -> tuple[H, ...]:
        return (item.read(value),) if isinstance(value, str) else several.read(value)

    return Kind(read, {"anyOf": [item.schema, several.schema]})


def flag(what: str) -> Kind[bool]:
    """True or false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            message = f"{what} must be true or false, not {shown(value)}"
            raise wrong(message)
        return value

    return Kind(read, {"type": "boolean"}, _to_bool)


def _to_bool(said: str) -> object:
    return {"true": True, "false": False}.get(said.lower(), said)


def _items(item: Kind[H], values: Iterable[object]) -> list[H]:
    found: dict[H, None] = {}
    faults: list[tuple[str, str]] = []
    for index, value in enumerate(values):
        try:
            one = item.read(value)
        except WrongValueError as error:
            faults += [(f"[{index}]{where}", message) for where, message in error.faults]
            continue
        if one in found:
            faults.append((f"[{index}]", f"{shown(one)} is named twice; name it once"))
        found[one] = None
    if faults:
        raise WrongValueError(*faults)
    return list(found)
