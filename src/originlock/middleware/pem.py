"""Certificates as a load balancer puts them into a header.

Lives here: URL-encoded PEM to DER, and nothing but what it may be. Must not live here: what is in a certificate.
"""

from __future__ import annotations

import binascii
import re
from typing import Final
from urllib.parse import unquote

from originlock.middleware.refusals import Reason, RefusedError

#: What a header's value has: PEM, URL-encoded; ``+=/`` as they are or encoded, for AWS shows both. Before a comma a
#: value ended that was joined to another by a proxy or a WSGI server.
_ENCODED: Final = re.compile(rb"[A-Za-z0-9+/=%.~_-]+")

_BLOCK: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]++)(?<=\n)-----END CERTIFICATE-----\s*+"
)


def check_one_value(value: bytes, most_bytes: int) -> None:
    """See that a value is of one header: none of PEM, numbers and dates has a comma.

    Raises:
        RefusedError: `OVERSIZED` or `DOUBLED`.
    """
    if len(value) > most_bytes:
        raise RefusedError(Reason.OVERSIZED, f"{len(value)} bytes")
    if b"," in value:
        raise RefusedError(Reason.DOUBLED, "a comma in a value")


def certificates(value: bytes, most: int) -> tuple[bytes, ...]:
    """The certificates in a header's value, DER, in order; at least one.

    Raises:
        RefusedError: `MALFORMED`, or `CHAIN_TOO_LONG` for more than `most`.
    """
    if _ENCODED.fullmatch(value) is None:
        raise RefusedError(Reason.MALFORMED, "not URL-encoded PEM")
    text = _unquoted(value.decode("ascii"))
    found: list[bytes] = []
    at = 0
    while at < len(text):
        block = _BLOCK.match(text, at)
        if block is None:
            raise RefusedError(Reason.MALFORMED, "not PEM of certificates")
        if len(found) == most:
            raise RefusedError(Reason.CHAIN_TOO_LONG, f"more than {most} presented")
        found.append(_decoded(block[1]))
        at = block.end()
    return tuple(found)


def _unquoted(value: str) -> str:
    """URL-decoded. `unquote_plus` would make spaces of the plus signs in base64.

    A load balancer encodes just these two of PEM, and to replace them costs a tenth; where any other is left, nothing
    of it counts.
    """
    text = value.replace("%0A", "\n").replace("%20", " ")
    return unquote(value) if "%" in text else text


def _decoded(body: str) -> bytes:
    try:
        return binascii.a2b_base64(body.replace("\r", "").replace("\n", ""), strict_mode=True)
    except binascii.Error as error:
        raise RefusedError(Reason.MALFORMED, "not base64") from error
