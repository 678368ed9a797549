"""The judge of the fault matrix, judged: it must be able to fail.

Lives here: made-up courses of events, bad ones and good ones. Must not live here: originlock or the lab's server.
"""

from __future__ import annotations

from tests.faults.oracle import Entry, Moment, Promise, doubles, judged

OLD, NEW, HALF = "198.51.100.0/24", "192.0.2.0/24", "198.51.100.128/25"
GROUP = "sg-1"


def rules(*sources: str, start: int = 0, protocol: str = "tcp", ports: tuple[int, int] = (443, 443)) -> Moment:
    """Rules for these sources, with ids that say their number."""
    return frozenset(
        Entry(GROUP, f"sgr-{number}", protocol, *ports, source) for number, source in enumerate(sources, start)
    )


def test_a_range_that_is_split_may_go_when_its_halves_are_there() -> None:
    """Widen, then narrow: the judge finds nothing wrong in what is right."""
    promise = Promise(before=rules(OLD), wanted=rules(HALF))
    assert judged(promise, [rules(OLD, HALF), rules(HALF, start=1)]) == []


def test_remove_before_add_is_found() -> None:
    """The wrong order: half of the old range is wanted, and is shut out for a moment."""
    promise = Promise(before=rules(OLD), wanted=rules(HALF))
    (problem,) = judged(promise, [frozenset(), rules(HALF, start=1)])
    assert problem.startswith("I1, a wanted source is shut out at moment 1: ('sg-1', 'tcp', 443, '198.51.100.")


def test_a_gap_in_one_of_two_families_is_found() -> None:
    """IPv6 shut out while IPv4 is served."""
    promise = Promise(before=rules("0.0.0.0/0", "::/0"), wanted=rules(OLD, "2400:cb00::/32"))
    found = judged(promise, [rules(OLD, "::/0"), rules(OLD)])
    assert len(found) == 1
    assert "moment 2" in found[0]
    assert "2400:cb00" in found[0]


def test_a_source_that_was_not_let_in_before_may_come_late() -> None:
    """No gap where there was nothing: only what was allowed before must stay allowed."""
    assert judged(Promise(before=rules(OLD), wanted=rules(OLD, NEW)), [rules(OLD)]) == []


def test_a_widening_for_a_moment_is_found() -> None:
    """Everyone is let in and shut out again: the end is right, the way is not."""
    promise = Promise(before=rules(OLD), wanted=rules(OLD))
    found = judged(promise, [rules(OLD, "0.0.0.0/0"), rules(OLD)])
    assert [problem.partition(":")[0] for problem in found] == [
        "I2, opened beyond what was and what is wanted at moment 1"
    ]


def test_another_port_or_protocol_is_a_widening() -> None:
    """The right source on a wrong port, and on every protocol, is found."""
    promise = Promise(before=rules(OLD), wanted=rules(OLD))
    for wrong in (rules(OLD, ports=(443, 444)), rules(OLD, protocol="udp"), rules(OLD, protocol="-1")):
        assert [p[:2] for p in judged(promise, [rules(OLD) | wrong])] == ["I2"]


def test_a_neighbour_is_a_widening() -> None:
    """A range one bit too wide, of which no old sample tells."""
    promise = Promise(before=rules(OLD), wanted=rules(OLD))
    assert [p[:2] for p in judged(promise, [rules("198.51.100.0/23")])] == ["I2"]


def test_what_a_person_says_may_open_is_no_widening() -> None:
    """The rollback with --reopen opens what was open before."""
    promise = Promise(before=rules(OLD), wanted=rules(OLD), may_open=rules(NEW))
    assert judged(promise, [rules(OLD, NEW)]) == []


def test_a_foreign_rule_that_is_made_anew_is_found() -> None:
    """The same content under another id, or another content under the same id, is not the same rule."""
    kept = rules(OLD)
    promise = Promise(before=kept, wanted=rules(OLD, NEW), kept=kept)
    for wrong in (rules(OLD, start=7), rules(NEW, OLD)):
        assert "I3" in {problem[:2] for problem in judged(promise, [wrong])}


def test_two_rules_for_one_thing_are_found() -> None:
    """Rules that say the same under two ids."""
    assert doubles(rules(OLD, NEW)) == []
    assert len(doubles(rules(OLD) | rules(OLD, start=1))) == 1
