"""Fixtures: a plane on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.lab.plane.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A plane that serves nothing yet."""
    made = Stage()
    yield made
    made.close()
