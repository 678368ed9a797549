"""Answers of name servers: whatever the bytes, they are records or refused.

Lives here: the script. Must not live here: the wounds (see `mutation`).
"""

from __future__ import annotations

import contextlib
import sys
from typing import Final

import dns.message
import dns.rrset
from mutation import run

from originlock.edges.dns_message import DnsMessageError, answer, query
from originlock.facts.dns import RecordType

NAME: Final = "www.example.org"
_CONTENTS: Final[dict[RecordType, str]] = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "CNAME": "a.www.example.org.",
    "NS": "ns1.example.org.",
    "MX": "10 mail.example.org.",
    "TXT": '"v=spf1" "-all"',
    "SRV": "1 2 443 sip.example.org.",
    "CAA": '0 issue "ca.example"',
}


def _seed(kind: RecordType, content: str) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(query(7, NAME, kind)))
    reply.answer += [dns.rrset.from_text(f"{NAME}.", 300, "IN", kind, content) for _ in range(3)]
    return reply.to_wire()


SEEDS: Final = tuple(_seed(kind, content) for kind, content in _CONTENTS.items())


def parse(data: bytes) -> None:
    """Read it as the answer to a question of each type."""
    for kind in _CONTENTS:
        with contextlib.suppress(DnsMessageError):
            for each in answer(data, 7, NAME, kind).records:
                f"{each.name} {each.content}".encode()


if __name__ == "__main__":
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
