"""What a test may set of the lab's Cloudflare: delays, limits, and what no source says.

Here lives the typed form of the settings that the control endpoint takes. Here must not live: anything that acts on
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, get_args, get_type_hints

#: 'Fundamentals, rate limits': 1,200 requests per five minutes for each user.
RATE_LIMIT: Final = 1200
RATE_WINDOW_SECONDS: Final = 300.0

#: 'Fundamentals, connection limits': how long an idle connection to an origin is kept, and one of a visitor.
IDLE_SECONDS: Final = 900.0
VISITOR_IDLE_SECONDS: Final = 400.0

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "zone_level_without_certificate": ("none", "global"),
    "edge": ("up", "reset", "silent"),
    "origin_family": ("any", "ipv4", "ipv6"),
}


@dataclass(slots=True)
class CloudflareSettings:
    """The settings now. Times are in seconds; the defaults of the API have no delay.

    Attributes:
        clock_offset_seconds: how far Cloudflare's clock is ahead of the real one.
        initializing_seconds: how long a certificate is ``initializing`` after its upload.
        pending_seconds: how long it is then ``pending_deployment``.
        deleting_seconds: how long it is ``pending_deletion``.
        association_seconds: how long a hostname's association is ``pending_deployment``.
        deployment_fails: certificates uploaded from now on end as ``deployment_timed_out``.
        setting_seconds: how long the edge goes by the old value of a zone's setting.
        activation_check_seconds: how often an activation check may be asked for ('every hour' in the free plan).
        rate_limit: requests that a user may make in a window; None for no limit.
        rate_window_seconds: the window, and for how long one that asked too much is refused.
        zone_level_without_certificate: what is presented where zone-level pulls are on and no certificate is active;
            no source says.
        presents_while_deleting: whether a certificate that is ``pending_deletion`` is still presented; no source says.
        empty_list_is_null: whether the list of a zone's own certificates is ``null`` where there are none, as public
            clients saw it, or ``[]``, as the API reference has it.
        deletes_disabled: whether a hostname's certificate can be deleted while its association is there but disabled:
            the documentation's roll-back page deletes then, the API's users void the association first.
        pool_by_certificate: whether the edge ends pooled connections that were opened with another certificate than
            the one to present now; no source says.
        status_on_error_pages: whether the edge's own error pages bear a ``cf-cache-status``; no source says.
        edge: ``up``, ``reset`` every connection of a visitor, or take it and stay ``silent``.
        origin_family: by which family the edge goes to origins that have both.
        failover: whether the edge tries another address of the origin after 521, 522 or 523 (it does for records of
            several addresses; a test that counts lost requests must not be helped by it).
        connect_seconds: until 522 (Cloudflare: 19).
        handshake_seconds: until 525 (no source says).
        read_seconds: until 524 (Cloudflare: 120).
        idle_seconds: how long an idle connection to an origin is kept.
        visitor_idle_seconds: how long an idle connection of a visitor is kept.
    """

    clock_offset_seconds: float = 0.0
    initializing_seconds: float = 0.0
    pending_seconds: float = 0.0
    deleting_seconds: float = 0.0
    association_seconds: float = 0.0
    deployment_fails: bool = False
    setting_seconds: float = 0.0
    activation_check_seconds: float = 3600.0
    rate_limit: int | None = RATE_LIMIT
    rate_window_seconds: float = RATE_WINDOW_SECONDS
    zone_level_without_certificate: str = "none"
    presents_while_deleting: bool = False
    empty_list_is_null: bool = True
    deletes_disabled: bool = False
    pool_by_certificate: bool = False
    status_on_error_pages: bool = False
    edge: str = "up"
    origin_family: str = "any"
    failover: bool = False
    connect_seconds: float = 2.0
    handshake_seconds: float = 5.0
    read_seconds: float = 10.0
    idle_seconds: float = IDLE_SECONDS
    visitor_idle_seconds: float = VISITOR_IDLE_SECONDS

    def update(self, given: Mapping[str, object]) -> None:
        """Take some settings from JSON; the others stay.

        Raises:
            ValueError: a name or a value is wrong; nothing is changed then.
        """
        kinds = get_type_hints(type(self))
        unknown = sorted(set(given) - set(kinds))
        if unknown:
            message = f"unknown settings: {', '.join(unknown)}"
            raise ValueError(message)
        taken = {name: _taken(name, kinds[name], value) for name, value in given.items()}
        for name, value in taken.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Go back to the defaults."""
        new = type(self)()
        for each in fields(self):
            setattr(self, each.name, getattr(new, each.name))


def _taken(name: str, kind: object, value: object) -> object:
    allowed = get_args(kind) or (kind,)
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = any(type(value) is each for each in allowed)
    if isinstance(value, (int, float)) and value < 0 and name != "clock_offset_seconds":
        fits = False
    if name in _CHOICES and value not in _CHOICES[name]:
        fits = False
    if not fits:
        message = f"{name} cannot be {value!r}"
        raise ValueError(message)
    return value
