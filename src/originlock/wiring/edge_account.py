"""Accounts at edges: a token from the environment or a file, and what reads and changes with it.

Lives here: finding the token without showing it, one account for each. Must not live here: what is asked there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from originlock.edges.cloudflare_calls import READING, ZONE_ADD, ApiCall, permissions_for
from originlock.errors import UsageError
from originlock.intent.policy import Configuration, EdgeAccount, EdgeSettings
from originlock.wiring.secrets import Words, from_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from originlock.app.zone_add import Question, ZonePorts
    from originlock.edges.cloudflare_account import CloudflareAccount
    from originlock.edges.dns_query import NameServer
    from originlock.facts.dns import NamedRecord
    from originlock.facts.unknown import Unknown
    from originlock.ports.reading import Talk
    from originlock.ports.writing import Keys

TOKEN_VARIABLE: Final = "CLOUDFLARE_API_TOKEN"  # noqa: S105  a variable's name, as Cloudflare's own tools have it

TOKEN_FILE_VARIABLE: Final = "CLOUDFLARE_API_TOKEN_FILE"  # noqa: S105  ditto
"""Names a file with the token, as a service is given its secrets (systemd.exec(5), LoadCredential=)."""

_CLOUDFLARE: Final = "cloudflare"


def _how(calls: tuple[ApiCall, ...], file: str, more: str = "") -> str:
    needed = ", ".join(permissions_for(calls))
    return (
        "make one in Cloudflare's dashboard (My Profile, API Tokens, Create Custom Token) and give it in "
        f"{TOKEN_VARIABLE}, or as a file by {file}; it takes {needed}{more}"
    )


_HOW: Final = _how(READING, "edge_account.token_file", "; `originlock iam-policy` prints what changes need")
_HOW_TO_ADD: Final = _how(ZONE_ADD, "--token-file")
_WORDS: Final = Words("the API token", "no API token", "edge_account.token_file", _HOW, "make a new token")


class EdgeAccountsFromEnvironment:
    """The accounts at edges, each made once."""

    def __init__(self, configuration: Configuration, keys: Keys | None = None) -> None:
        """Remember where to look.

        Args:
            configuration: says where each edge's API is.
            keys: where private keys are; None where nothing is uploaded.
        """
        self._configuration = configuration
        self._keys = keys
        self._made: dict[tuple[str, EdgeAccount], CloudflareAccount] = {}

    def reader(self, edge: str, account: EdgeAccount) -> CloudflareAccount:
        """The reader of an account.

        Raises:
            UsageError: there is no token for it, or the edge has no accounts that are known.
        """
        return self._account(edge, account)

    def performer(self, edge: str, account: EdgeAccount) -> CloudflareAccount:
        """What does acts there (`performed`); acts on one zone wait for each other.

        Raises:
            UsageError: as `reader` has it.
        """
        return self._account(edge, account)

    def _account(self, edge: str, account: EdgeAccount) -> CloudflareAccount:
        if (edge, account) not in self._made:
            from originlock.edges.cloudflare_account import CloudflareAccount  # noqa: PLC0415  HTTP, when it is needed

            url = _settings(self._configuration, edge).url("account_url")
            self._made[edge, account] = CloudflareAccount(url, token_for(account), self._keys, zone=account.zone)
        return self._made[edge, account]


class DnsNameServers:
    """Name servers, asked directly."""

    def answers(
        self, servers: tuple[str, ...], questions: tuple[Question, ...]
    ) -> Mapping[Question, tuple[NamedRecord, ...]] | Unknown:
        """The records of those very names, by question; Unknown if no server answers."""
        from originlock.edges.dns_query import answers  # noqa: PLC0415  ditto

        return answers((name_server(each) for each in servers), questions)


def name_server(said: str) -> NameServer:
    """A name server as a person writes it: a name or an address, with a port or without; IPv6 with one in brackets."""
    from originlock.edges.dns_query import NameServer  # noqa: PLC0415  ditto

    if said.startswith("["):
        host, _, port = said[1:].partition("]")
        return NameServer(host, int(port[1:])) if port else NameServer(host)
    host, colon, port = said.partition(":")
    return NameServer(host, int(port)) if colon and ":" not in port else NameServer(said)


def zone_ports(configuration: Configuration, token_file: str, talk: Talk) -> ZonePorts:
    """What adding a zone asks of the outside.

    Raises:
        UsageError: there is no token.
    """
    from originlock.app.zone_add import ZonePorts  # noqa: PLC0415  ditto
    from originlock.edges.cloudflare_zones import CloudflareZones  # noqa: PLC0415  ditto
    from originlock.wiring.desk import SystemClock  # noqa: PLC0415  ditto

    token = token_for(EdgeAccount(token_file=token_file), _HOW_TO_ADD)
    zones = CloudflareZones(_settings(configuration, _CLOUDFLARE).url("account_url"), token)
    return ZonePorts(zones, DnsNameServers(), SystemClock(), talk)


def _settings(configuration: Configuration, edge: str) -> EdgeSettings:
    settings = configuration.edge(edge)
    if edge != _CLOUDFLARE or settings is None:
        message = f"nothing is known of accounts at the edge {edge!r}"
        raise UsageError(message, "leave out edge_account and identity for it")
    return settings


def token_for(account: EdgeAccount, how: str = _HOW) -> str:
    """The token of an account: from its file if it names one, else from the file or the text that the environment has.

    Raises:
        UsageError: there is none, or the file is not safe; the message never tells the token.
    """
    words = msgspec.structs.replace(_WORDS, how=how)
    if account.token_file:
        return from_file(Path(account.token_file), words)
    named = os.environ.get(TOKEN_FILE_VARIABLE)
    if named:
        return from_file(Path(named), words)
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        message = "there is no API token for Cloudflare"
        raise UsageError(message, how)
    return token
