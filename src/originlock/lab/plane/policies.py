"""Security policies: which versions of TLS and which ciphers a listener speaks.

Here lives what a policy's name means. Here must not live: contexts made of it (see `contexts`).

Source: 'Security policies for your Application Load Balancer' in AWS's user guide, as moto 5.2.5 has it, too; tests
hold the versions against moto's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL


@dataclass(frozen=True, slots=True)
class Spoken:
    """The oldest and the newest version of TLS, as OpenSSL numbers them, and ciphers for 1.2 and older."""

    oldest: int
    newest: int
    ciphers: str


#: In the order of AWS's lists: 128 before 256, GCM before CBC, and with a forward secret before without.
_GCM: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
_SHA256: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
)
_ALL: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA:"
    "AES128-GCM-SHA256:AES128-SHA256:AES128-SHA:AES256-GCM-SHA384:AES256-SHA256:AES256-SHA"
)

#: By the beginning of the name after ``ELBSecurityPolicy-``; the first that fits counts.
_POLICIES: Final = (
    ("TLS13-1-3", Spoken(SSL.TLS1_3_VERSION, SSL.TLS1_3_VERSION, _GCM)),
    ("TLS13-1-2-Res", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION, _GCM)),
    ("TLS13-1-2-FIPS", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION, _SHA256)),
    ("TLS13-1-2-Ext", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION, _ALL)),
    ("TLS13-1-2", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION, _SHA256)),
    ("TLS13-1-1", Spoken(SSL.TLS1_1_VERSION, SSL.TLS1_3_VERSION, _ALL)),
    ("TLS13-1-0", Spoken(SSL.TLS1_VERSION, SSL.TLS1_3_VERSION, _ALL)),
    ("TLS-1-2-Ext", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, _ALL)),
    ("TLS-1-2", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, _SHA256)),
    ("TLS-1-1", Spoken(SSL.TLS1_1_VERSION, SSL.TLS1_2_VERSION, _ALL)),
    ("FS-1-2-Res", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, _SHA256)),
    ("FS-1-2", Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION, _ALL)),
    ("FS-1-1", Spoken(SSL.TLS1_1_VERSION, SSL.TLS1_2_VERSION, _ALL)),
    ("", Spoken(SSL.TLS1_VERSION, SSL.TLS1_2_VERSION, _ALL)),
)

#: Where a listener names no policy: the lab's own choice, wide enough for every client of today.
_UNNAMED: Final = Spoken(SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION, _SHA256)

_PREFIX: Final = "ELBSecurityPolicy-"


def spoken(policy: str | None) -> Spoken:
    """What a policy speaks; TLS 1.2 and 1.3 where none is named, or none that ELB has."""
    if policy is None or not policy.startswith(_PREFIX):
        return _UNNAMED
    rest = policy.removeprefix(_PREFIX)
    return next(each for beginning, each in _POLICIES if rest.startswith(beginning))
