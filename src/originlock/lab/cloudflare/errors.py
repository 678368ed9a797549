"""The errors of Cloudflare's API: status, code, message, and where each was found.

Here lives the table. Here must not live: who raises them.

The codes are not documented as a whole; those here come from the documentation's pages, from answers that people
pasted into public threads, and from public clients whose tests pin what the live API said ('seen by clients'). Where
an error is known but its code is not, it bears `UNSOURCED`, so that no client can rest on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: For errors whose code no source tells.
UNSOURCED: Final = 1000000


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One member of ``errors``; `chain` is ``error_chain``."""

    code: int
    message: str
    chain: tuple[ErrorItem, ...] = ()


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, *items: ErrorItem) -> None:
        super().__init__(f"{status} {items[0].message}" if items else str(status))
        self.status = status
        self.items = items


def missing_credentials() -> ApiError:
    """No Authorization at all ('Cloudflare Workers REST API', missing authentication headers)."""
    return ApiError(400, ErrorItem(9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"))


def malformed_credentials() -> ApiError:
    """An Authorization that is no bearer token (seen by clients: 6003 with 6111 in its chain)."""
    chain = (ErrorItem(6111, "Invalid format for Authorization header"),)
    return ApiError(400, ErrorItem(6003, "Invalid request headers", chain))


def invalid_token() -> ApiError:
    """``/user/tokens/verify`` of a token that does not exist (seen by clients: 401 and 1000)."""
    return ApiError(401, ErrorItem(1000, "Invalid API Token"))


def unknown_token() -> ApiError:
    """Any other call with one (wrangler's users: 9109; the status is from memory)."""
    return ApiError(403, ErrorItem(9109, "Invalid access token"))


def not_permitted() -> ApiError:
    """A permission is missing (terraform-provider-cloudflare #1533, #1101: 403, 10000)."""
    return ApiError(403, ErrorItem(10000, "Authentication error"))


def zone_not_permitted() -> ApiError:
    """The zone itself may not be read (octodns-cloudflare #60: 403, 9109)."""
    return ApiError(403, ErrorItem(9109, "Unauthorized to access requested resource"))


def no_route(path: str) -> ApiError:
    """No such endpoint, or an id that cannot be one (Workers REST API's documentation: 7003 with 7000)."""
    could_not = f"Could not route to /{path}, perhaps your object identifier is invalid?"
    return ApiError(404, ErrorItem(7003, could_not), ErrorItem(7000, "No route for that URI"))


def throttled(limit: int, seconds: int) -> ApiError:
    """Too many requests ('Rate limits'; cloudflare-exporter #74; terraform-provider-cloudflare #5505)."""
    message = f"More than {limit} requests per {seconds} seconds reached. Please wait and consider throttling your"
    return ApiError(429, ErrorItem(971, f"{message} request speed"))


def bad_json() -> ApiError:
    """The body is no JSON object (6007 and 400 are from memory)."""
    return ApiError(400, ErrorItem(6007, "Malformed JSON in request body"))


def invalid_value(setting: str) -> ApiError:
    """A value that a zone's setting cannot have (seen by clients: 400 and 1007)."""
    return ApiError(400, ErrorItem(1007, f"Invalid value for zone setting {setting}"))


def unknown_setting(setting: str) -> ApiError:
    """A setting that does not exist (the code is from memory)."""
    return ApiError(400, ErrorItem(1006, f"Unrecognized zone setting name {setting}"))


def unsourced(status: int, message: str) -> ApiError:
    """An error that is known to be one, with a code that no client may rest on."""
    return ApiError(status, ErrorItem(UNSOURCED, message))
