"""A steady load, as a program of its own: a new TCP and TLS connection for each request, from one host of the lab.

`python load.py RATE NAME ADDRESS...` asks https://NAME/ at each address in turn, RATE times a second in all, until its
standard input ends; then it prints {"asked": N, "lost": [WHY...]}. A connection that is not there within 0.3 s is
lost: a SYN that is dropped is sent again after a second, and who waits that long does not see the gap.
"""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import sys
import threading
import time

#: Each asks its share; as many connections can be under way at once.
THREADS = 8
CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 30.0


def ask(context: ssl.SSLContext, name: str, address: str) -> None:
    """One request; raises OSError."""
    with socket.create_connection((address, 443), timeout=CONNECT_SECONDS) as plain:
        plain.settimeout(ANSWER_SECONDS)
        with context.wrap_socket(plain, server_hostname=name) as secure:
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            answer = secure.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200"):
        message = f"answered {answer[:40]!r}"
        raise OSError(message)


def main() -> None:
    """Ask until standard input ends."""
    rate, name, addresses = float(sys.argv[1]), sys.argv[2], itertools.cycle(sys.argv[3:])
    context, ended, lock = ssl.create_default_context(), threading.Event(), threading.Lock()
    asked, lost = 0, []

    def work() -> None:
        nonlocal asked
        due = time.monotonic()
        while not ended.is_set():
            with lock:
                asked += 1
                address = next(addresses)
            try:
                ask(context, name, address)
            except OSError as error:
                lost.append(f"{address}: {error}")
            due += THREADS / rate
            ended.wait(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps({"asked": asked, "lost": lost}) + "\n")


if __name__ == "__main__":
    main()
