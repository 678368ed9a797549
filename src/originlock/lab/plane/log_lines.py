"""Lines of a load balancer's access log and connection log.

Here lives their fields, in AWS's order, with AWS's quotes. Here must not live: files and when they are delivered (see
`log_books`).

Sources: 'Access logs' and 'Connection logs for your Application Load Balancer' in AWS's user guide. Lines of 2026-09
have two fields more than the 34 documented ones, both ``"-"``; so have these.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from originlock.lab.plane.answers import Routed
    from originlock.lab.plane.client_certificate import Described
    from originlock.lab.plane.requests import Client, Request
    from originlock.lab.plane.settings import Setting
    from originlock.lab.plane.tls import Session
    from originlock.lab.plane.verdict import Status

#: Where the built-in target would be: there is no such host.
TARGET: Final = "10.0.0.1:80"

#: 'user_agent ... truncated if it is longer than 8 KB'.
_MOST_AGENT: Final = 8 * 1024

#: Times of a request that no target got to see.
_NO_TIMES: Final = (-1.0, -1.0, -1.0)


@dataclass(frozen=True, slots=True)
class Shaken:
    """A connection as its log has it: when it was there, and how TLS went.

    Attributes:
        at: seconds since 1970.
        protocol: None as far as TLS did not come, or for HTTP; so with the next ones.
        latency: seconds; None where the handshake failed.
        status: None for HTTP.
        trace: ``TID_`` and 32 hexadecimal digits.
    """

    at: float
    trace: str
    protocol: str | None = None
    cipher: str | None = None
    latency: float | None = None
    client: Described | None = None
    status: Status | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A request as its log has it.

    Attributes:
        request: None if it could not be read.
        begun: when its first byte came, seconds since 1970.
        ended: when its answer was out.
        status: what the client got, 460 if it had left.
        target_status: None if no target answered.
        target_seconds: how long the target took.
        received: bytes, headers included.
        sent: likewise.
    """

    request: Request | None
    client: Client
    session: Session | None
    routed: Routed
    begun: float
    ended: float
    status: int
    target_status: int | None
    target_seconds: float
    received: int
    sent: int
    trace: str | None
    connection_trace: str


def connection_line(shaken: Shaken, client: Client, setting: Setting) -> str:
    """A line of the connection log."""
    told = shaken.client
    return " ".join(
        (
            moment(shaken.at),
            client.ip,
            str(client.port),
            str(client.listener_port),
            shaken.protocol or "-",
            shaken.cipher or "-",
            "-" if shaken.latency is None else f"{shaken.latency:.3f}",
            _quoted("-" if told is None else told.subject),
            "-" if told is None else told.validity,
            "-" if told is None else told.serial,
            "-" if shaken.status is None else shaken.status.value,
            shaken.trace,
            shaken.group or "-",
            setting.log_name,
            setting.address,
        )
    )


def access_line(served: Served, setting: Setting) -> str:
    """A line of the access log."""
    routed, session, request = served.routed, served.session, served.request
    has_target = served.target_status is not None
    target = TARGET if has_target else "-"
    times = (0.0, served.target_seconds, 0.0) if has_target else _NO_TIMES
    agent = None if request is None else request.header("user-agent")
    return " ".join(
        (
            served.client.scheme,
            moment(served.ended),
            setting.log_name,
            f"{served.client.ip}:{served.client.port}",
            target,
            *(f"{each:.3f}" if each >= 0 else "-1" for each in times),
            str(served.status),
            str(served.target_status) if has_target else "-",
            str(served.received),
            str(served.sent),
            _quoted(_request_line(served, setting)),
            _quoted((agent or "-")[:_MOST_AGENT]),
            "-" if session is None else session.cipher,
            "-" if session is None else session.protocol,
            routed.target_group or "-",
            _quoted(served.trace or "-"),
            _quoted("-" if session is None or request is None else session.server_name or "-"),
            _quoted("-" if session is None or request is None else session.certificate_arn),
            "-" if routed.priority is None else str(routed.priority),
            moment(served.begun),
            _quoted(routed.action or "-"),
            _quoted(routed.redirect_url or "-"),
            _quoted("-"),  # error_reason
            _quoted(target),
            _quoted(str(served.target_status) if has_target else "-"),
            _quoted("-"),  # classification
            _quoted("-"),  # classification_reason
            served.connection_trace,
            _quoted("-"),  # transformed_host
            _quoted("-"),  # transformed_uri
            _quoted("-"),  # request_transform_status
            setting.address,
            _quoted("-"),
            _quoted("-"),
        )
    )


def moment(seconds: float) -> str:
    """ISO 8601 with microseconds."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _request_line(served: Served, setting: Setting) -> str:
    client, request = served.client, served.request
    host = setting.balancer.dns_name if request is None else request.host or setting.balancer.dns_name
    front = f"{client.scheme}://{host}:{client.listener_port}"
    if request is None:
        return f"- {front}- -"
    query = f"?{request.query}" if request.query else ""
    return f"{request.method} {front}{request.path}{query} HTTP/{request.version}"


def _quoted(text: str) -> str:
    """In quotes. A quote within is escaped by its number: what AWS does there is not documented."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    if text.isprintable() and '"' not in text:
        return text
    return "".join(each if each.isprintable() and each != '"' else f"\\x{ord(each):02X}" for each in text)
