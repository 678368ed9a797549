"""Listener rules: which actions a request meets.

Here lives conditions, their matching, and actions as the lab carries them out. Here must not live: HTTP itself.

Source: 'Listener rules' and 'Condition types for listener rules' in AWS's user guide: the rules are asked in order of
priority, then the default one; all conditions of a rule must hold, one value of each is enough; ``*`` stands for any
number of characters and ``?`` for exactly one.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import msgspec

from originlock.lab.plane.answers import Destination

if TYPE_CHECKING:
    from collections.abc import Callable

    from originlock.lab.blueprint import Listener
    from originlock.lab.plane.requests import Request

Test: TypeAlias = "Callable[[Request], bool]"
_T = TypeVar("_T", bound=msgspec.Struct)


class UnknownRuleError(Exception):
    """A rule that the lab cannot carry out; its text says why."""


# --- as DescribeRules has them -------------------------------------------------------------------------------------


class _Pair(msgspec.Struct, frozen=True, rename="pascal"):
    value: str
    key: str | None = None


class _Values(msgspec.Struct, frozen=True, rename="pascal"):
    values: tuple[str, ...] = ()
    regex_values: tuple[str, ...] = ()


class _Header(_Values, frozen=True, rename="pascal"):
    http_header_name: str = ""


class _Pairs(msgspec.Struct, frozen=True, rename="pascal"):
    values: tuple[_Pair, ...] = ()


class _Condition(msgspec.Struct, frozen=True, rename="pascal"):
    field: str
    values: tuple[str, ...] | None = None
    host_header_config: _Values | None = None
    path_pattern_config: _Values | None = None
    http_header_config: _Header | None = None
    query_string_config: _Pairs | None = None
    http_request_method_config: _Values | None = None
    source_ip_config: _Values | None = None


class _Fixed(msgspec.Struct, frozen=True, rename="pascal"):
    status_code: str
    content_type: str | None = None
    message_body: str | None = None


class _Redirect(msgspec.Struct, frozen=True, rename="pascal"):
    status_code: str
    protocol: str = "#{protocol}"
    port: str = "#{port}"
    host: str = "#{host}"
    path: str = "/#{path}"
    query: str = "#{query}"


class _Group(msgspec.Struct, frozen=True, rename="pascal"):
    target_group_arn: str


class _Forward(msgspec.Struct, frozen=True, rename="pascal"):
    target_groups: tuple[_Group, ...] = ()


class _Action(msgspec.Struct, frozen=True, rename="pascal"):
    type: str
    order: int | None = None
    target_group_arn: str | None = None
    forward_config: _Forward | None = None
    fixed_response_config: _Fixed | None = None
    redirect_config: _Redirect | None = None


# --- as they are carried out ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forward:
    """To a target group; None where the action names none."""

    group: str | None


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """Answer this."""

    status: int
    content_type: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Lead elsewhere; the status is 301 or 302."""

    status: int
    destination: Destination


Action: TypeAlias = "Forward | FixedResponse | Redirect"


@dataclass(frozen=True, slots=True)
class _Rule:
    priority: int
    tests: tuple[Test, ...]
    action: Action


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A listener's rules in order; the last is the default one and matches always."""

    rules: tuple[_Rule, ...]

    def decide(self, request: Request) -> tuple[int, Action]:
        """The priority of the rule that matches (0 for the default one) and what it does."""
        found = next(each for each in self.rules if all(test(request) for test in each.tests))
        return found.priority, found.action


def rulebook(listener: Listener) -> Rulebook:
    """Read a listener's rules.

    Raises:
        UnknownRuleError: one has a condition or an action that the lab does not know.
    """
    ordered = sorted(listener.rules, key=lambda each: each.priority)
    rules = [_Rule(each.priority, tuple(map(_test, each.conditions)), _action(each.actions)) for each in ordered]
    return Rulebook((*rules, _Rule(0, (), _action(listener.default_actions))))


# --- actions -------------------------------------------------------------------------------------------------------


