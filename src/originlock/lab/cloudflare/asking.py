"""One call of the API, as its handlers see it, and what they may answer with.

Here lives the frozen call, reading members out of its body, and the forms of answers. Here must not live: WSGI.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from originlock.lab.cloudflare.errors import bad_json, unsourced
from originlock.lab.cloudflare.records import Token


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has been let in.

    Attributes:
        ids: what the path names, such as ``zone``.
        query: the first value of each parameter.
        body: a JSON object or array; empty where there is none.
    """

    method: str
    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    token: Token

    @property
    def members(self) -> dict[str, Any]:
        """The body, which has to be an object.

        Raises:
            ApiError: it is none.
        """
        if not isinstance(self.body, dict):
            raise bad_json()
        return self.body

    def text(self, name: str, default: str | None = None) -> str:
        """A member that is a text.

        Raises:
            ApiError: it is missing, or something else.
        """
        value = self.members.get(name, default)
        if not isinstance(value, str):
            message = f"{name} must be a string"
            raise unsourced(400, message)
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A member that is true or false.

        Raises:
            ApiError: it is missing, or something else.
        """
        value = self.members.get(name, default)
        if not isinstance(value, bool):
            message = f"{name} must be a boolean"
            raise unsourced(400, message)
        return value


@dataclass(frozen=True, slots=True)
class Page:
    """A list; `default` and `most` bound how many stand on a page; not paged if there is no default."""

    items: Sequence[Any]
    default: int | None = None
    most: int = 100
    least: int = 1


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is not in the envelope."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """A result in the envelope."""

    value: Any
    messages: tuple[str, ...] = field(default=())


Outcome: TypeAlias = Page | Raw | Result


def when(moment: dt.datetime | None) -> str | None:
    """A time as the API writes it."""
    return None if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
