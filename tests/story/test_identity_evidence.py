"""Before a listener verifies, it must have been seen that the edge presents our certificate: three ways, and none."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest
from tests.story.site import SERVED

from originlock.lab.log_buckets import policy

if TYPE_CHECKING:
    from tests.story.identity import Guarded

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

PORT: Final = "probe_port = 8443"
PORTS: Final = "[443, 8443]"
LOGS: Final = "logs-of-the-shop"


def log_connections(guarded: Guarded) -> None:
    """Have the load balancer log its connections."""
    aws = guarded.site.stage.running.aws
    s3, account = aws.client("s3"), guarded.site.origin.arn.split(":")[4]
    s3.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_bucket_policy(Bucket=LOGS, Policy=json.dumps(policy(LOGS, account)))
    attributes = {"connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": LOGS}
    aws.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=guarded.site.origin.arn,
        Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()],
    )


def test_a_listener_for_a_moment_shows_it(guarded: Guarded) -> None:
    """A site that cannot tell what arrived would never get its lock; and what was made for a moment must go."""
    options = guarded.configured(evidence=PORT, ports=PORTS)
    with guarded.visited("seen by a listener for a moment"):
        done = guarded.apply(*options)
        assert (done["outcome"], done["locked"]) == ("done", True)
        assert guarded.apply(*options)["outcome"] == "nothing-to-do"
    assert "create-probe-listener" in {each["kind"] for each in done["done"]}
    assert guarded.world()["listeners"] == {443: "verify originlock-shop"}


def test_a_listener_for_a_moment_goes_although_it_showed_nothing_good(guarded: Guarded) -> None:
    """Somebody switches the pulls off meanwhile: nobody may be shut out for it, and no open port may be left."""
    zone, hostname = guarded.site.zone, guarded.site.origin.hostname

    def switch_off() -> None:
        found = zone.call("GET", f"/origin_tls_client_auth/hostnames/{hostname}")
        off = {"hostname": hostname, "cert_id": found["cert_id"], "enabled": False}
        zone.call("PUT", "/origin_tls_client_auth/hostnames", {"config": [off]})

    options = guarded.configured(evidence=PORT, ports=PORTS)
    with guarded.visited("a listener for a moment that showed nothing good"):
        ended = guarded.site.spoilt(
            "CreateListener", guarded.site.apply(*options), switch_off, having=guarded.site.origin.arn
        )
        assert ended.code in {3, 5}, ended.err + ended.out
        assert ended.json["locked"] is not True
        assert guarded.world()["listeners"] == {443: "passthrough"}
        # And from there the next run goes on.
        assert guarded.apply(*options)["locked"] is True
    assert guarded.world()["listeners"] == {443: "verify originlock-shop"}


def test_connection_logs_show_it(guarded: Guarded) -> None:
    """Logs come late: they are waited for, and nobody is shut out before they have come."""
    log_connections(guarded)
    options = guarded.configured(evidence="logs = true")
    running = guarded.site.stage.running
    with guarded.visited("seen in connection logs"), ThreadPoolExecutor(1) as pool:
        applying = pool.submit(guarded.apply, *options)
        while not applying.done():
            # Instead of within five minutes.
            running.deliver_logs()
            time.sleep(0.5)
        done = applying.result()
    assert (done["outcome"], done["locked"]) == ("done", True)
    seen = [each for each in done["connections"] if "every connection" in each["what"]]
    assert [each["verdict"] for each in seen] == ["kept"], done["connections"]
    assert guarded.world()["listeners"] == {443: "verify originlock-shop"}


def test_without_evidence_listeners_only_ask(guarded: Guarded) -> None:
    """Nobody is shut out on a guess; that it is no lock yet is said, with the way there, and by the exit code."""
    options = guarded.configured(evidence="")
    with guarded.visited("without evidence"):
        done = guarded.apply(*options, code=3)
        assert done["locked"] is False
        again = guarded.apply(*options, code=3)
        assert again["outcome"] == "nothing-to-do"
    held = guarded.world()
    assert held["listeners"] == {443: "passthrough"}
    assert held["hostname"][0] is True
    (hole,) = done["holes"]
    assert "passthrough" in hole["what"]
    assert "probe_port" in hole["close_with"]
    assert guarded.site.asked() == SERVED
