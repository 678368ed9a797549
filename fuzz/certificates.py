"""Certificates, as DER and as PEM: whatever the bytes, they are read or refused.

Lives here: the script. Must not live here: the wounds (see `mutation`).
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Final

from mutation import run

from originlock.facts.certificates import ders_in
from originlock.pki.parsing import UnreadableError, certificate_of, certificates_in

PEMS: Final = tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "seeds").glob("*.pem")))
SEEDS: Final = (*PEMS, *(der for pem in PEMS for der in ders_in(pem.decode())))


def parse(data: bytes) -> None:
    """Read it as both."""
    with contextlib.suppress(UnreadableError):
        certificate_of(data)
    with contextlib.suppress(UnreadableError):
        certificates_in(data.decode("latin-1"))


if __name__ == "__main__":
    sys.exit(run(parse, SEEDS, sys.argv[1:]))
