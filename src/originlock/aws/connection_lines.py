"""Lines of connection logs: from text to handshakes, and nothing that a client could have written into them.

A client chooses the subject of the certificate that it presents, and the load balancer logs it even if it refuses the
certificate. How quotes in it are written is not documented. So a line is taken only if it can be read in one way: its
quotes are in pairs around whole fields, and what the load balancer itself writes once is there once.

Lives here: splitting and reading lines. Must not live here: files (see `connection_logs`), who a serial belongs to.

Source: Application Load Balancers user guide, connection logs, for the fields and their order; new ones come at the
end. That a status may be quoted, and that a name has spaces, is from samples that users published.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from typing import Final

from originlock.facts.trust import Handshake

_FIELD: Final = re.compile(r'"([^"]*)"|([^" ]+)')
_LEAST: Final = 12
"""Fields that a line has at least: up to conn_trace_id."""

_TIME, _CLIENT, _PORT, _VALIDITY, _SERIAL, _STATUS, _TRACE = 0, 1, 3, 8, 9, 10, 11
_NONE: Final = "-"
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,128}\Z")
"""RFC 5280, section 4.1.2.2: serials of up to 20 octets; room for those that do not keep to it."""

_VALID: Final = re.compile(r"NotBefore=[^; ]+;NotAfter=[^; ]+\Z")
_VERIFIED: Final = re.compile(r"(Success|Failed:[A-Za-z]{1,64}|-)\Z")
_MOST_PORTS: Final = 65_535
_LONGEST: Final = 16_384
"""Characters of a line: our choice; a subject of one certificate has 16 KB at the very most."""


def fields(line: str) -> tuple[str, ...] | None:
    """The fields of a line, without their quotes; None if quotes are not in pairs around whole fields."""
    found: list[str] = []
    at = 0
    while at < len(line):
        match = _FIELD.match(line, at)
        if match is None:
            return None
        found.append(match[1] if match[1] is not None else match[2])
        at = match.end()
        if at < len(line):
            if line[at] != " ":
                return None
            at += 1
            if at == len(line):
                return None
    return tuple(found)


def handshake(line: str) -> Handshake | None:
    """What a line tells; None if it is not surely one of a load balancer's."""
    if len(line) > _LONGEST:
        return None
    found = fields(line.rstrip("\r\n"))
    if found is None or len(found) < _LEAST or not _is_the_balancers(found):
        return None
    at, port, serial = _moment(found[_TIME]), _port(found[_PORT]), serial_of(found[_SERIAL])
    if at is None or port is None or serial is None or not _is_address(found[_CLIENT]):
        return None
    return Handshake(at, found[_CLIENT], port, serial, found[_STATUS])


def _is_the_balancers(found: tuple[str, ...]) -> bool:
    """Whether each of the fields behind the subject has its form, and there is one trace and one validity alone."""
    validity = found[_VALIDITY]
    return (
        (validity == _NONE or _VALID.match(validity) is not None)
        and _VERIFIED.match(found[_STATUS]) is not None
        and sum(each.startswith("TID_") for each in found) == 1
        and found[_TRACE].startswith("TID_")
        and sum(each.startswith("NotBefore=") for each in found) == (validity != _NONE)
    )


def serial_of(text: str) -> str | None:
    """A serial as `facts.certificates` writes it; empty for none, None for what is no serial."""
    if text == _NONE:
        return ""
    if not _HEX.match(text):
        return None
    digits = f"{int(text, 16):x}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


def _moment(text: str) -> datetime.datetime | None:
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _port(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_PORTS))):
        return None
    return int(text) if int(text) <= _MOST_PORTS else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
