"""Headers of a client's certificate: whatever the bytes, they give an identity or the one documented refusal.

Lives here: the script, for both modes, through the function and through WSGI. Must not live here: the wounds (see
`mutation`).

An input is a request: headers end with a record separator, and a unit separator stands between name and value. An
input that begins as DER does is a certificate, which then stands in the headers, so that wounds reach what is in it.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import sys
import time
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding
from mutation import run

from originlock.lab import authority
from originlock.lab.plane.client_certificate import ClientChain, passed_headers, verified_headers
from originlock.middleware import Guard, Passthrough, RefusedError, Settings, Trust, Verify, WsgiMiddleware, identity_of

ROOT: Final = authority.root("client root")
FIRST: Final = ROOT.below("first", key=authority.P384)
CLIENTS: Final = (
    FIRST.issue(authority.Leaf("edge", ("edge.example.org", "192.0.2.1"), client=True)),
    ROOT.issue(authority.Leaf("edge", ("edge.example.org",), client=True, key=authority.RSA2048)),
    FIRST.issue(authority.Leaf("edge", days=-1, client=True)),
    authority.root("other").issue(authority.Leaf("edge", ("edge.example.org",), key=authority.ED25519)),
)

PEER: Final = "10.0.1.5"
PEERS: Final = ("10.0.1.0/24",)
TRUST: Final = Trust(
    (ROOT.pem + FIRST.pem).encode(),
    revocations=(ROOT.revocation_list_pem() + FIRST.revocation_list_pem()).encode(),
    require_extensions=False,
)
GUARDS: Final = tuple(
    Guard(Settings(peers=PEERS, mode=mode, cache_entries=16))
    for mode in (Passthrough(TRUST), Verify(), Verify(ignore_expiry=True, compare_names=False), Verify(TRUST))
)

LONGEST_SECONDS: Final = 1.0
"""What a request may cost, of the processor's time, in all guards together."""

_RECORD, _UNIT = b"\x1e", b"\x1f"

Headers = list[tuple[bytes, bytes]]


class TooSlowError(Exception):
    """A request took longer than it may."""


class OtherAnswerError(Exception):
    """A middleware answered something that is not documented."""


def parse(data: bytes) -> None:
    """Send it as a request through every guard."""
    headers = _of_certificate(data) if data[:1] == b"\x30" else _of_request(data)
    began = time.process_time()
    for guard in GUARDS:
        with contextlib.suppress(RefusedError):
            identity_of(guard, PEER, headers)
        with contextlib.suppress(RefusedError):
            guard.echo(guard.names.taken_from_asgi(headers)[0])
        _through_wsgi(guard, headers)
    if time.process_time() - began > LONGEST_SECONDS:
        raise TooSlowError


def _through_wsgi(guard: Guard, headers: Headers) -> None:
    environ: dict[str, object] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_ADDR": PEER}
    for name, value in headers:
        key = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    answered: list[str] = []
    app = WsgiMiddleware(lambda _environ, _start: [], guard)
    app(environ, lambda status, _headers, _exc=None: answered.append(status))  # type: ignore[arg-type]
    if answered not in ([], ["403 Forbidden"]):
        raise OtherAnswerError(answered)


def _of_request(data: bytes) -> Headers:
    pairs = (each.partition(_UNIT) for each in data.split(_RECORD) if each)
    return [(name, value) for name, _, value in pairs]


def _of_certificate(der: bytes) -> Headers:
    pem = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(der).decode()}\n-----END CERTIFICATE-----\n"
    value = quote(pem, safe="+=/").encode()
    return [(b"x-amzn-mtls-clientcert", value)] if len(der) % 2 else [*_FOUR, (b"x-amzn-mtls-clientcert-leaf", value)]


def _request(headers: tuple[tuple[str, str], ...]) -> bytes:
    return b"".join(name.lower().encode() + _UNIT + value.encode() + _RECORD for name, value in headers)


_FOUR: Final = [(name.lower().encode(), value.encode()) for name, value in verified_headers(CLIENTS[0].certificate)[:4]]

SEEDS: Final = (
    *(_request(passed_headers(ClientChain((each.certificate, *each.chain)))) for each in CLIENTS),
    *(_request(verified_headers(each.certificate)) for each in CLIENTS),
    *(each.certificate.public_bytes(Encoding.DER) for each in CLIENTS),
)


if __name__ == "__main__":
    logging.disable()  # a line for each refusal
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
