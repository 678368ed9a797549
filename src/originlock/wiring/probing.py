"""The ports of proofs by connection, with their adapters behind them.

Lives here: making adapters. Must not live here: deciding anything with them.
"""

from __future__ import annotations

import secrets

from originlock.app.vantage import Probing
from originlock.facts.probing import Ask, Probed
from originlock.probe.resolve import SystemResolver
from originlock.probe.vantage import ThisMachine


class LateProber:
    """Loads what connects when a connection is to be made: most commands make none."""

    def probe(self, asks: tuple[Ask, ...]) -> tuple[Probed, ...]:
        """As `SocketProber`."""
        from originlock.probe.prober import SocketProber  # noqa: PLC0415  TLS is loaded when it is needed

        return SocketProber().probe(asks)


def ports() -> Probing:
    """Real connections, this machine's resolver, and texts that nobody has used before."""
    return Probing(LateProber(), SystemResolver(), ThisMachine(), lambda: secrets.token_hex(8))