def _action(actions: tuple[dict[str, object], ...]) -> Action:
    """The last action: with authentication, which the lab does not have, there would be one before it."""
    read = sorted((_converted(each, _Action) for each in actions), key=lambda each: each.order or 0)
    if len(read) != 1:
        text = f"a rule has {len(read)} actions: {', '.join(each.type for each in read)}"
        raise UnknownRuleError(text)
    match read[0]:
        case _Action(type="forward") as found:
            groups = found.forward_config.target_groups if found.forward_config else ()
            return Forward(found.target_group_arn or (groups[0].target_group_arn if groups else None))
        case _Action(type="fixed-response", fixed_response_config=_Fixed() as told):
            return FixedResponse(_status(told.status_code), told.content_type, told.message_body)
        case _Action(type="redirect", redirect_config=_Redirect() as told):
            status = _status(told.status_code.removeprefix("HTTP_"))
            return Redirect(status, Destination(told.protocol, told.host, told.port, told.path, told.query))
        case found:
            text = f"the lab has no action {found.type!r}, or it is not complete"
            raise UnknownRuleError(text)


def _status(text: str) -> int:
    if not re.fullmatch("[2345][0-9][0-9]", text):
        problem = f"{text!r} is no HTTP status"
        raise UnknownRuleError(problem)
    return int(text)


# --- conditions ----------------------------------------------------------------------------------------------------


def _test(condition: dict[str, object]) -> Test:
    told = _converted(condition, _Condition)
    match told.field:
        case "host-header":
            return _host(_values(told, told.host_header_config))
        case "path-pattern":
            return _path(_values(told, told.path_pattern_config))
        case "http-header" if told.http_header_config is not None:
            return _header(told.http_header_config.http_header_name, _values(told, told.http_header_config))
        case "http-request-method":
            return _method(_values(told, told.http_request_method_config))
        case "query-string" if told.query_string_config is not None:
            return _query(told.query_string_config.values)
        case "source-ip":
            return _source(_values(told, told.source_ip_config))
        case _:
            text = f"the lab has no condition {told.field!r}, or it is not complete"
            raise UnknownRuleError(text)


def _values(told: _Condition, config: _Values | None) -> tuple[str, ...]:
    if config is not None and config.regex_values:
        text = f"the lab matches no regular expressions ({told.field})"
        raise UnknownRuleError(text)
    return (config.values if config is not None else ()) or told.values or ()


def _wildcards(values: tuple[str, ...], *, cased: bool) -> re.Pattern[str]:
    """One expression for all values."""
    one = ("".join(_PIECES.get(letter) or re.escape(letter) for letter in value) for value in values)
    flags = re.DOTALL if cased else re.DOTALL | re.IGNORECASE
    return re.compile("|".join(f"(?:{each})" for each in one) or r"(?!)", flags)


_PIECES: Final = {"*": ".*", "?": "."}


def _host(values: tuple[str, ...]) -> Test:
    pattern = _wildcards(values, cased=False)
    return lambda request: request.host is not None and pattern.fullmatch(request.host) is not None


def _path(values: tuple[str, ...]) -> Test:
    pattern = _wildcards(values, cased=True)
    return lambda request: pattern.fullmatch(request.path) is not None


def _header(name: str, values: tuple[str, ...]) -> Test:
    pattern, lowered = _wildcards(values, cased=False), name.lower()
    return lambda request: any(pattern.fullmatch(each) for each in request.all_of(lowered))


def _method(values: tuple[str, ...]) -> Test:
    return lambda request: request.method in values


def _query(pairs: tuple[_Pair, ...]) -> Test:
    patterns = [
        (None if each.key is None else _wildcards((each.key,), cased=False), _wildcards((each.value,), cased=False))
        for each in pairs
    ]

    def test(request: Request) -> bool:
        found = parse_qsl(request.query, keep_blank_values=True)
        return any(
            (key is None or key.fullmatch(name)) and value.fullmatch(text)
            for key, value in patterns
            for name, text in found
        )

    return test


def _source(values: tuple[str, ...]) -> Test:
    try:
        networks = [ipaddress.ip_network(each) for each in values]
    except ValueError as error:
        text = f"a source is no CIDR: {error}"
        raise UnknownRuleError(text) from error
    return lambda request: any(ipaddress.ip_address(request.client.ip) in each for each in networks)


def _converted(told: dict[str, object], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(told, kind, strict=False)
    except msgspec.ValidationError as error:
        text = f"a rule is not as DescribeRules has it: {error}"
        raise UnknownRuleError(text) from error
