"""One request's headers to an identity: the function under both middlewares.

Lives here: whom to believe at all, what must be there, and what is remembered. Must not live here: ASGI, WSGI, or what
a certificate is worth (see `judging`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from typing import Final

from originlock.middleware import peers
from originlock.middleware.cache import Cache, Entry
from originlock.middleware.header_names import Came, HeaderNames
from originlock.middleware.identity import ClientIdentity
from originlock.middleware.refusals import Reason, RefusedError
from originlock.middleware.settings import Settings

_LOG: Final = logging.getLogger("originlock.middleware")

#: How much of a stranger's words is logged.
_LOGGED_CHARACTERS: Final = 128


class Guard:
    """The settings, made ready; one for an application. Any number of threads may use it.

    Attributes:
        settings: as given.
        names: of the headers.
    """

    def __init__(self, settings: Settings) -> None:
        """Read what there is to read.

        Raises:
            OSError: a file cannot be read.
            ValueError: a setting is wrong; it says which.
        """
        # `cryptography` takes longer to import than all the rest, and is needed from here on only.
        from originlock.middleware import judging  # noqa: PLC0415

        self.settings = settings
        self.names = HeaderNames.of(settings.mode.name, settings.header_names)
        self._peer_verdict = peers.checker(peers.networks(settings.peers))
        self._judge = judging.judge_of(settings.mode, settings.reload_seconds)
        self._fingerprint, self._serial_of = judging.fingerprint, judging.serial_of
        self._cache: Cache[ClientIdentity] = Cache(settings.cache_entries)
        self._health = frozenset(settings.health_paths)

    def check_peer(self, peer: str | None) -> None:
        """See that the load balancer speaks.

        Raises:
            RefusedError: `PEER_UNKNOWN` or `PEER_OUTSIDE`.
        """
        peers.check(self._peer_verdict, peer)

    def is_health_check(self, method: str, path: str) -> bool:
        """Whether a request may come without a certificate, as the load balancer's own health checks do."""
        return path in self._health and method in {"GET", "HEAD"}

    def identity(self, came: Came) -> ClientIdentity | None:
        """Who it is, by the headers that came; None if nobody says, and nobody has to.

        Raises:
            RefusedError: any reason but those about peers.
        """
        values = _whole(came)
        if values is None:
            if self.settings.optional:
                return None
            raise RefusedError(Reason.ABSENT)
        identity = self._known(values)
        allow = self.settings.allow
        if allow is not None and not allow(identity):
            raise RefusedError(Reason.NOT_ALLOWED, identity.sha256)
        return identity

    def echo(self, came: Came) -> bytes:
        """What the load balancer forwards, as JSON; in passthrough it need not be any good.

        Raises:
            RefusedError: `INCOMPLETE`, `OVERSIZED`, `DOUBLED`, `MALFORMED` or `CHAIN_TOO_LONG`: what came is none.
        """
        values = _whole(came)
        der = None if values is None else self._judge.leaf(values)
        told = {
            "client_certificate_sha256": None if der is None else self._fingerprint(der),
            "serial": None if der is None else self._serial_of(der),
            "mode": self.settings.mode.name,
        }
        return json.dumps(told).encode()

    def _known(self, values: list[bytes]) -> ClientIdentity:
        """From what is remembered, or anew. Refusals are not remembered: strangers would fill the table with them."""
        generation = self._judge.generation
        now = self.settings.clock()
        key = _key(values)
        found = self._cache.get(key, now, generation)
        if found is not None:
            return found
        identity, until = self._judge.judged(values, now)
        self._cache.put(key, Entry(identity, min(until, now + self.settings.cache_seconds), generation))
        return identity


def identity_of(guard: Guard, peer: str | None, headers: Iterable[tuple[bytes, bytes]]) -> ClientIdentity | None:
    """Who a request is from.

    Args:
        guard: made once, from the settings.
        peer: the address at the other end of the socket, never one from a header.
        headers: all of the request's, names and values, each as often as it came; case of names counts for nothing.

    Returns:
        The client; None only for a request without a certificate where the settings say ``optional``.

    Raises:
        RefusedError: anything else.
    """
    guard.check_peer(peer)
    came, _ = guard.names.taken_from_asgi(headers)
    return guard.identity(came)


def log_refusal(error: RefusedError, peer: str | None, path: str) -> None:
    """Tell of a refusal, in one line of bounded length that holds no certificate."""
    _LOG.warning(
        "refused: reason=%s peer=%.64s path=%s detail=%s",
        error.reason.value,
        ascii(peer),
        ascii(path[:_LOGGED_CHARACTERS]),
        ascii(error.detail),
    )


def _whole(came: Came) -> list[bytes] | None:
    """All of the mode's headers; None if none came.

    Raises:
        RefusedError: `INCOMPLETE`.
    """
    values = [each for each in came if each is not None]
    if not values:
        return None
    if len(values) != len(came):
        raise RefusedError(Reason.INCOMPLETE, f"{len(values)} of {len(came)}")
    return values


def _key(values: list[bytes]) -> bytes:
    """The SHA-256 of the headers as they came; lengths go first, so that no two requests run into one another."""
    if len(values) == 1:
        return hashlib.sha256(values[0]).digest()
    lengths = ",".join([str(len(each)) for each in values])
    return hashlib.sha256(b"".join((lengths.encode(), b";", *values))).digest()
