"""Calls of a JSON API with a bearer token: bounded, paged, and tried again only where nothing can be done twice.

Lives here: the envelope of Cloudflare's API, pages, second tries, and keeping the token out of every text.
Must not live here: HTTP itself (see `transport`), which calls there are, and what they mean.
Source of the envelope: Cloudflare's API reference, ``{success, errors: [{code, message}], result, result_info}``.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import msgspec

from originlock.edges.adapter import Document
from originlock.edges.decode import JsonValue, UndecodableError, json_object, unparsable
from originlock.errors import UsageError
from originlock.web.patience import Bounds, Cord
from originlock.web.transport import Exchange, NoExchange, Sent, exchange

CALL_BOUNDS: Final = Bounds(deadline_seconds=30.0, connect_seconds=5.0, max_bytes=8 * 1024 * 1024)
"""Of one try (our choice: a page of DNS records is the largest answer, some 600 bytes for each of 100)."""

TRIES: Final = 3
"""Of one call, where it may be tried again (our choice)."""

PAUSE_SECONDS: Final = 1.0
"""Before another try, twice that before the next (our choice)."""

LONGEST_PAUSE_SECONDS: Final = 30.0
"""A longer Retry-After is told instead of waited for: Cloudflare refuses for up to five minutes ('Rate limits')."""

MOST_PAGES: Final = 60
"""Of one list (our choice: 6,000 DNS records, 3,000 zones)."""

_MOST_PROBLEMS: Final = 5
_MOST_WORDS: Final = 300
"""How much of what the API says is repeated: errors, and characters of each."""

_TOO_MANY: Final = 429
_SERVER_ERRORS: Final = 500
_REDIRECTS: Final = range(300, 400)

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,1024}")
"""What may stand in the header. Cloudflare's tokens have 40 characters, newer ones more, without white space."""

_SECRET: Final = re.compile(r"PRIVATE KEY")


class Problem(msgspec.Struct, frozen=True):
    """One member of ``errors``, or of its chain; the code is 0 where there is none that is a number."""

    code: int
    message: str


class Answer(msgspec.Struct, frozen=True):
    """A call that succeeded.

    Attributes:
        pages, total: how many pages and items the list has, if it is one that says so; else 0.
    """

    result: JsonValue
    pages: int = 0
    total: int = 0


class Refusal(msgspec.Struct, frozen=True):
    """A call that the API refused: nothing was done.

    Attributes:
        retry_after: seconds that the API asks for; None if it does not.
    """

    status: int
    problems: tuple[Problem, ...] = ()
    retry_after: float | None = None

    @property
    def codes(self) -> frozenset[int]:
        """Every code, those of chains included."""
        return frozenset(each.code for each in self.problems)

    @property
    def said(self) -> str:
        """What the API said, for a person."""
        said = "; ".join(f"{each.message} ({each.code})" for each in self.problems)
        return f"{said or 'no reason was given'} [HTTP {self.status}]"


class NoAnswer(msgspec.Struct, frozen=True):
    """A call without an answer that can be understood.

    Attributes:
        perhaps_done: whether it may have been done all the same.
    """

    reason: str
    perhaps_done: bool


Called = Answer | Refusal | NoAnswer


def decoded(document: Document, status: int, retry_after: str = "") -> Answer | Refusal:
    """Understand an answer.

    Raises:
        UndecodableError: it is no envelope; never anything else, whatever the bytes are.
    """
    whole = json_object(document)
    success = whole.get("success")
    if not isinstance(success, bool):
        raise unparsable(document, "'success' is not true or false")
    if not success or status >= 400 or status in _REDIRECTS:  # noqa: PLR2004  RFC 9110: the classes of errors
        return Refusal(status, _problems(whole.get("errors")), _seconds(retry_after))
    info = whole.get("result_info")
    members = info if isinstance(info, dict) else {}
    return Answer(whole.get("result"), _count(members.get("total_pages")), _count(members.get("total_count")))


def _problems(value: JsonValue) -> tuple[Problem, ...]:
    """The errors with their chains, flat; what is no error is left out."""
    found: list[Problem] = []
    # The last is taken next: taking the first of a million that are none would take as many steps for each.
    waiting = value[::-1] if isinstance(value, list) else []
    while waiting and len(found) < _MOST_PROBLEMS:
        each = waiting.pop()
        if not isinstance(each, dict):
            continue
        code, message, chain = each.get("code"), each.get("message"), each.get("error_chain")
        number = code if isinstance(code, int) and not isinstance(code, bool) else 0
        found.append(Problem(number, words(message)))
        waiting += chain[::-1] if isinstance(chain, list) else []
    return tuple(found)


