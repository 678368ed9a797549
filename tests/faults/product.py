"""The product as a process: started, waited for within bounds, signalled, and what it leaves behind.

Lives here: running the command line against the local world, and reading the lab's log and the journal as they are.
Must not live here: judging them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests import prefork
from tests.faults.oracle import Entry, Moment

from originlock.lab.calls import Call
from originlock.lab.faults import is_reading

if TYPE_CHECKING:
    from originlock.lab.lists import ListServer
    from originlock.lab.process import LocalAws

LONGEST_RUN: Final = 240.0
"""Seconds within which any run must end by itself; the slowest has botocore's own patience and a dead AWS."""

LONGEST_START: Final = 60.0
"""Seconds within which a run must reach the call that is to hang."""

_OURS: Final = ("AWS_", "ORIGINLOCK_", "BOTO")
_ACTS: Final = {
    "AuthorizeSecurityGroupIngress": "authorize-ingress",
    "RevokeSecurityGroupIngress": "revoke-ingress",
}


@dataclass(frozen=True)
class Ended:
    """A run that has ended: its exit code (below zero: by which signal) and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Running:
    """A run that is under way; its output goes to files, so that no pipe holds it up."""

    process: prefork.Process
    out: Path
    err: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, seconds: float = LONGEST_RUN) -> Ended:
        """Wait for its end; one that does not come is killed, and fails the test."""
        try:
            code = self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        return Ended(code, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"))


@dataclass
class Product:
    """The command line in one folder with one state directory.

    Attributes:
        attempts: botocore's tries of one call; None leaves originlock's own.
    """

    aws: LocalAws
    lists: ListServer
    folder: Path
    state: str = "state"
    attempts: int | None = 2

    @property
    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        tries = {} if self.attempts is None else {"AWS_MAX_ATTEMPTS": str(self.attempts)}
        return {
            **kept,
            **self.aws.environment,
            **self.lists.urls,
            **tries,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "ORIGINLOCK_CONFIG": str(self.folder / "originlock.toml"),
            "ORIGINLOCK_STATE_DIR": str(self.folder / self.state),
        }

    def start(self, *arguments: str) -> Running:
        """Start a run."""
        number = len(list(self.folder.glob("run-*.out")))
        out, err = self.folder / f"run-{number}.out", self.folder / f"run-{number}.err"
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = prefork.start(
                arguments, out=to_out.fileno(), err=to_err.fileno(), env=self._environment, cwd=self.folder
            )
        return Running(process, out, err)

    def run(self, *arguments: str) -> Ended:
        """Run to the end."""
        return self.start(*arguments).wait()

    def start_when_hanging(self, *arguments: str) -> Running:
        """Start a run and return when one of its calls hangs; fails if it ends before."""
        running = self.start(*arguments)
        self.wait_until_hanging(running)
        return running

    def wait_until_hanging(self, running: Running) -> None:
        """Wait until one of its calls hangs; fails if it ends before."""
        until = time.monotonic() + LONGEST_START
        while not self.aws.state().hanging:
            assert not running.ended, f"it ended before its call: {running.wait()}"
            if time.monotonic() > until:
                running.process.kill()
                message = f"no call hangs after {LONGEST_START} s: {running.wait()}"
                raise TimeoutError(message)
            time.sleep(0.01)

    def release(self) -> None:
        """Let go what hangs, and wait until nothing does."""
        self.aws.release()
        until = time.monotonic() + LONGEST_START
        while self.aws.state().hanging:
            assert time.monotonic() < until, "a call still hangs"
            time.sleep(0.01)

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The journal's lines, every one of which must be readable."""
        path = self.folder / self.state / "journal.jsonl"
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        assert not text or text.endswith("\n"), "the journal's last line is torn"
        return [json.loads(line) for line in text.splitlines()]


# --- what the lab saw ------------------------------------------------------------------------------------------------


def moment_of(call: Call) -> Moment | None:
    """The rules after a call; None if it changes nothing, or was not done."""
    if call.ingress is None:
        return None
    return frozenset(
        Entry(
            rule.group_id,
            rule.rule_id,
            rule.protocol,
            rule.from_port,
            rule.to_port,
            rule.source,
            tuple(sorted(rule.tags.items())),
        )
        for rule in call.ingress
    )


def moments_of(calls: Sequence[Call]) -> list[Moment]:
    """The rules after each call that may have changed them."""
    return [moment for call in calls if (moment := moment_of(call)) is not None]


def mutating(calls: Sequence[Call]) -> list[Call]:
    """The calls that change something."""
    return [call for call in calls if not is_reading(call.action)]


Act = tuple[str, str, frozenset[str]]
"""Kind, group, and what it is about: CIDRs with their ports, or ids of rules."""

_RANGE: Final = re.compile(r"IpPermissions\.(\d+)\.(?:IpRanges\.\d+\.CidrIp|Ipv6Ranges\.\d+\.CidrIpv6)")


def asked(call: Call) -> Act:
    """What a call asked for."""
    about = frozenset(
        value for name, value in call.parameters.items() if name.startswith("SecurityGroupRuleId.")
    ) | frozenset(
        f"{call.parameters[f'IpPermissions.{found[1]}.IpProtocol']}"
        f"/{call.parameters[f'IpPermissions.{found[1]}.FromPort']}"
        f"-{call.parameters[f'IpPermissions.{found[1]}.ToPort']} {value}"
        for name, value in call.parameters.items()
        if (found := _RANGE.fullmatch(name))
    )
    return (_ACTS.get(call.action, call.action), call.parameters.get("GroupId", ""), about)


def intended(event: Mapping[str, Any]) -> Act:
    """What a line of the journal says was going to be asked."""
    act = event["act"]
    if act["kind"] == "revoke-ingress":
        return (act["kind"], act["group"], frozenset(rule["id"] for rule in act["rules"]))
    keys = [rule["key"] for rule in act["rules"]]
    about = frozenset(f"{k['protocol']}/{k['from_port']}-{k['to_port']} {k['source']['cidr']}" for k in keys)
    return (act["kind"], act["group"], about)


def by_group(acts: Sequence[Act]) -> dict[str, list[Act]]:
    """Acts of each group in their order; the same one several times in a row (a retry) counts once."""
    found: dict[str, list[Act]] = {}
    for act in acts:
        here = found.setdefault(act[1], [])
        if not here or here[-1] != act:
            here.append(act)
    return found
