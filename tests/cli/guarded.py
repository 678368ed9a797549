"""An origin that is to verify its edge: a load balancer in the local AWS, and a zone in a local Cloudflare.

No packet is sent between the two: whoever plays on this says `--no-prove`, or looks at what each side holds.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from originlock.lab import authority
from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group, tcp
from originlock.lab.world_balancers import Network, ServedLoadBalancer, Wish, network, served_load_balancer
from originlock.lab.world_cloudflare import CloudflareClient, account, proxied_host

ZONE: Final = "example.org"
HOSTNAME: Final = f"www.{ZONE}"
BUCKET: Final = "bundles-of-the-shop"
PASSPHRASE: Final = "a passphrase for tests alone"
PULLS: Final = "origin_tls_client_auth"

#: The switches of the zone by which the edge presents nothing, and asks the origin with TLS that it verifies.
STRICT: Final = {"ssl": "strict"}


@contextmanager
def cloudflare_served() -> Iterator[str]:
    """A local Cloudflare; gives its URL."""
    server = Server(CloudflareRoom(CloudflareApi(CloudflareState())))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclasses.dataclass(frozen=True)
class Guarded:
    """The origin, its zone, and where the product's configuration is written.

    Attributes:
        client: an account of the zone that may do everything.
    """

    aws: LocalAws
    served: ServedLoadBalancer
    client: CloudflareClient
    zone: str

    @classmethod
    def of(cls, aws: LocalAws, url: str) -> Guarded:
        """Make both sides anew; the load balancer lets in just what the edge publishes."""
        CloudflareClient(url, "").control("POST", "reset")
        ec2, elbv2 = aws.client("ec2"), aws.client("elbv2")
        within = network(ec2)
        made = served_load_balancer(ec2, elbv2, Wish(group_ids=(_closed(ec2, within),), targets=0), within=within)
        first, second = (_certificate(aws.client("acm")) for _ in range(2))
        elbv2.modify_listener(ListenerArn=made.listener_arns[0], Certificates=[{"CertificateArn": first}])
        elbv2.add_listener_certificates(ListenerArn=made.listener_arns[0], Certificates=[{"CertificateArn": second}])
        client = account(url, "ours")
        host = proxied_host(client, HOSTNAME, made.dns_name, settings=STRICT)
        return cls(aws, made, client, host.zone_id)

    @property
    def listener(self) -> str:
        """The HTTPS listener."""
        return self.served.listener_arns[0]

    def variables(self, *grants: str) -> Mapping[str, str]:
        """What the product is started with: a token that has only these permissions, or one that has all."""
        held = self.client
        if grants:
            held = account(self.client.url, "ours", [(each, "*") for each in grants])
        return {
            "CLOUDFLARE_API_TOKEN": held.token,
            "ORIGINLOCK_EDGES_CLOUDFLARE_ACCOUNT_URL": f"{self.client.url}/client/v4",
            "ORIGINLOCK_CA_PASSPHRASE": PASSPHRASE,
        }

    def mutual(self) -> Mapping[str, Any]:
        """What the listener demands now."""
        found = self.aws.client("elbv2").describe_listeners(ListenerArns=[self.listener])["Listeners"][0]
        held: Mapping[str, Any] = found.get("MutualAuthentication", {"Mode": "off"})
        return held

    def stores(self) -> list[str]:
        """The names of the trust stores that are there."""
        return sorted(each["Name"] for each in self.aws.client("elbv2").describe_trust_stores()["TrustStores"])

    def certificates(self) -> int:
        """How many certificates for hostnames the zone holds."""
        return len(self.client.call("GET", f"zones/{self.zone}/{PULLS}/hostnames/certificates") or [])


def configuration(*lines: str, sections: Sequence[str] = ()) -> str:
    """A configuration of the origin; `lines` are of the identity."""
    return "\n".join(
        [
            "[origins.shop]",
            'load_balancer = "shop"',
            f'hostnames = ["{HOSTNAME}"]',
            "[origins.shop.identity]",
            f'bucket = "{BUCKET}"',
            "create_bucket = true",
            *lines,
            "[origins.shop.edge_account]",
            f'zone = "{ZONE}"',
            *sections,
            "",
        ]
    )


def written(folder: Path, *lines: str, sections: Sequence[str] = ()) -> Path:
    """Write it where the product looks for it."""
    path = folder / "originlock.toml"
    path.write_text(configuration(*lines, sections=sections), encoding="utf-8")
    return path


def _closed(ec2: AwsClient, within: Network) -> str:
    made = empty_group(ec2, name="shop-edge", vpc_id=within.vpc_id).group_id
    permission = tcp(443, ipv4=[(each, None) for each in IPV4], ipv6=[(each, None) for each in IPV6])
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[permission])
    return made


def _certificate(acm: AwsClient) -> str:
    public = authority.root("public")
    issued = public.issue(authority.Leaf(HOSTNAME, names=(HOSTNAME,), server=True))
    imported = acm.import_certificate(
        Certificate=authority.pem(issued.certificate).encode(),
        PrivateKey=issued.key_pem.encode(),
        CertificateChain=public.pem.encode(),
    )
    return str(imported["CertificateArn"])
