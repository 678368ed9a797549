"""The ground that programs are measured on: the lab's AWS or the stand-in, the published lists, a clean environment.

Lives here: servers, groups, environments, and how originlock and the other programs are called.
Must not live here: what is compared with what.
"""

from __future__ import annotations

import compileall
import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contest import Pairs, Taken, taken
from ec2_stand_in import STATE_PATH

import originlock
from originlock.lab import lists, world
from originlock.lab.lists import ListServer
from originlock.lab.process import AwsClient, LocalAws

HERE: Final = Path(__file__).resolve().parent

ORIGINLOCK: Final = (sys.executable, "-m", "originlock", "apply", "--yes")
BOTO3_PROGRAM: Final = (sys.executable, str(HERE / "boto3_program.py"))
CRON_SCRIPT: Final = ("bash", str(HERE / "cron_script.sh"))

FILL: Final = "fill"
NO_CHANGE: Final = "no change"
CHANGE: Final = "one in, one out"

PUBLISHED: Final = {
    FILL: lists.IPV4,
    NO_CHANGE: lists.IPV4,
    # The range that comes in is for documentation (RFC 5737).
    CHANGE: (*lists.IPV4[:-1], "198.51.100.0/24"),
}
"""What happens to a group, in this order, with the IPv4 list that is published then: the group is empty, it is right,
the list has one range less and one more."""

_FOREIGN: Final = ("AWS_", "ORIGINLOCK_", "PYTHON")
"""Variables of whoever runs the bench that would change what is measured."""


def environment(endpoint: Mapping[str, str], publisher: ListServer, state: Path) -> dict[str, str]:
    """The environment of everything that is measured; pacing is off, or it would be measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    here = {
        "ORIGINLOCK_STATE_DIR": str(state),
        "ORIGINLOCK_CONFIG": os.devnull,
        "ORIGINLOCK_LIMITS_CHANGES_PER_SECOND": "0",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return {**kept, **endpoint, **publisher.urls, **here}


def compile_bytecode() -> None:
    """Have originlock's bytecode on disk, as an installation has it; that of the others pip has put there."""
    compileall.compile_dir(Path(originlock.__file__).parent, quiet=2)


# --- the lab -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Ground:
    """The lab's AWS, the lists, a folder for state, and what is run there."""

    aws: LocalAws
    publisher: ListServer
    folder: Path
    ec2: AwsClient
    vpc: str
    path: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def group(self, tags: Mapping[str, str] | None = None) -> str:
        """A new, empty group."""
        return world.empty_group(self.ec2, name=f"bench-{next(self.numbers)}", vpc_id=self.vpc, tags=tags).group_id

    def run(self, command: tuple[str, ...], *target: str) -> Taken:
        """Run a program on a target, with a state directory of the target's own."""
        here = environment(self.aws.environment, self.publisher, self.folder / target[-1])
        return taken((*command, *target), {**here, "PATH": self.path})

    def calls_of(self, command: tuple[str, ...], *target: str) -> tuple[Taken, int]:
        """The same, with the number of calls to AWS."""
        before = self.aws.state().calls
        found = self.run(command, *target)
        return found, self.aws.state().calls - before

    def check(self, act: str, groups: list[str]) -> None:
        """See that these groups admit just what is published then: a wrong program is not to be measured.

        Raises:
            RuntimeError: they do not.
        """
        wanted = {*PUBLISHED[act], *lists.IPV6}
        for answer in self.ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]:
            admitted = {
                each.get("CidrIp") or each.get("CidrIpv6")
                for permission in answer["IpPermissions"]
                for each in (*permission["IpRanges"], *permission["Ipv6Ranges"])
            }
            if admitted != wanted:
                message = f"{answer['GroupId']} admits {sorted(admitted)} instead of {sorted(wanted)}"
                raise RuntimeError(message)

    def duel(
        self, theirs: tuple[str, ...], rounds: int, *, warm_up: bool = True
    ) -> tuple[dict[str, Pairs], dict[str, tuple[int, int]]]:
        """Originlock and another program through the acts in alternation, each on groups of its own.

        Returns:
            The pairs of each act, without those of the warm-up; and how many calls to AWS each made at most.
        """
        pairs: dict[str, Pairs] = {act: [] for act in PUBLISHED}
        calls: dict[str, tuple[int, int]] = dict.fromkeys(PUBLISHED, (0, 0))
        for number in range(-warm_up, rounds):
            mine, other = self.group(), self.group()
            for act, ipv4 in PUBLISHED.items():
                self.publisher.publish(ipv4=ipv4)
                ours, our_calls = self.calls_of((*ORIGINLOCK, "--security-group"), mine)
                their, their_calls = self.calls_of(theirs, other)
                self.check(act, [mine, other])
                calls[act] = (max(calls[act][0], our_calls), max(calls[act][1], their_calls))
                if number >= 0:
                    pairs[act].append((ours, their))
        return pairs, calls


