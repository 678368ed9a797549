"""What a backend says of its load balancer, and of whom it lets in.

Lives here: the choices, their defaults, and which of them contradict. Must not live here: reading a file, or a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from originlock.middleware.allowing import Allow
from originlock.middleware.identity import ModeName

#: PEM (or, for revocation lists, DER) as it is, in a file that is read again when it changes, or from a function that
#: is asked again. A function may raise OSError or ValueError, after which what was there before goes on.
Source: TypeAlias = bytes | Path | Callable[[], bytes]

#: 'Mutual authentication with TLS in Application Load Balancer', AWS's user guide: the headers' default names.
PASSTHROUGH_NAME: Final = "X-Amzn-Mtls-Clientcert"
SERIAL_NAME: Final = f"{PASSTHROUGH_NAME}-Serial-Number"
ISSUER_NAME: Final = f"{PASSTHROUGH_NAME}-Issuer"
SUBJECT_NAME: Final = f"{PASSTHROUGH_NAME}-Subject"
VALIDITY_NAME: Final = f"{PASSTHROUGH_NAME}-Validity"
LEAF_NAME: Final = f"{PASSTHROUGH_NAME}-Leaf"

VERIFY_NAMES: Final = (SERIAL_NAME, ISSUER_NAME, SUBJECT_NAME, VALIDITY_NAME, LEAF_NAME)
DEFAULT_NAMES: Final = (PASSTHROUGH_NAME, *VERIFY_NAMES)

#: 'Quotas for your Application Load Balancers': a single header has at most 16 K, a chain at most four certificates.
HEADER_BYTES: Final = 16 * 1024
CHAIN_CERTIFICATES: Final = 4


@dataclass(frozen=True, slots=True)
class Trust:
    """Which authorities count, and how their clients are looked at.

    Attributes:
        anchors: certificates of authorities, PEM. Each is an anchor, intermediates too, as in a trust store.
        revocations: revocation lists, PEM or DER; None looks at none.
        stale: what becomes of a client whose issuer's list is past its nextUpdate.
        missing: what becomes of a client whose issuer has no list, where there are revocation lists at all.
        require_extensions: a leaf must have a subjectAltName, an authority a keyUsage. Certificates by Cloudflare's
            recipe for origin pulls have neither: say False for them.
        most_certificates: how many a client may present, and how many there may be from the leaf to the anchor.
    """

    anchors: Source
    revocations: Source | None = None
    stale: Literal["refuse", "accept"] = "refuse"
    missing: Literal["refuse", "accept"] = "refuse"
    require_extensions: bool = True
    most_certificates: int = CHAIN_CERTIFICATES

    def __post_init__(self) -> None:
        if self.most_certificates < 1:
            message = "most_certificates: at least 1"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The listener asks for certificates and verifies nothing: all of it is done here."""

    trust: Trust

    @property
    def name(self) -> ModeName:
        """``passthrough``."""
        return "passthrough"


@dataclass(frozen=True, slots=True)
class Verify:
    """The listener verifies; here its five headers are held against each other.

    Attributes:
        trust: verify the leaf once more, against authorities and revocation lists of the backend's own. A load balancer
            sends no intermediates in this mode, so they have to be among the anchors. None leaves it to the listener.
        ignore_expiry: as the listener's `IgnoreClientCertificateExpiry`; only without `trust`.
        compare_names: hold subject and issuer of the headers against the leaf's. What the application gets is the
            leaf's in any case.
    """

    trust: Trust | None = None
    ignore_expiry: bool = False
    compare_names: bool = True

    def __post_init__(self) -> None:
        if self.trust is not None and self.ignore_expiry:
            message = "ignore_expiry: what has expired cannot be verified again; leave out trust, or this"
            raise ValueError(message)

    @property
    def name(self) -> ModeName:
        """``verify``."""
        return "verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it.

    Attributes:
        peers: CIDRs of the load balancer's subnets. Others are not believed.
        mode: of the listener.
        optional: requests without a certificate go through, without an identity. Never those with a bad one.
        allow: of the clients whose certificates are good, those that are let in; None: all.
        health_paths: exact paths for GET and HEAD that need no certificate. Whoever reaches the load balancer reaches
            them.
        echo_path: an exact path that answers with the certificate that the load balancer forwards; None: there is none.
        header_names: other names of headers, by their default names, where the listener's attributes rename them.
        cache_entries: how many chains are remembered; 0: none.
        cache_seconds: how long at most.
        reload_seconds: how often it is looked whether files and functions have something new.
        clock: seconds since the epoch.
    """

    peers: Sequence[str]
    mode: Passthrough | Verify
    optional: bool = False
    allow: Allow | None = None
    health_paths: Sequence[str] = ()
    echo_path: str | None = None
    header_names: Mapping[str, str] = field(default_factory=dict)
    cache_entries: int = 1024
    cache_seconds: float = 300.0
    reload_seconds: float = 5.0
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if isinstance(self.peers, str) or isinstance(self.health_paths, str):
            message = "peers and health_paths are lists of strings"
            raise TypeError(message)
        for path in (*self.health_paths, *(() if self.echo_path is None else (self.echo_path,))):
            if not path.startswith("/") or not path.isascii():
                message = f"{path!r} is no path: it begins with a slash, and is ASCII"
                raise ValueError(message)
        if self.echo_path in self.health_paths:
            message = "echo_path is one of health_paths"
            raise ValueError(message)
