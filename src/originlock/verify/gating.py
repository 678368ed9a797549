"""What connections mean for a run: whether it may narrow, and whether it has to undo.

Lives here: from connections at several moments to that. Must not live here: making them, acting on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from originlock.facts.edge import EdgeSigns
from originlock.facts.probing import Probed, Verdict
from originlock.verify.finding import Finding
from originlock.verify.through import newly_refused, served


class Served(msgspec.Struct, frozen=True):
    """A hostname through the edge, over one family."""

    hostname: str
    probed: Probed
    finding: Finding


def through_the_edge(
    seen: Mapping[str, tuple[Probed, ...]], signs: EdgeSigns | None, before: Mapping[str, tuple[Probed, ...]]
) -> tuple[Served, ...]:
    """Each hostname, over each family that it has, beside what it was before the change."""
    return tuple(
        Served(name, probed, served(probed, signs, _same_family(before.get(name, ()), probed)))
        for name, found in seen.items()
        for probed in found
    )


def why_not_narrow(hostnames: Iterable[str], seen: tuple[Served, ...], *, broken_alone: bool = False) -> str:
    """Why nothing may be narrowed; empty if each hostname is served over one family, and none of them is broken.

    Args:
        hostnames: each of them has to be served.
        seen: each over each family that it has.
        broken_alone: whether what cannot be told is let pass.
    """
    for name in hostnames:
        mine = [each for each in seen if each.hostname == name]
        worst = next((each for each in mine if each.finding.verdict is Verdict.BROKEN), None)
        if worst is not None:
            return f"{name} is not served through the edge over {family_of(worst.probed)}: {worst.finding.said}"
        if not broken_alone and not any(each.finding.verdict is Verdict.KEPT for each in mine):
            why = "; ".join(dict.fromkeys(each.finding.said for each in mine)) or "it has no address"
            return f"that {name} is served through the edge could not be shown: {why}"
    return ""


def why_undo(
    now: Mapping[str, tuple[Probed, ...]], signs: EdgeSigns | None, before: Mapping[str, tuple[Probed, ...]]
) -> str:
    """Who was served before the narrowing and is not any more; empty if nobody."""
    for name, found in now.items():
        for probed in found:
            why = newly_refused(probed, signs, _same_family(before.get(name, ()), probed))
            if why:
                return f"{name} was not served any more over {family_of(probed)}: {why}"
    return ""


def family_of(probed: Probed) -> str:
    """``IPv4`` or ``IPv6``."""
    return "IPv6" if probed.ask.ipv6 else "IPv4"


def _same_family(found: tuple[Probed, ...], probed: Probed) -> Probed | None:
    return next((each for each in found if each.ask.ipv6 is probed.ask.ipv6), None)
