"""Fixtures: a local AWS for each test worker, new for each test, and a publisher of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from originlock.lab.lists import ListServer
from originlock.lab.process import AwsClient, LocalAws

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder: they start the local world."""
    for item in items:
        if "tests/lab/" in item.nodeid:
            item.add_marker(pytest.mark.lab)


@pytest.fixture
def aws(running_aws: LocalAws) -> LocalAws:
    """The local AWS as new."""
    running_aws.reset()
    return running_aws


@pytest.fixture(scope="session")
def _clients(running_aws: LocalAws) -> dict[str, Any]:
    """Clients that do not retry, so that a test sees each answer; made once, as that is slow."""
    return {service: running_aws.client(service, attempts=1) for service in ("ec2", "elbv2", "service-quotas")}


@pytest.fixture
def ec2(aws: LocalAws, _clients: dict[str, Any]) -> AwsClient:
    """An EC2 client of a new AWS."""
    assert aws.state().calls == 0
    return _clients["ec2"]


@pytest.fixture
def elbv2(aws: LocalAws, _clients: dict[str, Any]) -> AwsClient:
    """A load balancing client of a new AWS."""
    assert aws.state().calls == 0
    return _clients["elbv2"]


@pytest.fixture
def quotas(aws: LocalAws, _clients: dict[str, Any]) -> AwsClient:
    """A service quotas client of a new AWS."""
    assert aws.state().calls == 0
    return _clients["service-quotas"]


@pytest.fixture
def lists() -> Iterator[ListServer]:
    """A publisher of Cloudflare's lists."""
    with ListServer() as server:
        yield server
