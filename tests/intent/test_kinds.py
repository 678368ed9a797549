"""The kinds of values, each built here: what it takes, what it refuses in which words, and its schema.

The keys' own kinds are built when their module is loaded, before any test can look at how.
"""

from __future__ import annotations

import math

import pytest

from originlock.intent.kinds import (
    Kind,
    WrongValueError,
    checked,
    did_you_mean,
    line,
    list_of,
    matching,
    number,
    one_of,
    shown,
    whole_number,
)


def refusals(kind: Kind[object], value: object) -> list[tuple[str, str]]:
    """Where and why a value is refused."""
    with pytest.raises(WrongValueError) as caught:
        kind.read(value)
    return list(caught.value.faults)


@pytest.mark.parametrize("value", [0, 0.5, 7, 7.0])
def test_a_number_within_its_bounds(value: float) -> None:
    """A bound that is refused itself."""
    assert number(0, 7).read(value) == float(value)
    assert number(0).read(value) == float(value)
    assert isinstance(number(0, 7).read(value), float)


@pytest.mark.parametrize("value", [-0.1, -1, True, False, math.nan, math.inf, -math.inf, "1", None, [1], 10**400])
def test_what_is_no_such_number(value: object) -> None:
    """True that counts as 1, or infinity as patience."""
    assert refusals(number(0), value) == [("", f"must be a number, 0 or more, not {shown(value)}")]


def test_numbers_tell_their_bounds() -> None:
    """A message or a schema that names other bounds than are held."""
    assert refusals(number(0, 600), 601) == [("", "must be a number, from 0 to 600, not 601")]
    assert number(0, 600).schema == {"type": "number", "minimum": 0, "maximum": 600}
    assert number(1).schema == {"type": "number", "minimum": 1}


@pytest.mark.parametrize(
    "said,value",
    [("1", 1.0), ("-2.5", -2.5), ("0.25", 0.25), ("1e3", "1e3"), ("nan", "nan"), (" 1", " 1"), ("1.", "1.")],
)
def test_numbers_in_the_environment(said: str, value: object) -> None:
    """A spelling that a person does not mean."""
    read = number(0).from_text
    assert read is not None
    assert read(said) == value


@pytest.mark.parametrize(
    "value,fine", [(1, True), (65535, True), (0, False), (65536, False), (True, False), (80.0, False)]
)
def test_whole_numbers(value: object, fine: bool) -> None:  # noqa: FBT001  a table
    """A port that is off by one, a boolean or a fraction."""
    kind = whole_number("a port", 1, 65535)
    if fine:
        assert kind.read(value) == value
    else:
        assert refusals(kind, value) == [("", f"a port must be a whole number from 1 to 65535, not {shown(value)}")]
    assert kind.schema == {"type": "integer", "minimum": 1, "maximum": 65535}
    assert kind.from_text is not None
    assert (kind.from_text("443"), kind.from_text("4 43"), kind.from_text("-1")) == (443, "4 43", -1)


def test_lines() -> None:
    """A text that would break a report, or an empty one that says nothing."""
    kind = line("a name")
    assert kind.read("office, 2nd floor") == "office, 2nd floor"
    assert refusals(kind, 3) == [("", "must be a name, as a text in quotes, not 3")]
    assert refusals(kind, "  ") == [("", "is empty; write a name")]
    unprintable = "holds a line break or an unprintable character; write a name on one line"
    assert refusals(kind, "a\nb") == refusals(kind, "\ud800") == [("", unprintable)]
    assert kind.schema == {"type": "string", "pattern": r"\S"}


def test_patterns() -> None:
    """A text that matches in part."""
    kind = matching("a group id", "sg-[0-9a-f]{8,17}", "sg- and hex digits")
    assert kind.read("sg-01234567") == "sg-01234567"
    for said in ("sg-0123456", "xsg-01234567", "sg-01234567\n"):
        assert refusals(kind, said)
    assert refusals(kind, "web") == [("", "'web' is not a group id (sg- and hex digits)")]
    assert kind.schema == {"type": "string", "pattern": "^(?:sg-[0-9a-f]{8,17})$"}
    assert checked("x", str.upper).read("a") == "A"
    assert checked("x", str.upper, {"format": "y"}).schema == {"type": "string", "format": "y"}


def test_choices() -> None:
    """A choice that is not there, without a hint at the one that was meant."""
    kind = one_of("foreign", ("report", "remove"))
    assert kind.read("remove") == "remove"
    assert refusals(kind, "REMOVE") == [
        ("", "foreign must be 'report' or 'remove', not 'REMOVE'; did you mean remove?")
    ]
    assert refusals(kind, 1) == [("", "foreign must be 'report' or 'remove', not 1")]
    assert kind.schema == {"enum": ["report", "remove"]}


def test_lists() -> None:
    """An item that is lost, doubled, or told at another's place."""
    kind = list_of(whole_number("a port", 1, 9), "ports", least=1)
    assert kind.read([2, 1]) == (2, 1)
    assert list_of(whole_number("a port", 1, 9), "ports", order=lambda held: tuple(sorted(held))).read([2, 1]) == (1, 2)
    assert refusals(kind, "443") == [("", "must be a list of ports in brackets, not '443'")]
    assert refusals(kind, []) == [("", "is an empty list; name at least 1 of the ports, or leave the key out")]
    assert refusals(kind, [1, 0, 1]) == [
        ("[1]", "a port must be a whole number from 1 to 9, not 0"),
        ("[2]", "1 is named twice; name it once"),
    ]
    assert list_of(whole_number("a port", 1, 9), "ports").read([]) == ()
    assert kind.schema["minItems"] == 1
    assert "minItems" not in list_of(whole_number("a port", 1, 9), "ports").schema


def test_values_in_words() -> None:
    """A value that floods a message, or is called what it is not."""
    assert shown("x" * 500) == repr("x" * 60 + "...")
    assert shown(10**30) == "a number that is far too large"
    values: list[object] = [True, False, 3, 0.5, {}, [], (), None]
    assert [shown(value) for value in values] == [
        *("true", "false", "3", "0.5", "a table", "a list", "a list", "nothing (null)"),
    ]
    assert shown(object()) == "something else"
    assert did_you_mean("Prots", ["ports", "protocol"]) == "did you mean ports?"
    assert did_you_mean("xyz", ["ports"]) is None
