"""`originlock verify` by the real command: every promise of a policy, in the whole lab, before and after a lock.

All commands run in one world, side by side, and then one test looks at what they said: tests of their own would be
shared out among workers, each of which would run all commands.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.story.site import Ended, Site, Zone, without_routes
from tests.story.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


#: How many commands run at once: each of them mostly waits for what does not answer.
AT_ONCE: Final = 6

_CODES: Final[Mapping[bool | None, int]] = {True: 0, False: 3, None: 7}


def run_all(stage: Stage) -> dict[str, Ended]:
    """An origin that nobody has locked, one that `apply` has locked, and what the command says of them."""
    zone = Zone.of(stage, origin_family="any")
    opened, locked = (zone.site(f"shop{n}", f"www{n}.example.org") for n in range(2))
    policy = locked.configured(*locked.exceptions)
    group = f'security_groups = ["{locked.origin.group_id}"]'
    applied = locked.run(*locked.apply(*policy))
    wanted: Mapping[str, tuple[Site, Sequence[str], str]] = {
        "before": (opened, opened.configured(), "operator"),
        "after": (locked, policy, "operator"),
        "office": (locked, policy, "office"),
        "no IPv6": (locked, policy, "stranger"),
        "no hostnames": (locked, locked.configured(*locked.exceptions, named=False), "operator"),
        "no addresses": (locked, locked.configured(*locked.exceptions, target=group), "operator"),
    }

    def one(name: str) -> tuple[str, Ended]:
        site, options, host = wanted[name]
        return name, site.run("verify", "-o", "json", *options, host=host)

    with without_routes(stage, "stranger", 6), ThreadPoolExecutor(AT_ONCE) as pool:
        return {"applied": applied, **dict(pool.map(one, wanted))}


def expectations(found: Ended, who: str) -> Sequence[Mapping[str, Any]]:
    """What was expected of somebody."""
    return [each for each in found.json["expectations"] if each["who"].startswith(who)]


def verdicts(found: Ended, who: str, where: str = "") -> set[str]:
    """What their verdicts came to."""
    return {each["verdict"] for each in expectations(found, who) if where in each["where"]}


def test_what_it_says(stage: Stage, subtests: pytest.Subtests) -> None:
    """Every promise with its verdict, and a bottom line that is True only if everything that matters is kept."""
    runs = run_all(stage)
    applied = runs.pop("applied")
    assert applied.code == 0, applied.err
    for name, found in runs.items():
        with subtests.test(name):
            has_a_bottom_line_and_its_keys(found, locked=_LOCKED[name])
            _MORE[name](found)


def has_a_bottom_line_and_its_keys(found: Ended, *, locked: bool | None) -> None:
    """The exit code says what `locked` says, and the summary counts what is there."""
    assert found.code == _CODES[locked], (found.err, found.out)
    data = found.json
    assert data["locked"] is locked
    assert data["expectations"]
    assert sum(data["summary"][name] for name in ("kept", "broken", "unknown")) == len(data["expectations"])
    assert data["summary"]["said"]
    for each in data["expectations"]:
        assert {"who", "where", "expected", "verdict", "lock", "evidence"} <= set(each)
        assert each["verdict"] in {"kept", "broken", "unknown"}
        assert each["evidence"]["said"]


def nobody_tried(found: Ended) -> None:
    """A lock that nobody tried must not be called one."""
    assert verdicts(found, "stranger") == {"unknown"}


def everybody_gets_in(found: Ended) -> None:
    """The edge is served, and a stranger too, in every way."""
    assert verdicts(found, "edge", "https://") == {"kept"}
    assert verdicts(found, "stranger", ":443") == {"broken"}
    assert verdicts(found, "everyone else") == {"broken"}


def the_edge_alone_gets_in(found: Ended) -> None:
    """Over both families, in every way, by the network lock; ranges that nobody can try rest on reading back."""
    assert verdicts(found, "edge") == {"kept"}
    assert verdicts(found, "stranger") == {"kept"}
    assert {each["lock"] for each in expectations(found, "stranger")} == {"network"}
    assert {each["where"].partition(" ")[2] for each in expectations(found, "stranger")} >= {
        "with the right name (SNI)",
        "with a wrong name (SNI)",
        "without a name (SNI)",
        "with a stranger's certificate",
        "with a certificate of a look-alike issuer",
    }
    assert any("by reading back" in each["where"] for each in expectations(found, "edge"))
    # Its rule is there; that it opens, somebody who stands there has to say.
    assert verdicts(found, "exception") == {"unknown"}


def an_exception_gets_in_and_is_no_stranger(found: Ended) -> None:
    """From the office the exception is proved, and that strangers are kept out is not."""
    assert verdicts(found, "exception") == {"kept"}
    assert {each["evidence"]["connection"]["verdict"] for each in expectations(found, "exception")} == {"http"}
    assert verdicts(found, "stranger", ":443") == {"unknown"}


def a_family_that_this_vantage_lacks_is_unknown(found: Ended) -> None:
    """An open door over IPv6 must not be called locked by somebody who has none."""
    assert verdicts(found, "stranger", "[") == {"unknown"}
    assert verdicts(found, "stranger", "198.51.100.") == {"kept"}
    assert verdicts(found, "edge", "over IPv4") == {"kept"}


_LOCKED: Final[Mapping[str, bool | None]] = {
    "before": False,
    "after": True,
    "office": None,
    "no IPv6": None,
    "no hostnames": None,
    "no addresses": None,
}

_MORE: Final[Mapping[str, Callable[[Ended], None]]] = {
    "before": everybody_gets_in,
    "after": the_edge_alone_gets_in,
    "office": an_exception_gets_in_and_is_no_stranger,
    "no IPv6": a_family_that_this_vantage_lacks_is_unknown,
    "no hostnames": nobody_tried,
    "no addresses": nobody_tried,
}
"""What else is to be seen in each."""
