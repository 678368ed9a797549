"""The few answers that do not come from the application.

Lives here: their status, headers and body. Must not live here: how they are sent.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple


class Answer(NamedTuple):
    """Status, headers by name, body."""

    status: HTTPStatus
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _answer(status: HTTPStatus, kind: str, body: bytes, *more: tuple[str, str]) -> Answer:
    headers = (("content-type", kind), ("content-length", str(len(body))), ("cache-control", "no-store"), *more)
    return Answer(status, headers, body)


#: Says nothing of the reason: it is in the log.
FORBIDDEN = _answer(HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", b"Forbidden\n")

#: At the path that shows the certificate.
NOT_ALLOWED = _answer(
    HTTPStatus.METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", b"Method Not Allowed\n", ("allow", "GET, HEAD")
)


def echoed(document: bytes) -> Answer:
    """The certificate that the load balancer forwards."""
    return _answer(HTTPStatus.OK, "application/json", document)
