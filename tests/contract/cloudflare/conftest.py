"""What the contract is held against: the lab always, and Cloudflare itself where somebody consents.

With ORIGINLOCK_CONTRACT_CLOUDFLARE=1, ORIGINLOCK_CONTRACT_ZONE (the name of a zone that is for tests alone),
CLOUDFLARE_API_TOKEN, and the words of consent, every statement is also tried on the real API: records and certificates
whose names begin with `originlock-contract` are made in that zone and deleted. With ORIGINLOCK_CONTRACT_HOSTNAME, a
proxied host of that zone, the edge's statements are tried on it too.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection

import pytest

from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.world_cloudflare import CloudflareClient, CloudflareRefusalError, account, active_zone

#: Names of all that is made in a real zone begin so.
MARK = "originlock-contract"

#: Said once for all real services.
CONSENT = "ORIGINLOCK_CONTRACT_CONSENT"
WORDS = "I pay for what these tests make"

REAL = "https://api.cloudflare.com"

#: Deployment takes minutes at Cloudflare.
DEPLOYMENT_SECONDS = 900.0


@dataclass(frozen=True)
class Subject:
    """A Cloudflare, an account in it, and a zone of the account."""

    client: CloudflareClient
    zone_id: str
    zone: str
    is_real: bool

    def refusal(self, method: str, path: str, body: object = None) -> CloudflareRefusalError:
        """The error that a call is answered with."""
        with pytest.raises(CloudflareRefusalError) as refused:
            self.client.call(method, path, body)
        return refused.value

    def eventually(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; in the lab it holds at once."""
        deadline = time.monotonic() + (DEPLOYMENT_SECONDS if self.is_real else 0)
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(5)

    def removed(self, path: str) -> None:
        """Delete something as soon as that is possible: what is being deployed cannot be deleted yet (1434)."""

        def tried() -> bool:
            try:
                self.client.call("DELETE", path)
            except CloudflareRefusalError as refusal:
                if not set(refusal.codes) & {1433, 1434}:
                    raise
                return False
            return True

        self.eventually(tried)

    def got(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """A plain GET, without a token unless it is among the headers."""
        return got(f"{self.client.url}{path}", None, headers)


def got(
    url: str, context: ssl.SSLContext | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """A plain GET: status, headers in lower case, body."""
    parts = urllib.parse.urlsplit(url)
    made = HTTPSConnection(parts.netloc, timeout=60, context=context) if parts.scheme == "https" else None
    connection: HTTPConnection = made or HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path or "/", headers=dict(headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def consented() -> bool:
    """Whether the real API is to be asked.

    Raises:
        pytest.UsageError: it is, but something that it needs is missing.
    """
    if os.environ.get("ORIGINLOCK_CONTRACT_CLOUDFLARE") != "1":
        return False
    if os.environ.get(CONSENT) != WORDS:
        message = f"the tests make records and certificates in your zone; set {CONSENT}={WORDS!r} if you mean it"
        raise pytest.UsageError(message)
    missing = [name for name in ("ORIGINLOCK_CONTRACT_ZONE", "CLOUDFLARE_API_TOKEN") if not os.environ.get(name)]
    if missing:
        message = f"{' and '.join(missing)} must be set"
        raise pytest.UsageError(message)
    return True


def _real() -> Subject:
    zone = os.environ["ORIGINLOCK_CONTRACT_ZONE"]
    client = CloudflareClient(REAL, os.environ["CLOUDFLARE_API_TOKEN"])
    found = client.call("GET", f"zones?name={zone}")[0]
    client = CloudflareClient(REAL, client.token, found["account"]["id"])
    return Subject(client, found["id"], zone, is_real=True)


@pytest.fixture(params=["lab", "real"] if consented() else ["lab"])
def cloudflare(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """The lab's Cloudflare, new for each statement; then the real one, if it may be asked."""
    if request.param == "real":
        yield _real()
        return
    server = Server(CloudflareRoom(CloudflareApi(CloudflareState())))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    client = account(server.url, "contract")
    yield Subject(client, active_zone(client, "contract.example"), "contract.example", is_real=False)
    server.shutdown()
    server.server_close()
    thread.join(10)
