"""`iam-policy`: what it prints where, for whom, and that nothing is asked of anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cli.product import Ended, Product

from originlock.aws.permissions import PURPOSES
from originlock.cli.iam_policy import CALLS_NOTHING
from originlock.cli.main import COMMANDS

GROUP = "sg-0123456789abcdef0"
ACCOUNT = "123456789012"
CONFIGURATION = f"""
[origins.blog]
region = "eu-west-1"
security_groups = ["{GROUP}"]

[origins.shop]
region = "us-gov-west-1"
tags = {{ origin = "shop" }}
"""


def policy(ended: Ended) -> Any:  # noqa: ANN401  JSON
    """The document on stdout, which must be there alone."""
    assert ended.code == 0, ended.said
    made = json.loads(ended.out)
    assert made["Version"] == "2012-10-17"
    return made


def arns(made: Any) -> list[str]:  # noqa: ANN401  JSON
    """Every resource of a policy."""
    named = [statement["Resource"] for statement in made["Statement"]]
    return [arn for each in named for arn in ([each] if isinstance(each, str) else each)]


def test_the_plain_form_can_be_piped(offline: Product) -> None:
    """Stdout is the document alone; stderr says of each width why."""
    ended = offline.run("iam-policy", "--security-group", GROUP)
    made = policy(ended)
    assert f"arn:aws:ec2:eu-west-1:*:security-group/{GROUP}" in arns(made)
    assert [each for each in made["Statement"] if each["Resource"] == "*"] == [made["Statement"][0]]
    assert "Look: everything (*): AWS restricts these Describe calls" in ended.err
    assert "--account ID" in ended.err


def test_json_is_for_machines(offline: Product) -> None:
    """With -o json there is nothing but the document."""
    ended = offline.run("iam-policy", "--security-group", GROUP, "-o", "json")
    assert ended.err == ""
    assert policy(ended) == policy(offline.run("iam-policy", "--security-group", GROUP))


def test_text_is_for_people(offline: Product) -> None:
    """Every statement, what it is for, and why it is no narrower."""
    ended = offline.run("iam-policy", "plan", "--security-group", GROUP, "-o", "text")
    assert ended.code == 0
    assert "What IAM must allow for `originlock plan`" in ended.out
    assert "no narrower: AWS restricts these Describe calls" in ended.out
    assert "of 6,144 characters" in ended.out


def test_alone_it_is_what_apply_needs(offline: Product) -> None:
    """Without a command the policy is that of `apply`."""
    alone = offline.run("iam-policy", "--security-group", GROUP)
    assert alone.out == offline.run("iam-policy", "apply", "--security-group", GROUP).out


def test_plan_reads_only(offline: Product) -> None:
    """The policy of `plan` names no action that changes anything."""
    text = offline.run("iam-policy", "plan", "--security-group", GROUP, "--adopt").out
    assert not [word for word in ("Authorize", "Revoke", "Tags", "Create", "Delete") if word in text]


def test_a_configuration_of_two_partitions(offline: Product) -> None:
    """Each origin's Region decides about its ARNs, and --origin chooses."""
    offline.write("originlock.toml", CONFIGURATION)
    both = arns(policy(offline.run("iam-policy", "--account", ACCOUNT)))
    assert f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/{GROUP}" in both
    assert f"arn:aws-us-gov:ec2:us-gov-west-1:{ACCOUNT}:security-group/*" in both
    shop = policy(offline.run("iam-policy", "--origin", "shop", "--account", ACCOUNT))
    assert not [arn for arn in arns(shop) if arn.startswith("arn:aws:")]
    tagged = [each for each in shop["Statement"] if "aws:ResourceTag/origin" in str(each)]
    assert [each["Condition"] for each in tagged] == [{"StringEquals": {"aws:ResourceTag/origin": "shop"}}]


def test_without_a_region_any_will_do(offline: Product) -> None:
    """Where no Region is known the ARNs say `*`, and it is said."""
    ended = offline.with_variables(AWS_REGION=None).run("iam-policy", "--security-group", GROUP)
    assert f"arn:aws:ec2:*:*:security-group/{GROUP}" in arns(policy(ended))
    assert "no Region is known for cli" in ended.err


def test_the_region_is_found_as_the_aws_cli_finds_it(offline: Product) -> None:
    """A profile's Region is the one that the command would use."""
    path = offline.write("aws-config", "[profile live]\nregion = eu-central-1\n")
    product = offline.with_variables(AWS_REGION=None, AWS_CONFIG_FILE=str(path))
    ended = product.run("iam-policy", "--security-group", GROUP, "--profile", "live")
    assert f"arn:aws:ec2:eu-central-1:*:security-group/{GROUP}" in arns(policy(ended))
    missing = product.run("iam-policy", "--security-group", GROUP, "--profile", "other")
    assert missing.code == 2
    assert "other" in missing.err


