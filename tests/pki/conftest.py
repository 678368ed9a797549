"""Authorities in a folder of their own, with keys whose passphrase is derived quickly."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from originlock.pki import keys
from originlock.pki.authorities import AuthorityFiles
from originlock.pki.keys import KeyKind

PASSPHRASE = b"correct horse battery staple"
NOW = datetime.datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=datetime.UTC)

#: As few as `cryptography` itself would take, for keys are opened a thousand times here; one test takes all.
FEW_ROUNDS = 2048

#: Every kind of key; making the larger ones takes seconds.
KINDS = [
    KeyKind.P256,
    KeyKind.RSA2048,
    pytest.param(KeyKind.RSA3072, marks=pytest.mark.long),
    pytest.param(KeyKind.RSA4096, marks=pytest.mark.long),
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys with few rounds."""
    monkeypatch.setattr(keys, "ROUNDS", FEW_ROUNDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the authorities are; not made yet."""
    return tmp_path / "state" / "ca"


@pytest.fixture
def files(folder: Path, quick: None) -> AuthorityFiles:  # noqa: ARG001  for its effect
    """The authorities, with their passphrase."""
    return AuthorityFiles(folder, lambda: PASSPHRASE)
