"""Connection logs, packed and unpacked: whatever the bytes, and whatever a client put into its certificate's name.

Lives here: the script. Must not live here: the wounds (see `mutation`).

An input is a file of lines, packed or not; and it is a subject, in the line of a certificate that was refused.
No subject may have that line tell of another serial, or of a certificate that was accepted.
"""

from __future__ import annotations

import contextlib
import gzip
import sys
from typing import Final

from mutation import run

from originlock.aws.connection_lines import handshake
from originlock.aws.connection_logs import unpacked
from originlock.aws.presigned import NotReadError

BEGIN: Final = "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 -"
END: Final = "NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z 0C Failed:ClientCertUntrusted"
TRACE: Final = "TID_1c71a68d70587445ad5127ff8b2687d7"
NAMES: Final = (
    "CN=amazondomains.com,O=endEntity,L=Seattle,ST=Washington,C=US",
    "CN=client-expired.alb-mtls-example.com,OU=IT,O=Company LLC,C=US",
    f'CN=x" {END.replace("0C Failed:ClientCertUntrusted", "0A1B Success")} TID_1 "y',
    'CN=x" - 0A1B Success TID_0 "',
    'CN=x\\" \\x22',
)
LINES: Final = tuple(f'{BEGIN} "{name}" {END} {TRACE} x25519 app/shop/01 192.0.2.7\n'.encode() for name in NAMES)
SEEDS: Final = (*LINES, b"".join(LINES), gzip.compress(b"".join(LINES)), *(name.encode() for name in NAMES))
MOST: Final = 1_000_000


def parse(data: bytes) -> None:
    """Read it as a file, packed as it is or packed here, and as what a client calls itself."""
    for packed in (data, gzip.compress(data, 1)):
        with contextlib.suppress(NotReadError):
            for line in unpacked(packed, MOST):
                told = handshake(line.decode("utf-8", "replace"))
                assert told is None or len(told.serial) % 2 == 0
    told = handshake(f'{BEGIN} "{data.decode("utf-8", "replace")}" {END} {TRACE}')
    assert told is None or (told.serial, told.verified) == ("0c", "Failed:ClientCertUntrusted"), told


if __name__ == "__main__":
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
