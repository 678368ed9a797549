"""The demo, `python -m originlock.lab.demo`: an open load balancer is locked to Cloudflare, before your eyes.

Lives here: the story and its checks. The commands are the real ones, run as processes, against a local AWS and a
local publisher of lists; every number is read. Must not live here: how anything is shown, run or read
(see `demo_terminal`, `demo_stage`, `demo_group`, `demo_ranges`).
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from originlock.lab.demo_group import LOCKED_PORT, Rules, as_found, before_and_after, opened_by, rules_of, wanted
from originlock.lab.demo_ranges import Published, ranges_to_play_with
from originlock.lab.demo_stage import Stage, UnexpectedError
from originlock.lab.demo_terminal import Terminal
from originlock.lab.lists import API_PATH, IPV4_PATH, IPV6_PATH, Answer, ListServer
from originlock.lab.process import LabStartError, LocalAws
from originlock.lab.world import OFFICE, OpenLoadBalancer, open_load_balancer
from originlock.report.document import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ADDED: Final = "198.51.100.0/24"
"""A range that Cloudflare does not have: one for documentation (RFC 5737)."""

_ERROR_PAGE: Final = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>...</body></html>\n"

_CONFIGURATION: Final = """\
[origins.blog]
edge = "cloudflare"
region = "{region}"
security_groups = ["{group}"]

[origins.blog.network]
ports = [443]
foreign = "remove"