@pytest.mark.parametrize("role", ["ec2", "lambda"])
def test_a_role(offline: Product, role: str) -> None:
    """Two documents in one: who may take the role, and what it may do; Lambda's may write its log."""
    ended = offline.run("iam-policy", "--security-group", GROUP, "--role", role)
    assert ended.code == 0
    both = json.loads(ended.out)
    assert list(both) == ["trust_policy", "policy"]
    assert both["trust_policy"]["Statement"][0]["Principal"] == {"Service": f"{role}.amazonaws.com"}
    logs = [arn for arn in arns(both["policy"]) if ":logs:" in arn]
    assert bool(logs) == (role == "lambda")
    assert all(arn.startswith("arn:aws:logs:eu-west-1:*:log-group:/aws/lambda/originlock*") for arn in logs)


MEMBER = "arn:aws:iam::210987654321:role/ops/lock"


def test_an_account_that_is_entered_by_a_role(offline: Product) -> None:
    """Who starts originlock may assume the role, and the role may do the rest, in its own account."""
    options = ("--security-group", GROUP, "--assume-role", MEMBER)
    base = offline.run("iam-policy", *options)
    assert arns(policy(base)) == [MEMBER]
    assert f"--inside {MEMBER}" in base.err
    member = offline.run("iam-policy", *options, "--inside", MEMBER)
    assert f"arn:aws:ec2:eu-west-1:210987654321:security-group/{GROUP}" in arns(policy(member))
    assert "--account" not in member.err
    both = offline.run("iam-policy", *options, "--role", "ec2")
    assert arns(both.json["policy"]) == [MEMBER]


def test_some_origins_here_and_some_elsewhere(offline: Product) -> None:
    """Each identity gets what it does itself."""
    offline.write(
        "originlock.toml", f'{CONFIGURATION}\n[origins.far]\nrole = "{MEMBER}"\nsecurity_groups = ["sg-0f0f0f0f"]\n'
    )
    base = arns(policy(offline.run("iam-policy", "--account", ACCOUNT)))
    assert MEMBER in base
    assert f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/{GROUP}" in base
    assert not [arn for arn in base if "sg-0f0f0f0f" in arn]
    member = arns(policy(offline.run("iam-policy", "--inside", MEMBER)))
    assert "arn:aws:ec2:eu-west-1:210987654321:security-group/sg-0f0f0f0f" in member
    assert not [arn for arn in member if GROUP in arn or ACCOUNT in arn]


@pytest.mark.parametrize(
    "options, said",
    [
        (("--inside", MEMBER), f"no origin here is entered by the role {MEMBER}"),
        (("--inside", MEMBER, "--assume-role", MEMBER, "--role", "ec2"), "one or the other"),
    ],
)
def test_a_role_that_is_not_entered(offline: Product, options: tuple[str, ...], said: str) -> None:
    """A misspelt role would get an empty policy."""
    ended = offline.run("iam-policy", "--security-group", GROUP, *options)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_groups_of_a_load_balancer(offline: Product) -> None:
    """Not to be asked for, but to be told: without it every group of the Region could be opened."""
    wide = offline.run("iam-policy", "--load-balancer", "shop")
    assert "arn:aws:ec2:eu-west-1:*:security-group/*" in arns(policy(wide))
    assert "--attached ID names them" in wide.err
    told = offline.run("iam-policy", "--load-balancer", "shop", "--attached", GROUP)
    groups = {arn for arn in arns(policy(told)) if ":security-group/" in arn}
    assert groups == {f"arn:aws:ec2:eu-west-1:*:security-group/{GROUP}"}


@pytest.mark.parametrize(
    "options, said",
    [
        (("--load-balancer", "shop", "--attached", "sg-x"), "is not the id of a security group"),
        (("--security-group", GROUP, "--attached", GROUP), "there are 0 here"),
    ],
)
def test_attached_to_nothing(offline: Product, options: tuple[str, ...], said: str) -> None:
    """A group that is taken for another's would leave the policy wide, or wrong."""
    ended = offline.run("iam-policy", *options)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_what_costs_are_needs_no_origin(offline: Product) -> None:
    """Whoever only asks for prices would have to make up an origin; or the policy would allow more than that."""
    ended = offline.run("iam-policy", "cost")
    assert ended.code == 0, ended.said
    asking = [each for each in policy(ended)["Statement"] if each["Sid"] == "AskPrices"]
    assert asking == [{"Sid": "AskPrices", "Effect": "Allow", "Action": "pricing:GetProducts", "Resource": "*"}]
    assert "AskPrices: everything (*): AWS restricts GetProducts to no resource" in ended.err
    assert "no Region is known" not in ended.err
    of_origin = offline.run("iam-policy", "cost", "--security-group", GROUP)
    assert "AskPrices" in of_origin.out


