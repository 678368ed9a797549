"""Addresses that open one text for a few minutes, as those to objects in S3 that somebody has signed.

Here lives the making of such addresses and the answering of them. Here must not live: what the texts are. They are
not S3's of the lab: AWS keeps them in buckets of its own.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: The bucket is the lab's own invention: AWS does not say which it uses.
PREFIX: Final = "/elb-trust-store-content/"

#: As many as are kept; the oldest go first.
_MOST: Final = 1000

_FORM: Final = "application/xml"


@dataclass(frozen=True, slots=True)
class _Text:
    path: str
    body: bytes
    until: float


@dataclass(slots=True)
class Presigned:
    """The addresses that are open. Callers hold the lab's one lock."""

    _texts: OrderedDict[str, _Text] = field(default_factory=OrderedDict)

    def address(self, host: str, name: str, body: bytes, seconds: float) -> str:
        """Return an address at a host that opens a text."""
        signature = secrets.token_hex(32)
        path = PREFIX + quote(name)
        self._texts[signature] = _Text(path, body, time.monotonic() + seconds)
        while len(self._texts) > _MOST:
            self._texts.popitem(last=False)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-Expires": str(int(seconds)),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": signature,
        }
        return f"http://{host}{path}?{urlencode(query)}"

    def clear(self) -> None:
        """Forget all."""
        self._texts.clear()

    def opened(self, path: str, signature: str) -> tuple[str, str, bytes]:
        """Status, type and body of the answer to a request."""
        held = self._texts.get(signature)
        if held is None or not hmac.compare_digest(held.path, path):
            return _refused("SignatureDoesNotMatch", "The request signature does not match the one that was provided.")
        if time.monotonic() >= held.until:
            return _refused("AccessDenied", "Request has expired")
        return "200 OK", "binary/octet-stream", held.body


#: Those of the server's one process.
OPEN: Final = Presigned()


@dataclass(frozen=True, slots=True)
class PresignedRoom:
    """An application that answers presigned addresses, and hands on all else."""

    other: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a GET of an address, or hand on."""
        path = quote(str(environ.get("PATH_INFO", "")))
        if not path.startswith(PREFIX) or environ.get("REQUEST_METHOD") != "GET":
            return self.other(environ, start_response)
        asked = parse_qs(str(environ.get("QUERY_STRING", "")))
        status, form, body = OPEN.opened(path, asked.get("X-Amz-Signature", [""])[0])
        start_response(status, [("Content-Type", form), ("Content-Length", str(len(body)))])
        return [body]


def _refused(code: str, message: str) -> tuple[str, str, bytes]:
    """'S3 API reference', error responses."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return "403 Forbidden", _FORM, body.encode()
