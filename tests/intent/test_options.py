"""Policies from options: the same rules as for the file, told by the options' names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from originlock.errors import ExitCode, UsageError
from originlock.facts.edge import EdgeDescription
from originlock.facts.networks import parse
from originlock.intent.options import ad_hoc_policy, override_place, override_policy
from originlock.intent.policy import GroupsById, GroupsByTags, NetworkPolicy, Place, Policy

GROUP = "sg-0123456789abcdef0"
POLICY = Policy(
    "blog",
    GroupsById((GROUP,)),
    place=Place("eu-west-1", "prod"),
    hostnames=("www.example.org",),
    network=NetworkPolicy("udp", (8443,), "remove", ("sgr-0123456789abcdef0",), (parse("198.51.100.0/24"),)),
)


def test_the_least_that_must_be_said() -> None:
    """One group is enough; all else has the file's defaults."""
    assert ad_hoc_policy([GROUP]) == Policy("cli", GroupsById((GROUP,)))


def test_everything_that_can_be_said() -> None:
    """Each option arrives in its place."""
    policy = ad_hoc_policy(
        [], ["origin=blog", "a=b=c", "empty="], ["8443", 443], "udp", "remove", "eu-west-1", "prod", "narrow"
    )
    assert policy == Policy(
        "cli",
        GroupsByTags((("a", "b=c"), ("empty", ""), ("origin", "blog"))),
        edge="narrow",
        place=Place("eu-west-1", "prod"),
        network=NetworkPolicy("udp", (443, 8443), "remove"),
    )


@pytest.mark.parametrize(
    "make,said",
    [
        (
            ad_hoc_policy,
            "--security-group, --tag, --load-balancer: does not say what to lock; give either --security-group",
        ),
        (
            lambda: ad_hoc_policy([GROUP], ["a=b"]),
            "--security-group, --tag, --load-balancer: --security-group and --tag are both",
        ),
        (lambda: ad_hoc_policy(["web"]), "--security-group: 'web' is not the id of a security group"),
        (lambda: ad_hoc_policy([GROUP, GROUP]), f"--security-group: '{GROUP}' is named twice"),
        (lambda: ad_hoc_policy([], ["origin"]), "--tag: 'origin' is not KEY=VALUE"),
        (lambda: ad_hoc_policy([], ["=x"]), "--tag: the key of a tag has 1 to 128"),
        (lambda: ad_hoc_policy([], ["aws:x=y"]), "--tag: tags that begin with aws:"),
        (lambda: ad_hoc_policy([], ["a=1", "a=2"]), "--tag: the tag 'a' is given twice"),
        (lambda: ad_hoc_policy([], [f"a={'x' * 257}"]), "--tag: the value of a tag has at most 256"),
        (
            lambda: ad_hoc_policy([GROUP], ports=["https"]),
            "--port: a port must be a whole number from 1 to 65535, not 'h",
        ),
        (
            lambda: ad_hoc_policy([GROUP], ports=["٣"]),
            "--port: a port must be a whole number from 1 to 65535, not '٣",
        ),
        (lambda: ad_hoc_policy([GROUP], ports=[]), "--port: is an empty list"),
        (lambda: ad_hoc_policy([GROUP], protocol="icmp"), "--protocol: the protocol must be 'tcp' or 'udp'"),
        (lambda: override_policy(POLICY, ports=[443, 443]), "--port: 443 is named twice"),
        (lambda: override_policy(POLICY, foreign="keep"), "--foreign: what to do with foreign rules must be"),
        (lambda: override_policy(POLICY, region="Ireland"), "--region: 'Ireland' is not an AWS region"),
        (lambda: override_policy(POLICY, profile=""), "--profile: is empty; write the name of a profile"),
    ],
)
def test_a_wrong_option_is_told_by_its_name(make: Callable[[], Policy], said: str) -> None:
    """The message names the option that the person typed, not a key of a file that they may not have."""
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.what.startswith(said)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "; --" not in caught.value.what


def test_an_unknown_edge_is_told(edges: Sequence[EdgeDescription]) -> None:
    """Where the edges are known, the name is judged."""
    with pytest.raises(UsageError, match=r"--edge: .*did you mean cloudflare"):
        ad_hoc_policy([GROUP], edge="cloudfare", edges=edges)
    assert ad_hoc_policy([GROUP], edges=edges).edge == "cloudflare"


def test_all_that_is_wrong_is_told_at_once_and_once() -> None:
    """The same mistake in two values of one option is one line."""
    with pytest.raises(UsageError) as caught:
        ad_hoc_policy(["web", "web"], ["a=b"], [0, 0], "icmp", "keep", "x", "")
    options = [part.partition(": ")[0] for part in caught.value.what.split("; --")]
    assert options == [
        "--security-group, --tag, --load-balancer",
        "security-group",
        "foreign",
        "protocol",
        "port",
        "region",
        "profile",
    ]


def test_nothing_said_changes_nothing() -> None:
    """Options that are not given leave the policy as the file has it."""
    assert override_policy(POLICY) == POLICY


def test_what_is_said_wins() -> None:
    """Each override changes its own part and no other."""
    changed = override_policy(POLICY, [443], "tcp", "remove", "us-east-1", "test")
    network = msgspec.structs.replace(POLICY.network, protocol="tcp", ports=(443,))
    assert changed == msgspec.structs.replace(POLICY, network=network, place=Place("us-east-1", "test"))


def test_a_role_that_is_said_wins_and_leaves_the_others_external_id() -> None:
    """One role's external id would be told to another; or the same role would lose it."""
    here, other = "arn:aws:iam::123456789012:role/originlock", "arn:aws-us-gov:iam::210987654321:role/ops/originlock"
    policy = msgspec.structs.replace(POLICY, place=Place("eu-west-1", "prod", here, "blog"))
    assert override_policy(policy, role=other).place == Place("eu-west-1", "prod", other, None)
    assert override_policy(policy, role=here) == policy
    assert override_policy(policy).place.external_id == "blog"
    assert ad_hoc_policy(["sg-0123456789abcdef0"], role=here).place == Place(role=here)
    assert override_place(policy.place, None, "test", None) == Place("eu-west-1", "test", here, "blog")
    with pytest.raises(UsageError, match="--assume-role: 'ops' is not the ARN of a role"):
        override_place(Place(), None, None, "ops")


def test_only_to_report_leaves_every_foreign_rule() -> None:
    """With foreign = report, the rules that the file names for removal are not removed either."""
    network = override_policy(POLICY, foreign="report").network
    assert (network.foreign, network.foreign_rules) == ("report", ())
