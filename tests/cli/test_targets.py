"""What is locked: groups by id and by tag, ports, protocols, exceptions, extra ranges."""

from __future__ import annotations

import datetime

import pytest
from tests.cli.groups import (
    EVERYONE,
    OFFICE,
    OWNER_TAG,
    group,
    ids,
    of_edge,
    ports_from,
    rule_of,
    rules,
    sources,
    tags_of,
)
from tests.cli.product import Json, Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient

TODAY = datetime.datetime.now(datetime.UTC).date()
"""The product's clock is the machine's: the day may change while a test runs, and then it runs again."""


def in_days(days: int) -> str:
    """A date from today."""
    return (TODAY + datetime.timedelta(days=days)).isoformat()


def exception(source: str, expires: str, reason: str = "office") -> str:
    """An exception as it stands in a file."""
    return (
        "[[origins.blog.exceptions]]\n"
        f'source = "{source}"\nowner = "ops@example.org"\nreason = "{reason}"\nexpires = {expires}\n'
    )


def notes(data: Json) -> str:
    """What the notes say."""
    return "\n".join(note["what"] for note in data["notes"])


def test_groups_by_tag(product: Product, ec2: AwsClient) -> None:
    """One of two groups would stay open, or a group that is not meant would be changed."""
    one = group(ec2, name="one", tags={"origin": "blog", "stage": "live"})
    two = group(ec2, name="two", tags={"origin": "blog", "stage": "live"})
    other = group(ec2, name="other", tags={"origin": "blog", "stage": "test"})
    ended = product.run("apply", "--yes", "--tag", "origin=blog", "--tag", "stage=live", "-o", "json")
    assert ended.code == 0, ended.said
    assert {change["target"] for change in ended.json["done"]} == {one, two}
    assert sources(ec2, one) == sources(ec2, two) == {*IPV4, *IPV6}
    assert rules(ec2, other) == []


def test_a_wildcard_in_a_tag_is_itself(product: Product, ec2: AwsClient) -> None:
    """A star in a tag's value would lock every group of the account."""
    meant = group(ec2, name="meant", tags={"origin": "blog*"})
    other = group(ec2, name="other", tags={"origin": "blogger"})
    assert product.run("apply", "--yes", "--tag", "origin=blog*").code == 0
    assert len(rules(ec2, meant)) == 22
    assert rules(ec2, other) == []


def test_a_tag_that_nothing_carries_ends_with_1(product: Product, ec2: AwsClient) -> None:
    """A slip in a tag would be taken for nothing to do."""
    group(ec2, tags={"origin": "blog"})
    ended = product.run("apply", "--yes", "--tag", "origin=blg")
    assert ended.code == 1
    assert "origin=blg" in ended.err


def test_several_ports_and_udp(product: Product, ec2: AwsClient) -> None:
    """A second port, or HTTP/3, would be closed to the edge."""
    made = group(ec2)
    ended = product.run("apply", "--yes", "--security-group", made, "--port", "443", "--port", "8443")
    assert ended.code == 0
    assert sources(ec2, made, 443) == sources(ec2, made, 8443) == {*IPV4, *IPV6}
    other = group(ec2, name="udp")
    assert product.run("apply", "--yes", "--security-group", other, "--protocol", "udp").code == 0
    assert sources(ec2, other, 443, "udp") == {*IPV4, *IPV6}
    assert sources(ec2, other, 443, "tcp") == set()


def test_one_origin_of_several(product: Product, ec2: AwsClient) -> None:
    """A run for one origin would change the others."""
    blog, shop = group(ec2, name="blog"), group(ec2, name="shop")
    product.write(
        "originlock.toml",
        f'[origins.blog]\nsecurity_groups = ["{blog}"]\n[origins.shop]\nsecurity_groups = ["{shop}"]\n',
    )
    assert product.run("apply", "--yes", "--origin", "shop").code == 0
    assert (len(rules(ec2, blog)), len(rules(ec2, shop))) == (0, 22)
    unknown = product.run("apply", "--yes", "--origin", "shp")
    assert unknown.code == 2
    assert "blog, shop" in unknown.err
    both = product.run("apply", "--yes", "-o", "json")
    assert both.code == 0
    assert {tags_of(rule)[OWNER_TAG] for rule in rules(ec2, blog)} == {"blog"}
    assert {tags_of(rule)[OWNER_TAG] for rule in rules(ec2, shop)} == {"shop"}


