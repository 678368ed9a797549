"""The verdicts are right: the name that is sent, the certificate that comes back, the protocol agreed upon."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL
from tests.probe import peers

from originlock.facts.probing import Ask, Outcome, Probed
from originlock.lab.authority import Authority, Issued, Leaf, root, self_signed
from originlock.probe.prober import SocketProber

NAME = "origin.example"
OTHER = "other.example"

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts."""
    made = root("An authority that is trusted")
    (tmp_path / "roots.pem").write_text(made.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    return made


@contextlib.contextmanager
def server(identity: Issued, version: str) -> Iterator[peers.Peer]:
    """A server that shows this certificate whatever it is called."""
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    with peers.peer(peers.tls(context)) as made:
        yield made


def probed(port: int, sni: str | None, version: str = "1.3", *, alpn: tuple[str, ...] = ("http/1.1",)) -> Probed:
    """One probe."""
    ask = Ask("127.0.0.1", port, tls=True, sni=sni, host=NAME, newest_tls=version, alpn=alpn)
    (answer,) = SocketProber(connect_seconds=1, seconds=3).probe((ask,))
    return answer


def digest(identity: Issued) -> str:
    """SHA-256 of a certificate."""
    return hashlib.sha256(identity.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_right_name_and_a_good_certificate(authority: Authority, version: str) -> None:
    """A good certificate would be called bad, or be asked for twice."""
    identity = authority.issue(Leaf(NAME, (NAME,), server=True))
    with server(identity, version) as made:
        answer = probed(made.port, NAME, version)
        assert made.accepted == 1
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.certificate_problem == ""
    assert answer.evidence.server_certificate == digest(identity)
    assert answer.evidence.detail == ""


BAD: dict[str, Callable[[Authority], Issued]] = {
    "hostname mismatch": lambda authority: authority.issue(Leaf(OTHER, (OTHER,), server=True)),
    "certificate has expired": lambda authority: authority.issue(Leaf(NAME, (NAME,), server=True, days=-1)),
    "certificate is not yet valid": lambda authority: authority.issue(
        Leaf(NAME, (NAME,), server=True, days=60, starts_in_days=30)
    ),
    "self-signed certificate": lambda _: self_signed(Leaf(NAME, (NAME,), server=True)),
    "unable to get local issuer certificate": lambda _: root("Another").issue(Leaf(NAME, (NAME,), server=True)),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("problem", BAD)
def test_a_certificate_that_does_not_match_is_recorded_and_the_probe_goes_on(
    authority: Authority, problem: str, version: str
) -> None:
    """A client that insists on certificates would call an open origin closed."""
    identity = BAD[problem](authority)
    with server(identity, version) as made:
        answer = probed(made.port, NAME, version)
        assert made.accepted == 2
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.status == 200
    assert answer.evidence.certificate_problem == problem
    assert answer.evidence.server_certificate == digest(identity)
    assert "two connections" in answer.evidence.detail


@pytest.mark.parametrize("version", VERSIONS)
def test_no_name_is_not_judged(authority: Authority, version: str) -> None:
    """A certificate would be held against a name that was never sent."""
    with server(authority.issue(Leaf(OTHER, (OTHER,), server=True)), version) as made:
        answer = probed(made.port, None, version)
        assert made.accepted == 1
    assert answer.outcome is Outcome.HTTP, answer
    assert answer.evidence.certificate_problem is None
    assert answer.evidence.server_certificate


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_goes_by_names(authority: Authority, version: str) -> None:
    """With a wrong name some servers show their default certificate and answer, and some refuse by alert."""
    files = tempfile_of(authority.issue(Leaf(NAME, (NAME,), server=True)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files)
    context.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    seen: list[str | None] = []

    def by_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        seen.append(name)
        return None if name == NAME else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = by_name

    def script(connection: object) -> None:
        with context.wrap_socket(connection, server_side=True) as session:  # type: ignore[arg-type]
            session.recv(16_384)
            session.sendall(peers.HELLO)

    with peers.peer(script) as made:
        right, dotted, wrong, without = (probed(made.port, sni, version) for sni in (NAME, f"{NAME}.", OTHER, None))
    assert seen == [NAME, NAME, OTHER, None]
    assert right.outcome is Outcome.HTTP, right
    assert (dotted.outcome, dotted.evidence.certificate_problem) == (Outcome.HTTP, ""), dotted
    for refused in (wrong, without):
        assert (refused.outcome, refused.evidence.alert) == (Outcome.ALERT, "unrecognized_name"), refused
        assert refused.evidence.certificate_problem is None


def tempfile_of(identity: Issued) -> Path:
    """A certificate with its key in a file beside the roots of the test."""
    return peers.identity_file(identity, Path(ssl.get_default_verify_paths().cafile or ".").parent)


def test_a_warning_about_the_name_is_told_and_ends_nothing(authority: Authority) -> None:
    """Some servers warn of a name that they do not know, and serve."""
    context = peers.server_context(authority.issue(Leaf(NAME, (NAME,), server=True)))
    speaks = peers.tls(context)

    def script(connection: object) -> None:
        connection.sendall(peers.alert(112, fatal=False))  # type: ignore[attr-defined]
        speaks(connection)  # type: ignore[arg-type]

    with peers.peer(script) as made:
        answer = probed(made.port, NAME, "1.2")
    assert answer.outcome is Outcome.HTTP, answer
    assert "a warning: unrecognized_name" in answer.evidence.detail


def test_no_version_in_common(authority: Authority) -> None:
    """A server that wants TLS 1.3 alone refuses an older client by alert."""
    with server(authority.issue(Leaf(NAME, (NAME,), server=True)), "1.3") as made:
        answer = probed(made.port, NAME, "1.2")
    assert (answer.outcome, answer.evidence.alert) == (Outcome.ALERT, "protocol_version"), answer


@pytest.mark.parametrize("version", VERSIONS)
def test_protocols(authority: Authority, version: str) -> None:
    """What was agreed upon would be missing from the evidence, or a server that has none called broken."""
    context = peers.server_context(authority.issue(Leaf(NAME, (NAME,), server=True)))
    context.set_alpn_select_callback(
        lambda _, offered: b"http/1.1" if b"http/1.1" in offered else SSL.NO_OVERLAPPING_PROTOCOLS
    )
    with peers.peer(peers.tls(context)) as made:
        agreed = probed(made.port, NAME, version)
        none = probed(made.port, NAME, version, alpn=())
        other = probed(made.port, NAME, version, alpn=("x",))
    assert (agreed.outcome, agreed.evidence.alpn) == (Outcome.HTTP, "http/1.1")
    assert (none.outcome, none.evidence.alpn) == (Outcome.HTTP, None)
    assert (other.outcome, other.evidence.alpn) == (Outcome.HTTP, None)
    assert agreed.evidence.cipher


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reset_after_the_handshake(authority: Authority, version: str) -> None:
    """A reset behind the handshake would be called one within it."""
    identity = authority.issue(Leaf(NAME, (NAME,), server=True))
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    with peers.peer(peers.tls(context, answer=None)) as made:
        answer = probed(made.port, NAME, version)
    assert answer.outcome is Outcome.RESET_AFTER, answer
    assert answer.evidence.sent
    assert answer.evidence.certificate_problem == ""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "said, expected",
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", Outcome.REDIRECT),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", Outcome.HTTP),
        (b"220 mail.example ESMTP\r\n", Outcome.NOT_HTTP),
        (b"", Outcome.CLOSED),
    ],
)
def test_what_is_said_within_tls(authority: Authority, said: bytes, expected: Outcome, version: str) -> None:
    """An answer would be told apart on port 80 alone."""
    identity = authority.issue(Leaf(NAME, (NAME,), server=True))
    context = peers.server_context(identity, versions=(VERSIONS[version], VERSIONS[version]))
    with peers.peer(peers.tls(context, answer=said)) as made:
        answer = probed(made.port, NAME, version)
    assert answer.outcome is expected, answer


def test_no_proxy_is_used(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment would stand between this vantage and the origin."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    with server(authority.issue(Leaf(NAME, (NAME,), server=True)), "1.3") as made:
        assert probed(made.port, NAME).outcome is Outcome.HTTP
