"""Rules that somebody else made: what is a hole, what is a note, what goes and what stays."""

from __future__ import annotations

from tests.cli.groups import (
    EVERYONE,
    EVERYONE_IPV6,
    OFFICE,
    OWNER_TAG,
    Watched,
    everything_from,
    group,
    ids,
    listed,
    of_edge,
    ports_from,
    rule_of,
    rules,
    source_of,
    sources,
    tags_of,
)
from tests.cli.product import Ended, Json, Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp


def prefix_list(ec2: AwsClient, *cidrs: str) -> str:
    """Make a customer's own prefix list with these entries."""
    made = ec2.create_managed_prefix_list(
        PrefixListName="ours",
        MaxEntries=max(1, len(cidrs)),
        AddressFamily="IPv4",
        Entries=[{"Cidr": cidr} for cidr in cidrs],
    )
    return str(made["PrefixList"]["PrefixListId"])


def planned(product: Product, group_id: str, *options: str) -> Ended:
    """Plan, as JSON."""
    return product.run("plan", "--security-group", group_id, "-o", "json", *options)


def applied(product: Product, group_id: str, *options: str) -> Ended:
    """Apply without asking, as JSON."""
    return product.run("apply", "--security-group", group_id, "--yes", "-o", "json", *options)


def holes(data: Json) -> dict[str, Json]:
    """The holes, by the rule's id."""
    return {hole["rule"]: hole for hole in data["holes"]}


def test_every_shape_of_a_hole(product: Product, ec2: AwsClient) -> None:
    """A way round would be passed over because it does not look like a rule for tcp/443."""
    made = group(
        ec2,
        of_edge(),
        everything_from("198.51.100.0/24"),
        ports_from(0, 65535, "198.51.101.0/24"),
        ports_from(440, 450, "198.51.102.0/24"),
        tcp(443, ipv4=[("198.51.103.9/32", "a friend")], ipv6=[(EVERYONE_IPV6, None)]),
        listed(prefix_list(ec2, "198.51.104.0/24", "192.168.0.0/16")),
    )
    ended = planned(product, made)
    assert ended.code == 3
    assert {hole["lets_in"] for hole in ended.json["holes"]} == {
        "198.51.100.0/24",
        "198.51.101.0/24",
        "198.51.102.0/24",
        "198.51.103.9/32",
        EVERYONE_IPV6,
        "198.51.104.0/24",
    }
    for hole in ended.json["holes"]:
        assert hole["close_with"].startswith(("--foreign remove", "it opens more", "it names a prefix list"))


def test_what_is_no_hole_is_a_note_without_effect(product: Product, ec2: AwsClient) -> None:
    """A group would never count as locked because an operator may log in."""
    other = group(ec2, name="other")
    made = group(
        ec2,
        of_edge(),
        tcp(22, ipv4=[("203.0.113.0/24", "operators")]),
        tcp(443, ipv4=[("10.0.0.0/8", "inside"), ("100.64.0.0/10", "carrier")], ipv6=[("fd00::/8", "inside")]),
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]},
        ports_from(443, 443, EVERYONE, "udp"),
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": EVERYONE}]},
        vpc_id=ec2.describe_security_groups(GroupIds=[other])["SecurityGroups"][0]["VpcId"],
    )
    ended = planned(product, made)
    assert ended.code == 0, ended.said
    assert ended.json["holes"] == []
    said = " ".join(note["what"] for note in ended.json["notes"])
    assert [s for s in ("203.0.113.0/24", "10.0.0.0/8", "fd00::/8", other, "udp/443", "icmp") if s not in said] == []


def test_remove_takes_holes_within_the_ports_and_nothing_else(product: Product, ec2: AwsClient) -> None:
    """The office, the operators or another tier would be locked out by a tool that tidies up."""
    other = group(ec2, name="other")
    vpc = ec2.describe_security_groups(GroupIds=[other])["SecurityGroups"][0]["VpcId"]
    lists = prefix_list(ec2, "198.51.104.0/24")
    made = group(
        ec2,
        tcp(443, ipv4=[(EVERYONE, None), (OFFICE, "office"), ("10.0.0.0/8", "inside")], ipv6=[(EVERYONE_IPV6, None)]),
        tcp(22, ipv4=[("203.0.113.0/24", "operators")]),
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other}]},
        ports_from(440, 450, "198.51.102.0/24"),
        everything_from("198.51.100.0/24"),
        listed(lists),
        vpc_id=vpc,
    )
    product.write(
        "originlock.toml",
        f"""
[origins.blog]
security_groups = ["{made}"]
[origins.blog.network]
foreign = "remove"
[[origins.blog.exceptions]]
source = "{OFFICE}"
owner = "ops@example.org"
reason = "office"
expires = 2099-03-31
""",
    )
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 3, ended.said
    assert sources(ec2, made) == {*IPV4, *IPV6, OFFICE, "10.0.0.0/8", other, lists}
    assert {source_of(rule) for rule in rules(ec2, made)} >= {"203.0.113.0/24", "198.51.102.0/24", "198.51.100.0/24"}
    assert {hole["lets_in"] for hole in ended.json["holes"]} == {
        "198.51.102.0/24",
        "198.51.100.0/24",
        "198.51.104.0/24",
    }


