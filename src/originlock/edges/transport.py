"""One document, or one call of an API, over HTTP: the only module that knows urllib3.

Lives here: TLS, proxies, redirects, the second try, and the bounds on what is read.
Must not live here: threads, which documents and calls there are, and what they mean.
"""

from __future__ import annotations

import ssl
import urllib.request
from typing import Final

import msgspec
import urllib3
import urllib3.connection
import urllib3.exceptions
from urllib3.util import make_headers, parse_url

from originlock import __version__
from originlock.edges.adapter import Document, NoDocument
from originlock.edges.patience import Bounds, Cord
from originlock.edges.urls import UrlError, checked, is_loopback, redirected

_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({429, *range(500, 600)})
"""Answers after which a second try makes sense (RFC 9110, server errors; RFC 6585, too many requests)."""

_PIECE = 16_384
"""Bytes asked for at a time (the size of a TLS record)."""

_WORDS = 200
"""Characters of an error's own words that are repeated."""

_HEADERS = {"User-Agent": f"originlock/{__version__}", "Accept-Encoding": "identity"}


class _Again(msgspec.Struct, frozen=True):
    """A failure that may be gone at the second try."""

    failure: NoDocument


class _Moved(msgspec.Struct, frozen=True):
    """A redirect that was not yet followed."""

    location: str


_Answer = Document | NoDocument | _Again | _Moved


class Exchange(msgspec.Struct, frozen=True):
    """What an API answered, whatever its status.

    Attributes:
        retry_after: the header as it was sent, or empty.
    """

    status: int
    body: Document
    retry_after: str = ""


class NoExchange(msgspec.Struct, frozen=True):
    """A call that got no whole answer.

    Attributes:
        reason: in words that name the URL, and no header.
        sent: whether the request may have reached the server, so that it may have been done.
    """

    reason: str
    sent: bool


class Sent(msgspec.Struct, frozen=True):
    """A request; its representation tells neither headers nor body, for both can hold secrets."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def __repr__(self) -> str:
        """Only what is no secret."""
        return f"Sent({self.method!r}, {self.url!r})"


def read_document(url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
    """Ask for one document, within its bounds.

    Args:
        url: https; or http on this machine.
        bounds: of the document; its deadline is the cord's.
        cord: whose end is the end of the reading.

    Returns:
        What came with status 200; or why nothing usable came. It never raises for what a server, a proxy or a
        network does.
    """
    here, hops, tries = url, 0, 0
    while True:
        try:
            checked(here)
        except UrlError as error:
            return NoDocument("fetch", str(error))
        answer = _ask(here, url, bounds, cord)
        match answer:
            case _Again(failure):
                if tries >= bounds.retries or not cord.left():
                    return failure
                tries += 1
                cord.pause(bounds.pause_seconds)
            case _Moved(location):
                hops += 1
                if hops > bounds.max_redirects:
                    return NoDocument("fetch", f"{url} redirects more than {bounds.max_redirects} times")
                try:
                    here = redirected(here, location)
                except UrlError as error:
                    return NoDocument("fetch", str(error))
            case _:
                return answer


def _ask(here: str, url: str, bounds: Bounds, cord: Cord) -> _Answer:
    """Ask once; `url` is what the document is called, `here` where redirects have led."""
    try:
        with _manager(here, cord) as manager:
            response = manager.urlopen(
                "GET",
                here,
                headers=_HEADERS,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=_timeout(bounds, cord),
            )
            try:
                return _answer(response, here, url, bounds, cord)
            finally:
                response.close()
    except urllib3.exceptions.HTTPError as error:
        return _failure(error, here, cord)


def exchange(request: Sent, bounds: Bounds, cord: Cord) -> Exchange | NoExchange:
    """Make one call of an API, once: no redirect is followed (it would take the token along), nothing is tried again.

    Args:
        request: its URL is https; or http on this machine.
        bounds: of the answer; its deadline is the cord's.
        cord: whose end is the end of the call.
    """
    try:
        checked(request.url)
    except UrlError as error:
        return NoExchange(str(error), sent=False)
    try:
        with _manager(request.url, cord) as manager:
            response = manager.urlopen(
                request.method,
                request.url,
                headers={**_HEADERS, **dict(request.headers)},
                body=request.body,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=_timeout(bounds, cord),
            )
            try:
                return _exchanged(response, request.url, bounds, cord)
            finally:
                response.close()
    except urllib3.exceptions.HTTPError as error:
        failure = _failure(error, request.url, cord)
        reason = failure.failure.reason if isinstance(failure, _Again) else failure.reason
        return NoExchange(reason, sent=not (isinstance(error, _NOT_SENT) or _is_distrust(error)))


def _exchanged(response: urllib3.BaseHTTPResponse, url: str, bounds: Bounds, cord: Cord) -> Exchange | NoExchange:
    body = _objection(response, url, bounds) or _body(response, url, url, bounds, cord)
    if isinstance(body, NoDocument):
        return NoExchange(body.reason, sent=True)
    return Exchange(response.status, body, response.headers.get("retry-after", ""))


_NOT_SENT: Final = (
    # Nothing of the request leaves before there is a connection. That TLS failed is not here: it can do so later, too,
    # unless it is that the server's certificate is not believed.
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)


def _is_distrust(error: BaseException) -> bool:
    return isinstance(error, urllib3.exceptions.SSLError) and any(
        isinstance(each, ssl.SSLCertVerificationError) for each in (*error.args, error.__cause__)
    )


def _timeout(bounds: Bounds, cord: Cord) -> urllib3.Timeout:
    left = max(cord.left(), 0.001)  # urllib3 takes no zero
    return urllib3.Timeout(connect=min(bounds.connect_seconds, left), read=left)


def _tls() -> ssl.SSLContext:
    """TLS with the system's store of authorities, or that of SSL_CERT_FILE (OpenSSL looks there itself)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _manager(url: str, cord: Cord) -> urllib3.PoolManager:
    """A manager for one request, through a proxy if the environment says so; its sockets hang on the cord."""
    proxy = _proxy(url)
    if proxy is None:
        # Reading the system's authorities takes a while; without TLS, on this machine, none is asked for.
        tls = _tls() if url.startswith("https:") else None
        manager = urllib3.PoolManager(num_pools=1, ssl_context=tls)
    else:
        address = parse_url(proxy)
        headers = make_headers(proxy_basic_auth=address.auth) if address.auth else None
        manager = urllib3.ProxyManager(proxy, num_pools=1, ssl_context=_tls(), proxy_headers=headers)
    http, https = _tied_pools(cord)
    manager.pool_classes_by_scheme = {"http": http, "https": https}
    return manager


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an https URL (http is for this machine only, without one)."""
    host = checked(url).hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies_environment()
    proxy = proxies.get("https") or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _tied_pools(cord: Cord) -> tuple[type[urllib3.HTTPConnectionPool], type[urllib3.HTTPSConnectionPool]]:
    """Pools whose connections hang on the cord, from before they are made."""

    class TiedHttp(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            cord.tie(lambda: self.sock)
            super().connect()
            sock = self.sock  # http.client forgets its socket when the body's length is not declared
            cord.tie(lambda: sock)

    class TiedHttps(urllib3.connection.HTTPSConnection):
        def connect(self) -> None:
            cord.tie(lambda: self.sock)
            super().connect()
            sock = self.sock
            cord.tie(lambda: sock)

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = TiedHttp

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = TiedHttps

    return HttpPool, HttpsPool


def _answer(response: urllib3.BaseHTTPResponse, here: str, url: str, bounds: Bounds, cord: Cord) -> _Answer:
    status = response.status
    if status in _REDIRECTS and "location" in response.headers:
        return _Moved(response.headers["location"])
    if status != _OK:
        failure = NoDocument("fetch", f"{here} answered with status {status} instead of 200", status)
        return _Again(failure) if status in _LATER else failure
    objection = _objection(response, here, bounds)
    return objection or _body(response, here, url, bounds, cord)


def _objection(response: urllib3.BaseHTTPResponse, here: str, bounds: Bounds) -> NoDocument | None:
    """Why a body need not be read: how it is packed or how long it is."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        return NoDocument("fetch", f"{here} answered in an encoding that was not asked for, {encoding[:40]!r}")
    transfer = response.headers.get("transfer-encoding", "chunked")
    if transfer.lower() != "chunked":
        return NoDocument("fetch", f"{here} answered in an unknown transfer encoding, {transfer[:40]!r}")
    length = response.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return NoDocument("fetch", f"{here} answered with a Content-Length that is no number, {length[:40]!r}")
    if len(length) > len(str(bounds.max_bytes)) or int(length) > bounds.max_bytes:
        return _too_large(here, bounds)
    return None


