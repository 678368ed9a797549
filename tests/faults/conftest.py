"""Fixtures: a local AWS and a publisher for each test worker, as new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.scenarios import Stage

from originlock.lab.lists import ListServer
from originlock.lab.process import AwsClient, LocalAws

pytest.register_assert_rewrite("tests.faults.checks")


@pytest.fixture(scope="session")
def running_lists() -> Iterator[ListServer]:
    """A publisher that runs as long as the worker."""
    with ListServer() as lists:
        yield lists


@pytest.fixture(scope="session")
def ec2(running_aws: LocalAws) -> AwsClient:
    """A client for making worlds."""
    return running_aws.client("ec2")


@pytest.fixture
def stage(running_aws: LocalAws, running_lists: ListServer, ec2: AwsClient, tmp_path: Path) -> Stage:
    """An empty world and an empty folder."""
    running_aws.reset()
    running_lists.publish()
    return Stage(running_aws, ec2, running_lists, tmp_path)