def test_a_wider_rule_goes_when_it_is_named(product: Product, ec2: AwsClient) -> None:
    """The all-traffic rule beside 22 careful ones could not be closed at all, or would go unasked."""
    made = group(ec2, everything_from(EVERYONE), listed(prefix_list(ec2, "198.51.104.0/24")))
    assert applied(product, made, "--foreign", "remove").code == 3
    named = [word for hole in holes(planned(product, made).json) for word in ("--foreign-rule", hole)]
    assert len(named) == 4
    ended = applied(product, made, "--foreign", "remove", *named)
    assert ended.code == 0, ended.said
    assert {source_of(rule) for rule in rules(ec2, made)} == {*IPV4, *IPV6}


def test_a_named_rule_that_lets_no_stranger_in_stays(product: Product, ec2: AwsClient) -> None:
    """A wrong id would take away the operators' way in."""
    made = group(ec2, of_edge(), tcp(22, ipv4=[(OFFICE, None)]))
    ssh = str(rule_of(ec2, made, OFFICE)["SecurityGroupRuleId"])
    ended = applied(product, made, "--foreign", "remove", "--foreign-rule", ssh)
    assert ended.code == 0
    assert ssh in ids(ec2, made)
    assert any(ssh in note["what"] for note in ended.json["notes"])


def test_a_prefix_list_of_the_edges_ranges_is_no_hole(product: Product, ec2: AwsClient) -> None:
    """People who keep the ranges in a list of their own would be told that they are open."""
    made = group(ec2, of_edge(), listed(prefix_list(ec2, *IPV4)))
    ended = planned(product, made)
    assert ended.code == 0, ended.said
    assert ended.json["holes"] == []


def test_a_prefix_list_that_cannot_be_read_is_neither_good_nor_bad(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """A list that nobody may read would count as harmless."""
    made = group(ec2, of_edge(), listed(prefix_list(ec2, "198.51.104.0/24")))
    aws.add_fault("access-denied", action="GetManagedPrefixListEntries", times=100)
    ended = planned(product, made)
    assert ended.code == 7
    assert len(ended.json["unknown"]) == 1


def test_what_is_not_tcp_443_alone_does_not_count_as_present(product: Product, ec2: AwsClient) -> None:
    """A rule that looks alike would stand in for the one that is needed, and go one day with what it was for."""
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr} for cidr in IPV4]}
    udp = {"IpProtocol": "udp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr} for cidr in IPV4]}
    wider = {"IpProtocol": "tcp", "FromPort": 400, "ToPort": 500, "IpRanges": [{"CidrIp": IPV4[0]}]}
    made = group(ec2, everything, udp, wider)
    assert planned(product, made).code == 3
    ended = applied(product, made)
    assert ended.code == 0, ended.said
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_somebody_elses_rule_for_a_wanted_range_is_present_and_stays_theirs(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """AWS would refuse the whole batch as a duplicate, or another tool would find its rules taken over."""
    theirs = of_edge(ipv4=IPV4[:5], ipv6=[])
    made = group(ec2, theirs)
    before = ids(ec2, made)
    assert applied(product, made).code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert {name for name in before if name in ids(ec2, made)} == before
    tags = {source_of(rule): tags_of(rule) for rule in rules(ec2, made)}
    assert [tags[cidr] for cidr in IPV4[:5]] == [{}] * 5
    watched = Watched(aws)
    adopted = applied(product, made, "--adopt")
    assert adopted.code == 0
    assert watched.changes() == ["CreateTags"]
    assert [tags_of(rule) for rule in rules(ec2, made)] == [{OWNER_TAG: "cli"}] * 22
    assert ids(ec2, made) >= before


def test_a_rule_of_another_origin_is_not_adopted(product: Product, ec2: AwsClient) -> None:
    """Two origins would take each other's rules in turns."""
    made = group(ec2, of_edge())
    first = rule_of(ec2, made, IPV4[0])["SecurityGroupRuleId"]
    ec2.create_tags(Resources=[first], Tags=[{"Key": OWNER_TAG, "Value": "shop"}])
    assert applied(product, made, "--adopt").code == 0
    owners = {source_of(rule): tags_of(rule)[OWNER_TAG] for rule in rules(ec2, made)}
    assert owners.pop(IPV4[0]) == "shop"
    assert set(owners.values()) == {"cli"}


def test_rules_are_compared_by_address_and_not_by_spelling(product: Product, ec2: AwsClient) -> None:
    """An IPv6 range that a person typed in full would be added a second time, and refused as a duplicate."""
    spelled = {"IpProtocol": "6", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "2400:CB00:0:0::/32"}]}
    made = group(ec2, spelled)
    ended = applied(product, made)
    assert ended.code == 0, ended.said
    assert len(rules(ec2, made)) == 22
