"""Fixtures: a local AWS and a publisher of lists for each test worker, and the product in a place of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.product import Product

from originlock.lab.lists import ListServer
from originlock.lab.process import AwsClient, LocalAws


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder: they run the product as a process."""
    for item in items:
        if "tests/cli/" in item.nodeid:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def running_client(running_aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """An EC2 client, made once, as that is slow."""
    return running_aws.client("ec2")


@pytest.fixture
def aws(running_aws: LocalAws) -> LocalAws:
    """The local AWS as new."""
    running_aws.reset()
    return running_aws


@pytest.fixture
def ec2(aws: LocalAws, running_client: AwsClient) -> AwsClient:
    """An EC2 client of a new AWS."""
    assert aws.state().calls == 0
    return running_client


@pytest.fixture(scope="session")
def running_balancing(running_aws: LocalAws) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """A client of load balancing, made once, as that is slow."""
    return running_aws.client("elbv2")


@pytest.fixture
def elbv2(aws: LocalAws, running_balancing: AwsClient) -> AwsClient:
    """A load balancing client of a new AWS."""
    assert aws.state().calls == 0
    return running_balancing


@pytest.fixture(scope="session")
def running_lists() -> Iterator[ListServer]:
    """A publisher of lists that runs as long as the worker."""
    with ListServer() as server:
        yield server


@pytest.fixture
def lists(running_lists: ListServer) -> ListServer:
    """The publisher, with the edge's real lists."""
    running_lists.publish()
    return running_lists


@pytest.fixture
def product(aws: LocalAws, lists: ListServer, tmp_path: Path) -> Product:
    """The product, pointed at the local AWS and the local lists."""
    return Product(tmp_path, {**aws.environment, **lists.urls})


@pytest.fixture
def offline(tmp_path: Path) -> Product:
    """The product where neither AWS nor the lists can be reached: what fails early must not need them."""
    nowhere = "http://127.0.0.1:1"
    return Product(
        tmp_path,
        {
            "AWS_ENDPOINT_URL": nowhere,
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL": f"{nowhere}/client/v4/ips",
            "ORIGINLOCK_EDGES_CLOUDFLARE_IPV4_URL": f"{nowhere}/ips-v4",
            "ORIGINLOCK_EDGES_CLOUDFLARE_IPV6_URL": f"{nowhere}/ips-v6",
        },
    )
