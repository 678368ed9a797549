# ruff: noqa: INP001, T201  a script of the documentation: no package, and it says what it does
"""Record the transcripts that the documentation shows: the real commands against the local AWS.

Run it after a change of what the product prints, `python docs/transcripts/record.py`, and then
`python docs/generate.py`. What differs from run to run (ids, times, digests, ports) is replaced, so that
a test can hold the transcripts against the code.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from originlock.lab import lists, world, world_balancers
from originlock.lab.demo_stage import run_quietly
from originlock.lab.lists import API_PATH, IPV4_PATH, IPV6_PATH, Answer, ListServer
from originlock.lab.process import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent

#: moto then gives out the same ids each time, and so the same order of rules.
_SEED: Final = 1

_CONFIGURATION: Final = """\
[origins.blog]
edge = "cloudflare"
region = "eu-west-1"
security_groups = ["{group}"]

[origins.blog.network]
ports = [443]
foreign = "remove"

[[origins.blog.exceptions]]
source = "203.0.113.7/32"
owner = "ops@example.org"
reason = "office"
expires = {expires}
"""

_BALANCED: Final = """\
[origins.shop]
region = "eu-west-1"
load_balancer = "shop"

[origins.shop.network]
security_group = "create"
foreign = "remove"
"""

_WRONG: Final = """\
[origins.blog]
edge = "cloudfare"
security_group = ["sg-0123456789abcdef0"]

[origins.blog.network]
ports = [443, 70000]

[[origins.blog.exceptions]]
source = "203.0.113.7/24"
owner = "ops@example.org"
expires = 2027-03-31T18:00:00Z
"""

_ERROR_PAGE: Final = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>...</body></html>\n"


class Shell:
    """A person at a terminal, in a folder of their own, before an open load balancer."""

    def __init__(self, aws: LocalAws, publisher: ListServer, folder: Path) -> None:
        """Begin with a world made anew."""
        aws.reset()
        urllib.request.urlopen(f"{aws.url}/moto-api/seed?a={_SEED}", data=b"").close()  # noqa: S310  loopback
        publisher.publish()
        self.lists = publisher
        self.folder = folder
        self._ec2 = aws.client("ec2")
        self._elbv2 = aws.client("elbv2")
        self.group = world.open_load_balancer(self._ec2, self._elbv2).group_id
        self._environment: Mapping[str, str] = {**aws.environment, **publisher.urls}
        self._said: list[str] = []

    def leave_as_a_script_does(self) -> None:
        """Take a group as a plain script in cron leaves it, instead of the load balancer's."""
        self.group = world.empty_group(self._ec2, name="web").group_id
        left = [(cidr, None) for cidr in (*lists.IPV4, "104.16.0.0/12")]
        office = world.tcp(443, ipv4=[(world.OFFICE, "office")])
        ranges = world.tcp(443, ipv4=left, ipv6=[(cidr, None) for cidr in lists.IPV6])
        self._ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[ranges, office])

    def serve_a_load_balancer(self) -> None:
        """Make a load balancer that serves, with two groups that let everybody in."""
        made = world_balancers.served_load_balancer(
            self._ec2, self._elbv2, world_balancers.Wish(name="shop", dualstack=True, groups=2)
        )
        for group in made.group_ids:
            everybody = world.tcp(443, ipv4=[("0.0.0.0/0", None)], ipv6=[("::/0", None)])
            self._ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everybody])

    def run(self, *arguments: str) -> None:
        """Type a command."""
        ended = run_quietly(arguments, self.folder, self._environment)
        typed = " ".join(("originlock", *arguments))
        self._said.append(f"$ {typed}\n{ended.stdout}[exit code {ended.returncode}]\n")

    def write(self, text: str) -> None:
        """Write the configuration and show it."""
        (self.folder / "originlock.toml").write_text(text, encoding="utf-8")
        self._said.append(f"$ cat originlock.toml\n{text}")

    def configure(self) -> None:
        """Write a configuration that fits the world."""
        next_year = datetime.datetime.now(datetime.UTC).year + 1
        self.write(_CONFIGURATION.format(group=self.group, expires=f"{next_year}-03-31"))

    @property
    def transcript(self) -> str:
        """What the terminal showed."""
        return normalised("\n".join(self._said))


def options(shell: Shell) -> None:
    """The first look, with options alone."""
    shell.run("plan", "--security-group", shell.group)


def configured(shell: Shell) -> None:
    """The whole way with a configuration: check, plan, save, apply, plan again, history."""
    shell.configure()
    shell.run("config", "check")
    shell.run("plan", "--out", "lock.plan")
    shell.run("apply", "lock.plan", "--yes")
    shell.run("plan")
    shell.run("history")


def changed(shell: Shell) -> None:
    """One range added, one removed."""
    shell.configure()
    shell.run("apply", "--yes")
    shell.lists.publish(ipv4=(*lists.IPV4[:-1], "198.51.100.0/24"))
    shell.run("apply", "--yes")


