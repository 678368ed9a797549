"""The policy: what one origin should be, and the settings that hold for all origins.

Lives here: policies, settings and overrides as frozen data, and which exceptions hold on a day.
Must not live here: how they are written in a file or on a command line (see `decode`).
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

import msgspec

from originlock.facts.networks import Cidr
from originlock.intent.telling import ChannelPolicy, RunPolicy

COMMAND_LINE_ORIGIN = "cli"
"""The name of an origin that is given by options alone."""

EXPIRY_WARNING = datetime.timedelta(days=14)
"""How long before its end an exception is reported as about to expire (our choice: two working weeks)."""


class GroupsById(msgspec.Struct, frozen=True, tag="security_groups"):
    """The target is these security groups."""

    ids: tuple[str, ...]


class GroupsByTags(msgspec.Struct, frozen=True, tag="tags"):
    """The target is every security group that carries all of these tags (sorted pairs)."""

    tags: tuple[tuple[str, str], ...]


class LoadBalancerNamed(msgspec.Struct, frozen=True, tag="load_balancer"):
    """The target is a load balancer, by its groups.

    Attributes:
        name: its name, or its ARN.
    """

    name: str


class ListsAlone(msgspec.Struct, frozen=True, tag="prefix_lists"):
    """The target is the policy's prefix lists alone: which groups name them is somebody else's business."""


Target = GroupsById | GroupsByTags | LoadBalancerNamed | ListsAlone
"""What is locked."""


class Exemption(msgspec.Struct, frozen=True):
    """An exception: an extra source let in on purpose; named otherwise here, for Python has exceptions of its own.

    Attributes:
        source: one CIDR, no wider than /16 or /48.
        owner, reason: who answers for it, and why it is there.
        expires: the last day on which it holds, to the end of that day in UTC.
    """

    source: Cidr
    owner: str
    reason: str
    expires: datetime.date

    def holds_on(self, today: datetime.date) -> bool:
        """Whether the source is still to be let in on this day (UTC)."""
        return today <= self.expires

    def ends_soon(self, today: datetime.date) -> bool:
        """Whether it holds, and its end is near."""
        return self.holds_on(today) and self.expires - today <= EXPIRY_WARNING


class NetworkPolicy(msgspec.Struct, frozen=True):
    """What the network lock is asked for.

    Attributes:
        protocol: ``tcp`` or, on request, ``udp``.
        ports: sorted, without doubles.
        foreign: whether foreign rules that are holes are reported only, or removed.
        foreign_rules: ids of further foreign rules to remove (a wider rule, or one that names a prefix list).
        extra_ranges: further sources of the edge (dedicated egress addresses, the China network).
        security_group: of a load balancer: change the groups that it has, or create one of our own beside them.
        ipv6: whether IPv6 ranges are let in; with None, wherever the target has IPv6.
        managed: whether a load balancer that another tool manages is refused, or a person says that it is all right.
        via: whether groups hold the edge's ranges as rules, or name prefix lists that hold them.
        prefix_list: ids of the lists to be named, one for each family, shared by several origins; without any,
            the origin has lists of its own.
    """

    protocol: Literal["tcp", "udp"] = "tcp"
    ports: tuple[int, ...] = (443,)
    foreign: Literal["report", "remove"] = "report"
    foreign_rules: tuple[str, ...] = ()
    extra_ranges: tuple[Cidr, ...] = ()
    security_group: Literal["existing", "create"] = "existing"
    ipv6: bool | None = None
    managed: Literal["refuse", "allow"] = "refuse"
    via: Literal["rules", "prefix-list"] = "rules"
    prefix_list: tuple[str, ...] = ()


class ProofPolicy(msgspec.Struct, frozen=True):
    """How connections prove it.

    Attributes:
        path: what is asked for through the edge; with a query that was never used before, so that no cache answers.
        addresses: names or addresses of the origin, where they cannot be read (groups, lists) or are others.
    """

    path: str = "/"
    addresses: tuple[str, ...] = ()


class IdentityPolicy(msgspec.Struct, frozen=True):
    """What the identity lock is asked for.

    Attributes:
        mode: of the listeners. ``off`` means that it is switched off where it is on.
        certificate: whose the client certificate is that the edge presents: our own, or the edge's shared one, which
            every customer of the edge can present.
        scope: for whom the edge presents it: the origin's hostnames, the whole zone, or (shared only) ``global``.
        ca: the name of our certificate authority.
        leaf: the name of the client certificate of that authority that the edge presents.
        bucket: where a bundle lies while AWS copies it.
        create_bucket: whether it is created if it is not there, private and encrypted.
        advertise_ca_names: whether listeners tell clients the names of the authorities that they trust.
        echo: a path through the edge whose answer tells which client certificate arrived (see docs/middleware.md).
        logs: whether the connection logs of the load balancer may be read to see it.
        probe_port: a port on which a listener may be made for a moment to see it; 0 for none.
        acknowledged: what would be shut out, or weak, and is meant so: words of objections, one by one.
    """

    mode: Literal["off", "passthrough", "verify"] = "verify"
    certificate: Literal["own", "shared"] = "own"
    scope: Literal["hostname", "zone", "global"] = "hostname"
    ca: str = ""
    leaf: str = "edge"
    bucket: str = ""
    create_bucket: bool = False
    advertise_ca_names: bool = False
    echo: str = ""
    logs: bool = False
    probe_port: int = 0
    acknowledged: tuple[str, ...] = ()


class EdgeAccount(msgspec.Struct, frozen=True):
    """The account at the edge.

    Attributes:
        zone: the name of the zone; empty, it is found from the hostnames.
        token_file: where the API token is; without it, in the environment (CLOUDFLARE_API_TOKEN).
        manage_dns: whether the proxied records of the hostnames are part of the plan.
    """

    zone: str = ""
    token_file: str = ""
    manage_dns: bool = False


NO_EDGE: Final = "none"
"""The edge of an origin that has none: clients with certificates of an authority of ours connect to it themselves."""


class Place(msgspec.Struct, frozen=True):
    """Where in AWS an origin is: with None, what boto3's own chain says.

    Attributes:
        role: the ARN of a role to be assumed with what the chain gives, such as one of another account.
        external_id: what the role's trust policy asks for; AWS does not treat it as a secret, and nor do we.
    """

    region: str | None = None
    profile: str | None = None
    role: str | None = None
    external_id: str | None = None


class Policy(msgspec.Struct, frozen=True):
    """What the configuration asks for one origin.

    Attributes:
        origin: its name: the value of the ownership tag.
        hostnames: what the edge serves from here.
        identity: what the identity lock is asked for; None if it leaves everything as it is.
        edge_account: the account at the edge; None if nothing is known of it.
    """

    origin: str
    target: Target
    edge: str = "cloudflare"
    place: Place = Place()
    hostnames: tuple[str, ...] = ()
    network: NetworkPolicy = NetworkPolicy()
    exceptions: tuple[Exemption, ...] = ()
    proof: ProofPolicy = ProofPolicy()
    identity: IdentityPolicy | None = None
    edge_account: EdgeAccount | None = None


class Limits(msgspec.Struct, frozen=True):
    """How fast and how patient.

    Attributes:
        changes_per_second: mutating calls a second per API; 0 is off.
            (EC2 developer guide, request throttling: 50 at once, refilled 5 a second.)
        settle_seconds: how long to wait until AWS shows what was changed.
        dns_seconds: how long to ask for the addresses of a name until there are some.
        pooled_seconds: how long after a narrowing connections are tried once more: what was connected before goes on
            (Amazon EC2 user guide, security group connection tracking), and the edge keeps connections for the next
            request, so that a refusal may show only when they have ended.
        deploy_seconds: how long to wait until a trust store is active, or a certificate is deployed at the edge.
    """

    changes_per_second: float = 5.0
    settle_seconds: float = 30.0
    dns_seconds: float = 10.0
    pooled_seconds: float = 0.0
    deploy_seconds: float = 600.0


class EdgeSettings(msgspec.Struct, frozen=True):
    """The settings of one edge: whole URLs by key, defaults filled in.

    Attributes:
        shared_ca_pins: SHA-256 fingerprints of certificates that are accepted as its shared authority, beside the one
            that is known here.
    """

    name: str
    urls: tuple[tuple[str, str], ...]
    shared_ca_pins: tuple[str, ...] = ()

    def url(self, key: str) -> str:
        """One of the URLs."""
        return dict(self.urls)[key]


class Configuration(msgspec.Struct, frozen=True):
    """Everything that a configuration says.

    Attributes:
        origins: by name, in the order of the file.
        channels: who is told of what, in the order of the file.
        run: how a run by itself goes.
    """

    origins: tuple[Policy, ...] = ()
    edges: tuple[EdgeSettings, ...] = ()
    limits: Limits = Limits()
    channels: tuple[ChannelPolicy, ...] = ()
    run: RunPolicy = RunPolicy()

    def origin(self, name: str) -> Policy | None:
        """The origin of that name."""
        return next((policy for policy in self.origins if policy.origin == name), None)

    def edge(self, name: str) -> EdgeSettings | None:
        """The settings of that edge."""
        return next((settings for settings in self.edges if settings.name == name), None)


class Overrides(msgspec.Struct, frozen=True):
    """What a person says on the command line, knowing better; each is journalled.

    Attributes:
        accept_list: the digest of a list to be acted on although a guard refused it.
        no_prove: narrow without the proofs that could not be had.
        adopt: take over rules for wanted ranges that somebody else made.
        reopen: let a rollback open beyond what is wanted.
    """

    accept_list: str | None = None
    no_prove: bool = False
    adopt: bool = False
    reopen: bool = False
