"""What is remembered, for how long, and what is read again."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

import pytest
from tests.middleware.parties import (
    CLIENT,
    FIRST,
    OTHER,
    chain_of,
    issued,
    lists,
    passed,
    passthrough,
    revoking,
    told,
    trust,
)

from originlock.middleware import ClientIdentity, Reason, Trust
from originlock.middleware.cache import Cache, Entry
from originlock.middleware.reloading import Reloading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from originlock.middleware.judging import Verdict


def test_the_table_forgets_what_was_not_used_for_longest() -> None:
    """Strangers would fill the memory, or push out who comes all the time."""
    cache: Cache[str] = Cache(2)
    for key in (b"a", b"b"):
        cache.put(key, Entry(key.decode(), 10, 0))
    assert cache.get(b"a", 0, 0) == "a"
    cache.put(b"c", Entry("c", 10, 0))
    assert [cache.get(key, 0, 0) for key in (b"a", b"b", b"c")] == ["a", None, "c"]
    assert len(cache) == 2


def test_an_entry_ends() -> None:
    """By its time, and with what it was found out by."""
    cache: Cache[str] = Cache(2)
    cache.put(b"a", Entry("a", 10, 0))
    assert cache.get(b"a", 9.9, 0) == "a"
    assert cache.get(b"a", 10, 0) is None
    cache.put(b"a", Entry("a", 10, 0))
    assert cache.get(b"a", 0, 1) is None
    assert len(cache) == 0


def test_a_table_of_none_remembers_none() -> None:
    """`cache_entries=0` is for those who want every request verified."""
    cache: Cache[str] = Cache(0)
    cache.put(b"a", Entry("a", 10, 0))
    assert cache.get(b"a", 0, 0) is None


def test_threads_do_not_hurt_the_table() -> None:
    """An entry that is thrown out under another thread's hands must not be an error."""
    cache: Cache[int] = Cache(3)
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for number in range(3000):
                key = bytes([(seed * number) % 7])
                cache.put(key, Entry(number, number % 3, 0))
                cache.get(key, number % 4, number % 2)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert len(cache) <= 3


def test_refusals_are_not_remembered() -> None:
    """Strangers would fill the table; and who is refused by a wrong clock would stay so."""
    now = [0.0]
    guard = passthrough(clock=lambda: now[0])
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.NOT_YET_VALID
    now[0] = CLIENT.certificate.not_valid_before_utc.timestamp() + 3600
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)


def test_whether_one_is_allowed_is_asked_each_time() -> None:
    """An application that takes somebody off its list would go on letting him in for minutes."""
    allowed = [True]
    guard = passthrough(allow=lambda _identity: allowed[0])
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    allowed[0] = False
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.NOT_ALLOWED


def test_a_new_revocation_list_counts_at_once(tmp_path: Path) -> None:
    """What is remembered would let in who was just revoked."""
    file = tmp_path / "crl.pem"
    file.write_bytes(lists(FIRST))
    guard = passthrough(trust(revocations=file), reload_seconds=0)
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    _replace(file, lists(revoking(FIRST, CLIENT.certificate)))
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.REVOKED


def test_new_authorities_count_at_once(tmp_path: Path) -> None:
    """An authority could not be exchanged without a restart."""
    file = tmp_path / "ca.pem"
    file.write_bytes(OTHER.pem.encode())
    guard = passthrough(Trust(file), reload_seconds=0)
    theirs = issued(OTHER)
    assert isinstance(told(guard, passed(*chain_of(theirs))), ClientIdentity)
    _replace(file, trust().anchors)  # type: ignore[arg-type]
    assert told(guard, passed(*chain_of(theirs))) is Reason.UNTRUSTED
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)


def test_new_authorities_count_where_there_are_lists(tmp_path: Path) -> None:
    """Both may change, and either must be noticed."""
    file = tmp_path / "ca.pem"
    file.write_bytes(trust().anchors)  # type: ignore[arg-type]
    guard = passthrough(Trust(file, revocations=lists(FIRST)), reload_seconds=0)
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    _replace(file, OTHER.pem.encode())
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.UNTRUSTED


def test_a_chain_is_looked_at_anew_after_some_time() -> None:
    """What is remembered for ever is never corrected."""
    now = [CLIENT.certificate.not_valid_before_utc.timestamp() + 3600]
    guard = passthrough(clock=lambda: now[0], cache_seconds=300)
    judge = guard._judge  # noqa: SLF001 - that it is asked again shows nowhere else
    asked: list[float] = []

    class Counting:
        generation = 0

        def judged(self, values: Sequence[bytes], when: float) -> Verdict:
            asked.append(when)
            return judge.judged(values, when)

        def leaf(self, values: Sequence[bytes]) -> bytes:
            return judge.leaf(values)

    guard._judge = Counting()  # noqa: SLF001 - ditto
    began = now[0]
    for later in (0, 299, 301, 302):
        now[0] = began + later
        assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    assert asked == [began, began + 301]


@pytest.mark.parametrize("bad", [b"", b"-----BEGIN X509 CRL-----\nhal", None], ids=["empty", "half", "gone"])
def test_a_file_that_cannot_be_read_leaves_the_old(
    tmp_path: Path, bad: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is being written must not shut a site; and the one that is there after it must be read."""
    file = tmp_path / "crl.pem"
    file.write_bytes(lists(FIRST))
    guard = passthrough(trust(revocations=file), reload_seconds=0)
    if bad is None:
        file.unlink()
    else:
        _replace(file, bad)
    with caplog.at_level(logging.WARNING, "originlock.middleware"):
        assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    assert "not read again" in caplog.text
    file.write_bytes(lists(revoking(FIRST, CLIENT.certificate)))
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.REVOKED


def test_a_function_is_asked_again() -> None:
    """Lists may come from elsewhere than a file."""
    given = [lists(FIRST)]
    guard = passthrough(trust(revocations=lambda: given[0]), reload_seconds=0)
    assert isinstance(told(guard, passed(*chain_of(CLIENT))), ClientIdentity)
    given[0] = lists(revoking(FIRST, CLIENT.certificate))
    assert told(guard, passed(*chain_of(CLIENT))) is Reason.REVOKED


def test_nothing_is_read_again_before_its_time(tmp_path: Path) -> None:
    """Each request would ask the disk."""
    file = tmp_path / "a"
    file.write_bytes(b"one")
    kept = Reloading(file, bytes.decode, most_bytes=10, every=3600)
    _replace(file, b"two")
    assert kept.current() == "one"


def test_a_source_has_a_bound(tmp_path: Path) -> None:
    """A wrong path, such as a device, would fill the memory."""
    file = tmp_path / "a"
    file.write_bytes(b"12345678901")
    with pytest.raises(ValueError, match="more than 10 bytes"):
        Reloading(file, bytes.decode, most_bytes=10, every=0)


def _replace(file: Path, content: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(content)
    os.replace(new, file)  # noqa: PTH105 - what people's tools do
