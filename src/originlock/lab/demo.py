"""The demo, `python -m originlock.lab.demo`: an open load balancer is locked to Cloudflare, before your eyes.

Lives here: the story and its checks. The commands are the real ones, run as processes in a lab; every number is read,
every visit is a real connection. Must not live here: how anything is shown, run, made or read (see `demo_terminal`,
`demo_stage`, `demo_site`, `demo_visit`, `demo_attack`, `demo_group`, `demo_ranges`).
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from originlock.errors import StateError
from originlock.lab import demo_attack, running
from originlock.lab.addresses import OFFICE
from originlock.lab.demo_group import LOCKED_PORT, Rules, as_found, before_and_after, opened_by, rules_of, wanted
from originlock.lab.demo_ranges import Published, ranges_to_play_with
from originlock.lab.demo_site import HOSTNAME, NAME, Site, open_site
from originlock.lab.demo_stage import Stage, UnexpectedError
from originlock.lab.demo_terminal import Row, Terminal
from originlock.lab.folder import Folder
from originlock.lab.process import LabStartError
from originlock.report.document import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ADDED: Final = "192.0.2.128/25"
"""A range that Cloudflare does not have: one for documentation (RFC 5737)."""

_LEFT: Final = 3
"""How many ranges of each family are left of the list on a bad day."""

_CONFIGURATION: Final = """\
[origins.blog]
edge = "cloudflare"
region = "{region}"
load_balancer = "{name}"
{hostnames}
[origins.blog.network]
foreign = "remove"

