"""The product as a user who may do just what `iam-policy` prints, and what its calls ask IAM for."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable, Sequence
from typing import Any, Final

import boto3
from tests.cli.groups import Watched, group, listed
from tests.cli.product import Ended, Product

from originlock.aws.permissions import OPERATIONS
from originlock.lab.calls import Call
from originlock.lab.lists import IPV4, ListServer
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp

ACCOUNT: Final = "123456789012"

DENIED: Final = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
"""How EC2, load balancing and Service Quotas say that IAM does not allow something."""


@dataclasses.dataclass
class Bench:
    """A new AWS with its root's client, and the product in a place of its own."""

    aws: LocalAws
    ec2: AwsClient
    product: Product
    lists: ListServer
    calls: list[Call] = dataclasses.field(default_factory=list)

    def anew(self) -> None:
        """Forget everything but the calls that were noted."""
        self.aws.reset()
        self.lists.publish()
        shutil.rmtree(self.product.state, ignore_errors=True)
        (self.product.directory / "originlock.toml").unlink(missing_ok=True)

    def printed(self, command: str, *options: str) -> dict[str, Any]:
        """The policy that is printed for a command."""
        ended = self.product.run("iam-policy", command, "--account", ACCOUNT, "-o", "json", *options)
        assert ended.code == 0, ended.said
        policy: dict[str, Any] = ended.json
        return policy

    def keys(self, command: str, *options: str, name: str = "restricted") -> dict[str, str]:
        """The keys of a user who may do what is printed for a command."""
        environment = self.aws.restricted_to(self.printed(command, *options), name=name)
        return {name: environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    def runs(self, command: str, options: Sequence[str], *arguments: str) -> Ended:
        """Run the product as that user, and note its calls."""
        product = self.product.with_variables(**self.keys(command, *options))
        watched = Watched(self.aws)
        ended = product.run(*arguments)
        self.calls += watched.calls()
        return ended

    def client(self, command: str, *options: str, name: str = "restricted") -> AwsClient:
        """EC2 as that user."""
        keys = self.keys(command, *options, name=name)
        session: Any = boto3.session.Session(
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            region_name=self.aws.region,
        )
        return session.client("ec2", endpoint_url=self.aws.url)

    def as_root(self, *arguments: str) -> None:
        """Run the product as one who may do everything."""
        ended = self.product.run(*arguments)
        assert ended.code in (0, 3), ended.said

    def full_group(self, vpc_id: str | None = None) -> str:
        """A group so full that the quota must be asked for, with a prefix list on the locked port."""
        self.aws.settings(quota_rules=200)
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="edge", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": IPV4[0]}]
        )
        ssh = [(f"192.0.2.{number}/32", None) for number in range(50)]
        return group(self.ec2, tcp(22, ipv4=ssh), listed(made["PrefixList"]["PrefixListId"]), vpc_id=vpc_id)


def asked_for(calls: Iterable[Call]) -> set[str]:
    """The actions that IAM looked at for these calls, none of which was denied."""
    found: set[str] = set()
    for call in calls:
        assert call.error not in DENIED, f"{call.action}: {call.error}"
        needs = OPERATIONS[f"{call.service}:{call.action}"].needs
        tagged = any(name.startswith("TagSpecification.") for name in call.parameters)
        found |= {need.action for need in (needs if tagged else needs[:1])}
    return found


def allowed_by(policy: dict[str, Any]) -> set[str]:
    """The actions that a policy allows."""
    named = [statement["Action"] for statement in policy["Statement"]]
    return {action for each in named for action in ([each] if isinstance(each, str) else each)}
