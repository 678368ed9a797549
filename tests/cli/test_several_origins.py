"""Several origins in one configuration: what stops one of them stops no other."""

from __future__ import annotations

from tests.cli.groups import EVERYONE, group, of_edge, ports_from, rules, sources
from tests.cli.product import Product

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws

GONE = "sg-00000000000000bad"


def origin(name: str, group_id: str, more: str = "") -> str:
    """An origin as it stands in a file."""
    return f'[origins.{name}]\nsecurity_groups = ["{group_id}"]\n{more}'


def test_one_refused_the_others_done(product: Product, ec2: AwsClient) -> None:
    """One site whose name is not behind the edge would keep all other sites from the edge's new ranges."""
    blog, shop = group(ec2, of_edge(443, ipv4=[EVERYONE], ipv6=[]), name="blog"), group(ec2, name="shop")
    remove = 'hostnames = ["localhost"]\nnetwork.foreign = "remove"\n'
    product.write("originlock.toml", origin("blog", blog, remove) + origin("shop", shop))
    planned = product.run("plan", "--out", "both.plan")
    assert planned.code == 4
    assert "REFUSED for blog (hostname-not-behind-edge)" in planned.out
    assert "It is refused for blog" in planned.err
    ended = product.run("apply", "both.plan", "--yes", "-o", "json")
    assert ended.code == 4, ended.said
    assert ended.json["outcome"] == "refused"
    assert ended.json["locked"] is False
    assert [(o["guard"], o["origin"]) for o in ended.json["objections"]] == [("hostname-not-behind-edge", "blog")]
    assert [change["origin"] for change in ended.json["done"]] == ["shop"]
    assert sources(ec2, blog) == {EVERYONE}
    assert sources(ec2, shop) == {*IPV4, *IPV6}
    again = product.run("apply", "--yes")
    assert again.code == 4
    assert "Nothing was changed" in again.out
    assert product.run("rollback", "--yes").code == 0
    assert len(rules(ec2, shop)) == 22, "what is wanted stays"


def test_one_that_is_not_there_the_others_done(product: Product, ec2: AwsClient) -> None:
    """One deleted group would leave every other site with yesterday's ranges."""
    shop = group(ec2, name="shop")
    product.write("originlock.toml", origin("blog", GONE) + origin("shop", shop))
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 7, ended.said
    assert ended.json["outcome"] == "unknown"
    assert ended.json["locked"] is None
    (unread,) = ended.json["unknown"]
    assert (unread["origin"], unread["what"]) == ("blog", "origin blog")
    assert GONE in unread["reason"]
    assert "--region" in unread["reason"]
    assert sources(ec2, shop) == {*IPV4, *IPV6}
    assert product.run("plan", "--origin", "blog").code == 1
    assert product.run("plan").code == 7


def test_one_whose_profile_is_not_there_the_others_done(product: Product, ec2: AwsClient) -> None:
    """One profile that somebody renamed would leave every other site with yesterday's ranges."""
    shop = group(ec2, name="shop")
    product.write("originlock.toml", origin("blog", GONE, 'profile = "renamed"\n') + origin("shop", shop))
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 7, ended.said
    (unread,) = ended.json["unknown"]
    assert unread["origin"] == "blog"
    assert "renamed" in unread["reason"]
    assert sources(ec2, shop) == {*IPV4, *IPV6}
    assert product.run("plan", "--origin", "blog").code == 2


def test_the_worst_end_is_the_exit_code(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """A stop in one site would hide behind another's refusal, or the other way round."""
    blog, shop = group(ec2, of_edge(443, ipv4=[EVERYONE], ipv6=[]), name="blog"), group(ec2, name="shop")
    remove = 'hostnames = ["localhost"]\nnetwork.foreign = "remove"\n'
    product.write("originlock.toml", origin("blog", blog, remove) + origin("shop", shop) + origin("docs", GONE))
    aws.add_fault("access-denied", action="AuthorizeSecurityGroupIngress", times=100)
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 5
    assert ended.json["outcome"] == "stopped"
    assert len(ended.json["objections"]) == len(ended.json["stopped"]) == len(ended.json["unknown"]) == 1


def test_a_group_of_two_origins_is_warned_of_and_refused_for_both(product: Product, ec2: AwsClient) -> None:
    """The slip would be found only when both origins are due."""
    made, shop = group(ec2, ports_from(22, 22, EVERYONE), name="made"), group(ec2, name="shop")
    product.write("originlock.toml", origin("blog", made) + origin("news", made) + origin("shop", shop))
    checked = product.run("config", "check", "-o", "json")
    assert checked.code == 0
    (warning,) = checked.json["warnings"]
    assert warning["place"] == "origins.news.security_groups"
    assert "blog" in warning["message"]
    ended = product.run("apply", "--yes", "-o", "json")
    assert ended.code == 4
    assert [(o["guard"], o["origin"]) for o in ended.json["objections"]] == [
        ("contested-target", "blog"),
        ("contested-target", "news"),
    ]
    assert len(rules(ec2, shop)) == 22
    assert len(rules(ec2, made)) == 1
