"""Trust stores of one account and Region, held beside what moto holds, and as frozen views.

Here lives what a trust store is, where it is kept, and who uses it. Here must not live: the answers about trust
stores (see `elb_trust_stores`), or the reading of bundles (see `trust_bundle`).

A store is a copy: what becomes of the object in S3 that it was made of does not matter to it.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from originlock.lab import blueprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography.x509 import Certificate

    from originlock.lab.revocation_list import RevocationList

#: Where moto's backend keeps them: a reset of moto empties it.
_HELD: Final = "_originlock_trust_stores"
#: Where a listener of moto's keeps its MutualAuthentication.
_MUTUAL: Final = "mutual_authentication"

VERIFY: Final = "verify"


@dataclass(frozen=True, slots=True)
class RevocationsView:
    """One revocation list of a trust store."""

    revocation_id: int
    entries: int


@dataclass(frozen=True, slots=True)
class TrustStoreView:
    """One trust store; `ready` is when it is ACTIVE, by the monotonic clock, and `version` counts its bundles."""

    arn: str
    name: str
    certificates: int
    ready: float
    version: int
    revocations: tuple[RevocationsView, ...]

    @property
    def status(self) -> str:
        """CREATING or ACTIVE."""
        return "ACTIVE" if time.monotonic() >= self.ready else "CREATING"

    @property
    def revoked(self) -> int:
        """How many certificates all its lists revoke."""
        return sum(each.entries for each in self.revocations)


@dataclass(slots=True)
class TrustStore:
    """One trust store as it is held; ids of revocation lists increase and are not used again."""

    arn: str
    name: str
    bundle: bytes
    certificates: tuple[Certificate, ...]
    ready: float
    version: int = 1
    revocations: dict[int, RevocationList] = field(default_factory=dict)
    _last_id: int = 0

    def replace(self, bundle: bytes, certificates: tuple[Certificate, ...]) -> None:
        """Have another bundle, as a whole. That the revocation lists stay, whoever signed them, is a guess."""
        self.bundle, self.certificates = bundle, certificates
        self.version += 1

    def revoke(self, read: RevocationList) -> int:
        """Add a revocation list; return its id."""
        self._last_id += 1
        self.revocations[self._last_id] = read
        return self._last_id

    @property
    def view(self) -> TrustStoreView:
        """What it is now."""
        revocations = [RevocationsView(number, read.entries) for number, read in sorted(self.revocations.items())]
        return TrustStoreView(self.arn, self.name, len(self.certificates), self.ready, self.version, tuple(revocations))


def trust_stores(backend: Any) -> dict[str, TrustStore]:  # noqa: ANN401 - moto's backend
    """The trust stores of an account and Region by ARN, to read and to change."""
    held: dict[str, TrustStore] = backend.__dict__.setdefault(_HELD, {})
    return held


def trust_store_views(backend: Any) -> tuple[TrustStoreView, ...]:  # noqa: ANN401 - moto's backend
    """All of them, ordered by ARN."""
    return tuple(held.view for _, held in sorted(trust_stores(backend).items()))


def new_arn(backend: Any, name: str) -> str:  # noqa: ANN401 - moto's backend
    """An ARN as 'Service Authorization Reference', Elastic Load Balancing V2, has it."""
    place = f"{backend.region_name}:{backend.account_id}"
    return f"arn:aws:elasticloadbalancing:{place}:truststore/{name}/{secrets.token_hex(8)}"


# --- listeners ---------------------------------------------------------------------------------------


def mutual_authentication(listener: Any) -> Mapping[str, Any]:  # noqa: ANN401 - moto's object
    """MutualAuthentication as DescribeListeners tells it; empty where the listener cannot have any."""
    held: Mapping[str, Any] = listener.__dict__.get(_MUTUAL) or {}
    return held


def set_mutual_authentication(listener: Any, told: Mapping[str, Any] | None) -> None:  # noqa: ANN401 - moto's object
    """Let a listener have it; None for one that cannot have any."""
    setattr(listener, _MUTUAL, None if told is None else dict(told))


def users_of(backend: Any, arn: str) -> Sequence[str]:  # noqa: ANN401 - moto's backend
    """The listeners that verify by a trust store, ordered."""
    return sorted(
        listener.arn
        for balancer in backend.load_balancers.values()
        for listener in balancer.listeners.values()
        if mutual_authentication(listener).get("TrustStoreArn") == arn
    )


def mutual_tls(backend: Any, listener: Any) -> blueprint.MutualTls:  # noqa: ANN401 - moto's objects
    """A listener's mutual TLS, with its trust store as it now is, for the data plane."""
    told = mutual_authentication(listener)
    held = trust_stores(backend).get(str(told.get("TrustStoreArn")))
    store = None
    if held is not None:
        lists = tuple(read.pem for _, read in sorted(held.revocations.items()))
        store = blueprint.TrustStore(held.arn, held.bundle.decode("ascii"), lists)
    return blueprint.MutualTls(
        mode=str(told.get("Mode", "off")),
        trust_store=store,
        ignore_client_certificate_expiry=bool(told.get("IgnoreClientCertificateExpiry")),
        advertise_trust_store_ca_names=told.get("AdvertiseTrustStoreCaNames") == "on",
        association=str(told.get("TrustStoreAssociationStatus", "active")),
    )
