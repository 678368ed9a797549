"""`plan`: its JSON, its exit codes, and that it changes nothing."""

from __future__ import annotations

import pytest
from tests.cli.groups import (
    EVERYONE,
    OFFICE,
    Watched,
    everything_from,
    group,
    ids,
    of_edge,
    ports_from,
    sources,
)
from tests.cli.product import Json, Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp


def typed(data: Json, **types: type | tuple[type, ...]) -> None:
    """Insist on keys with values of these types."""
    for key, wanted in types.items():
        assert key in data, key
        assert isinstance(data[key], wanted), f"{key}: {data[key]!r}"


def open_group(ec2: AwsClient) -> str:
    """A group as people have it: open to the world, an office, ssh, and own rules, one of them of a range that went."""
    own = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "originlock:origin", "Value": "cli"}]}]
    made = group(ec2, tcp(443, ipv4=[(EVERYONE, None), (OFFICE, "office")]), tcp(22, ipv4=[(OFFICE, None)]))
    ranges = [(cidr, None) for cidr in (*IPV4[1:], "104.28.0.0/15")]
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[tcp(443, ipv4=ranges)], TagSpecifications=own)
    return made


def test_every_key_of_the_json_and_its_type(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """Programs that read the plan would break; and nothing but JSON may be on stdout, nothing of it on stderr."""
    made = open_group(ec2)
    watched = Watched(aws)
    ended = product.run("plan", "--security-group", made, "--foreign", "remove", "-o", "json")
    assert (ended.code, ended.err) == (3, "")
    plan = ended.json
    typed(plan, version=int, digest=str, changes=list, objections=list, holes=list, notes=list, unknown=list)
    assert plan["digest"].startswith("sha256:")
    assert len(plan["digest"]) == len("sha256:") + 64
    for change in plan["changes"]:
        typed(change, id=str, stage=int, effect=str, kind=str, target=str, reason=str, after=list, inverse=dict)
        typed(change, until=(str, type(None)))
        assert change["target"] == made
    widen, narrow = plan["changes"]
    assert (widen["effect"], widen["kind"], widen["inverse"]["kind"]) == (
        "widen",
        "authorize-ingress",
        "withdraw-ingress",
    )
    assert (narrow["effect"], narrow["kind"], narrow["inverse"]["kind"]) == (
        "narrow",
        "revoke-ingress",
        "authorize-ingress",
    )
    assert narrow["after"] == [widen["id"]]
    assert {rule["source"] for rule in widen["rules"]} == {IPV4[0], *IPV6}
    assert {hole["lets_in"] for hole in plan["holes"]} == {EVERYONE, OFFICE, "104.28.0.0/15"}
    for hole in plan["holes"]:
        typed(hole, target=str, what=str, lets_in=str)
    for note in plan["notes"]:
        typed(note, what=str)
    ranges = plan["ranges"]
    typed(ranges, ipv4=list, ipv6=list, source=str, etag=str, digest=str, agree=bool)
    assert (set(ranges["ipv4"]), set(ranges["ipv6"])) == (set(IPV4), set(IPV6))
    assert watched.changes() == []


def test_every_key_of_a_refusal(product: Product, ec2: AwsClient) -> None:
    """A program could not tell why nothing was done, nor what to do."""
    made = group(ec2)
    ended = product.run("plan", *("--security-group", made), *port_options(5), "-o", "json")
    assert ended.code == 4
    (objection,) = ended.json["objections"]
    typed(objection, guard=str, message=str, remedy=str)
    assert ended.json["changes"] == []


def test_a_refused_plan_still_says_how_to_close_a_hole(product: Product, ec2: AwsClient) -> None:
    """The hole that the plan would have closed would stand there without a word on what to do."""
    made = group(ec2, ports_from(8443, 8443, EVERYONE))
    ended = product.run("plan", "--security-group", made, "--foreign", "remove", *port_options(5), "-o", "json")
    assert ended.code == 4
    (hole,) = ended.json["holes"]
    assert hole["closed_by_plan"] is False
    assert hole["close_with"]


def port_options(count: int) -> list[str]:
    """Options for so many ports."""
    return [word for port in range(8443, 8443 + count) for word in ("--port", str(port))]


def test_a_plan_changes_nothing_anywhere(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """To look would be to touch: a group, or this machine's state."""
    made = open_group(ec2)
    before = ids(ec2, made)
    watched = Watched(aws)
    for options in ([], ["--foreign", "remove", "--adopt", "--no-prove"], ["-o", "json"]):
        assert product.run("plan", "--security-group", made, *options).code == 3
    assert watched.changes() == []
    assert ids(ec2, made) == before
    assert not product.state.exists()


def test_nothing_to_do_ends_with_0(product: Product, ec2: AwsClient) -> None:
    """A check in cron would cry wolf."""
    made = group(ec2, of_edge())
    ended = product.run("plan", "--security-group", made)
    assert ended.code == 0, ended.said
    assert "Nothing to do" in ended.out


def test_a_hole_alone_ends_with_3_and_says_not_locked(product: Product, ec2: AwsClient) -> None:
    """A group that is open to the world would look fine because nothing is to be changed."""
    made = group(ec2, of_edge(), everything_from(EVERYONE))
    ended = product.run("plan", "--security-group", made)
    assert ended.code == 3
    assert "NOT LOCKED" in ended.out
    assert EVERYONE in ended.out


def test_pending_changes_end_with_3(product: Product, ec2: AwsClient) -> None:
    """Drift would look fine."""
    assert product.run("plan", "--security-group", group(ec2, of_edge(ipv4=IPV4[1:]))).code == 3


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_an_unknown_group_ends_with_1(command: str, product: Product, ec2: AwsClient) -> None:
    """A slip in an id would be taken for an empty group."""
    assert ec2 is not None
    ended = product.run(command, "--security-group", "sg-0123456789abcdef0", *(["--yes"] if command == "apply" else []))
    assert ended.code == 1
    assert "sg-0123456789abcdef0" in ended.err
    assert len(ended.err.splitlines()) == 3
    assert "Traceback" not in ended.err


def test_one_unknown_group_among_known_ones_is_said(product: Product, ec2: AwsClient) -> None:
    """One group that is gone keeps new ranges from all others, or is forgotten."""
    made = group(ec2)
    ended = product.run("apply", "--yes", "--security-group", made, "--security-group", "sg-0123456789abcdef0")
    assert ended.code == 7
    assert "UNKNOWN: sg-0123456789abcdef0: security group sg-0123456789abcdef0: there is none in" in ended.said
    assert len(ids(ec2, made)) == 22


@pytest.mark.parametrize("action", ["DescribeSecurityGroups", "DescribeSecurityGroupRules"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_may_not_be_read_ends_with_7(
    action: str, command: str, product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """A failed read would look like an empty account."""
    made = group(ec2, of_edge(), ports_from(443, 443, EVERYONE))
    aws.add_fault("access-denied", action=action, times=100)
    watched = Watched(aws)
    ended = product.run(command, "--security-group", made, *(["--yes"] if command == "apply" else []), "-o", "json")
    assert ended.code == 7, ended.said
    (unknown,) = ended.json["unknown"]
    typed(unknown, target=str, what=str, reason=str)
    assert "UnauthorizedOperation" in unknown["reason"]
    assert watched.changes() == []
    aws.clear_faults()
    assert EVERYONE in sources(ec2, made)


def test_one_unreadable_group_does_not_hide_the_hole_of_another(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """What is known to be bad would be hidden behind what is not known."""
    group(ec2, ports_from(443, 443, EVERYONE), name="a", tags={"origin": "blog"})
    prefix_list = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=5, AddressFamily="IPv4")
    listed = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    name = prefix_list["PrefixList"]["PrefixListId"]
    group(ec2, {**listed, "PrefixListIds": [{"PrefixListId": name}]}, of_edge(), name="b", tags={"origin": "blog"})
    aws.add_fault("access-denied", action="GetManagedPrefixListEntries", times=100)
    ended = product.run("plan", "--tag", "origin=blog", "-o", "json")
    assert ended.code == 3
    assert ended.json["unknown"]
    assert [hole["lets_in"] for hole in ended.json["holes"]] == [EVERYONE]


def test_credentials_that_aws_does_not_take_end_with_1(product: Product, ec2: AwsClient) -> None:
    """Missing credentials would look like an empty account, or end in a page of Python."""
    made = group(ec2)
    bare = product.with_variables(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    ended = bare.run("plan", "--security-group", made)
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 3
    assert "credentials" in ended.err


def test_an_aws_that_cannot_be_reached_ends_with_1(product: Product) -> None:
    """A cut line would look like an empty account."""
    cut = product.with_variables(AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    ended = cut.run("plan", "--security-group", "sg-0123456789abcdef0")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 3
    assert "cannot be reached" in ended.err


def test_a_region_that_nobody_named_ends_with_2(product: Product) -> None:
    """It would be some Region."""
    nowhere = product.with_variables(AWS_REGION=None, AWS_DEFAULT_REGION=None)
    ended = nowhere.run("plan", "--security-group", "sg-0123456789abcdef0")
    assert ended.code == 2
    assert "--region" in ended.err


def test_the_region_that_is_named_counts(product: Product, ec2: AwsClient) -> None:
    """The groups of another Region would be looked at."""
    made = group(ec2, of_edge())
    assert product.run("plan", "--security-group", made, "--region", "eu-west-1").code == 0
    assert product.run("plan", "--security-group", made, "--region", "us-east-1").code == 1


def test_the_order_of_inputs_does_not_matter(product: Product, ec2: AwsClient) -> None:
    """The same plan would have two digests, so that no saved plan could be compared."""
    first, second = group(ec2, name="a"), group(ec2, name="b")
    both = ["--security-group", first, "--security-group", second, "--port", "443", "--port", "8443"]
    other = ["--port", "8443", "--port", "443", "--security-group", second, "--security-group", first]
    digests = {product.run("plan", *options, "-o", "json").json["digest"] for options in (both, other)}
    assert len(digests) == 1
