"""IAM's logic: whether policy documents allow an action on a resource, in a context.

Here live statements, wildcards and conditions, as far as the lab's callers write them. Here must not
live: who calls, what a call acts on (see `iam`), or moto.

'IAM user guide', policy evaluation logic; JSON policy elements: Action, Resource, Condition
operators; multivalued context keys; policy variables. What is not known here is refused loudly
rather than passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Verdict(Enum):
    """What policies say of one action on one resource."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "because no identity-based policy allows the {action} action"
    DENIED = "with an explicit deny in an identity-based policy"


@dataclass(frozen=True)
class Asking:
    """One action on one resource, as IAM sees it.

    `context` has the condition keys of the request; names are compared without regard to case, and a
    key of several values (aws:TagKeys) has them all.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a condition key, or None if the request has none."""
        wanted = key.lower()
        found = [values for name, values in self.context.items() if name.lower() == wanted]
        return tuple(value for values in found for value in values) if found else None


class UnknownPolicyError(NotImplementedError):
    """A policy uses what this module does not know."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the lab does not know {what} of IAM's policies")


_KNOWN: Final = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})


def judge(policies: Iterable[Mapping[str, Any]], asking: Asking) -> Verdict:
    """Say whether these identity-based policies allow it: a deny wins, and silence is no."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _many(policy["Statement"])
        if _concerns(statement, asking)
    }
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NOT_ALLOWED


def _concerns(statement: Mapping[str, Any], asking: Asking) -> bool:
    if unknown := set(statement) - _KNOWN:
        raise UnknownPolicyError(", ".join(sorted(unknown)))
    return (
        any(_pattern(each.lower()).fullmatch(asking.action.lower()) for each in _many(statement["Action"]))
        and any(_pattern(each).fullmatch(asking.resource) for each in _many(statement["Resource"]))
        and all(
            _met(operator, _many(wanted), asking.values(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _met(operator: str, wanted: Sequence[str], held: tuple[str, ...] | None) -> bool:
    """Whether one condition is met; `held` is None where the request has no such key."""
    quantifier, _, plain = operator.rpartition(":")
    if quantifier not in {"", "ForAllValues", "ForAnyValue"}:
        raise UnknownPolicyError(operator)
    base = plain.removesuffix("IfExists")
    if base == "Null":
        return (held is None) == (wanted[0] == "true")
    negated, matches = _comparison(base, wanted)
    if quantifier == "ForAllValues":
        return all(matches(value) is not negated for value in held or ())
    if held is None:
        # A negated operator is met by a key that is not there; of several values none then is.
        return plain.endswith("IfExists") or (negated and not quantifier)
    return any(matches(value) is not negated for value in held)


def _comparison(base: str, wanted: Sequence[str]) -> tuple[bool, Any]:
    """Whether an operator is negated, and how one value is compared with those of the policy."""
    negated = base.startswith("StringNot")
    match base.replace("Not", "", 1) if negated else base:
        case "StringEquals":
            literal = {_literal(each) for each in wanted}
            return negated, lambda value: value in literal
        case "StringEqualsIgnoreCase":
            lowered = {_literal(each).lower() for each in wanted}
            return negated, lambda value: value.lower() in lowered
        case "StringLike" | "ArnLike" | "ArnEquals":
            return negated, lambda value: any(_pattern(each).fullmatch(value) for each in wanted)
        case _:
            raise UnknownPolicyError(base)


#: 'IAM user guide', policy variables: ${*}, ${?} and ${$} are the characters themselves.
_PART: Final = re.compile(r"\$\{([^}]*)\}|(.)", re.DOTALL)


def _parts(text: str) -> Iterable[tuple[str, str]]:
    for found in _PART.finditer(text):
        variable, letter = found.groups()
        if variable is not None and variable not in {"*", "?", "$"}:
            raise UnknownPolicyError(variable)
        yield (variable or "", letter or "")


def _literal(text: str) -> str:
    return "".join(variable or letter for variable, letter in _parts(text))


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern: `*` is any characters, `?` is one."""
    wild = {"*": ".*", "?": "."}
    pieces = [wild.get(letter) or re.escape(variable or letter) for variable, letter in _parts(text)]
    return re.compile("".join(pieces), re.DOTALL)


def _many(value: Any) -> Sequence[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]
