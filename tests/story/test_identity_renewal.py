"""Certificates and authorities are followed by others, and revoked, and no visitor notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.story.site import inside

from originlock.lab.addresses import OFFICE

if TYPE_CHECKING:
    from tests.story.identity import Guarded

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

#: A device that goes straight to the origin, with a certificate of its own.
VISIT: Final = """
import http.client, socket, ssl, sys
name, address, certificate, key = sys.argv[1:]
context = ssl.create_default_context()
context.load_cert_chain(certificate, key)
try:
    connection = http.client.HTTPSConnection(name)
    connection.sock = context.wrap_socket(socket.create_connection((address, 443), 10), server_hostname=name)
    connection.request("GET", "/")
    print(connection.getresponse().status)
except (ConnectionError, ssl.SSLError, http.client.HTTPException):
    print("refused")
"""


def renewed(guarded: Guarded, *options: str) -> Any:  # noqa: ANN401 - JSON
    """Run `originlock renew`; returns what it says."""
    return guarded.well("renew", "-o", "json", *options).json


def test_an_authority_is_followed_by_another(guarded: Guarded) -> None:
    """Whoever stops trusting the former before the edge presents the new one loses every visitor."""
    options = guarded.configured()
    guarded.apply(*options)
    before = guarded.world()
    with guarded.visited("another authority"):
        guarded.well("ca", "renew", "shop", "--authority")
        done = renewed(guarded, *options)
        assert (done["outcome"], done["locked"]) == ("done", True)
        assert renewed(guarded, *options)["outcome"] == "nothing-to-do"
    held = guarded.world()
    assert held["listeners"] == before["listeners"]
    # One authority is trusted, one certificate is at the edge: the new ones.
    assert held["stores"] == {"originlock-shop": 1}
    assert len(held["certificates"]["hostname"]) == 1
    assert held["certificates"] != before["certificates"]


@pytest.mark.long
def test_a_former_authority_is_retired(guarded: Guarded) -> None:
    """A key that nobody needs any more must be able to go, without a change of anything that is in use."""
    options = guarded.configured()
    guarded.apply(*options)
    former = guarded.well("ca", "show", "shop", "-o", "json").json["leaves"][0]["serial"]
    guarded.well("ca", "renew", "shop", "--authority")
    guarded.well("ca", "retire", "shop", code=4)
    renewed(guarded, *options)
    before = guarded.world()
    guarded.well("ca", "revoke", "shop", former, "--reason", "superseded")
    guarded.well("ca", "retire", "shop")
    assert guarded.apply(*options)["outcome"] == "nothing-to-do"
    assert guarded.world() == before


@pytest.mark.long
@pytest.mark.parametrize("scope", ["hostname", "zone"])
def test_a_leaf_is_followed_by_another(guarded: Guarded, scope: str) -> None:
    """The edge never presents nothing in between; and the former certificate goes once the new one is presented."""
    options = guarded.configured(f'scope = "{scope}"')
    with guarded.visited(f"another leaf, {scope}"):
        guarded.apply(*options)
        before = guarded.world()
        guarded.well("ca", "renew", "shop", "edge")
        done = renewed(guarded, *options)
        assert (done["outcome"], done["locked"]) == ("done", True)
        assert renewed(guarded, *options)["outcome"] == "nothing-to-do"
    held = guarded.world()
    assert (held["listeners"], held["stores"]) == (before["listeners"], before["stores"])
    assert len(held["certificates"][scope]) == 1
    assert held["certificates"] != before["certificates"]


class Device:
    """A device with a certificate of the origin's authority, which connects from the office."""

    def __init__(self, guarded: Guarded, name: str) -> None:
        """Issue it, and bring it there."""
        self._guarded = guarded
        folder = guarded.site.stage.folder / name
        folder.mkdir()
        guarded.well("ca", "issue", "shop", name, "--out", str(folder))
        self._files = (str(folder / f"{name}.pem"), str(folder / f"{name}.key"))

    def status(self) -> str:
        """What it gets: a status, or that it is refused."""
        origin = self._guarded.site.origin
        line = ("python3", "-c", VISIT, origin.hostname, origin.ipv4, *self._files)
        return inside(self._guarded.site.stage, OFFICE.name, *line).strip()


@pytest.mark.long
def test_a_revoked_device_is_refused(guarded: Guarded) -> None:
    """A stolen key must not get in until its certificate ends; and nobody else may be refused for it."""
    words = "\n".join(f'"exception {each}",' for each in (f"{OFFICE.ipv4[0]}/32", f"{OFFICE.ipv6[0]}/128"))
    acknowledged = f"acknowledge = [{words}]"
    options = guarded.configured(acknowledged, sections=guarded.site.exceptions)
    good, stolen = Device(guarded, "good"), Device(guarded, "stolen")
    with guarded.visited("a device is revoked"):
        guarded.apply(*options)
        assert (good.status(), stolen.status()) == ("200", "200")
        guarded.well("ca", "revoke", "shop", "stolen")
        done = guarded.apply(*options)
        assert (done["outcome"], done["locked"]) == ("done", True)
        assert (good.status(), stolen.status()) == ("200", "refused")
        assert len(lists(guarded)) == 1
        assert renewed(guarded, *options)["outcome"] == "nothing-to-do"


def lists(guarded: Guarded) -> list[int]:
    """The revocation lists that the store holds, as AWS numbers them."""
    elbv2 = guarded.site.stage.running.aws.client("elbv2")
    store = elbv2.describe_trust_stores(Names=["originlock-shop"])["TrustStores"][0]["TrustStoreArn"]
    found = elbv2.describe_trust_store_revocations(TrustStoreArn=store)["TrustStoreRevocations"]
    return sorted(each["RevocationId"] for each in found)
