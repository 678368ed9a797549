# ruff: noqa: INP001, T201  a script of the documentation: no package, and it says what it does
"""Make the client certificates anew that probes show: `python docs/public_keys.py` (a test holds what they must be).

Their keys are public on purpose: they are what anybody has. They open nothing; what lets them in is open.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WHERE: Final = Path(__file__).resolve().parent.parent / "src" / "originlock" / "probe"

_PARTS: Final = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.ORGANIZATION_NAME, "CloudFlare, Inc."),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "Origin Pull"),
    (NameOID.LOCALITY_NAME, "San Francisco"),
    (NameOID.STATE_OR_PROVINCE_NAME, "California"),
    (NameOID.COMMON_NAME, "origin-pull.cloudflare.net"),
)

SHARED_CA_SUBJECT: Final = x509.Name(
    [x509.NameAttribute(kind, value, _ASN1Type.PrintableString) for kind, value in _PARTS]
)
"""The subject of the CA of Cloudflare's shared origin-pull certificate, byte for byte as Cloudflare publishes it:
cryptography writes another type of text unless told."""

SHARED_CA_KEY: Final = bytes.fromhex("43594b2b698b80e111336a57cd5738da9e7dc5eb")
"""That CA's subject key identifier: named by the leaf, so that a verifier tries that CA's key, and fails on it."""

_FROM: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_UNTIL: Final = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)

_STRANGER: Final = """\
# A client certificate that nobody vouches for, and its key, which is public on purpose: it comes with originlock, and
# probes show it to learn whether an origin takes a certificate from just anybody. It opens nothing.
# Made by docs/public_keys.py.
"""

_LOOK_ALIKE: Final = """\
# A client certificate whose issuer has the name of Cloudflare's shared origin-pull CA, but another key; and its own
# key, which is public on purpose: it comes with originlock, and probes show it to learn whether an origin goes by the
# name alone. It opens nothing. Not Cloudflare's, and not signed by Cloudflare.
# Made by docs/public_keys.py.
"""


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, *, ca: bool) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(_UNTIL)
    return builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)


def _for_clients(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)


def _pem(*parts: x509.Certificate | rsa.RSAPrivateKey) -> str:
    texts = []
    for part in parts:
        if isinstance(part, x509.Certificate):
            texts.append(part.public_bytes(serialization.Encoding.PEM))
        else:
            texts.append(
                part.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
    return b"".join(texts).decode()


def stranger() -> str:
    """A self-signed certificate with its key."""
    key = rsa.generate_private_key(65537, 2048)
    name = _named("originlock probe: a stranger")
    builder = _for_clients(_builder(name, name, key.public_key(), ca=False))
    return _STRANGER + _pem(builder.sign(key, hashes.SHA256()), key)


def look_alike() -> str:
    """A certificate, its look-alike issuer, and its key. The issuer's key is thrown away."""
    issuer_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    issuer = _builder(SHARED_CA_SUBJECT, SHARED_CA_SUBJECT, issuer_key.public_key(), ca=True)
    issuer = issuer.add_extension(x509.SubjectKeyIdentifier(SHARED_CA_KEY), critical=False)
    leaf = _for_clients(
        _builder(_named("originlock probe: a look-alike"), SHARED_CA_SUBJECT, key.public_key(), ca=False)
    )
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier(SHARED_CA_KEY, None, None), critical=False)
    signed = [builder.sign(issuer_key, hashes.SHA256()) for builder in (leaf, issuer)]
    return _LOOK_ALIKE + _pem(*signed, key)


def main() -> int:
    """Write both anew."""
    for name, made in (("stranger.pem", stranger), ("look-alike.pem", look_alike)):
        (WHERE / name).write_text(made(), encoding="ascii")
        print(f"written: src/originlock/probe/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
