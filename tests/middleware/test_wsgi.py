"""The middleware of WSGI: what is answered, what the application sees, and how servers join headers."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest
from tests.middleware.parties import (
    BALANCER,
    CLIENT,
    OTHER,
    chain_of,
    issued,
    passed,
    passthrough,
    replaced,
    verified,
    verify,
)

from originlock.middleware import ClientIdentity, WsgiMiddleware

if TYPE_CHECKING:
    from tests.middleware.parties import Headers

    from originlock.middleware import Guard

GOOD = passed(*chain_of(CLIENT))
STRANGER = passed(*chain_of(issued(OTHER)))
ECHO = "/.well-known/originlock-certificate"


@dataclass
class Exchange:
    """One request: what the application saw, and what was answered."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def environ_of(headers: Headers, comma: str = ",") -> dict[str, Any]:
    """As servers make it: what came twice is joined."""
    found: dict[str, Any] = {}
    for name, value in headers:
        key = "HTTP_" + name.decode().upper().replace("-", "_")
        text = value.decode("latin-1")
        found[key] = f"{found[key]}{comma}{text}" if key in found else text
    return found


def exchange(guard: Guard, headers: Headers, comma: str = ",", **more: Any) -> Exchange:  # noqa: ANN401 - of the environ
    """One request through the middleware, and through the standard library's judge of WSGI."""
    import io  # noqa: PLC0415 - for this alone

    told = Exchange()
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "a",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": BALANCER,
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    } | environ_of(headers, comma)
    environ |= {name: value for name, value in more.items() if value is not None}
    for name in [name for name, value in more.items() if value is None]:
        environ.pop(name, None)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ANN401 - WSGI
        told.seen.append(dict(environ))
        start_response("204 No Content", [])
        return []

    def start_response(status: str, headers: list[tuple[str, str]], _exc: object = None) -> Any:  # noqa: ANN401 - ditto
        told.status, told.headers = status, dict(headers)

    answer = validator(WsgiMiddleware(app, guard))(environ, start_response)
    told.body = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]  # the validator's own
    return told


def test_the_application_is_told_who_it_is() -> None:
    """It would have to read the header itself."""
    found = exchange(passthrough(), GOOD)
    assert found.status == "204 No Content"
    (environ,) = found.seen
    assert isinstance(environ["originlock.client"], ClientIdentity)
    assert environ["HTTP_ACCEPT"] == "*/*"


@pytest.mark.parametrize("guard, headers", [(passthrough(), GOOD), (verify(), verified(CLIENT.certificate))])
def test_the_application_does_not_see_the_headers(guard: Guard, headers: Headers) -> None:
    """It would trust them where nobody has looked at them."""
    (environ,) = exchange(guard, headers).seen
    assert not any("MTLS" in key for key in environ)


def test_an_identity_of_somebody_elses_making_does_not_last() -> None:
    """What stands in the environ must be this middleware's word."""
    (environ,) = exchange(passthrough(optional=True), [], **{"originlock.client": "root"}).seen
    assert environ["originlock.client"] is None


@pytest.mark.parametrize(
    "headers, more",
    [
        ([], {}),
        (STRANGER, {}),
        (2 * GOOD, {}),
        (GOOD, {"REMOTE_ADDR": "192.0.2.1"}),
        (GOOD, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": BALANCER}),
        (GOOD, {"REMOTE_ADDR": ""}),
        (GOOD, {"REMOTE_ADDR": None}),
        ([*GOOD, (b"x-amzn-mtls-clientcert-subject", b"CN=edge")], {}),
    ],
)
def test_a_refusal_says_nothing(headers: Headers, more: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Strangers would learn what is looked at; and people must learn it from the log, without a certificate in it."""
    with caplog.at_level(logging.WARNING, "originlock.middleware"):
        found = exchange(passthrough(), headers, **more)
    assert (found.seen, found.status, found.body) == ([], "403 Forbidden", b"Forbidden\n")
    assert found.headers["content-length"] == "10"
    (record,) = caplog.records
    assert record.getMessage().startswith("refused: reason=")
    assert "BEGIN" not in record.getMessage()


@pytest.mark.parametrize("comma", [",", ", "])
def test_what_came_twice_is_refused_however_it_is_joined(comma: str) -> None:
    """A server joins them, and the first or the last would be believed; `wsgiref`, gunicorn, waitress do it so."""
    for each in (GOOD, STRANGER):
        assert exchange(passthrough(), [*GOOD, *each], comma).status == "403 Forbidden"
    headers = verified(CLIENT.certificate)
    for name, value in headers:
        for forged in (value, b"CN=admin"):
            assert exchange(verify(), [*headers, (name, forged)], comma).status == "403 Forbidden"


def test_a_name_beyond_latin_1_is_read() -> None:
    """WSGI hands bytes over as Latin 1: a name in UTF-8 must come out as it was, or be refused, and never crash."""
    headers = replaced(verified(CLIENT.certificate), "x-amzn-mtls-clientcert-subject", "CN=Zoë".encode())
    assert exchange(verify(), headers).status == "403 Forbidden"
    assert exchange(verify(), [], HTTP_X_AMZN_MTLS_CLIENTCERT_SUBJECT="\u0661").status == "403 Forbidden"


@pytest.mark.parametrize(
    "more, status",
    [
        ({}, "204 No Content"),
        ({"REQUEST_METHOD": "POST"}, "403 Forbidden"),
        ({"PATH_INFO": "/healthz/"}, "403 Forbidden"),
        ({"SCRIPT_NAME": "/app"}, "403 Forbidden"),
        ({"SCRIPT_NAME": "/healthz", "PATH_INFO": ""}, "204 No Content"),
        ({"REMOTE_ADDR": "192.0.2.1"}, "403 Forbidden"),
    ],
)
def test_health_checks_need_no_certificate(more: dict[str, Any], status: str) -> None:
    """All targets would fall ill; or a path that only looks so would be open."""
    guard = passthrough(health_paths=["/healthz"])
    assert exchange(guard, [], **({"PATH_INFO": "/healthz"} | more)).status == status


def test_a_health_check_has_no_identity() -> None:
    """What came with it was not looked at: it must not reach the application."""
    headers = [*GOOD, (b"x-amzn-mtls-clientcert-subject", b"CN=admin")]
    (environ,) = exchange(passthrough(health_paths=["/healthz"]), headers, PATH_INFO="/healthz").seen
    assert environ["originlock.client"] is None
    assert not any("MTLS" in key for key in environ)


def test_the_echo_shows_what_came_whether_it_is_good_or_not() -> None:
    """A proof could not tell which certificate the edge presents while it is not the right one yet."""
    for headers, given in ((GOOD, True), (STRANGER, True), ([], False)):
        found = exchange(passthrough(echo_path=ECHO), headers, PATH_INFO=ECHO)
        told = json.loads(found.body)
        assert (found.status, found.seen, found.headers["cache-control"]) == ("200 OK", [], "no-store")
        assert told.keys() == {"client_certificate_sha256", "serial", "mode"}
        assert (told["client_certificate_sha256"] is not None) is given
    assert exchange(passthrough(echo_path=ECHO), 2 * GOOD, PATH_INFO=ECHO).status == "403 Forbidden"
    assert exchange(passthrough(echo_path=ECHO), GOOD, PATH_INFO=ECHO, REQUEST_METHOD="POST").status.startswith("405")
    assert exchange(passthrough(echo_path=ECHO), GOOD, PATH_INFO=ECHO, REQUEST_METHOD="HEAD").body == b""
