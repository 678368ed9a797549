"""Who gets in under mutual TLS, how the others are refused, and what the log calls it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
from cryptography import x509
from OpenSSL import SSL
from tests.lab.plane.stage import (
    PASSTHROUGH,
    TLS12,
    TLS13,
    Presents,
    asks,
    blueprint,
    client,
    connected,
    https,
    request,
    verify,
)

from originlock.lab import authority
from originlock.lab.blueprint import Behaviour, MutualTls
from originlock.lab.plane.client_certificate import serial_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.plane.stage import Stage

VERSIONS = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])


class Clients:
    """Authorities and clients, good and bad."""

    def __init__(self) -> None:
        self.root = authority.root("client root")
        self.first = self.root.below("first")
        self.second = self.first.below("second")
        self.third = self.second.below("third")
        self.revoked = self.issued()
        self.root.revoke(self.revoked.certificate)

    def issued(self, by: authority.Authority | None = None, **more: object) -> authority.Issued:
        """A client's certificate; a right one if nothing more is said."""
        told = {"client": True} | more
        return (by or self.root).issue(authority.Leaf("edge", **told))  # type: ignore[arg-type]

    def lists(self, days: float = 7) -> tuple[str, ...]:
        """The root's revocation list."""
        return (self.root.revocation_list_pem(days=days),)


@cache
def clients() -> Clients:
    """One set for all tests: keys take time."""
    return Clients()


def _of(**more: object) -> Presents:
    return Presents.of(clients().issued(**more))  # type: ignore[arg-type]


CASES: dict[str, tuple[Callable[[], Presents | None], str]] = {
    "none": (lambda: None, "Failed:UnmappedConnectionError"),
    "right": (_of, "Success"),
    "right-p384": (lambda: _of(key=authority.P384), "Success"),
    "right-rsa2048": (lambda: _of(key=authority.RSA2048), "Success"),
    "without-purpose": (lambda: _of(client=False), "Success"),
    "wrong-authority": (lambda: Presents.of(clients().issued(authority.root("other"))), "Failed:ClientCertUntrusted"),
    "look-alike": (lambda: Presents.of(clients().issued(authority.root("client root"))), "Failed:ClientCertUntrusted"),
    "self-signed": (lambda: Presents.of(authority.self_signed(authority.Leaf("edge"))), "Failed:ClientCertUntrusted"),
    "expired": (lambda: _of(days=-1), "Failed:ClientCertExpired"),
    "not-yet-valid": (lambda: _of(starts_in_days=1), "Failed:ClientCertNotYetValid"),
    "revoked": (lambda: Presents.of(clients().revoked), "Failed:ClientCertCrlHit"),
    "ed25519": (lambda: _of(key=authority.ED25519), "Failed:ClientCertTypeUnsupported"),
    "rsa1024": (lambda: _of(key=authority.RSA1024), "Failed:ClientCertTypeUnsupported"),
    "for-servers": (lambda: _of(client=False, server=True), "Failed:ClientCertPurposeInvalid"),
    "intermediates": (lambda: Presents.of(clients().issued(clients().second)), "Success"),
    "intermediates-missing": (
        lambda: Presents.of(clients().issued(clients().second), alone=True),
        "Failed:ClientCertUntrusted",
    ),
    "too-deep": (
        lambda: Presents.of(clients().issued(clients().third)),
        "Failed:ClientCertMaxChainDepthExceeded",
    ),
}


@VERSIONS
@pytest.mark.parametrize("case", CASES)
def test_verify_lets_the_right_ones_in_and_resets_the_others(stage: Stage, case: str, version: int) -> None:
    """A probe would learn a refusal that no load balancer gives, or the log would blame something else."""
    presents, status = CASES[case]
    stage.follow(https(verify(clients().root, revocations=clients().lists())))
    outcome = asks(client(stage.port(), version=version, presents=presents()))
    if status == "Success":
        assert outcome.end == "answer"
        assert outcome.status == 200
    else:
        assert outcome.end == "reset"
        # In TLS 1.3 the client is through with its handshake before the server has seen its certificate.
        assert outcome.shaken == (version == TLS13)
    (line,) = stage.logged()
    assert _status(line) == status


