"""The built-in target: what stands behind every ``forward``.

Here lives its few paths. Here must not live: what a load balancer answers by itself (see `answers`).

- ``/status/NNN``: that status (200 to 599)
- ``/slow/SECONDS``: the usual answer, later
- ``/bytes/N``: as many bytes of zero
- ``/static/...``: something that an edge may cache, by its ending
- ``/.well-known/originlock-certificate``: which client certificate arrived, as the echo of docs/middleware.md tells it
- anything else: 200, and the request as JSON: ``method``, ``path``, ``query``, ``headers`` (lower case; several of
  one name joined by a comma)
"""

from __future__ import annotations

import base64
import hashlib
import math
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import msgspec

from originlock.lab.plane.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

_SERVER: Final = ("Server", "originlock-lab")

#: Bounds of what a path may ask for: a client decides these numbers.
MOST_SECONDS: Final = 600.0
MOST_BYTES: Final = 1 << 30

#: What an edge caches by default goes by the ending (Cloudflare's 'Default cache behavior').
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "png": "image/png", "svg": "image/svg+xml"}
_OTHER: Final = "application/octet-stream"


def answer(method: str, path: str, query: str, headers: Sequence[tuple[str, str]]) -> Answer:
    """What the target answers."""
    match path.split("/")[1:]:
        case ["status", number] if number.isdecimal() and 200 <= int(number[:4]) <= 599:  # noqa: PLR2004 - statuses
            return Answer(int(number), _json_head(), body=b"{}", from_target=True)
        case ["slow", seconds] if (delay := _seconds(seconds)) is not None:
            return Answer(200, _json_head(), body=_told(method, path, query, headers), delay=delay, from_target=True)
        case ["bytes", number] if number.isdecimal() and len(number) < 11 and int(number) <= MOST_BYTES:  # noqa: PLR2004 - digits
            return Answer(200, (("Content-Type", _OTHER), _SERVER), zeros=int(number), from_target=True)
        case ["static", *_, name]:
            return _static(name)
        case [".well-known", "originlock-certificate"]:
            return Answer(200, _json_head(), body=_echo(headers), from_target=True)
        case _:
            return Answer(200, _json_head(), body=_told(method, path, query, headers), from_target=True)


def _json_head() -> tuple[tuple[str, str], ...]:
    return (("Content-Type", "application/json"), ("Cache-Control", "no-store"), _SERVER)


def _told(method: str, path: str, query: str, headers: Sequence[tuple[str, str]]) -> bytes:
    joined: dict[str, str] = {}
    for name, value in headers:
        lowered = name.lower()
        joined[lowered] = f"{joined[lowered]}, {value}" if lowered in joined else value
    return msgspec.json.encode({"method": method, "path": path, "query": query, "headers": joined})


def _echo(headers: Sequence[tuple[str, str]]) -> bytes:
    """What a backend would tell that echoes the certificate which the load balancer forwards; verifies nothing."""
    given = {name.lower(): value for name, value in headers}
    pem = unquote(given.get("x-amzn-mtls-clientcert") or given.get("x-amzn-mtls-clientcert-leaf") or "")
    body = pem.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END CERTIFICATE-----")[0]
    told = hashlib.sha256(base64.b64decode("".join(body.split()))).hexdigest() if body else None
    return msgspec.json.encode({"client_certificate_sha256": told})


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= MOST_SECONDS else None


def _static(name: str) -> Answer:
    body = f"/* {name} */\n".encode()
    kind = _TYPES.get(name.rpartition(".")[2].lower(), _OTHER)
    tag = hashlib.sha256(body).hexdigest()[:16]
    head = (("Content-Type", kind), ("Cache-Control", "public, max-age=3600"), ("ETag", f'"{tag}"'), _SERVER)
    return Answer(200, head, body=body, from_target=True)
