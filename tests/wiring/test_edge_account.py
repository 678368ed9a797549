"""Where the token for an edge's account comes from, and that it is never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from originlock.errors import UsageError
from originlock.intent.policy import Configuration, EdgeAccount, EdgeSettings
from originlock.wiring.edge_account import TOKEN_VARIABLE, EdgeAccountsFromEnvironment, token_for

TOKEN = "a-token-of-nobody"
SETTINGS = EdgeSettings("cloudflare", (("account_url", "http://127.0.0.1:1/client/v4"),))


def _accounts() -> EdgeAccountsFromEnvironment:
    return EdgeAccountsFromEnvironment(Configuration(edges=(SETTINGS,)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A token in a file of one's own."""
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(f"{TOKEN}\n")
    return path


def test_the_environment_has_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual way would not work."""
    monkeypatch.setenv(TOKEN_VARIABLE, f" {TOKEN}\n")
    assert token_for(EdgeAccount()) == TOKEN


def test_a_file_beats_the_environment(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Another account's token would be used for this one."""
    monkeypatch.setenv(TOKEN_VARIABLE, "another")
    assert token_for(EdgeAccount(token_file=str(file))) == TOKEN


def test_without_a_token_it_is_said_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person would not know which permissions to choose."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with pytest.raises(UsageError) as told:
        _accounts().reader("cloudflare", EdgeAccount())
    for word in ("Zone Read", "SSL and Certificates Read", "DNS Read", TOKEN_VARIABLE, "Create Custom Token"):
        assert word in told.value.remedy


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    """Everybody on the machine could change the zone."""
    file.chmod(mode)
    with pytest.raises(UsageError, match="others on this machine") as told:
        token_for(EdgeAccount(token_file=str(file)))
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
def test_a_file_of_ones_own_is_taken(file: Path, mode: int) -> None:
    """A secret that Kubernetes mounts could not be read."""
    file.chmod(mode)
    assert token_for(EdgeAccount(token_file=str(file))) == TOKEN


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff" * 20, b"x" * 5000])
def test_a_file_without_a_token_is_refused(file: Path, content: bytes) -> None:
    """Whatever stands in the file would be sent as a header."""
    file.write_bytes(content)
    with pytest.raises(UsageError, match="holds no API token"):
        token_for(EdgeAccount(token_file=str(file)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A traceback would be shown in place of the file's name."""
    with pytest.raises(UsageError, match="nowhere"):
        token_for(EdgeAccount(token_file=str(tmp_path / "nowhere")))
    with pytest.raises(UsageError, match="cannot be read"):
        token_for(EdgeAccount(token_file=str(tmp_path)))


def test_a_token_with_a_space_in_it_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines of a file would make a header of their own."""
    monkeypatch.setenv(TOKEN_VARIABLE, f"{TOKEN}\nX-Evil: 1")
    with pytest.raises(UsageError) as told:
        _accounts().reader("cloudflare", EdgeAccount())
    assert TOKEN not in str(told.value) + told.value.remedy


def test_each_account_is_made_once(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Two objects for one zone would change it at the same time."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    accounts = _accounts()
    first = accounts.reader("cloudflare", EdgeAccount())
    assert accounts.performer("cloudflare", EdgeAccount()) is first
    assert accounts.reader("cloudflare", EdgeAccount(token_file=str(file))) is not first
    assert TOKEN not in repr(first)


def test_an_edge_without_accounts_says_so() -> None:
    """A KeyError would be shown."""
    with pytest.raises(UsageError, match="nothing is known"):
        _accounts().reader("none", EdgeAccount())


def test_the_process_keeps_its_environment() -> None:
    """The token would be taken away from others who need it."""
    before = dict(os.environ)
    with pytest.raises(UsageError):
        token_for(EdgeAccount(token_file="/nowhere"))
    assert dict(os.environ) == before
