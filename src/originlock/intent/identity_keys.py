"""The identity lock's part of the table of keys.

Lives here: names, kinds, descriptions and defaults of ``[origins.NAME.identity]`` and ``[origins.NAME.edge_account]``.
Must not live here: the other keys (see `keys`), how a value is judged (see `identity_values`), what they mean together
(see `identity_decode`).
"""

from __future__ import annotations

from originlock.intent import identity_values as values
from originlock.intent.entries import Key, Section
from originlock.intent.policy import EdgeAccount, IdentityPolicy
from originlock.intent.values import PATH

_USUAL, _ACCOUNT = IdentityPolicy(), EdgeAccount()

PROXIED_PORTS = (443, 2053, 2083, 2087, 2096, 8443)
"""The HTTPS ports that Cloudflare proxies (https://developers.cloudflare.com/fundamentals/reference/network-ports/)."""

MODE = Key("mode", values.MODE, "What listeners do about client certificates.", _USUAL.mode)
CERTIFICATE = Key(
    "certificate",
    values.CERTIFICATE,
    "Whose client certificate the edge presents: our own, or the edge's shared one, which is weak: every customer of "
    "the edge can present it.",
    _USUAL.certificate,
)
SCOPE = Key(
    "scope",
    values.SCOPE,
    "For whom the edge presents it: the origin's hostnames, every name of the zone, or (shared only) global.",
    _USUAL.scope,
)
CA: Key[str | None] = Key(
    "ca", values.AUTHORITY, "The name of our certificate authority; without it, that of the origin.", None
)
LEAF = Key("leaf", values.LEAF, "The name of the client certificate that the edge presents.", _USUAL.leaf)
BUCKET: Key[str | None] = Key("bucket", values.BUCKET, "The bucket where the bundle lies while AWS copies it.", None)
CREATE_BUCKET = Key(
    "create_bucket",
    values.CREATE_BUCKET,
    "Whether the bucket is created if it is not there, private and encrypted.",
    _USUAL.create_bucket,
)
ADVERTISE = Key(
    "advertise_ca_names",
    values.ADVERTISE,
    "Whether listeners tell clients the names of the authorities that they trust.",
    _USUAL.advertise_ca_names,
)
ECHO: Key[str | None] = Key(
    "echo",
    PATH,
    "A path of the site whose answer tells which client certificate arrived: proof, before a listener verifies.",
    None,
)
LOGS = Key(
    "logs",
    values.LOGS,
    "Whether the load balancer's connection logs may be read to see which client certificates arrive: the same proof.",
    _USUAL.logs,
)
PROBE_PORT: Key[int | None] = Key(
    "probe_port",
    values.PROBE_PORT,
    "A port, such as 8443, on which a listener is made for a moment to see it: the same proof. The edge is admitted "
    "there, as if the port stood among the others.",
    None,
)
ACKNOWLEDGE = Key(
    "acknowledge",
    values.ACKNOWLEDGE,
    "What an objection asks to be acknowledged, word for word, one by one.",
    _USUAL.acknowledged,
)

IDENTITY = Section(
    "identity",
    "The identity lock: who may speak.",
    (
        *(MODE, CERTIFICATE, SCOPE, CA, LEAF, BUCKET, CREATE_BUCKET, ADVERTISE),
        *(ECHO, LOGS, PROBE_PORT, ACKNOWLEDGE),
    ),
)

ZONE: Key[str | None] = Key("zone", values.ZONE, "The name of the zone; without it, found from the hostnames.", None)
TOKEN_FILE: Key[str | None] = Key(
    "token_file",
    values.TOKEN_FILE,
    "A file with the API token of the edge, which nobody else may read; without it, $CLOUDFLARE_API_TOKEN.",
    None,
)
MANAGE_DNS = Key(
    "manage_dns",
    values.MANAGE_DNS,
    "Whether the proxied CNAME records of the hostnames, to the load balancer, are part of the plan.",
    _ACCOUNT.manage_dns,
)
EDGE_ACCOUNT = Section("edge_account", "The account at the edge.", (ZONE, TOKEN_FILE, MANAGE_DNS))

PINS = Key(
    "shared_ca_pins",
    values.PINS,
    "SHA-256 fingerprints of certificates to be accepted as the edge's shared authority, beside the known one.",
    (),
)