@VERSIONS
@pytest.mark.parametrize("case", CASES)
def test_passthrough_lets_everybody_in(stage: Stage, case: str, version: int) -> None:
    """A dry run would cut clients off."""
    presents = CASES[case][0]()
    stage.follow(https(PASSTHROUGH))
    outcome = asks(client(stage.port(), version=version, presents=presents))
    assert outcome.status == 200
    headers = json.loads(outcome.body)["headers"]
    if presents is None:
        assert "x-amzn-mtls-clientcert" not in headers
    else:
        assert _chain(headers["x-amzn-mtls-clientcert"]) == list(presents.certificates)
    (line,) = stage.logged()
    assert _status(line) == "Success"


@VERSIONS
@pytest.mark.parametrize("mode", ["passthrough", "verify"])
def test_too_much_is_reset(stage: Stage, mode: str, version: int) -> None:
    """A header would come to a target that is larger than any load balancer's."""
    names = tuple(f"{'a' * 60}-{number}.example.com" for number in range(900))
    large = Presents.of(clients().issued(names=names))
    stage.follow(https(PASSTHROUGH if mode == "passthrough" else verify(clients().root)))
    assert asks(client(stage.port(), version=version, presents=large)).end == "reset"
    (line,) = stage.logged()
    assert _status(line) == "Failed:ClientCertMaxSizeExceeded"


@VERSIONS
def test_off_asks_nobody(stage: Stage, version: int) -> None:
    """Headers would come from a certificate that nobody asked for."""
    stage.follow(https())
    outcome = asks(client(stage.port(), version=version, presents=_of()))
    assert "mtls" not in outcome.body
    (line,) = stage.logged()
    assert ' "-" - - Success TID_' in line


def test_headers_of_verify_have_aws_formats(stage: Stage) -> None:
    """A backend tried in the lab would not understand a real load balancer."""
    right = clients().issued()
    stage.follow(https(verify(clients().root)))
    outcome = asks(client(stage.port(), presents=Presents.of(right)))
    headers = json.loads(outcome.body)["headers"]
    front = "x-amzn-mtls-clientcert"
    assert headers[f"{front}-serial-number"] == serial_of(right.certificate)
    assert headers[f"{front}-issuer"] == "CN=client root"
    assert headers[f"{front}-subject"] == "CN=edge"
    assert re.fullmatch(
        r"NotBefore=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ;NotAfter=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        headers[f"{front}-validity"],
    )
    assert headers[f"{front}-leaf"].startswith("-----BEGIN%20CERTIFICATE-----%0AMII")
    assert headers[f"{front}-leaf"] == quote(authority.pem(right.certificate), safe="+=/")
    assert _chain(headers[f"{front}-leaf"]) == [right.certificate]
    assert front not in headers


def test_what_a_client_says_of_its_certificate_is_replaced(stage: Stage) -> None:
    """Whoever is let in could pass for somebody else."""
    stage.follow(https(verify(clients().root)))
    asked = request("/", "h", "Connection: close", "X-Amzn-Mtls-Clientcert-Subject: CN=other")
    outcome = asks(client(stage.port(), presents=_of()), asked)
    assert json.loads(outcome.body)["headers"]["x-amzn-mtls-clientcert-subject"] == "CN=edge"


def test_headers_are_renamed_by_the_listeners_attributes(stage: Stage) -> None:
    """A name that cannot be guessed would not reach the backend, or the old one would still be believed."""
    attributes = {"routing.http.request.x_amzn_mtls_clientcert_subject.header_name": "X-Secret-Subject"}
    stage.follow(https(verify(clients().root), attributes=attributes))
    headers = json.loads(asks(client(stage.port(), presents=_of())).body)["headers"]
    assert headers["x-secret-subject"] == "CN=edge"
    assert "x-amzn-mtls-clientcert-subject" not in headers


@pytest.mark.parametrize("trusted", [("first",), ("root", "first"), ("root", "first", "second")])
def test_intermediates_in_the_store_are_anchors(stage: Stage, trusted: tuple[str, ...]) -> None:
    """A client that sends its leaf alone would be refused although the store has what it lacks."""
    stage.follow(https(verify(*(getattr(clients(), each) for each in trusted))))
    presents = Presents.of(clients().issued(clients().first), alone=True)
    assert asks(client(stage.port(), presents=presents)).status == 200


def test_four_certificates_are_not_too_deep(stage: Stage) -> None:
    """The quota of four would be one of three."""
    stage.follow(https(verify(clients().root)))
    presents = Presents.of(clients().issued(clients().second))
    assert len(presents.certificates) + 1 == 4
    assert asks(client(stage.port(), presents=presents)).status == 200


