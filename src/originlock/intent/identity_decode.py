"""What the identity lock's keys mean together.

Lives here: from its two tables to a policy. Must not live here: how one value is judged (see `identity_values`).
"""

from __future__ import annotations

from typing import Final

from originlock.intent import identity_keys as keys
from originlock.intent.policy import EdgeAccount, IdentityPolicy
from originlock.intent.reading import Table

_NAMELESS: Final = {"trust of others": "trust of store NAME", "revocations": "revocations of store NAME"}
"""Words that would hold for every store, also for those that come later, and what is said instead."""


def identity_of(table: Table, origin: str) -> IdentityPolicy | None:
    """What the identity lock of an origin is asked for; None where there is no such table."""
    if not table.has(keys.IDENTITY.name):
        return None
    said = table.section(keys.IDENTITY)
    certificate = said.take(keys.CERTIFICATE)
    scope = said.take(keys.SCOPE)
    if certificate == "shared" and not said.has(keys.SCOPE.name):
        scope = "global"
    if (certificate == "shared") != (scope == "global"):
        said.problem(
            f'cannot be "{scope}" with certificate = "{certificate}": the shared certificate is presented globally or '
            "not at all, and one of our own for a hostname or a zone",
            keys.SCOPE.name,
        )
    mode = said.take(keys.MODE)
    bucket = said.take(keys.BUCKET)
    if mode == "verify" and bucket is None and not said.void:
        said.problem(
            'is not given; a trust store is made of a bundle in it, so mode = "verify" needs it', keys.BUCKET.name
        )
    port = said.take(keys.PROBE_PORT)
    if port is not None and port not in keys.PROXIED_PORTS:
        ports = ", ".join(map(str, keys.PROXIED_PORTS))
        said.problem(f"is {port}, which Cloudflare does not proxy; choose one of {ports}", keys.PROBE_PORT.name)
    acknowledged = said.take(keys.ACKNOWLEDGE)
    for word in acknowledged:
        if word in _NAMELESS:
            said.problem(f'names no store with "{word}": say "{_NAMELESS[word]}"', keys.ACKNOWLEDGE.name)
    return IdentityPolicy(
        *(
            mode,
            certificate,
            scope,
            said.take(keys.CA) or origin,
            said.take(keys.LEAF),
            bucket or "",
            said.take(keys.CREATE_BUCKET),
        ),
        *(
            said.take(keys.ADVERTISE),
            said.take(keys.ECHO) or "",
            said.take(keys.LOGS),
            port or 0,
            acknowledged,
        ),
    )


def edge_account_of(table: Table) -> EdgeAccount | None:
    """The account at the edge; None where there is no such table."""
    if not table.has(keys.EDGE_ACCOUNT.name):
        return None
    said = table.section(keys.EDGE_ACCOUNT)
    return EdgeAccount(said.take(keys.ZONE) or "", said.take(keys.TOKEN_FILE) or "", said.take(keys.MANAGE_DNS))
