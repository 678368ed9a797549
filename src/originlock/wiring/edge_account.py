"""Accounts at edges, from the environment or a file to the adapter.

Lives here: the token, and making adapters. Must not live here: deciding anything with them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from originlock.edges.cloudflare_account import CloudflareAccount
from originlock.errors import UsageError
from originlock.intent.policy import Configuration, EdgeAccount
from originlock.ports.reading import EdgeAccountReader
from originlock.ports.writing import Keys

VARIABLE: Final = "CLOUDFLARE_API_TOKEN"
_LONGEST: Final = 4096
_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class EdgeAccountsFromEnvironment:
    """Readers and performers of accounts, made when they are needed."""

    def __init__(self, configuration: Configuration, keys: Keys) -> None:
        self._configuration = configuration
        self._keys = keys
        self._made: dict[tuple[str, EdgeAccount], CloudflareAccount] = {}

    def reader(self, edge: str, account: EdgeAccount) -> EdgeAccountReader:
        """The reader of that account."""
        return self.performer(edge, account)

    def performer(self, edge: str, account: EdgeAccount) -> CloudflareAccount:
        """Who performs there."""
        key = edge, account
        if key not in self._made:
            settings = self._configuration.edge(edge)
            if settings is None:
                message = f"nothing is known of an account at {edge}"
                raise UsageError(message, "leave edge_account out")
            url = settings.url("account_url")
            self._made[key] = CloudflareAccount(url, _token(account), self._keys, zone=account.zone)
        return self._made[key]


def _token(account: EdgeAccount) -> str:
    if account.token_file:
        return _from_file(Path(account.token_file))
    token = os.environ.get(VARIABLE, "")
    if not token:
        message = "there is no API token of the edge"
        raise UsageError(message, f"set {VARIABLE}, or name a token_file; docs/cloudflare-token.md says what it needs")
    return token


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LONGEST + 1)
    except OSError as error:
        message = f"the token's file {path} cannot be read: {error.strerror}"
        raise UsageError(message, "name another token_file") from error
    if mode & _FOR_OTHERS:
        message = f"the token's file {path} may be read by others"
        raise UsageError(message, f"chmod 600 {path}")
    return data.decode("utf-8", "replace").strip()
