"""One statement of a policy.

Lives here: its data, and conditions on the marks of an origin. Must not live here: which statements there are (see
`policy_statements`, `trust_statements`).
"""

from __future__ import annotations

import msgspec

from originlock.aws.permissions import CALLS, OPERATIONS, Purpose
from originlock.aws.policy_scope import ANY, Scope

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Operator, key, values."""


class Statement(msgspec.Struct, frozen=True):
    """One statement that allows something.

    Attributes:
        sid: its name, unique in a policy.
        why: what it is for.
        reason: why it is no narrower; empty where it names what is meant.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str
    reason: str = ""
    conditions: Conditions = ()

    @property
    def unrestricted(self) -> bool:
        """Whether it holds for everything there is."""
        return self.resources == (ANY,)


def bears(scope: Scope, which: str) -> Conditions:
    """That a request, or a resource, bears this origin's mark."""
    key, value = scope.mark
    return (("StringEquals", f"aws:{which}Tag/{key}", (literal(value),)),)


def actions(purpose: Purpose) -> tuple[str, ...]:
    """The actions of a purpose's calls, the calls' own, each once."""
    return tuple(dict.fromkeys(OPERATIONS[name].action for name in CALLS[purpose]))


def literal(value: str) -> str:
    """A text in which IAM is to see no variable."""
    return value.replace("${", "${$}{")
