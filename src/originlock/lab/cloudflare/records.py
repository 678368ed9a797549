"""What Cloudflare holds, as frozen records.

Here lives the shapes alone. Here must not live: what becomes of them over time (see `pulls`), JSON of the API.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec


class Account(msgspec.Struct, frozen=True):
    """An account: whom zones belong to, and who pays."""

    id: str
    name: str
    created_on: dt.datetime


class Grant(msgspec.Struct, frozen=True):
    """A permission for one resource.

    Attributes:
        permission: as the documentation names it, such as ``DNS Write``.
        resource: the id of a zone or an account, or ``*`` for all of the token's user.
    """

    permission: str
    resource: str = "*"


class Token(msgspec.Struct, frozen=True):
    """An API token.

    Attributes:
        secret: what stands after ``Bearer``.
        user: whose it is: the rate limit counts by user.
        accounts: the accounts that its user is a member of; ``*`` in a grant means these.
        status: ``active``, ``disabled`` or ``expired``.
    """

    id: str
    secret: str
    user: str
    accounts: tuple[str, ...]
    grants: tuple[Grant, ...]
    status: str = "active"


class Zone(msgspec.Struct, frozen=True):
    """A zone.

    Attributes:
        status: ``pending`` until its name servers are seen at the registrar, then ``active``.
        delegated: whether the registrar names Cloudflare's name servers: the lab's stand-in for the registrar.
        checked_on: when an activation check was last asked for.
    """

    id: str
    name: str
    account_id: str
    name_servers: tuple[str, ...]
    original_name_servers: tuple[str, ...]
    created_on: dt.datetime
    modified_on: dt.datetime
    status: str = "pending"
    delegated: bool = False
    activated_on: dt.datetime | None = None
    checked_on: dt.datetime | None = None
    paused: bool = False
    type: str = "full"


class Record(msgspec.Struct, frozen=True):
    """A DNS record; `name` is whole, in lower case, without a final dot."""

    id: str
    zone_id: str
    type: str
    name: str
    content: str
    proxied: bool
    ttl: int
    created_on: dt.datetime
    modified_on: dt.datetime
    comment: str | None = None
    tags: tuple[str, ...] = ()
    priority: int | None = None
    settings: dict[str, Any] = {}


class Held(msgspec.Struct, frozen=True):
    """A setting: what it is, since when, and what it was before (the edge follows after a while)."""

    value: Any
    since: dt.datetime | None = None
    before: Any = None


class PullCertificate(msgspec.Struct, frozen=True):
    """A certificate of a customer's own for origin pulls.

    Attributes:
        hostname_level: uploaded for hostnames; else for the zone.
        fails: it will never be deployed (``deployment_timed_out``).
        deleted_on: when its deletion was asked for.
    """

    id: str
    zone_id: str
    hostname_level: bool
    certificate_pem: str
    key_pem: str
    uploaded_on: dt.datetime
    fails: bool = False
    deleted_on: dt.datetime | None = None


class AssociationVersion(msgspec.Struct, frozen=True):
    """What was once asked of a hostname; ``enabled`` None voids the association."""

    cert_id: str | None
    enabled: bool | None
    since: dt.datetime


class Association(msgspec.Struct, frozen=True):
    """A hostname and its certificate for origin pulls; the newest version is last."""

    zone_id: str
    hostname: str
    versions: tuple[AssociationVersion, ...]


class Rule(msgspec.Struct, frozen=True):
    """A rule of a ruleset."""

    id: str
    ref: str
    action: str
    expression: str
    last_updated: dt.datetime
    action_parameters: dict[str, Any] = {}
    description: str = ""
    enabled: bool = True
    version: int = 1


class Ruleset(msgspec.Struct, frozen=True):
    """The entry point of a phase in a zone."""

    id: str
    zone_id: str
    phase: str
    last_updated: dt.datetime
    rules: tuple[Rule, ...] = ()
    version: int = 1
    name: str = "default"
    description: str = ""


class AlertPolicy(msgspec.Struct, frozen=True):
    """A notification policy of an account."""

    id: str
    account_id: str
    name: str
    alert_type: str
    enabled: bool
    mechanisms: dict[str, Any]
    created: dt.datetime
    modified: dt.datetime
    description: str = ""
    filters: dict[str, Any] = {}


class Balancing(msgspec.Struct, frozen=True):
    """A monitor or a pool of Cloudflare's own load balancing; `kind` is ``monitors`` or ``pools``."""

    id: str
    account_id: str
    kind: str
    document: dict[str, Any]
    created: dt.datetime
    modified: dt.datetime


class Switches(msgspec.Struct, frozen=True):
    """What a lab's test makes the edge do to a zone's visitors; Cloudflare has products for each.

    Attributes:
        challenge: answer everything with a challenge page.
        access: the name of an Access team that everybody is sent to first.
        worker: the body of a Worker's answer, that asks the origin nothing.
    """

    challenge: bool = False
    access: str | None = None
    worker: str | None = None


class ClientCertificate(msgspec.Struct, frozen=True):
    """What the edge presents to an origin.

    Attributes:
        kind: ``global``, ``zone`` or ``hostname``.
        id: the certificate's; ``shared`` for Cloudflare's own.
    """

    kind: str
    id: str
    certificate_pem: str
    key_pem: str
