"""The ports of proofs by connection, with their adapters behind them.

Lives here: making adapters. Must not live here: deciding anything with them.
"""

from __future__ import annotations

import secrets

from originlock.app.vantage import Probing
from originlock.probe.prober import SocketProber
from originlock.probe.resolve import SystemResolver
from originlock.probe.vantage import ThisMachine


def ports() -> Probing:
    """Real connections, this machine's resolver, and texts that nobody has used before."""
    return Probing(SocketProber(), SystemResolver(), ThisMachine(), lambda: secrets.token_hex(8))
