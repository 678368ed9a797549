"""What is read out of certificates and lists, and what is refused."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, x25519
from cryptography.hazmat.primitives.serialization import Encoding

from originlock.facts.certificates import Certificate, pem_of, sha256_of
from originlock.lab import authority as lab
from originlock.pki.issuing import authority_certificate, authority_dates, list_dates, revocation_list
from originlock.pki.parsing import (
    MOST_CERTIFICATE_BYTES,
    MOST_PEM_CHARACTERS,
    UnreadableError,
    certificate_of,
    certificates_in,
    revocation_list_of,
    serial_text,
)

SEEDS = Path(__file__).resolve().parents[2] / "fuzz" / "seeds"
NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)

KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY = authority_certificate("shop", 1, KEY, authority_dates(NOW, 3650))


def facts(read: x509.Certificate) -> Certificate:
    """The facts of a certificate."""
    return certificate_of(read.public_bytes(Encoding.DER))


def seed(name: str) -> tuple[Certificate, ...]:
    """The certificates of a file."""
    return certificates_in((SEEDS / f"{name}.pem").read_text(encoding="ascii"))


def test_the_shared_authorities_of_cloudflare() -> None:
    """The two that share serial, subject and key would be taken for one, or their dates misread."""
    (new,), (old,) = seed("cloudflare-2019"), seed("cloudflare-2015")
    assert new.sha256 == "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9"
    assert old.sha256 == "062465eea14401f48be7d9a873f2ee674f96806584225d50c04f761d4480b8ba"
    assert (new.serial, new.subject, new.issuer) == (old.serial, old.subject, old.issuer)
    assert new.serial == "5791ba9556c22e61"
    assert new.not_after == datetime.datetime(2029, 11, 1, 17, tzinfo=datetime.UTC)
    assert old.not_after == datetime.datetime(2020, 1, 12, 2, 52, 53, tzinfo=datetime.UTC)
    assert (new.key, new.signature, new.authority, new.path_length) == ("RSA 4096", "RSA SHA512", True, 2)
    assert new.key_usage == ("key_cert_sign", "crl_sign")
    assert new.self_signed
    assert old.self_signed


def test_every_kind_of_name_and_purpose() -> None:
    """A name or a purpose would be lost, or one of an odd kind would make the certificate unreadable."""
    _, leaf = seed("own")
    assert leaf.names == (
        "DNS:edge.example.org",
        "URI:spiffe://example.org/edge",
        "email:ops@example.org",
        "IP:192.0.2.7",
        "IP:2001:db8::7",
    )
    assert (leaf.purposes, leaf.key_usage) == (("clientAuth",), ("digital_signature",))
    assert (leaf.key, leaf.signature, leaf.authority, leaf.self_signed) == ("RSA 2048", "ECDSA SHA256", False, False)
    (odd,) = seed("pss")
    assert odd.signature == "RSASSA-PSS SHA256"
    assert odd.purposes == ("anyExtendedKeyUsage", "1.2.3.4.5")
    assert odd.names[1:] == ("Registered ID:1.2.3", "othername:1.2.3")
    assert odd.names[0].startswith("DirName:")
    assert odd.key_usage == ("digital_signature", "content_commitment", "key_agreement", "encipher_only")
    assert (odd.authority, odd.path_length, odd.self_signed) == (False, None, True)
    assert [(each.key, each.signature) for each in seed("ed25519")] == [("Ed25519", "Ed25519")]


def test_absent_extensions_are_told_from_empty_ones() -> None:
    """A certificate that says nothing of its use would be taken for one that allows nothing, or all."""
    issued = lab.self_signed(lab.Leaf("bare"))
    bare = facts(issued.certificate)
    assert (bare.key_usage, bare.purposes, bare.names) == (None, None, ())


def test_a_serial_is_of_whole_bytes() -> None:
    """A serial would not be found in a revocation list, or a header, which both write whole bytes."""
    assert [serial_text(each) for each in (0, 5, 0x3A5B1, 0xFF, -5)] == ["00", "05", "03a5b1", "ff", "-05"]


def test_its_pem_is_itself() -> None:
    """What is uploaded would be another certificate than what was judged."""
    text = "# of the shop\n\n" + AUTHORITY.public_bytes(Encoding.PEM).decode().replace("\n", "\r\n")
    (read,) = certificates_in(text)
    assert read.pem == AUTHORITY.public_bytes(Encoding.PEM).decode()
    assert read.sha256 == sha256_of(AUTHORITY.public_bytes(Encoding.DER))


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n" + AUTHORITY.public_bytes(Encoding.PEM).decode(),
        "x" * (MOST_PEM_CHARACTERS + 1),
        pem_of(b"\x30" * (MOST_CERTIFICATE_BYTES + 1)),
    ],
    ids=["no-end", "no-certificate", "no-base64", "empty", "one-in-another", "too-long", "too-large"],
)
def test_a_broken_bundle_is_refused_as_a_whole(text: str) -> None:
    """Of a bundle that lost a certificate on the way the rest would be taken for all of it."""
    with pytest.raises(UnreadableError):
        certificates_in(text)


def test_no_certificate_is_none() -> None:
    """An empty answer would be taken for a fault."""
    assert certificates_in("") == ()


def test_reading_takes_no_longer_than_its_length() -> None:
    """White space without an end would take hours: each piece of it could begin what is looked for."""
    before = time.process_time()
    with pytest.raises(UnreadableError):
        certificates_in("-----BEGIN CERTIFICATE-----" + " " * 4_000_000)
    with pytest.raises(UnreadableError):
        revocation_list_of("-----BEGIN X509 CRL-----" + " " * 4_000_000, ())
    assert time.process_time() - before < 10  # a second would do; a quadratic one takes days


# --- revocation lists ----------------------------------------------------------------------------------------------


def made(*more: x509.ExtensionType, number: int | None = 7, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    """A list of our authority, with critical extensions of these kinds."""
    dates = list_dates(NOW, 30, AUTHORITY)
    builder = x509.CertificateRevocationListBuilder().issuer_name(AUTHORITY.subject)
    builder = builder.last_update(dates.begins).next_update(dates.ends)
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for each in more:
        builder = builder.add_extension(each, critical=True)
    for serial in (0xFF, 1, 0x3A5B1):
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW).build()
        builder = builder.add_revoked_certificate(one)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_what_a_list_says() -> None:
    """A revoked certificate would be missed, or a list followed up too late."""
    read = revocation_list_of(made(), (facts(AUTHORITY),))
    assert read.revoked == ("01", "03a5b1", "ff")
    assert (read.number, read.issuer) == (7, facts(AUTHORITY).sha256)
    assert read.next_update == NOW + 30 * DAY
    assert revocation_list_of(read.pem, (facts(AUTHORITY),)) == read


def test_the_signer_is_found_among_several() -> None:
    """A list would be counted to a generation that has not signed it, though its name is the same."""
    other = ec.generate_private_key(ec.SECP256R1())
    twin = (
        x509.CertificateBuilder(AUTHORITY.subject, AUTHORITY.subject, other.public_key(), 5)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(other, hashes.SHA256())
    )
    assert revocation_list_of(made(), (facts(twin), facts(AUTHORITY))).issuer == facts(AUTHORITY).sha256
    with pytest.raises(UnreadableError, match="none of the authorities"):
        revocation_list_of(made(), (facts(twin),))
    with pytest.raises(UnreadableError, match="none of the authorities"):
        revocation_list_of(made(key=ec.generate_private_key(ec.SECP256R1())), (facts(AUTHORITY),))


def test_who_may_not_sign_lists_has_not_signed_one() -> None:
    """Whoever has a leaf of the same name as its authority could take back a revocation."""
    leaf = (
        x509.CertificateBuilder(AUTHORITY.subject, AUTHORITY.subject, KEY.public_key(), 5)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .sign(KEY, hashes.SHA256())
    )
    with pytest.raises(UnreadableError, match="none of the authorities"):
        revocation_list_of(made(), (facts(leaf),))


@pytest.mark.parametrize(
    "text, word",
    [
        (made(x509.DeltaCRLIndicator(3)), "not complete"),
        (made(x509.IssuingDistributionPoint(None, None, True, False, None, False, False)), "not complete"),  # noqa: FBT003
        (made(number=None), "no number"),
        (made() + made(), "2 revocation lists"),
        ("", "0 revocation lists"),
        ("-----BEGIN X509 CRL-----\nA\n-----END X509 CRL-----\n", "no base64"),
        ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "cannot be read"),
    ],
    ids=["delta", "for-some", "no-number", "two", "none", "no-base64", "no-list"],
)
def test_an_incomplete_list_is_refused(text: str, word: str) -> None:
    """Those that it leaves out would be taken for good."""
    with pytest.raises(UnreadableError, match=word):
        revocation_list_of(text, (facts(AUTHORITY),))


def test_an_empty_list_is_one() -> None:
    """A list that revokes nothing could not be read back."""
    text = revocation_list(AUTHORITY, KEY, 1, (), list_dates(NOW, 30, AUTHORITY)).public_bytes(Encoding.PEM).decode()
    assert revocation_list_of(text, (facts(AUTHORITY),)).revoked == ()


@pytest.mark.parametrize(
    "key, text",
    [
        (ed448.Ed448PrivateKey.generate(), "Ed448"),
        (dsa.generate_private_key(1024), "DSA 1024"),  # noqa: S505  that it is read is what is tried
        (x25519.X25519PrivateKey.generate(), "unknown 1.3.101.110"),
    ],
    ids=["ed448", "dsa", "x25519"],
)
def test_kinds_of_keys_that_no_load_balancer_takes(
    key: ed448.Ed448PrivateKey | dsa.DSAPrivateKey | x25519.X25519PrivateKey, text: str
) -> None:
    """A bundle with such a certificate would be unreadable, instead of being told what is wrong with it."""
    builder = x509.CertificateBuilder(AUTHORITY.subject, AUTHORITY.subject, key.public_key(), 5)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + DAY)
    read = facts(builder.sign(KEY, hashes.SHA256()))
    assert (read.key, read.signature, read.self_signed) == (text, "ECDSA SHA256", False)


@pytest.mark.parametrize(
    "key, text",
    [(ed448.Ed448PrivateKey.generate(), "Ed448"), (dsa.generate_private_key(1024), "unknown")],  # noqa: S505
)
def test_kinds_of_signatures_that_no_load_balancer_takes(
    key: ed448.Ed448PrivateKey | dsa.DSAPrivateKey, text: str
) -> None:
    """The same, of what it is signed with."""
    builder = x509.CertificateBuilder(AUTHORITY.subject, AUTHORITY.subject, KEY.public_key(), 5)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + DAY)
    digest = None if isinstance(key, ed448.Ed448PrivateKey) else hashes.SHA256()
    assert facts(builder.sign(key, digest)).signature.startswith(text)
