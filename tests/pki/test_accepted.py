"""What an authority issues is taken by everybody who has to take it, and refused once it is revoked."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from tests.lab.plane.stage import TLS12, TLS13, Presents, Stage, asks, client, https
from tests.pki.conftest import KINDS

from originlock.facts.certificates import Authority, Leaf, bundle_of
from originlock.lab.blueprint import MutualTls, TrustStore
from originlock.lab.cloudflare.api import CloudflareApi
from originlock.lab.cloudflare.control import CloudflareRoom
from originlock.lab.cloudflare.state import CloudflareState
from originlock.lab.keepalive import Server
from originlock.lab.revocation_list import read_revocation_list
from originlock.lab.trust_bundle import BundleQuotas, read_bundle
from originlock.lab.world_cloudflare import account, active_zone
from originlock.pki.authorities import AuthorityFiles
from originlock.pki.keys import KeyKind
from originlock.pki.making import Wish

pytestmark = pytest.mark.lab

EACH_KIND = pytest.mark.parametrize("kind", KINDS)
VERSIONS = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])


def now() -> datetime.datetime:
    """Now: those who verify have clocks of their own."""
    return datetime.datetime.now(datetime.UTC)


def made(files: AuthorityFiles, kind: KeyKind = KeyKind.P256) -> tuple[Authority, Leaf]:
    """An authority with a leaf, both with keys of a kind."""
    files.init("shop", now(), key=kind)
    leaf = files.issue("shop", "edge", now(), Wish(key=kind))
    return shown(files), leaf


def shown(files: AuthorityFiles) -> Authority:
    """The authority as it is."""
    found = files.authority("shop")
    assert found is not None
    return found


def bundle(authority: Authority) -> str:
    """Its generations as a trust store takes them."""
    return bundle_of(each.pem for each in authority.generations)


def parsed(pem: str) -> x509.Certificate:
    """A certificate."""
    return x509.load_pem_x509_certificate(pem.encode())


# --- OpenSSL -------------------------------------------------------------------------------------------------------


def openssl_says(folder: Path, authority: Authority, leaf: Leaf) -> str:
    """What `openssl verify` says, with revocation lists if there are any."""
    (folder / "roots.pem").write_text(bundle(authority), encoding="ascii")
    (folder / "leaf.pem").write_text(leaf.certificate.pem, encoding="ascii")
    (folder / "lists.pem").write_text("".join(each.pem for each in authority.revocation_lists), encoding="ascii")
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "roots.pem"]
    if authority.revocation_lists:
        command += ["-crl_check", "-CRLfile", "lists.pem"]
    done = subprocess.run([*command, "leaf.pem"], capture_output=True, text=True, cwd=folder, check=False)
    return done.stdout + done.stderr


@EACH_KIND
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl(kind: KeyKind, files: AuthorityFiles, tmp_path: Path) -> None:
    """Servers that verify with OpenSSL would refuse the edge."""
    authority, leaf = made(files, kind)
    other = files.issue("shop", "other", now())
    assert openssl_says(tmp_path, authority, leaf).startswith("leaf.pem: OK")
    files.revoke("shop", "edge", now())
    assert "certificate revoked" in openssl_says(tmp_path, shown(files), leaf)
    assert openssl_says(tmp_path, shown(files), other).startswith("leaf.pem: OK")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_with_two_generations(files: AuthorityFiles, tmp_path: Path) -> None:
    """With both generations trusted, the list of one would be held against the leaves of the other."""
    _, old = made(files)
    files.renew_authority("shop", now())
    new = files.renew("shop", "edge", now())
    spare = files.issue("shop", "spare", now())
    files.revoke("shop", old.certificate.serial, now())
    files.revoke("shop", "spare", now())
    assert "certificate revoked" in openssl_says(tmp_path, shown(files), old)
    assert "certificate revoked" in openssl_says(tmp_path, shown(files), spare)
    assert openssl_says(tmp_path, shown(files), new).startswith("leaf.pem: OK")


# --- cryptography, as backends use it ------------------------------------------------------------------------------


@EACH_KIND
def test_the_verifier_of_cryptography(kind: KeyKind, files: AuthorityFiles) -> None:
    """Backends that verify with its default policies would refuse the edge: it wants a name, and a key usage."""
    authority, leaf = made(files, kind)
    verifier = (
        PolicyBuilder().store(Store([parsed(each.pem) for each in authority.generations])).build_client_verifier()
    )
    verified = verifier.verify(parsed(leaf.certificate.pem), [])
    assert verified.subjects == [x509.DNSName("edge.shop.internal")]
    later = PolicyBuilder().store(Store([parsed(authority.generations[0].pem)]))
    with pytest.raises(VerificationError):
        later.time(now() + datetime.timedelta(days=366)).build_client_verifier().verify(
            parsed(leaf.certificate.pem), []
        )


# --- a load balancer -----------------------------------------------------------------------------------------------


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A data plane that serves nothing yet."""
    running = Stage()
    yield running
    running.close()


