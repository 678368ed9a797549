"""Many groups in several Regions and accounts in one run: each ends as it should, and the report says which do not."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest
from tests.cli.groups import EVERYONE, OWNER_TAG, group, of_edge, ports_from, rules, sources, tags_of
from tests.cli.product import Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws

ACCOUNTS: Final = {"one": "111111111111", "two": "222222222222"}
ROLES: Final = {
    "one": f"arn:aws:iam::{ACCOUNTS['one']}:role/originlock",
    "two": f"arn:aws:iam::{ACCOUNTS['two']}:role/ops/originlock",
}
REGIONS: Final = ("eu-west-1", "us-east-1", "ap-southeast-2")
EVERYTHING: Final = {*IPV4, *IPV6}

SIZES: Final = (4, 4, 3, 3, 3, 3)
"""Twenty groups over six places."""


class Estate:
    """Twenty groups in three Regions of two accounts, an origin for each place."""

    def __init__(self, aws: LocalAws) -> None:
        self.clients: dict[str, AwsClient] = {}
        self.groups: dict[str, list[str]] = {}
        sizes = iter(SIZES)
        for region in REGIONS:
            for account in ACCOUNTS:
                name = f"{account}-{region}"
                client = aws.client("ec2", region=region, account=ACCOUNTS[account])
                self.clients[name] = client
                self.groups[name] = [group(client, name=f"web-{number}") for number in range(next(sizes))]

    def configuration(self, **more: str) -> str:
        """The file, with further lines for some origins."""
        text = ""
        for name, ids in self.groups.items():
            account, _, region = name.partition("-")
            listed = ", ".join(f'"{one}"' for one in ids)
            text += f'[origins.{name}]\nregion = "{region}"\nrole = "{ROLES[account]}"\nsecurity_groups = [{listed}]\n'
            text += more.get(name.replace("-", "_"), "")
        return text

    def holds(self, name: str, one: str) -> set[str]:
        """Who is let in to a group."""
        return sources(self.clients[name], one)

    def all(self) -> dict[str, set[str]]:
        """Who is let in to each group."""
        return {one: self.holds(name, one) for name, ids in self.groups.items() for one in ids}


@pytest.fixture
def estate(aws: LocalAws) -> Estate:
    """The groups, new."""
    return Estate(aws)


def stopped(data: dict[str, Any]) -> dict[str, str]:
    """The targets that stopped, with why."""
    return {lane["target"]: lane["message"] for lane in data["stopped"]}


@dataclasses.dataclass(frozen=True)
class Trouble:
    """The groups with which something is the matter.

    Attributes:
        denied: whose change AWS denies.
        lost: whose change AWS throttles for ever.
        half: of whose 22 rules somebody made nine by hand.
    """

    denied: str
    lost: str
    half: str

    @property
    def wrong(self) -> set[str]:
        """Those that cannot be right at the end."""
        return {self.denied, self.lost}


@pytest.fixture
def trouble(aws: LocalAws, estate: Estate) -> Trouble:
    """One group denied, one throttled for a while, one throttled for ever, one half done by hand."""
    authorize = "AuthorizeSecurityGroupIngress"
    half = estate.groups["one-eu-west-1"][3]
    by_hand = of_edge(443, IPV4[:7], IPV6[:2])
    estate.clients["one-eu-west-1"].authorize_security_group_ingress(GroupId=half, IpPermissions=[by_hand])
    found = Trouble(estate.groups["one-us-east-1"][1], estate.groups["two-eu-west-1"][2], half)
    aws.add_fault("access-denied", action=authorize, times=1000, having=found.denied)
    aws.add_fault("throttle", action=authorize, times=1000, having=found.lost)
    aws.add_fault("throttle", action=authorize, times=2, having=estate.groups["two-ap-southeast-2"][0])
    return found


def hurried(product: Product) -> Product:
    """Two tries of each call, little patience: what is throttled for ever is told of before the day is over."""
    return product.with_variables(AWS_MAX_ATTEMPTS="2", ORIGINLOCK_LIMITS_SETTLE_SECONDS="1")


def test_twenty_groups_in_three_regions_of_two_accounts(
    product: Product, aws: LocalAws, estate: Estate, trouble: Trouble
) -> None:
    """One group's trouble in one account would leave nineteen others open or shut; or nobody would know which it is."""
    product.write("originlock.toml", estate.configuration())
    since = aws.state().calls
    ended = hurried(product).run("apply", "--yes", "-o", "json")
    assert ended.code == 5, ended.said
    held = estate.all()
    assert len(held) == 20
    assert {one for one, who in held.items() if who != EVERYTHING} == trouble.wrong
    assert all(held[one] == set() for one in trouble.wrong)
    why = stopped(ended.json)
    assert set(why) == trouble.wrong
    assert "UnauthorizedOperation" in why[trouble.denied]
    assert "RequestLimitExceeded" in why[trouble.lost]
    assert {lane["origin"] for lane in ended.json["stopped"]} == {"one-us-east-1", "two-eu-west-1"}
    assert {change["target"] for change in ended.json["done"]} == set(held) - trouble.wrong
    (mended,) = [change for change in ended.json["done"] if change["target"] == trouble.half]
    assert len(mended["rules"]) == 22 - 9
    assert [call.action for call in aws.calls(since)].count("AssumeRole") == 6, "once for each place"