[[origins.blog.exceptions]]
source = "{office}/32"
owner = "ops@example.org"
reason = "office"
expires = {expires}
"""

_EXIT_DONE, _EXIT_PENDING, _EXIT_REFUSED, _EXIT_INTERRUPTED = 0, 3, 4, 130
"""As the table of exit codes has them."""

_SERVED: Final = "HTTP 200"


class Demo:
    """One performance."""

    def __init__(self, stage: Stage) -> None:
        """Stand on the stage; the load balancer is made in `open`."""
        self.stage = stage
        self.terminal = stage.terminal
        self.ec2 = stage.lab.aws.client("ec2")

    def play(self) -> None:
        """Tell the whole story; raises UnexpectedError where something goes otherwise."""
        site = self.open()
        open_rules = rules_of(self.ec2, site.group_id)
        published = self.publish()
        self.configure()
        locked = self.lock(site, open_rules, published)
        if self.stage.filtered:
            self.prove(site)
            self.meet_another_customer(site)
            self.demand_a_certificate()
        self.follow(site, locked, published)
        self.survive(site, published)

    def open(self) -> Site:
        """Make the load balancer as people have it, and see who gets in."""
        self.terminal.heading(1, "A load balancer that everybody can reach")
        site = open_site(self.stage.lab)
        self.terminal.say(f"Made in the local AWS: {site.dns_name}")
        self.terminal.say(f"behind the lab's Cloudflare as {HOSTNAME}, with security group {site.group_id}:")
        self.terminal.rows(as_found(rules_of(self.ec2, site.group_id)))
        if self.stage.filtered:
            self.visits(site, stranger=_SERVED)
            self.terminal.say("Whoever learns the load balancer's name walks round Cloudflare.", Tone.BAD)
            self.stage.run("check", HOSTNAME, "--origin", site.dns_name, expect=_EXIT_PENDING)
        else:
            self.terminal.say(f"Packets are not filtered here: {self.stage.lab.state.why_not}.", Tone.WARNING)
            self.terminal.say("Listeners are on the loopback address; who may connect is read back, and not tried.")
            self.loopback(site)
        return site

    def visits(self, site: Site, *, stranger: str) -> None:
        """Three visits, shown; raises UnexpectedError where one goes otherwise."""
        straight = site.addresses[0]
        found = (
            ("a visitor", f"through Cloudflare, {HOSTNAME}", self.stage.visited("stranger", HOSTNAME), _SERVED),
            ("a stranger", f"straight to {straight}", self.stage.visited("stranger", HOSTNAME, straight), stranger),
            ("the office", f"straight to {straight}", self.stage.visited("office", HOSTNAME, straight), _SERVED),
        )
        self.terminal.gap()
        self.terminal.rows([Row(("WHO", "HOW", "WHAT CAME")), *(Row((who, how, came)) for who, how, came, _ in found)])
        for who, how, came, expected in found:
            self.must_be(came == expected, f"{who}, {how}: {came}; it should have been {expected}")

    def loopback(self, site: Site) -> None:
        """The listener answers; that is all that can be tried without filters."""
        ports = {(each["address"], each["port"]): each["is_at"] for each in self.stage.lab.status()["loopback"]}
        address, _, port = ports[site.addresses[0], 443].partition(":")
        came = self.stage.visited("stranger", HOSTNAME, address, port)
        self.terminal.say(f"{HOSTNAME} at {address}:{port}: {came}")
        self.must_be(came == _SERVED, f"the listener answered {came}")

    def publish(self) -> Published:
        """Get Cloudflare's ranges and publish them here."""
        self.terminal.heading(2, "What Cloudflare publishes")
        published = ranges_to_play_with(self.stage.folder)
        self.say_published(published.ipv4, published.ipv6)
        self.terminal.say(f"{len(published.ipv4)} IPv4 and {len(published.ipv6)} IPv6 ranges: {published.said}.")
        self.terminal.say("From now on published by the lab's Cloudflare, in both of its forms.")
        return published

    def say_published(self, ipv4: tuple[str, ...], ipv6: tuple[str, ...]) -> None:
        """Let the lab's Cloudflare publish a list."""
        self.stage.lab.cloudflare.post("ranges", {"ipv4": list(ipv4), "ipv6": list(ipv6)})

    def configure(self) -> None:
        """Write the configuration and show it."""
        self.terminal.heading(3, "What should be: originlock.toml")
        today = datetime.datetime.now(datetime.UTC).date()
        text = _CONFIGURATION.format(
            region=self.stage.lab.aws.region,
            name=NAME,
            hostnames=f'hostnames = ["{HOSTNAME}"]\n' if self.stage.filtered else "",
            office=OFFICE.ipv4[0],
            expires=datetime.date(today.year + 1, 3, 31),
        )
        (self.stage.folder / "originlock.toml").write_text(text, encoding="utf-8")
        self.terminal.block(text.splitlines())

    def lock(self, site: Site, before: Rules, published: Published) -> Rules:
        """Plan, apply, and look."""
        group = site.group_id
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
        return after

    def prove(self, site: Site) -> None:
        """See who gets in now, and have it verified."""
        self.terminal.heading(6, "Who gets in now")
        self.visits(site, stranger="no answer (timed out)")
        self.stage.run("verify", expect=_EXIT_DONE)

    def meet_another_customer(self, site: Site) -> None:
        """See somebody else's zone at Cloudflare come in from the very ranges that are let in."""
        self.terminal.heading(7, "Another customer of Cloudflare")
        demo_attack.attack(self.stage, site)
        self.terminal.say(
            "Anybody can have a zone at Cloudflare, point it at this load balancer, and have it asked by the name of "
            "this site. Its connections come from the ranges that are let in."
        )
        self.zones(refused=False)
        self.terminal.say("Whatever your own zone keeps out comes in through theirs.", Tone.BAD)

    def demand_a_certificate(self) -> None:
        """Have the listener ask for a certificate that our own zone alone can present."""
        self.terminal.heading(8, "The identity lock: who may speak")
        with (self.stage.folder / "originlock.toml").open("a", encoding="utf-8") as file:
            file.write(demo_attack.CONFIGURATION)
        self.terminal.say("Added to originlock.toml:")
        self.terminal.block(demo_attack.CONFIGURATION.strip().splitlines())
        self.stage.passphrase.write_text(secrets.token_urlsafe(), encoding="ascii")
        self.stage.passphrase.chmod(0o600)
        self.stage.run("ca", "init", "blog", expect=_EXIT_DONE)
        self.stage.run("ca", "issue", "blog", "edge", expect=_EXIT_DONE)
        self.stage.run("apply", "--yes", expect=_EXIT_DONE, told=demo_attack.in_short)
        self.terminal.say("(Its progress, and what it read back, are left out here.)", Tone.QUIET)
        self.zones(refused=True)
        self.terminal.say("Same addresses, another certificate: the load balancer resets it.", Tone.GOOD)

    def zones(self, *, refused: bool) -> None:
        """Visit both zones, shown; raises UnexpectedError where one goes otherwise."""
        found = demo_attack.visits(self.stage)
        self.terminal.gap()
        self.terminal.rows(
            [
                Row(("THROUGH CLOUDFLARE", "WHOSE ZONE", "WHAT CAME")),
                Row((HOSTNAME, "ours", found.ours)),
                Row((demo_attack.ATTACKER, "somebody else's, to our origin", found.theirs)),
            ]
        )
        self.must_be(found.ours == _SERVED, f"a visitor of ours: {found.ours}")
        expected = demo_attack.REFUSED if refused else {_SERVED}
        self.must_be(found.theirs in expected, f"the other zone: {found.theirs}")

    def follow(self, site: Site, before: Rules, published: Published) -> None:
        """Change the published list by one range each way, and follow it."""
        self.terminal.heading(9 if self.stage.filtered else 7, "Cloudflare's list changes")
        removed = published.ipv4[-1]
        self.say_published((*published.ipv4[:-1], _ADDED), published.ipv6)
        self.terminal.say(f"Published now: {_ADDED} is new (made up), {removed} is gone.")
        self.stage.run("apply", "--yes", expect=_EXIT_DONE)
        after = rules_of(self.ec2, site.group_id)
        should = (opened_by(before) - {(LOCKED_PORT, removed)}) | {(LOCKED_PORT, _ADDED)}
        self.must_be(opened_by(after) == should, "the rules did not follow the list")
        self.terminal.gap()
        self.terminal.rows(before_and_after(before, after))
        self.stage.run("history", expect=_EXIT_DONE)

    def survive(self, site: Site, published: Published) -> None:
        """Publish a list that has lost most of its ranges, and see that nothing happens."""
        number = 10 if self.stage.filtered else 8
        self.terminal.heading(number, f"A bad day: the list has {_LEFT} ranges of each family left")
        before = rules_of(self.ec2, site.group_id)
        self.say_published(published.ipv4[:_LEFT], published.ipv6[:_LEFT])
        self.stage.run("apply", "--yes", expect=_EXIT_REFUSED)
        after = rules_of(self.ec2, site.group_id)
        self.must_be(before == after, "a refused list changed rules")
        self.terminal.gap()
        self.terminal.say(f"Bad input changes nothing: the same {len(after)} rules are there.", Tone.GOOD)
        self.terminal.say("A script that trusts what it fetched would have shut out most of the visitors.")

    def must_be(self, so: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise UnexpectedError if it is not so."""
        if not so:
            raise UnexpectedError(otherwise)


@contextlib.contextmanager
def _set_up(terminal: Terminal) -> Iterator[Stage]:
    """Build the stage, and take it down whatever happens."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="originlock-demo-")))
        (folder / "site").mkdir()
        lab = stack.enter_context(running.lab(Folder(folder / "lab")))
        yield Stage(terminal, folder / "site", lab)


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    """End in order; a second signal must not stop the taking down."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _performed(terminal: Terminal) -> int:
    began = time.monotonic()
    terminal.say("originlock: a demo in a local world", Tone.TITLE)
    terminal.say(
        "No AWS account is touched, and no Cloudflare: both are of the lab, in processes and network namespaces of "
        "this machine, without a link to the outside. The commands and the connections are real ones."
    )
    with _set_up(terminal) as stage:
        Demo(stage).play()
    terminal.gap()
    terminal.say(f"Done in {time.monotonic() - began:.0f} s; everything is taken down again.", Tone.TITLE)
    terminal.say(
        "Next: `.venv/bin/originlock lab up --site` is this world for you to play in; the first steps with an account "
        "of yours are in README.md."
    )
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
    except (UnexpectedError, LabStartError, StateError) as error:
        terminal.gap()
        terminal.say(f"THE DEMO FAILED: {error}", Tone.BAD)
        return 1


if __name__ == "__main__":
    sys.exit(main())
