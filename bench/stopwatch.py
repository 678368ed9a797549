"""Run one command and say what it took, as one line of JSON: `python -I -S stopwatch.py COMMAND [ARGUMENT ...]`.

Lives here: one process, measured by the operating system's own accounts. Must not live here: any import that makes
this process large. A child begins with the peak memory of whoever started it (execve(2) keeps ru_maxrss), so the one
who starts it must be smaller than anything that is measured.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> None:
    """Measure: wall and CPU seconds, peak memory in KiB of the largest process, exit code."""
    nothing = os.open(os.devnull, os.O_RDWR)
    began = time.perf_counter()
    process = os.posix_spawnp(
        sys.argv[1],
        sys.argv[1:],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, nothing, 1)],
    )
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    cpu = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_kib": usage.ru_maxrss, "code": code}))


if __name__ == "__main__":
    main()
