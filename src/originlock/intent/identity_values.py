"""What the values of the identity lock's tables mean: names of authorities, buckets, scopes, fingerprints.

Lives here: their kinds. Must not live here: where they stand (see `identity_keys`).
"""

from __future__ import annotations

from typing import Literal

from originlock.intent.addresses import HOSTNAME
from originlock.intent.kinds import Kind, flag, line, list_of, matching, one_of, whole_number

MODE: Kind[Literal["off", "passthrough", "verify"]] = one_of("the mode", ("off", "passthrough", "verify"))
CERTIFICATE: Kind[Literal["own", "shared"]] = one_of("whose certificate the edge presents", ("own", "shared"))
SCOPE: Kind[Literal["hostname", "zone", "global"]] = one_of("the scope", ("hostname", "zone", "global"))

AUTHORITY = matching(
    "the name of an authority", "[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "as an origin's: letters, digits, . - _, at most 63"
)
LEAF = matching(
    "the name of a certificate",
    "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
    "1 to 63 letters, digits, dots, hyphens, underscores",
)
# Amazon S3 user guide, bucket naming rules.
BUCKET = matching(
    "a bucket", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits, dots and hyphens"
)
CREATE_BUCKET = flag("whether the bucket is created")
ADVERTISE = flag("whether the names of authorities are told")
LOGS = flag("whether connection logs are read")
MANAGE_DNS = flag("whether DNS records are part of the plan")
# Cloudflare's documentation, network ports: the HTTPS ports that it proxies, beside 443.
PROBE_PORT = whole_number("the port of a listener for a moment", 1, 65_535)
ACKNOWLEDGE = list_of(line("what an objection says is to be acknowledged"), "acknowledgements")
ZONE = HOSTNAME
TOKEN_FILE = line("the path of a file")
PIN = matching("a SHA-256 fingerprint", "[0-9a-f]{64}", "64 lower-case hex digits, of the certificate as DER")
PINS = list_of(PIN, "fingerprints", order=lambda pins: tuple(sorted(pins)))
