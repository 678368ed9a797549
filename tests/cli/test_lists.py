"""The published list: what is refused, what is used, what a person can accept; each over HTTP, each by the process."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.cli.groups import EVERYONE, Watched, group, ids, of_edge, sources
from tests.cli.product import Ended, Json, Product

from originlock.facts.edge import Ranges
from originlock.facts.networks import canonical
from originlock.lab.lists import API_PATH, IPV4, IPV4_PATH, IPV6, IPV6_PATH, Answer, ListServer
from originlock.lab.process import AwsClient, LocalAws

PATHS = (API_PATH, IPV4_PATH, IPV6_PATH)
NEW = "203.0.112.0/22"
HTML = Answer(headers=(("Content-Type", "text/html"),), body=b"<!DOCTYPE html><html><body>Sorry</body></html>")

BAD_RANGES = {
    "empty": ((), ()),
    "IPv6 empty": (IPV4, ()),
    "everyone": ((*IPV4, EVERYONE), IPV6),
    "everyone by IPv6": (IPV4, (*IPV6, "::/0")),
    "shrunken": (IPV4[:8], IPV6),
    "grown": ((*IPV4, "40.64.0.0/12", "20.0.0.0/12"), IPV6),
    "private": ((*IPV4, "10.0.0.0/16"), IPV6),
    "host bits": ((*IPV4, "198.51.100.7/24"), IPV6),
    "unparsable": ((*IPV4, "nonsense"), IPV6),
}
BAD_ANSWERS = {
    "HTML": HTML,
    "gone": Answer(status=404, body=b"not found"),
    "broken": Answer(status=500, body=b"sorry"),
    "cut": Answer(body="\n".join(IPV4).encode(), cut_after=40),
}


def applied(product: Product, group_id: str, *options: str) -> Ended:
    """Apply without asking, as JSON."""
    return product.run("apply", "--security-group", group_id, "--yes", "-o", "json", *options)


def guards(data: Json) -> set[str]:
    """The guards that object."""
    return {objection["guard"] for objection in data["objections"]}


def digest_of(*cidrs: str) -> str:
    """The digest of a list."""
    return Ranges.of(tuple(canonical(cidr) for cidr in cidrs)).digest


def spoil(lists: ListServer, how: str) -> None:
    """Publish something that may not be acted on, in every form."""
    if how in BAD_RANGES:
        lists.publish(*BAD_RANGES[how])
        return
    for path in PATHS:
        lists.answer(path, BAD_ANSWERS[how])


@pytest.mark.parametrize(
    "how, guard",
    [
        ("empty", "empty"),
        ("IPv6 empty", "empty"),
        ("HTML", "html"),
        ("everyone", "not-global"),
        ("everyone by IPv6", "not-global"),
        ("shrunken", "shrunken"),
        ("grown", "grown"),
        ("private", "not-global"),
        ("host bits", "host-bits"),
        ("unparsable", "unparsable"),
        ("gone", "fetch"),
        ("broken", "fetch"),
        ("cut", "cut-short"),
    ],
)
def test_a_bad_list_is_refused_and_changes_nothing(
    how: str, guard: str, product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """A slip of the publisher, or of the way there, would shut out the edge or let in the world."""
    made = group(ec2, of_edge(ipv4=IPV4[:3]))
    before = ids(ec2, made)
    spoil(lists, how)
    watched = Watched(aws)
    ended = applied(product, made)
    assert ended.code == 4, ended.said
    assert ended.json["outcome"] == "refused"
    assert guard in guards(ended.json)
    assert ended.json["done"] == []
    assert watched.changes() == []
    assert ids(ec2, made) == before
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["plan", "ranges"])
def test_looking_at_a_bad_list_ends_with_4(command: str, product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A bad list would only be noticed when it is too late."""
    made = group(ec2)
    lists.publish((), ())
    target = ["--security-group", made] if command == "plan" else []
    text = product.run(command, *target)
    assert text.code == 4
    assert "REFUSED (empty)" in text.out
    data = product.run(command, *target, "-o", "json")
    assert data.code == 4
    assert guards(data.json) == {"empty"}


