"""Drafts and waits of one origin, as they come together.

Lives here: the shape that whatever drafts changes of the identity lock fills. Must not live here: which changes.
"""

from __future__ import annotations

import dataclasses

from originlock.plan.acts import Act
from originlock.plan.change import Draft, Effect, Milestone, Phase, Presented, Wait
from originlock.plan.trust_acts import (
    ReplaceBundle,
    SetMutualTls,
    needs_presented,
)


@dataclasses.dataclass
class Moves:
    """Drafts and waits, as they come together.

    Attributes:
        awaited: targets at which nothing is to be done, and whose end of an earlier change others wait for.
    """

    origin: str
    drafts: list[Draft] = dataclasses.field(default_factory=list)
    waits: list[Wait] = dataclasses.field(default_factory=list)
    presented: tuple[Presented, ...] = ()
    awaited: list[str] = dataclasses.field(default_factory=list)

    def add(self, phase: Phase, effect: Effect, act: Act, reason: str) -> None:
        """One more change, after those of its target and phase."""
        self.drafts.append(Draft(self.origin, phase, effect, act, reason))

    def after(self, targets: list[str], on: list[str], until: Milestone, before: Phase = Phase.WIDEN) -> None:
        """Each of these waits for each of those."""
        self.waits += [Wait(self.origin, one, before, other, until) for one in targets for other in on if one != other]

    def needs(self, target: str, on: list[str]) -> None:
        """This is done only in a run in which all is done at each of those, and after that."""
        self.waits += [Wait(self.origin, target, Phase.WIDEN, other, Milestone.DONE, needed=True) for other in on]

    def targets(self) -> list[str]:
        """Every target, in the order in which it came."""
        return list(dict.fromkeys(draft.act.target for draft in self.drafts))

    def narrowing(self) -> bool:
        """Whether something is narrowed that shuts out whoever does not present our certificate."""
        return any(is_gated(draft) for draft in self.drafts)


def is_gated(draft: Draft) -> bool:
    """Whether a draft waits until the edge is seen to present our certificate."""
    act = draft.act
    return draft.phase is Phase.NARROW and isinstance(act, SetMutualTls | ReplaceBundle) and needs_presented(act)
