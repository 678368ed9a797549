"""An origin that is to ask its edge who it is: its authority, its account at the edge, an attacker, and the load.

Lives here: what the stories of the identity lock play on beside a site. Must not live here: a story, or what is thought
of its end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from tests.story.asking import Asking, asking, show
from tests.story.site import ASK, ZONE, Ended, Site, Zone

from originlock.lab.addresses import FRONT_IPV4, FRONT_IPV6, STRANGER
from originlock.lab.world_cloudflare import ProxiedHost, attackers_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.story.stage import Stage

PASSPHRASE: Final = "a passphrase for tests alone"

#: So many visitors a second come through the edge; each is a new connection to the origin, too.
RATE: Final = 40

#: Where a target tells which client certificate arrived.
ECHO_PATH: Final = "/.well-known/originlock-certificate"
ECHO: Final = f'echo = "{ECHO_PATH}"'

ATTACKER: Final = "www.attacker.example"

#: How the edge says that the origin refused it: with TLS 1.3 after the handshake, or in it.
REFUSED: Final = {"520", "525"}

#: Buckets: one that the product makes, and one in which there was something before.
BUNDLES: Final = "bundles-of-the-shop"
FOREIGN: Final = "bundles-of-somebody"


@dataclass(frozen=True, slots=True)
class Stop:
    """A call at which a command is stopped: the `at`-th one from its start.

    Attributes:
        aws: an action; empty for any, where no path is given.
        method, path: of the edge's API; an empty path for AWS.
    """

    aws: str = ""
    method: str = ""
    path: str = ""
    at: int = 1

    @property
    def name(self) -> str:
        """What it is, in a line."""
        return f"{self.aws or 'AWS'} {self.at}" if not self.path else f"{self.method or 'any'} {self.path} {self.at}"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A site whose listener is to ask for the edge's certificate."""

    site: Site

    @classmethod
    def of(cls, stage: Stage, *, authority: bool = True, **settings: object) -> Guarded:
        """Make the site, with a path that tells which certificate arrived; and an authority with a leaf for the edge.

        `settings` are of the lab's Cloudflare.
        """
        # Below the second after which a SYN is sent again: what a filter drops for a moment is lost.
        zone = Zone.of(stage, **{"connect_seconds": 0.9, **settings})
        made = cls(zone.site())
        elbv2 = stage.running.aws.client("elbv2")
        found = elbv2.describe_target_groups(Names=[f"{made.site.origin.name}-targets"])["TargetGroups"]
        elbv2.create_rule(
            ListenerArn=made.site.origin.listener_arn,
            Priority=2,
            Conditions=[{"Field": "path-pattern", "Values": [ECHO_PATH]}],
            Actions=[{"Type": "forward", "TargetGroupArn": found[0]["TargetGroupArn"]}],
        )
        made._token_file.write_text(zone.token, encoding="ascii")
        made._token_file.chmod(0o600)
        if authority:
            made.well("ca", "init", "shop")
            made.well("ca", "issue", "shop", "edge")
        return made

    @property
    def _token_file(self) -> Path:
        return self.site.stage.folder / "token"

    # --- commands -----------------------------------------------------------------------------------------------

    def configured(
        self, *lines: str, evidence: str = ECHO, sections: Sequence[str] = (), **network: str
    ) -> Sequence[str]:
        """Write a configuration with both locks, and return the options that name it.

        `lines` are of the identity lock, `network` of the network lock, as TOML has them.
        """
        return self.site.configured(
            "[origins.shop.identity]",
            f'bucket = "{BUNDLES}"',
            "create_bucket = true",
            evidence,
            *lines,
            "[origins.shop.edge_account]",
            f'zone = "{ZONE}"',
            f'token_file = "{self._token_file}"',
            *sections,
            **cast("Any", network),
        )

    def well(self, *arguments: str, code: int = 0, or_code: int | None = None) -> Ended:
        """Run a command that must end well, or with one of these codes."""
        ended = self.site.run(*arguments)
        assert ended.code in {code, or_code}, in_short(ended)
        return ended

    def apply(self, *options: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run `originlock apply`, which must end with this code; returns what it says."""
        return self.well(*self.site.apply(*options), code=code).json

    def rollback(self, *options: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run `originlock rollback`, which must end with this code, or 3: what is open again is said to be open."""
        return self.well("rollback", "--yes", "-o", "json", *options, code=code, or_code=3).json

    def killed(self, arguments: Sequence[str], stop: Stop, kind: str) -> bool:
        """Start a command and kill it at a call, before the call is done or after (`kind`); False if it ended first."""
        aws, room = self.site.stage.running.aws, self.site.stage.running.cloudflare
        if stop.path:
            given = {"kind": kind, "at": stop.at, "path": stop.path, **({"method": stop.method} if stop.method else {})}
            room.post("faults", given)
        else:
            aws.add_fault(kind, at=stop.at, action=stop.aws or None)
        try:
            with self.site.started(*arguments) as process:
                while process.poll() is None and not (aws.state().hanging or room.get("state")["hanging"]):
                    time.sleep(0.02)
                ended = process.poll() is not None
        finally:
            aws.clear_faults()
            room.delete("faults")
            aws.release()
            room.post("release")
        return not ended

    # --- visitors -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def visited(self, what: str) -> Iterator[Asking]:
        """Visitors come through the edge all the while, over IPv4 and IPv6, and each of them must be served."""
        front, sources = (FRONT_IPV4[0], FRONT_IPV6[0]), (*STRANGER.ipv4, *STRANGER.ipv6)
        hostname, stage = self.site.origin.hostname, self.site.stage
        with asking(stage, STRANGER.name, hostname, front, sources, RATE) as visitors:
            yield visitors
            visitors.pass_by()
            summary = visitors.told()
        show(what, summary)
        assert summary["failed"] == {}, summary["failures"]

    # --- somebody else's zone -----------------------------------------------------------------------------------

    def attack(self) -> None:
        """Have another customer put a zone in front of this origin, with the edge's shared certificate."""
        url = self.site.stage.running.state.cloudflare_url.partition("/client/")[0]
        victim = ProxiedHost(self.site.zone.id, ZONE, self.site.origin.hostname, "")
        attackers_zone(url, victim, self.site.origin.dns_name)

    def attacked(self) -> set[str]:
        """The statuses that the attacker's visitors get."""
        done = self.site.stage.inside("stranger", "python3", "-c", ASK, ATTACKER)
        return {each.partition(" ")[0] for each in done.stdout.splitlines()}

    # --- the origin as people have it ---------------------------------------------------------------------------

    def verifying(self, name: str, bundle_pem: str) -> None:
        """Let the listener verify by a trust store of somebody's."""
        aws = self.site.stage.running.aws
        s3, elbv2 = aws.client("s3"), aws.client("elbv2")
        s3.create_bucket(Bucket=FOREIGN, CreateBucketConfiguration={"LocationConstraint": aws.region})
        s3.put_object(Bucket=FOREIGN, Key=name, Body=bundle_pem.encode())
        made = elbv2.create_trust_store(
            Name=name, CaCertificatesBundleS3Bucket=FOREIGN, CaCertificatesBundleS3Key=name
        )["TrustStores"][0]
        while made["Status"] != "ACTIVE":
            time.sleep(0.05)
            made = elbv2.describe_trust_stores(TrustStoreArns=[made["TrustStoreArn"]])["TrustStores"][0]
        mutual = {"Mode": "verify", "TrustStoreArn": made["TrustStoreArn"]}
        elbv2.modify_listener(ListenerArn=self.site.origin.listener_arn, MutualAuthentication=mutual)

    def shared_pem(self) -> str:
        """The authority of the edge's shared certificate, in the lab."""
        return str(self.site.stage.running.cloudflare.get("shared-ca")["pem"])

    def present_shared(self) -> None:
        """Have the edge present its shared certificate for the whole zone."""
        self.site.zone.call("PATCH", "/settings/tls_client_auth", {"value": "on"})

    # --- what is there ------------------------------------------------------------------------------------------

    def world(self) -> Mapping[str, Any]:
        """All that the identity lock may change, on both sides, without ids and times."""
        elbv2 = self.site.stage.running.aws.client("elbv2")
        stores = {each["TrustStoreArn"]: each for each in elbv2.describe_trust_stores()["TrustStores"]}
        zone = self.site.zone
        pulls = "/origin_tls_client_auth"
        certificates = {
            scope: sorted(_short(each["certificate"]) for each in zone.call("GET", pulls + path) or [])
            for scope, path in (("zone", ""), ("hostname", "/hostnames/certificates"))
        }
        return {
            "listeners": {
                each["Port"]: self._demanded(each.get("MutualAuthentication", {}), stores)
                for each in elbv2.describe_listeners(LoadBalancerArn=self.site.origin.arn)["Listeners"]
            },
            "stores": {each["Name"]: each["NumberOfCaCertificates"] for each in stores.values()},
            "certificates": certificates,
            "hostname": self._association(),
            "zone": zone.call("GET", f"{pulls}/settings")["enabled"],
            "global": zone.call("GET", "/settings/tls_client_auth")["value"],
        }

    @staticmethod
    def _demanded(mutual: Mapping[str, Any], stores: Mapping[str, Any]) -> str:
        store = stores.get(mutual.get("TrustStoreArn", ""))
        return mutual.get("Mode", "off") if store is None else f"{mutual['Mode']} {store['Name']}"

    def _association(self) -> tuple[bool | None, str]:
        """Whether the hostname has its own certificate presented, and its serial."""
        path = f"/origin_tls_client_auth/hostnames/{self.site.origin.hostname}"
        try:
            found = self.site.zone.call("GET", path)
        except OSError:
            return None, ""
        return found["enabled"], str(found.get("serial_number") or "")


def in_short(ended: Ended) -> str:
    """How a command ended, and what it says of why: its whole JSON is long."""
    if not ended.out.startswith("{"):
        return f"{ended.code}\n{ended.err}\n{ended.out}"
    told = {key: ended.json.get(key) for key in ("outcome", "locked", "stopped", "objections", "holes", "notes")}
    return f"{ended.code}\n{ended.err}\n{json.dumps(told, indent=1)}"


def _short(pem: str) -> str:
    """A certificate, told apart from others."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()[:12]
