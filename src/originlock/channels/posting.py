"""Something sent by HTTP to a URL that is a secret: which answers are a yes, a no, or another time.

Lives here: what a status means, and keeping the URL out of every text.
Must not live here: HTTP itself (see `originlock.web`), what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from originlock.channels.tries import PACE, Again, Pace, tried
from originlock.facts.secret import Hidden, host_alone, without
from originlock.ports.telling import NotSent, Sent
from originlock.web.patience import Bounds, Cord
from originlock.web.transport import Delivered, NoExchange, Sent as Request, deliver

Headers = Callable[[bytes], Mapping[str, str]]
"""The headers of one try, from the body."""

_BOUNDS: Final = Bounds(connect_seconds=5.0, max_bytes=256)
"""Of an answer (our choice): of its body no more is read than the words of a refusal."""

_TAKEN: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
"""RFC 9110, Request Timeout and the server's errors; RFC 8470, Too Early; RFC 6585, Too Many Requests."""

_CODE: Final = re.compile(r"[a-z]{2,20}(_[a-z]{1,20}){0,5}")
"""Words of a refusal that are repeated, such as Slack's ``no_service``; no secret looks like that."""


class Post:
    """A URL to which things are sent. Neither its representation nor any text of its tells more than the host."""

    def __init__(self, url: Hidden, hidden: tuple[Hidden, ...] = (), pace: Pace = PACE) -> None:
        """Remember where.

        Args:
            url: https; or http on this machine.
            hidden: what must not be told beside the URL.
            pace: how often and how patiently it is tried.
        """
        self._url = url.text
        self._hidden = (url, *hidden)
        self._pace = pace
        self.called: Final = host_alone(url.text)

    def __repr__(self) -> str:
        """The host alone."""
        return f"Post({self.called!r})"

    def send(self, body: bytes, headers: Headers, seconds: float, *, below: str = "") -> Sent | NotSent:
        """Send something by POST.

        Args:
            body: its bytes.
            headers: asked at each try.
            seconds: for all tries.
            below: what is put at the end of the URL's path.
        """
        url = _below(self._url, below)
        return tried(lambda cord: self._once(url, body, headers, cord), seconds, self._pace)

    def _once(self, url: str, body: bytes, headers: Headers, cord: Cord) -> Sent | NotSent | Again:
        request = Request("POST", url, tuple(headers(body).items()), body, self.called)
        came = deliver(request, _BOUNDS, cord)
        if isinstance(came, NoExchange):
            reason = without(came.reason, self._hidden)
            return Again(reason) if came.again else NotSent(reason)
        return self._meant(came)

    def _meant(self, came: Delivered) -> Sent | NotSent | Again:
        if came.status in _TAKEN:
            return Sent()
        if came.status in _REDIRECTS:
            reason = f"answered with a redirect ({came.status}), which is not followed: what is sent is for it alone"
            return NotSent(f"{self.called} {reason}")
        reason = f"{self.called} answered with status {came.status}{self._code(came.words)}"
        return Again(reason, _seconds(came.retry_after)) if came.status in _LATER else NotSent(reason)

    def _code(self, words: bytes) -> str:
        text = words.decode("ascii", "replace").strip()
        known = _CODE.fullmatch(text) and not any(text in each.text for each in self._hidden)
        return f" ({text})" if known else ""


def _below(url: str, name: str) -> str:
    """A URL with a name at the end of its path; its query stays."""
    if not name:
        return url
    address, mark, query = url.partition("?")
    return f"{address.partition('#')[0].rstrip('/')}/{name}{mark}{query}"


def _seconds(header: str) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3); a date is not read: clocks differ, and the pause is short."""
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else None  # noqa: PLR2004  days
