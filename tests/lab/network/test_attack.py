"""Another customer's zone against a real listener: what each lock of an origin is worth against Cloudflare itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.lab.network.command import LabCommand

from originlock.lab.authority import Leaf, root
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.namespaces import why_none
from originlock.lab.running import RunningLab
from originlock.lab.world import open_load_balancer, tcp
from originlock.lab.world_cloudflare import (
    CloudflareClient,
    ProxiedHost,
    account,
    attackers_zone,
    proxied_host,
    pull_for_host,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY_NOT = why_none()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=f"no packet filters here: {WHY_NOT}")

VICTIM: Final = "www.victim.example"
ATTACKER: Final = "www.attacker.example"
BUCKET: Final = "bundles-of-the-victim"
FIXED: Final = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "the origin"}}

#: Asks a host's front page through the edge, and says the status.
ASK: Final = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(f"https://{sys.argv[1]}/", timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""

#: How the edge says that the origin refused it: in the handshake, or with TLS 1.3 after it.
REFUSED: Final = {"520", "525"}


@dataclass(frozen=True)
class Scene:
    """A victim's origin and host, and an attacker in front of the same origin."""

    running: RunningLab
    ours: CloudflareClient
    victim: ProxiedHost
    listener_arn: str
    group_id: str

    def asked(self, host: str) -> str:
        """What a visitor of a host gets."""
        command = LabCommand(self.running.folder.path)
        return command.run("exec", "--as", "stranger", "--", "python3", "-c", ASK, host).stdout.strip()

    def verify(self, name: str, bundle_pem: str) -> None:
        """Let the listener verify against a bundle."""
        self.running.aws.client("s3").put_object(Bucket=BUCKET, Key=name, Body=bundle_pem.encode())
        elbv2 = self.running.aws.client("elbv2")
        made = elbv2.create_trust_store(Name=name, CaCertificatesBundleS3Bucket=BUCKET, CaCertificatesBundleS3Key=name)[
            "TrustStores"
        ][0]
        while made["Status"] != "ACTIVE":
            time.sleep(0.05)
            made = elbv2.describe_trust_stores(TrustStoreArns=[made["TrustStoreArn"]])["TrustStores"][0]
        mutual: dict[str, Any] = {"Mode": "verify", "TrustStoreArn": made["TrustStoreArn"]}
        elbv2.modify_listener(ListenerArn=self.listener_arn, MutualAuthentication=mutual)


@pytest.fixture
def scene(running: RunningLab) -> Iterator[Scene]:
    """An open load balancer behind a victim's zone, and behind an attacker's."""
    made = open_load_balancer(running.aws.client("ec2"), running.aws.client("elbv2"), name="victim")
    issued = running.authority.issue(Leaf(VICTIM, (VICTIM,), server=True))
    certificate = running.aws.client("acm").import_certificate(
        Certificate=issued.chain_pem.encode(), PrivateKey=issued.key_pem.encode()
    )
    listener = running.aws.client("elbv2").create_listener(
        LoadBalancerArn=made.load_balancer_arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[FIXED],
    )["Listeners"][0]
    running.aws.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": running.state.region}
    )
    url = running.state.cloudflare_url.partition("/client/")[0]
    ours = account(url, "victim")
    victim = proxied_host(ours, VICTIM, made.dns_name, settings={"ssl": "strict"})
    attackers_zone(url, victim, made.dns_name)
    # Connections that stand would hide what a new one meets.
    ours.control("POST", "settings", {"idle_seconds": 0})
    yield Scene(running, ours, victim, listener["ListenerArn"], made.group_id)
    ours.control("POST", "settings", {"idle_seconds": 900})


def test_only_a_certificate_of_ones_own_tells_zones_apart(scene: Scene) -> None:
    """Addresses do not keep the attacker out, nor does the shared certificate; the victim's own does."""
    assert (scene.asked(VICTIM), scene.asked(ATTACKER)) == ("200", "200")

    ec2 = scene.running.aws.client("ec2")
    ranges = tcp(443, ipv4=[(each, None) for each in IPV4], ipv6=[(each, None) for each in IPV6])
    ec2.authorize_security_group_ingress(GroupId=scene.group_id, IpPermissions=[ranges])
    everybody = tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
    ec2.revoke_security_group_ingress(GroupId=scene.group_id, IpPermissions=[everybody])
    assert (scene.asked(VICTIM), scene.asked(ATTACKER)) == ("200", "200")

    scene.verify("shared", scene.ours.control("GET", "shared-ca")["pem"])
    assert scene.asked(VICTIM) in REFUSED
    setting = f"zones/{scene.victim.zone_id}/settings/tls_client_auth"
    scene.ours.call("PATCH", setting, {"value": "on"})
    assert (scene.asked(VICTIM), scene.asked(ATTACKER)) == ("200", "200")

    own = root("the victim's")
    scene.verify("own", own.pem)
    assert scene.asked(VICTIM) in REFUSED
    pull_for_host(scene.ours, scene.victim, own.issue(Leaf("edge", ("edge.victim.example",), client=True)))
    assert scene.asked(VICTIM) == "200"
    assert scene.asked(ATTACKER) in REFUSED
