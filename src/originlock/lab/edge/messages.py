"""Requests and answers as the edge passes them on.

Here lives the frozen shapes, and which headers belong to one connection alone. Here must not live: sockets, decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]

#: RFC 9110, 7.6.1: these are for the next hop and go no further.
HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

#: Larger bodies are refused. Cloudflare takes 100 MB and more; a lab needs less.
MOST_BODY: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request, names of headers in lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of a name; empty if there is none."""
        return first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, names of headers in lower case."""

    status: int
    headers: Headers
    body: bytes = b""
    reason: str = ""

    def header(self, name: str) -> str:
        """The first header of a name; empty if there is none."""
        return first(self.headers, name)


def first(headers: Headers, name: str) -> str:
    """The first value of a name, in lower case; empty if there is none."""
    return next((value for each, value in headers if each == name), "")


def end_to_end(headers: Headers) -> Headers:
    """The headers that go on: without those of the hop, and those that Connection names."""
    named = {part.strip().lower() for each, value in headers if each == "connection" for part in value.split(",")}
    return tuple((name, value) for name, value in headers if name not in HOP_BY_HOP and name not in named)
