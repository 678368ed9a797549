"""Answers of Cloudflare's API: whatever the bytes, they are facts or refused.

Lives here: the script. Must not live here: the wounds (see `mutation`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from mutation import run

from originlock.edges.adapter import Document
from originlock.edges.calls import Answer, decoded
from originlock.edges.cloudflare_answers import (
    association_of,
    certificate_of,
    monitor_of,
    record_of,
    ssl_rules_of,
    zone_of_answer,
)
from originlock.edges.decode import UndecodableError

_PEM: Final = next(iter(sorted((Path(__file__).parent / "seeds").glob("*.pem")))).read_text()
_ID: Final = "0123456789abcdef0123456789abcdef"
_ZONE: Final = {
    "id": _ID,
    "name": "example.org",
    "status": "active",
    "name_servers": ["ada.ns.cloudflare.com"],
    "original_name_servers": None,
    "account": {"id": _ID, "name": "ours"},
}
_CERTIFICATE: Final = {
    "id": "01234567-89ab-cdef-0123-456789abcdef",
    "certificate": _PEM,
    "status": "active",
    "issuer": "CN=ours",
    "serial_number": "1",
    "expires_on": "2029-11-01T17:00:00.000000Z",
    "uploaded_on": "2026-11-22T00:00:00.000000Z",
}
_ASSOCIATION: Final = {**_CERTIFICATE, "hostname": "www.example.org", "cert_id": _CERTIFICATE["id"], "enabled": True}
_RECORD: Final = {"id": _ID, "type": "CNAME", "name": "www.example.org", "content": "x.example", "proxied": True}
_RULES: Final = {
    "rules": [
        {"action": "set_config", "expression": "true", "action_parameters": {"ssl": "full"}, "description": "d"},
    ]
}
_MONITOR: Final = {"id": _ID, "description": "up?", "probe_zone": "example.org"}
_RESULTS: Final = (None, [_ZONE], [_CERTIFICATE], _ASSOCIATION, [_RECORD], _RULES, [_MONITOR], {"value": "on"})
_INFO: Final = {"page": 1, "per_page": 20, "count": 1, "total_count": 1, "total_pages": 1}
_ERRORS: Final = [{"code": 1004, "message": "DNS", "error_chain": [{"code": 9005, "message": "IPv4"}]}]

SEEDS: Final = (
    *(
        json.dumps({"success": True, "errors": [], "messages": [], "result": each, "result_info": _INFO}).encode()
        for each in _RESULTS
    ),
    json.dumps({"success": False, "errors": _ERRORS, "messages": [], "result": None}).encode(),
)


def parse(data: bytes) -> None:
    """Read it as an answer, and what is in it as everything that it could be."""
    try:
        found = decoded(Document("https://api.example/x", data), 200, "7")
    except UndecodableError:
        return
    if not isinstance(found, Answer):
        found.said.encode()
        return
    for each in found.result if isinstance(found.result, list) else [found.result]:
        zone_of_answer(each)
        certificate_of(each, "hostname")
        association_of(each, "www.example.org", {})
        record_of(each)
        monitor_of(each)
        ssl_rules_of(each)


if __name__ == "__main__":
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
