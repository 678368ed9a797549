"""What hostnames resolve to, by this machine's own resolver, bounded in time.

Lives here: asking. Must not live here: whether an address is the edge's.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

from originlock.facts.networks import as_sent
from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown

_SECONDS: Final = 5.0


class SystemResolver:
    """Asks getaddrinfo, all names at once. A thread that the resolver never answers is left behind, and harmless."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds

    def resolve(self, hostnames: tuple[str, ...]) -> dict[str, Resolution | Unknown]:
        """The addresses of each name, both families, sorted; Unknown where there was no answer in time."""
        answers: dict[str, Resolution | Unknown] = {
            name: Unknown(f"the addresses of {name}", f"no answer within {self._seconds:g} s") for name in hostnames
        }
        threads = [threading.Thread(target=_ask, args=(name, answers), daemon=True) for name in hostnames]
        until = time.monotonic() + self._seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return dict(answers)


def _ask(hostname: str, answers: dict[str, Resolution | Unknown]) -> None:
    try:
        found = socket.getaddrinfo(hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        answers[hostname] = Unknown(f"the addresses of {hostname}", f"the resolver says: {said}")
        return
    answers[hostname] = Resolution(hostname, tuple(sorted({as_sent(str(entry[4][0])) for entry in found})))
