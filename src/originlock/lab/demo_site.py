"""The site of the demo: a load balancer behind the lab's Cloudflare, open to everybody, as people have it.

Lives here: making it through the clouds' APIs. Must not live here: the story, or what originlock does to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab import authority, world_cloudflare
from originlock.lab.addresses import OFFICE
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from originlock.lab.running import RunningLab

HOSTNAME: Final = "www.example.org"
NAME: Final = "shop"

#: Whose the lab's own token is (see `supervisor`), so that whoever is pointed at the lab can change the zone.
ACCOUNT: Final = "lab"


@dataclass(frozen=True, slots=True)
class Site:
    """What was made; `addresses` are the load balancer's public ones, the first of them IPv4."""

    dns_name: str
    group_id: str
    addresses: tuple[str, ...]
    host: world_cloudflare.ProxiedHost


def open_site(lab: RunningLab) -> Site:
    """Make a load balancer that everyone can reach, with a certificate, and put a name of it behind the edge."""
    ec2, elbv2, acm = lab.aws.client("ec2"), lab.aws.client("elbv2"), lab.aws.client("acm")
    leaf = lab.authority.issue(authority.Leaf(HOSTNAME, (HOSTNAME,), server=True, days=90))
    certificate = acm.import_certificate(
        Certificate=authority.pem(leaf.certificate).encode(), PrivateKey=leaf.key_pem.encode()
    )["CertificateArn"]
    made = served_load_balancer(ec2, elbv2, Wish(NAME, dualstack=True))
    ec2.authorize_security_group_ingress(
        GroupId=made.group_ids[0],
        IpPermissions=[tcp(443, ipv4=[("0.0.0.0/0", None), (f"{OFFICE.ipv4[0]}/32", "office")], ipv6=[("::/0", None)])],
    )
    elbv2.modify_listener(ListenerArn=made.listener_arns[0], Certificates=[{"CertificateArn": certificate}])
    host = world_cloudflare.proxied_host(
        world_cloudflare.account(lab.state.cloudflare_url.partition("/client/")[0], ACCOUNT),
        HOSTNAME,
        made.dns_name,
        settings={"ssl": "strict"},
    )
    found = next(each for each in lab.status()["load_balancers"] if each["name"] == NAME)
    return Site(made.dns_name, made.group_ids[0], tuple(found["addresses"]), host)
