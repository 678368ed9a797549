"""Fixtures: the lab with its packet filters, and a stage in it for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.story.identity import PASSPHRASE, Guarded
from tests.story.stage import Stage

from originlock.lab.folder import Folder
from originlock.lab.namespaces import why_none
from originlock.lab.running import RunningLab, lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab that runs as long as the worker; skipped where packets cannot be filtered, which says why.

    It ends with this process, however that ends.
    """
    why = why_none()
    if why is not None:
        pytest.skip(f"no packet filters here: {why}")
    with lab(Folder(tmp_path_factory.mktemp("lab"))) as made:
        yield made


@pytest.fixture
def stage(running: RunningLab, tmp_path: Path) -> Iterator[Stage]:
    """What a story plays on: an AWS that holds nothing yet, a publisher of lists, a state directory of its own."""
    with Stage.of(running, tmp_path) as made:
        yield made


@pytest.fixture
def guarded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """A site whose listener is to ask for the edge's certificate, with an authority of its own."""
    # For every command of the test; never in a command line.
    monkeypatch.setenv("ORIGINLOCK_CA_PASSPHRASE", PASSPHRASE)
    return Guarded.of(stage)
