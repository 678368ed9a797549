"""Steady load, `python load.py --rate N --name HOST --to ADDRESS ... --from ADDRESS ...`: whether each is served.

Lives here: a program of its own, with nothing but the standard library, as it is run in a host of the lab. Must not
live here: what is thought of the figures.

Each request is a new TCP connection, a new TLS handshake with the certificate checked, one GET and its whole answer.
Requests begin when they are due, whether earlier ones have ended or not; where the machine falls behind they are made
up for. A connection must stand within a short time, less than it takes until a SYN is sent again: what a filter drops
for a moment is then a loss, and not merely slow. Whether it stands is asked of the kernel, so that a program that was
not scheduled in time accuses nobody. All else has time enough.

A line on its standard input is answered with a line, as soon as a request that began after it has ended for each
source. When its standard input ends it begins no more, waits for those that are under way, and prints a summary:

    seconds            in which requests were begun
    sent, ok           how many
    failed             how many, by what became of them
    p50, p99           seconds that those took that were served
    retransmitted      connections on which anything was sent twice
    most_open          how many were under way at once
    sources            by address, each again with sent, ok, failed, p50, p99, and
        family         4 or 6
        runs           [outcome, when the first began, when the last began, how many], as often as the outcome changed
    failures           the first ones: [when it began, source, outcome]

Times are those of the machine's monotonic clock, in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import socket
import ssl
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

#: From <linux/in.h>: the port is chosen at connect(), so that a port serves many. Python has it from 3.12 on.
IP_BIND_ADDRESS_NO_PORT = 24

#: Where `tcpi_total_retrans` stands in <linux/tcp.h>'s `struct tcp_info`.
TOTAL_RETRANS = 100

#: So many open at once are a sign of a machine that does not keep up; beyond, nothing new is begun.
MOST_OPEN = 400

#: It is looked at least so often whether it is to stop, in seconds.
LONGEST_PAUSE = 0.05

#: So many failures are listed; all are counted.
MOST_LISTED = 200

SERVED = "200"


@dataclass(frozen=True, slots=True)
class Ended:
    """One request: when it began, how long it took, and SERVED or what went wrong."""

    began: float
    seconds: float
    source: str
    outcome: str


class LostError(Exception):
    """A request was not served; the message says what kind of loss it is."""


@dataclass(slots=True)
class Load:
    """All requests of a run."""

    pairs: list[tuple[str, str]]
    name: str
    port: int
    connect_seconds: float
    rest_seconds: float
    context: ssl.SSLContext
    ended: list[Ended] = field(default_factory=list)
    newest: dict[str, float] = field(default_factory=dict)
    retransmitted: int = 0
    open: set[asyncio.Task[None]] = field(default_factory=set)
    most_open: int = 0

    async def run(self, rate: float, stop: asyncio.Event) -> float:
        """Begin requests at a rate until told to stop; returns how many seconds they were begun in."""
        began = time.monotonic()
        for number, (source, to) in enumerate(itertools.cycle(self.pairs)):
            due = began + number / rate
            # A timer each: due times come and go while requests end.
            while not stop.is_set() and (time.monotonic() < due or len(self.open) >= MOST_OPEN):  # noqa: ASYNC110
                await asyncio.sleep(min(max(due - time.monotonic(), 0.001), LONGEST_PAUSE))
            if stop.is_set():
                break
            task = asyncio.create_task(self._one(source, to))
            self.open.add(task)
            task.add_done_callback(self.open.discard)
            self.most_open = max(self.most_open, len(self.open))
        seconds = time.monotonic() - began
        if self.open:
            await asyncio.wait(self.open)
        return seconds

    async def _one(self, source: str, to: str) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.connect_seconds + self.rest_seconds):
                await self._ask(source, to)
            outcome = SERVED
        except LostError as error:
            outcome = str(error)
        except TimeoutError:
            outcome = "answer timed out"
        except (OSError, ssl.SSLError) as error:
            outcome = f"{type(error).__name__}: {error}"
        self.ended.append(Ended(began, time.monotonic() - began, source, outcome))
        self.newest[source] = max(began, self.newest.get(source, 0.0))

    async def pass_by(self) -> None:
        """Wait until one that begins from now on has ended for each source."""
        now = time.monotonic()
        while any(self.newest.get(source, 0.0) < now for source, _ in self.pairs):  # noqa: ASYNC110 - rare and short
            await asyncio.sleep(0.005)

    async def _ask(self, source: str, to: str) -> None:
        made = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_STREAM)
        with made:
            made.settimeout(0)
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            made.bind((source, 0))
            await self._connect(made, to)
            with self.context.wrap_socket(made, server_hostname=self.name, do_handshake_on_connect=False) as spoken:
                answer = await self._converse(spoken)
                info = spoken.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANS + 4)
                self.retransmitted += struct.unpack_from("I", info, TOTAL_RETRANS)[0] > 0
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1:2]
        if status != [b"200"]:
            message = f"status {status[0].decode('ascii', 'replace')}" if status else "no HTTP"
            raise LostError(message)
        if b"content-length: %d\r\n" % len(body) not in head.lower() + b"\r\n":
            message = "half an answer"
            raise LostError(message)

    async def _connect(self, made: socket.socket, to: str) -> None:
        with contextlib.suppress(BlockingIOError):
            made.connect((to, self.port))
        await _writable(made, self.connect_seconds)
        error = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            message = f"connect: {os.strerror(error)}"
            raise LostError(message)
        try:
            made.getpeername()
        except OSError:
            message = "connect timed out"
            raise LostError(message) from None

    async def _converse(self, spoken: ssl.SSLSocket) -> bytes:
        await _patiently(spoken, spoken.do_handshake)
        spoken.send(f"GET / HTTP/1.1\r\nHost: {self.name}\r\nConnection: close\r\n\r\n".encode())
        parts: list[bytes] = []
        while part := await _patiently(spoken, lambda: spoken.recv(65536)):
            parts.append(part)
        return b"".join(parts)


async def _patiently(spoken: ssl.SSLSocket, act: Callable[[], Result]) -> Result:
    """Do something, as often as there is more to be read first."""
    while True:
        try:
            return act()
        except ssl.SSLWantReadError:
            await _readable(spoken)


async def _readable(made: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    number = made.fileno()
    loop.add_reader(number, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(number)


async def _writable(made: socket.socket, seconds: float) -> None:
    """Wait until it can be written to, or that time has passed."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    number = made.fileno()
    loop.add_writer(number, _settle, ready)
    timer = loop.call_later(seconds, _settle, ready)
    try:
        await ready
    finally:
        timer.cancel()
        loop.remove_writer(number)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


