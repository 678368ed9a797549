"""`plan --out FILE` and `apply FILE`: just that, or nothing."""

from __future__ import annotations

import json
import os
import stat

import pytest
from tests.cli.groups import EVERYONE, OFFICE, Watched, group, ids, of_edge, ports_from, rules, sources
from tests.cli.product import Ended, Product

from originlock.lab.lists import IPV4, IPV6, ListServer
from originlock.lab.process import AwsClient, LocalAws


def saved(product: Product, group_id: str, *options: str) -> Ended:
    """Save a plan as `lock.plan`."""
    ended = product.run("plan", "--security-group", group_id, "--out", "lock.plan", *options)
    assert ended.code == 3, ended.said
    return ended


def test_a_saved_plan_is_applied(product: Product, ec2: AwsClient) -> None:
    """What was reviewed could not be done."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    data = saved(product, made, "--foreign", "remove", "-o", "json").json
    assert stat.S_IMODE((product.directory / "lock.plan").stat().st_mode) == 0o600
    ended = product.run("apply", "lock.plan", "--yes", "-o", "json")
    assert ended.code == 0, ended.said
    assert ended.json["digest"] == data["digest"]
    assert sources(ec2, made) == {*IPV4, *IPV6}


def test_a_saved_plan_says_what_is_locked_and_not_the_file(product: Product, ec2: AwsClient) -> None:
    """A configuration that changed in between would decide instead of the plan."""
    made, other = group(ec2), group(ec2, name="other")
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{made}"]\n')
    assert product.run("plan", "--out", "lock.plan").code == 3
    product.write("originlock.toml", f'[origins.blog]\nsecurity_groups = ["{other}"]\nnetwork.ports = [8443]\n')
    assert product.run("apply", "lock.plan", "--yes").code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6}
    assert rules(ec2, other) == []


def refused_as_stale(product: Product, aws: LocalAws) -> str:
    """Insist that the plan is refused and nothing changed; returns what is said to be different."""
    watched = Watched(aws)
    ended = product.run("apply", "lock.plan", "--yes", "-o", "json")
    assert ended.code == 4, ended.said
    assert ended.json["outcome"] == "refused"
    assert watched.changes() == []
    (objection,) = ended.json["objections"]
    assert objection["guard"] == "stale-plan"
    return str(objection["message"])


def test_refused_after_somebody_changed_the_group(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """A plan would be done on a group that nobody reviewed."""
    made = group(ec2)
    saved(product, made)
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[ports_from(22, 22, OFFICE)])
    assert f"rules of {made}" in refused_as_stale(product, aws)


def test_refused_after_a_description_or_a_tag_was_changed(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """A rule would be removed that somebody claimed in the meantime."""
    made = group(ec2, ports_from(443, 443, EVERYONE))
    saved(product, made, "--foreign", "remove")
    ec2.create_tags(Resources=sorted(ids(ec2, made)), Tags=[{"Key": "keep", "Value": "yes"}])
    assert f"rules of {made}" in refused_as_stale(product, aws)


def test_refused_after_the_list_changed(product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer) -> None:
    """Yesterday's ranges would be let in today."""
    saved(product, group(ec2))
    lists.publish(IPV4[1:], IPV6)
    assert "list of cloudflare" in refused_as_stale(product, aws)


def test_refused_when_it_is_done_already(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """A plan that is applied twice would be applied to its own result."""
    made = group(ec2)
    saved(product, made)
    assert product.run("apply", "lock.plan", "--yes").code == 0
    refused_as_stale(product, aws)


@pytest.mark.long
def test_a_new_address_of_the_list_alone_does_not_make_it_stale(
    product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """A plan would be stale every minute, for where a list was read is no part of what is done."""
    made = group(ec2)
    saved(product, made)
    lists.publish(tuple(reversed(IPV4)), IPV6)
    assert product.run("apply", "lock.plan", "--yes").code == 0


@pytest.mark.parametrize("how", ["edited", "cut", "empty", "no plan", "other version", "deep"])
def test_refused_after_the_file_was_altered(how: str, product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """Whoever may write the file would decide what is done."""
    made = group(ec2)
    saved(product, made)
    path = product.directory / "lock.plan"
    text = path.read_text()
    data = json.loads(text)
    match how:
        case "edited":
            path.write_text(text.replace(IPV4[0], EVERYONE))
        case "cut":
            path.write_text(text[: len(text) // 2])
        case "empty":
            path.write_text("")
        case "no plan":
            path.write_text("{}")
        case "other version":
            path.write_text(json.dumps({**data, "version": 2}))
        case _:
            path.write_text('{"more": ' + "[" * 100_000 + "]" * 100_000 + "," + text.lstrip()[1:])
    watched = Watched(aws)
    ended = product.run("apply", "lock.plan", "--yes")
    assert ended.code == 4, ended.said
    assert len(ended.err.splitlines()) == 3
    assert "lock.plan is not applied" in ended.err
    assert watched.actions() == []


def test_a_plan_with_an_objection_is_refused_again(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A refused plan would be applied because it was saved."""
    made = group(ec2)
    lists.publish((), ())
    assert product.run("plan", "--security-group", made, "--out", "lock.plan").code == 4
    assert product.run("apply", "lock.plan", "--yes").code == 4
    lists.publish()
    assert product.run("apply", "lock.plan", "--yes").code == 4
    assert rules(ec2, made) == []


def test_overrides_are_part_of_the_plan(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """What a person accepted while planning would be refused while applying, or the other way round."""
    made = group(ec2)
    lists.publish(IPV4[:8], IPV6)
    refused = product.run("plan", "--security-group", made, "-o", "json")
    digest = refused.json["ranges"]["digest"]
    saved(product, made, "--accept-list", digest)
    assert product.run("apply", "lock.plan", "--yes").code == 0
    assert sources(ec2, made) == {*IPV4[:8], *IPV6}


def test_a_plan_of_nothing_does_nothing(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """An empty plan would be an error in a pipeline that always saves and applies."""
    made = group(ec2, of_edge())
    assert product.run("plan", "--security-group", made, "--out", "lock.plan").code == 0
    watched = Watched(aws)
    assert product.run("apply", "lock.plan", "--yes").code == 0
    assert watched.changes() == []


def test_a_place_where_nothing_can_be_saved(product: Product, ec2: AwsClient) -> None:
    """A plan would be believed saved that is not; and the remedy would speak of something else."""
    made = group(ec2)
    ended = product.run("plan", "--security-group", made, "--out", "absent/lock.plan")
    assert ended.code == 2
    (product.directory / "directory").mkdir()
    ended = product.run("plan", "--security-group", made, "--out", "directory")
    assert ended.code in (1, 2)
    assert len(ended.err.splitlines()) == 3
    assert "ORIGINLOCK_STATE_DIR" not in ended.err
    assert [path.name for path in product.directory.glob(".*")] == []


def test_what_is_no_file_is_not_replaced_by_one(product: Product, ec2: AwsClient) -> None:
    """`--out /dev/stdout` or `--out /dev/null`, said by root, would replace the device with a file."""
    made = group(ec2)
    pipe = product.directory / "pipe"
    os.mkfifo(pipe)
    ended = product.run("plan", "--security-group", made, "--out", "pipe")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert ended.code == 2


def test_a_directory_is_no_plan(offline: Product) -> None:
    """A slip in a path would end in a page of Python."""
    (offline.directory / "directory").mkdir()
    ended = offline.run("apply", "directory", "--yes")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 3
