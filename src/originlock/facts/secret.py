"""What must not be shown: texts that hide themselves, URLs of which the host alone is told, and words without secrets.

Lives here: hiding. Must not live here: where a secret comes from (see `originlock.wiring.secrets`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

import msgspec

_PUT_INSTEAD: Final = "(hidden)"

_SHORTEST: Final = 4
"""Characters of the shortest part that is looked for (our choice): less would take words apart and hide nothing."""


class Hidden(msgspec.Struct, frozen=True):
    """A text that is used and never shown."""

    text: str

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Hidden(...)"

    __str__ = __repr__


def host_alone(url: str) -> str:
    """A URL as it may be shown: scheme, host and port; what follows is as good as a password with many services."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _PUT_INSTEAD
    if not parts.scheme or not host:
        return _PUT_INSTEAD
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}/..."


def without(text: str, hidden: Iterable[Hidden]) -> str:
    """A text in which no secret stands, neither as it is nor as URLs, JSON, Python and base64 write it."""
    forms = {form for each in hidden for form in _forms(each.text) if len(form) >= _SHORTEST}
    # The longest first: of two that overlap, the rest of the longer would be left.
    for form in sorted(forms, key=lambda each: (-len(each), each)):
        text = text.replace(form, _PUT_INSTEAD)
    return text


def _forms(secret: str) -> Iterable[str]:
    plain = {secret, *_of_url(secret)}
    for each in plain:
        yield from (each, quote(each), quote(each, safe=""), quote_plus(each), ascii(each)[1:-1])
        yield json.dumps(each)[1:-1]
        yield base64.b64encode(each.encode(errors="replace")).decode().rstrip("=")


def _of_url(secret: str) -> Iterable[str]:
    """What of a URL is secret by itself: its path with what follows, and who it is for."""
    try:
        parts = urlsplit(secret)
    except ValueError:
        return ()
    if not parts.scheme or not parts.netloc:
        return ()
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return tuple(each for each in (path, parts.path, parts.query, parts.username, parts.password) if each)
