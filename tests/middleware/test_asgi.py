"""The middleware of ASGI: what is answered, what the application sees, what a server is told."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from tests.middleware.parties import BALANCER, CLIENT, OTHER, chain_of, issued, passed, passthrough, verified, verify

from originlock.lab.plane.client_certificate import serial_of
from originlock.middleware import AsgiMiddleware, ClientIdentity

if TYPE_CHECKING:
    from tests.middleware.parties import Headers

    from originlock.middleware import Guard

GOOD = passed(*chain_of(CLIENT))
STRANGER = passed(*chain_of(issued(OTHER)))
ECHO = "/.well-known/originlock-certificate"


@dataclass
class Exchange:
    """One connection: what the application saw, and what the server was told."""

    scope: dict[str, Any]
    seen: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        """Of the answer."""
        status: int = self.sent[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        """Of the answer."""
        return b"".join(each.get("body", b"") for each in self.sent)

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Of the answer."""
        return dict(self.sent[0]["headers"])


def exchange(guard: Guard, headers: Headers, **more: Any) -> Exchange:  # noqa: ANN401 - of the scope
    """One connection through the middleware to an application that answers 204."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "client": (BALANCER, 40000),
        "headers": [(b"host", b"a"), *headers, (b"accept", b"*/*")],
    } | more
    told = Exchange(scope)

    async def app(scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        told.seen.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    async def receive() -> Any:  # noqa: ANN401 - ditto
        return {"type": "websocket.connect" if scope["type"] == "websocket" else "http.request"}

    async def send(message: Any) -> None:  # noqa: ANN401 - ditto
        told.sent.append(message)

    asyncio.run(AsgiMiddleware(app, guard)(scope, receive, send))
    return told


def test_the_application_is_told_who_it_is() -> None:
    """It would have to read the header itself."""
    state: dict[str, Any] = {"pool": 1}
    found = exchange(passthrough(), GOOD, state=state)
    assert found.status == 204
    (scope,) = found.seen
    assert isinstance(scope["originlock.client"], ClientIdentity)
    assert scope["state"] == {"pool": 1, "originlock_client": scope["originlock.client"]}
    assert "originlock.client" not in found.scope


@pytest.mark.parametrize("guard, headers", [(passthrough(), GOOD), (verify(), verified(CLIENT.certificate))])
def test_the_application_does_not_see_the_headers(guard: Guard, headers: Headers) -> None:
    """It would trust them where nobody has looked at them."""
    (scope,) = exchange(guard, headers).seen
    assert scope["headers"] == [(b"host", b"a"), (b"accept", b"*/*")]


def test_an_identity_of_somebody_elses_making_does_not_last() -> None:
    """What stands in the scope must be this middleware's word."""
    forged: dict[str, Any] = {"originlock.client": "root", "state": {"originlock_client": "root"}}
    found = exchange(passthrough(optional=True), [], **forged)
    (scope,) = found.seen
    assert scope["originlock.client"] is None
    assert scope["state"]["originlock_client"] is None


