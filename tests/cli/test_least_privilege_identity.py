"""The printed policy and the printed token, both in force: the identity lock does all its work with them, and no more.

Each command runs as a user who may do just what `iam-policy` prints, with a token that has just the permissions that it
prints. Nothing is connected to: `--no-prove` where there is such an option, and where there is none a run goes as far
as it may without a proof.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.groups import Watched
from tests.cli.guarded import BUCKET, Guarded, cloudflare_served, written
from tests.cli.product import Ended, Product
from tests.cli.restricted import ACCOUNT, DENIED, allowed_by

from originlock.aws.permissions import OPERATIONS
from originlock.edges import cloudflare_calls
from originlock.edges.cloudflare_calls import ApiCall
from originlock.lab.calls import Call
from originlock.lab.iam_elb import asked_of_s3
from originlock.lab.iam_places import Place
from originlock.lab.lists import ListServer
from originlock.lab.process import LocalAws

ECHO = 'echo = "/.well-known/originlock-certificate"'
PROBE = "probe_port = 8443"
OFF = 'mode = "off"'
#: Where there is no `--no-prove`: nothing can be connected to here, so that what hangs on it stops, or is unknown.
UNPROVED: Mapping[str, tuple[int, ...]] = {"verify": (7,), "renew": (5, 7), "rollback": (5, 7)}


@pytest.fixture(scope="module")
def flare_url() -> Iterator[str]:
    """A Cloudflare that runs as long as the module."""
    with cloudflare_served() as url:
        yield url


@dataclasses.dataclass
class Bench:
    """The product between two clouds, each of which lets it do what was printed."""

    guarded: Guarded
    product: Product
    users: int = 0
    calls: list[Call] = dataclasses.field(default_factory=list)
    asked: list[Mapping[str, Any]] = dataclasses.field(default_factory=list)

    def anew(self) -> None:
        """Both clouds and the product's folder as new, with an authority and a certificate for the edge."""
        self.guarded.aws.reset()
        shutil.rmtree(self.product.state, ignore_errors=True)
        self.guarded = Guarded.of(self.guarded.aws, self.guarded.client.url)
        self.as_root("ca", "init", "shop")
        self.as_root("ca", "issue", "shop", "edge")

    def configured(self, *lines: str) -> None:
        """Write the configuration; `lines` are of the identity."""
        written(self.product.directory, *lines)

    def as_root(self, *arguments: str) -> None:
        """Run the product as one who may do everything."""
        ended = self.product.with_variables(**self.guarded.variables()).run(*arguments)
        assert ended.code in (0, 3), ended.said

    def printed(self, command: str) -> Any:  # noqa: ANN401  JSON
        """The policy and the token's permissions that are printed for a command."""
        ended = self.product.run("iam-policy", command, "--token", "--account", ACCOUNT, "-o", "json")
        assert ended.code == 0, ended.said
        return ended.json

    def runs(self, command: str, *arguments: str) -> Ended:
        """Run the product as that user, with that token, and note what it asks of both."""
        printed = self.printed(command)
        self.users += 1
        keys = self.guarded.aws.restricted_to(printed["policy"], name=f"restricted-{self.users}")
        named = {name: keys[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        token = self.guarded.variables(*printed["cloudflare_token_permissions"])
        watched, since = Watched(self.guarded.aws), len(self._flare())
        ended = self.product.with_variables(**{**named, **token}).run(command, *arguments)
        self.calls += watched.calls()
        self.asked += self._flare()[since:]
        self.guarded.aws.settings(iam=False)
        return ended

    def _flare(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.guarded.client.control("GET", "calls")
        return found

    def locked(self) -> None:
        """An origin that is locked, whose store holds a revocation list."""
        self.configured(ECHO)
        self.as_root("apply", *APPLY)
        self.revoke("other")
        self.as_root("apply", *APPLY)
        assert self.guarded.mutual()["Mode"] == "verify"

    def revoke(self, leaf: str) -> None:
        """Issue somebody a certificate, and revoke it: the store is to hold a new list."""
        self.as_root("ca", "issue", "shop", leaf)
        self.as_root("ca", "revoke", "shop", leaf)


@pytest.fixture
def bench(aws: LocalAws, flare_url: str, lists: ListServer, tmp_path: Path) -> Bench:
    """The product between both clouds."""
    quick = {"ORIGINLOCK_LIMITS_DNS_SECONDS": "0"}
    return Bench(Guarded.of(aws, flare_url), Product(tmp_path, {**aws.environment, **lists.urls, **quick}))


# --- what was asked, and what was allowed --------------------------------------------------------------------------


def actions_of(calls: Iterable[Call]) -> set[str]:
    """The actions that IAM looked at, none of which was denied."""
    found: set[str] = set()
    for call in calls:
        assert call.error not in DENIED, f"{call.service} {call.action}: {call.error}"
        if call.service == "s3":
            found.add(asked_of_s3(call, Place(ACCOUNT, "eu-west-1")).action)
        elif call.service and call.action != "GetCallerIdentity":
            needs = OPERATIONS[f"{call.service}:{call.action}"].needs
            tagged = any(name.startswith(("TagSpecification.", "Tags.member.")) for name in call.parameters)
            found |= {need.action for need in (needs if tagged else needs[:1])}
    return found


def _pattern(call: ApiCall) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(call.path)))


KNOWN = tuple(each for each in vars(cloudflare_calls).values() if isinstance(each, ApiCall))


def permissions_of(asked: Iterable[Mapping[str, Any]]) -> set[str]:
    """The permissions that calls of Cloudflare needed, none of which was missing; one for writing is both."""
    found: set[str] = set()
    for call in asked:
        assert call["status"] != 403, call
        # The plainest path first: `hostnames/certificates` is no hostname.
        fitting = [each for each in KNOWN if each.method == call["method"] and _pattern(each).fullmatch(call["path"])]
        found.add(min(fitting, key=lambda each: each.path.count("{")).needs)
    return {each for each in found if each.removesuffix("Read") + "Write" not in found or each.endswith("Write")}


# --- what is done ---------------------------------------------------------------------------------------------------

Scenario = Callable[[Bench], Ended]
APPLY = ("--yes", "--no-prove")


def plans(bench: Bench) -> Ended:
    """A fresh origin is looked at."""
    bench.configured(ECHO)
    return bench.runs("plan")


def plans_what_is_locked(bench: Bench) -> Ended:
    """A locked one is, with what its store holds."""
    bench.locked()
    return bench.runs("plan")


def verifies(bench: Bench) -> Ended:
    """What both sides hold is read back; no connection can be had here."""
    bench.locked()
    return bench.runs("verify")


def expires(bench: Bench) -> Ended:
    """Everything that ends is read."""
    bench.locked()
    return bench.runs("expiry")


def locks(bench: Bench) -> Ended:
    """Bucket, store, certificate, hostname, listener; a listener for a moment shows what the edge presents."""
    bench.configured(PROBE)
    ended = bench.runs("apply", *APPLY)
    assert bench.guarded.mutual()["Mode"] == "verify"
    return ended


def goes_to_the_next_authority(bench: Bench) -> Ended:
    """The store trusts both, and then the new one alone; the former certificate goes from the edge."""
    bench.configured(PROBE)
    bench.as_root("apply", *APPLY)
    bench.as_root("ca", "renew", "shop", "--authority")
    bench.as_root("ca", "renew", "shop", "edge")
    ended = bench.runs("apply", *APPLY)
    assert bench.guarded.certificates() == 1
    return ended


def follows_revocations(bench: Bench) -> Ended:
    """A revocation list comes, and the one that it stands for goes."""
    bench.configured(PROBE)
    bench.as_root("apply", *APPLY)
    bench.revoke("first")
    assert bench.runs("apply", *APPLY).code == 0
    bench.revoke("second")
    return bench.runs("apply", *APPLY)


def leaves(bench: Bench) -> Ended:
    """Switched off: the store and the certificate go."""
    bench.locked()
    bench.configured(ECHO, OFF)
    ended = bench.runs("apply", *APPLY)
    assert (bench.guarded.stores(), bench.guarded.certificates()) == ([], 0)
    return ended


def _aged(bench: Bench) -> None:
    """As an origin is some months on: the bucket gone, ended certificates let through, a list and a list before it."""
    bench.configured(PROBE)
    bench.as_root("apply", *APPLY)
    bench.revoke("first")
    bench.as_root("apply", *APPLY)
    bench.revoke("second")
    bench.as_root("ca", "renew", "shop", "--authority")
    bench.as_root("ca", "renew", "shop", "edge")


def renews(bench: Bench) -> Ended:
    """A new generation is trusted and uploaded, a new list added, on a bucket that has to be made again."""
    _aged(bench)
    s3, elbv2 = bench.guarded.aws.client("s3"), bench.guarded.aws.client("elbv2")
    for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    lax = {**bench.guarded.mutual(), "IgnoreClientCertificateExpiry": True}
    elbv2.modify_listener(ListenerArn=bench.guarded.listener, MutualAuthentication=lax)
    return bench.runs("renew")


def goes_back(bench: Bench) -> Ended:
    """The listener asks nobody any more; the edge goes back as far as that can be proved."""
    bench.configured(ECHO)
    bench.as_root("apply", *APPLY)
    ended = bench.runs("rollback", "--yes", "--reopen")
    assert bench.guarded.mutual()["Mode"] == "off"
    return ended


SCENARIOS: tuple[tuple[str, tuple[str, ...], tuple[Scenario, ...]], ...] = (
    ("plan", (ECHO,), (plans, plans_what_is_locked)),
    ("verify", (ECHO,), (verifies,)),
    ("expiry", (ECHO,), (expires,)),
    ("apply", (PROBE,), (locks, goes_to_the_next_authority, follows_revocations)),
    ("apply", (ECHO, OFF), (leaves,)),
    ("renew", (PROBE,), (renews,)),
    ("rollback", (ECHO,), (goes_back,)),
)

BESIDE = {
    # The network lock's: its own tests try them.
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:CreateTags",
    "ec2:DeleteTags",
    "ec2:DescribeManagedPrefixLists",
    "ec2:GetManagedPrefixListEntries",
    "servicequotas:GetServiceQuota",
}


@pytest.mark.parametrize(
    "command, lines, scenarios", SCENARIOS, ids=[f"{command}-{lines[-1].split()[0]}" for command, lines, _ in SCENARIOS]
)
def test_what_is_called_is_allowed_and_what_is_allowed_is_called(
    bench: Bench, command: str, lines: Sequence[str], scenarios: Sequence[Scenario]
) -> None:
    """With too little a run stops half-way; with anything too many it is no least privilege."""
    for scenario in scenarios:
        bench.anew()
        ended = scenario(bench)
        assert ended.code in (0, 3, *UNPROVED.get(command, ())), f"{scenario.__name__}: {ended.said}"
    bench.configured(*lines)
    printed = bench.printed(command)
    called, allowed = actions_of(bench.calls) - BESIDE, allowed_by(printed["policy"]) - BESIDE
    asked, granted = permissions_of(bench.asked), set(printed["cloudflare_token_permissions"])
    if command in {"renew", "rollback"}:
        # What waits for a proof is not reached here without `--no-prove`; `apply` holds all of it both ways.
        reading = {each.replace("Write", "Read") for each in granted}
        assert called <= allowed
        assert asked <= granted | reading
    else:
        assert called ^ allowed == set()
        assert asked ^ granted == set()
