"""The real list and ways to bend it, for the tests of acceptance."""

from __future__ import annotations

from originlock.acceptance.judge import Acceptance, judge
from originlock.facts.edge import AcceptedList, EdgeLimits, FormReading, PublishedForm, Ranges, UnreadableForm
from originlock.facts.networks import parse

# https://www.cloudflare.com/ips-v4 and /ips-v6, recorded on 2026-10-02, in their order.
V4 = (
    "173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18",
    "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17",
    "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
)  # fmt: skip
V6 = (
    "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32",
    "2a06:98c0::/29", "2c0f:f248::/32",
)  # fmt: skip

LIMITS = EdgeLimits(12, 28)
AT = "2026-10-03T00:00:00Z"


def baseline(v4: tuple[str, ...] = V4, v6: tuple[str, ...] = V6) -> AcceptedList:
    """A list last accepted."""
    return AcceptedList("cloudflare", ranges(v4, v6), "snapshot 2026-10-02")


def ranges(v4: tuple[str, ...] = V4, v6: tuple[str, ...] = V6) -> Ranges:
    """Ranges from texts."""
    return Ranges.of([parse(text) for text in v4 + v6])


def form(
    name: str = "json", v4: tuple[str, ...] = V4, v6: tuple[str, ...] = V6, *, declared: bool = True
) -> PublishedForm:
    """A form as it was read."""
    etag = "mark" if name == "json" else None
    return PublishedForm(name, (f"https://edge.example/{name}",), v4, v6, etag, declared)


def unreadable(name: str = "text", guard: str = "html", reason: str = "a web page came") -> UnreadableForm:
    """A form that could not be had."""
    return UnreadableForm(name, (f"https://edge.example/{name}",), guard, reason)


def judged(*readings: FormReading, before: AcceptedList | None = None, accept: str | None = None) -> Acceptance:
    """Judge against the real list."""
    return judge(readings, LIMITS, before or baseline(), accept, AT)
