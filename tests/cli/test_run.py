"""`originlock run` and `originlock status` as cron and a monitor meet them: codes, keys, and one beside another."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from tests.channels.receivers import Receiver, receiving
from tests.cli.groups import EVERYONE, group, rules, sources
from tests.cli.product import SECONDS, Ended, Json, Product, ended
from tests.edges.misbehaving import drips, serving

from originlock.lab.lists import IPV4, IPV6
from originlock.lab.process import AwsClient, LocalAws
from originlock.lab.world import tcp

GONE = "sg-00000000000000bad"
CLOSED = 7
"""How a run ends that has closed every door: without a hostname nobody can be seen to be kept out."""

REMOVE = 'network.foreign = "remove"\n'
RUN_KEYS = {"event", "at", "ended", "dry_run", "exit_code", "origins", "not_told"}
STATUS_KEYS = {"name", "locked", "stale", "locks", "holes", "last_run", "expires", "next_run"}


def origin(name: str, group_id: str, more: str = "") -> str:
    """An origin as it stands in a file."""
    return f'[origins.{name}]\nsecurity_groups = ["{group_id}"]\n{more}'


def channel(url: str) -> str:
    """Somebody who wants to hear of everything."""
    return f'[notify.ops]\nkind = "webhook"\nurl = "{url}"\n'


def opened(ec2: AwsClient, name: str = "blog") -> str:
    """A group that lets all in."""
    return group(ec2, tcp(443, ipv4=[(EVERYONE, None)]), name=name)


def ran(product: Product, *arguments: str) -> tuple[Ended, Json]:
    """Run once; how it ended, and its one line of JSON."""
    done = product.run("run", "--log-format", "json", *arguments)
    (line,) = done.out.splitlines()
    return done, json.loads(line)


def notices(receiver: Receiver) -> list[tuple[str, str]]:
    """Of all messages: kind and text of each notice."""
    bodies = [json.loads(each.body) for each in receiver.received]
    return [(each["on"], each["text"]) for body in bodies for each in body["notices"]]


def test_one_origin_is_locked_and_stays_so(product: Product, ec2: AwsClient) -> None:
    """The first run does it, the second says nothing but its line; a monitor sees that all is well."""
    blog = opened(ec2)
    product.write("originlock.toml", origin("blog", blog, REMOVE))
    assert product.run("status").code == 7
    first, data = ran(product)
    assert (first.code, data["exit_code"], first.err) == (CLOSED, CLOSED, "")
    assert set(data) == RUN_KEYS
    assert data["origins"][0]["locks"] == {"network": "unknown", "identity": "off"}
    assert data["origins"][0]["done"]
    assert sources(ec2, blog) == {*IPV4, *IPV6}
    second = product.run("run")
    assert (second.code, second.err) == (CLOSED, "")
    assert "nothing changed; blog not known to be locked; exit code 7" in second.out.splitlines()[0]
    status = product.run("status", "-o", "json")
    assert (status.code, status.json["stale"]) == (CLOSED, False)
    (only,) = status.json["origins"]
    assert set(only) == STATUS_KEYS
    assert (only["name"], only["locked"], only["last_run"]["outcome"]) == ("blog", None, "unknown")


def test_one_that_fails_stops_no_other_and_its_code_is_the_runs(product: Product, ec2: AwsClient) -> None:
    """A group that somebody deleted would keep every other origin open, or be passed over with a 0."""
    shop = opened(ec2, "shop")
    product.write("originlock.toml", origin("blog", GONE) + origin("shop", shop, REMOVE))
    done, data = ran(product)
    blog, other = data["origins"]
    assert (done.code, blog["exit_code"], other["exit_code"]) == (7, 7, CLOSED)
    assert (blog["done"], len(other["done"])) == ([], 2)
    assert sources(ec2, shop) == {*IPV4, *IPV6}
    assert GONE in blog["unknown"][0]["text"]


def test_an_open_door_is_3_and_the_worst_counts(product: Product, ec2: AwsClient) -> None:
    """A monitor would be told that a door is not known, where it is known to be open."""
    blog, shop = opened(ec2), opened(ec2, "shop")
    product.write("originlock.toml", origin("blog", blog, REMOVE) + origin("shop", shop))
    done, data = ran(product)
    assert (done.code, [each["exit_code"] for each in data["origins"]]) == (3, [CLOSED, 3])
    status = product.run("status", "-o", "json")
    assert status.code == 3
    assert [each["locked"] for each in status.json["origins"]] == [None, False]
    assert product.run("status", "--origin", "blog").code == CLOSED
    (hole,) = status.json["origins"][1]["holes"]
    assert EVERYONE in hole["text"]
    assert hole["close_with"]


def test_a_dry_run_changes_nothing_and_is_no_run(product: Product, ec2: AwsClient) -> None:
    """Trying it out would close a door, wake somebody, or make a monitor believe that it was looked at."""
    blog = opened(ec2)
    before = rules(ec2, blog)
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", blog, REMOVE) + channel(hook.url()))
        done, data = ran(product, "--dry-run")
    assert (done.code, data["dry_run"], len(data["origins"][0]["done"])) == (3, True, 2)
    assert rules(ec2, blog) == before
    assert hook.received == []
    assert not (product.state / "runs.json").exists()
    assert product.run("status").code == 7


def test_what_is_older_than_asked_for_is_stale(product: Product, ec2: AwsClient) -> None:
    """A timer that was switched off would look like a year without news."""
    product.write("originlock.toml", origin("blog", opened(ec2), REMOVE))
    assert product.run("run").code == CLOSED
    record = product.state / "runs.json"
    kept = json.loads(record.read_text())
    # As where connections showed that strangers are kept out.
    kept["origins"]["blog"]["locks"]["network"] = "locked"
    record.write_text(json.dumps(kept))
    assert product.run("status").code == 0
    assert "blog: locked" in product.run("status").out
    kept["origins"]["blog"]["at"] = "2026-01-01T00:00:00Z"
    record.write_text(json.dumps(kept))
    status = product.run("status", "-o", "json")
    assert (status.code, status.json["stale"], status.json["origins"][0]["locked"]) == (7, True, None)
    assert "STALE" in product.run("status").out


def test_nothing_configured_is_wrong_usage(product: Product) -> None:
    """A configuration that was lost would be a run that found everything well."""
    for command in ("run", "status"):
        done = product.run(command)
        assert (done.code, "nothing is named to be locked" in done.err) == (2, True)


def test_two_runs_at_once_wait_for_each_other(product: Product, ec2: AwsClient) -> None:
    """A person's run beside the timer's would undo it, or tell everything twice."""
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", opened(ec2)) + channel(hook.url()))
        both = [ended(each) for each in [product.started("run") for _ in range(2)]]
    assert [each.code for each in both] == [3, 3]
    assert [kind for kind, _ in notices(hook)].count("change") == 1
    assert len(hook.received) == 1


def dies_while_telling(product: Product, blog: str, number: signal.Signals = signal.SIGKILL) -> Ended:
    """A run that has changed everything, and is killed before anybody has heard of it."""
    with serving(drips(b"HTTP/1.1 2", b"0")) as slow:
        product.write("originlock.toml", origin("blog", blog, REMOVE) + channel(slow.url("/")))
        running = product.started("run")
        until = time.monotonic() + SECONDS
        journal = product.state / "journal.jsonl"
        while not (journal.exists() and '"run-ended"' in journal.read_text(encoding="utf-8")):
            assert time.monotonic() < until, "it does not end"
            time.sleep(0.02)
        # The journal ends before connections are tried; whatever it is doing, nobody was told.
        running.send_signal(number)
        return ended(running)


def test_a_run_that_was_killed_is_told_of_by_the_next(product: Product, ec2: AwsClient) -> None:
    """What it changed would never be heard of; what a person changed by hand meanwhile is no run of ours."""
    blog = opened(ec2)
    dies_while_telling(product, blog)
    assert "a run goes on since" in product.run("status").out or product.run("status").code == 7
    ec2.authorize_security_group_ingress(GroupId=blog, IpPermissions=[tcp(443, ipv4=[(EVERYONE, None)])])
    assert product.run("apply", "--yes").code in {0, CLOSED}
    died, by_hand = [each["run"] for each in product.journal() if each["event"] == "run-begun"]
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", blog, REMOVE) + channel(hook.url()))
        assert product.run("run").code == CLOSED
        assert product.run("run").code == CLOSED
    texts = [text for kind, text in notices(hook) if kind == "change"]
    assert texts == [f"run {died} was broken off without a word; this one went on from there"]
    assert by_hand not in "".join(texts)


def test_a_stop_in_the_midst_of_a_change_ends_it_and_is_told(product: Product, ec2: AwsClient, aws: LocalAws) -> None:
    """`systemctl stop` would leave a change half done, or done and never told of."""
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", opened(ec2), REMOVE) + channel(hook.url()))
        aws.add_fault("hang-after", action="AuthorizeSecurityGroupIngress")
        running = product.started("run", "--log-format", "json")
        aws.wait_until_hanging(SECONDS)
        running.terminate()
        time.sleep(0.2)  # for the signal to arrive while the call hangs
        aws.release()
        done = ended(running)
    data = json.loads(done.out)
    assert (done.code, data["exit_code"], data["origins"][0]["outcome"]) == (130, 130, "interrupted")
    assert [kind for kind, _ in notices(hook)].count("change") == 1
    assert product.run("run").code == CLOSED
    assert product.journal()[-1]["event"] == "run-ended"


def test_a_stop_while_it_tells_is_no_crash(product: Product, ec2: AwsClient) -> None:
    """A stop would end it without a word and a code, and what it did would be forgotten."""
    blog = opened(ec2)
    done = dies_while_telling(product, blog, signal.SIGTERM)
    assert (done.code, "interrupted" in done.err) == (130, True)
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", blog, REMOVE) + channel(hook.url()))
        assert product.run("run").code == CLOSED
    assert "was broken off without a word" in " ".join(text for _, text in notices(hook))


def test_an_apply_that_holds_the_lease_is_waited_for_and_then_told(
    product: Product, ec2: AwsClient, aws: LocalAws
) -> None:
    """A run would go in between a person's apply, or call an origin locked that it could not plan for."""
    product.write("originlock.toml", origin("blog", opened(ec2), REMOVE))
    aws.add_fault("hang-before", action="AuthorizeSecurityGroupIngress")
    by_hand = product.started("apply", "--yes")
    aws.wait_until_hanging(SECONDS)
    done, data = ran(product, "--wait", "0.2")
    aws.release()
    # What it can see while it waits, it says: the door is open still.
    assert (done.code, data["origins"][0]["outcome"], data["origins"][0]["locked"]) == (4, "failed", False)
    assert "holds the lease" in data["origins"][0]["error"]["text"]
    assert product.run("status").code == 3
    assert ended(by_hand).code in {0, CLOSED}


