"""What every fuzzing script shares: made-up input from real one, and the loop that tries it.

Lives here: the wounds, and the loop: an exception that is not documented, or more than two seconds of work for one
input, ends it with 1, and the input is kept. Must not live here: any parser.

A script of this folder gives `run` its parser and its seeds: ``python fuzz/certificates.py --seconds 600``.
"""

from __future__ import annotations

import argparse
import faulthandler
import itertools
import random
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

LONGEST_SECONDS: Final = 2.0
"""Of the processor's time, for one input: a loaded machine is no fault of the parser's."""

HANGS_SECONDS: Final = 60.0
"""Of the clock's: after this the stacks are shown and the process ends."""

_TOLD_EACH_SECONDS: Final = 60.0
_MOST_WOUNDS: Final = 8
_LARGEST: Final = 1 << 20

_POISON: Final = (
    b"\x00",
    b"\xff" * 8,
    b"\x80",
    b"\x30\x84\xff\xff\xff\xff",  # a sequence of DER that is longer than anything
    b"\x30\x80",  # one without a length
    b"\x02\x01\x00",
    b"\x02\x01\xff",  # -1
    b"9" * 400,
    b"[" * 400,
    b"{}",
    b'"',
    b"\\",
    b"\r\n",
    b" " * 400,
    b"-----BEGIN CERTIFICATE-----",
    b"-----END CERTIFICATE-----",
    b"%00",
    b"%zz",
    b"\xff\xfe",
    b"\xe2\x80\xae",
)


def mutations(seeds: Sequence[bytes], seed: int) -> Iterator[bytes]:
    """Made-up inputs without end, the same for the same seed: first the real ones, then wounded ones, and noise."""
    chance = random.Random(seed)  # noqa: S311  no secret
    yield from seeds
    while True:
        if chance.random() < 0.02:
            yield chance.randbytes(chance.randrange(400))
        else:
            yield _wounded(bytearray(chance.choice(seeds)), seeds, chance)


def _wounded(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, _MOST_WOUNDS)):
        at, length = chance.randrange(len(data) + 1), _length(chance)
        match chance.randrange(8):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length] * chance.randrange(1, 50)
            case 2:
                data[at : at + length] = chance.randbytes(length)
            case 3:
                data[at : at + length] = chance.choice(_POISON)
            case 4:
                other = chance.choice(seeds)
                there = chance.randrange(len(other) + 1)
                data[at : at + length] = other[there : there + _length(chance)]
            case 5 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 6 if data:
                data[at % len(data)] = (data[at % len(data)] + chance.choice((1, -1, 127))) % 256
            case _:
                del data[at:]
    return bytes(data[:_LARGEST])


def _length(chance: random.Random) -> int:
    """Mostly a few bytes, sometimes many."""
    return chance.randrange(1, 9) if chance.random() < 0.8 else chance.randrange(1, 400)


def run(parse: Callable[[bytes], object], seeds: Sequence[bytes], argv: Sequence[str]) -> int:
    """Try made-up inputs for some time; returns the exit code.

    Args:
        parse: reads one input; it lets through no exception that its parser documents.
        seeds: real inputs.
        argv: the arguments of the script, without its name.
    """
    parser = argparse.ArgumentParser(description="Feed a parser with made-up input.")
    parser.add_argument("--seconds", type=float, default=600.0, help="for how long [600]")
    parser.add_argument("--seed", type=int, default=None, help="the same inputs again [another each time]")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failure.bin"), help="where a failing input is kept")
    said = parser.parse_args(argv)
    seed: int = random.SystemRandom().randrange(1 << 32) if said.seed is None else said.seed
    print(f"fuzz: seed {seed}, {said.seconds:g} seconds", flush=True)
    until = time.monotonic() + said.seconds
    told = time.monotonic()
    slowest = 0.0
    for number, data in enumerate(mutations(seeds, seed)):
        if time.monotonic() >= until:
            print(f"fuzz: {number} inputs, none failed; the slowest took {slowest:.3f} s", flush=True)
            return 0
        if time.monotonic() - told >= _TOLD_EACH_SECONDS:
            told = time.monotonic()
            print(f"fuzz: {number} inputs so far, the slowest took {slowest:.3f} s", flush=True)
        spent = _tried(parse, data)
        if spent is None or spent > LONGEST_SECONDS:
            said.keep.write_bytes(data)
            why = "raised" if spent is None else f"took {spent:.1f} s"
            print(f"fuzz: input {number} of seed {seed} {why}; it is kept as {said.keep}", flush=True)
            return 1
        slowest = max(slowest, spent)
    raise AssertionError  # the inputs have no end


def _tried(parse: Callable[[bytes], object], data: bytes) -> float | None:
    """How many seconds of the processor's time an input took; None where it raised, which is shown."""
    faulthandler.dump_traceback_later(HANGS_SECONDS, exit=True)
    before = time.process_time()
    try:
        parse(data)
    except Exception:  # noqa: BLE001  whatever it is, it is what is looked for
        traceback.print_exc()
        return None
    finally:
        faulthandler.cancel_dump_traceback_later()
    return time.process_time() - before


def first(seeds: Sequence[bytes], seed: int, count: int) -> tuple[bytes, ...]:
    """The first inputs of a seed, for tests."""
    return tuple(itertools.islice(mutations(seeds, seed), count))