def _too_large(here: str, bounds: Bounds) -> NoDocument:
    return NoDocument("too-large", f"{here} answered with more than {bounds.max_bytes:,} bytes")


def _body(response: urllib3.BaseHTTPResponse, here: str, url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
    declared = "content-length" in response.headers or "transfer-encoding" in response.headers
    body = bytearray()
    try:
        # Read as it comes: a whole chunk can be as long as its sender says.
        while piece := response.read1(_PIECE, decode_content=False):
            body += piece
            if len(body) > bounds.max_bytes:
                return _too_large(here, bounds)
            if not cord.left():
                return _late(here)
    except urllib3.exceptions.ProtocolError as error:
        if not cord.left():
            return _late(here)
        return NoDocument("cut-short", f"{here}: the answer broke off after {len(body):,} bytes: {_words(error)}")
    if not cord.left():
        return _late(here)  # a cord that is cut looks like the end of a body without a length
    return Document(url, bytes(body), response.headers.get("content-type", ""), declared)


def _late(here: str) -> NoDocument:
    return NoDocument("timeout", f"{here} did not answer in full in time")


_FAILURES: tuple[tuple[type[urllib3.exceptions.HTTPError], str, str, bool], ...] = (
    # kind, guard, words, worth a second try; the first that fits
    (urllib3.exceptions.NewConnectionError, "fetch", "no connection", True),
    (urllib3.exceptions.ConnectTimeoutError, "timeout", "no connection in time", True),
    (urllib3.exceptions.ProtocolError, "fetch", "the connection broke before the answer", True),
    (urllib3.exceptions.ProxyError, "fetch", "the proxy failed", True),
    (urllib3.exceptions.SSLError, "fetch", "TLS failed", False),
    (urllib3.exceptions.HTTPError, "fetch", "HTTP failed", False),
)


def _failure(error: urllib3.exceptions.HTTPError, here: str, cord: Cord) -> NoDocument | _Again:
    """What an exception of urllib3 means, and whether a second try makes sense."""
    if not cord.left() or isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return _late(here)
    guard, words, again = next(row[1:] for row in _FAILURES if isinstance(error, row[0]))
    failure = NoDocument(guard, f"{here}: {words}: {_words(error)}")
    return _Again(failure) if again else failure


def _words(error: BaseException) -> str:
    """What lies at the bottom of an error, without names of objects; bounded, safe for a terminal."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    return ascii(text or type(error).__name__)[1:-1][:_WORDS]
