"""The edge's own answers: error pages, challenges, redirects, the trace.

Here lives what they say. Here must not live: when each is given.
"""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import quote

from originlock.lab.edge.messages import Headers, Request, Response

#: 'Cloudflare 5xx errors', and 'Cloudflare 1xxx errors' for the last three.
TITLES: Final = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    1001: "DNS resolution error",
    1016: "Origin DNS error",
}

#: Of a data centre that Cloudflare does not have.
COLO: Final = "LAB"

#: Where an Access team's login is.
ACCESS_DOMAIN: Final = "cloudflareaccess.com"


def error_page(request: Request, code: int, sub: int | None = None) -> Response:
    """An error page: short text, or HTML for whoever asks for HTML."""
    shown = sub or code
    if "text/html" not in request.header("accept"):
        return Response(code, (("content-type", "text/plain; charset=UTF-8"),), f"error code: {shown}".encode())
    title = TITLES.get(shown, "Error")
    body = f"<!DOCTYPE html>\n<title>{title} | Cloudflare</title>\n<h1>Error {shown}</h1>\n<p>{title}</p>\n"
    return Response(code, (("content-type", "text/html; charset=UTF-8"),), body.encode())


def bad_request(status: int, text: str) -> Response:
    """What was asked is no request that the edge takes."""
    body = f"<html><head><title>{text}</title></head><body><center><h1>{text}</h1></center></body></html>\n"
    return Response(status, (("content-type", "text/html"), ("connection", "close")), body.encode())


def challenge() -> Response:
    """A challenge, marked as such ('Detect a challenge page response')."""
    headers = (("content-type", "text/html; charset=UTF-8"), ("cf-mitigated", "challenge"))
    return Response(403, headers, b"<!DOCTYPE html>\n<title>Just a moment...</title>\n")


def access(team: str, host: str, target: str) -> Response:
    """The way to an Access team's login."""
    where = f"https://{team}.{ACCESS_DOMAIN}/cdn-cgi/access/login/{host}?redirect_url={quote(target, safe='')}"
    return Response(302, (("location", where),))


def moved(location: str) -> Response:
    """Always Use HTTPS, and its opposite where SSL is off: a 301."""
    return Response(301, (("location", location),))


def trace(request: Request, facts: dict[str, str]) -> Response:
    """``/cdn-cgi/trace``: a line for each fact that the edge has of a visitor."""
    lines = {
        "fl": "1f1",
        "h": facts["host"],
        "ip": facts["ip"],
        "ts": f"{time.time():.3f}",
        "visit_scheme": facts["scheme"],
        "uag": request.header("user-agent"),
        "colo": COLO,
        "sliver": "none",
        "http": "http/1.1",
        "loc": "XX",
        "tls": facts["tls"],
        "sni": "plaintext" if facts["scheme"] == "https" else "off",
        "warp": "off",
        "gateway": "off",
        "rbi": "off",
        "kex": "X25519" if facts["tls"] == "TLSv1.3" else "none",
    }
    body = "".join(f"{name}={value}\n" for name, value in lines.items())
    return Response(200, (("content-type", "text/plain"), ("cache-control", "no-cache")), body.encode())


def marked(response: Response, ray: str) -> Response:
    """With what stands on every answer of the edge."""
    own = {"server", "cf-ray", "date"}
    kept: Headers = tuple((name, value) for name, value in response.headers if name not in own)
    now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    headers = (("date", now), *kept, ("server", "cloudflare"), ("cf-ray", f"{ray}-{COLO}"))
    return Response(response.status, headers, response.body, response.reason)
