"""The edge and the API on loopback."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from tests.lab.cloudflare.stage import Stage, staged

from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.world_cloudflare import CloudflareClient, account


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: dt.datetime = field(default_factory=lambda: dt.datetime(2026, 11, 22, tzinfo=dt.UTC))

    def __call__(self) -> dt.datetime:
        """The time."""
        return self.time

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.time += dt.timedelta(seconds=seconds)


def _served(state: CloudflareState) -> Iterator[str]:
    server = Server(CloudflareRoom(CloudflareApi(state)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An edge on loopback with one active zone."""
    with staged() as made:
        yield made


@pytest.fixture
def stage_url(stage: Stage) -> Iterator[str]:
    """The API of the state that the edge goes by."""
    yield from _served(stage.state)


@pytest.fixture
def clock() -> Clock:
    """Cloudflare's clock."""
    return Clock()


@pytest.fixture
def url(clock: Clock) -> Iterator[str]:
    """An API alone, with a clock that stands."""
    yield from _served(CloudflareState(clock=clock))


@pytest.fixture
def ours(url: str) -> CloudflareClient:
    """An account that may do everything."""
    return account(url, "ours")
