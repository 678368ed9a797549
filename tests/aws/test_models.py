"""Model files: what our reader gives botocore is what botocore's own reader would have given."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest

from originlock.aws.models import ModelFiles
from originlock.aws.session import Sessions
from originlock.intent.policy import Place
from originlock.lab.process import LocalAws

_DATA = Path(botocore.loaders.Loader.BUILTIN_DATA_PATH)


def _orders(value: Any) -> Iterator[list[str]]:  # noqa: ANN401  any JSON
    """The order of the members of every object in a document."""
    if isinstance(value, dict):
        yield list(value)
        for member in value.values():
            yield from _orders(member)
    elif isinstance(value, list):
        for member in value:
            yield from _orders(member)


@pytest.mark.parametrize(
    "name",
    [
        "endpoints",
        "partitions",
        "_retry",
        "sdk-default-configuration",
        "ec2/2016-11-15/service-2",
        "ec2/2016-11-15/endpoint-rule-set-1",
        "ec2/2016-11-15/paginators-1",
        "ec2/2016-11-15/paginators-1.sdk-extras",
        "service-quotas/2019-06-24/service-2",
        "sts/2011-06-15/service-2",
    ],
)
def test_a_model_is_what_botocore_itself_would_read(name: str) -> None:
    """A member lost, changed or out of order would make requests that AWS does not understand."""
    path = str(_DATA / name)
    ours, theirs = ModelFiles().load_file(path), botocore.loaders.JSONFileLoader().load_file(path)
    assert theirs is not None
    assert ours == theirs
    assert list(_orders(ours)) == list(_orders(theirs))


def test_a_file_that_is_not_there_is_none() -> None:
    """Botocore looks in several places, and takes None for `look on`."""
    assert ModelFiles().load_file("/nonexistent/service-2") is None


@pytest.mark.parametrize("packed", [False, True])
def test_what_only_python_takes_for_json_is_left_to_botocore(tmp_path: Path, *, packed: bool) -> None:
    """A person's own models must go on working as in every other program that uses botocore."""
    text = b'{"most": NaN, "name": "\\ud800"}'
    file = tmp_path / ("own.json.gz" if packed else "own.json")
    file.write_bytes(gzip.compress(text) if packed else text)
    found = ModelFiles().load_file(str(tmp_path / "own"))
    assert found["name"] == "\ud800"


def test_our_clients_are_made_of_them(aws: LocalAws, sessions: Sessions) -> None:
    """A session that went back to botocore's own reader would cost a quarter more time and memory at every start."""
    client = sessions.ec2(Place(region=aws.region))
    assert client.describe_security_groups()["SecurityGroups"]
    assert isinstance(client._loader.file_loader, ModelFiles)  # type: ignore[attr-defined]  # noqa: SLF001