@pytest.mark.parametrize("days, covers, status", [(365, False, "Success"), (-1, False, "Failed"), (-1, True, "S")])
def test_expiry_ignored_is_the_clients_and_by_a_switch_the_authoritys(
    stage: Stage, *, days: float, covers: bool, status: str
) -> None:
    """What AWS leaves open would be decided here without anybody knowing."""
    issuer = authority.root("ageing", days=days)
    presents = Presents.of(issuer.issue(authority.Leaf("edge", days=-1, client=True)))
    listener = https(verify(issuer, ignore_client_certificate_expiry=True))
    stage.run(stage.plane.follow(blueprint(listener, behaviour=Behaviour(ignoring_expiry_covers_authorities=covers))))
    asks(client(stage.port(), presents=presents))
    (line,) = stage.logged()
    assert _status(line).startswith(status)


def test_ignoring_expiry_ignores_nothing_else(stage: Stage) -> None:
    """A certificate of tomorrow, or of nobody, would pass."""
    stage.follow(https(verify(clients().root, ignore_client_certificate_expiry=True)))
    assert asks(client(stage.port(), presents=_of(days=-1))).status == 200
    assert asks(client(stage.port(), presents=_of(starts_in_days=1))).end == "reset"
    assert asks(client(stage.port(), presents=CASES["look-alike"][0]())).end == "reset"


@pytest.mark.parametrize("refuses, status", [(True, "Failed:ClientCertCrlProcessingError"), (False, "Success")])
def test_a_revocation_list_past_its_time_goes_by_a_switch(stage: Stage, *, refuses: bool, status: str) -> None:
    """What AWS leaves open would be decided here without anybody knowing."""
    listener = https(verify(clients().root, revocations=clients().lists(days=-1)))
    stage.run(stage.plane.follow(blueprint(listener, behaviour=Behaviour(stale_revocations_refuse=refuses))))
    asks(client(stage.port(), presents=_of()))
    asks(client(stage.port(), presents=Presents.of(clients().revoked)))
    right, revoked = map(_status, stage.logged())
    assert right == status
    assert revoked == (status if refuses else "Failed:ClientCertCrlHit")


def test_a_revocation_list_is_its_authoritys_alone(stage: Stage) -> None:
    """One authority's list would refuse all clients of another that has none."""
    other = authority.root("other")
    stage.follow(https(verify(clients().root, other, revocations=clients().lists())))
    assert asks(client(stage.port(), presents=Presents.of(clients().issued(other)))).status == 200


@pytest.mark.parametrize("advertised", [True, False])
def test_names_of_authorities_are_told_only_if_asked_for(stage: Stage, *, advertised: bool) -> None:
    """Browsers would not find their certificate, or strangers would learn our authority's name."""
    stage.follow(https(verify(clients().root, advertise_trust_store_ca_names=advertised)))
    connection = client(stage.port(), version=TLS12, presents=_of())
    connection.do_handshake()
    names = [each.CN for each in connection.get_client_ca_list()]
    connection.close()
    assert names == (["client root"] if advertised else [])


def test_a_trust_store_taken_away_fails_all_handshakes(stage: Stage) -> None:
    """Taking a shared store away would look harmless."""
    trusted = verify(clients().root)
    stage.follow(https(MutualTls("verify", trusted.trust_store, association="removed")))
    assert asks(client(stage.port(), presents=_of())).end == "reset"


@pytest.mark.parametrize("mutual_tls", [PASSTHROUGH, verify(clients().root)], ids=["passthrough", "verify"])
@VERSIONS
def test_no_session_is_resumed(stage: Stage, mutual_tls: MutualTls, version: int) -> None:
    """A client would come in by a session that a revoked certificate once opened."""
    stage.follow(https(mutual_tls))
    first = client(stage.port(), version=version)
    context = first.get_context()
    presents = _of()
    first.use_certificate(presents.certificates[0])
    first.use_privatekey(presents.key)
    first.do_handshake()
    first.sendall(request())
    first.recv(65536)
    session = first.get_session()
    assert session is not None
    first.close()
    again = SSL.Connection(context, connected(stage.port()))
    again.set_connect_state()
    again.set_session(session)
    outcome = asks(again)
    if mutual_tls is PASSTHROUGH:
        assert "x-amzn-mtls-clientcert" not in json.loads(outcome.body)["headers"]
    else:
        assert outcome.end == "reset"


def _status(line: str) -> str:
    found = re.search(r" (Success|Failed:\w+) TID_", line)
    assert found is not None, line
    return found[1]


def _chain(header: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(unquote(header).encode())
