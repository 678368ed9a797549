"""Revocation lists: whatever the text, it is read or refused, and so is whatever an authority may have signed.

Lives here: the script. Must not live here: the wounds (see `mutation`).

What is signed is wounded too, and then signed anew: else no wound would ever get behind the signature.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import sys
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from mutation import run

from originlock.pki.issuing import (
    Dates,
    Reason,
    Revoked,
    authority_certificate,
    authority_dates,
    list_dates,
    revocation_list,
)
from originlock.pki.parsing import UnreadableError, certificate_of, revocation_list_of

#: Nobody trusts this key: it opens nothing, and is the same each time.
KEY: Final = ec.derive_private_key(0x0123456789ABCDEF, ec.SECP256R1())
NOW: Final = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
AUTHORITY: Final = authority_certificate("fuzz", 1, KEY, authority_dates(NOW, 3650))
ISSUERS: Final = (certificate_of(AUTHORITY.public_bytes(Encoding.DER)),)

_BIT_STRING_TAG: Final = b"\x03"
_ECDSA_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")


def lists() -> tuple[x509.CertificateRevocationList, ...]:
    """An empty list, one of each reason, and a longer one."""
    dates: Dates = list_dates(NOW, 30, AUTHORITY)
    each = [Revoked((1 << 126) + number, NOW, reason) for number, reason in enumerate(Reason)]
    many = [Revoked((1 << 126) + number, NOW, Reason.UNSPECIFIED) for number in range(200)]
    return tuple(
        revocation_list(AUTHORITY, KEY, number, revoked, dates) for number, revoked in enumerate(([], each, many), 1)
    )


SEEDS: Final = (
    *(each.public_bytes(Encoding.PEM) for each in lists()),
    *(each.public_bytes(Encoding.DER) for each in lists()),
    *(each.tbs_certlist_bytes for each in lists()),
)


def parse(data: bytes) -> None:
    """Read it as a text, as a list, and as what an authority has signed."""
    for text in (data.decode("latin-1"), pem_of_list(data), pem_of_list(signed(data))):
        with contextlib.suppress(UnreadableError):
            revocation_list_of(text, ISSUERS)


def pem_of_list(der: bytes) -> str:
    """A list as PEM."""
    return f"-----BEGIN X509 CRL-----\n{base64.encodebytes(der).decode()}-----END X509 CRL-----\n"


def signed(content: bytes) -> bytes:
    """A list of this content, with a right signature."""
    signature = KEY.sign(content, ec.ECDSA(hashes.SHA256()))
    return _tagged(b"\x30", content + _ECDSA_SHA256 + _tagged(_BIT_STRING_TAG, b"\x00" + signature))


def _tagged(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return tag + bytes((size,)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return tag + bytes((128 | len(length),)) + length + content


if __name__ == "__main__":
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
