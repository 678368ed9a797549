"""The edge's shared authority of client certificates, downloaded: bounded in size and time, and not believed.

Lives here: the download. Must not live here: whether it is the right one (see
`originlock.locks.identity.shared_authority`), and reading what is in it (see `originlock.pki`).
"""

from __future__ import annotations

from typing import Final

from originlock.edges.adapter import NoDocument
from originlock.edges.decode import UndecodableError, refuse_html
from originlock.edges.fetch import DocumentReader, Errand, read_over_http
from originlock.facts.edge import EdgeDescription
from originlock.facts.unknown import Unknown
from originlock.intent.policy import EdgeSettings
from originlock.web.patience import Bounds

URL_KEY: Final = "shared_ca_url"
"""The setting that holds where it is, in the description of an edge that has one."""

BOUNDS: Final = Bounds(max_bytes=65_536)
"""Our choice of size: Cloudflare's has 2,155 bytes."""

_WHAT: Final = "the edge's shared authority"


def url_of(edge: EdgeDescription, settings: EdgeSettings | None = None) -> str | Unknown:
    """Where an edge publishes its shared authority: as the settings say, or else by default."""
    urls = dict(edge.settings) | dict(settings.urls if settings else ())
    return urls.get(URL_KEY) or Unknown(_WHAT, f"{edge.title} has none that originlock knows")


def download(url: str, bounds: Bounds = BOUNDS, read: DocumentReader = read_over_http) -> bytes | Unknown:
    """Whatever the URL answers with, or why there is none; it returns within the bounds and raises nothing.

    Args:
        url: https; or http on this machine.
        bounds: of size and time.
        read: how a document is read.
    """
    outcome = Errand(url, bounds, read).outcome()
    if isinstance(outcome, NoDocument):
        return Unknown(_WHAT, outcome.reason)
    try:
        refuse_html(outcome)
    except UndecodableError:
        return Unknown(_WHAT, f"{url} answered with a web page and no certificate")
    return outcome.body