def test_a_shrunken_list_can_be_accepted_by_its_digest(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """A person who knows better could not act, or anybody could without saying what they accept."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish(IPV4[:8], IPV6)
    refused = product.run("apply", "--security-group", made, "--yes")
    digest = digest_of(*IPV4[:8], *IPV6)
    assert refused.code == 4
    assert f"--accept-list {digest}" in refused.out
    assert sources(ec2, made) == {*IPV4, *IPV6}

    other = applied(product, made, "--accept-list", digest_of(*IPV4))
    assert other.code == 4
    assert "other-list" in guards(other.json)
    assert sources(ec2, made) == {*IPV4, *IPV6}

    accepted = applied(product, made, "--accept-list", digest)
    assert accepted.code == 0, accepted.said
    assert accepted.json["ranges"]["accepted_by"] == "person"
    assert sources(ec2, made) == {*IPV4[:8], *IPV6}
    begun = [line for line in product.journal() if line["event"] == "run-begun"][-1]
    assert begun["plan"]["overrides"]["accept_list"] == digest
    assert begun["plan"]["accepted"]["accepted_by"] == "person"
    assert applied(product, made).json["outcome"] == "nothing-to-do"


def test_an_accepted_list_is_journalled_also_where_nothing_is_to_be_done(
    product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """A person's override would move the baseline without a trace."""
    made = group(ec2, of_edge(ipv4=IPV4[:8]))
    lists.publish(IPV4[:8], IPV6)
    digest = digest_of(*IPV4[:8], *IPV6)
    assert applied(product, made, "--accept-list", digest).code == 0
    assert digest in (product.state / "journal.jsonl").read_text()


def test_everyone_cannot_be_accepted_by_anybody(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """One wrong word on the command line would open the origin."""
    made = group(ec2)
    lists.publish((*IPV4, EVERYONE), IPV6)
    ended = applied(product, made, "--accept-list", digest_of(*IPV4, EVERYONE, *IPV6))
    assert ended.code == 4
    assert sources(ec2, made) == set()


def test_forms_that_disagree_add_and_never_remove(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """When one form lags behind the other, visitors would be shut out."""
    made = group(ec2)
    assert applied(product, made).code == 0
    lists.publish_json((*IPV4[1:], NEW), IPV6)
    planned = product.run("plan", "--security-group", made, "--foreign", "remove", "-o", "json")
    assert planned.code == 3
    assert planned.json["ranges"]["agree"] is False
    assert [change["effect"] for change in planned.json["changes"]] == ["widen"]
    text = product.run("plan", "--security-group", made)
    assert "DISAGREE" in text.out
    assert NEW in text.out
    ended = applied(product, made)
    assert ended.code == 0, ended.said
    assert ended.json["ranges"]["agree"] is False
    assert any("nothing is removed" in note["what"] for note in ended.json["notes"])
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6}


@pytest.mark.long
def test_a_world_open_rule_stays_while_the_forms_disagree(product: Product, ec2: AwsClient, lists: ListServer) -> None:
    """Visitors of a range that one form does not name yet would be shut out."""
    made = group(ec2, of_edge(), of_edge(443, ipv4=[EVERYONE], ipv6=[]))
    lists.publish_json((*IPV4, NEW), IPV6)
    ended = applied(product, made, "--foreign", "remove")
    assert ended.code == 3
    assert ended.json["locked"] is False
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6, EVERYONE}
    lists.publish((*IPV4, NEW), IPV6)
    assert applied(product, made, "--foreign", "remove").code == 0
    assert sources(ec2, made) == {*IPV4, NEW, *IPV6}


@pytest.mark.parametrize("missing", [(API_PATH,), (IPV4_PATH, IPV6_PATH), (IPV6_PATH,)], ids=["JSON", "text", "IPv6"])
def test_one_form_that_equals_the_last_accepted_list_is_used(
    missing: tuple[str, ...], product: Product, ec2: AwsClient, lists: ListServer
) -> None:
    """Drift could not be repaired whenever one of two addresses is down."""
    made = group(ec2)
    assert applied(product, made).code == 0
    gone = sorted(ids(ec2, made))[:5]
    ec2.revoke_security_group_ingress(GroupId=made, SecurityGroupRuleIds=gone)
    for path in missing:
        lists.answer(path, Answer(status=503, body=b"later"))
    ended = applied(product, made)
    assert ended.code == 0, ended.said
    assert ended.json["ranges"]["agree"] is None
    assert any("left out" in note["what"] for note in ended.json["notes"])
    assert sources(ec2, made) == {*IPV4, *IPV6}


@pytest.mark.parametrize("missing", [(API_PATH,), (IPV4_PATH, IPV6_PATH)], ids=["JSON", "text"])
def test_one_form_that_differs_from_the_last_accepted_list_is_refused(
    missing: tuple[str, ...], product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """One address in wrong hands would be enough to open the origin."""
    made = group(ec2)
    lists.publish((*IPV4, NEW), IPV6)
    for path in missing:
        lists.answer(path, Answer(status=503, body=b"later"))
    watched = Watched(aws)
    ended = applied(product, made)
    assert ended.code == 4
    assert "one-form-left" in guards(ended.json)
    assert watched.changes() == []


@pytest.mark.long
@pytest.mark.parametrize("how", ["never", "drip"])
def test_a_server_that_never_ends_is_refused_in_time(
    how: str, product: Product, ec2: AwsClient, aws: LocalAws, lists: ListServer
) -> None:
    """A run in cron would hang for ever, and the next one behind it."""
    made = group(ec2, of_edge(ipv4=IPV4[:3]))
    slow = Answer(never=True) if how == "never" else Answer(body=b"x" * 10_000, drip=5)
    for path in PATHS:
        lists.answer(path, slow)
    watched = Watched(aws)
    began = time.monotonic()
    ended = applied(product, made)
    assert time.monotonic() - began < 15
    assert ended.code == 4
    assert watched.changes() == []


def test_ranges_as_json(product: Product) -> None:
    """Programs that read the ranges would break."""
    ended = product.run("ranges", "-o", "json")
    assert (ended.code, ended.err) == (0, "")
    data = ended.json
    assert (set(data["ipv4"]), set(data["ipv6"])) == (set(IPV4), set(IPV6))
    assert data["digest"] == digest_of(*IPV4, *IPV6)
    assert data["agree"] is True
    assert data["source"] == "json+text"
    assert isinstance(data["etag"], str)
    assert not product.state.exists()


def test_ranges_for_people(product: Product) -> None:
    """A person could not see what the list is and where it is from."""
    ended = product.run("ranges")
    assert (ended.code, ended.err) == (0, "")
    assert "15 IPv4 + 7 IPv6 of cloudflare (json+text, both forms agree)" in ended.out
    assert [cidr for cidr in (*IPV4, *IPV6) if cidr not in ended.out.split()] == []


def test_a_refused_list_is_not_handed_on(product: Product, lists: ListServer) -> None:
    """A script would act on ranges that the guards refuse, for it does not look at the exit code."""
    lists.publish(IPV4[:8], IPV6)
    ended = product.run("ranges", "-o", "json")
    assert ended.code == 4
    assert (ended.json["ipv4"], ended.json["ipv6"], ended.json["agree"]) == ([], [], None)
    digest = digest_of(*IPV4[:8], *IPV6)
    assert ended.json["digest"] == digest
    shown = product.run("ranges", "-o", "json", "--accept-list", digest)
    assert shown.code == 0
    assert set(shown.json["ipv4"]) == set(IPV4[:8])


def test_doubles_and_overlaps_are_said_and_harmless(product: Product, lists: ListServer) -> None:
    """A harmless slip of the publisher would stop every run, or be passed over in silence."""
    lists.publish((*IPV4, IPV4[0], "104.16.0.0/16"), IPV6)
    ended = product.run("ranges", "-o", "json")
    assert ended.code == 0
    assert ended.json["ipv4"].count(IPV4[0]) == 1
    assert ended.json["remarks"]


def test_plain_http_is_for_this_machine_only(product: Product, ec2: AwsClient) -> None:
    """Whoever sits on the way could publish ranges of their own."""
    made = group(ec2)
    elsewhere = product.with_variables(ORIGINLOCK_EDGES_CLOUDFLARE_API_URL="http://www.example.org/ips")
    ended = elsewhere.run("plan", "--security-group", made)
    assert ended.code == 2
    assert "ORIGINLOCK_EDGES_CLOUDFLARE_API_URL" in ended.err


def test_a_damaged_baseline_is_not_taken_for_none(product: Product, ec2: AwsClient) -> None:
    """The guards would forget what they hold a list against, at the moment when something is wrong."""
    made = group(ec2)
    assert applied(product, made).code == 0
    (product.state / "accepted-cloudflare.json").write_text("{")
    ended = product.run("plan", "--security-group", made)
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 3
    assert "accepted-cloudflare.json" in ended.err


@pytest.mark.long
def test_own_rules_are_a_baseline_too(product: Product, ec2: AwsClient, lists: ListServer, tmp_path: Path) -> None:
    """With a lost state directory, a list that shrank slowly would strip the group."""
    made = group(ec2)
    more = tuple(f"203.0.{third}.0/24" for third in (106, 107, 108, 109, 110, 111))
    lists.publish((*IPV4, *more), IPV6)
    assert applied(product, made).code == 0
    lists.publish()
    fresh = product.with_variables(ORIGINLOCK_STATE_DIR=str(tmp_path / "new"))
    refused = applied(fresh, made)
    assert refused.code == 4
    assert guards(refused.json) == {"shrunken-against-own-rules"}
    assert sources(ec2, made) == {*IPV4, *more, *IPV6}
    (objection,) = refused.json["objections"]
    assert applied(fresh, made, "--accept-list", objection["digest"]).code == 0
    assert sources(ec2, made) == {*IPV4, *IPV6}
