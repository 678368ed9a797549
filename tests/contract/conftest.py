"""Each statement in each place, with a source, and what it made taken away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.contract.places import MOTO, Client, Place, clients_at, names

from originlock.lab.process import LocalAws


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each statement in each place of this run."""
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place_name", names(), scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A statement without a source is an opinion; and they all start the local world."""
    for item in items:
        if "tests/contract/" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.lab)
        if "place" in getattr(item, "fixturenames", ()) and item.get_closest_marker("source") is None:
            message = f"{item.nodeid} has no source"
            raise pytest.UsageError(message)


@pytest.fixture(scope="session")
def _clients() -> dict[str, Any]:
    return {}


@pytest.fixture
def place(request: pytest.FixtureRequest, place_name: str, _clients: dict[str, Any]) -> Iterator[Place]:
    """Where the statement is tried; empty where all is made up."""
    only = request.node.get_closest_marker("lab_only")
    if place_name == "aws" and only is not None:
        pytest.skip(f"of the lab alone: {only.args[0]}")
    made = Place(place_name, _clients_of(place_name, request, _clients))
    yield made
    made.clean()


def _clients_of(place_name: str, request: pytest.FixtureRequest, held: dict[str, Any]) -> Client:
    address = None
    if place_name == "moto":
        address = os.environ[MOTO]
    elif place_name == "lab":
        aws: LocalAws = request.getfixturevalue("running_aws")
        aws.reset()
        address = aws.url
    if place_name not in held:
        held[place_name] = clients_at(address)
    return held[place_name]
