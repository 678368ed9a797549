"""What a presigned address opens: only where it may be asked, within bounds, and never said."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

import pytest

from originlock.aws import presigned
from originlock.aws.presigned import NotReadError, opened

SECRET = "X-Amz-Signature=0123456789abcdef"
BODY = b"-----BEGIN CERTIFICATE-----\n"


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers by the path; says nothing of it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path == "/moved":
            self._head(302, [("Location", "/whole"), ("Content-Length", "0")])
        elif path == "/cut":
            self._head(200, [("Content-Length", "1000")])
            self.wfile.write(BODY)
        elif path == "/endless":
            self._head(200, [("Connection", "close")])
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x" * 10_000)
        elif path == "/odd":
            self._head(200, [("Content-Length", str(len(BODY))), ("Content-Encoding", "gzip")])
            self.wfile.write(BODY)
        else:
            self._head(200 if path == "/whole" else 403, [("Content-Length", str(len(BODY)))])
            self.wfile.write(BODY)
        self.close_connection = True

    def _head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as typed there
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server on this machine; its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


def refusal(address: str, endpoint: str, most: int = 1_000) -> str:
    """Why an address is not read; the address itself is in nothing of it."""
    with pytest.raises(NotReadError) as error:
        opened(f"{address}?{SECRET}", endpoint, most, authorities=True)
    assert SECRET not in f"{error.value!s} {error.value!r} {error.value.__cause__!r}"
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return str(error.value)


def test_all_of_it_is_read(server: str) -> None:
    """Of the machine that gave the address, also without TLS: so does a local AWS."""
    assert opened(f"{server}/whole?{SECRET}", f"{server}/", 1_000, authorities=True) == BODY
    assert opened(f"{server}/odd?{SECRET}", f"{server}/", 1_000, authorities=True) == BODY


@pytest.mark.parametrize(
    "address, endpoint",
    [
        ("{server}/whole", "https://elasticloadbalancing.eu-west-1.amazonaws.com"),
        ("{server}/whole", "http://127.0.0.1:1"),
        ("http://169.254.169.254/latest", "{server}"),
        ("file:///etc/passwd", "{server}"),
        ("", "{server}"),
        ("http://[", "{server}"),
    ],
)
def test_what_may_not_be_asked(server: str, address: str, endpoint: str) -> None:
    """An answer must not have us ask a neighbour for something, or send the address over an open wire."""
    assert "not https" in refusal(address.format(server=server), endpoint.format(server=server))


@pytest.mark.parametrize(
    "path, most, why",
    [
        ("/denied", 1_000, "403"),
        ("/moved", 1_000, "302"),
        ("/cut", 2_000, "IncompleteReadError"),
        ("/cut", 999, "more than 999 bytes"),
        ("/whole", 10, "more than 10 bytes"),
        ("/endless", 100_000, "more than 100,000 bytes"),
    ],
)
def test_what_is_no_answer(server: str, path: str, most: int, why: str) -> None:
    """Half a bundle is not a bundle, and a page about an error is none either."""
    assert why in refusal(f"{server}{path}", server, most)


def test_no_tls_where_it_must_be(server: str) -> None:
    """Whoever is not shown to be AWS is not read from."""
    assert "SSLError" in refusal(server.replace("http:", "https:") + "/whole", server)


def test_nobody_there() -> None:
    """Its words hold the address; ours do not."""
    assert "EndpointConnectionError" in refusal("http://127.0.0.1:1/whole", "http://127.0.0.1:1")


def test_what_takes_too_long(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up, however much it still has."""
    monkeypatch.setattr(presigned, "_WHOLE_SECONDS", 0)
    assert "within 0 seconds" in refusal(f"{server}/endless", server, 1 << 40)