@contextmanager
def ground(path: str = os.environ["PATH"]) -> Iterator[Ground]:
    """The lab, started; its programs are found on this path."""
    compile_bytecode()
    with (
        tempfile.TemporaryDirectory(prefix="originlock-bench-") as folder,
        LocalAws() as aws,
        ListServer() as publisher,
    ):
        ec2 = aws.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        yield Ground(aws, publisher, Path(folder), ec2, vpc, path)


# --- the stand-in --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandInState:
    """What the stand-in was asked since it last said so, and how many groups admit what.

    Attributes:
        calls, errors: numbers by action and by EC2's error code.
        most_throttled: how often one action on one group was told to come later, at most.
        longest_wait: seconds from when an action on a group was asked for first until it was done, at most.
        groups: how many admit just these CIDRs, or name just these prefix lists.
        lists: the entries of each prefix list.
    """

    calls: Mapping[str, int]
    errors: Mapping[str, int]
    most_throttled: int
    longest_wait: float
    groups: Mapping[frozenset[str], int]
    lists: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Where:
    """What is beside AWS: the lists, a folder for state, and the PATH on which programs are found."""

    publisher: ListServer
    folder: Path
    path: str


@contextmanager
def beside(path: str = os.environ["PATH"]) -> Iterator[Where]:
    """All but AWS."""
    compile_bytecode()
    with tempfile.TemporaryDirectory(prefix="originlock-bench-") as folder, ListServer() as publisher:
        yield Where(publisher, Path(folder), path)


@dataclass(frozen=True, slots=True)
class Acted:
    """One act on all groups of the stand-in."""

    act: str
    taken: Taken
    state: StandInState


@dataclass(slots=True)
class StandIn:
    """A stand-in that runs, with so many groups, which all carry `tag`."""

    url: str
    tag: str
    size: int

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that send an AWS client there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def state(self) -> StandInState:
        """Ask it."""
        # Never through a proxy of the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + STATE_PATH, timeout=30) as answer:
            found = json.load(answer)
        groups = {frozenset(text.split()): number for text, number in found.pop("groups").items()}
        return StandInState(**found, groups=groups)

    def act(self, act: str, command: tuple[str, ...], where: Where) -> Acted:
        """Run a program on all groups by their tag while the list of this act is published.

        Raises:
            RuntimeError: a group is not right afterwards.
        """
        acted = self.run(act, (*command, "--tag", self.tag), where)
        if acted.state.groups != {frozenset((*PUBLISHED[act], *lists.IPV6)): self.size}:
            message = f"{' '.join(command)} left groups that are not right"
            raise RuntimeError(message)
        return acted

    def run(self, act: str, command: tuple[str, ...], where: Where) -> Acted:
        """Run a program while the list of this act is published; what it leaves is the caller's to look at."""
        where.publisher.publish(ipv4=PUBLISHED[act])
        here = environment(self.environment, where.publisher, where.folder / str(self.size))
        self.state()
        found = taken(command, {**here, "PATH": where.path})
        return Acted(act, found, self.state())


@contextmanager
def stand_in(groups: int, *, listed: bool = False, **options: float) -> Iterator[StandIn]:
    """The stand-in in a process of its own; its options are named as Python has it, `latency_ms` for example."""
    tag = "bench=yes"
    command = [sys.executable, str(HERE / "ec2_stand_in.py"), "--tag", tag, "--groups", str(groups)]
    command += ["--listed"] if listed else []
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdin is None or process.stdout is None:
            message = "the stand-in has no pipes"
            raise RuntimeError(message)
        try:
            yield StandIn(json.loads(process.stdout.readline())["url"], tag, groups)
        finally:
            process.stdin.close()
