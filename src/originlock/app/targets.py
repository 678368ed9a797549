"""Who reads a target of a change: the cloud, whoever knows of trust there, or the edge's account.

Lives here: sorting targets, and reading each where it lives. Must not live here: what a look means.
"""

from __future__ import annotations

from originlock.app.observe import TrustPorts
from originlock.errors import CloudError, UsageError
from originlock.facts.snapshot import Held
from originlock.facts.trust import is_listener, is_trust_store, parts_of_object
from originlock.facts.unknown import Unknown
from originlock.facts.zone import zone_of
from originlock.intent.policy import EdgeAccount, Policy
from originlock.ports.reading import Clouds


def looked_at(
    policy: Policy, targets: tuple[str, ...], clouds: Clouds, trust: TrustPorts | None
) -> dict[str, Held | Unknown]:
    """What these targets of one origin are now; one whose reader does not answer is unknown."""
    at_edge = tuple(target for target in targets if zone_of(target) is not None)
    trusted = tuple(target for target in targets if _is_trusted(target))
    plain = tuple(target for target in targets if target not in at_edge and target not in trusted)
    found: dict[str, Held | Unknown] = {}
    if plain:
        found |= _of_cloud(policy, plain, clouds)
    if trust is not None and trusted:
        try:
            found |= trust.clouds.reader(policy.place).look(trusted)
        except CloudError as error:
            found |= {target: Unknown(target, error.what) for target in trusted}
    if trust is not None and at_edge:
        try:
            found |= trust.accounts.reader(policy.edge, policy.edge_account or EdgeAccount()).look(at_edge)
        except UsageError as error:
            found |= {target: Unknown(target, error.what) for target in at_edge}
    return found


def _of_cloud(policy: Policy, targets: tuple[str, ...], clouds: Clouds) -> dict[str, Held | Unknown]:
    """Once something was changed, a lost AWS is no reason to leave without a word."""
    try:
        return clouds.reader(policy.place).look(targets)
    except CloudError as error:
        return {target: Unknown(target, error.what) for target in targets}


def _is_trusted(target: str) -> bool:
    return is_trust_store(target) or is_listener(target) or parts_of_object(target) is not None
