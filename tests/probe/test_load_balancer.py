"""The verdicts are right: the lab's load balancer, which refuses as AWS's does, under each mode of mutual TLS."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.probe import peers

from originlock.facts.probing import Ask, ClientCertificate, Outcome, Probed
from originlock.lab.authority import ED25519, RSA1024, Leaf, root, self_signed
from originlock.lab.blueprint import Balancer, Blueprint, Certificate, Listener, MutualTls, TrustStore
from originlock.lab.ground import LoopbackGround
from originlock.lab.plane.plane import Plane
from originlock.probe.prober import SocketProber

pytestmark = pytest.mark.lab

NAME = "www.example.com"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/one/0123456789abcdef"
ADDRESS = "198.51.100.1"

OFF, PASSTHROUGH, VERIFY, REMOVED, REDIRECTS = 443, 444, 445, 446, 80
"""Ports of the load balancer: one for each mode, one whose store was taken away, and one of plain HTTP."""

REFUSED = (
    "none",
    "wrong CA",
    "expired",
    "not yet valid",
    "revoked",
    "self-signed",
    "stranger",
    "look-alike",
    "too deep",
    "wrong key type",
    "key too short",
    "for servers only",
)

FIXED: dict[str, object] = {
    "Type": "fixed-response",
    "Order": 1,
    "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "hello"},
}

REDIRECT: dict[str, object] = {
    "Type": "redirect",
    "Order": 1,
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    },
}


class Stage(NamedTuple):
    """Where the load balancer's ports are really, and clients' certificates by name."""

    ports: dict[tuple[str, int], int]
    files: dict[str, Path]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A load balancer on the loopback, in a loop of its own."""
    trusted = root("The edge's authority")
    deep = trusted.below("one").below("two").below("three")
    issued = {
        "right": trusted.issue(Leaf("edge", client=True)),
        "below": trusted.below("one").issue(Leaf("edge", client=True)),
        "wrong CA": root("Another authority").issue(Leaf("edge", client=True)),
        "expired": trusted.issue(Leaf("edge", client=True, days=-1)),
        "not yet valid": trusted.issue(Leaf("edge", client=True, starts_in_days=1)),
        "revoked": trusted.issue(Leaf("edge", client=True)),
        "self-signed": self_signed(Leaf("edge", client=True)),
        "too deep": deep.issue(Leaf("edge", client=True)),
        "wrong key type": trusted.issue(Leaf("edge", client=True, key=ED25519)),
        "key too short": trusted.issue(Leaf("edge", client=True, key=RSA1024)),
        "for servers only": trusted.issue(Leaf("edge", server=True)),
    }
    trusted.revoke(issued["revoked"].certificate)
    store = TrustStore("arn:store", trusted.pem, (trusted.revocation_list_pem(),))
    folder = tmp_path_factory.mktemp("clients")
    with following(blueprint(store)) as ground:
        yield Stage(ground.ports, {name: peers.identity_file(each, folder) for name, each in issued.items()})


def blueprint(store: TrustStore) -> Blueprint:
    """One load balancer with a listener for each mode."""
    server = root("lab servers").issue(Leaf(NAME, (NAME,), server=True))
    shown = (Certificate("arn:certificate", server.chain_pem, server.key_pem),)
    modes = {
        OFF: MutualTls(),
        PASSTHROUGH: MutualTls("passthrough"),
        VERIFY: MutualTls("verify", store),
        REMOVED: MutualTls("verify", store, association="removed"),
    }
    listeners = [
        Listener(f"{BALANCER}/listener/{port}", "HTTPS", port, None, shown, mode, (), (FIXED,), {})
        for port, mode in modes.items()
    ]
    listeners.append(Listener(f"{BALANCER}/listener/80", "HTTP", 80, None, (), MutualTls(), (), (REDIRECT,), {}))
    balancer = Balancer(
        arn=BALANCER,
        name="one",
        account="123456789012",
        region="eu-west-1",
        dns_name="one-1.eu-west-1.elb.amazonaws.com",
        ipv4=(ADDRESS,),
        ipv6=(),
        admissions=(),
        listeners=tuple(listeners),
        attributes={},
    )
    return Blueprint((balancer,))


