"""Killed at any call, on the way there or back: the next run goes on from what is there, and no visitor notices."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Final

import pytest
from tests.story.identity import BUNDLES, Guarded, Stop

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

#: The calls by which a fresh site gets both locks, in no order: each run meets those that are left for it.
CHANGING: Final = (
    Stop(aws="AuthorizeSecurityGroupIngress"),
    Stop(aws="CreateTrustStore"),
    Stop(method="POST", path="zones/*/origin_tls_client_auth/hostnames/certificates"),
    Stop(aws="RevokeSecurityGroupIngress"),
    Stop(method="PUT", path="zones/*/origin_tls_client_auth/hostnames"),
    Stop(aws="ModifyListener"),
    Stop(aws="ModifyListener"),
)

#: And by which one authority is followed by another.
FOLLOWING: Final = (
    Stop(aws="ModifyTrustStore"),
    Stop(method="POST", path="zones/*/origin_tls_client_auth/hostnames/certificates"),
    Stop(method="PUT", path="zones/*/origin_tls_client_auth/hostnames"),
    Stop(aws="ModifyTrustStore"),
    Stop(method="DELETE", path="zones/*/origin_tls_client_auth/hostnames/certificates/*"),
)


def killed_at_each(guarded: Guarded, arguments: Sequence[str], stops: Sequence[Stop], kind: str) -> None:
    """Run a command over and over, killed each time at another call, until none of these calls is left to be made."""
    for stop in stops:
        was = guarded.killed(arguments, stop, kind)
        sys.stdout.write(f"{kind} {stop.name}: {'killed' if was else 'had ended'}\n")


@pytest.mark.parametrize("kind", ["hang-before", "hang-after"])
def test_killed_at_every_change(guarded: Guarded, kind: str) -> None:
    """A run that ends between any two calls must leave a world in which everybody is served, and the next can go on."""
    options = guarded.configured()
    with guarded.visited(f"killed at every change, {kind}"):
        # Between the making of the bucket and the first word on how it is to be; both are told by method and path.
        between = Stop(aws=f"PUT /{BUNDLES}", at=2 if kind == "hang-before" else 1)
        assert guarded.killed(guarded.site.apply(*options), between, kind)
        killed_at_each(guarded, guarded.site.apply(*options), CHANGING, kind)
        assert guarded.apply(*options)["outcome"] in {"done", "nothing-to-do"}
        assert guarded.well("verify", "-o", "json", *options).json["locked"] is True
        guarded.well("ca", "renew", "shop", "--authority")
        killed_at_each(guarded, ("renew", "-o", "json", *options), FOLLOWING, kind)
        guarded.well("renew", "-o", "json", *options)
    held = guarded.world()
    assert held["listeners"] == {443: "verify originlock-shop"}
    assert held["stores"] == {"originlock-shop": 1}
    assert len(held["certificates"]["hostname"]) == 1


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random(guarded: Guarded, seed: int) -> None:
    """The same of any call, those that only read among them, from the shared certificate to one's own."""
    chance = random.Random(seed)  # noqa: S311 - not for keys
    guarded.present_shared()
    guarded.verifying("somebodys", guarded.shared_pem())
    options = guarded.configured()
    with guarded.visited(f"killed at random, {seed}"):
        for _ in range(8):
            where = (
                Stop(at=chance.randrange(1, 40))
                if chance.random() < 0.6
                else Stop(path="*", at=chance.randrange(1, 30))
            )
            killed_at_each(
                guarded, guarded.site.apply(*options), (where,), chance.choice(("hang-before", "hang-after"))
            )
        assert guarded.apply(*options)["outcome"] in {"done", "nothing-to-do"}
        assert guarded.world()["listeners"] == {443: "verify originlock-shop"}
        off = guarded.configured('mode = "off"')
        for _ in range(4):
            where = (
                Stop(at=chance.randrange(1, 30))
                if chance.random() < 0.5
                else Stop(path="*", at=chance.randrange(1, 20))
            )
            killed_at_each(guarded, guarded.site.apply(*off), (where,), chance.choice(("hang-before", "hang-after")))
        guarded.apply(*off)
    held = guarded.world()
    assert held["listeners"] == {443: "off"}
    assert held["stores"] == {"somebodys": 1}
    assert held["certificates"] == {"zone": [], "hostname": []}
