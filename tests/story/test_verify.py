"""`originlock verify` by the real command: every promise of a policy, in the whole lab, before and after a lock.

All commands of this module run in one world, side by side, before the first test looks at what they said.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.story.site import Ended, Site, Zone, without_routes
from tests.story.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from originlock.lab.running import RunningLab

#: How many commands run at once: each of them mostly waits for what does not answer.
AT_ONCE: Final = 6

_CODES: Final[Mapping[bool | None, int]] = {True: 0, False: 3, None: 7}


@pytest.fixture(scope="module")
def runs(running: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Ended]]:
    """An origin that nobody has locked, one that `apply` has locked, and what the command says of them."""
    with Stage.of(running, tmp_path_factory.mktemp("verify")) as stage:
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
            yield {"applied": applied, **dict(pool.map(one, wanted))}


def expectations(found: Ended, who: str) -> Sequence[Mapping[str, Any]]:
    """What was expected of somebody."""
    return [each for each in found.json["expectations"] if each["who"].startswith(who)]


def verdicts(found: Ended, who: str, where: str = "") -> set[str]:
    """What their verdicts came to."""
    return {each["verdict"] for each in expectations(found, who) if where in each["where"]}


@pytest.mark.parametrize(
    "name, locked",
    [("before", False), ("after", True), ("office", None), ("no IPv6", None)],
)
def test_the_bottom_line(runs: Mapping[str, Ended], name: str, locked: bool | None) -> None:  # noqa: FBT001 - expected
    """True only if everything that matters is kept; the exit code says the same."""
    found = runs[name]
    assert found.code == _CODES[locked], (found.err, found.out)
    data = found.json
    assert data["locked"] is locked
    counted = {name: data["summary"][name] for name in ("kept", "broken", "unknown")}
    assert sum(counted.values()) == len(data["expectations"])
    assert data["summary"]["said"]


@pytest.mark.parametrize("name", ["no hostnames", "no addresses"])
def test_without_names_or_addresses_it_cannot_be_told(runs: Mapping[str, Ended], name: str) -> None:
    """A lock that nobody tried must not be called one."""
    found = runs[name]
    assert found.code == 7, (found.err, found.out)
    assert found.json["locked"] is None
    assert verdicts(found, "stranger") == {"unknown"}


@pytest.mark.parametrize("name", ["before", "after", "office", "no IPv6", "no hostnames", "no addresses"])
def test_its_keys(runs: Mapping[str, Ended], name: str) -> None:
    """Whatever it found, those who read it find the same keys."""
    data = runs[name].json
    assert {"expectations", "locked", "summary"} <= set(data)
    assert data["expectations"]
    for each in data["expectations"]:
        assert {"who", "where", "expected", "verdict", "lock", "evidence"} <= set(each)
        assert each["verdict"] in {"kept", "broken", "unknown"}
        assert each["evidence"]["said"]


def test_before_a_lock_everybody_gets_in(runs: Mapping[str, Ended]) -> None:
    """The edge is served, and a stranger too, in every way."""
    found = runs["before"]
    assert verdicts(found, "edge", "https://") == {"kept"}
    assert verdicts(found, "stranger", ":443") == {"broken"}
    assert verdicts(found, "everyone else") == {"broken"}


def test_after_it_the_edge_alone_gets_in(runs: Mapping[str, Ended]) -> None:
    """Over both families, in every way, by the network lock; ranges that nobody can try rest on reading back."""
    assert runs["applied"].code == 0, runs["applied"].err
    found = runs["after"]
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


def test_an_exception_gets_in_and_is_no_stranger(runs: Mapping[str, Ended]) -> None:
    """From the office the exception is proved, and that strangers are kept out is not."""
    found = runs["office"]
    assert verdicts(found, "exception") == {"kept"}
    assert {each["evidence"]["connection"]["verdict"] for each in expectations(found, "exception")} == {"http"}
    assert verdicts(found, "stranger", ":443") == {"unknown"}


def test_a_family_that_this_vantage_lacks_is_unknown(runs: Mapping[str, Ended]) -> None:
    """An open door over IPv6 must not be called locked by somebody who has none."""
    found = runs["no IPv6"]
    assert verdicts(found, "stranger", "[") == {"unknown"}
    assert verdicts(found, "stranger", "198.51.100.") == {"kept"}
    assert verdicts(found, "edge", "over IPv4") == {"kept"}
