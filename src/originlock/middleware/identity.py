"""Who a client is, by its certificate.

Lives here: what the application gets. Must not live here: how it is come by.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

#: How a load balancer's listener treats clients' certificates.
ModeName = Literal["passthrough", "verify"]


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """A client whose certificate was believed.

    Attributes:
        mode: of the listener: who verified. ``passthrough``: this middleware did; ``verify``: the load balancer did.
        subject: as RFC 4514 writes it, the most specific first: ``CN=edge,O=Example``. May be empty.
        issuer: the same, of the issuer.
        serial: hexadecimal in capitals, whole bytes, as the load balancer writes it: ``03A5B1``.
        not_before: from when it is valid, UTC.
        not_after: to when it is valid, UTC.
        sha256: of the certificate's DER, lower-case hexadecimal. The only name of a certificate that no other has.
        dns_names: of its subjectAltName, as all that follow; in order, as written.
        uris: such as SPIFFE ids.
        emails: addresses of mail.
        addresses: IP addresses.
        certificate: the leaf itself, DER.
    """

    mode: ModeName
    subject: str
    issuer: str
    serial: str
    not_before: dt.datetime
    not_after: dt.datetime
    sha256: str
    dns_names: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    certificate: bytes = field(default=b"", repr=False)
