"""The token bucket: a burst, and then so many a second."""

from __future__ import annotations

import threading
import time

from originlock.aws.pacing import BURST_SECONDS, TokenBucket


def seconds_for(bucket: TokenBucket, turns: int) -> float:
    """How long so many turns take."""
    began = time.monotonic()
    for _ in range(turns):
        bucket.wait()
    return time.monotonic() - began


def test_off_never_waits() -> None:
    """Who has the account to himself would be slowed down all the same."""
    assert seconds_for(TokenBucket(0), 10_000) < 0.5


def test_a_burst_and_then_the_rate() -> None:
    """The account's other tools would be throttled by ours."""
    bucket = TokenBucket(50)
    assert seconds_for(bucket, 50 * BURST_SECONDS) < 0.15
    assert 0.1 < seconds_for(bucket, 10) < 1


def test_a_slow_rate_lets_one_through_at_once() -> None:
    """A rate below one a second would never begin."""
    assert seconds_for(TokenBucket(0.01), 1) < 0.1


def test_it_fills_again_and_not_beyond() -> None:
    """A pause would be paid back with a flood, or never."""
    bucket = TokenBucket(20)
    seconds_for(bucket, 20 * BURST_SECONDS)
    time.sleep(0.3)
    assert seconds_for(bucket, 5) < 0.1
    assert seconds_for(bucket, 4) > 0.05


def test_threads_share_one_bucket() -> None:
    """Side by side, each would draw a bucket of its own."""
    bucket = TokenBucket(100)
    seconds_for(bucket, 100 * BURST_SECONDS)
    threads = [threading.Thread(target=seconds_for, args=(bucket, 5)) for _ in range(6)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 < time.monotonic() - began < 2
