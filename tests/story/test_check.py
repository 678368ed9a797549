"""`originlock check` by the real command: what it says of origins that are open, locked, or cannot be judged from here.

All commands run in one world, several at a time, and then one test looks at what they said: tests of their own would be
shared out among workers, each of which would run all commands.
"""

from __future__ import annotations

import datetime
import itertools
import socket
import ssl
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.probe.peers import Peer
from tests.story.site import Ended, Site, Zone, behind_a_firewall, listening, without_routes
from tests.story.stage import FIXED, Stage

from originlock.lab.addresses import EDGE, FRONT_IPV4, STRANGER
from originlock.lab.authority import Leaf, self_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: How many commands run at once: each of them mostly waits for what does not answer.
AT_ONCE: Final = 12

#: What the command promises, whatever the peer does; and how long names may take of it.
BOUND, NAMES = datetime.timedelta(seconds=30), datetime.timedelta(seconds=5)

OPEN, LOCKED, HALF = "www.example.org", "locked.example.org", "half.example.org"

#: Ports at the stranger's host, where peers stand that never come to an end.
TARPIT, DRIP_TLS, DRIP_HTTP = 8101, 8102, 8080

#: Nobody's: what is asked there is never answered.
NOBODY: Final = "198.51.100.254"


@dataclass(frozen=True)
class Case:
    """One run of the command, and how it has to end.

    Attributes:
        arguments: after `check`; ``{}`` stands for the locked origin's name, ``{4}`` and ``{6}`` for its addresses.
        said: what its report has to say somewhere.
        long: whether another case shows nearly as much, so that the quick run leaves it out.
    """

    arguments: str
    code: int
    said: str = ""
    host: str = "operator"
    wrapped: tuple[str, ...] = ()
    long: bool = False

    @property
    def endless(self) -> bool:
        """Whether it meets somebody who never comes to an end."""
        return STRANGER.ipv4[0] in self.arguments or self.wrapped == ("{no-dns}",)