def refused(shell: Shell) -> None:
    """An error page in place of the list, half a list, and a person who knows better."""
    shell.configure()
    page = Answer(headers=(("Content-Type", "text/html"),), body=_ERROR_PAGE)
    for path in (API_PATH, IPV4_PATH, IPV6_PATH):
        shell.lists.answer(path, page)
    shell.run("apply", "--yes")
    shell.lists.publish(ipv4=lists.IPV4[: len(lists.IPV4) // 2])
    shell.run("plan")


def rolled_back(shell: Shell) -> None:
    """The way back: refused as it stands, done when it is said to be meant."""
    shell.configure()
    shell.run("apply", "--yes")
    shell.run("rollback", "--yes")
    shell.run("rollback", "--yes", "--reopen")


def adopted(shell: Shell) -> None:
    """From a plain script in cron: its rules without owners, a range of the past, an office."""
    shell.leave_as_a_script_does()
    shell.configure()
    shell.run("adopt", "--yes")
    shell.run("plan")
    shell.run("apply", "--yes")


def balanced(shell: Shell) -> None:
    """A load balancer with two groups, of which its targets' rules name one; a group of our own comes beside them."""
    shell.serve_a_load_balancer()
    shell.write(_BALANCED)
    shell.run("plan")
    shell.run("apply", "--yes")
    shell.run("plan")


def wrong(shell: Shell) -> None:
    """A configuration with faults, and every one of them told."""
    shell.write(_WRONG)
    shell.run("config", "check")
    shell.run("plan")


def estimated(shell: Shell) -> None:
    """What a load balancer costs, of which a part comes round the edge."""
    shell.run("cost", "estimate", "--region", "eu-west-1", "--bytes", "2GB/h", *_BUSY)


def not_additive(shell: Shell) -> None:
    """The same strangers, where another dimension decides: the bill does not feel them."""
    shell.run("cost", "estimate", "--region", "eu-west-1", "--bytes", "5GB/h", *_BUSY)


def flooded(shell: Shell) -> None:
    """What a flood costs, with the door open and shut."""
    shell.run("cost", "storm", "--region", "eu-west-1", "--rate", "10000/s", "--for", "1h", "--normal-bytes", "10GB/h")


_BUSY: Final = ("--new-connections", "80/s", "--requests", "100/s", "--ipv4", "2", "--bypass-new-connections", "60/s")


RECORDED: Final[Mapping[str, Callable[[Shell], None]]] = {
    "options": options,
    "configured": configured,
    "changed": changed,
    "refused": refused,
    "rolled-back": rolled_back,
    "adopted": adopted,
    "balanced": balanced,
    "wrong-configuration": wrong,
    "cost-estimate": estimated,
    "cost-not-additive": not_additive,
    "cost-flood": flooded,
}
"""Every transcript but the demo's, by name."""


def transcripts() -> dict[str, str]:
    """Record them all."""
    found: dict[str, str] = {}
    with LocalAws() as aws, ListServer() as publisher:
        for name, story in RECORDED.items():
            with tempfile.TemporaryDirectory(prefix="originlock-docs-") as folder:
                shell = Shell(aws, publisher, Path(folder))
                story(shell)
                found[name] = shell.transcript
    return found


def demo() -> str:
    """Record the demo."""
    ended = subprocess.run(
        [sys.executable, "-m", "originlock.lab.demo"], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True
    )
    return normalised(ended.stdout)


# --- what differs from run to run ---------------------------------------------------------------------------


def normalised(text: str) -> str:
    """The text with everything that is of one run alone replaced, alike things alike."""
    # Of the same length, so that columns and line breaks stay.
    text = _numbered(text, r"\bsg-[0-9a-f]{17}\b", "sg-0a1b2c3d4e5f6{:04d}")
    text = _numbered(text, r"\bsgr-[0-9a-f]{17}\b", "sgr-0a1b2c3d4e5f6{:04d}")
    text = _numbered(text, r"\bvpc-[0-9a-f]{17}\b", "vpc-0a1b2c3d4e5f6{:04d}")
    text = _numbered(text, r"\b[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}\b", "20270115T09000{}Z-00000a")
    text = _numbered(text, r"\bsha256:[0-9a-f]{64}\b", "sha256:" + "0123456789abcdef" * 3 + "0123456789ab{:04d}")
    text = _numbered(text, r"\bsha256:[0-9a-f]{12}\b", "sha256:01234567{:04d}")
    text = re.sub(r"\S*/originlock-demo-\w+", "/run/demo", text)
    text = re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:50000", text)
    text = re.sub(r"\b20[0-9]{2}-03-31\b", "2028-03-31", text)
    return re.sub(r"\b[0-9]+(\.[0-9])? s\b", "1.0 s", text)


def _numbered(text: str, pattern: str, replacement: str) -> str:
    """Every match replaced, the same one by the same text."""
    known: dict[str, str] = {}
    return re.sub(pattern, lambda m: known.setdefault(m[0], replacement.format(len(known) + 1)), text)


def main() -> int:
    """Write all transcripts."""
    print("recording: the commands and the demo (half a minute)")
    for name, text in {**transcripts(), "demo": demo()}.items():
        path = HERE / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
