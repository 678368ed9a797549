"""The schema and decoding know the same keys, with the same defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own

from originlock.facts.edge import EdgeDescription
from originlock.intent.decode import decode
from originlock.intent.schema import json_schema


def leaves(schema: Mapping[str, object], path: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each key of the schema that holds a value, by its path; a name of the person's choice is ``*``."""
    properties, each, items = (schema.get(key) for key in ("properties", "additionalProperties", "items"))
    if isinstance(properties, Mapping):
        for name, inner in properties.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(each, Mapping):
        yield from leaves(each, f"{path}.*")
    elif isinstance(items, Mapping) and items.get("type") == "object":
        yield from leaves(items, f"{path}[]")
    else:
        yield path, schema


def general(path: str) -> str:
    """A path of a setting, with names and numbers of the person's choice left out."""
    path = re.sub(r"^(origins|notify)\.[a-z-]+", r"\1.*", path)
    return re.sub(r"\.tags\..*", ".tags.*", re.sub(r"\[[0-9]+\]", "[]", path))


def test_the_schema_is_one(edges: Sequence[EdgeDescription]) -> None:
    """Editors take it as it is: JSON, and JSON Schema 2020-12."""
    schema = json_schema(edges)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_decoding_reads_each_key_of_the_schema(
    full_document: dict[str, object], edges: Sequence[EdgeDescription]
) -> None:
    """A key in the table that decoding never asks for would be accepted and then ignored."""
    decoded = {general(setting.path) for setting in decode(full_document, {}, edges).sources}
    assert decoded == {path for path, _ in leaves(json_schema(edges))}


def test_the_schema_tells_the_defaults(edges: Sequence[EdgeDescription]) -> None:
    """The default that an editor shows is the one that decoding uses."""
    document = {"origins": {"blog": {"security_groups": ["sg-0123456789abcdef0"]}}}
    settings = {general(setting.path): setting for setting in decode(document, {}, edges).sources}
    for path, schema in leaves(json_schema(edges)):
        setting = settings.get(path)
        if setting is not None and setting.source == "default":
            told = schema.get("default")
            assert (tuple(told) if isinstance(told, list) else told) == setting.value, path


def test_every_key_is_described(edges: Sequence[EdgeDescription]) -> None:
    """The reference of the configuration is made from these descriptions."""
    for path, schema in leaves(json_schema(edges)):
        if not path.endswith(".tags.*"):
            assert str(schema["description"]).endswith("."), path


def test_the_schema_accepts_what_decoding_accepts(
    full_document: dict[str, object], edges: Sequence[EdgeDescription]
) -> None:
    """An editor marks nothing in a right configuration."""
    validator = Draft202012Validator(json_schema(edges))
    as_json = json.loads(json.dumps(full_document, default=str))
    assert list(validator.iter_errors(as_json)) == []
    assert validator.is_valid({})
    assert validator.is_valid({"origins": {"blog": {"tags": {"a": "v" * 256}}}})
    assert not validator.is_valid({"origins": {"blog": {"tags": {"a": "v" * 257}}}})


@pytest.mark.parametrize("path", ["", "origins.blog", "origins.blog.network", "edges", "edges.narrow", "limits", "run"])
def test_no_table_takes_unknown_keys(
    path: str, full_document: dict[str, object], edges: Sequence[EdgeDescription]
) -> None:
    """A misspelt key is seen while it is written."""
    document = json.loads(json.dumps(full_document, default=str))
    table = document
    for part in filter(None, path.split(".")):
        table = table[part]
    table["surprise"] = 1
    assert not Draft202012Validator(json_schema(edges)).is_valid(document)
