"""The certificates that everybody has: what they must be, and that nobody takes them for a secret."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from docs.public_keys import SHARED_CA_SUBJECT, look_alike, stranger

from originlock.facts.probing import Ask, ClientCertificate
from originlock.lab.authority import Leaf, root
from originlock.probe.contexts import PUBLIC_KEYS, CertificateError
from originlock.probe.prober import SocketProber

SHARED_CA_SUBJECT_DIGEST = "b25eefd7386dfaa305c8f6ca"
"""SHA-256, its first 24 digits, of the subject (DER) of the CA that Cloudflare publishes for shared origin pulls."""


def text_of(certificate: ClientCertificate) -> str:
    """What is in the file."""
    return PUBLIC_KEYS[certificate].read_text(encoding="ascii")


@pytest.mark.parametrize("certificate", PUBLIC_KEYS)
def test_they_say_that_they_open_nothing(certificate: ClientCertificate) -> None:
    """A key in a package would be taken for a leak, or worse, for something to trust."""
    text = text_of(certificate)
    words = " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
    assert "It opens nothing" in words
    assert "public on purpose" in words


@pytest.mark.parametrize("certificate", PUBLIC_KEYS)
def test_the_key_is_the_certificates_and_lasts(certificate: ClientCertificate) -> None:
    """A probe would be refused for being out of date, and the refusal prove nothing."""
    leaf, *_ = x509.load_pem_x509_certificates(text_of(certificate).encode())
    key = serialization.load_pem_private_key(text_of(certificate).encode(), None)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert key.public_key().public_bytes(*form) == leaf.public_key().public_bytes(*form)
    assert leaf.not_valid_before_utc < dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    assert leaf.not_valid_after_utc > dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def test_the_stranger_is_vouched_for_by_nobody() -> None:
    """A stranger's certificate would have an issuer that somebody may trust."""
    (leaf,) = x509.load_pem_x509_certificates(text_of(ClientCertificate.STRANGER).encode())
    assert leaf.issuer == leaf.subject
    leaf.verify_directly_issued_by(leaf)


def test_the_look_alike_has_the_name_and_not_the_key() -> None:
    """A look-alike by another name would be refused for its name."""
    leaf, issuer = x509.load_pem_x509_certificates(text_of(ClientCertificate.LOOK_ALIKE).encode())
    for name in (leaf.issuer, issuer.subject, issuer.issuer):
        assert name.public_bytes() == SHARED_CA_SUBJECT.public_bytes()
    assert hashlib.sha256(SHARED_CA_SUBJECT.public_bytes()).hexdigest().startswith(SHARED_CA_SUBJECT_DIGEST)
    leaf.verify_directly_issued_by(issuer)
    with pytest.raises((InvalidSignature, TypeError, ValueError)):
        leaf.verify_directly_issued_by(root("another").certificate)


@pytest.mark.parametrize("made", [stranger, look_alike])
def test_they_can_be_made_anew(made: object) -> None:
    """Nobody could tell how they came about."""
    assert callable(made)
    assert "BEGIN PRIVATE KEY" in made()


# --- the own certificate ------------------------------------------------------------------------------------------

OWN = Ask("127.0.0.1", 1, tls=True, sni=None, host="x", certificate=ClientCertificate.OWN)


def test_an_own_certificate_that_was_not_named() -> None:
    """The probe would go without one, and a refusal prove nothing."""
    with pytest.raises(CertificateError, match="none was named"):
        SocketProber().probe((OWN,))


@pytest.mark.parametrize("what", ["absent", "empty", "no key", "encrypted", "another key", "a folder"])
def test_an_own_certificate_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    """A person would get a page of Python, be asked for a password on the terminal, or find the path in a log."""
    path = tmp_path / "own.pem"
    issued, other = (root("own").issue(Leaf("edge", client=True)) for _ in range(2))
    encrypted = issued.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    contents = {
        "empty": "",
        "no key": issued.chain_pem,
        "encrypted": issued.chain_pem + encrypted.decode(),
        "another key": issued.chain_pem + other.key_pem,
    }
    if what in contents:
        path.write_text(contents[what])
    if what == "a folder":
        path.mkdir()
    with pytest.raises(CertificateError) as found:
        SocketProber(path).probe((OWN,))
    assert found.value.__cause__ is None
    assert str(tmp_path) not in str(found.value) + found.value.remedy


def test_importing_the_room_is_cheap() -> None:
    """Every command would pay for connections that few make."""
    code = (
        "import sys; before = set(sys.modules); import originlock.probe;"
        "print(*{'ssl', 'socket', 'asyncio', 'concurrent.futures'} & (set(sys.modules) - before))"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout.split() == []