@pytest.mark.parametrize("named", CALLS_NOTHING)
def test_commands_that_call_nothing(offline: Product, named: str) -> None:
    """An empty policy would be no answer: it is said that none is needed."""
    ended = offline.run("iam-policy", named, "--security-group", GROUP)
    assert (ended.code, ended.out) == (2, "")
    assert f"`originlock {named}` calls nothing of AWS" in ended.err
    assert f"name one of these: {', '.join(PURPOSES)}" in ended.err


def test_an_unknown_command(offline: Product) -> None:
    """A misspelt command is no command that calls nothing."""
    ended = offline.run("iam-policy", "aply", "--security-group", GROUP, "-o", "json")
    assert ended.code == 2
    assert "there is no command 'aply'" in ended.json["error"]["what"]


def test_every_command_is_one_or_the_other() -> None:
    """A new command is placed: it calls AWS, or it does not."""
    assert set(COMMANDS) == {*PURPOSES, *CALLS_NOTHING}


@pytest.mark.parametrize("account", ["12345678901", "1234567890123", "12345678901x", "", "１２３４５６７８９０１２"])  # noqa: RUF001
def test_a_wrong_account(offline: Product, account: str) -> None:
    """Twelve digits, and nothing that only looks like them: the text goes into ARNs."""
    ended = offline.run("iam-policy", "--security-group", GROUP, "--account", account)
    assert ended.code == 2
    assert "12 digits" in ended.err


def test_a_policy_that_is_too_long(offline: Product) -> None:
    """IAM would refuse it: it is said, and what to do instead; machines get the document all the same."""
    ids = ", ".join(f'"sg-{number:017x}"' for number in range(1000))
    offline.write("originlock.toml", f"[origins.many]\nsecurity_groups = [{ids}]\n")
    for output in ([], ["-o", "json"], ["-o", "text"]):
        ended = offline.run("iam-policy", *output)
        assert ended.code == 0
        assert "6,144" in ended.said
        assert "--tag KEY=VALUE" in ended.said
    assert len(arns(policy(offline.run("iam-policy")))) > 1000


def test_nothing_to_lock(offline: Product) -> None:
    """Without a target there is no policy: not one for everything."""
    ended = offline.run("iam-policy")
    assert (ended.code, ended.out) == (2, "")
    assert "nothing is named to be locked" in ended.err


def test_the_token_of_the_edge_stands_beside_the_policy(offline: Product) -> None:
    """A person would make the token by trial and error; or the document would be no policy for `aws iam` any more."""
    balancer = 'load_balancer = "blog"\nhostnames = ["www.example.org"]\n[origins.blog.identity]\nca = "ours"\n'
    offline.write("originlock.toml", f'[origins.blog]\nregion = "eu-west-1"\n{balancer}bucket = "blog-bundles"\n')
    plain = offline.run("iam-policy")
    assert set(policy(plain)) == {"Version", "Statement"}
    assert "Cloudflare token" in plain.err
    assert "SSL and Certificates Write: client certificates" in plain.err
    machine = offline.run("iam-policy", "-o", "json")
    assert (machine.out, machine.err) == (plain.out, "")
    both = offline.run("iam-policy", "--token", "--role", "ec2", "-o", "json").json
    assert set(both) == {"policy", "trust_policy", "cloudflare_token_permissions"}
    assert "SSL and Certificates Write" in both["cloudflare_token_permissions"]
    assert "SSL and Certificates Read" not in both["cloudflare_token_permissions"]
    reading = offline.run("iam-policy", "plan", "--token").json["cloudflare_token_permissions"]
    assert not [each for each in reading if each.endswith("Write")]
    assert "SSL and Certificates Write: " in offline.run("iam-policy", "-o", "text").out


def test_without_an_account_at_the_edge_no_token_is_spoken_of(offline: Product) -> None:
    """People who lock the network alone would make a token that they do not need."""
    ended = offline.run("iam-policy", "--security-group", GROUP)
    assert "Cloudflare" not in ended.err
    named = offline.run("iam-policy", "--security-group", GROUP, "--token")
    assert named.json["cloudflare_token_permissions"] == []