CASES: Final[Mapping[str, Case]] = {
    # --- locked, open -------------------------------------------------------------------------------------------
    "locked": Case(f"{LOCKED} --origin {{}}", 0),
    "locked, by its IPv4 address": Case(f"{LOCKED} --origin {{4}} --port 443", 0, long=True),
    "locked, by its IPv6 address": Case(f"{LOCKED} --origin {{6}} --port 443", 0, long=True),
    "locked, for another stranger": Case(f"{LOCKED} --origin {{4}}", 0, host="office", long=True),
    "admitted, and nobody listens": Case(f"{HALF} --origin half.elb --port 8443", 0, "refused", long=True),
    "open": Case(
        f"{OPEN} --origin open.elb --also mail.{OPEN} --also cdn.{OPEN} --also other.{OPEN}", 3, "answered a stranger"
    ),
    "open, without DNS": Case(f"{OPEN} --origin open.4 --port 443", 3, wrapped=("{no-dns}",), long=True),
    "open by plain HTTP": Case(f"{HALF} --origin half.elb", 3, "with plain HTTP"),
    # --- what cannot be told ------------------------------------------------------------------------------------
    "no origin": Case(f"{LOCKED}", 7, "without --origin"),
    "no address": Case(f"{LOCKED} --origin nowhere.example.org", 7, "has no address to try", long=True),
    "the edge's own address": Case(f"{LOCKED} --origin {FRONT_IPV4[1]}", 7, "one of the edge's own", long=True),
    "not behind an edge": Case("direct.example.org --origin {4}", 7, "not behind an edge"),
    "no IPv6": Case(f"{LOCKED} --origin {{}} --port 443", 7, "no route", host="stranger"),
    "no route at all": Case(f"{LOCKED} --origin {{4}}", 7, "no route", wrapped=("unshare", "-n")),
    "a firewall": Case(f"{LOCKED} --origin {{4}} --port 443", 7, "did not say twice", host="{shut}"),
    "a proxy": Case(
        f"{LOCKED} --origin {{4}} --port 443", 7, "https_proxy", wrapped=("env", "https_proxy=http://192.0.2.99:1")
    ),
    "a proxy, and open": Case(
        f"{OPEN} --origin open.4 --port 443",
        7,
        "ALL_PROXY",
        wrapped=("env", "ALL_PROXY=socks5://192.0.2.99:1"),
        long=True,
    ),
    "the edge's own range": Case(f"{LOCKED} --origin {{4}} --port 443", 7, "own ranges", host="edge"),
    "WARP": Case("warp.example.org --origin {4} --port 443", 7, "WARP"),
    "WARP, and open": Case("warp.example.org --origin open.4 --port 443", 7, "WARP", long=True),
    "two addresses": Case("differs.example.org --origin {4} --port 443", 7, "several addresses"),
    "a private address": Case("private.example.org --origin {4} --port 443", 7, "not public"),
    "a proxy on the way": Case("via.example.org --origin {4} --port 443", 7, "a proxy stands between"),
    "told once": Case("once.example.org --origin {4} --port 443", 7, "did not say twice", long=True),
    "told nothing": Case("mute.example.org --origin {4} --port 443", 7, "did not say twice"),
    # --- peers that never come to an end ------------------------------------------------------------------------
    "a tarpit": Case(f"{LOCKED} --origin {STRANGER.ipv4[0]} --port {TARPIT}", 7, "silence"),
    "a drip of TLS": Case(f"{LOCKED} --origin {STRANGER.ipv4[0]} --port {DRIP_TLS}", 7, long=True),
    "a drip of HTTP": Case(f"{LOCKED} --origin {STRANGER.ipv4[0]} --port {DRIP_HTTP}", 3, "HTTP 200", long=True),
    "a DNS that never answers": Case(f"{LOCKED} --origin nowhere.example.org", 7, wrapped=("{no-dns}",)),
}


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    ended: Ended

    @property
    def probes(self) -> Sequence[Mapping[str, Any]]:
        """Its connections straight to the origin."""
        found: Sequence[Mapping[str, Any]] = self.ended.json["probes"]
        return found


# --- the world --------------------------------------------------------------------------------------------------

_TRACES: Final[Mapping[str, Sequence[str]]] = {
    "warp.example.org": ["ip=192.0.2.10\nwarp=on\n"],
    "differs.example.org": ["ip=192.0.2.10\nwarp=off\n", "ip=192.0.2.11\nwarp=off\n"],
    "private.example.org": ["ip=10.1.2.3\nwarp=off\n"],
    "via.example.org": ["ip=192.0.2.10\nwarp=off\n"],
    "once.example.org": ["ip=192.0.2.10\nwarp=off\n", "nothing\n"],
    "mute.example.org": ["nothing\n"],
}
"""What an edge may say of a visitor, in turn: the lab's own says the plain truth alone."""


def other_edge() -> Callable[[socket.socket], None]:
    """A script that answers as an edge does, at its trace too, with what `_TRACES` has for the name."""
    issued = self_signed(Leaf("edge.example.org", ("edge.example.org",), server=True))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(issued.key_pem + issued.chain_pem)
        file.flush()
        context.load_cert_chain(file.name)
    turns = {name: itertools.cycle(said) for name, said in _TRACES.items()}

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as session:
            asked = b""
            while b"\r\n\r\n" not in asked:
                more = session.recv(4096)
                if not more:
                    return
                asked += more
            name = asked.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
            trace = b" /cdn-cgi/trace " in asked
            body = f"fl=1\nh={name}\n{next(turns[name])}".encode() if trace else b"hello"
            via = "Via: 1.1 proxy.example.org\r\n" if name.startswith("via.") else ""
            head = f"HTTP/1.1 200 OK\r\nServer: cloudflare\r\nCF-RAY: 1-LAB\r\n{via}Content-Length: {len(body)}\r\n\r\n"
            session.sendall(head.encode() + body)

    return answer


