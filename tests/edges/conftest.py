"""The lab's Cloudflare over real HTTP, with a zone and an authority of our own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.lab.cloudflare.conftest import Clock

from originlock.edges.cloudflare_account import CloudflareAccount
from originlock.facts.certificates import ders_in, sha256_of
from originlock.lab.authority import Authority, Issued, Leaf, root
from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.world_cloudflare import CloudflareClient, account, active_zone
from originlock.plan.trust_acts import UploadCertificate

ZONE = "example.org"
HOST = "www.example.org"


@dataclass
class FolderKeys:
    """The keys of what was issued, by fingerprint; counts how often each was read."""

    keys: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def private_key(self, authority: str, sha256: str) -> bytes:
        """One key."""
        assert authority == "ours"
        self.read.append(sha256)
        return self.keys[sha256].encode()


def fingerprint(pem: str) -> str:
    """Of a PEM's first certificate."""
    return sha256_of(ders_in(pem)[0])


@dataclass
class Flare:
    """A zone of the lab's Cloudflare, and an account of ours that may do everything there."""

    client: CloudflareClient
    zone: str
    clock: Clock
    keys: FolderKeys = field(default_factory=FolderKeys)
    authority: Authority = field(default_factory=lambda: root("ours"))
    paused: list[float] = field(default_factory=list)

    def account(self, *grants: str, token: str | None = None, zone: str = "") -> CloudflareAccount:
        """Our side; with grants, by a token that has only these."""
        if grants:
            token = account(self.client.url, "ours", [(each, "*") for each in grants]).token
        url = f"{self.client.url}/client/v4"
        return CloudflareAccount(url, token or self.client.token, self.keys, zone=zone, pause=self.paused.append)

    def issued(self) -> Issued:
        """A new leaf, whose key is in the folder."""
        made = self.authority.issue(Leaf("edge", ("edge.example.org",)))
        self.keys.keys[fingerprint(made.chain_pem)] = made.key_pem
        return made

    def upload(self, scope: Any = "hostname") -> UploadCertificate:  # noqa: ANN401  a literal
        """The act that uploads a new leaf."""
        return UploadCertificate(self.zone, scope, "ours", self.issued().chain_pem)

    def fault(self, kind: str, **more: object) -> None:
        """Have the API do wrong."""
        self.client.control("POST", "faults", {"kind": kind, **more})

    def set(self, **settings: object) -> None:
        """Set the lab's switches."""
        self.client.control("POST", "settings", settings)

    def asked(self, since: int = 0) -> list[tuple[str, str]]:
        """Method and path of the calls so far."""
        return [(each["method"], each["path"]) for each in self.client.control("GET", f"calls?since={since}")]


@pytest.fixture
def flare() -> Iterator[Flare]:
    """Cloudflare on loopback, on a clock that stands."""
    clock = Clock()
    server = Server(CloudflareRoom(CloudflareApi(CloudflareState(clock=clock))))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    client = account(server.url, "ours")
    yield Flare(client, active_zone(client, ZONE), clock)
    server.shutdown()
    server.server_close()
    thread.join(10)
