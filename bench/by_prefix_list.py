"""Ten thousand groups that name prefix lists: the calls do not depend on their number.

Lives here: the runs and their limits. Must not live here: the prefix lists (see `stand_in_lists`).
"""

from __future__ import annotations

from typing import Final

from ec2_stand_in import LISTS
from ground import CHANGE, FILL, ORIGINLOCK, PUBLISHED, Acted, StandIn, Where, beside, stand_in
from table import FIGURES, Figure, Section, Table

from originlock.lab import lists

FEW: Final = 100
MANY: Final = 10_000

_LISTS_ALONE: Final = f"""
[origins.shared.network]
via = "prefix-list"
prefix_list = ["{LISTS[0]}", "{LISTS[1]}"]
"""
_AND_GROUPS: Final = f"""
[origins.shared]
tags = {{ bench = "yes" }}
{_LISTS_ALONE}"""


def measured() -> list[Table]:
    """The three acts on the lists, with few groups that name them and with many; then with many as targets."""
    with beside() as where:
        with stand_in(FEW, listed=True) as few, stand_in(MANY, listed=True) as many:
            pairs = [tuple(_acted(act, ec2, _LISTS_ALONE, where) for ec2 in (few, many)) for act in PUBLISHED]
        with stand_in(MANY, listed=True) as ec2:
            _acted(FILL, ec2, _AND_GROUPS, where)
            with_groups = _acted(CHANGE, ec2, _AND_GROUPS, where)
    return [
        Table(FIGURES, [figure for pair in pairs for figure in _figures(*pair)]),
        Table(FIGURES, _with_groups(with_groups)),
    ]


def _acted(act: str, ec2: StandIn, configuration: str, where: Where) -> Acted:
    path = where.folder / "lists.toml"
    path.write_text(configuration, encoding="utf-8")
    acted = ec2.run(act, (*ORIGINLOCK, "--config", str(path)), where)
    wanted = [sorted(PUBLISHED[act]), sorted(lists.IPV6)]
    if [acted.state.lists[name] for name in LISTS] != wanted or acted.state.groups != {frozenset(LISTS): ec2.size}:
        message = f"the prefix lists are not right: {acted.state.lists}"
        raise RuntimeError(message)
    return acted


def _figures(few: Acted, many: Acted) -> list[Figure]:
    before, now = _calls(few), _calls(many)
    return [
        Figure(f"{many.act}: calls with {FEW:,} groups, changes among them", before),
        Figure(f"{many.act}: calls with {MANY:,} groups, changes among them", now, before, now == before),
        Figure(f"{many.act}: whole process with {MANY:,} groups", f"{many.taken.wall:.2f} s"),
    ]


def _with_groups(acted: Acted) -> list[Figure]:
    return [
        Figure(f"{acted.act}, groups by tag: calls with {MANY:,} groups, changes among them", _calls(acted)),
        Figure(f"{acted.act}, groups by tag: whole process", f"{acted.taken.wall:.2f} s"),
    ]


def _calls(acted: Acted) -> str:
    changes = sum(n for action, n in acted.state.calls.items() if not action.startswith(("Describe", "Get")))
    return f"{sum(acted.state.calls.values())}, {changes}"


def method() -> str:
    """How it was measured."""
    return (
        "Each group has a rule for each of two prefix lists. The origin names the lists and no group, and so keeps "
        "current whatever names them. An origin that names its groups as well, here by tag, looks at every group in "
        "every run, as the second table shows. One run for each act. EC2 is `bench/ec2_stand_in.py`."
    )


SECTION: Final = Section(
    name="lists",
    title=f"{MANY:,} groups by prefix list",
    minutes=0.6,
    method=method,
    measured=measured,
)
