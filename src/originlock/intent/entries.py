"""What a table of keys is made of: keys, sections, lists of tables, tables under names of the person's own.

Lives here: the shapes. Must not live here: any key by name (see `keys`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic

import msgspec

from originlock.intent.kinds import Kind, T_co


class Key(msgspec.Struct, Generic[T_co], frozen=True):
    """A key with one value or a list of values.

    Attributes:
        default: the value where the key is not given.
        required: whether the key must be given; the default then only stands in for a wrong value.
        secret: whether it is a URL of which no more than the host may be shown.
    """

    name: str
    kind: Kind[T_co]
    description: str
    default: T_co
    required: bool = False
    secret: bool = False


class Pairs(msgspec.Struct, frozen=True):
    """A table of the person's own keys, each with a text."""

    name: str
    description: str
    keys: Kind[str]
    values: Kind[str]


class Section(msgspec.Struct, frozen=True):
    """A table of known keys.

    Attributes:
        rules: what JSON Schema is to say of the keys together.
        not_yet: keys that are not known here, with what to do instead.
    """

    name: str
    description: str
    entries: tuple[Entry, ...]
    rules: Mapping[str, object] = {}
    not_yet: tuple[tuple[str, str], ...] = ()


class Several(msgspec.Struct, frozen=True):
    """A list of tables."""

    name: str
    each: Section


class Named(msgspec.Struct, frozen=True):
    """A table of tables, under names that the person chooses."""

    name: str
    description: str
    names: Kind[str]
    each: Section


Entry = Key[object] | Pairs | Section | Several | Named
