"""What is slow is waited for; what fails leaves listeners as they are, and says what to do; no visitor is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.story.site import SERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.story.identity import Guarded

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

#: What is not there within these seconds does not come.
IMPATIENT = ("[limits]", "deploy_seconds = 8", "settle_seconds = 8")


@pytest.mark.parametrize("scope", ["hostname", "zone"])
def test_what_is_slow_is_waited_for(guarded: Guarded, scope: str) -> None:
    """A certificate that is not deployed yet, a store that is not active yet: whoever goes on loses every visitor."""
    running = guarded.site.stage.running
    running.cloudflare.post(
        "settings",
        {"initializing_seconds": 1, "pending_seconds": 4, "association_seconds": 3, "deleting_seconds": 3},
    )
    running.aws.settings(trust_store_creating_ms=4000)
    options = guarded.configured(f'scope = "{scope}"')
    with guarded.visited(f"slow clouds, {scope}"):
        assert guarded.apply(*options)["locked"] is True
        guarded.well("ca", "renew", "shop", "edge")
        assert guarded.well("renew", "-o", "json", *options).json["locked"] is True
        assert guarded.apply(*options)["outcome"] == "nothing-to-do"


def stopped(guarded: Guarded, options: Sequence[str], code: int) -> Any:  # noqa: ANN401 - JSON
    """An apply that stops: the listener demands nothing, and there is a way on from each that stopped."""
    before = guarded.world()["listeners"]
    said = guarded.apply(*options, code=code)
    assert guarded.world()["listeners"] == before
    assert said["locked"] is not True
    for each in (*said["stopped"], *said["objections"]):
        assert each["remedy"], each
    assert said["stopped"] or said["objections"]
    return said


def test_a_certificate_that_the_edge_gives_up_is_followed_by_another(guarded: Guarded) -> None:
    """The edge gave up deploying it: it is never presented, and only a new one helps."""
    room = guarded.site.stage.running.cloudflare
    room.post("settings", {"deployment_fails": True})
    options = guarded.configured()
    with guarded.visited("a certificate that the edge gives up"):
        stopped(guarded, options, 5)
        (refused,) = stopped(guarded, options, 4)["objections"]
        assert refused["guard"] == "not-deployed"
        assert "originlock ca renew shop edge" in refused["remedy"]
        room.post("settings", {"deployment_fails": False})
        guarded.well("ca", "renew", "shop", "edge")
        assert guarded.apply(*options)["locked"] is True


def test_an_upload_that_did_not_take_stops_it(guarded: Guarded) -> None:
    """The edge answers that all is well and has kept nothing: an answer is no proof."""
    room = guarded.site.stage.running.cloudflare
    room.post("faults", {"kind": "ignored", "method": "POST", "path": "zones/*/origin_tls_client_auth*", "times": 9})
    options = guarded.configured(sections=IMPATIENT)
    with guarded.visited("an upload that did not take"):
        stopped(guarded, options, 5)
        room.delete("faults")
        assert guarded.apply(*options)["locked"] is True


def test_pulls_that_did_not_take_stop_it(guarded: Guarded) -> None:
    """The same of the switch: a listener that verifies would refuse the edge, which presents nothing."""
    room = guarded.site.stage.running.cloudflare
    room.post("faults", {"kind": "ignored", "method": "PUT", "path": "zones/*/origin_tls_client_auth*", "times": 9})
    options = guarded.configured(sections=IMPATIENT)
    with guarded.visited("pulls that did not take"):
        stopped(guarded, options, 5)
        room.delete("faults")
        assert guarded.apply(*options)["locked"] is True


def test_no_room_for_a_store_stops_it(guarded: Guarded) -> None:
    """The quota is met when the edge may have been changed already: listeners stay, and the quota is named."""
    aws = guarded.site.stage.running.aws
    aws.settings(quota_trust_stores=0)
    options = guarded.configured()
    with guarded.visited("no room for a store"):
        said = stopped(guarded, options, 5)
        assert "quota" in str(said["stopped"]), said["stopped"]
        aws.settings(quota_trust_stores=20)
        assert guarded.apply(*options)["locked"] is True


def test_three_listeners_are_too_many(guarded: Guarded) -> None:
    """AWS lets two listeners of a load balancer verify: the third would stay open, found out when two are changed."""
    elbv2 = guarded.site.stage.running.aws.client("elbv2")
    first = elbv2.describe_listeners(ListenerArns=[guarded.site.origin.listener_arn])["Listeners"][0]
    for port in (8443, 2053):
        elbv2.create_listener(
            LoadBalancerArn=guarded.site.origin.arn,
            Protocol="HTTPS",
            Port=port,
            Certificates=[{"CertificateArn": first["Certificates"][0]["CertificateArn"]}],
            DefaultActions=first["DefaultActions"],
        )
    before = guarded.world()
    said = stopped(guarded, guarded.configured(), 4)
    assert "verify-listeners" in {each["guard"] for each in said["objections"]}
    assert guarded.world() == before
    assert guarded.site.asked() == SERVED
