"""Keys that cannot be opened: an `apply` that gives one to the edge is refused before it changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.groups import Watched
from tests.cli.guarded import Guarded, cloudflare_served, written
from tests.cli.product import Product

from originlock.lab.lists import ListServer
from originlock.lab.process import LocalAws

WRONG = "another passphrase, and a wrong one"


@pytest.fixture
def guarded(aws: LocalAws) -> Iterator[Guarded]:
    """Both clouds anew."""
    with cloudflare_served() as url:
        yield Guarded.of(aws, url)


@pytest.fixture
def owner(guarded: Guarded, lists: ListServer, tmp_path: Path) -> Product:
    """The product, with an authority and a certificate for the edge."""
    made = Product(tmp_path, {**guarded.aws.environment, **lists.urls, **guarded.variables()})
    for arguments in (("ca", "init", "shop"), ("ca", "issue", "shop", "edge")):
        assert made.run(*arguments).code == 0
    written(tmp_path, 'echo = "/certificate"')
    return made


@pytest.mark.parametrize(
    "passphrase, said", [(None, "a passphrase is needed"), (WRONG, "passphrase does not open")], ids=["none", "wrong"]
)
def test_without_the_passphrase_nothing_is_begun(
    guarded: Guarded, owner: Product, passphrase: str | None, said: str
) -> None:
    """The upload would fail in the middle, with a bucket and a store made already; a plan needs no passphrase."""
    other = owner.with_variables(ORIGINLOCK_CA_PASSPHRASE=passphrase)
    assert other.run("plan").code == 3
    watched = Watched(guarded.aws)
    ended = other.run("apply", "--yes", "--no-prove")
    assert ended.code == 4, ended.said
    assert "REFUSED (no-passphrase)" in ended.out
    assert said in ended.out
    assert "ORIGINLOCK_CA_PASSPHRASE_FILE" in ended.out
    assert (passphrase or "a passphrase for tests alone") not in ended.said
    assert [each for each in watched.changes() if not each.startswith(("GET ", "HEAD "))] == []
    assert (guarded.stores(), guarded.certificates(), guarded.mutual()["Mode"]) == ([], 0, "off")


def test_without_a_token_the_network_lock_is_kept(guarded: Guarded, owner: Product) -> None:
    """A cron job that loses its token, and with it everything; or a lock that begins although nothing is known."""
    other = owner.with_variables(CLOUDFLARE_API_TOKEN=None)
    ended = other.run("apply", "--yes", "--no-prove")
    assert ended.code == 4, ended.said
    assert "REFUSED (zone-unread)" in ended.out
    assert "CLOUDFLARE_API_TOKEN" in ended.out
    assert (guarded.stores(), guarded.certificates(), guarded.mutual()["Mode"]) == ([], 0, "off")
