"""What the system says of a connection, told apart in whatever order it comes."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

import pytest
from tests.probe.peers import reset

from originlock.probe.line import MAX_RECEIVED, Ended, How, Line

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Both ends of a connection: ours, and the peer's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        with ours, theirs:
            yield ours, theirs


def line(ours: socket.socket, seconds: float = 5) -> Line:
    """A line that has this long."""
    return Line(ours, time.monotonic() + seconds)


def heard(ours: socket.socket) -> None:
    """Wait until what the peer did has arrived."""
    poll = select.poll()
    poll.register(ours, select.POLLIN)
    assert poll.poll(5_000)


def end(of: Line) -> How:
    """How it ends."""
    try:
        while True:
            of.read()
    except Ended as found:
        return found.how


def test_a_reset_that_shows_in_writing(ends: Ends) -> None:
    """The kernel tells of a reset once: told in writing, it would be an end in order in reading."""
    ours, theirs = ends
    reset(theirs)
    heard(ours)
    made = line(ours)
    made.write(b"x")
    made.write(b"x")
    assert end(made) is How.RESET


def test_what_was_said_before_a_reset_is_heard(ends: Ends) -> None:
    """An alert with a reset behind it would be a reset without a reason."""
    ours, theirs = ends
    theirs.sendall(b"last words")
    heard(ours)
    reset(theirs)
    time.sleep(0.05)
    made = line(ours)
    made.write(b"x")
    assert made.read() == b"last words"
    assert end(made) is How.RESET


def test_an_end_in_order_with_a_reset_behind_it(ends: Ends) -> None:
    """A server that closes in order and does not care for what comes after would be said to reset."""
    ours, theirs = ends
    theirs.close()
    heard(ours)
    made = line(ours)
    made.write(b"x")
    time.sleep(0.05)
    made.write(b"x")
    assert end(made) is How.CLOSED


def test_a_reset_and_an_end_in_reading(ends: Ends) -> None:
    """Neither would be told."""
    ours, theirs = ends
    theirs.sendall(b"words")
    made = line(ours)
    assert made.read() == b"words"
    assert made.source == "127.0.0.1"
    reset(theirs)
    assert end(made) is How.RESET


def test_nothing_in_time(ends: Ends) -> None:
    """A silent peer would be waited for."""
    assert end(line(ends[0], 0.05)) is How.LATE
    assert end(line(ends[0], -1)) is How.LATE


def test_a_peer_that_does_not_read(ends: Ends) -> None:
    """A peer whose window is shut would be written to for ever."""
    with pytest.raises(Ended) as found:
        line(ends[0], 0.1).write(bytes(50_000_000))
    assert found.value.how is How.LATE


def test_too_much(ends: Ends) -> None:
    """A peer that never stops would fill the memory."""
    ours, theirs = ends
    made = line(ours)
    for _ in range(MAX_RECEIVED // 1024):
        theirs.sendall(bytes(1024))
        made.read()
    theirs.sendall(bytes(1024))
    assert end(made) is How.TOO_MUCH
    assert made.received == MAX_RECEIVED


def test_hurrying_only_shortens(ends: Ends) -> None:
    """A deadline would be put off by what a peer sends."""
    made = line(ends[0], 0.05)
    made.hurry(60)
    assert end(made) is How.LATE
