"""What an edge's own module gives: its description, and its forms.

Lives here: the shape that every edge has. Must not live here: any one edge, HTTP, any judgement of a list.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from originlock.facts.edge import EdgeDescription, FormReading
from originlock.web.documents import Document, NoDocument

__all__ = ["Decoder", "Document", "EdgeAdapter", "Form", "NoDocument"]


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
