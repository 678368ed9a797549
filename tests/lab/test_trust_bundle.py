"""What is taken as a bundle of authorities, and as a revocation list: no more than AWS takes."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from originlock.lab import authority
from originlock.lab.revocation_list import read_revocation_list
from originlock.lab.trust_bundle import BundleQuotas, ContentError, read_bundle

ROOT = authority.root("root")
PEM = ROOT.pem
QUOTAS = BundleQuotas()


def refused(body: str, quotas: BundleQuotas = QUOTAS) -> str:
    """Why it is."""
    with pytest.raises(ContentError) as error:
        read_bundle(body.encode(), quotas)
    return str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        PEM,
        PEM.rstrip("\n"),
        f"# our own\n{PEM}# and no other\n",
        PEM + authority.root("two", key=authority.RSA2048).pem,
        authority.root("p384", key=authority.P384).pem,
        ROOT.below("between").pem,
    ],
)
def test_what_is_taken(body: str) -> None:
    """PEM, one certificate after the other, with comments; roots and those below."""
    assert len(read_bundle(body.encode(), QUOTAS)) == body.count("BEGIN")


@pytest.mark.parametrize(
    "body,why",
    [
        ("", "blank"),
        ("# nothing\n", "no certificate"),
        (f"{PEM}\n{PEM}", "blank"),
        (f"\n{PEM}", "blank"),
        (f"{PEM}\n\n", "blank"),
        (f"# a-b\n{PEM}", "'-'"),
        (f"Certificate:\n    Data:\n{PEM}", "neither a comment"),
        (PEM.replace("\n", "\r\n"), "neither a comment"),
        (PEM.removesuffix("-----END CERTIFICATE-----\n"), "no end"),
        (PEM.replace("\nMII", "\n!II"), "base64"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
        (f"# caf\u00e9\n{PEM}", "not PEM"),
        (authority.pem(ROOT.issue(authority.Leaf("leaf")).certificate), "not an authority"),
        (authority.pem(authority.self_signed(authority.Leaf("self")).certificate), "does not say"),
        (authority.root("weak", key=authority.RSA1024).pem, "neither RSA"),
        (authority.root("edwards", key=authority.ED25519).pem, "neither RSA"),
    ],
)
def test_what_is_refused(body: str, why: str) -> None:
    """Blank lines, comments with a '-', preambles, leaves, keys of other kinds; a kinder lab would hide each."""
    assert why in refused(body)


def test_how_much_is_taken() -> None:
    """As many certificates, as large, with as long subjects as the quotas say."""
    assert "more than 1" in refused(PEM + PEM, BundleQuotas(certificates=1))
    assert "bytes" in refused(PEM, BundleQuotas(certificate_bytes=100))
    assert "subjects" in refused(PEM + PEM, BundleQuotas(subjects_bytes=20))
    assert "more than" in refused("#" * 2_000_000)


def made(digest: hashes.HashAlgorithm, *, pss: bool) -> str:
    """A root with another signature."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    how = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH) if pss else None
    return authority.pem(builder.sign(key, digest, rsa_padding=how))  # type: ignore[arg-type]


def test_signatures() -> None:
    """SHA256, 384 and 512, also by RSASSA-PSS; SHA224 is not among them."""
    for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        for pss in (True, False):
            assert read_bundle(made(digest, pss=pss).encode(), QUOTAS)
    assert "signature algorithm" in refused(made(hashes.SHA224(), pss=False))


def test_revocation_lists() -> None:
    """PEM, one to a file, signed by an authority of the store; how many it revokes is counted."""
    issuer = authority.root("issuer")
    for _ in range(3):
        issuer.revoke(issuer.issue(authority.Leaf("x")).certificate)
    body = issuer.revocation_list_pem()
    others = (ROOT.certificate, issuer.certificate)
    assert read_revocation_list(body.encode(), others, delta_taken=False).entries == 3
    same_name = authority.root("issuer")
    for wrong, why in (
        (body + body, "not one"),
        ("", "blank"),
        (PEM, "neither"),
        ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "cannot be read"),
        (ROOT.below("x").revocation_list_pem(), "no authority"),
        (same_name.revocation_list_pem(), "no authority"),
        (authority.root("edwards", key=authority.ED25519).revocation_list_pem(), "signature algorithm"),
    ):
        with pytest.raises(ContentError, match=why):
            read_revocation_list(wrong.encode(), others, delta_taken=False)
    der = x509.load_pem_x509_crl(body.encode()).public_bytes(serialization.Encoding.DER)
    with pytest.raises(ContentError, match="not PEM"):
        read_revocation_list(der, others, delta_taken=False)


def test_delta_revocation_lists_are_a_switch() -> None:
    """AWS does not say whether it takes them."""
    assert isinstance(ROOT.key, ec.EllipticCurvePrivateKey)
    now = dt.datetime.now(dt.UTC)
    delta = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ROOT.certificate.subject)
        .last_update(now)
        .next_update(now + dt.timedelta(days=1))
        .add_extension(x509.DeltaCRLIndicator(1), critical=True)
        .sign(ROOT.key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    assert read_revocation_list(delta, [ROOT.certificate], delta_taken=True).entries == 0
    with pytest.raises(ContentError, match="delta"):
        read_revocation_list(delta, [ROOT.certificate], delta_taken=False)