def test_options_win_over_the_file(product: Product, ec2: AwsClient) -> None:
    """A person could not look at what another setting would do."""
    made = group(ec2, of_edge(), ports_from(443, 443, EVERYONE))
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{made}"]\nnetwork.foreign = "remove"\n')
    assert [c["kind"] for c in product.run("plan", "-o", "json").json["changes"]] == ["revoke-ingress"]
    assert product.run("plan", "-o", "json", "--foreign", "report").json["changes"] == []


def test_a_group_of_two_origins_is_refused(product: Product, ec2: AwsClient) -> None:
    """Each origin would remove what the other one wants."""
    made = group(ec2)
    product.write(
        "originlock.toml",
        f'[origins.blog]\nsecurity_groups = ["{made}"]\n[origins.shop]\nsecurity_groups = ["{made}"]\n',
    )
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code in (2, 4), ended.said
    assert rules(ec2, made) == []


def test_descriptions_are_what_aws_takes(product: Product, ec2: AwsClient) -> None:
    """AWS would refuse the whole batch because of an accent in somebody's reason."""
    made = group(ec2)
    long = ("0123456789" * 40)[:400]
    product.write(
        "originlock.toml",
        f'[origins.blog]\nsecurity_groups = ["{made}"]\n'
        + exception(OFFICE, "2099-03-31", "Zoë's office — ★")
        + exception("198.51.100.7/32", "2099-03-31", long),
    )
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    office, other = rule_of(ec2, made, OFFICE), rule_of(ec2, made, "198.51.100.7/32")
    assert tags_of(office) == tags_of(other) == {OWNER_TAG: "blog"}
    said = "originlock blog: exception: Zoe_s office _ _, ops@example.org, until 2099-03-31"
    assert office["Description"] == said
    assert len(other["Description"]) <= 255
    assert other["Description"].startswith("originlock blog: exception: 0123456789")
    assert product.run("plan").code == 0


def test_exceptions_begin_and_end(product: Product, ec2: AwsClient) -> None:
    """Somebody's way in would stay open for ever, or close a day early."""
    made = group(ec2)
    ends_today, long_since, later = "198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"
    head = f'[origins.blog]\nsecurity_groups = ["{made}"]\n'
    product.write(
        "originlock.toml",
        head + "".join(exception(source, in_days(400)) for source in (ends_today, long_since, later)),
    )
    assert product.run("apply", "--yes").code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6, ends_today, long_since, later}

    product.write(
        "originlock.toml",
        head + exception(ends_today, in_days(0)) + exception(long_since, in_days(-1)) + exception(later, in_days(400)),
    )
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert sources(ec2, made) == {*IPV4, *IPV6, ends_today, later}
    said = notes(ended.json)
    assert f"{long_since} (office) ended on {in_days(-1)}" in said
    assert f"{ends_today} (office, ops@example.org) ends on {in_days(0)}" in said
    assert later not in said


def test_an_exception_that_is_taken_out_of_the_file_goes(product: Product, ec2: AwsClient) -> None:
    """Whoever was let in once would stay in."""
    made = group(ec2)
    head = f'[origins.blog]\nsecurity_groups = ["{made}"]\n'
    product.write("originlock.toml", head + exception(OFFICE, "2099-03-31"))
    assert product.run("apply", "--yes").code == 0
    assert OFFICE in sources(ec2, made)
    product.write("originlock.toml", head)
    assert product.run("apply", "--yes").code == 0
    assert OFFICE not in sources(ec2, made)


def test_extra_ranges_are_let_in(product: Product, ec2: AwsClient) -> None:
    """Dedicated egress addresses of the edge would be shut out."""
    made = group(ec2)
    product.write(
        "originlock.toml",
        f'[origins.blog]\nsecurity_groups = ["{made}"]\nnetwork.extra_ranges = ["203.0.113.128/25"]\n',
    )
    assert product.run("apply", "--yes").code == 0
    assert rule_of(ec2, made, "203.0.113.128/25")["Description"] == "originlock blog: extra: cloudflare"


@pytest.mark.long
def test_own_rules_of_a_port_that_is_no_longer_wanted_go(product: Product, ec2: AwsClient) -> None:
    """A port would stay open to the edge after it was taken out of the configuration."""
    made = group(ec2)
    for ports in ("[443, 8443]", "[443]"):
        product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{made}"]\nnetwork.ports = {ports}\n')
        assert product.run("apply", "--yes").code == 0
    assert sources(ec2, made, 8443) == set()
    assert len(ids(ec2, made)) == 22