@pytest.mark.parametrize(
    "headers, more",
    [([], {}), (STRANGER, {}), (2 * GOOD, {}), (GOOD, {"client": ("192.0.2.1", 1)}), (GOOD, {"client": None})],
)
def test_a_refusal_says_nothing(headers: Headers, more: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Strangers would learn what is looked at; and people must learn it from the log, without a certificate in it."""
    with caplog.at_level(logging.WARNING, "originlock.middleware"):
        found = exchange(passthrough(), headers, path="/" + "a\n" * 5000, **more)
    assert found.seen == []
    assert (found.status, found.body) == (403, b"Forbidden\n")
    assert found.headers == {
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": b"10",
        b"cache-control": b"no-store",
    }
    (record,) = caplog.records
    line = record.getMessage()
    assert line.startswith("refused: reason=")
    assert len(line) < 700
    assert "\n" not in line
    assert "BEGIN" not in line


def test_a_refusal_of_head_has_no_body() -> None:
    """A client would read it as the next answer."""
    assert exchange(passthrough(), [], method="HEAD").body == b""


def test_a_websocket_is_refused_before_it_is_one() -> None:
    """Strangers would have a connection that nobody looks at any more."""
    closed = exchange(passthrough(), STRANGER, type="websocket")
    assert closed.seen == []
    assert [each["type"] for each in closed.sent] == ["websocket.close"]
    assert closed.sent[0]["code"] == 1008
    denied = exchange(passthrough(), STRANGER, type="websocket", extensions={"websocket.http.response": {}})
    assert [each["type"] for each in denied.sent] == ["websocket.http.response.start", "websocket.http.response.body"]
    assert denied.status == 403


def test_a_websocket_is_told_who_it_is() -> None:
    """It is a request like any other until then."""
    (scope,) = exchange(passthrough(), GOOD, type="websocket").seen
    assert isinstance(scope["originlock.client"], ClientIdentity)


def test_lifespan_goes_through() -> None:
    """The application could not start."""
    lifespan = {"type": "lifespan", "asgi": {}}
    seen: list[object] = []

    async def app(scope: object, _receive: object, _send: object) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> Any:  # noqa: ANN401 - ASGI
        raise AssertionError

    asyncio.run(AsgiMiddleware(app, passthrough())(lifespan, nothing, nothing))
    assert seen == [lifespan]


def test_a_kind_that_nobody_knows_does_not_go_through() -> None:
    """What is not understood cannot be guarded."""
    with pytest.raises(ValueError, match="webtransport"):
        exchange(passthrough(), GOOD, type="webtransport")


@pytest.mark.parametrize(
    "more, status",
    [
        ({}, 204),
        ({"method": "HEAD"}, 204),
        ({"method": "POST"}, 403),
        ({"path": "/healthz/"}, 403),
        ({"path": "//healthz"}, 403),
        ({"path": "/healthz2"}, 403),
        ({"path": "/HEALTHZ"}, 403),
        ({"path": "/admin", "query_string": b"/healthz"}, 403),
        ({"client": ("192.0.2.1", 1)}, 403),
    ],
)
def test_health_checks_need_no_certificate(more: dict[str, Any], status: int) -> None:
    """All targets would fall ill; or a path that only looks so would be open."""
    found = exchange(passthrough(health_paths=["/healthz"]), [], **({"path": "/healthz"} | more))
    assert found.status == status


def test_a_health_check_has_no_identity() -> None:
    """What came with it was not looked at: it must not reach the application."""
    headers = [*GOOD, (b"x-amzn-mtls-clientcert-subject", b"CN=admin")]
    (scope,) = exchange(passthrough(health_paths=["/healthz"]), headers, path="/healthz").seen
    assert scope["originlock.client"] is None
    assert scope["headers"] == [(b"host", b"a"), (b"accept", b"*/*")]


def test_a_websocket_is_no_health_check() -> None:
    """A path that is open for a look must not be open for a conversation."""
    found = exchange(passthrough(health_paths=["/healthz"]), [], path="/healthz", type="websocket")
    assert found.seen == []


@pytest.mark.parametrize("held", [CLIENT, issued(OTHER), issued(days=-1)])
def test_the_echo_shows_what_came_whether_it_is_good_or_not(held: Any) -> None:  # noqa: ANN401 - Issued
    """A proof could not tell which certificate the edge presents while it is not the right one yet."""
    found = exchange(passthrough(echo_path=ECHO), passed(*chain_of(held)), path=ECHO)
    assert (found.status, found.seen) == (200, [])
    assert found.headers[b"cache-control"] == b"no-store"
    assert json.loads(found.body) == {
        "client_certificate_sha256": held.certificate.fingerprint(hashes.SHA256()).hex(),
        "serial": serial_of(held.certificate),
        "mode": "passthrough",
    }


def test_the_echo_shows_that_nothing_came() -> None:
    """Null is not a certificate, and not an error."""
    found = exchange(passthrough(echo_path=ECHO), [], path=ECHO)
    assert json.loads(found.body) == {"client_certificate_sha256": None, "serial": None, "mode": "passthrough"}


def test_the_echo_of_verify() -> None:
    """The same in the other mode."""
    found = exchange(verify(echo_path=ECHO), verified(CLIENT.certificate), path=ECHO)
    told = json.loads(found.body)
    assert told["client_certificate_sha256"] == CLIENT.certificate.fingerprint(hashes.SHA256()).hex()
    assert told["mode"] == "verify"


@pytest.mark.parametrize(
    "headers, more, status",
    [
        (2 * GOOD, {}, 403),
        ([(b"x-amzn-mtls-clientcert", b"x")], {}, 403),
        (GOOD, {"client": ("192.0.2.1", 1)}, 403),
        (GOOD, {"method": "POST"}, 405),
    ],
)
def test_the_echo_refuses_what_is_no_certificate(headers: Headers, more: dict[str, Any], status: int) -> None:
    """It would say null, which means that none was presented; or tell others than the load balancer."""
    found = exchange(passthrough(echo_path=ECHO), headers, path=ECHO, **more)
    assert (found.status, found.seen) == (status, [])


def test_there_is_no_echo_unless_asked_for() -> None:
    """It is one more thing that a stranger can ask."""
    assert exchange(passthrough(), STRANGER, path=ECHO).status == 403
    assert exchange(passthrough(), GOOD, path=ECHO).seen != []