@pytest.mark.parametrize("text", ["", "{", '{"told": 1}'])
def test_a_damaged_record_stops_no_run(product: Product, ec2: AwsClient, text: str) -> None:
    """Half a file after a power cut: the door would stay open for good, and nobody hear of it."""
    blog = opened(ec2)
    record = product.state / "runs.json"
    product.state.mkdir(mode=0o700)
    record.write_text(text)
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", blog, REMOVE) + channel(hook.url()))
        status = product.run("status")
        assert (status.code, "damaged" in status.err) == (1, True)
        assert product.run("run").code == CLOSED
        assert product.run("run").code == CLOSED
    assert sources(ec2, blog) == {*IPV4, *IPV6}
    first, *others = (json.loads(each.body)["notices"] for each in hook.received)
    assert [each["on"] for each in first] == ["failed", "change"]
    assert not any("damaged" in each["text"] for found in others for each in found)
    assert record.with_name("runs.json.damaged").read_text() == text
    assert product.run("status").code == CLOSED


def test_a_state_that_cannot_be_kept_is_told(product: Product, ec2: AwsClient) -> None:
    """A full disk: nothing is done any more, and everybody believes that all is well."""
    product.state.mkdir(mode=0o700)
    (product.state / "runs.json").mkdir()
    with receiving() as hook:
        product.write("originlock.toml", origin("blog", opened(ec2), REMOVE) + channel(hook.url()))
        assert product.run("run").code == 1
    (only,) = notices(hook)
    assert only[0] == "failed"
    assert only[1].startswith("nothing could be done: ")


def test_metrics_tell_of_what_is_configured(product: Product, ec2: AwsClient, tmp_path: Path) -> None:
    """An origin that was renamed would stand open in a graph for ever."""
    file = tmp_path / "originlock.prom"
    settings = f'[run]\nmetrics_file = "{file}"\n'
    blog = opened(ec2)
    product.write("originlock.toml", origin("blog", blog) + settings)
    assert product.run("run").code == 3
    assert 'originlock_locked{origin="blog"} 0\n' in file.read_text()
    product.write("originlock.toml", origin("journal", blog, REMOVE) + settings)
    product.run("run")
    assert 'origin="blog"' not in file.read_text()
    assert 'originlock_locked{origin="journal"} ' in file.read_text()
