"""The verdicts are right: client certificates, TLS 1.2 and 1.3, against a server that verifies.

OpenSSL verifies. What differs is how it says no: with its own alert, or with the reset of a load balancer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL
from tests.probe import peers

from originlock.facts.probing import Ask, ClientCertificate, Outcome, Probed
from originlock.lab.authority import RSA1024, Authority, Issued, Leaf, root, self_signed
from originlock.probe.contexts import PUBLIC_KEYS
from originlock.probe.prober import SocketProber

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}

ALERTS = {
    # by OpenSSL: what it makes of each, with TLS 1.2 and with TLS 1.3
    "none": ("handshake_failure", "certificate_required"),
    "wrong CA": ("unknown_ca", "unknown_ca"),
    "expired": ("certificate_expired", "certificate_expired"),
    "not yet valid": ("bad_certificate", "bad_certificate"),
    "revoked": ("certificate_revoked", "certificate_revoked"),
    "self-signed": ("unknown_ca", "unknown_ca"),
    "stranger": ("unknown_ca", "unknown_ca"),
    "look-alike": ("unknown_ca", "unknown_ca"),
    "too deep": ("unknown_ca", "unknown_ca"),
    "wrong key type": ("bad_certificate", "bad_certificate"),
    "for servers only": ("unsupported_certificate", "unsupported_certificate"),
}


class Ground(NamedTuple):
    """Ports by (version, how it refuses), and certificates by name."""

    ports: dict[tuple[str, str], int]
    files: dict[str, Path]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The servers and the certificates."""
    authority = root("An origin's own authority")
    folder = tmp_path_factory.mktemp("certificates")
    issued = certificates(authority)
    authority.revoke(issued["revoked"].certificate)
    identity = root("The server's authority").issue(Leaf("origin.example", ("origin.example",), server=True))
    opened, ports = [], {}
    for version, number in VERSIONS.items():
        for way in ("alert", "reset"):
            context = peers.server_context(identity, versions=(number, number))
            peers.asks_for_certificates(context, (authority.certificate,), revoking=authority)
            made = peers.peer(peers.tls(context, resets=way == "reset"))
            ports[version, way] = made.__enter__().port
            opened.append(made)
    yield Ground(ports, {name: peers.identity_file(each, folder) for name, each in issued.items()})
    for made in opened:
        made.__exit__(None, None, None)


def certificates(authority: Authority) -> dict[str, Issued]:
    """One of each sort."""
    below = authority
    for depth in range(6):
        below = below.below(f"Below {depth}")
    return {
        "right": authority.issue(Leaf("edge", client=True)),
        "wrong CA": root("Another authority").issue(Leaf("edge", client=True)),
        "expired": authority.issue(Leaf("edge", client=True, days=-1)),
        "not yet valid": authority.issue(Leaf("edge", client=True, days=60, starts_in_days=30)),
        "revoked": authority.issue(Leaf("edge", client=True)),
        "self-signed": self_signed(Leaf("edge", client=True)),
        "too deep": below.issue(Leaf("edge", client=True)),
        "wrong key type": authority.issue(Leaf("edge", client=True, key=RSA1024)),
        "for servers only": authority.issue(Leaf("edge", server=True)),
    }


def namesake() -> x509.Certificate:
    """An authority that is to the look-alike's issuer what Cloudflare's is: its name, its key's name, another key."""
    issuer = x509.load_pem_x509_certificates(PUBLIC_KEYS[ClientCertificate.LOOK_ALIKE].read_bytes())[1]
    key = rsa.generate_private_key(65537, 2048)  # as Cloudflare's: another sort would be passed over
    builder = x509.CertificateBuilder().subject_name(issuer.subject).issuer_name(issuer.subject)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(issuer.not_valid_before_utc).not_valid_after(issuer.not_valid_after_utc)
    for extension in issuer.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256())


def probed(ground: Ground, name: str, version: str, way: str) -> Probed:
    """A probe that shows this certificate."""
    shown = {
        "none": ClientCertificate.NONE,
        "stranger": ClientCertificate.STRANGER,
        "look-alike": ClientCertificate.LOOK_ALIKE,
    }.get(name, ClientCertificate.OWN)
    ask = Ask(
        "127.0.0.1",
        ground.ports[version, way],
        tls=True,
        sni=None,
        host="origin.example",
        certificate=shown,
        newest_tls=version,
    )
    (answer,) = SocketProber(ground.files.get(name)).probe((ask,))
    return answer


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("way", ["alert", "reset"])
def test_the_right_certificate_is_served(ground: Ground, version: str, way: str) -> None:
    """An edge that gets in would be called refused."""
    answer = probed(ground, "right", version, way)
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.status == 200
    assert answer.evidence.tls_version == f"TLSv{version}"
    assert answer.evidence.asked_for_certificate is True
    assert answer.evidence.body_start == "hello"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ALERTS)
def test_a_refusal_by_alert(ground: Ground, name: str, version: str) -> None:
    """A certificate that is refused would be called something else, or the wrong alert be told."""
    answer = probed(ground, name, version, "alert")
    expected = ALERTS[name][list(VERSIONS).index(version)]
    assert (answer.outcome, answer.evidence.alert) == (Outcome.ALERT, expected), answer
    assert answer.evidence.tls_version == f"TLSv{version}"
    assert answer.evidence.asked_for_certificate is True
    assert answer.evidence.server_certificate


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ALERTS)
def test_a_refusal_by_reset(ground: Ground, name: str, version: str) -> None:
    """A load balancer's refusal would be called something else; with TLS 1.3 it comes after the handshake."""
    answer = probed(ground, name, version, "reset")
    expected = {"1.2": Outcome.RESET_IN, "1.3": Outcome.RESET_AFTER}[version]
    assert answer.outcome is expected, answer
    assert answer.evidence.tls_version == f"TLSv{version}"
    assert answer.evidence.asked_for_certificate is True
    assert answer.evidence.server_certificate
    assert answer.evidence.status is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["none", "right", "stranger"])
def test_a_server_that_does_not_ask(ground: Ground, name: str, version: str) -> None:
    """A server without mutual TLS would be taken for one that has it."""
    identity = root("The server's authority").issue(Leaf("origin.example", server=True))
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    with peers.peer(peers.tls(context)) as server:
        answer = probed(Ground({(version, "alert"): server.port}, ground.files), name, version, "alert")
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.asked_for_certificate is False


@pytest.mark.parametrize("version", VERSIONS)
def test_a_look_alike_fails_on_the_key_alone(ground: Ground, version: str) -> None:
    """An origin that trusts the real one would refuse the look-alike for its name, and the probe show nothing."""
    identity = root("The server's authority").issue(Leaf("origin.example", server=True))
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    with peers.peer(peers.tls(peers.asks_for_certificates(context, (namesake(),)))) as server:
        answer = probed(Ground({(version, "alert"): server.port}, ground.files), "look-alike", version, "alert")
    assert (answer.outcome, answer.evidence.alert) == (Outcome.ALERT, "decrypt_error"), answer


def test_the_own_certificate_is_told_nowhere(ground: Ground) -> None:
    """A path, or what is in the file, would end in evidence that people pass on."""
    answer = probed(ground, "revoked", "1.3", "alert")
    text = msgspec.json.encode(answer).decode()
    assert str(ground.files["revoked"]) not in text
    assert "PRIVATE" not in text