def words(value: JsonValue) -> str:
    """A stranger's text, bounded and safe for a terminal; nothing of one that repeats a private key."""
    text = value if isinstance(value, str) else ""
    if _SECRET.search(text):
        return "(a text that repeats a private key)"
    return ascii(text[:_MOST_WORDS])[1:-1]


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _seconds(header: str) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3); Cloudflare sends no dates, so one is not read."""
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 6 else None  # noqa: PLR2004  days


class Calls:
    """An API with its token.

    Neither its representation nor any text that it returns tells the token.
    """

    def __init__(
        self, base: str, token: str, *, pause: Callable[[float], None] = time.sleep, bounds: Bounds = CALL_BOUNDS
    ) -> None:
        """Remember where the API is.

        Args:
            base: its URL, such as ``https://api.cloudflare.com/client/v4``.
            token: what stands after ``Bearer``.
            pause: waits so many seconds.
            bounds: of each try.

        Raises:
            UsageError: the token has characters that no token has.
        """
        if not _TOKEN.fullmatch(token):
            message = "the API token has white space or other characters that no token has"
            raise UsageError(message, "copy it again; it is shown once, when it is made")
        self._base = base.rstrip("/")
        self._token = token
        self._pause = pause
        self._bounds = bounds

    def __repr__(self) -> str:
        """Only the URL."""
        return f"Calls({self._base!r})"

    def call(self, method: str, path: str, *, query: tuple[tuple[str, str], ...] = (), body: object = None) -> Called:
        """Make a call; one that only reads is tried again where that may help, others where nothing can have been done.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: below the base, without a leading slash, quoted already.
            query: its parameters.
            body: what becomes JSON; None for no body.
        """
        url = f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")
        reads = method == "GET"
        tried = 0
        while True:
            tried += 1
            called = self._once(method, url, body)
            wait = _pause_after(called, tried, reads=reads)
            if wait is None or tried >= TRIES:
                return called
            self._pause(wait)

    def listed(
        self, path: str, *, query: tuple[tuple[str, str], ...] = (), per_page: int | None = None
    ) -> tuple[JsonValue, ...] | Refusal | NoAnswer:
        """Read a list, all pages of it; a list that is ``null`` is empty.

        Args:
            path: as `call` has it.
            query: parameters beside those of the pages.
            per_page: how many to ask for; None for a list that the API gives in one piece unless it says otherwise.

        Returns:
            The items, each once; NoAnswer where the list is no list, has too many pages, or changed while it was read.
        """
        sized = (*query, ("per_page", str(per_page))) if per_page else query
        items: list[JsonValue] = []
        page, pages, total = 1, 1, 0
        while page <= pages:
            numbered = (*sized, ("page", str(page))) if per_page or page > 1 else sized
            called = self.call("GET", path, query=numbered)
            if not isinstance(called, Answer):
                return called
            if called.result is not None and not isinstance(called.result, list):
                return NoAnswer(f"{self._base}/{path} cannot be understood: the result is no list", perhaps_done=False)
            items += called.result or []
            pages, total = called.pages, called.total
            if pages > MOST_PAGES:
                return NoAnswer(f"{self._base}/{path} has {total:,} items, more than are read", perhaps_done=False)
            page += 1
        unique = _once_each(items)
        if page > 2 and total != len(unique):  # noqa: PLR2004  more than one page was read
            return NoAnswer(f"{self._base}/{path} changed while it was read", perhaps_done=False)
        return unique

    def _once(self, method: str, url: str, body: object) -> Called:
        headers = [("Authorization", f"Bearer {self._token}"), ("Accept", "application/json")]
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers.append(("Content-Type", "application/json"))
        cord = Cord(self._bounds.deadline_seconds)
        # Only somebody outside can end a server that drips its headers.
        watch = threading.Timer(self._bounds.deadline_seconds, cord.cut)
        watch.daemon = True
        watch.start()
        try:
            came = exchange(Sent(method, url, tuple(headers), data), self._bounds, cord)
        finally:
            watch.cancel()
        return self._understood(came)

    def _understood(self, came: Exchange | NoExchange) -> Called:
        if isinstance(came, NoExchange):
            return NoAnswer(self._clean(came.reason), came.sent)
        if came.status in _REDIRECTS:
            reason = f"{came.body.url} answered with a redirect ({came.status}), which is not followed with a token"
            return NoAnswer(reason, perhaps_done=True)
        try:
            found = decoded(came.body, came.status, came.retry_after)
        except UndecodableError as error:
            reason = f"{self._clean(error.reason)} [HTTP {came.status}]"
            if came.status == _TOO_MANY:
                return Refusal(came.status, (Problem(0, reason),), _seconds(came.retry_after))
            # Nothing was done only if the API itself says so; a page of some proxy does not.
            return NoAnswer(reason, perhaps_done=True)
        if isinstance(found, Answer):
            return found
        if found.status >= _SERVER_ERRORS:
            return NoAnswer(f"{came.body.url}: {self._clean(found.said)}", perhaps_done=True)
        cleaned = tuple(Problem(each.code, self._clean(each.message)) for each in found.problems)
        return msgspec.structs.replace(found, problems=cleaned)

    def _clean(self, text: str) -> str:
        return text.replace(self._token, "(the token)")


def _once_each(items: list[JsonValue]) -> tuple[JsonValue, ...]:
    """Each item once: what moved from one page to the next while they were read stands on both."""
    found: dict[str, JsonValue] = {}
    for number, each in enumerate(items):
        name = each.get("id") if isinstance(each, dict) else None
        found.setdefault(name if isinstance(name, str) else f"#{number}", each)
    return tuple(found.values())


def _pause_after(called: Called, tried: int, *, reads: bool) -> float | None:
    """How long to wait before another try; None for none."""
    match called:
        case Refusal(status=status, retry_after=after) if status == _TOO_MANY:
            wait = PAUSE_SECONDS * tried if after is None else after
            return wait if wait <= LONGEST_PAUSE_SECONDS else None
        case NoAnswer(perhaps_done=done) if reads or not done:
            return PAUSE_SECONDS * tried
        case _:
            return None
