"""Fixtures: the lab's network with its packet filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.lab.network.thin_air import IPV4, IPV6

from originlock.lab.folder import Folder
from originlock.lab.namespaces import why_none
from originlock.lab.network import NamespaceGround
from originlock.lab.packet_filter import PacketFilter
from originlock.lab.running import RunningLab, lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A lab that runs as long as the worker, and goes down with it however that ends."""
    with lab(Folder(tmp_path_factory.mktemp("lab"))) as made:
        yield made


@pytest.fixture
def ground() -> Iterator[NamespaceGround]:
    """The lab's network, new; skipped where it cannot be had, which says why."""
    why = why_none()
    if why is not None:
        pytest.skip(f"no packet filters here: {why}")
    with NamespaceGround() as made:
        made.give_balancers([IPV4, IPV6])
        yield made


@pytest.fixture
def guard(ground: NamespaceGround) -> PacketFilter:
    """The origin's packet filter, which lets in nobody yet."""
    return PacketFilter(ground)
