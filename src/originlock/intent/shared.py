"""Targets that two origins name: fine as each stands, wrong together.

Lives here: finding them in a configuration. Must not live here: what is done about them (a plan refuses both).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from originlock.intent import keys
from originlock.intent.environment import Problem
from originlock.intent.policy import GroupsById, GroupsByTags, ListsAlone, LoadBalancerNamed, Place, Policy

SECURITY_GROUPS, LOAD_BALANCER = keys.SECURITY_GROUPS.name, keys.LOAD_BALANCER.name


def shared_targets(origins: Iterable[Policy]) -> tuple[Problem, ...]:
    """A warning for each group or load balancer that an origin names and one before it in the file names too.

    Groups that are found by their tags are not known here; the plan compares those.
    """
    first: dict[tuple[str, Place | None], str] = {}
    found = []
    for policy in origins:
        key, names = _named(policy)
        # The id of a group is its own everywhere; the name of a load balancer is its own in one place.
        place = policy.place if key == LOAD_BALANCER else None
        for name in names:
            other = first.setdefault((name, place), policy.origin)
            if other != policy.origin:
                message = f"{name} is a target of the origin {other} too, so a plan refuses both; keep it in one"
                found.append(Problem(f"origins.{policy.origin}.{key}", message))
    return tuple(found)


def _named(policy: Policy) -> tuple[str, tuple[str, ...]]:
    """The key that names the target, and what it names."""
    match policy.target:
        case GroupsById(ids):
            return SECURITY_GROUPS, ids
        case LoadBalancerNamed(name):
            return LOAD_BALANCER, (name,)
        case GroupsByTags() | ListsAlone():
            return "", ()
        case _:
            assert_never(policy.target)
