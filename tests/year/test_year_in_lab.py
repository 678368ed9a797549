"""The same year through all that is the product's own: HTTP, the state directory on disk, a webhook over a socket.

Two things are the test's: the clock, and what visitors come to, which follows from the rules that the local AWS holds.
"""

from __future__ import annotations

import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.properties.fake_cloud import FakeResolver
from tests.properties.fake_network import TRACE, Answer, from_edge, from_origin, probing, seen_from
from tests.properties.oracle import span
from tests.year.calendar import EGRESS, FRONT, HOST, NEW, ORIGIN, PERIOD, RUNS, START, STRANGER, Clock

from originlock.facts.probing import Ask, Evidence, Outcome
from originlock.intent.policy import Configuration
from originlock.lab.lists import IPV4, IPV6, Answer as Published, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import empty_group
from originlock.wiring import desk, probing as connections, running
from originlock.wiring.settings import load

pytestmark = [pytest.mark.long, pytest.mark.lab, pytest.mark.timeout(900)]

CONFIGURATION = """
[origins.blog]
security_groups = ["{group}"]
hostnames = ["{host}"]
[origins.blog.network]
foreign = "remove"
[origins.blog.proof]
addresses = ["{origin}"]
[[origins.blog.exceptions]]
source = "192.0.2.200/32"
owner = "ops@example.org"
reason = "audit"
expires = 2027-10-15
[notify.ops]
kind = "webhook"
url = "{webhook}"
"""


class Killed(BaseException):
    """The process is gone."""


class Told(http.server.BaseHTTPRequestHandler):
    """Takes what a webhook is sent."""

    texts: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Keep it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.texts.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as it is named there
        """Nothing."""


@pytest.fixture
def told() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where to tell people, and what they were told."""
    texts: list[dict[str, Any]] = []
    handler = type("Handler", (Told,), {"texts": texts})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", texts
    server.shutdown()
    server.server_close()


@pytest.fixture
def lists() -> Iterator[ListServer]:
    """The edge's lists."""
    with ListServer() as server:
        yield server


class Door:
    """Who gets in, by the rules that AWS holds now."""

    def __init__(self, ec2: AwsClient, group: str) -> None:
        self._ec2, self._group = ec2, group
        self.dies = False
        self.remembered: set[str] | None = None

    def rules(self) -> set[str]:
        """The CIDRs that are let in; as they were remembered, where AWS is not to be asked."""
        if self.remembered is not None:
            return self.remembered
        found = self._ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [self._group]}])
        rules = [each for each in found["SecurityGroupRules"] if not each["IsEgress"]]
        return {str(each.get("CidrIpv4") or each.get("CidrIpv6")) for each in rules}

    def lets_in(self, address: str, rules: set[str] | None = None) -> bool:
        """Whether one of them covers it."""
        version, first, _ = span(f"{address}/32")
        spans = [span(each) for each in (self.rules() if rules is None else rules)]
        return any(version == of and low <= first <= high for of, low, high in spans)

    def answer(self, ask: Ask) -> Answer:
        """What a connection comes to."""
        if self.dies:
            raise Killed
        if ask.path == TRACE:
            return seen_from(STRANGER)
        rules = self.rules()
        if ask.address == ORIGIN:
            open_ = self.lets_in(STRANGER, rules)
            return (Outcome.HTTP, Evidence(status=200)) if open_ else (Outcome.TIMED_OUT, Evidence())
        return from_origin() if all(self.lets_in(each, rules) for each in EGRESS) else from_edge(522)


def open_to_all(ec2: AwsClient, group: str) -> None:
    """By hand."""
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
    )


BUSY = (20, 40, 90, 93, 120, 150, 180, 200, 258, 260, 274, 281, 285, 287)
"""Days on which something happens."""


def at(day: int, hour: int = 0) -> int:
    """The number of the run at a day and an hour."""
    return 4 * day + hour // 6


