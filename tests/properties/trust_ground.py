"""Who may have which certificate, and what a listener and the edge make of it: the oracle of the identity lock's tests.

Nothing here is a real certificate: a fingerprint is of the bytes of a name, and who issued whom stands in a table. So
what is presented, and who is let in, is reckoned in another way than originlock does.
"""

from __future__ import annotations

import dataclasses
import datetime

from originlock.facts.certificates import Certificate, pem_of, sha256_of
from originlock.facts.origin import Tags
from originlock.facts.trust import SecureListener
from originlock.facts.zone import Scope

BEGINS = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ENDS = datetime.datetime(2027, 12, 31, tzinfo=datetime.UTC)
ENDED = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)

AUTHORITIES = ("ours-1", "ours-2", "theirs-a", "theirs-b", "shared")
ISSUERS = {
    "edge-1": "ours-1",
    "edge-1b": "ours-1",
    "edge-2": "ours-2",
    "leaf-a": "theirs-a",
    "leaf-b": "theirs-b",
    "ended-a": "theirs-a",
    "cloudflare": "shared",
    "tenant": "shared",
}
"""Every leaf there is, and who issued it. ``cloudflare`` is what the edge presents as its shared certificate, and
``tenant`` what it presents for another customer."""

OUR_LEAVES = ("edge-1", "edge-1b", "edge-2")
NOBODY = ""


def der_of(name: str) -> bytes:
    """What stands for the certificate of a name."""
    return f"certificate {name}".encode()


def print_of(name: str) -> str:
    """Its fingerprint."""
    return sha256_of(der_of(name))


NAMES = {print_of(name): name for name in (*AUTHORITIES, *ISSUERS)}


def certificate(name: str) -> Certificate:
    """As our own reading of it would be."""
    return Certificate(
        sha256=print_of(name),
        subject=f"CN={name}",
        issuer=f"CN={ISSUERS.get(name, name)}",
        serial=print_of(name)[:16],
        not_before=BEGINS,
        not_after=ENDED if name.startswith("ended") else ENDS,
        key="ECDSA secp256r1",
        signature="ECDSA SHA256",
        authority=name in AUTHORITIES,
        path_length=None,
        key_usage=None,
        purposes=None,
        names=(),
        self_signed=name in AUTHORITIES,
        pem=pem_of(der_of(name)),
    )


@dataclasses.dataclass(frozen=True)
class Store:
    """A trust store.

    Attributes:
        text: its bundle.
        members: names of authorities.
        ready_at: when it is ACTIVE.
        revoked: (id of a list, SHA-256 of the list, names of leaves).
    """

    name: str
    text: str
    members: frozenset[str]
    tags: Tags = ()
    ready_at: float = 0.0
    lists: tuple[tuple[int, str, frozenset[str]], ...] = ()


@dataclasses.dataclass(frozen=True)
class Uploaded:
    """A certificate at the edge; presented only once it is deployed."""

    id: str
    scope: Scope
    leaf: str
    ready_at: float = 0.0


@dataclasses.dataclass(frozen=True)
class Linked:
    """What a hostname presents of its own, and what it did until that was deployed."""

    certificate: str
    enabled: bool
    ready_at: float = 0.0
    before: Linked | None = None


@dataclasses.dataclass(frozen=True)
class Moment:
    """Everything, at one moment; a number of seconds since the beginning."""

    listeners: dict[str, SecureListener]
    stores: dict[str, Store]
    certificates: tuple[Uploaded, ...] = ()
    links: dict[str, Linked] = dataclasses.field(default_factory=dict)
    unlinked: dict[str, tuple[float, Linked]] = dataclasses.field(default_factory=dict)
    zone_pulls: bool = False
    global_pulls: bool = False
    objects: dict[str, str] = dataclasses.field(default_factory=dict)
    buckets: frozenset[str] = frozenset()
    at: float = 0.0

    def link(self, hostname: str) -> Linked | None:
        """What is in force for a hostname now."""
        found = self.links.get(hostname)
        if found is None and hostname in self.unlinked:
            until, was = self.unlinked[hostname]
            return was if self.at < until else None
        while found is not None and self.at < found.ready_at:
            found = found.before
        return found

    def presented(self, hostname: str) -> str:
        """The name of the leaf that the edge presents for a hostname: the nearest level wins; empty for none."""
        link = self.link(hostname)
        if link is not None:
            held = {each.id: each.leaf for each in self.certificates if each.ready_at <= self.at}
            return held.get(link.certificate, NOBODY) if link.enabled else NOBODY
        if self.zone_pulls:
            deployed = [each for each in self.certificates if each.scope == "zone" and each.ready_at <= self.at]
            return deployed[-1].leaf if deployed else NOBODY
        return "cloudflare" if self.global_pulls else NOBODY

    def lets_in(self, listener: SecureListener, leaf: str) -> bool:
        """Whether a listener lets in who brings this leaf, or none."""
        mutual = listener.mutual
        if mutual.mode != "verify":
            return True
        store = self.stores.get(mutual.trust_store)
        if store is None or mutual.removed or not leaf:
            return False
        if any(leaf in leaves for _, _, leaves in store.lists):
            return False
        return ISSUERS[leaf] in store.members and (mutual.ignore_expiry or not leaf.startswith("ended"))

    def admitted(self, listener: SecureListener) -> frozenset[str]:
        """Everybody whom a listener lets in."""
        return frozenset(leaf for leaf in (NOBODY, *ISSUERS) if self.lets_in(listener, leaf))

    def served(self, hostnames: tuple[str, ...]) -> frozenset[tuple[str, str]]:
        """(hostname, listener) for which the edge is let in."""
        return frozenset(
            (name, arn)
            for name in hostnames
            for arn, listener in self.listeners.items()
            if self.lets_in(listener, self.presented(name))
        )
