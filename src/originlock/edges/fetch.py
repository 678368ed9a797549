"""Read every form in which an edge publishes its list, all at once and in the background.

Lives here: one thread for each document, the wait for them, and putting documents together to forms.
Must not live here: HTTP (see `transport`), the documents' meaning (see each edge), any judgement of a list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from originlock.edges import EDGES
from originlock.edges.adapter import Document, Form, NoDocument
from originlock.errors import UsageError
from originlock.facts.edge import FormReading, UnreadableForm
from originlock.intent.policy import EdgeSettings
from originlock.web.patience import DEFAULT_BOUNDS, Bounds, Cord

DocumentReader = Callable[[str, Bounds, Cord], Document | NoDocument]
"""Reads one URL; blocks, and gives up when the cord is cut."""


def read_over_http(url: str, bounds: Bounds, cord: Cord) -> Document | NoDocument:
    """Read one URL over HTTP; urllib3 and TLS are loaded now, in the thread that needs them."""
    from originlock.web import transport  # noqa: PLC0415  others need not wait for it

    return transport.read_document(url, bounds, cord)


class Errand:
    """One document that a thread of its own is after."""

    def __init__(self, url: str, bounds: Bounds, read: DocumentReader) -> None:
        """Start; return at once."""
        self._url = url
        self._bounds = bounds
        self._read = read
        self._cord = Cord(bounds.deadline_seconds)
        self._done = threading.Event()
        self._outcome: Document | NoDocument | None = None
        # A daemon: nothing can end a thread that waits for DNS, and the process must not wait for it.
        threading.Thread(target=self._run, name=f"read {url}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._outcome = self._read(self._url, self._bounds, self._cord)
        finally:
            self._done.set()

    def outcome(self) -> Document | NoDocument:
        """Wait for the document until its deadline; then cut its connection and do without."""
        if not self._done.wait(self._cord.left(self._bounds.grace_seconds)):
            self._cord.cut()
            seconds = self._bounds.deadline_seconds
            return NoDocument("timeout", f"{self._url} did not answer in full within {seconds:g} seconds")
        if self._outcome is None:
            return NoDocument("fetch", f"{self._url}: originlock's own reader failed; please report it")
        return self._outcome


class PendingReading:
    """Readings that are under way; the waiting is left to whoever wants the answer."""

    def __init__(self, forms: tuple[tuple[Form, tuple[str, ...]], ...], bounds: Bounds, read: DocumentReader) -> None:
        """Start a thread for each document.

        Args:
            forms: each form with the URLs of its documents.
            bounds: of each document.
            read: how a document is read.
        """
        urls = dict.fromkeys(url for _, form_urls in forms for url in form_urls)
        self._forms = forms
        self._errands = {url: Errand(url, bounds, read) for url in urls}
        self._readings: tuple[FormReading, ...] | None = None

    def readings(self) -> tuple[FormReading, ...]:
        """Wait for every form: what was read of it, or why it could not be had; always the same answer.

        It returns within the deadline and the grace of the bounds, from the start, whatever a server does.
        """
        if self._readings is None:
            outcomes = {url: errand.outcome() for url, errand in self._errands.items()}
            self._readings = tuple(_reading(form, urls, [outcomes[url] for url in urls]) for form, urls in self._forms)
        return self._readings


def _reading(form: Form, urls: tuple[str, ...], outcomes: list[Document | NoDocument]) -> FormReading:
    missing = [outcome for outcome in outcomes if isinstance(outcome, NoDocument)]
    if missing:
        return UnreadableForm(form.name, urls, missing[0].guard, "; ".join(each.reason for each in missing))
    return form.decode(form.name, tuple(outcome for outcome in outcomes if isinstance(outcome, Document)))


def start(
    edge: str,
    settings: EdgeSettings | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    read: DocumentReader = read_over_http,
) -> PendingReading:
    """Start to read all the forms of an edge's list; return at once.

    Args:
        edge: its name in the registry.
        settings: its URLs; what they lack, or None, is the edge's default.
        bounds: of each document.
        read: how a document is read.

    Raises:
        UsageError: there is no such edge.
    """
    adapter = EDGES.get(edge)
    if adapter is None:
        known = ", ".join(sorted(EDGES))
        what = f"there is no edge named {edge!r}"
        raise UsageError(what, f"name one of these: {known}")
    urls = dict(adapter.description.settings) | dict(settings.urls if settings else ())
    forms = tuple((form, tuple(urls[key] for key in form.keys)) for form in adapter.forms)
    return PendingReading(forms, bounds, read)
