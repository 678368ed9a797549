"""`zone add` as a person meets it: a process, the lab's Cloudflare, an old name server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.product import Product
from tests.edges.old_name_server import OldNameServer, name_server

from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.world_cloudflare import CloudflareClient, account

NAME = "example.net"
ZONE_FILE = "@ 300 IN A 192.0.2.1\nmail 300 IN A 192.0.2.2\nodd 300 IN A 192.0.2.3\n"
CONFIGURATION = f'[origins.blog]\nsecurity_groups = ["sg-0123456789abcdef0"]\nhostnames = ["odd.{NAME}"]\n'


@pytest.fixture
def cloudflare() -> Iterator[CloudflareClient]:
    """An account of the lab's Cloudflare."""
    server = Server(CloudflareRoom(CloudflareApi(CloudflareState())))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    client = account(server.url, "ours")
    client.control(
        "POST", "findable", {"name": NAME, "records": [{"type": "A", "name": NAME, "content": "192.0.2.1", "ttl": 1}]}
    )
    yield client
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def old() -> Iterator[OldNameServer]:
    """The name server that the domain has."""
    with name_server(ZONE_FILE) as server:
        yield server


@pytest.fixture
def ours(offline: Product, cloudflare: CloudflareClient) -> Product:
    """The product with a token and nothing else."""
    return offline.with_variables(
        ORIGINLOCK_EDGES_CLOUDFLARE_ACCOUNT_URL=f"{cloudflare.url}/client/v4", CLOUDFLARE_API_TOKEN=cloudflare.token
    )


def test_a_domain_is_added_and_added_again(ours: Product, cloudflare: CloudflareClient, old: OldNameServer) -> None:
    """The way to the edge would begin in the dashboard, and end with lost mail."""
    ours.write("originlock.toml", CONFIGURATION)
    ended = ours.run("zone", "add", NAME.upper() + ".", "--old-name-server", old.address)
    assert ended.code == 3, ended.said
    for said in ("was made and is pending", "mail.example.net", "odd.example.net", ".ns.cloudflare.com", "DNSSEC"):
        assert said in ended.out
    assert cloudflare.token not in ended.said
    cloudflare.control("POST", "zone", {"name": NAME, "delegated": True})
    cloudflare.control("POST", "settings", {"activation_check_seconds": 0})
    again = ours.run("zone", "add", NAME, "--old-name-server", old.address, "--wait", "30", "-o", "json")
    assert again.code == 0, again.said
    data = again.json
    assert (data["created"], data["zone"]["status"], data["records"]) == (False, "active", 1)
    assert [each["name"] for each in data["missed"]] == ["mail.example.net", "odd.example.net"]


def test_the_token_can_be_in_a_file(
    ours: Product, cloudflare: CloudflareClient, old: OldNameServer, tmp_path: Path
) -> None:
    """It would have to be in an environment that every child inherits."""
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(cloudflare.token)
    product = ours.with_variables(CLOUDFLARE_API_TOKEN=None)
    arguments = ("zone", "add", NAME, "--old-name-server", old.address, "--token-file", str(path))
    assert product.run(*arguments).code == 3
    path.chmod(0o644)
    refused = product.run(*arguments)
    assert refused.code == 2
    assert f"chmod 600 {path}" in refused.err
    assert cloudflare.token not in refused.said


def test_without_a_token_it_is_said_what_it_needs(ours: Product) -> None:
    """A person would see a refusal of the API."""
    ended = ours.with_variables(CLOUDFLARE_API_TOKEN=None).run("zone", "add", NAME)
    assert ended.code == 2
    for said in ("Zone Write", "DNS Write", "CLOUDFLARE_API_TOKEN"):
        assert said in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("not a name",),
        ("localhost",),
        ("-x.example",),
        (NAME, "--account", "a/b"),
        (NAME, "--old-name-server", "a b"),
        (NAME, "--old-name-server", "127.0.0.1:99999"),
        (NAME, "--wait", "-1"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    ours: Product, cloudflare: CloudflareClient, arguments: tuple[str, ...]
) -> None:
    """It would reach the API, or a traceback the person."""
    ended = ours.run("zone", "add", *arguments)
    assert ended.code == 2, ended.said
    assert "Traceback" not in ended.said
    assert not cloudflare.control("GET", "calls")


def test_a_refusal_ends_with_what_to_do(ours: Product, cloudflare: CloudflareClient) -> None:
    """Three lines and an exit code, not a code of the API alone."""
    weak = account(cloudflare.url, "ours", [("DNS Write", "*")]).token
    ended = ours.with_variables(CLOUDFLARE_API_TOKEN=weak).run("zone", "add", NAME)
    assert ended.code == 1
    assert '"Zone Read"' in ended.err
    assert "docs/cloudflare-token.md" in ended.err