def say_nothing(connection: socket.socket) -> None:
    """Take whatever comes."""
    while connection.recv(4096):
        pass


def drip(text: bytes) -> Callable[[socket.socket], None]:
    """A script that says this, a byte at a time, over and over."""

    def answer(connection: socket.socket) -> None:
        for each in itertools.cycle(text):
            connection.sendall(bytes([each]))
            time.sleep(0.2)

    return answer


@contextmanager
def peers(stage: Stage) -> Iterator[None]:
    """Small servers in the lab's hosts."""
    edge = other_edge()
    at = STRANGER.ipv4[0]
    made = [
        Peer(edge, listening(stage, "edge", EDGE.ipv4[0], 443)),
        Peer(say_nothing, listening(stage, "stranger", at, TARPIT)),
        # The head of a handshake record that is never whole.
        Peer(drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"), listening(stage, "stranger", at, DRIP_TLS)),
        Peer(drip(b"HTTP/1.1 200 OK\r\nX-Drip: "), listening(stage, "stranger", at, DRIP_HTTP)),
    ]
    try:
        yield
    finally:
        for each in made:
            each.close()


def _named(zone: Zone, opened: Site) -> None:
    for name in _TRACES:
        zone.record(name, "A", EDGE.ipv4[0])
    zone.record("direct.example.org", "A", STRANGER.ipv4[0])
    zone.record(f"mail.{OPEN}", "A", opened.origin.ipv4)
    zone.record(f"cdn.{OPEN}", "A", opened.origin.ipv4, proxied=True)
    zone.record(f"other.{OPEN}", "A", STRANGER.ipv4[0])


def _line(case: Case, names: Mapping[str, str], no_dns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments, and what stands before them."""
    arguments = case.arguments
    for placeholder, value in names.items():
        arguments = arguments.replace(placeholder, value)
    wrapped = list(no_dns) if case.wrapped == ("{no-dns}",) else list(case.wrapped)
    return ["check", *arguments.split(), "-o", "json"], wrapped


def run_all(stage: Stage, wanted: Sequence[str]) -> Mapping[str, Run]:
    """Make the world, and run these cases in it."""
    with ExitStack() as stack:
        zone = Zone.of(stage, origin_family="any")
        opened, locked, half = (zone.site(f"shop{n}", name) for n, name in enumerate((OPEN, LOCKED, HALF)))
        locked.shut()
        half.shut()
        half.open_to_all(80)
        half.open_to_all(8443)
        stage.running.aws.client("elbv2").create_listener(
            LoadBalancerArn=half.origin.arn, Protocol="HTTP", Port=80, DefaultActions=[FIXED]
        )
        _named(zone, opened)
        names = {
            "{}": locked.origin.dns_name,
            "{4}": locked.origin.ipv4,
            "{6}": locked.origin.ipv6,
            "open.elb": opened.origin.dns_name,
            "open.4": opened.origin.ipv4,
            "half.elb": half.origin.dns_name,
        }
        stack.enter_context(peers(stage))
        stack.enter_context(without_routes(stage, "stranger", 6))
        return _all(locked, wanted, names, _no_dns(stage))


def _no_dns(stage: Stage) -> Sequence[str]:
    """Before a command line: names are asked where nobody ever answers."""
    resolver = stage.folder / "resolv.conf"
    resolver.write_text(f"nameserver {NOBODY}\noptions timeout:30 attempts:5\n", encoding="ascii")
    return ("unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(resolver))


def _all(site: Site, wanted: Sequence[str], names: Mapping[str, str], no_dns: Sequence[str]) -> Mapping[str, Run]:
    def one(name: str) -> tuple[str, Run]:
        case = CASES[name]
        arguments, wrapped = _line(case, names, no_dns)
        host = "office" if case.host == "{shut}" else case.host
        return name, Run(site.run(*arguments, host=host, wrapped=wrapped))

    shut = [name for name in wanted if CASES[name].host == "{shut}"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(pool.map(one, [name for name in wanted if name not in shut]))
    with behind_a_firewall(site.stage, "office"):
        return found | dict(map(one, shut))


# --- what they said ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_what_it_says(stage: Stage, subtests: pytest.Subtests, *, long: bool) -> None:
    """0 locked, 3 open, 7 where this vantage, or the peer, lets nothing be told; within its time, with its keys."""
    runs = run_all(stage, [name for name, case in CASES.items() if case.long is long])
    for name, run in runs.items():
        with subtests.test(name):
            ends_with_what_could_be_told(CASES[name], run)
    for name in (each for each in runs if CASES[each].endless):
        with subtests.test(f"{name}, in time"):
            ends_in_time(run=runs[name])
    for name, said in _MORE.items():
        if name in runs:
            with subtests.test(f"{name}, more"):
                said(runs[name])


def ends_with_what_could_be_told(case: Case, run: Run) -> None:
    """The exit code, the bottom line, and the keys that those who read it rely on."""
    assert run.ended.code == case.code, (run.ended.err, run.ended.out)
    data = run.ended.json
    assert data["locked"] is {0: True, 3: False, 7: None}[case.code]
    assert data["exit_code"] == case.code
    said = "\n".join([*data["remarks"], *(each["said"] + each["way"] for each in data["probes"])])
    assert case.said in said
    assert {"host", "edge", "addresses", "probes", "locked"} <= set(data)
    for each in data["probes"]:
        assert {"address", "port", "sni", "verdict", "evidence"} <= set(each)
        assert each["evidence"]["at"]


def ends_in_time(run: Run) -> None:
    """Half a minute, whatever the peer does: from the first connection to the end of the last, and names before."""
    begun = [datetime.datetime.fromisoformat(each["evidence"]["at"]) for each in run.probes]
    lasted = [datetime.timedelta(seconds=each["evidence"]["seconds"]) for each in run.probes]
    ended = [at + seconds for at, seconds in zip(begun, lasted, strict=True)]
    assert not ended or max(ended) - min(begun) < BOUND - NAMES


def tries_every_way_round(run: Run) -> None:
    """Both families, both ports, the right name, a wrong one and none, certificates of strangers; and names that leak.

    A record that is not proxied shows where to go round the edge; one that leads elsewhere does not.
    """
    assert {each["family"] for each in run.probes} == {"ipv4", "ipv6"}
    assert {each["port"] for each in run.probes} == {80, 443}
    tls = [each for each in run.probes if each["port"] == 443]
    assert {each["sni"] for each in tls} == {OPEN, "originlock-probe.invalid", None}
    assert {each["certificate"] for each in tls} == {"none", "stranger", "look-alike"}
    assert {(each["verdict"], each["evidence"]["status"]) for each in tls} == {("http", 200)}
    assert {each["verdict"] for each in run.probes if each["port"] == 80} == {"timeout"}
    also = {each["name"]: each["leaks"] for each in run.ended.json["also"]}
    assert also == {f"mail.{OPEN}": True, f"cdn.{OPEN}": False, f"other.{OPEN}": False}


def is_stopped_by_silence(run: Run) -> None:
    """The network lock: a SYN that is dropped."""
    assert {(each["verdict"], each["lock"]) for each in run.probes} == {("timeout", "network")}


def is_stopped_by_a_refusal(run: Run) -> None:
    """The network lock, too: nothing that answers stands behind the port."""
    assert {(each["verdict"], each["lock"]) for each in run.probes} == {("refused", "network")}


def is_tried_without_names(run: Run) -> None:
    """Who has no DNS can still be told that the door is open."""
    data = run.ended.json
    assert (data["addresses"], data["edge"]) == ([], None)
    assert {each["verdict"] for each in run.probes} == {"http"}


_MORE: Final[Mapping[str, Callable[[Run], None]]] = {
    "open": tries_every_way_round,
    "locked": is_stopped_by_silence,
    "admitted, and nobody listens": is_stopped_by_a_refusal,
    "open, without DNS": is_tried_without_names,
}
"""What else is to be seen in some of them."""
