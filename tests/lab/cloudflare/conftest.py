"""The edge and the API on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.lab.cloudflare.stage import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An edge on loopback with one active zone."""
    with staged() as made:
        yield made
