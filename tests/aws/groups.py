"""Rules and changes as the AWS room meets them."""

from __future__ import annotations

from originlock.facts.networks import canonical
from originlock.facts.origin import CidrSource, RuleKey, RuleSpec, Source, Tags
from originlock.plan.acts import Act
from originlock.plan.change import Change, Draft, Effect, Phase, ordered


def cidr(text: str) -> CidrSource:
    """An address range as a source."""
    return CidrSource(canonical(text))


def spec(
    source: Source, protocol: str = "tcp", ports: tuple[int, int] = (443, 443), said: str = "", tags: Tags = ()
) -> RuleSpec:
    """A rule to ask for."""
    return RuleSpec(RuleKey(protocol, *ports, source), said, tags)


def change(act: Act) -> Change:
    """A change that does this."""
    (made,) = ordered((Draft("blog", Phase.WIDEN, Effect.WIDEN, act, "a test"),))
    return made
