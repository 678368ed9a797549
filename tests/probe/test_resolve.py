"""The resolver: addresses, or Unknown within a bound."""

from __future__ import annotations

import time

from originlock.facts.snapshot import Resolution
from originlock.facts.unknown import Unknown
from originlock.probe.resolve import SystemResolver

BOUND = 2.0


def test_a_name_that_is_known() -> None:
    """A name behind the edge could not be told from one that is not."""
    found = SystemResolver().resolve(("localhost",))
    resolution = found["localhost"]
    assert isinstance(resolution, Resolution)
    assert resolution.hostname == "localhost"
    assert resolution.addresses == tuple(sorted(set(resolution.addresses)))
    assert set(resolution.addresses) <= {"127.0.0.1", "::1"}
    assert resolution.addresses


def test_a_name_that_is_not_known_is_unknown_within_its_bound() -> None:
    """A name without an answer would count as having no addresses, or be waited for without end."""
    names = tuple(f"originlock-{number}.invalid" for number in range(5))
    began = time.monotonic()
    found = SystemResolver(BOUND).resolve(names)
    assert time.monotonic() - began < BOUND + 1, "the bound is for all of them together"
    assert set(found) == set(names)
    for name, answer in found.items():
        assert isinstance(answer, Unknown)
        assert name in answer.what
        assert answer.reason


def test_what_is_no_name_is_unknown() -> None:
    """A slip in a hostname would end in a page of Python."""
    names = ("a" * 64 + ".example.org", "nul\x00.example.org", "..", "")
    found = SystemResolver(BOUND).resolve(names)
    for name in names[:3]:
        assert isinstance(found[name], Unknown), name


def test_one_name_does_not_spoil_the_other() -> None:
    """A name without an answer would take the others with it."""
    found = SystemResolver(BOUND).resolve(("localhost", "originlock.invalid"))
    assert isinstance(found["localhost"], Resolution)
    assert isinstance(found["originlock.invalid"], Unknown)


def test_no_names_no_answers() -> None:
    """An origin without hostnames would wait."""
    assert SystemResolver().resolve(()) == {}
