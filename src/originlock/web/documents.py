"""What a URL answered, or why nothing usable came.

Lives here: the two outcomes of a reading. Must not live here: HTTP (see `transport`), what a document means.
"""

from __future__ import annotations

import msgspec


class Document(msgspec.Struct, frozen=True):
    """What a URL answered with status 200: the whole body, as far as the transport can tell.

    Attributes:
        url: what was asked for, before any redirect.
        body: the bytes, without any transfer or content encoding.
        content_type: the header as it was sent, or empty.
        length_declared: whether the answer said how long the body is, so that a cut would have been seen.
    """

    url: str
    body: bytes
    content_type: str = ""
    length_declared: bool = True


class NoDocument(msgspec.Struct, frozen=True):
    """A URL that could not be read.

    Attributes:
        guard: ``fetch``, ``cut-short``, ``too-large`` or ``timeout``.
        reason: the same in plain words, naming the URL and what came.
        status: of the answer, where that is why; 0 otherwise.
    """

    guard: str
    reason: str
    status: int = 0
