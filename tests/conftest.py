"""What all tests need of the process that they run in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from originlock.lab.process import LocalAws

# A change is judged by the same examples each time it is tried; the long run looks for new ones.
settings.register_profile("steady", derandomize=True)
settings.register_profile("searching", derandomize=False)
settings.load_profile("searching" if os.environ.get("ORIGINLOCK_TEST_LONG") else "steady")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Let children be interrupted, even where this run is a background job, whose children would ignore SIGINT."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def running_aws() -> Iterator[LocalAws]:
    """A local AWS that runs as long as the worker; whoever uses it makes it as new."""
    with LocalAws() as aws:
        yield aws


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories first: at the end one worker would play the last of them, and the others would have nothing to do."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/story/"))
