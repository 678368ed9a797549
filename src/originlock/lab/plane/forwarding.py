"""The headers that a target gets.

Here lives what a load balancer adds, changes and takes away. Here must not live: the target (see `application`).

Sources: 'HTTP headers and Application Load Balancers' (X-Forwarded-...), 'Request tracing' (X-Amzn-Trace-Id), 'Mutual
authentication with TLS', and for renaming 'Header modification' in AWS's user guide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from originlock.lab.plane.client_certificate import passed_headers, verified_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from originlock.lab.plane.requests import Request
    from originlock.lab.plane.settings import Setting
    from originlock.lab.plane.tls import Session

_MTLS: Final = "x-amzn-mtls-clientcert"

#: All that mutual TLS may set.
MTLS_HEADERS: Final = frozenset(
    {_MTLS, *(f"{_MTLS}-{each}" for each in ("serial-number", "issuer", "subject", "validity", "leaf"))}
)

_TRACE: Final = "x-amzn-trace-id"
_XFF: Final = "x-forwarded-for"

#: Hop by hop (RFC 9110, 7.6.1).
_HOP: Final = frozenset({"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"})

#: What a header's name may have where ``drop_invalid_header_fields`` is on: its documentation's expression.
_VALID_NAME: Final = re.compile("[-A-Za-z0-9]+")


def headers_of(session: Session | None) -> tuple[tuple[str, str], ...]:
    """What a connection's client certificate adds to each of its requests, by default names."""
    if session is None or session.client is None:
        return ()
    if session.mode == "passthrough":
        return passed_headers(session.client)
    return verified_headers(session.client.leaf)


def trace_of(request: Request, fresh: str) -> str:
    """The value of X-Amzn-Trace-Id; `fresh` is ``1-time-id``, for Root, or for Self where a Root came in."""
    came = request.header(_TRACE)
    if came is None:
        return f"Root={fresh}"
    fields = [each for each in came.split(";") if each and not each.startswith("Self=")]
    has_root = any(each.startswith("Root=") for each in fields)
    return ";".join([f"{'Self' if has_root else 'Root'}={fresh}", *fields])


def forwarded(
    request: Request,
    setting: Setting,
    session: Session | None,
    certified: tuple[tuple[str, str], ...],
    trace: str,
) -> tuple[tuple[str, str], ...]:
    """The headers for the target.

    Args:
        request: as it came.
        setting: of the listener, now: the names of headers may change under a connection.
        session: of TLS, None for HTTP.
        certified: `headers_of` the session.
        trace: X-Amzn-Trace-Id.
    """
    named = tuple((_renamed(setting, name), value) for name, value in certified)
    return (
        *_kept(request, setting, frozenset(name.lower() for name, _ in named)),
        *_x_forwarded_for(request, setting),
        ("X-Forwarded-Proto", request.client.scheme),
        ("X-Forwarded-Port", str(request.client.listener_port)),
        ("X-Amzn-Trace-Id", trace),
        *_tls_headers(setting, session),
        *named,
    )


def _kept(request: Request, setting: Setting, replaced: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What the client sent and the load balancer leaves."""
    own = {_XFF, "x-forwarded-proto", "x-forwarded-port", _TRACE}
    dropped = _HOP | replaced | own | (MTLS_HEADERS if setting.strips else frozenset())
    drops_invalid = setting.attribute("routing.http.drop_invalid_header_fields.enabled", "false") == "true"
    for name, value in request.headers:
        if name not in dropped and not (drops_invalid and _VALID_NAME.fullmatch(name) is None):
            yield name, value


def _x_forwarded_for(request: Request, setting: Setting) -> tuple[tuple[str, str], ...]:
    came = request.all_of(_XFF)
    client = request.client.ip
    if setting.attribute("routing.http.xff_client_port.enabled", "false") == "true":
        client = f"[{client}]:{request.client.port}" if ":" in client else f"{client}:{request.client.port}"
    match setting.attribute("routing.http.xff_header_processing.mode", "append"):
        case "remove":
            return ()
        case "preserve":
            return tuple(("X-Forwarded-For", each) for each in came)
        case _:
            return (("X-Forwarded-For", ", ".join((*came, client))),)


def _tls_headers(setting: Setting, session: Session | None) -> tuple[tuple[str, str], ...]:
    enabled = setting.attribute("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false") == "true"
    if session is None or not enabled:
        return ()
    return (
        (_renamed(setting, "X-Amzn-Tls-Version"), session.protocol),
        (_renamed(setting, "X-Amzn-Tls-Cipher-Suite"), session.cipher),
    )


def _renamed(setting: Setting, name: str) -> str:
    key = name.lower().replace("-", "_")
    return setting.listener.attributes.get(f"routing.http.request.{key}.header_name") or name
