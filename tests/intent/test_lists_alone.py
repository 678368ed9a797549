"""An origin that names prefix lists and nothing else: whoever names them, they are kept current."""

from __future__ import annotations

import tomllib

import pytest

from originlock.facts.edge import EdgeDescription
from originlock.intent.decode import decode
from originlock.intent.policy import ListsAlone

ALONE = '[origins.shared.network]\nvia = "prefix-list"\nprefix_list = ["pl-0123456789abcdef0"]\n'
EXCEPTION = (
    '[[origins.shared.exceptions]]\nsource = "203.0.113.7/32"\nowner = "ops"\nreason = "office"\nexpires = 2027-03-31\n'
)


def test_lists_alone_are_a_target(edges: tuple[EdgeDescription, ...]) -> None:
    """A list that ten thousand groups name could be kept current only by naming the groups."""
    found = decode(tomllib.loads(ALONE), {}, edges)
    assert found.configuration is not None, found.problems
    assert found.configuration.origins[0].target == ListsAlone()


@pytest.mark.parametrize(
    "text, place, words",
    [
        (ALONE + EXCEPTION, "origins.shared.exceptions", "stand as rules in groups"),
        (ALONE.replace('via = "prefix-list"\n', ""), "origins.shared.network.prefix_list", "only with via"),
        ('[origins.shared.network]\nvia = "prefix-list"\n', "origins.shared", "does not say what to lock"),
    ],
    ids=["an exception", "rules", "no list"],
)
def test_what_lists_alone_cannot_hold_is_told(
    text: str, place: str, words: str, edges: tuple[EdgeDescription, ...]
) -> None:
    """An exception that is nowhere let in, a list that is named and not used, or a target that nobody named."""
    found = decode(tomllib.loads(text), {}, edges)
    assert found.configuration is None
    assert any(problem.place == place and words in problem.message for problem in found.problems), found.problems
