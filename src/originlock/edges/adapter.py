"""What an edge's own module gives: its description, its forms, and what a document of a form is.

Lives here: the shape that every edge has. Must not live here: any one edge, HTTP, any judgement of a list.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from originlock.facts.edge import EdgeDescription, FormReading


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


Decoder = Callable[[str, tuple[Document, ...]], FormReading]
"""From the name of a form and its documents, in the order of its keys, to what they say; it never raises."""


class Form(msgspec.Struct, frozen=True):
    """One form in which an edge publishes its list.

    Attributes:
        name: such as ``json``.
        keys: the settings that hold the URLs of its documents.
        decode: how its documents are understood.
    """

    name: str
    keys: tuple[str, ...]
    decode: Decoder


class EdgeAdapter(msgspec.Struct, frozen=True):
    """An edge: what the house knows of it, and how it is read."""

    description: EdgeDescription
    forms: tuple[Form, ...]
