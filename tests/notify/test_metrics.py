"""Metrics: a file that node_exporter takes, with what the last run saw."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st
from tests.notify.runs import HOLE, START, ends, origin, ranges, run

from originlock.report.metrics import metrics_text

_SAMPLE = re.compile(r'originlock_[a-z_]+(\{([a-z]+="(\\.|[^"\\\n])*",?)+\})? -?[0-9.e+]+')


def test_what_a_run_saw() -> None:
    """An alert on holes, on age or on an end would have nothing to go by."""
    seen = origin(
        "blog",
        holes=(HOLE,),
        locks={"network": "open"},
        proofs={"kept": 3, "broken": 1},
        ends=(ends(10), ends(20)),
        ranges=ranges(),
        done=("a", "b"),
    )
    text = metrics_text(run(seen, exit_code=3), START)
    for line in (
        "originlock_last_run_timestamp_seconds 1767225600",
        "originlock_last_run_exit_code 3",
        "originlock_last_success_timestamp_seconds 1767225600",
        'originlock_locked{origin="blog"} 0',
        'originlock_lock_state{origin="blog",lock="network",state="open"} 1',
        'originlock_holes{origin="blog"} 1',
        'originlock_changes{origin="blog"} 2',
        'originlock_promises{origin="blog",verdict="broken"} 1',
        'originlock_expiry_timestamp_seconds{origin="blog",what="client certificate",name="edge"} 1768089600',
        'originlock_ranges_timestamp_seconds{edge="cloudflare"} 1767225600',
    ):
        assert f"{line}\n" in text
    assert text.count("originlock_expiry_timestamp_seconds{") == 1


def test_what_never_was_is_not_zero() -> None:
    """1970 would be taken for the last success, or nothing known for locked."""
    text = metrics_text(run(origin(locks={"network": "unknown"})), None)
    assert "last_success" not in text
    assert 'originlock_locked{origin="blog"} -1\n' in text


@given(st.text(), st.text(max_size=20))
def test_no_name_breaks_the_file(name: str, what: str) -> None:
    """A quote or a new line in a name, and node_exporter drops the whole file."""
    text = metrics_text(run(origin(name, ends=(ends(1, what, name),))), START)
    for line in text.split("\n")[:-1]:
        assert line.startswith("# ") or _SAMPLE.fullmatch(line), line
