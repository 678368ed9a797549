"""The demo's other customer: somebody else's zone at Cloudflare, in front of the same load balancer.

Lives here: making it, what the visitors of both zones get, and the configuration by which a certificate of one's own
tells them apart. Must not live here: the story.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from originlock.lab import world_cloudflare
from originlock.lab.addresses import OFFICE
from originlock.lab.demo_site import HOSTNAME

if TYPE_CHECKING:
    from originlock.lab.demo_site import Site
    from originlock.lab.demo_stage import Stage

ATTACKER: Final = "www.attacker.example"

#: How Cloudflare says that the origin refused it: with TLS 1.3 after the handshake, or in it.
REFUSED: Final = frozenset({"HTTP 520", "HTTP 525"})

CONFIGURATION: Final = f"""
[origins.blog.identity]
bucket = "bundles-of-the-blog"
create_bucket = true
echo = "/.well-known/originlock-certificate"
acknowledge = ["exception {OFFICE.ipv4[0]}/32"]

[origins.blog.edge_account]
zone = "example.org"
"""


@dataclass(frozen=True, slots=True)
class Visits:
    """What visitors of both zones get: a status, or what kept them out."""

    ours: str
    theirs: str


def attack(stage: Stage, site: Site) -> None:
    """Put another customer's zone in front of a site; the edge keeps no connections: each visit is a new one."""
    stage.lab.cloudflare.post("settings", {"idle_seconds": 0})
    world_cloudflare.attackers_zone(stage.lab.state.cloudflare_url.partition("/client/")[0], site.host, site.dns_name)


def in_short(output: str) -> str:
    """What an apply said, without its progress and without what it read back: what it did, and saw by connections."""
    left_out = re.compile(r"\.\.\. | +proof kept \([a-z-]+\): it is ")
    return "".join(line for line in output.splitlines(keepends=True) if not left_out.match(line))


def visits(stage: Stage) -> Visits:
    """Visit both, through Cloudflare."""
    return Visits(stage.visited("stranger", HOSTNAME), stage.visited("stranger", ATTACKER))