def test_the_next_run_ends_what_is_left_of_twenty(
    product: Product, aws: LocalAws, estate: Estate, trouble: Trouble
) -> None:
    """What stopped would have to be mended by hand; or what somebody made by hand would be taken for ours."""
    product.write("originlock.toml", estate.configuration())
    ended = hurried(product).run("apply", "--yes")
    assert ended.code == 5, ended.said
    for one in trouble.wrong:
        assert one in ended.out
    assert "RequestLimitExceeded" in ended.out
    assert "UnauthorizedOperation" in ended.out
    tagged = [tags_of(rule).get(OWNER_TAG) for rule in rules(estate.clients["one-eu-west-1"], trouble.half)]
    assert (tagged.count(None), tagged.count("one-eu-west-1")) == (9, 13)
    aws.clear_faults()
    again = product.run("apply", "--yes")
    assert again.code == 0, again.said
    assert all(who == EVERYTHING for who in estate.all().values())
    assert product.run("plan").code == 0


def test_an_account_that_does_not_trust_us_stops_no_other(product: Product, aws: LocalAws, estate: Estate) -> None:
    """One trust policy that was mistyped would stop every account."""
    product.write("originlock.toml", estate.configuration())
    aws.add_fault("access-denied", action="AssumeRole", times=100, having=ROLES["two"])
    ended = product.run("apply", "--yes")
    assert ended.code == 7, ended.said
    held = estate.all()
    theirs = {one for name, ids in estate.groups.items() if name.startswith("two") for one in ids}
    assert {one for one, who in held.items() if who != EVERYTHING} == theirs
    for region in REGIONS:
        assert f"UNKNOWN: origin two-{region}: AWS: the role {ROLES['two']} cannot be assumed" in ended.out
    assert "trust policy" in ended.out
    assert "Traceback" not in ended.said
    alone = product.run("plan", "--origin", "two-eu-west-1")
    assert alone.code == 1
    assert ROLES["two"] in alone.err


def test_a_refusal_in_one_account_and_work_in_the_others(product: Product, estate: Estate) -> None:
    """A name that is not behind the edge yet would hold up twenty groups."""
    open_one = estate.groups["two-us-east-1"][0]
    estate.clients["two-us-east-1"].authorize_security_group_ingress(
        GroupId=open_one, IpPermissions=[ports_from(443, 443, EVERYONE)]
    )
    more = 'hostnames = ["localhost"]\nnetwork.foreign = "remove"\n'
    product.write("originlock.toml", estate.configuration(two_us_east_1=more))
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 4, ended.said
    assert {objection["origin"] for objection in ended.json["objections"]} == {"two-us-east-1"}
    assert ended.json["locked"] is False
    held = estate.all()
    refused = set(estate.groups["two-us-east-1"])
    assert {one for one, who in held.items() if who != EVERYTHING} == refused
    assert held[open_one] == {EVERYONE}


def test_a_role_by_option_and_its_rollback(product: Product, aws: LocalAws) -> None:
    """What was done in another account could not be undone there, or a saved plan would be applied in one's own."""
    client = aws.client("ec2", account=ACCOUNTS["one"])
    made = group(client, ports_from(443, 443, EVERYONE))
    target = ["--security-group", made, "--foreign", "remove"]
    assert product.run("plan", *target).code == 1, "it is none of our own account's"
    assert product.run("plan", *target, "--assume-role", ROLES["one"], "--out", "its.plan").code == 3
    assert product.run("apply", "its.plan", "--yes").code == 0
    assert sources(client, made) == EVERYTHING
    assert product.run("rollback", "--yes", "--reopen").code == 3, "as open as it was, and that is said"
    assert EVERYONE in sources(client, made)
    wrong = product.run("plan", *target, "--assume-role", "originlock")
    assert wrong.code == 2
    assert "--assume-role" in wrong.err