def presents(files: AuthorityFiles, leaf: Leaf) -> Presents:
    """A client with this certificate and its key."""
    key = load_pem_private_key(files.private_key("shop", leaf.certificate.sha256), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Presents(key, (parsed(leaf.certificate.pem),))


def trusting(authority: Authority) -> MutualTls:
    """A listener that verifies against an authority, with its lists."""
    lists = tuple(each.pem for each in authority.revocation_lists)
    return MutualTls("verify", TrustStore("arn:store", bundle(authority), lists))


@VERSIONS
@EACH_KIND
def test_a_load_balancer(kind: KeyKind, version: int, files: AuthorityFiles, stage: Stage) -> None:
    """The edge would be shut out by the listener, or let in after its certificate was revoked."""
    authority, leaf = made(files, kind)
    with_key = presents(files, leaf)
    stage.follow(https(trusting(authority), action=FIXED))
    assert asks(client(stage.port(), version=version, presents=with_key)).end == "answer"
    assert asks(client(stage.port(), version=version)).end != "answer"
    files.revoke("shop", "edge", now())
    after = files.issue("shop", "edge", now())
    stage.follow(https(trusting(shown(files)), action=FIXED))
    assert asks(client(stage.port(), version=version, presents=with_key)).end != "answer"
    assert asks(client(stage.port(), version=version, presents=presents(files, after))).end == "answer"
    assert "Failed:ClientCertCrlHit" in "\n".join(stage.logged())


FIXED: dict[str, object] = {
    "Type": "fixed-response",
    "Order": 1,
    "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "in"},
}


def test_what_a_trust_store_takes(files: AuthorityFiles) -> None:
    """A bundle or a list would be refused when it is uploaded, in the middle of a change."""
    made(files)
    files.renew_authority("shop", now(), key=KeyKind.RSA4096)
    files.issue("shop", "other", now())
    files.revoke("shop", "edge", now())
    files.revoke("shop", "other", now())
    authority = shown(files)
    roots = read_bundle(bundle(authority).encode(), BundleQuotas())
    assert len(roots) == 2
    for each in authority.revocation_lists:
        assert read_revocation_list(each.pem.encode(), roots, delta_taken=False).entries == 1
    assert len(authority.revocation_lists) == 2


# --- Cloudflare ----------------------------------------------------------------------------------------------------


@EACH_KIND
def test_cloudflare_takes_it(kind: KeyKind, files: AuthorityFiles) -> None:
    """The leaf or its key would be refused when it is uploaded."""
    _, leaf = made(files, kind)
    server = Server(CloudflareRoom(CloudflareApi(CloudflareState(clock=now))))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        ours = account(server.url, "ours")
        base = f"zones/{active_zone(ours, 'example.org')}/origin_tls_client_auth"
        body = {
            "certificate": leaf.certificate.pem,
            "private_key": files.private_key("shop", leaf.certificate.sha256).decode(),
        }
        told = ours.call("POST", base, body)
        assert told["certificate"] == leaf.certificate.pem
        assert ours.call("POST", f"{base}/hostnames/certificates", body)["serial_number"] == str(
            int(leaf.certificate.serial, 16)
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