class following:  # noqa: N801 - it reads as a verb
    """A plane that follows a blueprint, in a thread, for the length of a block."""

    def __init__(self, wanted: Blueprint) -> None:
        self._wanted = wanted
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ground = LoopbackGround()

    def __enter__(self) -> LoopbackGround:
        self._thread.start()
        self._plane = self._run(self._made)
        return self._ground

    async def _made(self) -> Plane:
        plane = Plane(self._ground)
        assert await plane.follow(self._wanted) == ()
        return plane

    def _run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - whatever it comes to
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(20)

    def __exit__(self, *_: object) -> None:
        self._run(self._plane.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


def probed(stage: Stage, port: int, name: str, version: str) -> Probed:
    """A probe that shows this certificate."""
    shown = {
        "none": ClientCertificate.NONE,
        "stranger": ClientCertificate.STRANGER,
        "look-alike": ClientCertificate.LOOK_ALIKE,
    }.get(name, ClientCertificate.OWN)
    where = stage.ports[ADDRESS, port]
    ask = Ask("127.0.0.1", where, tls=port != REDIRECTS, sni=NAME, host=NAME, certificate=shown, newest_tls=version)
    (answer,) = SocketProber(stage.files.get(name)).probe((ask,))
    return answer


VERSIONS = ("1.2", "1.3")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["right", "below"])
def test_verify_serves_the_edge(stage: Stage, name: str, version: str) -> None:
    """An edge that gets in would be called refused."""
    answer = probed(stage, VERIFY, name, version)
    assert (answer.outcome, answer.evidence.status) == (Outcome.HTTP, 200), answer
    assert answer.evidence.asked_for_certificate is True
    assert answer.evidence.tls_version == f"TLSv{version}"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", REFUSED)
def test_verify_refuses_by_reset(stage: Stage, name: str, version: str) -> None:
    """A load balancer's refusal would be called something else; with TLS 1.3 it comes after the handshake."""
    answer = probed(stage, VERIFY, name, version)
    expected = {"1.2": Outcome.RESET_IN, "1.3": Outcome.RESET_AFTER}[version]
    assert answer.outcome is expected, answer
    assert answer.evidence.asked_for_certificate is True
    assert answer.evidence.server_certificate
    assert answer.evidence.tls_version == f"TLSv{version}"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["none", "right", "stranger", "expired"])
def test_passthrough_serves_everybody(stage: Stage, name: str, version: str) -> None:
    """A dry run would be taken for a lock: it asks for certificates, and lets everybody in."""
    answer = probed(stage, PASSTHROUGH, name, version)
    assert (answer.outcome, answer.evidence.status) == (Outcome.HTTP, 200), answer
    assert answer.evidence.asked_for_certificate is True


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["none", "right"])
def test_off_does_not_ask(stage: Stage, name: str, version: str) -> None:
    """A listener without mutual TLS would be taken for one that has it."""
    answer = probed(stage, OFF, name, version)
    assert (answer.outcome, answer.evidence.status) == (Outcome.HTTP, 200), answer
    assert answer.evidence.asked_for_certificate is False


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_that_was_taken_away_lets_nobody_in(stage: Stage, version: str) -> None:
    """An outage would be called served."""
    answer = probed(stage, REMOVED, "right", version)
    resets = {Outcome.RESET_BEFORE, Outcome.RESET_IN, Outcome.RESET_AFTER}
    assert answer.outcome in resets, answer


def test_port_80_redirects(stage: Stage) -> None:
    """A listener that redirects answers a stranger, and shows it."""
    answer = probed(stage, REDIRECTS, "none", "1.3")
    assert (answer.outcome, answer.evidence.status) == (Outcome.REDIRECT, 301), answer
    assert answer.evidence.header("location") == f"https://{NAME}:443/"


@pytest.mark.parametrize("port", [OFF, VERIFY])
def test_plain_http_on_a_port_of_tls(stage: Stage, port: int) -> None:
    """Plain HTTP where TLS is wanted gets an answer from some servers, and a reset or an end from others."""
    ask = Ask("127.0.0.1", stage.ports[ADDRESS, port], tls=False, sni=None, host=NAME)
    (answer,) = SocketProber().probe((ask,))
    assert answer.outcome in {Outcome.HTTP, Outcome.CLOSED, Outcome.RESET_BEFORE, Outcome.NOT_HTTP}, answer


def test_tls_on_a_port_of_plain_http(stage: Stage) -> None:
    """A port that speaks plain HTTP alone would be taken for a lock."""
    ask = Ask("127.0.0.1", stage.ports[ADDRESS, REDIRECTS], tls=True, sni=NAME, host=NAME)
    (answer,) = SocketProber().probe((ask,))
    assert answer.outcome is Outcome.NOT_TLS, answer
    assert "HTTP/1.1 400" in answer.evidence.detail
