"""Which URLs may be asked, which redirects may be followed, and how a URL is shown.

Lives here: rules on URLs, pure. Must not live here: asking anything.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_LOCATION_LENGTH = 500
"""Characters of a redirect's target (our choice: a list has a short address)."""


class UrlError(ValueError):
    """A URL that is not to be asked; the message says why."""


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by an address literal or by the one name that is reserved for it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(url: str) -> SplitResult:
    """Take a URL apart, if it may be asked: https, or http on this machine; no password in it.

    Raises:
        UrlError: it may not.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        message = f"{url!r} is not a URL: {error}"
        raise UrlError(message) from error
    if parts.username is not None or parts.password is not None:
        message = f"a URL at {host} has a user name or a password in it, which is not supported"
        raise UrlError(message)
    if not host or parts.scheme not in {"http", "https"}:
        message = f"{url!r} is not an https URL"
        raise UrlError(message)
    if parts.scheme == "http" and not is_loopback(host):
        message = f"{url} is plain http, which anybody on the way can change"
        raise UrlError(message)
    return parts


def redirected(url: str, location: str) -> str:
    """Where a redirect leads, if it may be followed: to the same host and by the same scheme.

    Raises:
        UrlError: it may not.
    """
    # What a server says is repeated in messages, so it must be short and must not steer a terminal.
    if len(location) > MAX_LOCATION_LENGTH or not location.isascii() or not location.isprintable():
        message = f"{url} redirects to {location[:60]!a}, which is not a URL"
        raise UrlError(message)
    try:
        target = urljoin(url, location)
    except ValueError as error:
        message = f"{url} redirects to {location!r}, which is not a URL"
        raise UrlError(message) from error
    before, after = checked(url), checked(target)
    if before.hostname != after.hostname:
        message = f"{url} redirects to another host, {after.hostname}"
        raise UrlError(message)
    if before.scheme != after.scheme:
        message = f"{url} redirects from {before.scheme} to {after.scheme}"
        raise UrlError(message)
    return target