[[origins.blog.exceptions]]
source = "{office}"
owner = "ops@example.org"
reason = "office"
expires = {expires}
"""

_EXIT_DONE, _EXIT_PENDING, _EXIT_REFUSED, _EXIT_INTERRUPTED = 0, 3, 4, 130
"""As the table of exit codes has them."""


class Demo:
    """One performance."""

    def __init__(self, stage: Stage) -> None:
        """Stand on the stage; the load balancer is made in `open`."""
        self.stage = stage
        self.terminal = stage.terminal
        self.ec2 = stage.aws.client("ec2")

    def play(self) -> None:
        """Tell the whole story; raises UnexpectedError where something goes otherwise."""
        balancer = self.open()
        group = balancer.group_id
        open_rules = rules_of(self.ec2, group)
        published = self.publish()
        self.configure(group)
        locked = self.lock(group, open_rules, published)
        self.follow(group, locked, published)
        self.survive(group)

    def open(self) -> OpenLoadBalancer:
        """Make the load balancer as people have it."""
        self.terminal.heading(1, "A load balancer that everybody can reach")
        balancer = open_load_balancer(self.ec2, self.stage.aws.client("elbv2"))
        self.terminal.say(f"Made in the local AWS: {balancer.dns_name}")
        self.terminal.say(f"with security group {balancer.group_id}:")
        self.terminal.rows(as_found(rules_of(self.ec2, balancer.group_id)))
        self.terminal.say("Cloudflare stands in front of it, and anybody can walk round.")
        return balancer

    def publish(self) -> Published:
        """Get Cloudflare's ranges and publish them here."""
        self.terminal.heading(2, "What Cloudflare publishes")
        published = ranges_to_play_with(self.stage.folder)
        self.stage.lists.publish(published.ipv4, published.ipv6)
        self.terminal.say(f"{len(published.ipv4)} IPv4 and {len(published.ipv6)} IPv6 ranges: {published.said}.")
        self.terminal.say(f"From now on published at {self.stage.lists.url}, in both of Cloudflare's forms.")
        return published

    def configure(self, group: str) -> None:
        """Write the configuration and show it."""
        self.terminal.heading(3, "What should be: originlock.toml")
        today = datetime.datetime.now(datetime.UTC).date()
        text = _CONFIGURATION.format(
            region=self.stage.aws.region,
            group=group,
            office=OFFICE,
            expires=datetime.date(today.year + 1, 3, 31),
        )
        (self.stage.folder / "originlock.toml").write_text(text, encoding="utf-8")
        self.terminal.block(text.splitlines())

    def lock(self, group: str, before: Rules, published: Published) -> Rules:
        """Plan, apply, and look."""
        self.terminal.heading(4, "Plan: nothing is written to AWS")
        self.stage.run("plan", expect=_EXIT_PENDING)
        self.must_be(rules_of(self.ec2, group) == before, "the plan changed rules")
        self.terminal.heading(5, "Apply: widen, prove, narrow, prove")
        self.stage.run("apply", "--yes", expect=_EXIT_DONE)
        after = rules_of(self.ec2, group)
        kept = opened_by(before) - {(LOCKED_PORT, "0.0.0.0/0"), (LOCKED_PORT, "::/0")}
        self.must_be(opened_by(after) == wanted(published.cidrs, kept), "other rules than wanted are there")
        self.terminal.gap()
        self.terminal.say("Before and after, read from AWS:")
        self.terminal.rows(before_and_after(before, after))
        self.stage.run("history", expect=_EXIT_DONE)
        return after

    def follow(self, group: str, before: Rules, published: Published) -> None:
        """Change the published list by one range each way, and follow it."""
        self.terminal.heading(6, "Cloudflare's list changes")
        removed = published.ipv4[-1]
        ipv4 = (*published.ipv4[:-1], _ADDED)
        self.stage.lists.publish(ipv4, published.ipv6)
        self.terminal.say(f"Published now: {_ADDED} is new (made up), {removed} is gone.")
        self.stage.run("plan", expect=_EXIT_PENDING)
        self.stage.run("apply", "--yes", expect=_EXIT_DONE)
        after = rules_of(self.ec2, group)
        should = (opened_by(before) - {(LOCKED_PORT, removed)}) | {(LOCKED_PORT, _ADDED)}
        self.must_be(opened_by(after) == should, "the rules did not follow the list")
        self.terminal.gap()
        self.terminal.rows(before_and_after(before, after))

    def survive(self, group: str) -> None:
        """Publish an error page, and see that nothing happens."""
        self.terminal.heading(7, "A bad day: an HTML error page where the list should be")
        before = rules_of(self.ec2, group)
        page = Answer(headers=(("Content-Type", "text/html"),), body=_ERROR_PAGE)
        for path in (API_PATH, IPV4_PATH, IPV6_PATH):
            self.stage.lists.answer(path, page)
        self.stage.run("apply", "--yes", expect=_EXIT_REFUSED)
        after = rules_of(self.ec2, group)
        self.must_be(before == after, "a refused list changed rules")
        self.terminal.gap()
        self.terminal.say(f"Bad input changes nothing: the same {len(after)} rules are there.", Tone.GOOD)
        self.terminal.say("A script that trusts what it fetched would have revoked them.")

    def must_be(self, so: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise UnexpectedError if it is not so."""
        if not so:
            raise UnexpectedError(otherwise)


@contextlib.contextmanager
def _set_up(terminal: Terminal) -> Iterator[Stage]:
    """Build the stage, and take it down whatever happens."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="originlock-demo-")))
        lists = stack.enter_context(ListServer())
        # The server inherits the mask: a Ctrl-C in the terminal is for the demo, which then ends the server.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            aws = stack.enter_context(LocalAws())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        yield Stage(terminal, folder, aws, lists)


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    """End in order; a second signal must not stop the taking down."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _performed(terminal: Terminal) -> int:
    began = time.monotonic()
    terminal.say("originlock: a demo in a local world", Tone.TITLE)
    terminal.say(
        "No AWS account is touched. AWS is moto, in a process of its own on this machine, corrected where it "
        "differs from AWS; the credentials are dummies. The commands are the real ones."
    )
    with _set_up(terminal) as stage:
        Demo(stage).play()
    terminal.gap()
    terminal.say(f"Done in {time.monotonic() - began:.0f} s; everything is taken down again.", Tone.TITLE)
    terminal.say("Next: the first steps with an account of yours are in README.md.")
    return _EXIT_DONE


def main() -> int:
    """Play; returns the exit code."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        # Our own boto3 clients are given everything; a profile of the person's must not disturb them.
        del os.environ[name]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    terminal = Terminal()
    try:
        return _performed(terminal)
    except KeyboardInterrupt:
        terminal.gap()
        terminal.say("Interrupted; everything is taken down again.")
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever watched has gone (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (UnexpectedError, LabStartError) as error:
        terminal.gap()
        terminal.say(f"THE DEMO FAILED: {error}", Tone.BAD)
        return 1


if __name__ == "__main__":
    sys.exit(main())