# --- the summary ----------------------------------------------------------------------------------------------------


def summary(load: Load, seconds: float) -> dict[str, object]:
    """What came of it all."""
    ended = sorted(load.ended, key=lambda each: each.began)
    lost = [each for each in ended if each.outcome != SERVED]
    sources = {source: [each for each in ended if each.source == source] for source, _ in load.pairs}
    return {
        "seconds": seconds,
        **_figures(ended),
        "retransmitted": load.retransmitted,
        "most_open": load.most_open,
        "sources": {
            source: {"family": 6 if ":" in source else 4, **_figures(of), "runs": _runs(of)}
            for source, of in sources.items()
        },
        "failures": [[each.began, each.source, each.outcome] for each in lost[:MOST_LISTED]],
    }


def _figures(ended: list[Ended]) -> dict[str, object]:
    times = sorted(each.seconds for each in ended if each.outcome == SERVED)
    return {
        "sent": len(ended),
        "ok": len(times),
        "failed": dict(Counter(each.outcome for each in ended if each.outcome != SERVED)),
        "p50": _part(times, 0.50),
        "p99": _part(times, 0.99),
    }


def _part(times: list[float], part: float) -> float | None:
    return round(times[min(int(len(times) * part), len(times) - 1)], 4) if times else None


def _runs(ended: list[Ended]) -> list[list[object]]:
    """Outcomes one after the other: how often each came in a row, and when."""
    runs: list[list[object]] = []
    for outcome, group in itertools.groupby(ended, key=lambda each: each.outcome):
        alike = list(group)
        runs.append([outcome, alike[0].began, alike[-1].began, len(alike)])
    return runs


# --- the program ----------------------------------------------------------------------------------------------------


async def _main(given: argparse.Namespace) -> None:
    # SSL_CERT_FILE is the lab's.
    context = ssl.create_default_context()
    pairs = [(source, to) for source in given.sources for to in given.to if (":" in source) == (":" in to)]
    load = Load(pairs, given.name, given.port, given.connect_seconds, given.rest_seconds, context)
    stop = asyncio.Event()
    running = asyncio.create_task(load.run(given.rate, stop))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        await load.pass_by()
        _say({"passed": len(load.ended)})
    stop.set()
    _say(summary(load, await running))


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True, help="requests a second, over all sources")
    parser.add_argument("--name", required=True, help="the host, for SNI, Host and the certificate")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--to", action="append", required=True, help="an address to ask at (repeatable)")
    parser.add_argument("--from", dest="sources", action="append", required=True, help="one to ask from (repeatable)")
    parser.add_argument("--connect-seconds", type=float, default=0.3)
    parser.add_argument("--rest-seconds", type=float, default=30.0)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
