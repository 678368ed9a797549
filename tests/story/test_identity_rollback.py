"""Every change of the identity lock can be undone, and the lock can be switched off, and no visitor is lost over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.story.identity import REFUSED

if TYPE_CHECKING:
    from tests.story.identity import Guarded

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]


def test_a_lock_is_undone_and_switched_off(guarded: Guarded) -> None:
    """Going back in the order of going there would have listeners demand what the edge presents no longer."""
    before = guarded.world()
    options = guarded.configured()
    with guarded.visited("undone, locked, switched off"):
        guarded.apply(*options)
        # Whoever had no certificate before is let in again only if that is meant.
        kept = guarded.world()
        assert guarded.rollback(*options, code=4)["outcome"] == "refused"
        assert guarded.world() == kept
        assert guarded.rollback("--reopen", *options)["outcome"] == "done"
        assert guarded.world() == before
        assert guarded.apply(*options)["locked"] is True
        off = guarded.configured('mode = "off"')
        assert guarded.apply(*off)["outcome"] == "done"
        assert guarded.world() == before
        assert guarded.apply(*off)["outcome"] == "nothing-to-do"


def test_going_over_from_the_shared_certificate_is_undone(guarded: Guarded) -> None:
    """The way back to somebody's store must find the edge presenting what that store trusts."""
    guarded.present_shared()
    guarded.verifying("somebodys", guarded.shared_pem())
    guarded.attack()
    before = guarded.world()
    options = guarded.configured()
    with guarded.visited("shared becomes own, and shared again"):
        guarded.apply(*options)
        assert guarded.attacked() <= REFUSED
        assert guarded.rollback("--reopen", *options)["outcome"] == "done"
        assert guarded.world() == before
        assert guarded.attacked() == {"200"}


def test_a_new_authority_is_undone(guarded: Guarded) -> None:
    """A store that does not trust the former authority again, before the edge presents the former leaf, loses all."""
    options = guarded.configured()
    guarded.apply(*options)
    before = guarded.world()
    with guarded.visited("another authority, and the former again"):
        guarded.well("ca", "renew", "shop", "--authority")
        guarded.well("renew", "-o", "json", *options)
        back = guarded.rollback("--reopen", *options)
        assert back["outcome"] == "done"
    held = guarded.world()
    assert held["certificates"] == before["certificates"]
    assert held["listeners"] == before["listeners"]


@pytest.mark.parametrize("scope", ["hostname", "zone"])
def test_a_new_leaf_is_undone(guarded: Guarded, scope: str) -> None:
    """The former certificate was deleted at the edge: it is uploaded again, presented, and then the new one goes."""
    options = guarded.configured(f'scope = "{scope}"')
    guarded.apply(*options)
    before = guarded.world()
    with guarded.visited(f"another leaf and the former again, {scope}"):
        guarded.well("ca", "renew", "shop", "edge")
        guarded.well("renew", "-o", "json", *options)
        assert guarded.rollback("--reopen", *options)["outcome"] == "done"
    assert guarded.world() == before


@pytest.mark.parametrize("lines", [('scope = "zone"',), ()])
def test_switching_off_leaves_nothing_behind(guarded: Guarded, lines: tuple[str, ...]) -> None:
    """A certificate that is left presented, or a store that is left, is what the next person trips over."""
    before = guarded.world()
    with guarded.visited("switched off"):
        guarded.apply(*guarded.configured(*lines))
        assert guarded.apply(*guarded.configured('mode = "off"', *lines))["outcome"] == "done"
    assert guarded.world() == before
