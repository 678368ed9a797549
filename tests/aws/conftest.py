"""Fixtures: a local AWS for each test worker, and our own readers and performers pointed at it."""

from __future__ import annotations

from typing import Any

import pytest

from originlock.aws.session import Sessions
from originlock.lab.process import AwsClient, LocalAws


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


@pytest.fixture
def sessions(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """Our own sessions, which find the local AWS by boto3's own chain; one try of each call."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return Sessions()
