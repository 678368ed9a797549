"""What is answered, and what a load balancer itself answers.

Here lives the shape of an answer, error pages, fixed responses and redirects. Here must not live: which of them it is
to be (see `rules`), or the target's answers (see `application`).

Header order and the pages are those that users saw of ``awselb/2.0``; two lines of real access logs hold them to the
byte (a 400 of 272 bytes, an empty fixed response of 162).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from originlock.lab.plane.requests import Request

SERVER: Final = "awselb/2.0"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole but for what the connection adds (Date, Content-Length, Connection).

    Attributes:
        first: headers that stand before those that the connection adds.
        last: headers after these.
        body: what is sent.
        zeros: how many zero bytes follow the body.
        delay: seconds until it is sent.
        from_target: whether a target answered, and not the load balancer.
        closes: whether the connection ends with it.
    """

    status: int
    first: tuple[tuple[str, str], ...] = ()
    last: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    zeros: int = 0
    delay: float = 0.0
    from_target: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Routed:
    """An answer, and what the access log tells of how it came about.

    Attributes:
        priority: of the rule that matched; 0 for the default one, None where no rule was asked.
        action: what was done last.
        target_group: of a forward, else None.
        redirect_url: of a redirect, else None.
    """

    answer: Answer
    priority: int | None
    action: str | None = None
    target_group: str | None = None
    redirect_url: str | None = None


def page(status: int, *, closes: bool = False, extra: tuple[tuple[str, str], ...] = ()) -> Answer:
    """One of the load balancer's own pages."""
    title = f"{status} {phrase(status, own=True)}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n"
        f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, (("Content-Type", "text/html"),), extra, body.encode(), closes=closes)


#: Where a load balancer's own reason phrases differ from RFC 9110's. 503 and 504 are often quoted by users of
#: ``awselb/2.0``; they are nginx's, and so the others are taken from nginx, too.
_OWN_PHRASES: Final = {
    405: "Not Allowed",
    408: "Request Time-out",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


def phrase(status: int, *, own: bool) -> str:
    """The reason phrase, of a load balancer's own answers or of a target's; ``Unknown`` for a number without one."""
    if own and status in _OWN_PHRASES:
        return _OWN_PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def fixed(status: int, content_type: str | None, body: str | None) -> Answer:
    """A fixed response."""
    kind = f"{content_type or 'text/plain'}; charset=utf-8"
    return Answer(status, (("Content-Type", kind),), body=(body or "").encode())


_PLACEHOLDER: Final = re.compile(r"#\{(protocol|host|port|path|query)\}")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a redirect leads; ``#{...}`` stands for the request's own."""

    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"

    def url(self, request: Request, name: str) -> str:
        """The URL for a request; the port always stands in it. `name` serves where the request has no host."""
        known = {
            "protocol": request.client.scheme,
            "host": request.host or name,
            "port": str(request.client.listener_port),
            "path": request.path.removeprefix("/"),
            "query": request.query,
        }

        def filled(template: str) -> str:
            return _PLACEHOLDER.sub(lambda found: known[found[1]], template)

        query = filled(self.query)
        front = f"{filled(self.protocol).lower()}://{filled(self.host)}:{filled(self.port)}{filled(self.path)}"
        return f"{front}?{query}" if query else front


def redirect(status: int, url: str) -> Answer:
    """A redirect."""
    return page(status, extra=(("Location", url),))