@pytest.fixture
def year(
    running_aws: LocalAws,
    lists: ListServer,
    told: tuple[str, list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> LabYear:
    """An open group, a configuration, and the product pointed at all of it."""
    running_aws.reset()
    ec2 = running_aws.client("ec2")
    group = empty_group(ec2).group_id
    open_to_all(ec2, group)
    file = tmp_path / "originlock.toml"
    file.write_text(CONFIGURATION.format(group=group, host=HOST, origin=ORIGIN, webhook=told[0]), encoding="utf-8")
    state = {"ORIGINLOCK_STATE_DIR": str(tmp_path / "state")}
    for name, value in {**running_aws.environment, **lists.urls, **state}.items():
        monkeypatch.setenv(name, value)
    clock, door = Clock(), Door(ec2, group)
    monkeypatch.setattr(desk, "SystemClock", lambda: clock)
    monkeypatch.setattr(desk, "SystemResolver", lambda: FakeResolver(FRONT))
    monkeypatch.setattr(connections, "ports", lambda: probing(door.answer, FakeResolver(FRONT)))
    configuration = load(str(file)).decoded.configuration
    assert configuration is not None
    return LabYear(configuration, running_aws, lists, ec2, group, clock, door)


@dataclasses.dataclass
class LabYear:
    """What a year happens to."""

    configuration: Configuration
    aws: LocalAws
    lists: ListServer
    ec2: AwsClient
    group: str
    clock: Clock
    door: Door

    def run(self, number: int, *, dies: bool, denied: bool) -> bool:
        """The run of that number; whether it lived to its end."""
        self.clock.at = max(self.clock.at, START + number * PERIOD)
        _happens(number, self.lists, self.ec2, self.group)
        if denied:
            self.door.remembered = self.door.rules()
            self.aws.add_fault("access-denied", at=1, times=1000)
        self.door.dies = dies
        try:
            running.ran(self.configuration, self.configuration.origins, dry=False, wait_seconds=0)
        except Killed:
            return False
        finally:
            self.aws.clear_faults()
            self.door.dies, self.door.remembered = False, None
        return True


def test_a_year_in_the_lab(year: LabYear, told: tuple[str, list[dict[str, Any]]]) -> None:
    """What holds in memory may not hold over HTTP, on disk, through a socket."""
    deaths, denied = {at(20), at(181), at(260)}, {at(120), at(200), at(200, 6), at(200, 12)}
    for number in _numbers():
        lived = year.run(number, dies=number in deaths, denied=number in denied)
        assert lived is (number not in deaths)
        rules = year.door.rules()
        assert all(year.door.lets_in(each, rules) for each in EGRESS), f"the edge is refused at {year.clock.at}"
        if number not in deaths | denied:
            assert not year.door.lets_in(STRANGER, rules), f"a stranger gets in at {year.clock.at}"
    lines = [f"{notice['on']}: {notice['text']}" for text in told[1] for notice in text["notices"]]
    assert [line.partition(":")[0] for line in lines] == KINDS, "\n".join(lines)


def _numbers() -> list[int]:
    """Every six hours on the days on which something happens and on those after them; else every tenth day.

    A whole year of them takes a quarter of an hour over HTTP; in memory it is tried whole.
    """
    busy = {day + more for day in BUSY for more in range(-1, 4)}
    return [number for number in range(RUNS) if number // 4 in busy or number % 40 == 0]


def _happens(number: int, lists: ListServer, ec2: AwsClient, group: str) -> None:
    """What others do before a run."""
    grown = sorted({*IPV4, NEW})
    match number:
        case _ if number == at(40, 6):
            lists.publish(grown, IPV6)
        case _ if number == at(90):
            for path in ("/client/v4/ips", "/ips-v4", "/ips-v6"):
                lists.answer(path, Published(status=503))
        case _ if number in (at(93), at(150, 12)):
            lists.publish(grown, IPV6)
        case _ if number == at(150):
            lists.publish(grown[::3], IPV6[::3])
        case _ if number in (at(180, 18), at(181)):
            open_to_all(ec2, group)
        case _:
            pass


KINDS = [
    "change",
    *("change", "ranges"),
    *("refused", "refused"),
    *("refused", "refused"),
    *("change", "change"),
    *("failed", "failed"),
    *6 * ("exception",),
    "change",
]
"""The kinds of what people are told, in order."""
