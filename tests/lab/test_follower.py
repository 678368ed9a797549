"""Whoever follows the local AWS learns of each change before its answer, and cannot stop it."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from typing import TYPE_CHECKING, Self

import pytest

from originlock.lab.blueprint import Blueprint, decoded
from originlock.lab.process import LocalAws
from originlock.lab.world import tcp
from originlock.lab.world_balancers import Wish, served_load_balancer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from originlock.lab.world_balancers import ServedLoadBalancer

LONG = 60.0


class Following:
    """A follower that keeps what it is told, and answers as it is asked to."""

    def __init__(self, path: Path) -> None:
        self.told: queue.Queue[Blueprint] = queue.Queue()
        self.answer: bytes | None = b'{"applied": true}\n'
        self._held: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                held, _ = self._listening.accept()
            except OSError:
                return
            self._held.append(held)
            threading.Thread(target=self._read, args=(held,), daemon=True).start()

    def _read(self, held: socket.socket) -> None:
        with held, held.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                self.told.put(decoded(line))
                if self.answer is not None:
                    held.sendall(self.answer)

    def hang_up(self) -> None:
        """Close all connections."""
        while self._held:
            with contextlib.suppress(OSError):
                self._held.pop().shutdown(socket.SHUT_RDWR)

    def newest(self) -> Blueprint:
        """What was told last, by now."""
        found = [self.told.get(timeout=LONG)]
        while not self.told.empty():
            found.append(self.told.get())
        return found[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Go away."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the follower is to listen."""
    return tmp_path_factory.mktemp("follower") / "socket"


@pytest.fixture(scope="module")
def followed(path: Path) -> Iterator[LocalAws]:
    """A local AWS that is to be followed."""
    with LocalAws(follower=path) as aws:
        yield aws


@pytest.fixture
def follower(path: Path) -> Iterator[Following]:
    """A follower that has just come up."""
    path.unlink(missing_ok=True)
    with Following(path) as made:
        yield made


@pytest.fixture
def shop(followed: LocalAws, follower: Following) -> ServedLoadBalancer:
    """A load balancer that the follower knows."""
    followed.reset()
    made = served_load_balancer(followed.client("ec2"), followed.client("elbv2"), Wish(targets=0))
    assert follower.newest() == followed.blueprint()
    return made


def admit(aws: LocalAws, shop: ServedLoadBalancer, cidr: str) -> None:
    """Let a range in."""
    aws.client("ec2").authorize_security_group_ingress(
        GroupId=shop.group_ids[0], IpPermissions=[tcp(443, ipv4=[(cidr, None)])]
    )


def admitted(blueprint: Blueprint) -> list[str]:
    """Who is let in."""
    return [cidr for each in blueprint.balancers for admission in each.admissions for cidr in admission.cidrs]


def test_a_change_is_told_before_its_answer(followed: LocalAws, follower: Following, shop: ServedLoadBalancer) -> None:
    """Once, and nothing is told that changes nothing; who reads after a write finds it in force."""
    admit(followed, shop, "192.0.2.0/24")
    assert follower.told.qsize() == 1
    assert admitted(follower.newest()) == ["192.0.2.0/24"]
    followed.client("ec2").create_security_group(GroupName="other", Description="x", VpcId=shop.network.vpc_id)
    followed.client("ec2").describe_security_groups()
    assert follower.told.empty()


@pytest.mark.usefixtures("shop")
def test_settings_and_resets_are_told(followed: LocalAws, follower: Following) -> None:
    """The world after a reset is empty."""
    followed.settings(stale_revocations_refuse=False)
    assert not follower.newest().behaviour.stale_revocations_refuse
    followed.reset()
    assert follower.newest() == Blueprint()


def test_a_follower_that_is_absent_stops_nothing(
    followed: LocalAws, follower: Following, shop: ServedLoadBalancer, path: Path
) -> None:
    """Whoever comes later is told at the next change."""
    follower.end()
    admit(followed, shop, "192.0.2.0/24")
    path.unlink()
    admit(followed, shop, "192.0.2.1/32")
    with Following(path) as late:
        admit(followed, shop, "192.0.2.2/32")
        assert admitted(late.newest()) == ["192.0.2.0/24", "192.0.2.1/32", "192.0.2.2/32"]


def test_a_follower_that_starts_anew_is_told_again(
    followed: LocalAws, follower: Following, shop: ServedLoadBalancer
) -> None:
    """A broken connection is replaced at the next change."""
    follower.hang_up()
    admit(followed, shop, "192.0.2.0/24")
    assert admitted(follower.newest()) == ["192.0.2.0/24"]


@pytest.mark.parametrize(
    "answer", [None, b"what?\n", json.dumps({"applied": False, "why": "no port"}).encode() + b"\n"]
)
def test_what_is_not_acknowledged_is_told_again(
    followed: LocalAws, follower: Following, shop: ServedLoadBalancer, answer: bytes | None
) -> None:
    """At the next change, or the next call that may change something, after a wait that is bounded."""
    followed.settings(follower_seconds=0.2)
    follower.answer = answer
    admit(followed, shop, "192.0.2.0/24")
    assert admitted(follower.newest()) == ["192.0.2.0/24"]
    follower.answer = b'{"applied": true}\n'
    followed.settings(follower_seconds=LONG)
    assert admitted(follower.newest()) == ["192.0.2.0/24"]
    followed.client("ec2").create_security_group(GroupName="other", Description="x", VpcId=shop.network.vpc_id)
    assert follower.told.empty()


@pytest.mark.usefixtures("shop")
def test_whoever_asks_is_told(followed: LocalAws, follower: Following) -> None:
    """A follower that has forgotten everything can be told by the control room."""
    follower.hang_up()
    followed.push(anew=True)
    assert follower.newest() == followed.blueprint()


def test_the_answer_may_come_before_the_effect(
    followed: LocalAws, follower: Following, shop: ServedLoadBalancer
) -> None:
    """With propagation_ms; and changes take effect in their order."""
    followed.settings(propagation_ms=300)
    for number in range(3):
        admit(followed, shop, f"192.0.2.{number}/32")
        # Each is told later than it is answered.
        assert len(admitted(followed.blueprint())) == number + 1
    told = [admitted(follower.told.get(timeout=LONG)) for _ in range(3)]
    assert [len(each) for each in told] == [1, 2, 3]


def test_a_follower_may_call_the_local_aws(
    followed: LocalAws, follower: Following, shop: ServedLoadBalancer, path: Path
) -> None:
    """As a load balancer that writes its logs while it follows: that must not wait for the follower."""
    follower.end()
    path.unlink()
    s3 = followed.client("s3", attempts=1, read_timeout=LONG)

    class Writing(Following):
        def _read(self, held: socket.socket) -> None:
            with held, held.makefile("rb") as lines:
                for line in lines:
                    s3.list_buckets()
                    self.told.put(decoded(line))
                    held.sendall(b'{"applied": true}\n')

    with Writing(path) as writing:
        admit(followed, shop, "192.0.2.0/24")
        assert admitted(writing.newest()) == ["192.0.2.0/24"]
