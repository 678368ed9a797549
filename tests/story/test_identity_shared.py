"""The shared certificate, for those who want it: from an authority that was pinned, and from no other."""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING

import pytest
from tests.story.identity import Guarded

from originlock.lab.authority import root
from originlock.lab.lists import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.story.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

SHARED = 'certificate = "shared"'


def pinned(pem: str) -> Sequence[str]:
    """The section that has an authority accepted as the edge's shared one."""
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    return ("[edges.cloudflare]", f'shared_ca_pins = ["{fingerprint}"]')


@pytest.fixture
def guarded(stage: Stage) -> Guarded:
    """A site without an authority of its own."""
    return Guarded.of(stage, authority=False)


@pytest.mark.long
def test_the_shared_certificate_is_asked_for(guarded: Guarded) -> None:
    """Who wants it gets it without a lost visitor; that it is weak is said, and so it is: the attacker gets in."""
    guarded.attack()
    options = guarded.configured(SHARED, sections=pinned(guarded.shared_pem()))
    with guarded.visited("the shared certificate"):
        done = guarded.apply(*options)
        assert done["outcome"] == "done"
        assert guarded.apply(*options)["outcome"] == "nothing-to-do"
    assert any("weak" in each["what"] for each in done["notes"]), done["notes"]
    held = guarded.world()
    assert held["listeners"] == {443: "verify originlock-shop"}
    assert held["global"] == "on"
    assert guarded.attacked() == {"200"}


def test_a_look_alike_of_the_shared_authority_is_refused(guarded: Guarded) -> None:
    """Whoever can change a download must not choose whom a load balancer trusts: only the pinned bytes are taken."""
    before = guarded.world()
    options = guarded.configured(SHARED, sections=pinned(guarded.shared_pem()))
    lists = guarded.site.stage.lists
    lists.answer("/authority.pem", Answer(body=root("origin-pull.cloudflare.net").pem.encode()))
    elsewhere = f"ORIGINLOCK_EDGES_CLOUDFLARE_SHARED_CA_URL={lists.url}/authority.pem"
    ended = guarded.site.run(*guarded.site.apply(*options), wrapped=("env", elsewhere))
    assert ended.code == 4, ended.err + ended.out
    assert "no-certificate" in ended.out
    assert guarded.world() == before
