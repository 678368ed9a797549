"""MutualAuthentication of listeners, as load balancing has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.places import REFUSING, Place, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "Elastic Load Balancing API reference"

pytestmark = pytest.mark.source(API)


def told(place: Place, listener: str) -> Mapping[str, Any] | None:
    """What a listener has."""
    (found,) = place.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    held: Mapping[str, Any] | None = found.get("MutualAuthentication")
    return held


def change(place: Place, listener: str, **mutual: object) -> None:
    """Let a listener have it."""
    place.elbv2.modify_listener(ListenerArn=listener, MutualAuthentication=mutual)


@pytest.mark.source("go-to-k/cdk-real-drift, issue 1698")
def test_a_plain_listener_has_it_off(place: Place) -> None:
    """And says so."""
    assert told(place, place.listener()) == {"Mode": "off"}


@pytest.mark.source(f"{API}, MutualAuthenticationAttributes; go-to-k/cdk-real-drift, issue 1698")
def test_verify_tells_its_defaults(place: Place) -> None:
    """Expired certificates are refused, and names of authorities are not told to clients."""
    store, listener = place.trust_store(), place.listener()
    change(place, listener, Mode="verify", TrustStoreArn=store)
    found = told(place, listener) or {}
    assert (found["Mode"], found["TrustStoreArn"]) == ("verify", store)
    assert (found["IgnoreClientCertificateExpiry"], found["AdvertiseTrustStoreCaNames"]) == (False, "off")


@pytest.mark.source(f"{API}, CreateListener, MutualAuthentication")
def test_a_listener_is_made_with_it(place: Place) -> None:
    """From the beginning, without a moment in between."""
    listener = place.listener(MutualAuthentication={"Mode": "passthrough"})
    assert told(place, listener) == {"Mode": "passthrough"}


@pytest.mark.source(f"{API}, ModifyListener: properties that are not specified remain unchanged; crossplane and CDK")
def test_what_is_not_named_stays(place: Place) -> None:
    """Only Mode=off turns it off."""
    listener = place.listener(MutualAuthentication={"Mode": "passthrough"})
    place.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[REFUSING])
    assert told(place, listener) == {"Mode": "passthrough"}
    change(place, listener, Mode="off")
    assert told(place, listener) == {"Mode": "off"}


@pytest.mark.source("hashicorp/terraform-provider-aws, issue 34861")
def test_passthrough_does_not_ignore_expiry(place: Place) -> None:
    """Not even if it is said to be false."""
    listener = place.listener()
    for value in (True, False):
        with refused("ValidationError", saying="passthrough does not support ignoring certificate expiry"):
            change(place, listener, Mode="passthrough", IgnoreClientCertificateExpiry=value)
    assert told(place, listener) == {"Mode": "off"}


@pytest.mark.source("app-sre/qontract-reconcile, pull request 5142")
def test_passthrough_has_no_trust_store(place: Place) -> None:
    """It verifies nothing."""
    with refused("ValidationError", saying="passthrough does not support trust store"):
        change(place, place.listener(), Mode="passthrough", TrustStoreArn=place.trust_store())


@pytest.mark.source("hashicorp/terraform-provider-aws, issue 35452")
def test_off_has_nothing_beside_it(place: Place) -> None:
    """No trust store, and no switch."""
    listener = place.listener()
    for more in ({"IgnoreClientCertificateExpiry": False}, {"AdvertiseTrustStoreCaNames": "off"}):
        with refused("ValidationError"):
            change(place, listener, Mode="off", **more)


@pytest.mark.source(f"{API}, MutualAuthenticationAttributes, Mode")
def test_other_modes_are_refused(place: Place) -> None:
    """There are three."""
    with refused("ValidationError"):
        change(place, place.listener(), Mode="optional")


@pytest.mark.source("hashicorp/terraform-provider-aws, issue 35452")
def test_verify_needs_a_trust_store(place: Place) -> None:
    """One that is there."""
    listener = place.listener()
    with refused("ValidationError"):
        change(place, listener, Mode="verify")
    absent = listener.partition(":listener/")[0] + ":truststore/olc-absent/0123456789abcdef"
    with refused("TrustStoreNotFound"):
        change(place, listener, Mode="verify", TrustStoreArn=absent)
    assert told(place, listener) == {"Mode": "off"}


@pytest.mark.source(f"{API}, CreateListener: [HTTPS listeners]")
def test_http_has_none(place: Place) -> None:
    """It is TLS's; a listener that becomes HTTP loses it."""
    balancer = place.balancer()
    with refused("ValidationError"):
        place.elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[REFUSING],
            MutualAuthentication={"Mode": "passthrough"},
        )
    listener = place.listener(balancer, MutualAuthentication={"Mode": "passthrough"})
    place.elbv2.modify_listener(ListenerArn=listener, Protocol="HTTP", Port=80)
    assert told(place, listener) is None


@pytest.mark.source("Quotas for your Application Load Balancers: listeners using mutual TLS verify")
def test_two_listeners_verify_at_most(place: Place) -> None:
    """Of one load balancer; a third can pass certificates through."""
    store, balancer = place.trust_store(), place.balancer()
    verify = {"Mode": "verify", "TrustStoreArn": store}
    for port in (443, 8443):
        place.listener(balancer, port=port, MutualAuthentication=verify)
    third = place.listener(balancer, port=9443, MutualAuthentication={"Mode": "passthrough"})
    # Which error is not documented.
    with pytest.raises(place.elbv2.exceptions.ClientError):
        change(place, third, **verify)
    assert told(place, third) == {"Mode": "passthrough"}


@pytest.mark.source(f"{API}, ModifyListener")
def test_a_refused_change_changes_nothing(place: Place) -> None:
    """Neither the port nor the action that came with it."""
    listener = place.listener()
    with refused("ValidationError"):
        place.elbv2.modify_listener(ListenerArn=listener, Port=9443, MutualAuthentication={"Mode": "optional"})
    (found,) = place.elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["Port"] == 443
