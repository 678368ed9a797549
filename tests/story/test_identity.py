"""The identity lock by the real command: only one's own zone may speak, and no visitor is lost on the way there.

Visitors come through the edge all along, each with a new connection to the origin; a story in which one of them is not
served fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.story.identity import REFUSED
from tests.story.site import SERVED

if TYPE_CHECKING:
    from tests.story.identity import Guarded

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


def test_a_fresh_site_asks_for_a_certificate_of_its_own(guarded: Guarded) -> None:
    """An order in which the listener demands what the edge does not present yet would lose every visitor."""
    options = guarded.configured()
    with guarded.visited("a fresh site"):
        first = guarded.apply(*options)
        assert (first["outcome"], first["locked"]) == ("done", True)
        again = guarded.apply(*options)
        assert (again["outcome"], again["locked"]) == ("nothing-to-do", None)
    held = guarded.world()
    assert held["listeners"] == {443: "verify originlock-shop"}
    assert held["stores"] == {"originlock-shop": 1}
    assert held["hostname"][0] is True
    assert (held["zone"], held["global"]) == (False, "off")
    assert guarded.well("verify", "-o", "json", *options).json["locked"] is True


def test_whoever_verifies_the_shared_certificate_goes_over_to_its_own(guarded: Guarded) -> None:
    """The other customer's zone gets past the addresses and past the shared certificate; their own must stop it."""
    guarded.attack()
    guarded.well(*guarded.site.apply())
    assert (guarded.site.asked(), guarded.attacked()) == (SERVED, {"200"})
    # As people have it today: the edge presents what every customer has, and the listener trusts that.
    guarded.present_shared()
    guarded.verifying("somebodys", guarded.shared_pem())
    with guarded.visited("shared becomes own"):
        assert guarded.attacked() == {"200"}
        done = guarded.apply(*guarded.configured())
        assert (done["outcome"], done["locked"]) == ("done", True)
        assert guarded.attacked() <= REFUSED
    held = guarded.world()
    assert held["listeners"] == {443: "verify originlock-shop"}
    assert held["stores"] == {"originlock-shop": 1, "somebodys": 1}
