"""The last accepted list of each edge: whole or not at all, and never guessed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from originlock.errors import StateError
from originlock.facts.edge import AcceptedList, Ranges
from originlock.facts.networks import canonical
from originlock.store.baselines import BaselineFiles


def accepted(*cidrs: str, edge: str = "cloudflare", etag: str | None = "e1", at: str = "2026-11-22") -> AcceptedList:
    """An accepted list."""
    ranges = Ranges.of(tuple(canonical(cidr) for cidr in cidrs))
    return AcceptedList(edge, ranges, "json+text", etag, agree=True, at=at)


ONE, TWO = accepted("198.51.100.0/24", "2400:cb00::/32"), accepted("203.0.113.0/24")


def test_nothing_was_ever_accepted(tmp_path: Path) -> None:
    """A first run would fail; or to look would be to write."""
    assert BaselineFiles(tmp_path / "state").last_accepted("cloudflare") is None
    assert not (tmp_path / "state").exists()


def test_the_last_one_counts_with_its_provenance(tmp_path: Path) -> None:
    """A list would be held against one that is long gone."""
    baselines = BaselineFiles(tmp_path / "state")
    baselines.accept(ONE)
    baselines.accept(TWO)
    assert BaselineFiles(tmp_path / "state").last_accepted("cloudflare") == TWO


def test_each_edge_has_its_own(tmp_path: Path) -> None:
    """One edge's list would be held against another's."""
    baselines = BaselineFiles(tmp_path)
    other = accepted("203.0.113.0/24", edge="other")
    baselines.accept(ONE)
    baselines.accept(other)
    assert baselines.last_accepted("cloudflare") == ONE
    assert baselines.last_accepted("other") == other


def test_the_same_list_is_not_written_again(tmp_path: Path) -> None:
    """Its date would say when it was last seen, not since when it holds; and every run would write."""
    baselines = BaselineFiles(tmp_path)
    baselines.accept(ONE)
    path = tmp_path / "accepted-cloudflare.json"
    before = path.stat().st_ino
    baselines.accept(accepted("198.51.100.0/24", "2400:cb00::/32", at="2026-11-23"))
    assert path.stat().st_ino == before
    assert baselines.last_accepted("cloudflare") == ONE


def test_private_and_whole(tmp_path: Path) -> None:
    """A crash while writing would leave half a list; others could write one."""
    baselines = BaselineFiles(tmp_path / "state")
    baselines.accept(ONE)
    before = (tmp_path / "state" / "accepted-cloudflare.json").stat().st_ino
    baselines.accept(TWO)
    (path,) = (tmp_path / "state").iterdir()
    assert path.stat().st_ino != before, "it was written over, not replaced"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"{}", b"[]", b"\xff\xfe", b"null", b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
    ids=["empty", "cut", "no list", "other", "no text", "null", "deep"],
)
def test_a_damaged_one_is_an_error_and_stays(damage: bytes, tmp_path: Path) -> None:
    """What was accepted would count as nothing, and any list would pass."""
    path = tmp_path / "accepted-cloudflare.json"
    path.write_bytes(damage)
    baselines = BaselineFiles(tmp_path)
    with pytest.raises(StateError, match="damaged") as caught:
        baselines.last_accepted("cloudflare")
    assert str(path) in caught.value.remedy
    with pytest.raises(StateError):
        baselines.accept(ONE)
    assert path.read_bytes() == damage


def test_one_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """The same, where it is a matter of rights or of a slip."""
    (tmp_path / "accepted-cloudflare.json").mkdir()
    with pytest.raises(StateError, match="cannot be read"):
        BaselineFiles(tmp_path).last_accepted("cloudflare")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A run would go on in the belief that the list was kept."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError):
        BaselineFiles(tmp_path / "file").accept(ONE)
    tmp_path.chmod(0o777)
    with pytest.raises(StateError, match="everybody"):
        BaselineFiles(tmp_path).accept(ONE)
