"""Which client certificate the edge presents: an echo, a listener that verifies, connection logs.

Lives here: the verdict on each of the three. Must not live here: which of them is asked (the policy says), asking.
In passthrough an answer proves nothing: whoever brings no certificate gets it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from originlock.facts.edge import EdgeSigns
from originlock.facts.networks import AddressSet
from originlock.facts.probing import ANSWERED, Probed, Verdict
from originlock.facts.trust import Handshake
from originlock.verify.finding import Finding, broken, kept, unknown
from originlock.verify.straight import in_words
from originlock.verify.through import served

ECHO_KEY = "client_certificate_sha256"
"""What the middleware's echo calls the fingerprint of the certificate that arrived (docs/middleware.md)."""

PASSED = 204
"""The status with which a listener answers that is made for a moment (see `plan.trust_acts.CreateProbeListener`)."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_SHOWN = 12


class _Echo(msgspec.Struct, rename={"fingerprint": ECHO_KEY}):
    fingerprint: str | None = None


def echoed(probed: Probed, signs: EdgeSigns | None, sha256: str) -> Finding:
    """What an echo through the edge tells.

    Args:
        probed: a connection to the edge, to the path that tells.
        signs: by what the edge's answers are known.
        sha256: of the certificate that is to arrive; empty where any is good.
    """
    through = served(probed, signs)
    if through.verdict is not Verdict.KEPT:
        return unknown(f"the echo was not reached through the edge: {through.said}")
    try:
        told = msgspec.json.decode(probed.evidence.body_start, type=_Echo)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return unknown(f"the echo's answer has no {ECHO_KEY}: {in_words(probed)}")
    if told.fingerprint is None:
        return broken("the edge presented no client certificate to the origin")
    if not _FINGERPRINT.fullmatch(told.fingerprint):
        return unknown(f"the echo's {ECHO_KEY} is no fingerprint")
    if sha256 and told.fingerprint != sha256:
        return broken(f"the edge presented another client certificate ({told.fingerprint[:_SHOWN]})")
    return kept(f"the edge presented the client certificate {told.fingerprint[:_SHOWN]}")


def passed(probed: Probed, signs: EdgeSigns | None, port: int) -> Finding:
    """What a listener that verifies, made for a moment, tells: whoever is answered there presented our certificate."""
    if probed.outcome not in ANSWERED:
        return unknown(f"the edge was not reached on port {port}: {in_words(probed)}")
    finding = served(probed, signs)
    if finding.verdict is Verdict.BROKEN:
        return broken(f"on port {port}, where only our certificate is let in, {finding.said}")
    if finding.verdict is Verdict.UNKNOWN:
        return finding
    if probed.evidence.status != PASSED:
        # A rule of the edge may lead that port to another one, where everybody is answered.
        return unknown(f"on port {port} something else answered: {in_words(probed)}")
    return kept(f"the edge was answered on port {port}, where only our certificate is let in")


def logged(handshakes: Iterable[Handshake], edge: AddressSet, ports: Iterable[int], serial: str) -> Finding:
    """What connection logs tell: every connection of the edge brought our certificate.

    Args:
        handshakes: those of the time that counts.
        edge: the addresses that the edge connects from.
        ports: the listeners that are going to verify.
        serial: of our certificate; empty where any is good.
    """
    listening = set(ports)
    mine = [each for each in handshakes if each.port in listening and edge.covers_address(each.client)]
    if not mine:
        return unknown("the connection logs tell of no connection of the edge yet")
    bare = [each for each in mine if not each.serial]
    if bare:
        return broken(f"{len(bare)} of {len(mine)} connections of the edge brought no client certificate")
    others = [each for each in mine if serial and each.serial != serial]
    if others:
        return broken(f"{len(others)} of {len(mine)} connections of the edge brought another certificate")
    return kept(f"all {len(mine)} connections of the edge in the logs brought our certificate")
