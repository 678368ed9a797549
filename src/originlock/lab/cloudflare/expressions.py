"""The part of Cloudflare's rules language that the lab understands.

Here lives reading an expression and asking it of a request. Here must not live: what a rule then does.

Understood: ``true``, ``false``, ``ssl``, ``and`` ``or`` ``not`` (``&&`` ``||`` ``!``), parentheses, ``eq ne contains``
``in`` (``== !=``), ``starts_with(..)``, ``ends_with(..)``, ``lower(..)`` of the fields below. What is not understood is
refused, so that no rule is taken and then silently never applied.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

#: What can be asked of a request: 'Rules language, fields'.
FIELDS: Final = ("http.host", "http.request.uri.path", "http.request.uri", "http.request.method", "http.user_agent")

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[a-z_][a-z0-9_.]*)|(?P<sign>==|!=|&&|\|\||[!(){},]))""", re.VERBOSE
)

#: An expression may have 4,096 characters: 'Rules language, limits'.
MOST_CHARACTERS: Final = 4096
_MOST_DEPTH: Final = 20

Request: TypeAlias = Mapping[str, str]
Condition: TypeAlias = Callable[[Request], bool]
Text: TypeAlias = Callable[[Request], str]


class ExpressionError(ValueError):
    """An expression that is wrong, or that the lab does not understand."""


@functools.lru_cache(maxsize=256)
def condition(expression: str) -> Condition:
    """Read an expression.

    Raises:
        ExpressionError: it cannot be read.
    """
    if len(expression) > MOST_CHARACTERS:
        message = f"longer than {MOST_CHARACTERS} characters"
        raise ExpressionError(message)
    reader = _Reader(_tokens(expression))
    read = reader.either()
    if reader.tokens[reader.at :]:
        message = f"unexpected {reader.tokens[reader.at]!r}"
        raise ExpressionError(message)
    return read


def _tokens(expression: str) -> list[str]:
    found: list[str] = []
    at, text = 0, expression.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            message = f"cannot read {text[at : at + 20]!r}"
            raise ExpressionError(message)
        found.append(match.group().strip())
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0
    depth: int = field(default=0)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if not token or (wanted and token not in wanted):
            message = f"expected {' or '.join(wanted) or 'more'}, not {token!r}"
            raise ExpressionError(message)
        self.at += 1
        return token

    def either(self) -> Condition:
        left = self.both()
        while self.peek() in {"or", "||"}:
            self.take()
            left = _or(left, self.both())
        return left

    def both(self) -> Condition:
        left = self.one()
        while self.peek() in {"and", "&&"}:
            self.take()
            left = _and(left, self.one())
        return left

    def one(self) -> Condition:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            message = "too deep"
            raise ExpressionError(message)
        read = self._one()
        self.depth -= 1
        return read

    def _one(self) -> Condition:
        word = self.peek()
        match word:
            case "not" | "!":
                self.take()
                inner = self.one()
                return lambda request: not inner(request)
            case "(":
                self.take()
                inside = self.either()
                self.take(")")
                return inside
            case "true" | "false":
                self.take()
                return lambda _: word == "true"
            case "ssl":
                self.take()
                return lambda request: request["ssl"] == "true"
            case "starts_with" | "ends_with":
                return self.affix(self.take())
            case _:
                return self.comparison()

    def affix(self, name: str) -> Condition:
        self.take("(")
        value = self.value()
        self.take(",")
        affix = self.text()
        self.take(")")
        if name == "starts_with":
            return lambda request: value(request).startswith(affix)
        return lambda request: value(request).endswith(affix)

    def comparison(self) -> Condition:
        value = self.value()
        match self.take("eq", "==", "ne", "!=", "contains", "in"):
            case "eq" | "==":
                wanted = self.text()
                return lambda request: value(request) == wanted
            case "ne" | "!=":
                unwanted = self.text()
                return lambda request: value(request) != unwanted
            case "contains":
                part = self.text()
                return lambda request: part in value(request)
            case _:
                self.take("{")
                among = set()
                while self.peek() != "}":
                    among.add(self.text())
                self.take("}")
                return lambda request: value(request) in among

    def value(self) -> Text:
        word = self.take("lower", *FIELDS)
        if word == "lower":
            self.take("(")
            inner = self.value()
            self.take(")")
            return lambda request: inner(request).lower()
        return lambda request: request[word]

    def text(self) -> str:
        token = self.take()
        if not token.startswith('"'):
            message = f"expected a text, not {token!r}"
            raise ExpressionError(message)
        return re.sub(r"\\(.)", r"\1", token[1:-1])


def _or(left: Condition, right: Condition) -> Condition:
    return lambda request: left(request) or right(request)


def _and(left: Condition, right: Condition) -> Condition:
    return lambda request: left(request) and right(request)
