"""What the local AWS wants of the packets: every load balancer as listeners and filters have to carry it out.

Here lives the frozen shape that the local AWS tells and the data plane follows, and its JSON. Here must not live:
reading it out of moto (see `blueprint_state`), sockets, TLS, filters.

It is the whole world each time, so that whoever follows needs no memory: the newest one is the truth.
"""

from __future__ import annotations

import msgspec


class Admission(msgspec.Struct, frozen=True):
    """One ingress rule of a security group, resolved to addresses.

    A prefix list stands as its entries' CIDRs, and a referenced group as the addresses of its interfaces.

    Attributes:
        protocol: ``tcp``, ``udp``, ``icmp``, ``icmpv6`` or ``-1`` for all (ports are then 0 and 65535).
        from_port: the first port.
        to_port: the last port.
        cidrs: IPv4 and IPv6, canonical, sorted.
    """

    protocol: str
    from_port: int
    to_port: int
    cidrs: tuple[str, ...]


class Certificate(msgspec.Struct, frozen=True):
    """A listener's certificate, as it was imported into ACM or IAM.

    Attributes:
        arn: its name.
        chain_pem: leaf first.
        key_pem: the private key. This is a lab: the keys are its own and open nothing.
    """

    arn: str
    chain_pem: str
    key_pem: str


class TrustStore(msgspec.Struct, frozen=True):
    """A trust store's bundle as the load balancer copied it, and its revocation lists (PEM)."""

    arn: str
    bundle_pem: str
    revocations_pem: tuple[str, ...] = ()


class MutualTls(msgspec.Struct, frozen=True):
    """MutualAuthentication of a listener, as DescribeListeners tells it.

    Attributes:
        mode: ``off``, ``passthrough`` or ``verify``.
        trust_store: with ``verify`` only.
        association: ``active``, or ``removed`` where a shared store was taken away: handshakes then fail.
    """

    mode: str = "off"
    trust_store: TrustStore | None = None
    ignore_client_certificate_expiry: bool = False
    advertise_trust_store_ca_names: bool = False
    association: str = "active"


class Rule(msgspec.Struct, frozen=True):
    """A listener rule; conditions and actions are as DescribeRules has them, defaults filled in.

    Attributes:
        priority: ascending; the default rule is not here but in `Listener.default_actions`.
    """

    arn: str
    priority: int
    conditions: tuple[dict[str, object], ...]
    actions: tuple[dict[str, object], ...]


class Listener(msgspec.Struct, frozen=True):
    """One listener.

    Attributes:
        certificates: the default one first, then those for SNI; empty for HTTP, or where none of them has a key.
        attributes: as DescribeListenerAttributes has them.
    """

    arn: str
    protocol: str
    port: int
    ssl_policy: str | None
    certificates: tuple[Certificate, ...]
    mutual_tls: MutualTls
    rules: tuple[Rule, ...]
    default_actions: tuple[dict[str, object], ...]
    attributes: dict[str, str]


class Balancer(msgspec.Struct, frozen=True):
    """One Application Load Balancer.

    Attributes:
        ipv4: its public addresses; for an internal one those within the VPC.
        ipv6: likewise; empty unless it is dual-stack.
        dns_name: what resolves to these.
        admissions: of all its security groups together; what none of them admits is dropped without an answer.
        attributes: as DescribeLoadBalancerAttributes has them.
        tracked: admissions to all addresses with all traffic allowed out make flows that are not tracked, and that
            are cut when the rule goes ('Amazon EC2 user guide', security group connection tracking); True where
            the flows of every admission are tracked.
    """

    arn: str
    name: str
    account: str
    region: str
    dns_name: str
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    admissions: tuple[Admission, ...]
    listeners: tuple[Listener, ...]
    attributes: dict[str, str]
    tracked: bool = True


class Behaviour(msgspec.Struct, frozen=True):
    """What AWS does not document of its load balancers: a switch each, of which the default is the less kind.

    Attributes:
        ignoring_expiry_covers_authorities: whether IgnoreClientCertificateExpiry also lets pass what an authority
            issued that has itself expired, and not only a client's certificate that has.
        stale_revocations_refuse: whether a revocation list past its nextUpdate has all certificates of its issuer
            refused (``ClientCertCrlProcessingError``), or is used on as it is.
    """

    ignoring_expiry_covers_authorities: bool = False
    stale_revocations_refuse: bool = True


class Blueprint(msgspec.Struct, frozen=True):
    """Everything, ordered by ARN."""

    balancers: tuple[Balancer, ...] = ()
    behaviour: Behaviour = Behaviour()


def encoded(blueprint: Blueprint) -> bytes:
    """As JSON on one line, without a newline."""
    return msgspec.json.encode(blueprint)


def decoded(line: bytes) -> Blueprint:
    """From JSON.

    Raises:
        msgspec.MsgspecError: it is not a blueprint.
    """
    return msgspec.json.decode(line, type=Blueprint)
